/* SPDX-License-Identifier: MIT */
/*
 * native.h -- the numbers of a native histogram, or of a summary with quantiles: one series.
 *
 * They stand where a series has its cold words. An observation goes to the row of its CPU when the
 * layout has a cell for it, else to the spill, else (no memory at all) it waits in the pair of its
 * classic bucket until a scrape places it by its mean. Every observation is in exactly one pair;
 * the value of a series is all of its pairs: of every layout that it ever had, every spill
 * table and those that wait.
 *
 * Recorders read `layout`, `spill` and `schema`; all else is under the family's lock.
 */
#ifndef PT_INSTRUMENT_NATIVE_H
#define PT_INSTRUMENT_NATIVE_H

#include "instrument/family.h"
#include "instrument/layout.h"
#include "instrument/spill.h"
#include "instrument/window.h"

struct pt_native {
    struct pt_layout *layout; /* where most observations go, or NULL */
    struct pt_spill *spill;   /* the newest */
    int32_t schema;           /* of what goes to the spill; as shown by the last scrape */
    uint32_t layout_count;    /* made so far */
    struct pt_layout *layouts;
    double zero_threshold; /* as shown: may have been widened */
    uint64_t began_ns;     /* when it was made or last reset */
    bool reduced;          /* coarser or wider than described */
    struct pt_window *window;
    uint64_t waiting[] __attribute__((aligned(16))); /* a pair for each classic bucket */
};

/* How many layouts a series may have; how many slots all of its tables, and how many more for each
 * time that its resolution is halved. Past either the rest is slower, or less exact, and never
 * lost. */
#define PT_NATIVE_LAYOUTS_MAX 32
#define PT_NATIVE_SLOTS_MAX 8192
#define PT_NATIVE_SLOTS_MORE 1024

static inline struct pt_native *pt_series_native(const struct pt_series *series)
{
    return (struct pt_native *)(void *)series->cold;
}

static inline bool pt_series_is_native(const struct pt_series *series)
{
    return pt_series_family(series)->desc.native.on;
}

/* Words that such a series has. */
size_t pt_native_words(const struct pt_desc *desc);

/* Before the series is shared. */
bool pt_native_start(struct pt_series *series, pitot_error *err);

/* With the family's lock held: */

/* Everything back to 0, in the resolution of the description: what the program asks for, and what
 * the limit of buckets may. */
void pt_native_reset(struct pt_series *series);

/* Gives the rows and the window back. Nobody counts on the series any more. */
void pt_native_remove(struct pt_series *series);

/* The classic counts, +Inf last, and after them the sum; without them when `words` is NULL. What is
 * in native buckets goes to `sketch`, sorted, within the limit of buckets; a reset may happen for
 * that. This is also when the rows are fitted to what was seen. */
bool pt_native_fold(
    struct pt_series *series, uint64_t *words, struct pt_sketch *sketch, pitot_error *err);

/* Count and sum of everything. */
void pt_native_total(const struct pt_series *series, uint64_t *count, double *sum);

/* Calls `each` for every pair that may count something. False when that said so. */
typedef bool pt_native_fn(void *ctx, uint64_t place, struct pt_pair pair);
bool pt_native_each(const struct pt_series *series, pt_native_fn *each, void *ctx);

/* Puts what waits into the spill, and makes room there before recorders need it. */
void pt_native_settle(struct pt_series *series);

#endif
