/* SPDX-License-Identifier: MIT */
/*
 * layout.h -- the cells of a native histogram that every CPU has a row of.
 *
 * The bounds of a layout are those of the native buckets in a window, all positive or all negative,
 * together with the classic bounds in between. So each cell is part of one native bucket and of one
 * classic bucket, and an observation is one add to one pair: the two views cannot disagree. The
 * guide finds the cell of a magnitude: 0 is the number zero, 1 to `last` lie between the bounds,
 * and what is in none of them goes to the spill.
 *
 * A layout and its rows never change and live as long as the registry, so whoever has found one
 * may use it; one that is not in use any more keeps counting.
 */
#ifndef PT_INSTRUMENT_LAYOUT_H
#define PT_INSTRUMENT_LAYOUT_H

#include "instrument/desc.h"
#include "storage/rows.h"

/* Native buckets of one layout. */
#define PT_LAYOUT_BUCKETS_MAX 1024

struct pt_layout {
    struct pitot_guide_ guide;
    uint64_t *group; /* a pair per cell */
    size_t words;    /* of the group */
    uint64_t flip;   /* the sign bit, where values are negative */
    size_t last;
    int32_t schema, from, to; /* the native buckets */
    const uint64_t *places;   /* of each cell; place.h */
    struct pt_layout *older;
};

/* For native buckets `from` to `to`, whose numbers must be normal ones. NULL when there is no room;
 * nobody counts on it. */
struct pt_layout *pt_layout_new(struct pt_pool *pool, struct pt_rows *rows,
    const struct pt_desc *desc, bool negative, int32_t schema, int32_t from, int32_t to);

#endif
