/* SPDX-License-Identifier: MIT */
/*
 * column.c -- the numbers of a batch, frozen.
 *
 * Cells are read from front to back without a look at their series; only those that are marked are
 * looked at, because they have rows besides, or should get some. A million
 * counters are read as fast as memory gives them.
 */
#include "instrument/column.h"

#include "base/alloc.h"
#include "instrument/family.h"

#include <string.h>

#define TWO_TO_53 9007199254740992 /* every integer below is a double */

static uint64_t load(const uint64_t *word)
{
    return __atomic_load_n(word, __ATOMIC_RELAXED);
}

size_t pt_column_width(const struct pt_desc *desc)
{
    return pt_type_has_pairs(desc->type) ? desc->bound_count + 2 : 1;
}

/* A counter is an integer as long as nothing with a fraction was added, and again where a double
 * has no room for fractions: there the sum as a double could be below what was shown before. */
static enum pt_kind of_counter(uint64_t whole, double fraction, uint64_t *word)
{
    if (fraction == 0 || (whole >= TWO_TO_53 && fraction < TWO_TO_53)) {
        *word = whole + (uint64_t)fraction;
        return PT_U64;
    }
    *word = pt_bits_of((double)whole + fraction);
    return PT_DOUBLE;
}

enum pt_kind pt_column_series(const struct pt_series *series, uint64_t *words)
{
    const struct pt_desc *desc = &pt_series_family(series)->desc;

    if (desc->type == PITOT_COUNTER)
        return of_counter(pt_series_whole(series), pt_series_fraction(series), words);
    if (pt_type_has_pairs(desc->type)) { /* a summary without quantiles: one bucket */
        words[desc->bound_count + 1] = pt_bits_of(pt_series_buckets(series, words));
        return PT_U64;
    }
    if (desc->type == PITOT_INFO) {
        words[0] = 1;
        return PT_U64;
    }
    words[0] = pt_cell_read((const pt_cell *)series->cold);
    return PT_DOUBLE;
}

/* ---- Reading a batch ---- */

/* The cold words of counters; returns the fractions of all, ORed. */
static uint64_t read_counters(const struct pt_batch *batch, size_t stride, uint64_t *words)
{
    uint64_t fractions = 0;

    for (size_t i = 0; i < batch->made; i++) {
        const uint64_t *cell = batch->cells + i * stride;

        words[i] = load(&cell[PT_COUNTER_WHOLE]);
        fractions |= load(&cell[PT_COUNTER_FRACTION]);
    }
    return fractions;
}

static bool read_gauges(
    const struct pt_batch *batch, size_t stride, uint64_t *words, uint8_t *kinds)
{
    memset(kinds, PT_DOUBLE, batch->made);
    for (size_t i = 0; i < batch->made; i++)
        words[i] = load(batch->cells + i * stride);
    return true;
}

static void read_each(
    const struct pt_batch *batch, size_t width, uint64_t *words, uint8_t *kinds, bool *mixed)
{
    for (size_t i = 0; i < batch->made; i++) {
        kinds[i] = (uint8_t)pt_column_series(&batch->series[i], words + i * width);
        *mixed |= kinds[i] != PT_U64;
    }
}

/* What the marks are for: series with rows are read again, with those; what got hot without finding
 * room for rows is given them. */
static void read_marked(
    struct pt_batch *batch, size_t width, uint64_t *words, uint8_t *kinds, bool *mixed)
{
    for (size_t at = 0; at < PT_BATCH_MAX / 64; at++) {
        uint64_t marks = __atomic_exchange_n(&batch->marks[at], 0, __ATOMIC_ACQUIRE);

        for (; marks; marks &= marks - 1) {
            size_t i = at * 64 + (size_t)__builtin_ctzll(marks);

            pt_series_promote_if_hot(&batch->series[i]);
            if (i >= batch->made || !pt_series_rows(&batch->series[i]))
                continue;
            pt_batch_mark(&batch->series[i]);
            kinds[i] = (uint8_t)pt_column_series(&batch->series[i], words + i * width);
            *mixed |= kinds[i] != PT_U64;
        }
    }
}

/* Words and kinds of a whole batch; returns whether any is a double. */
static bool read_batch(
    const struct pt_family *family, struct pt_batch *batch, uint64_t *words, uint8_t *kinds)
{
    size_t width = pt_column_width(&family->desc);
    bool mixed = false;

    memset(kinds, PT_U64, batch->made);
    if (family->desc.type == PITOT_GAUGE)
        mixed = read_gauges(batch, family->stride, words, kinds);
    else if (family->desc.type != PITOT_COUNTER || read_counters(batch, family->stride, words) != 0)
        read_each(batch, width, words, kinds, &mixed);
    if (pt_type_accumulates(family->desc.type))
        read_marked(batch, width, words, kinds, &mixed);
    return mixed;
}

/* ---- Columns ---- */

static struct pt_column *new_column(
    struct pt_batch *batch, size_t count, size_t words, bool kinds, pitot_error *err)
{
    static _Atomic(uint64_t) last_version;
    size_t size = sizeof(struct pt_column) + words * sizeof(uint64_t);
    struct pt_column *column = pt_alloc(size + (kinds ? count : 0), err);

    if (!column)
        return NULL;
    *column = (struct pt_column){
        .batch = batch,
        .version = atomic_fetch_add_explicit(&last_version, 1, memory_order_relaxed) + 1,
        .starts = batch->starts,
        .count = (uint32_t)count,
        .kinds = kinds ? (const uint8_t *)column + size : NULL,
    };
    atomic_init(&column->refs, 1);
    atomic_fetch_add_explicit(&batch->pins, 1, memory_order_relaxed);
    return column;
}

static bool is_same(const struct pt_column *column, size_t count, size_t size,
    const uint64_t *words, const uint8_t *kinds)
{
    return column && column->count == count && (column->kinds != NULL) == (kinds != NULL) &&
           memcmp(column->words, words, size) == 0 &&
           (!kinds || memcmp(column->kinds, kinds, count) == 0);
}

struct pt_column *pt_column_take(
    struct pt_family *family, struct pt_batch *batch, uint64_t *scratch, pitot_error *err)
{
    size_t words = batch->made * pt_column_width(&family->desc), size = words * sizeof(*scratch);
    uint8_t *kinds = (uint8_t *)(scratch + words);

    if (!read_batch(family, batch, scratch, kinds))
        kinds = NULL;
    if (!is_same(batch->shown, batch->made, size, scratch, kinds)) {
        struct pt_column *column = new_column(batch, batch->made, words, kinds != NULL, err);

        if (!column)
            return NULL;
        memcpy(column->words, scratch, size);
        if (kinds)
            memcpy((uint8_t *)(column->words + words), kinds, batch->made);
        pt_column_unref(batch->shown);
        batch->shown = column;
    }
    atomic_fetch_add_explicit(&batch->shown->refs, 1, memory_order_relaxed);
    return batch->shown;
}

struct pt_column *pt_column_pin(struct pt_batch *batch, pitot_error *err)
{
    return new_column(batch, 0, 0, false, err);
}

void pt_column_unref(struct pt_column *column)
{
    /* Release what we read of the column; acquire what others did before it goes. */
    if (!column || atomic_fetch_sub_explicit(&column->refs, 1, memory_order_acq_rel) != 1)
        return;
    /* Release: who sees no pins sees us done with the batch. */
    atomic_fetch_sub_explicit(&column->batch->pins, 1, memory_order_release);
    pt_free(column);
}
