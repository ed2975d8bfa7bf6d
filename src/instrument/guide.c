/* SPDX-License-Identifier: MIT */
/*
 * guide.c -- finding the bucket of a value.
 *
 * Invariant: at[k] is the number of bounds whose upper bits are below `first + k`, so every bound
 * before at[k] is below every value of entry k, and bound at[k + 1] is not; the bucket is between.
 * A pure function of the bounds.
 */
#include "instrument/guide.h"

#include <string.h>

#define SHIFT_COARSE 49 /* leaves sign, exponent and 3 bits of the mantissa */
#define SHIFT_FINE 40
#define SHIFT_MAX 63     /* the sign alone */
#define ENTRIES_MAX 4096 /* 8 KiB */
#define STEPS_MAX 1      /* bounds in one entry: pitot_bucket_() steps over one without a branch */

static uint64_t ordered(double value)
{
    uint64_t bits;

    value += 0.0; /* -0 sorts with 0 */
    memcpy(&bits, &value, sizeof(bits));
    return bits ^ ((uint64_t)((int64_t)bits >> 63) | (uint64_t)1 << 63);
}

/* The most bounds that any one entry has to step over. */
static size_t most_steps(const double *bounds, size_t count, uint32_t shift)
{
    size_t most = 0, run = 0;

    for (size_t i = 0; i < count; i++) {
        bool same = i > 0 && ordered(bounds[i]) >> shift == ordered(bounds[i - 1]) >> shift;

        run = same ? run + 1 : 1;
        most = run > most ? run : most;
    }
    return most;
}

static uint64_t entries(const double *bounds, size_t count, uint32_t shift)
{
    return (ordered(bounds[count - 1]) >> shift) - (ordered(bounds[0]) >> shift) + 1;
}

/* Finer until few bounds share an entry, coarser until the table is small. */
static uint32_t choose_shift(const double *bounds, size_t count)
{
    uint32_t shift = SHIFT_COARSE;

    while (shift > SHIFT_FINE && most_steps(bounds, count, shift) > STEPS_MAX &&
           entries(bounds, count, shift - 1) <= ENTRIES_MAX)
        shift--;
    while (shift < SHIFT_MAX && entries(bounds, count, shift) > ENTRIES_MAX)
        shift++;
    return shift;
}

const struct pitot_guide_ *pt_guide_new(
    struct pt_pool *pool, const double *bounds, size_t count, pitot_error *err)
{
    uint32_t shift = count ? choose_shift(bounds, count) : SHIFT_COARSE;
    uint64_t first = count ? ordered(bounds[0]) >> shift : 0;
    uint64_t size = count ? entries(bounds, count, shift) : 0;
    struct pitot_guide_ *guide = pt_pool_alloc(pool, sizeof(*guide), err);
    uint16_t *at = pt_pool_alloc(pool, (size + 1) * sizeof(*at), err);

    if (!guide || !at)
        return NULL;
    *guide = (struct pitot_guide_){
        .one = {.count = 1},
        .bounds = bounds,
        .bound_count = (uint32_t)count,
        .shift = shift,
        .first = first,
        .count = size,
        .at = at,
    };
    size_t below = 0;
    for (uint64_t k = 0; k <= size; k++) {
        while (below < count && ordered(bounds[below]) >> shift < first + k)
            below++;
        at[k] = (uint16_t)below;
    }
    return guide;
}
