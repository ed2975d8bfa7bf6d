/* SPDX-License-Identifier: MIT */
/*
 * hash.h -- a fast seeded hash of short strings.
 *
 * Multiply-and-fold over 8-byte loads, keyed by 128 random bits of this process, so that strangers
 * who choose label values cannot choose collisions. A hash is a hint where to look, never an
 * identity: whoever finds an equal hash compares the strings.
 */
#ifndef PT_BASE_HASH_H
#define PT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct pt_hash_key {
    uint64_t a, b;
};

/* Random bits from the kernel; falls back to the clock and addresses when it has none to give. */
struct pt_hash_key pt_hash_key_random(void);

static inline uint64_t pt_hash_fold(uint64_t x, uint64_t y)
{
    __extension__ unsigned __int128 product = (unsigned __int128)x * y;

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Adds one string to a hash. Start from key.a; the size goes in, so ("ab","c") is not ("a","bc").
 */
static inline uint64_t pt_hash_add(
    struct pt_hash_key key, uint64_t hash, const char *at, size_t size)
{
    uint64_t low, high, total = size;

    while (size > 16) {
        memcpy(&low, at, 8);
        memcpy(&high, at + 8, 8);
        hash = pt_hash_fold(low ^ key.b ^ hash, high ^ key.a);
        at += 16;
        size -= 16;
    }
    if (size >= 8) {
        memcpy(&low, at, 8);
        memcpy(&high, at + size - 8, 8);
    } else if (size >= 4) {
        uint32_t first, last;

        memcpy(&first, at, 4);
        memcpy(&last, at + size - 4, 4);
        low = first;
        high = last;
    } else if (size > 0) {
        low = (uint64_t)(uint8_t)at[0] << 16 | (uint64_t)(uint8_t)at[size / 2] << 8 |
              (uint8_t)at[size - 1];
        high = 0;
    } else {
        low = high = 0;
    }
    /* The size goes in apart from the bytes, times a secret: mixed with them, a last character
     * could make up for it, whatever the key. */
    return pt_hash_fold(low ^ key.b ^ hash, high ^ key.a) + (hash ^ total * key.b);
}

/* The hash of all the strings that were added, all bits of which are as good. Without this, strings
 * that differ in a few bits of one word become an arithmetic progression, which under one key of 25
 * fills a table so badly that a look-up costs up to 40 times as much. */
static inline uint64_t pt_hash_end(struct pt_hash_key key, uint64_t hash)
{
    return pt_hash_fold(hash, key.b);
}

/* The hash of one string. */
static inline uint64_t pt_hash_one(struct pt_hash_key key, const char *at, size_t size)
{
    return pt_hash_end(key, pt_hash_add(key, key.a, at, size));
}

#endif
