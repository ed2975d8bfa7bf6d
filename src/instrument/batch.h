/* SPDX-License-Identifier: MIT */
/*
 * batch.h -- series that were made one after the other, and their numbers, side by side.
 *
 * A family's series lie in batches in the order they were made, which is the order a large family
 * is scraped in: so a scrape reads cells, start times and texts from front to back. All of a batch
 * is one piece of a region. Handles point into it, so it stays where it is; but once all series of
 * a batch of full size have been removed and no snapshot shows them, its memory goes back to the
 * kernel, and a handle that is still held reads zeros: no family, no cells. That is a removed
 * series, too (pt_series_is_removed()).
 *
 * Everything is done under the family's lock unless it says otherwise.
 */
#ifndef PT_INSTRUMENT_BATCH_H
#define PT_INSTRUMENT_BATCH_H

#include "instrument/series.h"

#include <stdatomic.h>

#define PT_BATCH_MAX 512 /* series of a batch */

struct pt_column;

/* Per series, `text` has the sizes of the label values, 16 bits each and unaligned; then the block
 * of labels, which ends at `ends`; then what a stateset adds. */
struct pt_batch {
    struct pt_batch *next; /* the one made after it */
    size_t taken;          /* bytes of the region */
    uint32_t capacity;
    uint32_t made;          /* series there are, removed ones included */
    uint32_t live;          /* those that were not removed */
    uint32_t text_used;     /* bytes */
    uint32_t text_capacity; /* bytes, and PT_BATCH_SLACK readable ones behind them */
    bool can_empty;         /* of full size, and of a kind whose recorders bear zeros */
    _Atomic(uint32_t) pins; /* columns that show it; any thread gives them back */
    uint64_t *cells;        /* `family->stride` words for each series */
    int64_t *starts;        /* since when each adds up, in ns since 1970 */
    uint32_t *ends;
    char *text;
    uint64_t *seen;                 /* families that expire: what a series had recorded, */
    uint32_t *seen_s;               /* and when that was first seen, in seconds; else NULL */
    struct pt_column *shown;        /* by the last snapshot, as long as it may be true; or NULL */
    struct pt_batch_starts *copies; /* of `starts`, newest first: see pt_batch_set_start() */
    /* Series that a snapshot has to look at: they have rows, or should get some. Any
     * thread sets them, in signal handlers, too. */
    uint64_t marks[PT_BATCH_MAX / 64];
    struct pt_series series[];
};

#define PT_BATCH_SLACK 64

/* Room for one more series with `text_size` bytes of text in the last batch of the family, or in a
 * new one; NULL without memory. */
struct pt_batch *pt_batch_with_room(struct pt_family *family, size_t text_size, pitot_error *err);

/* The next series of a batch that has room, zeroed, with its cells. Its text is to be written to
 * `*text`; the block ends at `block_end` of it. It is there once pt_batch_keep() has been told how
 * long the text is in all. */
struct pt_series *pt_batch_next(
    struct pt_batch *batch, size_t stride, size_t block_end, char **text);
void pt_batch_keep(struct pt_batch *batch, size_t text_size);

/* One of the series has been removed. */
void pt_batch_lose(struct pt_batch *batch);

/* Gives back the memory of batches that nobody needs any more. */
void pt_batch_reap(struct pt_family *family);

/* The family goes, and no snapshot is left. */
void pt_batch_close(struct pt_family *family);

/* When a series began to add up. A snapshot that is still being sent goes on to show the old one.
 */
void pt_batch_set_start(struct pt_series *series, int64_t start);

static inline size_t pt_batch_index(const struct pt_batch *batch, const struct pt_series *series)
{
    return (size_t)(series - batch->series);
}

static inline int64_t pt_batch_start(const struct pt_series *series)
{
    return series->batch->starts[pt_batch_index(series->batch, series)];
}

/* Any thread, any signal handler. */
static inline void pt_batch_mark(struct pt_series *series)
{
    struct pt_batch *batch = __atomic_load_n(&series->batch, __ATOMIC_RELAXED);

    if (batch) {
        size_t i = pt_batch_index(batch, series);

        __atomic_fetch_or(&batch->marks[i / 64], UINT64_C(1) << (i % 64), __ATOMIC_RELEASE);
    }
}

#endif
