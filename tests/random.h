/* SPDX-License-Identifier: MIT */
/*
 * random.h -- snapshots made from a seed, to be written and read back.
 *
 * All that they say is sound in every format, unless `wants` asks for more: what one format carries
 * and another cannot is a flag. The same seed makes the same snapshot everywhere. For the tests
 * beside the code: it builds with the internal builder.
 */
#ifndef PITOT_TESTS_RANDOM_H
#define PITOT_TESTS_RANDOM_H

#include "snapshot/block.h"
#include "snapshot/build.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum random_wants {
    RANDOM_UTF8 = 1,          /* names of families and labels that need quotes */
    RANDOM_TYPES = 2,         /* info, stateset, gauge histogram */
    RANDOM_EXEMPLARS = 4,     /* on counters and classic buckets; native ones with RANDOM_NATIVE */
    RANDOM_STARTS = 8,        /* of counters, histograms and summaries */
    RANDOM_TIMES = 16,        /* of the samples themselves; all of a family or none */
    RANDOM_NATIVE = 32,       /* native buckets, with classic ones or alone */
    RANDOM_FLOATS = 64,       /* histograms whose counts are not integers */
    RANDOM_NANOSECONDS = 128, /* times of samples to the nanosecond, not the millisecond */
    RANDOM_ODD = 256,         /* what OpenMetrics forbids: sums below 0 or NaN, infinite counters */
    RANDOM_UNITS = 512,
    RANDOM_ALL = 1023
};

enum { RANDOM_BUCKETS_MAX = 10, RANDOM_NATIVE_MAX = 12, RANDOM_TEXT_MAX = 400 };

struct random {
    uint64_t state;
    unsigned wants;
    struct pt_builder *builder;
    char name[RANDOM_TEXT_MAX]; /* of the open family */
    bool has_times;
};

/* One series being made; what pitot_series points to. */
struct random_series {
    pitot_series series;
    pitot_number numbers[RANDOM_BUCKETS_MAX + 2];
    pitot_exemplar exemplars[RANDOM_BUCKETS_MAX + 4];
    pitot_native native;
    pitot_span spans[2][3];
    pitot_number buckets[2][RANDOM_NATIVE_MAX];
};

/* splitmix64 */
static inline uint64_t random_next(struct random *random)
{
    uint64_t z = (random->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static inline size_t random_below(struct random *random, size_t end)
{
    return (size_t)(random_next(random) % end);
}

static inline bool random_one_in(struct random *random, size_t n)
{
    return random_below(random, n) == 0;
}

static inline bool random_may(struct random *random, unsigned want, size_t one_in)
{
    return (random->wants & want) && random_one_in(random, one_in);
}

/* Any double there is, or one as programs have it. Finite and not below 0 if `sound`. */
static inline double random_double(struct random *random, bool sound)
{
    static const double special[] = {0.0, 1.0, 0.1, 1e6, 999999.5, 1e21, 5e-324,
        2.2250738585072014e-308, 1.7976931348623157e308, 9007199254740993.0, 0.30000000000000004,
        INFINITY};
    uint64_t bits = random_next(random);
    double value;

    switch (random_below(random, 4)) {
    case 0:
        value = special[bits % 12];
        break;
    case 1:
        memcpy(&value, &bits, sizeof(value));
        break;
    case 2:
        value = (double)(bits >> 12) / 1024;
        break;
    default:
        value = (double)(bits % 100000) / 1000;
    }
    if (!sound)
        return (bits >> 60) % 2 ? -value : value;
    value = fabs(value);
    return isfinite(value) ? value : 1e308;
}

static inline void random_append(char *text, size_t *size, const char *piece)
{
    size_t more = strlen(piece);

    memcpy(text + *size, piece, more);
    *size += more;
}

/* UTF-8, with all that some format has to escape. */
static inline size_t random_text(struct random *random, char *out, size_t pieces)
{
    static const char *const all[] = {"a", "Zz", "0", " ", "\"", "\\", "\n", "\\n", "{", "}", ",",
        "=", "#", "\t", "\x7f", "\x01", "'", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x8c\xa1", "</x>",
        "  "};
    size_t size = 0;

    for (size_t n = random_below(random, pieces + 1); n > 0; n--)
        random_append(out, &size, all[random_below(random, sizeof(all) / sizeof(all[0]))]);
    return size;
}

/* A name that begins like `start`, which keeps it apart from the others. */
static inline size_t random_name(struct random *random, char *out, const char *start)
{
    static const char *const plain[] = {"a", "B", "_x", "7", "long_word"};
    static const char *const utf8[] = {".", "-", " ", "\xc3\xbc", "\xe6\x97\xa5", "\"", "\\", "{"};
    bool quoted = random_may(random, RANDOM_UTF8, 3);
    size_t size = 0;

    random_append(out, &size, start);
    for (size_t n = random_below(random, 4); n > 0; n--)
        random_append(out, &size, plain[random_below(random, 5)]);
    for (size_t n = quoted ? 1 + random_below(random, 3) : 0; n > 0; n--)
        random_append(out, &size, utf8[random_below(random, 8)]);
    return size;
}

static inline pitot_str random_keep(struct random *random, const char *text, size_t size)
{
    return pt_builder_text(random->builder, text, size);
}

/* The labels of series number `series` of its family, and of one state if `state`. */
static inline pitot_str random_labels(struct random *random, size_t series, const char *state)
{
    struct pt_buf block = pt_buf_new(100000);
    char name[RANDOM_TEXT_MAX], value[RANDOM_TEXT_MAX], start[32];

    if (series > 0 || random_one_in(random, 2)) {
        int size = snprintf(value, sizeof(value), "%zu", series);

        pt_block_add(&block, (pitot_str){"i", 1}, (pitot_str){value, (size_t)size});
    }
    for (size_t i = 0, n = random_below(random, 4); i < n; i++) {
        snprintf(start, sizeof(start), "l%zu", i);
        pitot_str label = {name, random_name(random, name, start)};
        pt_block_add(&block, label, (pitot_str){value, random_text(random, value, 5)});
    }
    if (state)
        pt_block_add(&block, (pitot_str){random->name, strlen(random->name)},
            (pitot_str){state, strlen(state)});
    pitot_str kept = random_keep(random, block.size ? block.at : "", block.size);
    pt_buf_free(&block);
    return kept;
}

/* After 2001; before 2255 in ns. */
static inline int64_t random_time(struct random *random, bool nanoseconds)
{
    int64_t ms = 1000000000000 + (int64_t)(random_next(random) % 8000000000000);

    return ms * 1000000 + (nanoseconds ? (int64_t)(random_next(random) % 1000000) : 0);
}

static inline void random_exemplar(
    struct random *random, struct random_series *made, double value, uint32_t bucket)
{
    pitot_exemplar *exemplar = &made->exemplars[made->series.exemplar_count++];
    bool timed = bucket == PITOT_EXEMPLAR_NATIVE || !random_one_in(random, 3);
    struct pt_buf block = pt_buf_new(10000);

    if (!random_one_in(random, 4))
        pt_block_add(&block, (pitot_str){"trace_id", 8}, (pitot_str){"a1\"b2\\\xc3\xbc", 8});
    if (random_one_in(random, 2))
        pt_block_add(&block, (pitot_str){"span", 4}, (pitot_str){"7", 1});
    *exemplar =
        (pitot_exemplar){.labels = random_keep(random, block.size ? block.at : "", block.size),
            .value = value,
            .time = timed ? random_time(random, true) : PITOT_TIME_NONE,
            .bucket = bucket};
    pt_buf_free(&block);
}

/* A count; those that are no integers are quarters, so that adding them up is exact. */
static inline pitot_number random_count(struct random *random, bool is_double)
{
    uint64_t count = random_next(random) >> (random_one_in(random, 8) ? 8 : 54);

    if (random_one_in(random, 4))
        count = 0;
    if (is_double)
        return (pitot_number){.f64 = (double)(count >> 20) / 4};
    return (pitot_number){.u64 = count};
}

static inline pitot_number random_plus(pitot_number a, pitot_number b, bool is_double)
{
    return is_double ? (pitot_number){.f64 = a.f64 + b.f64} : (pitot_number){.u64 = a.u64 + b.u64};
}

/* Takes a part of what is left. */
static inline pitot_number random_part(struct random *random, pitot_number *left, bool is_double)
{
    pitot_number part = random_count(random, is_double);

    if (is_double ? part.f64 > left->f64 : part.u64 > left->u64)
        part = (pitot_number){.u64 = 0};
    if (is_double)
        left->f64 -= part.f64;
    else
        left->u64 -= part.u64;
    return part;
}

static inline size_t random_side(struct random *random, struct random_series *made, size_t side,
    pitot_number *left, size_t *spans)
{
    size_t buckets = 0, count = random_below(random, 4);

    for (size_t i = 0; i < count; i++) {
        pitot_span *span = &made->spans[side][i];

        span->offset = (int32_t)random_below(random, 40) - (i == 0 ? 20 : -1);
        span->length = 1 + (uint32_t)random_below(random, 4);
        for (size_t j = 0; j < span->length; j++)
            made->buckets[side][buckets++] = random_part(random, left, made->series.is_double);
    }
    *spans = count;
    return buckets;
}

/* Native buckets that hold `count` observations together. */
static inline void random_native(
    struct random *random, struct random_series *made, pitot_number count)
{
    static const double thresholds[] = {0, 2.938735877055719e-39, 0.001, 1};
    pitot_native *native = &made->native;

    *native = (pitot_native){.schema = (int32_t)random_below(random, 13) - 4,
        .zero_threshold = thresholds[random_below(random, 4)],
        .positive_spans = made->spans[0],
        .negative_spans = made->spans[1],
        .positive = made->buckets[0],
        .negative = made->buckets[1]};
    native->positive_count = random_side(random, made, 0, &count, &native->positive_span_count);
    native->negative_count = random_side(random, made, 1, &count, &native->negative_span_count);
    native->zero_count = count;
    made->series.native = native;
    if (random_may(random, RANDOM_EXEMPLARS, 2))
        for (size_t n = 1 + random_below(random, 3); n > 0; n--)
            random_exemplar(random, made, random_double(random, true), PITOT_EXEMPLAR_NATIVE);
}

static inline void random_histogram(
    struct random *random, struct random_series *made, const double *bounds, size_t bound_count)
{
    pitot_series *series = &made->series;
    pitot_number count = {.u64 = 0};
    bool below_zero = bound_count > 0 && bounds[0] < 0;

    series->is_double = random_may(random, RANDOM_FLOATS, 2);
    series->bounds = bounds;
    series->bound_count = bound_count;
    for (size_t i = 0; i <= bound_count; i++) {
        made->numbers[i] = random_count(random, series->is_double);
        count = random_plus(count, made->numbers[i], series->is_double);
        bool filled = series->is_double ? made->numbers[i].f64 > 0 : made->numbers[i].u64 > 0;
        if (filled && bound_count > 0 && random_may(random, RANDOM_EXEMPLARS, 2))
            random_exemplar(
                random, made, i < bound_count ? bounds[i] : bounds[i - 1] * 2 + 1e9, (uint32_t)i);
    }
    made->numbers[bound_count + 1].f64 = random_double(random, !below_zero);
    if (isnan(made->numbers[bound_count + 1].f64) || random_may(random, RANDOM_ODD, 8))
        made->numbers[bound_count + 1].f64 = random->wants & RANDOM_ODD ? NAN : 1;
    if (bound_count == 0 || random_may(random, RANDOM_NATIVE, 2))
        random_native(random, made, count);
}

static inline void random_summary(
    struct random *random, struct random_series *made, const double *quantiles, size_t count)
{
    made->series.bounds = quantiles;
    made->series.bound_count = count;
    for (size_t i = 0; i < count; i++)
        made->numbers[i].f64 = random_one_in(random, 5) ? NAN : random_double(random, true);
    made->numbers[count] = random_count(random, false);
    made->numbers[count + 1].f64 = random_double(random, true);
}

static inline void random_value(struct random *random, struct random_series *made, pitot_type type)
{
    bool sound = type == PITOT_COUNTER && !random_may(random, RANDOM_ODD, 4);

    made->series.is_double = random_one_in(random, 2);
    if (made->series.is_double)
        made->numbers[0].f64 =
            type == PITOT_COUNTER && !sound ? INFINITY : random_double(random, sound);
    else
        made->numbers[0].u64 = random_next(random) >> random_below(random, 64);
    if (type == PITOT_COUNTER && random_may(random, RANDOM_EXEMPLARS, 2))
        random_exemplar(random, made, random_double(random, false), 0);
    for (size_t i = 0; i < made->series.exemplar_count; i++) /* standards want a number there */
        if (isnan(made->exemplars[i].value))
            made->exemplars[i].value = 1;
}

/* Bounds in rising order; some families have none, which only native buckets make up for. */
static inline size_t random_bounds(
    struct random *random, pitot_type type, double bounds[RANDOM_BUCKETS_MAX])
{
    bool negative = type == PITOT_GAUGE_HISTOGRAM || (random->wants & RANDOM_ODD);
    double bound = negative && random_one_in(random, 4) ? -7.25 : 0.001;
    size_t count = 1 + random_below(random, RANDOM_BUCKETS_MAX - 1);

    if (type == PITOT_SUMMARY) {
        static const double quantiles[] = {0, 0.5, 0.9, 0.99, 1};

        memcpy(bounds, quantiles, sizeof(quantiles));
        return random_below(random, 6);
    }
    if (random_may(random, RANDOM_NATIVE, 4))
        return 0;
    for (size_t i = 0; i < count; i++) {
        bounds[i] = bound;
        bound += 0.1 + (double)random_below(random, 1000) / 8;
    }
    return count;
}

static inline void random_run(struct random *random, pitot_type type, size_t *series, size_t count)
{
    static const char *const states[] = {"off", "on", "not \"known\""};
    double bounds[RANDOM_BUCKETS_MAX];
    size_t bound_count = random_bounds(random, type, bounds);
    bool counts = type == PITOT_COUNTER || type == PITOT_HISTOGRAM || type == PITOT_SUMMARY;
    const uint64_t start = random->state;

    for (size_t i = 0; i < count; i++, ++*series) {
        struct random_series made = {.series = {.time = PITOT_TIME_NONE}};
        bool states_of = type == PITOT_STATESET;

        if (states_of) /* they are one metric: the same labels, the same time */
            random->state = start;
        made.series.numbers = made.numbers;
        made.series.exemplars = made.exemplars;
        made.series.start = PITOT_TIME_NONE;
        made.series.labels =
            random_labels(random, states_of ? 0 : *series, states_of ? states[i % 3] : NULL);
        if (counts && random_may(random, RANDOM_STARTS, 2))
            made.series.start = random_time(random, true);
        if (random->has_times)
            made.series.time = random_time(random, random->wants & RANDOM_NANOSECONDS);
        if (pt_type_is_bucketed(type))
            random_histogram(random, &made, bounds, bound_count);
        else if (type == PITOT_SUMMARY)
            random_summary(random, &made, bounds, bound_count);
        else if (type == PITOT_INFO || type == PITOT_STATESET)
            made.numbers[0].u64 = type == PITOT_INFO || random_one_in(random, 2) != (i == 0);
        else
            random_value(random, &made, type);
        pt_builder_series(random->builder, &made.series);
    }
}

static inline void random_family(struct random *random, size_t number)
{
    static const pitot_type types[] = {PITOT_UNKNOWN, PITOT_COUNTER, PITOT_GAUGE, PITOT_HISTOGRAM,
        PITOT_SUMMARY, PITOT_INFO, PITOT_STATESET, PITOT_GAUGE_HISTOGRAM};
    pitot_type type = types[random_below(random, random->wants & RANDOM_TYPES ? 8 : 5)];
    bool may_have_unit = type != PITOT_INFO && type != PITOT_STATESET;
    pitot_str unit = {NULL, 0};
    char start[32], help[RANDOM_TEXT_MAX];

    snprintf(start, sizeof(start), "m%zu_", number);
    size_t size = random_name(random, random->name, start);
    if (may_have_unit && random_may(random, RANDOM_UNITS, 2)) {
        random_append(random->name, &size, "_seconds");
        unit = random_keep(random, "seconds", 7);
    }
    random_append(random->name, &size,
        type == PITOT_COUNTER ? "_total"
        : type == PITOT_INFO  ? "_info"
                              : "_q");
    if (unit.size && type != PITOT_COUNTER)
        size -= 2;
    random->name[size] = '\0';
    random->has_times = random_may(random, RANDOM_TIMES, 3);
    pt_builder_family(random->builder, type, random_keep(random, random->name, size),
        random_keep(random, help, random_text(random, help, 12)), unit);

    size_t series = 0, runs = pt_type_is_bucketed(type) ? 1 + random_below(random, 3) : 1;
    if (type == PITOT_STATESET)
        random_run(random, type, &series, 3);
    else
        for (; runs > 0; runs--)
            random_run(random, type, &series, 1 + random_below(random, 4));
}

/* NULL only when memory ran out. */
static inline pitot_snapshot *random_snapshot(uint64_t seed, unsigned wants, pitot_error *err)
{
    struct random random = {.state = seed, .wants = wants};

    random.builder = pt_builder_new((size_t)1 << 26, err);
    if (!random.builder)
        return NULL;
    for (size_t i = 0, n = 1 + random_below(&random, 12); i < n; i++)
        random_family(&random, i);
    return pt_builder_finish(random.builder, err);
}

#endif
