/* SPDX-License-Identifier: MIT */
/*
 * gather.c -- samples to series: the lines of a histogram, a summary, and `_created`.
 *
 * A series of one value waits for the next line, which may be its `_created`. The others are groups
 * that a table of hashes finds; the points of a group (buckets, quantiles) are a list in an array
 * that all groups share, because nearly always they stand one behind the other on the page.
 */
#include "format/gather.h"

#include "base/alloc.h"
#include "base/number.h"
#include "snapshot/block.h"

#include <math.h>
#include <stdlib.h>

struct pt_point {
    double bound;
    struct pt_scan_number value;
    size_t line;
    uint32_t column, next, exemplar; /* indices counted from 1 */
};

struct pt_group {
    pitot_str labels;
    uint64_t hash;
    size_t line;
    int64_t time, start;
    uint32_t first, last; /* points, counted from 1 */
    bool has_count, has_sum;
    struct pt_scan_number count;
    double sum;
};

/* For "%.*s": a number as the format writes it. */
struct spelled {
    char text[PT_NUMBER_MAX];
    int size;
};

static struct spelled spell(double v)
{
    struct spelled out;

    out.size = (int)pt_number_double(out.text, v);
    return out;
}

struct pt_gather pt_gather_new(struct pt_scan *scan, bool openmetrics)
{
    return (struct pt_gather){.scan = scan, .openmetrics = openmetrics};
}

void pt_gather_free(struct pt_gather *gather)
{
    pt_free(gather->groups);
    pt_free(gather->points);
    pt_free(gather->exemplars);
    pt_free(gather->slots);
    pt_free(gather->sorted);
    pt_free(gather->bounds);
    pt_free(gather->numbers);
    pt_free(gather->its_exemplars);
}

static bool is_strict(const struct pt_gather *gather)
{
    return !gather->scan->page->lenient;
}

static bool is_grouped(const struct pt_gather *gather)
{
    return pt_type_is_bucketed(gather->type) || gather->type == PITOT_SUMMARY;
}

static bool grow(struct pt_gather *gather, void *array, size_t count, size_t *room, size_t item)
{
    return pt_grow(array, count, room, item, NULL) || pt_scan_fail(gather->scan);
}

#define GROW(array, count)                                                                         \
    grow(gather, &gather->array, (count), &gather->array##_room, sizeof(*gather->array))

static void add_series(
    struct pt_gather *gather, const pitot_series *series, size_t line, size_t column)
{
    switch (pt_builder_series(gather->scan->builder, series)) {
    case PT_ADDED:
        return;
    case PT_ADDED_BEFORE:
        pt_scan_problem_at(gather->scan, line, column,
            "'%.*s{%.*s}' stands twice: leave one out, or give it a later time right after it",
            PT_SHOWN(gather->name), PT_SHOWN(series->labels));
        return;
    case PT_ADDED_FAILED:
        gather->scan->stopped = true;
    }
}

/* ---- Series of one value ---- */

static void add_pending(struct pt_gather *gather)
{
    if (!gather->pending)
        return;
    gather->pending = false;
    if (gather->pending_has_value)
        add_series(gather, &gather->series, gather->line, gather->column);
    else if (is_strict(gather))
        pt_scan_problem_at(gather->scan, gather->line, gather->column,
            "'%.*s{%.*s}' has _created but no value", PT_SHOWN(gather->name),
            PT_SHOWN(gather->series.labels));
}

static void add_value(struct pt_gather *gather, const struct pt_sample *sample)
{
    bool created = sample->role == PT_CREATED, goes_on = false;

    if (gather->pending && (created || !gather->pending_has_value))
        goes_on = pt_str_equal(gather->series.labels, sample->labels);
    if (goes_on && created && gather->series.start != PITOT_TIME_NONE) {
        if (is_strict(gather))
            pt_scan_problem(gather->scan, sample->at, "_created stands twice: leave one out");
        return;
    }
    if (!goes_on) {
        add_pending(gather);
        gather->pending = true;
        gather->pending_has_value = false;
        gather->series = (pitot_series){.labels = sample->labels,
            .numbers = &gather->number,
            .exemplars = &gather->exemplar,
            .start = PITOT_TIME_NONE,
            .time = PITOT_TIME_NONE};
        gather->line = gather->scan->line;
        gather->column = 1;
    }
    if (created) {
        gather->series.start = sample->time;
        return;
    }
    gather->pending_has_value = true;
    gather->series.time = sample->time;
    gather->series.is_double = sample->value.is_double;
    gather->number = sample->value.number;
    gather->series.exemplar_count = sample->has_exemplar;
    if (sample->has_exemplar)
        gather->exemplar = sample->exemplar;
}

/* ---- Groups ---- */

static bool rehash(struct pt_gather *gather)
{
    size_t room = gather->slot_room ? gather->slot_room * 2 : 64;
    uint32_t *slots = pt_alloc_zero(room * sizeof(*slots), NULL);

    if (!slots) {
        return pt_scan_fail(gather->scan);
    }
    for (size_t i = 0; i < gather->slot_room; i++) {
        uint32_t group = gather->slots[i];

        if (!group)
            continue;
        size_t at = (size_t)gather->groups[group - 1].hash & (room - 1);
        while (slots[at])
            at = (at + 1) & (room - 1);
        slots[at] = group;
    }
    pt_free(gather->slots);
    gather->slots = slots;
    gather->slot_room = room;
    return true;
}

/* The slot of this label set, taken or free; NULL when memory ran out. */
static uint32_t *slot_of(struct pt_gather *gather, pitot_str labels, uint64_t hash)
{
    if (gather->group_count * 2 >= gather->slot_room && !rehash(gather))
        return NULL;
    size_t mask = gather->slot_room - 1, at = (size_t)hash & mask;
    for (; gather->slots[at]; at = (at + 1) & mask) {
        const struct pt_group *group = &gather->groups[gather->slots[at] - 1];

        if (group->hash == hash && pt_block_equal(group->labels, labels))
            break;
    }
    return &gather->slots[at];
}

static bool is_of(const struct pt_group *group, const struct pt_sample *sample)
{
    return sample->role == PT_CREATED || group->time == sample->time;
}

/* The group of a sample, found or made. NULL when memory ran out. */
static struct pt_group *group_of(struct pt_gather *gather, const struct pt_sample *sample)
{
    struct pt_group *last = gather->current ? &gather->groups[gather->current - 1] : NULL;

    if (last && pt_str_equal(last->labels, sample->labels) && is_of(last, sample))
        return last;
    uint64_t hash = pt_block_hash(sample->labels, gather->scan->key);
    uint32_t *slot = slot_of(gather, sample->labels, hash);
    if (!slot)
        return NULL;
    struct pt_group *found = *slot ? &gather->groups[*slot - 1] : NULL;
    if (found && is_of(found, sample)) {
        if (gather->openmetrics && is_strict(gather) && found != last)
            pt_scan_problem(gather->scan, gather->scan->start,
                "'%.*s{%.*s}' goes on here, but others are in between: put its lines together",
                PT_SHOWN(gather->name), PT_SHOWN(sample->labels));
        gather->current = *slot;
        return found;
    }
    if (gather->group_count == UINT32_MAX - 1 || !GROW(groups, gather->group_count))
        return NULL;
    struct pt_group *group = &gather->groups[gather->group_count++];
    *group = (struct pt_group){.labels = sample->labels,
        .hash = hash,
        .line = gather->scan->line,
        .time = sample->role == PT_CREATED ? PITOT_TIME_NONE : sample->time,
        .start = PITOT_TIME_NONE};
    *slot = (uint32_t)gather->group_count;
    gather->current = gather->group_count;
    return group;
}

static void add_point(
    struct pt_gather *gather, struct pt_group *group, const struct pt_sample *sample)
{
    size_t column = (size_t)(sample->at - gather->scan->start) + 1;

    if (gather->point_count >= UINT32_MAX - 1 || !GROW(points, gather->point_count))
        return;
    struct pt_point *point = &gather->points[gather->point_count++];
    *point = (struct pt_point){.bound = sample->bound,
        .value = sample->value,
        .line = gather->scan->line,
        .column = column < UINT32_MAX ? (uint32_t)column : UINT32_MAX};
    if (sample->has_exemplar && GROW(exemplars, gather->exemplar_count)) {
        gather->exemplars[gather->exemplar_count++] = sample->exemplar;
        point->exemplar = (uint32_t)gather->exemplar_count;
    }
    if (group->last)
        gather->points[group->last - 1].next = (uint32_t)gather->point_count;
    else
        group->first = (uint32_t)gather->point_count;
    group->last = (uint32_t)gather->point_count;
}

/* A count: 5.0 is an integer here, since many libraries write counts like that. */
static bool as_count(struct pt_gather *gather, struct pt_sample *sample)
{
    struct pt_scan_number *value = &sample->value;

    if (!value->is_double)
        return true;
    double v = value->number.f64;
    if (!(v >= 0) || isinf(v))
        return pt_scan_problem(gather->scan, sample->at, "a count is a number of 0 or more");
    if (v < 0x1p64 && v == floor(v))
        *value = (struct pt_scan_number){{.u64 = (uint64_t)v}, false};
    else if (gather->openmetrics && is_strict(gather))
        return pt_scan_problem(gather->scan, sample->at, "a count is an integer");
    return true;
}

static void add_to_group(struct pt_gather *gather, struct pt_sample sample)
{
    bool counts = sample.role == PT_BUCKET || sample.role == PT_COUNT, twice = false;

    if (counts && !as_count(gather, &sample))
        return;
    struct pt_group *group = group_of(gather, &sample);
    if (!group)
        return;
    if (sample.role == PT_COUNT) {
        twice = group->has_count;
        group->count = sample.value;
        group->has_count = true;
    } else if (sample.role == PT_SUM) {
        twice = group->has_sum;
        group->sum = pt_scan_double_of(sample.value);
        group->has_sum = true;
    } else if (sample.role == PT_CREATED) {
        twice = group->start != PITOT_TIME_NONE;
        group->start = sample.time;
    } else {
        add_point(gather, group, &sample);
    }
    if (twice && is_strict(gather))
        pt_scan_problem(gather->scan, gather->scan->start,
            "this sample of '%.*s{%.*s}' stands twice: leave one out", PT_SHOWN(gather->name),
            PT_SHOWN(sample.labels));
}

/* ---- From a group to a series ---- */

static int by_bound(const void *a, const void *b)
{
    const struct pt_point *x = a, *y = b;

    if (x->bound != y->bound)
        return x->bound < y->bound ? -1 : 1;
    return x->line < y->line ? -1 : 1;
}

/* The points of a group in order. False when a strict reader refuses their order. */
static bool sort_points(struct pt_gather *gather, const struct pt_group *group, size_t *count)
{
    bool sorted = true;
    size_t n = 0;

    for (uint32_t i = group->first; i; i = gather->points[i - 1].next, n++) {
        if (!GROW(sorted, n))
            return false;
        gather->sorted[n] = gather->points[i - 1];
        if (n == 0 || gather->sorted[n].bound > gather->sorted[n - 1].bound)
            continue;
        sorted = false;
        if (is_strict(gather)) {
            struct spelled bound = spell(gather->sorted[n].bound);
            bool twice = gather->sorted[n].bound == gather->sorted[n - 1].bound;

            return pt_scan_problem_at(gather->scan, gather->sorted[n].line,
                gather->sorted[n].column,
                twice ? "%.*s stands twice: leave one out"
                      : "%.*s stands after a larger one: they are to be in order",
                bound.size, bound.text);
        }
    }
    if (!sorted) {
        size_t kept = 1;

        qsort(gather->sorted, n, sizeof(*gather->sorted), by_bound);
        for (size_t i = 1; i < n; i++)
            if (gather->sorted[i].bound != gather->sorted[kept - 1].bound)
                gather->sorted[kept++] = gather->sorted[i];
        n = kept;
    }
    *count = n;
    return true;
}

static bool less(struct pt_scan_number a, struct pt_scan_number b)
{
    if (!a.is_double && !b.is_double)
        return a.number.u64 < b.number.u64;
    return pt_scan_double_of(a) < pt_scan_double_of(b);
}

/* What a histogram on a page of OpenMetrics must keep to besides. */
static bool keeps_openmetrics(
    struct pt_gather *gather, const struct pt_group *group, size_t point_count)
{
    bool gauge = gather->type == PITOT_GAUGE_HISTOGRAM;
    bool negative = point_count && gather->sorted[0].bound < 0;
    const char *what = NULL;

    if (group->has_count != group->has_sum)
        what = gauge ? "has one of _gcount and _gsum: both or none are to be there"
                     : "has one of _count and _sum: both or none are to be there";
    else if (!gauge && group->has_sum && negative)
        what = "has a negative bucket and a _sum: leave _sum and _count out";
    else if (group->has_sum && !gauge && !(group->sum >= 0))
        what = "has a _sum that is negative or not a number: leave _sum and _count out";
    else if (group->has_sum && gauge && group->sum < 0 && !negative)
        what = "has a negative _gsum without negative buckets";
    return !what || pt_scan_problem_at(gather->scan, group->line, 1, "'%.*s{%.*s}' %s",
                        PT_SHOWN(gather->name), PT_SHOWN(group->labels), what);
}

/* Tells what a strict reader refuses. False when the series is to be left out. */
static bool keeps_rules(struct pt_gather *gather, const struct pt_group *group, size_t n)
{
    const struct pt_point *points = gather->sorted;
    bool strict = is_strict(gather), has_inf = n && points[n - 1].bound == HUGE_VAL;

    for (size_t i = 1; i < n; i++)
        if (less(points[i].value, points[i - 1].value))
            return pt_scan_problem_at(gather->scan, points[i].line, points[i].column,
                "a bucket counts all before it too: this one cannot count fewer");
    if (strict && !has_inf)
        return pt_scan_problem_at(gather->scan, group->line, 1,
            "'%.*s{%.*s}' has no bucket with le=\"+Inf\": it is to be there",
            PT_SHOWN(gather->name), PT_SHOWN(group->labels));
    if (strict && group->has_count &&
        (less(group->count, points[n - 1].value) || less(points[n - 1].value, group->count)))
        return pt_scan_problem_at(gather->scan, points[n - 1].line, points[n - 1].column,
            "the bucket with le=\"+Inf\" differs from the count of '%.*s{%.*s}'",
            PT_SHOWN(gather->name), PT_SHOWN(group->labels));
    if (!strict || !gather->openmetrics)
        return n > 0 || group->has_count;
    return keeps_openmetrics(gather, group, n);
}

/* Exemplar of the bucket at index i. */
static bool take_exemplar(struct pt_gather *gather, size_t i, size_t *count)
{
    const struct pt_point *point = &gather->sorted[i];

    if (!point->exemplar)
        return true;
    if (!GROW(its_exemplars, *count))
        return false;
    pitot_exemplar *exemplar = &gather->its_exemplars[(*count)++];
    *exemplar = gather->exemplars[point->exemplar - 1];
    exemplar->bucket = (uint32_t)i;
    bool above = i == 0 || exemplar->value > gather->sorted[i - 1].bound;
    if (is_strict(gather) && !(above && exemplar->value <= point->bound))
        pt_scan_problem_at(gather->scan, point->line, point->column,
            "the value of the exemplar is not in this bucket");
    return true;
}

static void add_histogram(struct pt_gather *gather, const struct pt_group *group)
{
    size_t n, exemplar_count = 0;

    if (!sort_points(gather, group, &n) || !keeps_rules(gather, group, n))
        return;
    const struct pt_point *points = gather->sorted;
    bool has_inf = n && points[n - 1].bound == HUGE_VAL, is_double = false;
    struct pt_scan_number last = {{.u64 = 0}, false}, total = last;
    if (n)
        total = points[n - 1].value;
    if (!has_inf && group->has_count && !less(group->count, total))
        total = group->count;
    for (size_t i = 0; i < n; i++)
        is_double |= points[i].value.is_double;
    is_double |= total.is_double;
    size_t bound_count = n - has_inf;
    for (size_t i = 0; i <= bound_count; i++) {
        struct pt_scan_number value = i < bound_count ? points[i].value : total;

        if (!GROW(bounds, i) || !GROW(numbers, i + 1) ||
            (i < n && !take_exemplar(gather, i, &exemplar_count)))
            return;
        gather->bounds[i] = i < bound_count ? points[i].bound : HUGE_VAL;
        if (is_double)
            gather->numbers[i].f64 = pt_scan_double_of(value) - pt_scan_double_of(last);
        else
            gather->numbers[i].u64 = value.number.u64 - last.number.u64;
        last = value;
    }
    gather->numbers[bound_count + 1].f64 = group->has_sum ? group->sum : (double)NAN;
    add_series(gather,
        &(pitot_series){.labels = group->labels,
            .is_double = is_double,
            .numbers = gather->numbers,
            .bounds = gather->bounds,
            .bound_count = bound_count,
            .start = group->start,
            .time = group->time,
            .exemplars = gather->its_exemplars,
            .exemplar_count = exemplar_count},
        group->line, 1);
}

static void add_summary(struct pt_gather *gather, const struct pt_group *group)
{
    size_t n;

    if (!sort_points(gather, group, &n))
        return;
    if (gather->openmetrics && is_strict(gather) && group->has_sum && !(group->sum >= 0)) {
        pt_scan_problem_at(gather->scan, group->line, 1,
            "the sum of '%.*s{%.*s}' is negative or not a number", PT_SHOWN(gather->name),
            PT_SHOWN(group->labels));
        return;
    }
    if (!GROW(numbers, 0))
        return;
    for (size_t i = 0; i < n; i++) {
        if (!GROW(bounds, i) || !GROW(numbers, i + 2))
            return;
        gather->bounds[i] = gather->sorted[i].bound;
        gather->numbers[i].f64 = pt_scan_double_of(gather->sorted[i].value);
    }
    gather->numbers[n] = group->count.number;
    gather->numbers[n + 1].f64 = group->has_sum ? group->sum : (double)NAN;
    add_series(gather,
        &(pitot_series){.labels = group->labels,
            .is_double = group->count.is_double,
            .numbers = gather->numbers,
            .bounds = gather->bounds,
            .bound_count = n,
            .start = group->start,
            .time = group->time},
        group->line, 1);
}

/* ---- Families ---- */

void pt_gather_open(struct pt_gather *gather, pitot_type type, pitot_str name)
{
    gather->type = type;
    gather->name = name;
}

void pt_gather_add(struct pt_gather *gather, const struct pt_sample *sample)
{
    if (is_grouped(gather))
        add_to_group(gather, *sample);
    else
        add_value(gather, sample);
}

void pt_gather_close(struct pt_gather *gather)
{
    add_pending(gather);
    for (size_t i = 0; i < gather->group_count && !gather->scan->stopped; i++)
        if (gather->type == PITOT_SUMMARY)
            add_summary(gather, &gather->groups[i]);
        else
            add_histogram(gather, &gather->groups[i]);
    /* The table is made anew: one large family must not cost all that come after it. */
    if (gather->group_count) {
        pt_free(gather->slots);
        gather->slots = NULL;
        gather->slot_room = 0;
    }
    gather->group_count = gather->point_count = gather->exemplar_count = gather->current = 0;
}

void pt_gather_series(struct pt_gather *gather, const pitot_series *series)
{
    add_series(gather, series, gather->scan->line, 1);
}

pitot_str pt_gather_labels(const struct pt_gather *gather)
{
    return gather->current ? gather->groups[gather->current - 1].labels : (pitot_str){NULL, 0};
}
