/* SPDX-License-Identifier: MIT */
/*
 * sip.c -- SipHash-2-4 with 128 bits, as its authors published it (Aumasson, Bernstein 2012).
 *
 * Two rounds for each word, four at the end of each half of the result. Pure, any thread.
 */
#include "base/sip.h"

#include <endian.h>
#include <string.h>

struct state {
    uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static void mix(struct state *s, int rounds)
{
    for (int i = 0; i < rounds; i++) {
        s->v0 += s->v1;
        s->v1 = rotate(s->v1, 13) ^ s->v0;
        s->v0 = rotate(s->v0, 32);
        s->v2 += s->v3;
        s->v3 = rotate(s->v3, 16) ^ s->v2;
        s->v0 += s->v3;
        s->v3 = rotate(s->v3, 21) ^ s->v0;
        s->v2 += s->v1;
        s->v1 = rotate(s->v1, 17) ^ s->v2;
        s->v2 = rotate(s->v2, 32);
    }
}

static void add(struct state *s, uint64_t word)
{
    s->v3 ^= word;
    mix(s, 2);
    s->v0 ^= word;
}

struct pt_sip pt_sip(struct pt_sip_key key, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    struct state s = {key.k0 ^ 0x736f6d6570736575, key.k1 ^ 0x646f72616e646f6d ^ 0xee,
        key.k0 ^ 0x6c7967656e657261, key.k1 ^ 0x7465646279746573};
    uint64_t last = (uint64_t)size << 56;
    uint64_t word;

    for (; size >= 8; size -= 8, at += 8) {
        memcpy(&word, at, 8);
        add(&s, le64toh(word));
    }
    for (size_t i = 0; i < size; i++)
        last |= (uint64_t)at[i] << (8 * i);
    add(&s, last);
    s.v2 ^= 0xee;
    mix(&s, 4);
    uint64_t low = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
    s.v1 ^= 0xdd;
    mix(&s, 4);
    return (struct pt_sip){low, s.v0 ^ s.v1 ^ s.v2 ^ s.v3};
}
