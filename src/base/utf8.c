/* SPDX-License-Identifier: MIT */
/*
 * utf8.c -- is this UTF-8, and if not, where does it break.
 *
 * One row per lead byte: how many continuation bytes follow, and the range of the first of them,
 * which is where overlong forms, surrogates and code points past U+10FFFF are told apart. Pure
 * functions.
 */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

struct lead {
    uint8_t following; /* continuation bytes; 0 for a byte that cannot lead */
    uint8_t low, high; /* range of the first of them */
};

static struct lead lead_of(uint8_t byte)
{
    if (byte >= 0xc2 && byte <= 0xdf)
        return (struct lead){1, 0x80, 0xbf};
    if (byte == 0xe0)
        return (struct lead){2, 0xa0, 0xbf};
    if (byte == 0xed)
        return (struct lead){2, 0x80, 0x9f};
    if (byte >= 0xe1 && byte <= 0xef)
        return (struct lead){2, 0x80, 0xbf};
    if (byte == 0xf0)
        return (struct lead){3, 0x90, 0xbf};
    if (byte >= 0xf1 && byte <= 0xf3)
        return (struct lead){3, 0x80, 0xbf};
    if (byte == 0xf4)
        return (struct lead){3, 0x80, 0x8f};
    return (struct lead){0, 0, 0};
}

size_t pt_utf8_char(const char *at, size_t size, size_t *bad)
{
    const uint8_t *bytes = (const uint8_t *)at;
    size_t good = 1;

    if (bytes[0] < 0x80)
        return 1;
    struct lead lead = lead_of(bytes[0]);
    uint8_t low = lead.low, high = lead.high;
    while (good <= lead.following && good < size && bytes[good] >= low && bytes[good] <= high) {
        low = 0x80;
        high = 0xbf;
        good++;
    }
    if (lead.following && good == (size_t)lead.following + 1)
        return good;
    if (bad)
        *bad = good;
    return 0;
}

size_t pt_utf8_error(const char *at, size_t size)
{
    size_t i = 0;

    while (i < size) {
        uint64_t eight;

        if (size - i >= sizeof(eight)) {
            memcpy(&eight, at + i, sizeof(eight));
            if (!(eight & 0x8080808080808080u)) {
                i += sizeof(eight);
                continue;
            }
        }
        size_t n = pt_utf8_char(at + i, size - i, NULL);
        if (n == 0)
            return i;
        i += n;
    }
    return size;
}

bool pt_utf8_valid(const char *at, size_t size)
{
    return pt_utf8_error(at, size) == size;
}
