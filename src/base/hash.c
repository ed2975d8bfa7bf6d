/* SPDX-License-Identifier: MIT */
/*
 * hash.c -- where the key of the hash comes from.
 *
 * getrandom() without blocking: a metrics library must not wait for a machine to gather entropy.
 */
#include "base/hash.h"

#include "base/clock.h"
#include "base/sys.h"

#include <sys/random.h>

struct pt_hash_key pt_hash_key_random(void)
{
    struct pt_hash_key key;

    if (pt_sys_getrandom(&key, sizeof(key), GRND_NONBLOCK) != (ssize_t)sizeof(key)) {
        key.a = pt_clock_ns() * 0x9e3779b97f4a7c15u;
        key.b = (uint64_t)(uintptr_t)&key * 0xd6e8feb86659fd93u ^ (uint64_t)pt_clock_unix_ms();
    }
    /* Odd and dense: a zero factor would swallow what it multiplies. */
    key.a |= 0x0100000000000001u;
    key.b |= 0x0100000000000001u;
    return key;
}
