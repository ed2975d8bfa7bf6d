/* SPDX-License-Identifier: MIT */
/*
 * fold.c -- a native histogram at a scrape: folding it, holding its limit, fitting its rows.
 *
 * All of it is done by who scrapes, under the family's lock, because a recorder may do none of it.
 * What is folded is always shown in the schema and with the zero bucket that the series has by
 * then; halving and widening only ever join buckets, so doing them again at every scrape yields
 * the same buckets, grown.
 */
#include "base/clock.h"
#include "instrument/native.h"
#include "instrument/place.h"
#include "instrument/schema.h"

#include <float.h>
#include <string.h>

#define WINDOW_MIN 32 /* buckets of the smallest layout */

/* ---- Folding ---- */

struct fold {
    uint64_t *words; /* classic counts, or NULL */
    struct pt_sketch *sketch;
    double sum;
    pitot_error *err;
};

static bool fold_one(void *ctx, uint64_t word, struct pt_pair pair)
{
    struct fold *fold = ctx;
    struct pt_sketch *sketch = fold->sketch;
    struct pt_place place = pt_place_unpack(word);

    if (fold->words)
        fold->words[place.classic] += pair.count;
    fold->sum += pt_double_of(pair.sum);
    if (place.kind == PT_PLACE_NAN)
        return true;
    if (place.kind == PT_PLACE_ZERO ||
        pt_schema_bound(place.schema, place.index) <= sketch->zero_threshold) {
        sketch->zero_count += pair.count;
        return true;
    }
    if (place.schema < sketch->schema) /* recorded in the moment of a reset */
        pt_sketch_coarsen(sketch, place.schema);
    return pt_sketch_add(sketch, place.negative ? PT_NEGATIVE : PT_POSITIVE,
        pt_schema_coarser(place.index, place.schema, sketch->schema), pair.count, fold->err);
}

static bool fold_all(
    struct pt_series *series, uint64_t *words, struct pt_sketch *sketch, pitot_error *err)
{
    const struct pt_native *native = pt_series_native(series);
    size_t buckets = pt_series_family(series)->desc.native.classic_count + 1;
    struct fold fold = {.words = words, .sketch = sketch, .err = err};

    if (words)
        memset(words, 0, (buckets + 1) * sizeof(*words));
    pt_sketch_start(sketch, native->schema, native->zero_threshold);
    if (!pt_native_each(series, fold_one, &fold))
        return false;
    pt_sketch_sort(sketch);
    if (words)
        words[buckets] = pt_bits_of(fold.sum);
    return true;
}

/* ---- The limit of buckets ---- */

static bool may_reset(const struct pt_native *native, const struct pt_desc *desc)
{
    return desc->native.min_reset_s > 0 &&
           pt_clock_seconds(native->began_ns, pt_clock_ns()) >= desc->native.min_reset_s;
}

/* Joins buckets until there are few enough. */
static void reduce(struct pt_series *series, struct pt_sketch *sketch)
{
    const struct pt_desc *desc = &pt_series_family(series)->desc;
    struct pt_native *native = pt_series_native(series);

    while (pt_sketch_populated(sketch) > desc->native.buckets_max) {
        if (pt_sketch_widen(sketch, desc->native.max_zero_threshold))
            continue;
        if (sketch->schema == PITOT_SCHEMA_MIN)
            break;
        pt_sketch_coarsen(sketch, sketch->schema - 1);
    }
    native->zero_threshold = sketch->zero_threshold;
    __atomic_store_n(&native->schema, sketch->schema, __ATOMIC_RELAXED);
    native->reduced = native->schema != desc->native.schema ||
                      native->zero_threshold != desc->native.zero_threshold;
}

/* ---- Fitting the rows ---- */

/* The `width` buckets that count most, and how much; `*from` and `*to` are the first and the last
 * populated one. */
static uint64_t densest(const struct pt_side *side, int32_t width, int32_t *from, int32_t *to)
{
    uint64_t count = 0, most = 0;
    size_t first = 0;

    for (size_t i = 0; i < side->count; i++) {
        count += side->buckets[i].count;
        while (side->buckets[i].index - side->buckets[first].index >= width)
            count -= side->buckets[first++].count;
        if (count <= most)
            continue;
        most = count;
        *from = side->buckets[first].index;
        *to = side->buckets[i].index;
    }
    return most;
}

static uint64_t count_of(const struct pt_side *side, int32_t from, int32_t to)
{
    uint64_t count = 0;

    for (size_t i = 0; i < side->count; i++)
        if (side->buckets[i].index >= from && side->buckets[i].index <= to)
            count += side->buckets[i].count;
    return count;
}

static bool covers(
    const struct pt_layout *layout, bool negative, int32_t schema, int32_t from, int32_t to)
{
    return layout->schema == schema && (layout->flip != 0) == negative && layout->from <= from &&
           layout->to >= to;
}

/* Whether a layout that cannot grow any more has most of what the best one would have: rows are not
 * to follow every change of what is counted. */
static bool is_good_enough(const struct pt_layout *layout, bool negative, int32_t schema,
    const struct pt_side *side, uint64_t most)
{
    return layout && layout->to - layout->from + 1 == PT_LAYOUT_BUCKETS_MAX &&
           covers(layout, negative, schema, layout->from, layout->to) &&
           count_of(side, layout->from, layout->to) >= most / 4 * 3;
}

/* A layout with these buckets, and as many again to grow into; one that was used before if there
 * is one. */
static struct pt_layout *find_or_make(
    struct pt_series *series, bool negative, int32_t schema, int32_t from, int32_t to)
{
    struct pt_family *family = pt_series_family(series);
    struct pt_native *native = pt_series_native(series);
    int32_t lowest = pt_schema_index(schema, DBL_MIN) + 1, width = WINDOW_MIN;

    for (struct pt_layout *layout = native->layouts; layout; layout = layout->older)
        if (covers(layout, negative, schema, from, to))
            return layout;
    if (native->layout_count == PT_NATIVE_LAYOUTS_MAX)
        return NULL;
    while (width < to - from + 1 + 8 && width < PT_LAYOUT_BUCKETS_MAX)
        width *= 2;
    from -= (width - (to - from + 1)) / 2;
    from = from > lowest ? from : lowest;
    to = from + width - 1;
    to = to < pt_schema_last(schema) ? to : pt_schema_last(schema);
    struct pt_layout *layout = from <= to ? pt_layout_new(&family->pool, &family->reg->rows,
                                                &family->desc, negative, schema, from, to)
                                          : NULL;
    if (!layout)
        return NULL;
    layout->older = native->layouts;
    native->layouts = layout;
    native->layout_count++;
    return layout;
}

/* Numbers below the normal ones and infinities are for the spill. */
static struct pt_side fitting(struct pt_side side, int32_t schema)
{
    int32_t lowest = pt_schema_index(schema, DBL_MIN) + 1, last = pt_schema_last(schema);

    while (side.count > 0 && side.buckets[side.count - 1].index > last)
        side.count--;
    while (side.count > 0 && side.buckets[0].index < lowest) {
        side.buckets++;
        side.count--;
    }
    return side;
}

static void fit(struct pt_series *series, const struct pt_sketch *sketch)
{
    struct pt_native *native = pt_series_native(series);
    struct pt_side positive = fitting(sketch->sides[PT_POSITIVE], sketch->schema);
    struct pt_side negative = fitting(sketch->sides[PT_NEGATIVE], sketch->schema);
    bool is_negative =
        count_of(&negative, INT32_MIN, INT32_MAX) > count_of(&positive, INT32_MIN, INT32_MAX);
    const struct pt_side *side = is_negative ? &negative : &positive;
    int32_t from = 0, to = 0;

    if (side->count == 0)
        return;
    uint64_t most = densest(side, PT_LAYOUT_BUCKETS_MAX, &from, &to);
    if (is_good_enough(native->layout, is_negative, sketch->schema, side, most))
        return;
    struct pt_layout *layout = find_or_make(series, is_negative, sketch->schema, from, to);
    if (!layout || layout == native->layout)
        return;
    /* Written once: who knew the rows of before may be reading the number. */
    if (series->hot.rows == 0)
        series->hot.rows = pt_series_family(series)->reg->rows.ladder.rows;
    __atomic_store_n(&native->layout, layout, __ATOMIC_RELEASE);
    __atomic_store_n(&series->hot.row, layout->group, __ATOMIC_RELEASE);
}

/* Rows are worth it for what is hot, and for what has no labels, as there is only one of it. Rows
 * that cannot be waited for could not be reset. */
static void fit_if_hot(struct pt_series *series, const struct pt_sketch *sketch)
{
    const struct pt_family *family = pt_series_family(series);
    struct pt_ladder ladder = family->reg->rows.ladder;
    uint16_t heat = __atomic_load_n(&series->hot.heat, __ATOMIC_RELAXED);
    bool is_hot = heat >= PT_HEAT_MAX ||
                  (heat > 0 && !family->desc.is_vec && !pt_series_native(series)->layout);

    if (is_hot && ladder.rung == PT_RUNG_RSEQ && ladder.fence)
        fit(series, sketch);
    if (heat > 0)
        __atomic_store_n(&series->hot.heat, 0, __ATOMIC_RELAXED);
}

bool pt_native_fold(
    struct pt_series *series, uint64_t *words, struct pt_sketch *sketch, pitot_error *err)
{
    const struct pt_desc *desc = &pt_series_family(series)->desc;
    const struct pt_native *native = pt_series_native(series);

    pt_native_settle(series);
    if (native->reduced && may_reset(native, desc))
        pt_native_reset(series);
    if (!fold_all(series, words, sketch, err))
        return false;
    if (pt_sketch_populated(sketch) > desc->native.buckets_max && may_reset(native, desc)) {
        pt_native_reset(series);
        if (!fold_all(series, words, sketch, err))
            return false;
    }
    reduce(series, sketch);
    fit_if_hot(series, sketch);
    return true;
}
