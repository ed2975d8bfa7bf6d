/* SPDX-License-Identifier: MIT */
/*
 * digits.h -- integers to decimal digits, eight at a time, inlined where a page is written.
 *
 * Eight digits are made in one 64-bit word, a byte each, and stored whole, so a number costs a few
 * stores whatever its length. Stores reach past the text, never past PT_NUMBER_MAX.
 */
#ifndef PT_BASE_DIGITS_H
#define PT_BASE_DIGITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PT_DIGITS_E8 100000000u
#define PT_DIGITS_E16 UINT64_C(10000000000000000)
#define PT_DIGITS_ZEROS UINT64_C(0x3030303030303030) /* the text "00000000" */

/* Stores the word with its low byte first, whatever the machine does. */
static inline void pt_digits_store(char *out, uint64_t word)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(out, &word, sizeof(word));
}

/*
 * The eight decimal digits of n < 10^8, a byte each, the first in the low byte. The number is split
 * into lanes of four digits, two and one: each step divides all lanes at once by a power of ten, by
 * multiplying with a reciprocal rounded up by too little to show in lanes of that size, and puts
 * the remainder into the upper half of the lane: with n = q * d + r, (n << w) - q * ((d << w) - 1)
 * is q + (r << w).
 */
static inline uint64_t pt_digits_eight(uint32_t n)
{
    uint64_t fours = ((uint64_t)n << 32) - n / 10000 * ((UINT64_C(10000) << 32) - 1);
    uint64_t hundreds = ((fours * 10486) >> 20) & UINT64_C(0x0000007f0000007f);
    uint64_t twos = (fours << 16) - hundreds * ((100 << 16) - 1);
    uint64_t tens = ((twos * 103) >> 10) & UINT64_C(0x000f000f000f000f);

    return (twos << 8) - tens * ((10 << 8) - 1);
}

/* Zero digits before the first other one and after the last; `digits` is not 0. */
static inline unsigned pt_digits_zeros_leading(uint64_t digits)
{
    return (unsigned)__builtin_ctzll(digits) / 8;
}

static inline unsigned pt_digits_zeros_trailing(uint64_t digits)
{
    return (unsigned)__builtin_clzll(digits) / 8;
}

/* n < 10^8 without leading zeros; bit 56 is in the last digit, which stays even if it is 0. */
static inline size_t pt_digits_head(char *out, uint32_t n)
{
    uint64_t digits = pt_digits_eight(n);
    unsigned zeros = pt_digits_zeros_leading(digits | UINT64_C(1) << 56);

    pt_digits_store(out, (digits + PT_DIGITS_ZEROS) >> (8 * zeros));
    return 8 - zeros;
}

static inline size_t pt_digits_write_eight(char *out, uint32_t n)
{
    pt_digits_store(out, pt_digits_eight(n) + PT_DIGITS_ZEROS);
    return 8;
}

/* 0 < n < 10^16 without leading zeros, and without a branch that random lengths would mislead. */
static inline size_t pt_digits_middling(char *out, uint64_t n)
{
    uint64_t high = pt_digits_eight((uint32_t)(n / PT_DIGITS_E8));
    uint64_t low = pt_digits_eight((uint32_t)(n % PT_DIGITS_E8));
    unsigned fits_low = high == 0;
    uint64_t head = high | (low & -(uint64_t)fits_low);
    unsigned zeros = pt_digits_zeros_leading(head);

    pt_digits_store(out, (head + PT_DIGITS_ZEROS) >> (8 * zeros));
    pt_digits_store(out + 8 - zeros, low + PT_DIGITS_ZEROS);
    return 16 - 8 * fits_low - zeros;
}

/* Any integer, without leading zeros. For loops over lines; others call pt_number_u64(). */
static inline size_t pt_digits_u64(char *out, uint64_t n)
{
    if (n < 10000) /* most of what is counted */
        return pt_digits_head(out, (uint32_t)n);
    if (n < PT_DIGITS_E16)
        return pt_digits_middling(out, n);
    size_t size = pt_digits_head(out, (uint32_t)(n / PT_DIGITS_E16));
    uint64_t rest = n % PT_DIGITS_E16;
    size += pt_digits_write_eight(out + size, (uint32_t)(rest / PT_DIGITS_E8));
    return size + pt_digits_write_eight(out + size, (uint32_t)(rest % PT_DIGITS_E8));
}

#endif
