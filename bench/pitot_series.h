/* SPDX-License-Identifier: MIT */
/*
 * pitot_series.h -- registries full of series, which the programs that measure Pitot create and
 * scrape. Public headers only.
 */
#ifndef BENCH_PITOT_SERIES_H
#define BENCH_PITOT_SERIES_H

#include "harness.h"

#include <pitot/export.h>
#include <pitot/pitot.h>

static inline void must(const pitot_error *err)
{
    if (!err->code)
        return;
    fprintf(stderr, "bench: %s\n", err->message);
    exit(1);
}

static inline pitot_counter_vec *series_vec(pitot_registry *in, const char *name, size_t count)
{
    pitot_error err = {0};
    pitot_counter_vec *vec = pitot_counter_vec_new(in, &err,
        &(pitot_desc){.name = name,
            .help = "One of many.",
            .labels = PITOT_LABELS("zone", "host", "device"),
            .series_max = (uint32_t)count});
    must(&err);
    return vec;
}

/* Counter i, which is new. */
static inline pitot_counter *series_counter(pitot_counter_vec *vec, size_t i)
{
    struct bench_series s;

    bench_series(&s, i);
    pitot_counter *c = pitot_counter_with(vec, s.zone, s.host, s.device);
    pitot_counter_add_u64(c, bench_series_value(i));
    return c;
}

/* What a scrape is measured on: `count` series of one family, counters or histograms. */
struct scraped {
    pitot_registry *reg;
    size_t count;
    pitot_counter **counters;     /* or NULL */
    pitot_histogram **histograms; /* or NULL */
    double values[BENCH_VALUES];  /* that histograms observe */
};

static inline struct scraped *scraped_new(size_t count)
{
    struct scraped *s = (struct scraped *)calloc(1, sizeof(*s));
    pitot_error err = {0};

    if (!s)
        abort();
    s->count = count;
    s->reg = pitot_registry_new(&err);
    must(&err);
    return s;
}

static inline struct scraped *scraped_counters(size_t count)
{
    struct scraped *s = scraped_new(count);
    pitot_counter_vec *vec = series_vec(s->reg, "bench_series_total", count);

    s->counters = (pitot_counter **)malloc(count * sizeof(*s->counters));
    if (!s->counters)
        abort();
    for (size_t i = 0; i < count; i++)
        s->counters[i] = series_counter(vec, i);
    return s;
}

static inline struct scraped *scraped_histograms(size_t count)
{
    struct scraped *s = scraped_new(count);
    pitot_error err = {0};
    pitot_histogram_vec *vec = pitot_histogram_vec_new(s->reg, &err,
        &(pitot_desc){.name = "bench_series_seconds",
            .help = "One of many.",
            .labels = PITOT_LABELS("zone", "host", "device"),
            .series_max = (uint32_t)count});

    must(&err);
    bench_values(s->values, bench_bounds_11, 11);
    s->histograms = (pitot_histogram **)malloc(count * sizeof(*s->histograms));
    if (!s->histograms)
        abort();
    for (size_t i = 0; i < count; i++) {
        struct bench_series labels;

        bench_series(&labels, i);
        s->histograms[i] = pitot_histogram_with(vec, labels.zone, labels.host, labels.device);
        for (size_t place = 0; place < BENCH_OBSERVED; place++)
            pitot_histogram_observe(s->histograms[i], bench_series_observed(s->values, i, place));
    }
    return s;
}

static inline void scraped_free(struct scraped *s)
{
    pitot_registry_free(s->reg);
    free(s->counters);
    free(s->histograms);
    free(s);
}

/* Records on every series, so that a scrape after it finds nothing as it was. */
static inline void scraped_change(struct scraped *s)
{
    for (size_t i = 0; s->counters && i < s->count; i++)
        pitot_counter_inc(s->counters[i]);
    for (size_t i = 0; s->histograms && i < s->count; i++)
        pitot_histogram_observe(s->histograms[i], s->values[i & (BENCH_VALUES - 1)]);
}

/* One scrape: the bytes of it. */
typedef size_t scrape_fn(struct scraped *s, void *ctx);

/* Prints what a scrape costs when every series has changed since the one before, or none has. The
 * first scrape is not counted: it also sorts what is new. */
static inline void scraped_measure(const struct bench_opts *opts, const char *op, struct scraped *s,
    bool changed, scrape_fn *scrape, void *ctx)
{
    size_t bytes, turns = 0;
    double elapsed = 0;

    if (!bench_wants(opts, op))
        return;
    scrape(s, ctx);
    do {
        if (changed)
            scraped_change(s);
        double begin = bench_now();
        bytes = scrape(s, ctx);
        elapsed += bench_now() - begin;
        turns++;
    } while (turns < 2 || elapsed < opts->seconds);
    bench_print_scrape(op, "pitot", s->count, elapsed * 1e9 / (double)(turns * s->count), bytes);
}

#endif
