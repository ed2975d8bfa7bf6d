/* SPDX-License-Identifier: MIT */
/*
 * parse.c -- text to numbers, without libc's strtod, locale, allocation or state; any thread.
 *
 * A text is w * 10^e with an integer w of up to 19 digits; what comes after those makes it more
 * than w and less than w + 1. Small ones are one exact multiplication or division of doubles. The
 * others are multiplied by a 128-bit power of ten that is rounded up, which gives two 192-bit
 * numbers with the true one between them. When both round to the same double, that is the result.
 * Otherwise (one text in some 2^60 of 19 digits, but every long one that is a tie) the text is
 * compared with the middle between the two, in integers as long as it takes.
 */
#include "base/parse.h"

#include "base/pow10.h"

#include <math.h>
#include <string.h>

#define DIGITS_MAX 19      /* that always fit into a word */
#define DIGITS_COUNTED 800 /* a tie of doubles has at most 767; what follows only says "more" */
#define EXPONENT_FAR 100000

struct decimal {
    uint64_t digits; /* the first 19 that count */
    int exponent;
    bool negative, more; /* more: digits that are not all 0 follow */
    const char *first;   /* for the long way: all digits, with a point somewhere among them */
    size_t size;
    int exponent_written;
};

static inline bool is_digit(char c)
{
    return (unsigned char)(c - '0') < 10;
}

/* ---- Reading the text ---- */

static bool same_word(const char *at, size_t size, const char *word)
{
    size_t i = 0;

    for (; i < size && word[i]; i++)
        if ((at[i] | 0x20) != word[i])
            return false;
    return i == size && !word[i];
}

static bool parse_special(const char *at, size_t size, double *out)
{
    bool sign = size && (*at == '-' || *at == '+'), negative = sign && *at == '-';

    if (same_word(at, size, "nan")) {
        *out = (double)NAN;
        return true;
    }
    if (!same_word(at + sign, size - sign, "inf") && !same_word(at + sign, size - sign, "infinity"))
        return false;
    *out = negative ? -HUGE_VAL : HUGE_VAL;
    return true;
}

static bool parse_exponent(const char *at, const char *end, int *exponent)
{
    bool negative = at < end && *at == '-';
    int value = 0;

    if (at < end && (*at == '-' || *at == '+'))
        at++;
    if (at == end)
        return false;
    for (; at < end; at++) {
        if (!is_digit(*at))
            return false;
        if (value < EXPONENT_FAR * 10)
            value = value * 10 + (*at - '0');
    }
    *exponent = negative ? -value : value;
    return true;
}

/* Takes the digits apart. False when it is no decimal number. */
static bool parse_decimal(const char *at, size_t size, struct decimal *out)
{
    const char *end = at + size, *point = NULL;
    int used = 0;
    long scale = 0; /* digits that did not fit, less those behind the point */
    bool any = false;

    *out = (struct decimal){.negative = size && *at == '-'};
    if (size && (*at == '-' || *at == '+'))
        at++;
    out->first = at;
    for (; at < end; at++) {
        if (*at == '.' && !point) {
            point = at;
            continue;
        }
        if (!is_digit(*at))
            break;
        any = true;
        if (used < DIGITS_MAX) {
            out->digits = out->digits * 10 + (uint64_t)(*at - '0');
            used += out->digits != 0;
            scale -= point != NULL;
        } else {
            out->more |= *at != '0';
            scale += point == NULL;
        }
    }
    out->size = (size_t)(at - out->first);
    if (!any)
        return false;
    if (at < end && ((*at | 0x20) != 'e' || !parse_exponent(at + 1, end, &out->exponent_written)))
        return false;
    long exponent = scale + out->exponent_written;
    if (exponent > EXPONENT_FAR)
        exponent = EXPONENT_FAR;
    out->exponent = (int)(exponent < -EXPONENT_FAR ? -EXPONENT_FAR : exponent);
    return true;
}

/* ---- Rounding ---- */

struct wide {
    uint64_t high, middle, low;
};

static void multiply(uint64_t a, uint64_t b, uint64_t *high, uint64_t *low)
{
#ifdef __SIZEOF_INT128__
    __extension__ typedef unsigned __int128 u128;
    u128 product = (u128)a * b;

    *low = (uint64_t)product;
    *high = (uint64_t)(product >> 64);
#else
    uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
    uint64_t middle = a1 * b0 + (a0 * b0 >> 32);
    uint64_t middle2 = a0 * b1 + (uint32_t)middle;

    *low = a * b;
    *high = a1 * b1 + (middle >> 32) + (middle2 >> 32);
#endif
}

static struct wide times(const uint64_t power[2], uint64_t factor)
{
    struct wide out;
    uint64_t carry;

    multiply(power[1], factor, &carry, &out.low);
    multiply(power[0], factor, &out.high, &out.middle);
    out.middle += carry;
    out.high += out.middle < carry;
    return out;
}

static struct wide less(struct wide a, uint64_t b)
{
    bool borrow = a.low < b;

    a.low -= b;
    a.high -= borrow && a.middle == 0;
    a.middle -= borrow;
    return a;
}

/* The bits of the double nearest to n * 2^exponent, ties to even. n has at least 128 bits. */
static uint64_t rounded(struct wide n, int exponent)
{
    /* Its top 64 bits, with the last one set when anything follows them. */
    int zeros = n.high ? __builtin_clzll(n.high) : 64;
    uint64_t top = n.high, rest = n.middle | n.low;

    if (zeros == 64) {
        top = n.middle;
        rest = n.low;
    } else if (zeros) {
        top = n.high << zeros | n.middle >> (64 - zeros);
        rest = n.middle << zeros | n.low;
    }
    top |= rest != 0;
    int power = 191 - zeros + exponent; /* of the top bit */
    if (power > 1023)
        return UINT64_C(0x7ff) << 52;
    int shift = power < -1022 ? 11 + (-1022 - power) : 11; /* bits that do not fit */
    if (shift > 64)
        return 0;
    uint64_t kept = shift == 64 ? 0 : top >> shift;
    uint64_t half = UINT64_C(1) << (shift - 1), lost = top & (half | (half - 1));
    kept += lost > half || (lost == half && (kept & 1));
    /* A carry out of the fraction goes into the exponent, where it belongs. */
    return power < -1022 ? kept : kept + ((uint64_t)(power + 1022) << 52);
}

/* ---- The long way ---- */

#define BIG_WORDS 160 /* 5120 bits; the most is 10^1143 * 2^54, or 801 digits * 2^1075 */

struct big {
    uint32_t words[BIG_WORDS];
    size_t count;
};

static void big_multiply_add(struct big *big, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;

    for (size_t i = 0; i < big->count; i++) {
        carry += (uint64_t)big->words[i] * factor;
        big->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry && big->count < BIG_WORDS)
        big->words[big->count++] = (uint32_t)carry;
}

static void big_multiply_10(struct big *big, int power)
{
    for (; power >= 9; power -= 9)
        big_multiply_add(big, 1000000000, 0);
    for (; power > 0; power--)
        big_multiply_add(big, 10, 0);
}

static void big_multiply_2(struct big *big, int power)
{
    for (; power >= 31; power -= 31)
        big_multiply_add(big, UINT32_C(1) << 31, 0);
    big_multiply_add(big, UINT32_C(1) << power, 0);
}

static int big_compare(const struct big *a, const struct big *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (size_t i = a->count; i-- > 0;)
        if (a->words[i] != b->words[i])
            return a->words[i] < b->words[i] ? -1 : 1;
    return 0;
}

/* All digits that matter; returns the exponent of ten that goes with them. */
static int big_digits(struct big *big, const struct decimal *decimal)
{
    int used = 0, scale = decimal->exponent_written;
    bool point = false, more = false;

    for (size_t i = 0; i < decimal->size; i++) {
        char c = decimal->first[i];

        if (c == '.') {
            point = true;
        } else if (used < DIGITS_COUNTED) {
            big_multiply_add(big, 10, (uint32_t)(c - '0'));
            used += used > 0 || c != '0';
            scale -= point;
        } else {
            more |= c != '0';
            scale += !point;
        }
    }
    if (more) {
        big_multiply_add(big, 10, 1);
        scale--;
    }
    return scale;
}

/* Of two neighbouring doubles with the decimal between them, the nearer. */
static uint64_t nearer(const struct decimal *decimal, uint64_t below, uint64_t above)
{
    struct big text = {.count = 0}, middle = {.count = 0};
    int exponent10 = big_digits(&text, decimal);
    uint64_t fraction = below & ((UINT64_C(1) << 52) - 1), biased = below >> 52;
    int exponent2 = (int)(biased ? biased : 1) - 1075 - 1; /* of 2 * fraction + 1 */
    uint64_t twice = 2 * (biased ? fraction | UINT64_C(1) << 52 : fraction) + 1;

    big_multiply_add(&middle, 0, (uint32_t)(twice >> 32));
    big_multiply_2(&middle, 32);
    big_multiply_add(&middle, 1, (uint32_t)twice);
    if (exponent10 >= 0)
        big_multiply_10(&text, exponent10);
    else
        big_multiply_10(&middle, -exponent10);
    if (exponent2 >= 0)
        big_multiply_2(&middle, exponent2);
    else
        big_multiply_2(&text, -exponent2);
    int order = big_compare(&text, &middle);
    if (order == 0)
        return below & 1 ? above : below;
    return order < 0 ? below : above;
}

/* ---- Doubles ---- */

static uint64_t bits_of(const struct decimal *decimal)
{
    int e = decimal->exponent;

    if (decimal->digits == 0 || e < PT_POW10_MIN) /* less than half the smallest double */
        return 0;
    if (e > 308)
        return UINT64_C(0x7ff) << 52;
    const uint64_t *power = pt_pow10[e - PT_POW10_MIN];
    int exponent = (e * 1741647 >> 19) - 127;
    bool exact = e >= 0 && e <= 55; /* 5^55 < 2^128 */
    struct wide high = times(power, decimal->digits + decimal->more);
    struct wide low = times(power, decimal->digits);
    if (!exact)
        low = less(low, decimal->digits);
    uint64_t below = rounded(low, exponent), above = rounded(high, exponent);
    return below == above ? below : nearer(decimal, below, above);
}

bool pt_parse_double(const char *at, size_t size, double *out)
{
    static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    struct decimal decimal;

    if (!parse_decimal(at, size, &decimal))
        return parse_special(at, size, out);
    double value;
    int e = decimal.exponent;
    if (!decimal.more && decimal.digits < UINT64_C(1) << 53 && e >= -22 && e <= 22) {
        value = (double)decimal.digits; /* both factors exact: one rounding */
        value = e < 0 ? value / powers[-e] : value * powers[e];
    } else {
        uint64_t bits = bits_of(&decimal);

        memcpy(&value, &bits, sizeof(value));
    }
    *out = decimal.negative ? -value : value;
    return value <= 1.7976931348623157e308;
}

/* ---- Integers ---- */

bool pt_parse_u64(const char *at, size_t size, uint64_t *out)
{
    uint64_t value = 0;

    if (size == 0)
        return false;
    for (size_t i = 0; i < size; i++) {
        if (!is_digit(at[i]))
            return false;
        uint64_t digit = (uint64_t)(at[i] - '0');
        if (i >= DIGITS_MAX && (__builtin_mul_overflow(value, 10, &value) ||
                                   __builtin_add_overflow(value, digit, &value)))
            return false;
        if (i < DIGITS_MAX)
            value = value * 10 + digit;
    }
    *out = value;
    return true;
}

static bool with_sign(bool negative, uint64_t size, int64_t *out)
{
    if (size > (uint64_t)INT64_MAX + negative)
        return false;
    *out = negative ? (int64_t)(0 - size) : (int64_t)size;
    return true;
}

bool pt_parse_i64(const char *at, size_t size, int64_t *out)
{
    bool sign = size && (*at == '-' || *at == '+');
    uint64_t value;

    return pt_parse_u64(at + sign, size - sign, &value) &&
           with_sign(sign && *at == '-', value, out);
}

bool pt_parse_seconds(const char *at, size_t size, int64_t *ns)
{
    struct decimal decimal;

    if (!parse_decimal(at, size, &decimal))
        return false;
    uint64_t value = decimal.digits;
    int e = decimal.exponent + 9;
    for (; e > 0 && value; e--)
        if (decimal.more || __builtin_mul_overflow(value, 10, &value))
            return false;
    for (; e < -1 && value; e++)
        value /= 10;
    if (e == -1)
        value = value / 10 + (value % 10 >= 5);
    return with_sign(decimal.negative, value, ns);
}
