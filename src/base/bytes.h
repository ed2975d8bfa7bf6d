/* SPDX-License-Identifier: MIT */
/* bytes.h -- comparing short strings where a call to memcmp would cost more than the comparison. */
#ifndef PT_BASE_BYTES_H
#define PT_BASE_BYTES_H

#include <pitot/pitot.h>
#include <string.h>

static inline uint64_t pt_bytes_load8(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

static inline uint32_t pt_bytes_load4(const char *at)
{
    uint32_t word;

    memcpy(&word, at, sizeof(word));
    return word;
}

/* True when the `size` bytes at both places are the same. Two loads that overlap cover any size up
 * to twice their own. */
static inline bool pt_bytes_equal(const char *a, const char *b, size_t size)
{
    if (size > 16)
        return memcmp(a, b, size) == 0;
    if (size >= 8)
        return ((pt_bytes_load8(a) ^ pt_bytes_load8(b)) |
                   (pt_bytes_load8(a + size - 8) ^ pt_bytes_load8(b + size - 8))) == 0;
    if (size >= 4)
        return ((pt_bytes_load4(a) ^ pt_bytes_load4(b)) |
                   (pt_bytes_load4(a + size - 4) ^ pt_bytes_load4(b + size - 4))) == 0;
    if (size == 0)
        return true;
    return a[0] == b[0] && a[size / 2] == b[size / 2] && a[size - 1] == b[size - 1];
}

static inline bool pt_str_equal(pitot_str a, pitot_str b)
{
    return a.size == b.size && pt_bytes_equal(a.at, b.at, a.size);
}

#endif
