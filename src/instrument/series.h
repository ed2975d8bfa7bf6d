/* SPDX-License-Identifier: MIT */
/*
 * series.h -- one label set and its numbers.
 *
 * A series starts cold: its numbers are a group of words that all threads add to atomically. One
 * that proves hot is promoted: it gets a row per CPU beside the cold words, which from then on only
 * take what could not go to a row. Its value is always the sum of the cold words and all rows.
 *
 * The words of a counter are {whole, fraction}, an integer and a double; of a gauge {value}, a
 * double; of a histogram or summary {sum, count} per bucket, +Inf last; of a stateset {states}, a
 * bit each; an info has none. One with native buckets or quantiles has a struct pt_native there,
 * and its rows are those of a layout. Slots for exemplars follow the words.
 */
#ifndef PT_INSTRUMENT_SERIES_H
#define PT_INSTRUMENT_SERIES_H

#include "base/pool.h"
#include "storage/cell.h"
#include "storage/rows.h"

struct pt_batch;
struct pt_family;

/* The public handles are this under other names. It stays where it is until its registry goes,
 * though after its removal it may come to read as zeros (batch.h). */
struct pt_series {
    struct pitot_hot_ hot; /* what the inlined calls see */
    uint64_t *cold;
    const char *labels; /* the block of labels.h */
    uint32_t labels_size;
    uint32_t hash;          /* the lower half */
    struct pt_batch *batch; /* where it lies */
};

enum {
    PT_SERIES_ESCAPED = 1,            /* the block has a backslash; never changes */
    PT_SERIES_REMOVED = 2,            /* set once */
    PT_SERIES_PROMOTED = 4,           /* claimed by who makes the rows, before they are there */
    PT_SERIES_SHARED = PITOT_SHARED_, /* its rows are stripes; set once, when they are there */
};

enum { PT_COUNTER_WHOLE, PT_COUNTER_FRACTION };

/* Recordings between two snapshots that make a series hot. Counted without atomics: a few may be
 * missed. */
#define PT_HEAT_MAX 1024

/* The family of what was removed so long ago that its memory is gone: it counts nothing. */
extern struct pt_family pt_family_of_none;

static inline struct pt_family *pt_series_family(const struct pt_series *series)
{
    const struct pitot_family_ *face = __atomic_load_n(&series->hot.family, __ATOMIC_RELAXED);

    return face ? (struct pt_family *)(uintptr_t)face : &pt_family_of_none; /* its first member */
}

static inline uint16_t pt_series_flags(const struct pt_series *series)
{
    return __atomic_load_n(&series->hot.flags, __ATOMIC_RELAXED);
}

static inline bool pt_series_is_removed(const struct pt_series *series)
{
    return (pt_series_flags(series) & PT_SERIES_REMOVED) || !series->hot.family;
}

/* The rows, or NULL. Whoever gets them sees what they were published with. */
static inline uint64_t *pt_series_rows(const struct pt_series *series)
{
    return __atomic_load_n(&series->hot.row, __ATOMIC_ACQUIRE);
}

/* A recording went to the cold words: promotes the series when that happens often. Signal-safe. */
void pt_series_warm(struct pt_series *series);

/* With the family's lock held, by who may take locks and make system calls: */

/* Promotes at once. Nothing happens when there are no rows to be had. */
void pt_series_promote(struct pt_series *series);

/* Promotes a series that got hot but found no room. */
void pt_series_promote_if_hot(struct pt_series *series);

/* Takes the rows away; what was in them is gone. */
void pt_series_demote(struct pt_series *series);

/* Back to 0 and starting now, still promoted if it was. */
void pt_series_reset(struct pt_series *series);

/* Off the page for good: recordings do nothing from here on. */
void pt_series_remove(struct pt_series *series);

/* The values. */
uint64_t pt_series_whole(const struct pt_series *series);
double pt_series_fraction(const struct pt_series *series);

/* How many observations there are in all buckets, and their sum. */
uint64_t pt_series_count(const struct pt_series *series, double *sum);

/* Counts per bucket, +Inf last, into `counts`; returns the sum of exactly those observations. */
double pt_series_buckets(const struct pt_series *series, uint64_t *counts);

#endif
