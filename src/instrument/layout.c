/* SPDX-License-Identifier: MIT */
/* layout.c -- the cells of a native histogram: building them. Under the family's lock. */
#include "instrument/layout.h"

#include "instrument/guide.h"
#include "instrument/place.h"
#include "instrument/schema.h"

#include <math.h>

/* Classic bound i as a magnitude, in growing order. `v <= bound` is `|v| > that` for a negative
 * one, one step nearer to zero: so every cell includes its upper bound, whatever the sign. */
static double classic_bound(const struct pt_desc *desc, bool negative, size_t i)
{
    if (!negative)
        return desc->bounds[i];
    return nextafter(-desc->bounds[desc->native.classic_count - 1 - i], 0);
}

/* All bounds of the window to `bounds`, increasing; returns how many. */
static size_t merge_bounds(double *bounds, const struct pt_desc *desc, bool negative,
    int32_t schema, int32_t from, int32_t to)
{
    size_t count = 0, classic = 0;
    double threshold = desc->native.zero_threshold;

    for (int32_t index = from - 1; index <= to; index++) {
        double native = pt_schema_bound(schema, index);

        for (; classic < desc->native.classic_count; classic++) {
            double bound = classic_bound(desc, negative, classic);

            if (bound >= native)
                break;
            if (count > 0 && threshold > bounds[count - 1] && threshold < bound)
                bounds[count++] = threshold;
            if (count > 0 && bound > bounds[count - 1])
                bounds[count++] = bound;
        }
        if (count > 0 && threshold > bounds[count - 1] && threshold < native)
            bounds[count++] = threshold;
        bounds[count++] = native;
    }
    bounds[count] = INFINITY;
    return count;
}

struct pt_layout *pt_layout_new(struct pt_pool *pool, struct pt_rows *rows,
    const struct pt_desc *desc, bool negative, int32_t schema, int32_t from, int32_t to)
{
    /* The rows first: they may be used up for good, and the pool is not to grow at every try. */
    size_t most = (size_t)(to - from) + 2 + desc->native.classic_count + 1;
    uint64_t *group = pt_rows_make(rows, most * 2);
    if (!group)
        return NULL;
    struct pt_layout *layout = pt_pool_alloc_zero(pool, sizeof(*layout), NULL);
    double *bounds = pt_pool_alloc(pool, (most + 1) * sizeof(*bounds), NULL);
    uint64_t *places = pt_pool_alloc(pool, most * sizeof(*places), NULL);
    size_t count = bounds ? merge_bounds(bounds, desc, negative, schema, from, to) : 0;
    const struct pitot_guide_ *guide = count ? pt_guide_new(pool, bounds, count, NULL) : NULL;

    if (!layout || !places || !guide) {
        pt_rows_give_back(rows, group, most * 2);
        return NULL;
    }
    *layout = (struct pt_layout){
        .guide = *guide,
        .group = group,
        .words = most * 2,
        .flip = negative ? (uint64_t)1 << 63 : 0,
        .last = count - 1,
        .schema = schema,
        .from = from,
        .to = to,
        .places = places,
    };
    places[0] = pt_place_of(desc, schema, 0);
    for (size_t i = 1; i < count; i++)
        places[i] = pt_place_of(desc, schema, negative ? -bounds[i] : bounds[i]);
    return layout;
}
