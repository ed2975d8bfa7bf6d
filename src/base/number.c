/* SPDX-License-Identifier: MIT */
/*
 * number.c -- numbers to text, without libc, locale, allocation or state; any thread may call it.
 *
 * Digits come from digits.h, eight at a time. Stores reach past the text, never past PT_NUMBER_MAX.
 *
 * The shortest digits of a double are found as in R. Giulietti's "The Schubfach way to render
 * doubles" (2020). A double v = c * 2^q stands for all reals that round to it, an interval around v
 * about 2^q wide. Choose k so that 10^k <= width < 10^(k+1): the interval holds a multiple of 10^k,
 * and at most one of 10^(k+1). If it holds that one, every shorter text is the same number with
 * trailing zeros dropped; otherwise the multiple of 10^k next to v is as short as it gets.
 */
#include "base/number.h"

#include "base/digits.h"
#include "base/pow10.h"

#include <stdbool.h>
#include <string.h>

#define FRACTION_BITS 52
#define FRACTION_MASK ((UINT64_C(1) << FRACTION_BITS) - 1)
#define EXPONENT_MASK 0x7ff
#define EXPONENT_BIAS 1075 /* of v = c * 2^q with an integer c */

#define DIGITS_MAX 17           /* that a double can need */
#define EXPONENT_FIXED_MIN (-4) /* exponents written without `e`: 0.0001 ... */
#define EXPONENT_FIXED_MAX 5    /* ... 999999 */
#define INTEGER_FIXED_END 1000000

#define HALF (UINT64_C(1) << 63) /* of 2^64 */

/* digits * 10^(exponent - 16), with 10^16 <= digits < 10^17: the exponent is that of 1.23e+45. */
struct decimal {
    uint64_t digits;
    int exponent;
};

static const uint64_t powers[DIGITS_MAX + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000,
    100000000, 1000000000, 10000000000, 100000000000, 1000000000000, 10000000000000,
    100000000000000, 1000000000000000, 10000000000000000, 100000000000000000};

size_t pt_number_u64(char *out, uint64_t n)
{
    return pt_digits_u64(out, n);
}

/* The 128 bits of a * b. */
static inline uint64_t multiply(uint64_t a, uint64_t b, uint64_t *low)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)a * b;

    *low = (uint64_t)product;
    return (uint64_t)(product >> 64);
#else
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t middle = a1 * b0 + (a0 * b0 >> 32);
    uint64_t middle2 = a0 * b1 + (uint32_t)middle;

    *low = a * b;
    return a1 * b1 + (middle >> 32) + (middle2 >> 32);
#endif
}

/* n * g / 2^128, and the first 64 bits of the fraction. */
static inline uint64_t scale(const uint64_t g[2], uint64_t n, uint64_t *fraction)
{
    uint64_t low, middle;
    uint64_t carry = multiply(g[1], n, &low);
    uint64_t high = multiply(g[0], n, &middle);

    *fraction = middle + carry;
    return high + (*fraction < carry);
}

/*
 * The same rounded to odd: an integer stays, anything else becomes the odd one of its neighbours,
 * so comparing with an even integer gives what the exact value would. As g is less than 1 too large
 * and n < 2^60, the quotient is less than 2^-68 too large: an integer keeps a fraction of zeros.
 * scripts/gen-pow10 proves that nothing else comes nearer than 2^-63 to what it is compared with.
 */
static inline uint64_t scale_to_odd(const uint64_t g[2], uint64_t n)
{
    uint64_t fraction;
    uint64_t quotient = scale(g, n, &fraction);

    return quotient | (fraction != 0);
}

/* What it takes to bring c * 2^q to units of 10^k: (n << shift) * g / 2^128 = n * 2^q / 10^k. */
struct unit {
    int k;
    int shift; /* 1 to 4 */
    const uint64_t *g;
};

/* A negative number shifted right rounds down, with gcc and clang; gen-pow10 proves the factors. */
static inline struct unit unit_for(int q, bool narrow)
{
    int k = (q * 1262611 - (narrow ? 524031 : 0)) >> 22; /* floor(log10(width)) */
    int log2 = (-k * 1741647) >> 19;                     /* floor(log2(10^-k)) */

    return (struct unit){k, q + log2 + 1, pt_pow10[-k - PT_POW10_MIN]};
}

/* Brings 0 < digits < 10^17 with the value digits * 10^k to the full count of digits. */
static inline struct decimal normalize(uint64_t digits, int k)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(digits);
    unsigned count = bits * 1233 >> 12; /* floor(bits * log10(2)): one too few at the most */

    count += digits >= powers[count];
    return (struct decimal){digits * powers[DIGITS_MAX - count], k + (int)count - 1};
}

/*
 * The shortest digits of c * 2^q, c > 0. `narrow` says that c is the least of its binade: the
 * double below is half as far away as the one above, and the interval reaches down half as far.
 * Bounds are counted in quarters of 10^k; they belong to the interval if c is even, as ties are
 * read to even.
 */
static struct decimal shorten_any(uint64_t c, int q, bool narrow)
{
    struct unit unit = unit_for(q, narrow);
    uint64_t odd = c & 1;
    uint64_t low = scale_to_odd(unit.g, (4 * c - (narrow ? 1 : 2)) << unit.shift) + odd;
    uint64_t mid = scale_to_odd(unit.g, (4 * c) << unit.shift);
    uint64_t high = scale_to_odd(unit.g, (4 * c + 2) << unit.shift) - odd;
    uint64_t ones = mid / 4;
    uint64_t tens = ones / 10 * 10;

    /* Below 10 this saves nothing: 9 and 10 have one digit each, and the nearer one is right. */
    if (ones >= 10 && low <= 4 * tens)
        return normalize(tens, unit.k);
    if (ones >= 10 && 4 * tens + 40 <= high)
        return normalize(tens + 10, unit.k);
    /* If `ones` is outside, the next one is inside; if the next one is nearer, it is inside too. */
    bool up = low > 4 * ones || (mid & 3) + (ones & 1) > 2;
    return normalize(ones + up, unit.k);
}

/*
 * The same for 2^52 < c < 2^53, where the interval reaches equally far either way: one product in
 * place of three, and no branch on the digits. Distances are fractions of 10^(k+1) in 64 bits, that
 * is, 60 bits behind the point of 10^k. Each is cut off by less than 1, so a comparison that is
 * decided by more than 2 is right. The exact way is left with the ends of the interval that are
 * multiples of ten and the ties, both rare but for integers little above 2^53. `fraction` cannot be
 * cut off to less than a half, or an integer, that the value reaches: see scale_to_odd.
 */
static inline struct decimal shorten(uint64_t c, int q)
{
    struct unit unit = unit_for(q, false);
    uint64_t fraction;
    uint64_t ones = scale(unit.g, c << unit.shift, &fraction);
    uint64_t tens = ones / 10;
    uint64_t above_tens = (ones - tens * 10) << 60 | fraction >> 4;
    uint64_t reach = unit.g[0] >> (5 - unit.shift); /* 2^q / 2 */
    uint64_t turn = (UINT64_C(10) << 60) - reach;   /* from here on the next ten is in reach */

    if (above_tens - reach + 2 <= 4 || above_tens - turn + 2 <= 4 || fraction == HALF)
        return shorten_any(c, q, false);
    uint64_t up = above_tens > turn;
    uint64_t by_tens = up | (above_tens < reach);
    uint64_t shorter = (tens + up) * 10;
    uint64_t nearest = ones + (fraction > HALF);
    uint64_t digits = nearest ^ ((nearest ^ shorter) & -by_tens);
    uint64_t sixteen = digits < PT_DIGITS_E16; /* else seventeen, as 2^52 < digits < 10 * 2^53 */
    return (struct decimal){digits + (digits * 9 & -sixteen), unit.k + 16 - (int)sixteen};
}

/* `e+06`: a sign always, two digits at the least. */
static inline size_t write_exponent(char *out, int exponent)
{
    unsigned n = (unsigned)(exponent < 0 ? -exponent : exponent);
    unsigned hundreds = n * 41 >> 12; /* right up to 324 */
    unsigned rest = n - hundreds * 100;
    unsigned tens = rest * 103 >> 10;
    size_t size = 2 + (n >= 100);

    out[0] = 'e';
    out[1] = exponent < 0 ? '-' : '+';
    out[2] = (char)('0' + hundreds);
    out[size] = (char)('0' + tens);
    out[size + 1] = (char)('0' + rest - tens * 10);
    return size + 2;
}

/*
 * All seventeen digits are written, the point among them, and the size then cuts off the zeros at
 * the end, and the point with them.
 */
static size_t write_decimal(char *out, struct decimal decimal)
{
    uint32_t nine = (uint32_t)(decimal.digits / PT_DIGITS_E8);
    uint64_t high = pt_digits_eight(nine % PT_DIGITS_E8);
    uint64_t low = pt_digits_eight((uint32_t)(decimal.digits % PT_DIGITS_E8));
    char first = (char)('0' + nine / PT_DIGITS_E8);
    int exponent = decimal.exponent;
    bool fixed = exponent >= EXPONENT_FIXED_MIN && exponent <= EXPONENT_FIXED_MAX;
    size_t count =
        low ? 17 - pt_digits_zeros_trailing(low) : 9 - (high ? pt_digits_zeros_trailing(high) : 8);

    high += PT_DIGITS_ZEROS;
    low += PT_DIGITS_ZEROS;
    if (exponent >= EXPONENT_FIXED_MIN && exponent < 0) {
        size_t zeros = (size_t)-exponent;
        pt_digits_store(out, PT_DIGITS_ZEROS);
        out[1] = '.';
        out += zeros + 1;
        out[0] = first;
        pt_digits_store(out + 1, high);
        pt_digits_store(out + 9, low);
        return zeros + 1 + count;
    }
    size_t after = fixed ? (size_t)exponent : 0; /* digits between the first and the point */
    out[0] = first;
    pt_digits_store(out + 1, high);
    out[after + 1] = '.';
    pt_digits_store(out + after + 2, high >> (8 * after));
    pt_digits_store(out + 10, low);
    size_t size = count > after + 1 ? count + 1 : after + 1;
    return fixed ? size : size + write_exponent(out + size, exponent);
}

static size_t write_special(char *out, uint64_t fraction, bool negative)
{
    if (fraction) {
        memcpy(out, "NaN", 3);
        return 3;
    }
    memcpy(out, negative ? "-Inf" : "+Inf", 4);
    return 4;
}

/* An integer in fixed form; `point` asks for ".0" behind it. */
static inline size_t write_integer(char *out, uint32_t n, bool point)
{
    size_t size = pt_digits_head(out, n);

    if (!point)
        return size;
    memcpy(out + size, ".0", 2);
    return size + 2;
}

/*
 * An integer below 2^53 is its own shortest text: its neighbours are at most 1 away, so no other
 * integer reads back as it, and a shorter number of its size would be an integer. The rest of
 * what has the fixed form has a fraction, hence a point of its own.
 */
static inline size_t write_double(char *out, double v, bool point)
{
    uint64_t bits;
    memcpy(&bits, &v, sizeof(bits));
    uint64_t fraction = bits & FRACTION_MASK;
    int biased = (int)(bits >> FRACTION_BITS) & EXPONENT_MASK;
    size_t sign = bits >> 63;
    uint64_t subnormal = biased == 0;
    uint64_t c = fraction | (subnormal ^ 1) << FRACTION_BITS;
    int q = biased - EXPONENT_BIAS + (int)subnormal;

    if (biased == EXPONENT_MASK)
        return write_special(out, fraction, sign);
    out[0] = '-';
    out += sign;
    if (c == 0)
        return sign + write_integer(out, 0, point);
    if (q <= 0 && q >= -FRACTION_BITS && (c & ((UINT64_C(1) << -q) - 1)) == 0) {
        uint64_t n = c >> -q;
        if (n < INTEGER_FIXED_END)
            return sign + write_integer(out, (uint32_t)n, point);
        return sign + write_decimal(out, normalize(n, 0));
    }
    if (subnormal || fraction == 0)
        return sign + write_decimal(out, shorten_any(c, q, biased > 1));
    return sign + write_decimal(out, shorten(c, q));
}

size_t pt_number_double(char *out, double v)
{
    return write_double(out, v, false);
}

size_t pt_number_double_om(char *out, double v)
{
    return write_double(out, v, true);
}
