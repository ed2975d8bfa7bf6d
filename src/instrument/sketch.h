/* SPDX-License-Identifier: MIT */
/*
 * sketch.h -- exponential buckets at one moment: what a scrape folds a native histogram to.
 *
 * Two sketches of one schema merge by adding their buckets, and subtract the same way; the halving
 * of a resolution is exact. A quantile read from one is off by no more than half a bucket. Belongs
 * to one thread. A zeroed sketch is empty.
 */
#ifndef PT_INSTRUMENT_SKETCH_H
#define PT_INSTRUMENT_SKETCH_H

#include <pitot/pitot.h>

struct pt_bucket {
    int32_t index;
    uint64_t count;
};

struct pt_side {
    struct pt_bucket *buckets;
    size_t count, capacity;
};

enum { PT_POSITIVE, PT_NEGATIVE };

struct pt_sketch {
    int32_t schema;
    double zero_threshold;
    uint64_t zero_count;
    struct pt_side sides[2];
};

void pt_sketch_free(struct pt_sketch *sketch);

/* Empty again, with these; keeps its memory. */
void pt_sketch_start(struct pt_sketch *sketch, int32_t schema, double zero_threshold);

/* Adds to a bucket of the sketch's schema. The sketch has to be sorted afterwards. */
bool pt_sketch_add(
    struct pt_sketch *sketch, int side, int32_t index, uint64_t count, pitot_error *err);

/* Every bucket once, in the order of their indexes. What follows wants that, and keeps it. */
void pt_sketch_sort(struct pt_sketch *sketch);

/* Lowers the schema, unsorted sketches too. */
void pt_sketch_coarsen(struct pt_sketch *sketch, int32_t schema);

/* Widens the zero bucket by the buckets nearest to it, up to `max`. False when it cannot. */
bool pt_sketch_widen(struct pt_sketch *sketch, double max);

bool pt_sketch_copy(struct pt_sketch *to, const struct pt_sketch *from, pitot_error *err);

/* The quantile of what is in `now` and was not in `before`, an earlier state of the same schema;
 * NaN when that is nothing. */
double pt_sketch_quantile(const struct pt_sketch *now, const struct pt_sketch *before, double q);

static inline size_t pt_sketch_populated(const struct pt_sketch *sketch)
{
    return sketch->sides[PT_POSITIVE].count + sketch->sides[PT_NEGATIVE].count;
}

#endif
