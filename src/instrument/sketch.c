/* SPDX-License-Identifier: MIT */
/* sketch.c -- exponential buckets at one moment, as sorted arrays. */
#include "instrument/sketch.h"

#include "base/alloc.h"
#include "instrument/schema.h"

#include <math.h>
#include <string.h>

void pt_sketch_free(struct pt_sketch *sketch)
{
    pt_free(sketch->sides[PT_POSITIVE].buckets);
    pt_free(sketch->sides[PT_NEGATIVE].buckets);
    *sketch = (struct pt_sketch){0};
}

void pt_sketch_start(struct pt_sketch *sketch, int32_t schema, double zero_threshold)
{
    sketch->schema = schema;
    sketch->zero_threshold = zero_threshold;
    sketch->zero_count = 0;
    sketch->sides[PT_POSITIVE].count = sketch->sides[PT_NEGATIVE].count = 0;
}

bool pt_sketch_add(
    struct pt_sketch *sketch, int side, int32_t index, uint64_t count, pitot_error *err)
{
    struct pt_side *to = &sketch->sides[side];

    if (to->count > 0 && to->buckets[to->count - 1].index == index) {
        to->buckets[to->count - 1].count += count;
        return true;
    }
    if (!pt_grow(&to->buckets, to->count, &to->capacity, sizeof(*to->buckets), err))
        return false;
    to->buckets[to->count++] = (struct pt_bucket){index, count};
    return true;
}

/* Neighbours with the same index become one. */
static void unite(struct pt_side *side)
{
    size_t kept = 0;

    for (size_t i = 0; i < side->count; i++) {
        if (kept > 0 && side->buckets[kept - 1].index == side->buckets[i].index)
            side->buckets[kept - 1].count += side->buckets[i].count;
        else
            side->buckets[kept++] = side->buckets[i];
    }
    side->count = kept;
}

/* Shell's: most of it is in order already, as layouts are. */
static void sort(struct pt_side *side)
{
    struct pt_bucket *buckets = side->buckets;
    size_t gap = 1;

    while (gap < side->count / 3)
        gap = gap * 3 + 1;
    for (; gap > 0; gap /= 3) {
        for (size_t i = gap; i < side->count; i++) {
            struct pt_bucket moved = buckets[i];
            size_t to = i;

            for (; to >= gap && buckets[to - gap].index > moved.index; to -= gap)
                buckets[to] = buckets[to - gap];
            buckets[to] = moved;
        }
    }
    unite(side);
}

void pt_sketch_sort(struct pt_sketch *sketch)
{
    sort(&sketch->sides[PT_POSITIVE]);
    sort(&sketch->sides[PT_NEGATIVE]);
}

void pt_sketch_coarsen(struct pt_sketch *sketch, int32_t schema)
{
    for (int i = 0; i < 2; i++) {
        struct pt_side *side = &sketch->sides[i];

        for (size_t j = 0; j < side->count; j++)
            side->buckets[j].index =
                pt_schema_coarser(side->buckets[j].index, sketch->schema, schema);
        unite(side);
    }
    sketch->schema = schema;
}

static void drop_first(struct pt_side *side, int32_t index, uint64_t *count)
{
    if (side->count == 0 || side->buckets[0].index != index)
        return;
    *count += side->buckets[0].count;
    side->count--;
    memmove(side->buckets, side->buckets + 1, side->count * sizeof(*side->buckets));
}

bool pt_sketch_widen(struct pt_sketch *sketch, double max)
{
    int32_t nearest = INT32_MAX;

    for (int i = 0; i < 2; i++)
        if (sketch->sides[i].count > 0 && sketch->sides[i].buckets[0].index < nearest)
            nearest = sketch->sides[i].buckets[0].index;
    if (nearest == INT32_MAX || pt_schema_bound(sketch->schema, nearest) > max)
        return false;
    sketch->zero_threshold = pt_schema_bound(sketch->schema, nearest);
    drop_first(&sketch->sides[PT_POSITIVE], nearest, &sketch->zero_count);
    drop_first(&sketch->sides[PT_NEGATIVE], nearest, &sketch->zero_count);
    return true;
}

bool pt_sketch_copy(struct pt_sketch *to, const struct pt_sketch *from, pitot_error *err)
{
    pt_sketch_start(to, from->schema, from->zero_threshold);
    to->zero_count = from->zero_count;
    for (int i = 0; i < 2; i++) {
        struct pt_side *side = &to->sides[i];

        while (side->capacity < from->sides[i].count) /* pt_grow() makes room for one more */
            if (!pt_grow(
                    &side->buckets, side->capacity, &side->capacity, sizeof(*side->buckets), err))
                return false;
        side->count = from->sides[i].count;
        if (side->count)
            memcpy(side->buckets, from->sides[i].buckets, side->count * sizeof(*side->buckets));
    }
    return true;
}

/* What bucket i of `now` has more than `before`, in which `*at` moves along in its direction. */
static uint64_t growth(
    const struct pt_side *now, size_t i, const struct pt_side *before, size_t *at, bool down)
{
    struct pt_bucket bucket = now->buckets[i];

    for (; *at < before->count; (*at)++) {
        const struct pt_bucket *old = &before->buckets[down ? before->count - 1 - *at : *at];

        if (old->index == bucket.index)
            return bucket.count > old->count ? bucket.count - old->count : 0;
        if (down ? old->index < bucket.index : old->index > bucket.index)
            break;
    }
    return bucket.count;
}

/* A number that is off by less than half the bucket from any in it, relative to that. */
static double middle_of(int32_t schema, int32_t index)
{
    double ratio = pt_schema_bound(schema, 1);

    if (index > pt_schema_last(schema))
        return INFINITY;
    return pt_schema_bound(schema, index - 1) * (2 * ratio / (1 + ratio));
}

/* Goes through all buckets from the lowest value up until `rank` observations are passed; `total`
 * receives how many there were. */
static double walk(
    const struct pt_sketch *now, const struct pt_sketch *before, uint64_t rank, uint64_t *total)
{
    const struct pt_side *side = &now->sides[PT_NEGATIVE];
    size_t at = 0;

    *total = 0;
    for (size_t i = side->count; i-- > 0;) {
        *total += growth(side, i, &before->sides[PT_NEGATIVE], &at, true);
        if (*total >= rank)
            return -middle_of(now->schema, side->buckets[i].index);
    }
    *total += now->zero_count > before->zero_count ? now->zero_count - before->zero_count : 0;
    if (*total >= rank)
        return 0;
    side = &now->sides[PT_POSITIVE];
    at = 0;
    for (size_t i = 0; i < side->count; i++) {
        *total += growth(side, i, &before->sides[PT_POSITIVE], &at, false);
        if (*total >= rank)
            return middle_of(now->schema, side->buckets[i].index);
    }
    return NAN;
}

double pt_sketch_quantile(const struct pt_sketch *now, const struct pt_sketch *before, double q)
{
    uint64_t total, passed;

    walk(now, before, UINT64_MAX, &total);
    if (total == 0)
        return NAN;
    double rank = ceil(q * (double)total);
    return walk(now, before, rank < 1 ? 1 : rank > (double)total ? total : (uint64_t)rank, &passed);
}
