/* SPDX-License-Identifier: MIT */
/*
 * series.c -- one label set and its numbers.
 *
 * Rows are published with a release store of `hot.row` after `hot.rows`, and found with an acquire
 * load. They are taken away by storing NULL there and waiting until no restartable sequence that
 * may have read the old address is in flight; only then are they read for the last time or reused.
 */
#include "instrument/series.h"

#include "base/clock.h"
#include "instrument/batch.h"
#include "instrument/exemplars.h"
#include "instrument/family.h"
#include "instrument/native.h"

/* `heat` is a count below 2^HEAT_BITS, and above it the lower bits of the interval in which it was
 * counted: so a new interval begins without a look at every series. What was recorded 32 intervals
 * ago and not since may be added, which does no harm. */
#define HEAT_BITS 11
_Static_assert(PT_HEAT_MAX < 1 << HEAT_BITS, "the count has room");

static struct pt_rows *rows_of(const struct pt_series *series)
{
    return &pt_series_family(series)->reg->rows;
}

static size_t words_of(const struct pt_series *series)
{
    return pt_series_family(series)->word_count;
}

/* Rows that threads share cannot be waited for, so they stay once they are there: a recorder that
 * has seen PT_SERIES_SHARED finds a row without looking twice. The rung decides, not that flag,
 * because rows are published a moment before it is set. What does not add up has one cell and no
 * rows. */
static bool is_shared(const struct pt_series *series)
{
    return rows_of(series)->ladder.rung != PT_RUNG_RSEQ &&
           pt_type_accumulates(pt_series_family(series)->desc.type);
}

/* The interval between two snapshots that a recording is in, where `heat` has it. */
static uint16_t interval_of(const struct pt_series *series)
{
    unsigned interval =
        atomic_load_explicit(&pt_series_family(series)->interval, memory_order_relaxed);

    return (uint16_t)(interval << HEAT_BITS);
}

static unsigned heat_in(const struct pt_series *series, uint16_t interval)
{
    unsigned heat = __atomic_load_n(&series->hot.heat, __ATOMIC_RELAXED) ^ interval;

    return heat >> HEAT_BITS ? 0 : heat;
}

static bool claim(struct pt_series *series)
{
    uint16_t before = __atomic_fetch_or(&series->hot.flags, PT_SERIES_PROMOTED, __ATOMIC_RELAXED);

    return !(before & (PT_SERIES_PROMOTED | PT_SERIES_REMOVED));
}

static void publish(struct pt_series *series, uint64_t *group)
{
    const struct pt_rows *rows = rows_of(series);

    if (!group) {
        __atomic_fetch_and(&series->hot.flags, (uint16_t)~PT_SERIES_PROMOTED, __ATOMIC_RELAXED);
        return;
    }
    /* Threads that knew the rows of before may be reading the number: it is written once. Where
     * rows are shared it stays 0, which no sequence gets past. */
    if (!is_shared(series) && series->hot.rows != rows->ladder.rows)
        series->hot.rows = rows->ladder.rows;
    __atomic_store_n(&series->hot.row, group, __ATOMIC_RELEASE);
    if (is_shared(series))
        __atomic_fetch_or(&series->hot.flags, PT_SERIES_SHARED, __ATOMIC_RELEASE);
    pt_batch_mark(series);
}

void pt_series_warm(struct pt_series *series)
{
    uint16_t interval = interval_of(series);
    unsigned heat = heat_in(series, interval);

    if (heat >= PT_HEAT_MAX)
        return;
    heat++;
    __atomic_store_n(&series->hot.heat, (uint16_t)(interval | heat), __ATOMIC_RELAXED);
    if (heat < PT_HEAT_MAX || !claim(series))
        return;
    publish(series, pt_rows_take(rows_of(series), words_of(series)));
    pt_batch_mark(series); /* one without rows gets them from who may make some */
}

void pt_series_promote(struct pt_series *series)
{
    if (claim(series))
        publish(series, pt_rows_make(rows_of(series), words_of(series)));
}

void pt_series_promote_if_hot(struct pt_series *series)
{
    if (heat_in(series, interval_of(series)) >= PT_HEAT_MAX && !pt_series_rows(series))
        pt_series_promote(series);
}

void pt_series_demote(struct pt_series *series)
{
    uint64_t *group = pt_series_rows(series);

    if (!group)
        return;
    __atomic_store_n(&series->hot.row, NULL, __ATOMIC_RELEASE);
    pt_rows_give_back(rows_of(series), group, words_of(series));
    __atomic_fetch_and(&series->hot.flags, (uint16_t)~PT_SERIES_PROMOTED, __ATOMIC_RELAXED);
}

/* Words that are only ever changed atomically. */
static void clear(const struct pt_series *series, uint64_t *words)
{
    bool pairs = pt_type_has_pairs(pt_series_family(series)->desc.type);

    for (size_t i = 0; i < words_of(series); i += pairs ? 2 : 1) {
        if (pairs)
            pt_pair_clear(words + i);
        else
            __atomic_store_n(&words[i], 0, __ATOMIC_RELAXED);
    }
}

void pt_series_reset(struct pt_series *series)
{
    uint64_t *group = pt_series_rows(series);

    if (pt_series_is_removed(series))
        return;
    if (pt_series_is_native(series)) {
        pt_native_reset(series);
        return;
    }
    pt_batch_set_start(series, pt_clock_unix_ns());
    if (group && is_shared(series)) { /* stripes are cleared where they are */
        for (uint32_t r = 0; r < rows_of(series)->ladder.rows; r++)
            clear(series, pt_rows_word(group, r, 0));
        group = NULL;
    }
    if (group)
        pt_series_demote(series);
    clear(series, series->cold);
    pt_exemplars_clear(series);
    if (group)
        pt_series_promote(series);
}

void pt_series_remove(struct pt_series *series)
{
    uint64_t *group = pt_series_rows(series);

    /* Claimed for good: nobody promotes it any more. */
    __atomic_fetch_or(&series->hot.flags, PT_SERIES_REMOVED | PT_SERIES_PROMOTED, __ATOMIC_RELAXED);
    if (pt_series_is_native(series)) {
        pt_native_remove(series);
        return;
    }
    if (is_shared(series))
        return; /* stripes stay: who still adds to them does so where nobody reads */
    __atomic_store_n(&series->hot.row, NULL, __ATOMIC_RELEASE);
    if (group && pt_type_accumulates(pt_series_family(series)->desc.type))
        pt_rows_give_back(rows_of(series), group, words_of(series));
}

static uint64_t load(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

uint64_t pt_series_whole(const struct pt_series *series)
{
    uint64_t *group = pt_series_rows(series);
    uint64_t sum = load(&series->cold[PT_COUNTER_WHOLE]);

    for (uint32_t r = 0; group && r < rows_of(series)->ladder.rows; r++)
        sum += load(pt_rows_word(group, r, PT_COUNTER_WHOLE));
    return sum;
}

double pt_series_fraction(const struct pt_series *series)
{
    uint64_t *group = pt_series_rows(series);
    double sum = pt_double_of(load(&series->cold[PT_COUNTER_FRACTION]));

    for (uint32_t r = 0; group && r < rows_of(series)->ladder.rows; r++)
        sum += pt_double_of(load(pt_rows_word(group, r, PT_COUNTER_FRACTION)));
    return sum;
}

uint64_t pt_series_count(const struct pt_series *series, double *sum)
{
    uint64_t *group = pt_series_rows(series);
    size_t words = words_of(series);
    uint64_t count = 0;

    *sum = 0;
    for (size_t i = 0; i < words; i += 2) {
        struct pt_pair pair = pt_pair_read(series->cold + i);

        count += pair.count;
        *sum += pt_double_of(pair.sum);
    }
    for (uint32_t r = 0; group && r < rows_of(series)->ladder.rows; r++) {
        for (size_t i = 0; i < words; i += 2) {
            struct pt_pair pair = pt_pair_read(pt_rows_word(group, r, i));

            count += pair.count;
            *sum += pt_double_of(pair.sum);
        }
    }
    return count;
}

double pt_series_buckets(const struct pt_series *series, uint64_t *counts)
{
    uint64_t *group = pt_series_rows(series);
    size_t buckets = words_of(series) / 2;
    double sum = 0;

    for (size_t i = 0; i < buckets; i++) {
        struct pt_pair pair = pt_pair_read(series->cold + i * 2);

        counts[i] = pair.count;
        sum += pt_double_of(pair.sum);
    }
    for (uint32_t r = 0; group && r < rows_of(series)->ladder.rows; r++) {
        for (size_t i = 0; i < buckets; i++) {
            struct pt_pair pair = pt_pair_read(pt_rows_word(group, r, i * 2));

            counts[i] += pair.count;
            sum += pt_double_of(pair.sum);
        }
    }
    return sum;
}
