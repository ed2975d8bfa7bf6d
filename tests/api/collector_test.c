/* SPDX-License-Identifier: MIT */
/*
 * collector_test.c -- code that reads numbers from elsewhere: what it may emit, what happens when
 * it fails or emits garbage, and when it runs.
 */
#include "test.h"
#include "wait.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

typedef void collect_fn(pitot_sink *sink, void *ctx);

static void add(pitot_registry *reg, const char *name, collect_fn *collect, void *ctx)
{
    pitot_error err = {0};
    bool added = pitot_collector_add(
        reg, &err, &(pitot_collector){.name = name, .collect = collect, .ctx = ctx});

    assert_ok(&err);
    assert_true(added);
}

/* ---- What it emits ---- */

static void emit_one_of_each(pitot_sink *sink, void *ctx)
{
    (void)ctx;
    pitot_sink_family(sink, PITOT_GAUGE,
        &(pitot_desc){.name = "disk_free_bytes",
            .help = "Free space.",
            .unit = "bytes",
            .labels = PITOT_LABELS("device", "path"),
            .const_labels = (pitot_label[]){{"host", "a\"b"}, {0}}});
    pitot_sink_sample(sink, 1e6, "sdb", "/");
    pitot_sink_sample(sink, 0.5, "sda", "C:\\");
    pitot_sink_sample(sink, NAN, "sda", "\xff");
    pitot_sink_family(
        sink, PITOT_COUNTER, &(pitot_desc){.name = "disk_reads_total", .help = "Reads."});
    pitot_sink_value_u64(sink, UINT64_MAX, NULL, 0);
    pitot_sink_family(sink, PITOT_UNKNOWN, &(pitot_desc){.name = "disk_age", .help = "Age."});
    pitot_sink_sample(sink, -1);
    pitot_sink_family(sink, PITOT_HISTOGRAM,
        &(pitot_desc){
            .name = "disk_seconds",
            .help = "Time.",
            .labels = PITOT_LABELS("op"),
            .bounds = PITOT_BOUNDS(0.1, 1),
        });
    pitot_sink_histogram(
        sink, (const uint64_t[]){1, 2, 4}, 3, 12.5, (const char *const[]){"read"}, 1);
    pitot_sink_family(sink, PITOT_GAUGE, &(pitot_desc){.name = "disk_empty", .help = "Nothing."});
}

static void a_collector_emits_families_of_every_kind(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;

    add(reg, "disk", emit_one_of_each, NULL);

    assert_family(reg, PITOT_FORMAT_TEXT, "disk_age",
        "# HELP disk_age Age.\n"
        "# TYPE disk_age untyped\n"
        "disk_age -1\n");
    assert_family(reg, PITOT_FORMAT_OPENMETRICS, "disk_age",
        "# TYPE disk_age unknown\n"
        "# HELP disk_age Age.\n"
        "disk_age -1.0\n");
    assert_family(reg, PITOT_FORMAT_OPENMETRICS, "disk_free_bytes",
        "# TYPE disk_free_bytes gauge\n"
        "# UNIT disk_free_bytes bytes\n"
        "# HELP disk_free_bytes Free space.\n"
        "disk_free_bytes{host=\"a\\\"b\",device=\"sda\",path=\"C:\\\\\"} 0.5\n"
        "disk_free_bytes{host=\"a\\\"b\",device=\"sda\",path=\"\xef\xbf\xbd\"} NaN\n"
        "disk_free_bytes{host=\"a\\\"b\",device=\"sdb\",path=\"/\"} 1e+06\n");
    assert_family(reg, PITOT_FORMAT_TEXT, "disk_reads_total",
        "# HELP disk_reads_total Reads.\n"
        "# TYPE disk_reads_total counter\n"
        "disk_reads_total 18446744073709551615\n");
    assert_family(reg, PITOT_FORMAT_TEXT, "disk_seconds",
        "# HELP disk_seconds Time.\n"
        "# TYPE disk_seconds histogram\n"
        "disk_seconds_bucket{op=\"read\",le=\"0.1\"} 1\n"
        "disk_seconds_bucket{op=\"read\",le=\"1\"} 3\n"
        "disk_seconds_bucket{op=\"read\",le=\"+Inf\"} 7\n"
        "disk_seconds_sum{op=\"read\"} 12.5\n"
        "disk_seconds_count{op=\"read\"} 7\n");
    assert_no_line(reg, "# HELP disk_empty");
    assert_line(reg, "pitot_collector_failures_total{collector=\"disk\"} 0");
    pitot_registry_free(reg);
}

static void emit_the_rarer_kinds(pitot_sink *sink, void *ctx)
{
    (void)ctx;
    pitot_sink_family(sink, PITOT_SUMMARY,
        &(pitot_desc){.name = "gc_seconds",
            .help = "H.",
            .labels = PITOT_LABELS("heap"),
            .bounds = PITOT_BOUNDS(0, 0.5, 1)});
    pitot_sink_started(sink, 1700000000000000001);
    pitot_sink_summary(
        sink, (const double[]){1, 2.5, NAN}, 3, 7, 12.5, (const char *const[]){"young"}, 1);
    pitot_sink_started(sink, PITOT_TIME_NONE);
    pitot_sink_summary(sink, (const double[]){0, 0, 0}, 3, 0, 0, (const char *const[]){"old"}, 1);
    pitot_sink_family(sink, PITOT_SUMMARY, &(pitot_desc){.name = "plain", .help = "H."});
    pitot_sink_summary(sink, NULL, 0, UINT64_MAX, -1, NULL, 0);
    pitot_sink_family(sink, PITOT_INFO,
        &(pitot_desc){.name = "disk_info", .help = "H.", .labels = PITOT_LABELS("model")});
    pitot_sink_sample(sink, 1, "b");
    pitot_sink_value_u64(sink, 1, (const char *const[]){"a"}, 1);
    pitot_sink_family(sink, PITOT_STATESET,
        &(pitot_desc){.name = "power",
            .help = "H.",
            .labels = PITOT_LABELS("unit"),
            .states = PITOT_LABELS("up", "down", "a\"b")});
    pitot_sink_stateset(sink, 5, (const char *const[]){"2"}, 1);
    pitot_sink_stateset(sink, 0, (const char *const[]){"1"}, 1);
    pitot_sink_family(sink, PITOT_GAUGE_HISTOGRAM,
        &(pitot_desc){.name = "waiting", .help = "H.", .bounds = PITOT_BOUNDS(1)});
    pitot_sink_histogram(sink, (const uint64_t[]){3, 4}, 2, -2, NULL, 0);
}

static void the_rarer_kinds_have_states_quantiles_and_ones(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;

    add(reg, "rare", emit_the_rarer_kinds, NULL);

    assert_series(reg, "disk_info", PITOT_INFO, "model=\"a\" 1\nmodel=\"b\" 1\n");
    assert_series(reg, "power", PITOT_STATESET,
        "unit=\"1\",power=\"a\\\"b\" 0\n"
        "unit=\"1\",power=\"down\" 0\n"
        "unit=\"1\",power=\"up\" 0\n"
        "unit=\"2\",power=\"a\\\"b\" 1\n"
        "unit=\"2\",power=\"down\" 0\n"
        "unit=\"2\",power=\"up\" 1\n");
    pitot_registry_free(reg);
}

static void a_collectors_summary_has_its_quantiles_its_count_and_its_start(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_family family;
    pitot_series series;
    (void)state;
    add(reg, "rare", emit_the_rarer_kinds, NULL);

    pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);

    size_t at = family_of(snap, "gc_seconds", &family);
    assert_int_equal(family.type, PITOT_SUMMARY);
    assert_true(pitot_snapshot_series(snap, at, 1, &series)); /* old comes before young */
    assert_int_equal(series.bound_count, 3);
    assert_memory_equal(series.bounds, ((const double[]){0, 0.5, 1}), 3 * sizeof(double));
    assert_true(series.numbers[0].f64 == 1 && series.numbers[1].f64 == 2.5);
    assert_true(isnan(series.numbers[2].f64));
    assert_int_equal(series.numbers[3].u64, 7);
    assert_true(series.numbers[4].f64 == 12.5);
    assert_true(series.start == 1700000000000000001);
    assert_true(pitot_snapshot_series(snap, at, 0, &series));
    assert_true(series.start == PITOT_TIME_NONE);
    assert_true(pitot_snapshot_series(snap, family_of(snap, "plain", &family), 0, &series));
    assert_int_equal(series.bound_count, 0);
    assert_true(series.numbers[0].u64 == UINT64_MAX && series.numbers[1].f64 == -1);
    assert_true(pitot_snapshot_series(snap, family_of(snap, "waiting", &family), 0, &series));
    assert_int_equal(family.type, PITOT_GAUGE_HISTOGRAM);
    assert_true(series.numbers[1].u64 == 4 && series.numbers[2].f64 == -2);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void a_collector_shows_how_long_its_last_run_took(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;
    add(reg, "disk", emit_one_of_each, NULL);

    char *page = page_of(reg, PITOT_FORMAT_TEXT);

    const char *line = find_line(page, "pitot_collector_duration_seconds{collector=\"disk\"} ");
    assert_non_null(line);
    double seconds = strtod(strchr(line, ' '), NULL);
    assert_true(seconds > 0 && seconds < 60);
    free(page);
    pitot_registry_free(reg);
}

static void collectors_do_not_count_as_series_of_the_registry(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;
    pitot_gauge_new(reg, NULL, &(pitot_desc){.name = "x", .help = "H."});
    add(reg, "disk", emit_one_of_each, NULL);

    assert_line(reg, "pitot_series 1");
    pitot_registry_free(reg);
}

/* ---- Garbage ---- */

static void emit_family(pitot_sink *sink, const char *name)
{
    pitot_sink_family(sink, PITOT_GAUGE, &(pitot_desc){.name = name, .help = "H."});
}

static void garbage_no_family(pitot_sink *sink)
{
    pitot_sink_sample(sink, 1);
}

static void garbage_name(pitot_sink *sink)
{
    emit_family(sink, "a\xff");
    pitot_sink_sample(sink, 1);
}

static void garbage_no_name(pitot_sink *sink)
{
    emit_family(sink, NULL);
}

static void garbage_no_description(pitot_sink *sink)
{
    pitot_sink_family(sink, PITOT_GAUGE, NULL);
}

static void garbage_no_help(pitot_sink *sink)
{
    pitot_sink_family(sink, PITOT_GAUGE, &(pitot_desc){.name = "a"});
}

static void emit_typed(pitot_sink *sink, pitot_type type, const char *name)
{
    pitot_sink_family(sink, type, &(pitot_desc){.name = name, .help = "H."});
}

static void garbage_type(pitot_sink *sink)
{
    pitot_sink_family(sink, (pitot_type)77, &(pitot_desc){.name = "a", .help = "H."});
}

static void garbage_family_twice(pitot_sink *sink)
{
    emit_family(sink, "a");
    pitot_sink_sample(sink, 1);
    emit_family(sink, "a");
    pitot_sink_sample(sink, 1);
}

static void garbage_suffix_clash(pitot_sink *sink)
{
    pitot_sink_family(
        sink, PITOT_HISTOGRAM, &(pitot_desc){.name = "a", .help = "H.", .bounds = PITOT_BOUNDS(1)});
    emit_family(sink, "a_sum");
}

static void garbage_series_twice(pitot_sink *sink)
{
    emit_family(sink, "a");
    pitot_sink_sample(sink, 1);
    pitot_sink_sample(sink, 2);
}

static void garbage_series_twice_after_repair(pitot_sink *sink)
{
    pitot_sink_family(
        sink, PITOT_GAUGE, &(pitot_desc){.name = "a", .help = "H.", .labels = PITOT_LABELS("x")});
    pitot_sink_sample(sink, 1, "\xff");
    pitot_sink_sample(sink, 2, "b");
    pitot_sink_sample(sink, 3, "\xfe");
}

static void garbage_too_few_values(pitot_sink *sink)
{
    pitot_sink_family(sink, PITOT_GAUGE,
        &(pitot_desc){.name = "a", .help = "H.", .labels = PITOT_LABELS("x", "y")});
    pitot_sink_sample(sink, 1, "1");
}

static void garbage_too_many_values(pitot_sink *sink)
{
    emit_family(sink, "a");
    pitot_sink_sample(sink, 1, "1");
}

static void garbage_null_value(pitot_sink *sink)
{
    pitot_sink_family(
        sink, PITOT_GAUGE, &(pitot_desc){.name = "a", .help = "H.", .labels = PITOT_LABELS("x")});
    pitot_sink_value(sink, 1, (const char *const[]){NULL}, 1);
}

static void garbage_null_values(pitot_sink *sink)
{
    pitot_sink_family(
        sink, PITOT_GAUGE, &(pitot_desc){.name = "a", .help = "H.", .labels = PITOT_LABELS("x")});
    pitot_sink_value_u64(sink, 1, NULL, 1);
}

static void emit_counter(pitot_sink *sink, double value)
{
    pitot_sink_family(sink, PITOT_COUNTER, &(pitot_desc){.name = "a", .help = "H."});
    pitot_sink_sample(sink, value);
}

static void garbage_nan_counter(pitot_sink *sink)
{
    emit_counter(sink, NAN);
}

static void garbage_negative_counter(pitot_sink *sink)
{
    emit_counter(sink, -1);
}

static void garbage_infinite_counter(pitot_sink *sink)
{
    emit_counter(sink, INFINITY);
}

static void garbage_value_for_histogram(pitot_sink *sink)
{
    pitot_sink_family(sink, PITOT_HISTOGRAM, &(pitot_desc){.name = "a", .help = "H."});
    pitot_sink_sample(sink, 1);
}

static void garbage_histogram_for_gauge(pitot_sink *sink)
{
    emit_family(sink, "a");
    pitot_sink_histogram(sink, (const uint64_t[]){1}, 1, 1, NULL, 0);
}

static void garbage_bucket_count(pitot_sink *sink)
{
    pitot_sink_family(sink, PITOT_HISTOGRAM,
        &(pitot_desc){.name = "a", .help = "H.", .bounds = PITOT_BOUNDS(1, 2)});
    pitot_sink_histogram(sink, (const uint64_t[]){1, 2}, 2, 1, NULL, 0);
}

static void garbage_null_buckets(pitot_sink *sink)
{
    pitot_sink_family(
        sink, PITOT_HISTOGRAM, &(pitot_desc){.name = "a", .help = "H.", .bounds = PITOT_BOUNDS(1)});
    pitot_sink_histogram(sink, NULL, 2, 1, NULL, 0);
}

static void garbage_bounds(pitot_sink *sink)
{
    pitot_sink_family(sink, PITOT_HISTOGRAM,
        &(pitot_desc){.name = "a", .help = "H.", .bounds = PITOT_BOUNDS(2, 1)});
}

static void garbage_le(pitot_sink *sink)
{
    pitot_sink_family(sink, PITOT_HISTOGRAM,
        &(pitot_desc){.name = "a", .help = "H.", .labels = PITOT_LABELS("le")});
}

static void garbage_name_of_the_registry(pitot_sink *sink)
{
    emit_family(sink, "metric_sum");
    pitot_sink_sample(sink, 1);
}

static void garbage_name_of_the_other_collector(pitot_sink *sink)
{
    emit_family(sink, "disk_reads");
    pitot_sink_sample(sink, 1);
}

static void garbage_name_of_the_librarys_own(pitot_sink *sink)
{
    emit_family(sink, "pitot_dropped");
    pitot_sink_sample(sink, 1);
}

static void garbage_giving_up(pitot_sink *sink)
{
    emit_family(sink, "a");
    pitot_sink_sample(sink, 1);
    pitot_sink_fail(sink, "%s: %d", "/dev/sda", 5);
    emit_family(sink, "b");
    pitot_sink_sample(sink, 1);
}

static void garbage_start_of_a_gauge(pitot_sink *sink)
{
    emit_family(sink, "a");
    pitot_sink_started(sink, 1);
    pitot_sink_sample(sink, 1);
}

static void garbage_start_of_nothing(pitot_sink *sink)
{
    pitot_sink_started(sink, 1);
}

static void garbage_info(pitot_sink *sink)
{
    emit_typed(sink, PITOT_INFO, "a_info");
    pitot_sink_sample(sink, 2);
}

static void garbage_info_name(pitot_sink *sink)
{
    emit_typed(sink, PITOT_INFO, "a");
    pitot_sink_sample(sink, 1);
}

static void garbage_value_for_summary(pitot_sink *sink)
{
    emit_typed(sink, PITOT_SUMMARY, "a");
    pitot_sink_sample(sink, 2);
}

static void emit_quantiles(pitot_sink *sink, const double *bounds)
{
    pitot_sink_family(
        sink, PITOT_SUMMARY, &(pitot_desc){.name = "a", .help = "H.", .bounds = bounds});
    pitot_sink_summary(sink, (const double[]){1, 2}, 2, 1, 1, NULL, 0);
}

static void garbage_quantile_count(pitot_sink *sink)
{
    emit_quantiles(sink, PITOT_BOUNDS(0.5));
}

static void garbage_null_quantiles(pitot_sink *sink)
{
    pitot_sink_family(
        sink, PITOT_SUMMARY, &(pitot_desc){.name = "a", .help = "H.", .bounds = PITOT_BOUNDS(0.5)});
    pitot_sink_summary(sink, NULL, 1, 1, 1, NULL, 0);
}

static void garbage_quantile_above_1(pitot_sink *sink)
{
    emit_quantiles(sink, PITOT_BOUNDS(0.5, 1.01));
}

static void garbage_quantile_below_0(pitot_sink *sink)
{
    emit_quantiles(sink, PITOT_BOUNDS(-0.5, 1));
}

static void garbage_quantiles_that_fall(pitot_sink *sink)
{
    emit_quantiles(sink, PITOT_BOUNDS(0.5, 0.5));
}

static void garbage_label_quantile(pitot_sink *sink)
{
    pitot_sink_family(sink, PITOT_SUMMARY,
        &(pitot_desc){.name = "a", .help = "H.", .labels = PITOT_LABELS("quantile")});
}

static void garbage_stateset_without_states(pitot_sink *sink)
{
    emit_typed(sink, PITOT_STATESET, "a");
}

static void emit_states(pitot_sink *sink, uint64_t states)
{
    pitot_sink_family(sink, PITOT_STATESET,
        &(pitot_desc){.name = "a", .help = "H.", .states = PITOT_LABELS("x", "y")});
    pitot_sink_stateset(sink, states, NULL, 0);
}

static void garbage_unknown_state(pitot_sink *sink)
{
    emit_states(sink, 4);
}

static void garbage_stateset_twice(pitot_sink *sink)
{
    emit_states(sink, 1);
    pitot_sink_stateset(sink, 2, NULL, 0);
}

static void garbage_value_for_stateset(pitot_sink *sink)
{
    emit_states(sink, 1);
    pitot_sink_sample(sink, 1);
}

static void garbage_states_for_gauge(pitot_sink *sink)
{
    emit_family(sink, "a");
    pitot_sink_stateset(sink, 1, NULL, 0);
}

static void garbage_escaped_clash(pitot_sink *sink)
{
    emit_family(sink, "a.b");
    pitot_sink_sample(sink, 1);
    emit_family(sink, "a_b");
    pitot_sink_sample(sink, 1);
}

static const struct garbage {
    const char *what;
    void (*emit)(pitot_sink *sink);
} garbages[] = {
    {"a sample without a family", garbage_no_family},
    {"a bad name", garbage_name},
    {"no name", garbage_no_name},
    {"no description", garbage_no_description},
    {"no help", garbage_no_help},
    {"a type that does not exist", garbage_type},
    {"a family twice", garbage_family_twice},
    {"a clash through a suffix", garbage_suffix_clash},
    {"a series twice", garbage_series_twice},
    {"a series twice after repair", garbage_series_twice_after_repair},
    {"too few values", garbage_too_few_values},
    {"too many values", garbage_too_many_values},
    {"a NULL value", garbage_null_value},
    {"no values at all", garbage_null_values},
    {"a counter that is NaN", garbage_nan_counter},
    {"a negative counter", garbage_negative_counter},
    {"an infinite counter", garbage_infinite_counter},
    {"one value for a histogram", garbage_value_for_histogram},
    {"buckets for a gauge", garbage_histogram_for_gauge},
    {"a wrong number of buckets", garbage_bucket_count},
    {"no buckets", garbage_null_buckets},
    {"bounds that fall", garbage_bounds},
    {"a label le", garbage_le},
    {"a gauge that has a start", garbage_start_of_a_gauge},
    {"a start without a family", garbage_start_of_nothing},
    {"an info that is 2", garbage_info},
    {"an info without its suffix", garbage_info_name},
    {"one value for a summary", garbage_value_for_summary},
    {"a wrong number of quantiles", garbage_quantile_count},
    {"no quantiles", garbage_null_quantiles},
    {"a quantile above 1", garbage_quantile_above_1},
    {"a quantile below 0", garbage_quantile_below_0},
    {"quantiles that do not rise", garbage_quantiles_that_fall},
    {"a label quantile", garbage_label_quantile},
    {"a stateset without states", garbage_stateset_without_states},
    {"a state that there is not", garbage_unknown_state},
    {"a stateset twice", garbage_stateset_twice},
    {"one value for a stateset", garbage_value_for_stateset},
    {"states for a gauge", garbage_states_for_gauge},
    {"two names that are one when escaped", garbage_escaped_clash},
    {"a name of the registry", garbage_name_of_the_registry},
    {"a name of another collector", garbage_name_of_the_other_collector},
    {"a name of the library's own", garbage_name_of_the_librarys_own},
    {"giving up", garbage_giving_up},
};

/* A good family first: it goes too. And whatever was wrong, more calls are harmless. */
static void emit_garbage(pitot_sink *sink, void *ctx)
{
    const struct garbage *garbage = ctx;

    emit_family(sink, "good");
    pitot_sink_sample(sink, 1);
    garbage->emit(sink);
    emit_family(sink, "more");
    pitot_sink_sample(sink, 1);
}

static void a_collector_that_emits_garbage_loses_its_families_and_nobody_else_does(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT(garbages); i++) {
        pitot_registry *reg = new_registry();
        pitot_histogram_new(
            reg, NULL, &(pitot_desc){.name = "metric", .help = "H.", .bounds = PITOT_BOUNDS(1)});
        add(reg, "disk", emit_one_of_each, NULL);
        add(reg, "bad", emit_garbage, (void *)&garbages[i]);

        free(page_of(reg, PITOT_FORMAT_TEXT));
        char *page = page_of(reg, PITOT_FORMAT_TEXT);

        bool fine = !find_line(page, "good") && !find_line(page, "more") && !find_line(page, "a") &&
                    !find_line(page, "b") && has_line(page, "metric_sum 0") &&
                    has_line(page, "disk_age -1") &&
                    has_line(page, "pitot_collector_failures_total{collector=\"bad\"} 2") &&
                    has_line(page, "pitot_collector_failures_total{collector=\"disk\"} 0");
        if (!fine)
            fail_msg("%s:\n%s", garbages[i].what, page);
        free(page);
        pitot_registry_free(reg);
    }
}

static void emit_series(pitot_sink *sink, void *ctx)
{
    char value[16];

    pitot_sink_family(sink, PITOT_GAUGE,
        &(pitot_desc){.name = "many", .help = "H.", .labels = PITOT_LABELS("i")});
    for (int i = 0; i < *(const int *)ctx; i++) {
        snprintf(value, sizeof(value), "%d", i);
        pitot_sink_sample(sink, i, value);
    }
}

static void a_collector_that_brings_too_many_samples_loses_them(void **state)
{
    int count = 2 * PITOT_SAMPLES_MAX_DEFAULT, allowed = 100001;
    pitot_registry *reg = new_registry();
    (void)state;
    add(reg, "flood", emit_series, &count);

    assert_no_line(reg, "many");
    assert_line(reg, "pitot_collector_failures_total{collector=\"flood\"} 2");
    count = PITOT_SAMPLES_MAX_DEFAULT;
    assert_line(reg, "many{i=\"99999\"} 99999");
    assert_true(pitot_collector_remove(reg, NULL, "flood"));
    assert_true(pitot_collector_add(reg, NULL,
        &(pitot_collector){
            .name = "large", .collect = emit_series, .ctx = &allowed, .samples_max = 100001}));

    assert_line(reg, "many{i=\"100000\"} 100000");
    pitot_registry_free(reg);
}

static void emit_x(pitot_sink *sink, void *ctx)
{
    (void)ctx;
    emit_family(sink, "x");
    pitot_sink_sample(sink, 1);
}

static void of_two_collectors_with_one_name_the_first_shows(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;

    add(reg, "first", emit_x, NULL);
    add(reg, "second", emit_x, NULL);

    assert_line(reg, "x 1");
    char *page = page_of(reg, PITOT_FORMAT_TEXT);
    assert_int_equal(count_lines(page, "x"), 1);
    assert_true(has_line(page, "pitot_collector_failures_total{collector=\"first\"} 0"));
    assert_true(has_line(page, "pitot_collector_failures_total{collector=\"second\"} 2"));
    free(page);
    pitot_registry_free(reg);
}

static double unregister_x(void *ctx)
{
    pitot_unregister(ctx, NULL, "x");
    return 1;
}

/* Its name is free again by the time the collectors' names are looked at, yet it is on the page. */
static void a_metric_that_goes_during_a_scrape_makes_no_double_family(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;
    pitot_gauge_new(reg, NULL, &(pitot_desc){.name = "x", .help = "H."});
    pitot_function_add(reg, NULL,
        &(pitot_function){.type = PITOT_GAUGE,
            .desc = {.name = "y", .help = "H."},
            .read = unregister_x,
            .ctx = reg});
    add(reg, "also", emit_x, NULL);

    char *page = page_of(reg, PITOT_FORMAT_TEXT);

    assert_int_equal(count_lines(page, "# TYPE x "), 1);
    free(page);
    assert_line(reg, "x 1");
    pitot_registry_free(reg);
}

/* ---- Adding and removing ---- */

static void a_bad_collector_is_refused(void **state)
{
    char long_name[300];
    const struct {
        pitot_collector what;
        pitot_code code;
        const char *message;
    } rows[] = {
        {{.collect = emit_x}, PITOT_EINVAL, "a collector has no name; give it one"},
        {{.name = "", .collect = emit_x}, PITOT_EINVAL, "a collector has no name; give it one"},
        {{.name = "a"}, PITOT_EINVAL, "collector \"a\" has no .collect"},
        {{.name = "there", .collect = emit_x}, PITOT_EEXIST,
            "collector \"there\" is there already; remove it first"},
        {{.name = "\xff", .collect = emit_x}, PITOT_EINVAL,
            "collector \"\xff\": its name is not UTF-8, or longer than 256 bytes"},
        {{.name = long_name, .collect = emit_x}, PITOT_EINVAL,
            "collector \"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\": its name is not UTF-8, or "
            "longer than 256 bytes"},
        {{.name = "a", .collect = emit_x, .reserved_ = {0, 1}}, PITOT_EINVAL,
            "a collector has something in .reserved_; start it from zero"},
    };
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    memset(long_name, 'n', sizeof(long_name));
    long_name[sizeof(long_name) - 1] = '\0';
    add(reg, "there", emit_x, NULL);

    for (size_t i = 0; i < COUNT(rows); i++) {
        err = (pitot_error){0};
        assert_false(pitot_collector_add(reg, &err, &rows[i].what));
        assert_error(&err, rows[i].code, rows[i].message);
    }
    err = (pitot_error){0};
    assert_false(pitot_collector_add(reg, &err, NULL));

    assert_error(&err, PITOT_EINVAL, "a collector has no name; give it one");
    long_name[257] = '\0';
    assert_false(pitot_collector_add(reg, NULL, &rows[5].what));
    long_name[256] = '\0';
    assert_true(pitot_collector_add(reg, NULL, &rows[5].what));
    assert_true(pitot_collector_remove(reg, NULL, long_name));
    assert_line(reg, "x 1");
    pitot_registry_free(reg);
}

static void removing_a_collector_that_is_not_there_is_an_error(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    assert_false(pitot_collector_remove(reg, &err, "x"));
    assert_error(&err, PITOT_ENOTFOUND, "there is no collector \"x\"");
    err = (pitot_error){0};
    add(reg, "y", emit_x, NULL);
    assert_false(pitot_collector_remove(reg, &err, "x"));
    assert_error(&err, PITOT_ENOTFOUND, "there is no collector \"x\"");
    err = (pitot_error){0};
    assert_false(pitot_collector_remove(reg, &err, NULL));

    assert_error(&err, PITOT_ENOTFOUND, "there is no collector \"\"");
    pitot_registry_free(reg);
}

static void a_removed_collector_is_gone_from_the_next_page_on(void **state)
{
    char name[] = "disk";
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    add(reg, name, emit_x, NULL);
    name[0] = '!'; /* the name was copied */
    assert_line(reg, "x 1");

    assert_true(pitot_collector_remove(reg, &err, "disk"));

    assert_ok(&err);
    assert_no_line(reg, "x");
    assert_no_line(reg, "pitot_collector");
    pitot_registry_free(reg);
}

static void emit_disk(pitot_sink *sink, void *ctx)
{
    pitot_sink_family(sink, PITOT_GAUGE,
        &(pitot_desc){.name = "disk", .help = "H.", .labels = PITOT_LABELS("name")});
    pitot_sink_sample(sink, 1, (const char *)ctx);
}

static void what_a_collector_does_not_emit_any_more_is_gone(void **state)
{
    char name[] = "sda";
    pitot_registry *reg = new_registry();
    (void)state;
    add(reg, "disks", emit_disk, name);
    assert_line(reg, "disk{name=\"sda\"} 1");

    name[2] = 'b';

    assert_line(reg, "disk{name=\"sdb\"} 1");
    assert_no_line(reg, "disk{name=\"sda\"}");
    pitot_registry_free(reg);
}

static void count_release(void *ctx)
{
    atomic_fetch_add((_Atomic(int) *)ctx, 1);
}

static void emit_nothing(pitot_sink *sink, void *ctx)
{
    (void)sink;
    (void)ctx;
}

static bool add_releasing(
    pitot_registry *reg, const char *name, uint32_t period_ms, _Atomic(int) *released)
{
    return pitot_collector_add(reg, NULL,
        &(pitot_collector){.name = name,
            .collect = emit_nothing,
            .period_ms = period_ms,
            .ctx = released,
            .release = count_release});
}

static void the_context_is_released_exactly_once(void **state)
{
    static _Atomic(int) removed, freed, periodic_removed, periodic_freed, refused;
    pitot_registry *reg = new_registry();
    (void)state;

    assert_true(add_releasing(reg, "removed", 0, &removed));
    assert_true(add_releasing(reg, "freed", 0, &freed));
    assert_true(add_releasing(reg, "periodic removed", 1, &periodic_removed));
    assert_true(add_releasing(reg, "periodic freed", 3600000, &periodic_freed));
    assert_false(add_releasing(reg, "freed", 0, &refused));
    free(page_of(reg, PITOT_FORMAT_TEXT));
    assert_int_equal(removed, 0);
    assert_true(pitot_collector_remove(reg, NULL, "removed"));
    assert_true(pitot_collector_remove(reg, NULL, "periodic removed"));
    assert_int_equal(removed, 1);
    free(page_of(reg, PITOT_FORMAT_TEXT));
    assert_int_equal(freed, 0);
    pitot_registry_free(reg);

    assert_int_equal(removed, 1);
    assert_int_equal(freed, 1);
    assert_int_equal(periodic_removed, 1);
    assert_int_equal(periodic_freed, 1);
    assert_int_equal(refused, 0); /* it is still the caller's */
}

/* ---- What a collector may do while it runs ---- */

struct inside {
    pitot_registry *reg;
    pitot_counter *counter;
    char *page;
    int runs;
};

static void use_the_registry(pitot_sink *sink, void *ctx)
{
    struct inside *inside = ctx;

    pitot_counter *c = pitot_counter_new(
        inside->reg, NULL, &(pitot_desc){.name = "made_inside_total", .help = "H."});
    pitot_counter_inc(c);
    pitot_counter_inc(inside->counter);
    if (inside->runs++ == 0)
        inside->page = page_of(inside->reg, PITOT_FORMAT_TEXT);
    emit_family(sink, "outer");
    pitot_sink_sample(sink, inside->runs);
}

static void a_collector_may_register_record_and_take_a_snapshot_without_itself(void **state)
{
    pitot_registry *reg = new_registry();
    struct inside inside = {.reg = reg};
    (void)state;
    inside.counter = pitot_counter_new(reg, NULL, &(pitot_desc){.name = "seen", .help = "H."});
    add(reg, "inside", use_the_registry, &inside);

    char *page = page_of(reg, PITOT_FORMAT_TEXT);

    assert_true(has_line(page, "outer 1"));
    assert_true(has_line(page, "seen 1"));
    assert_true(has_line(page, "made_inside_total 1"));
    assert_null(find_line(inside.page, "outer"));
    assert_true(has_line(inside.page, "made_inside_total 1"));
    free(inside.page);
    free(page);
    pitot_registry_free(reg);
}

static void remove_itself(pitot_sink *sink, void *ctx)
{
    struct inside *inside = ctx;

    inside->runs += pitot_collector_remove(inside->reg, NULL, "itself");
    emit_family(sink, "outer");
    pitot_sink_sample(sink, 1);
}

static void note_release(void *ctx)
{
    ((struct inside *)ctx)->runs += 100;
}

static void a_collector_may_remove_itself(void **state)
{
    pitot_registry *reg = new_registry();
    struct inside inside = {.reg = reg};
    (void)state;
    pitot_collector_add(reg, NULL,
        &(pitot_collector){
            .name = "itself", .collect = remove_itself, .ctx = &inside, .release = note_release});

    free(page_of(reg, PITOT_FORMAT_TEXT));
    free(page_of(reg, PITOT_FORMAT_TEXT));

    assert_int_equal(inside.runs, 101);
    assert_no_line(reg, "outer");
    pitot_registry_free(reg);
    assert_int_equal(inside.runs, 101);
}

static void add_another(pitot_sink *sink, void *ctx)
{
    emit_family(sink, "outer");
    pitot_sink_sample(sink, 1);
    pitot_collector_add(ctx, NULL, &(pitot_collector){.name = "another", .collect = emit_x});
}

static void a_collector_may_add_another(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;
    add(reg, "adder", add_another, reg);

    free(page_of(reg, PITOT_FORMAT_TEXT));

    assert_line(reg, "x 1");
    assert_line(reg, "outer 1");
    pitot_registry_free(reg);
}

/* ---- When it runs ---- */

struct slow {
    _Atomic(int) started, finished;
    _Atomic(bool) go;
};

static void emit_slowly(pitot_sink *sink, void *ctx)
{
    struct slow *slow = ctx;

    atomic_fetch_add(&slow->started, 1);
    while (!atomic_load(&slow->go))
        pause_ms(1);
    emit_family(sink, "slow");
    pitot_sink_sample(sink, 1);
    atomic_fetch_add(&slow->finished, 1);
}

static void *take_page(void *reg)
{
    return page_of(reg, PITOT_FORMAT_TEXT);
}

struct removal {
    pitot_registry *reg;
    struct slow *slow;
    _Atomic(int) done;
    int finished_at_return;
};

static void *remove_slow(void *arg)
{
    struct removal *removal = arg;

    assert_true(pitot_collector_remove(removal->reg, NULL, "slow"));
    removal->finished_at_return = atomic_load(&removal->slow->finished);
    atomic_store(&removal->done, 1);
    return NULL;
}

static void removing_a_collector_waits_for_its_run_to_end(void **state)
{
    static struct slow slow;
    pitot_registry *reg = new_registry();
    struct removal removal = {.reg = reg, .slow = &slow};
    pthread_t scraper, remover;
    void *page;
    (void)state;
    add(reg, "slow", emit_slowly, &slow);

    assert_int_equal(pthread_create(&scraper, NULL, take_page, reg), 0);
    wait_for(&slow.started, 1);
    assert_int_equal(pthread_create(&remover, NULL, remove_slow, &removal), 0);
    pause_ms(30);
    assert_int_equal(atomic_load(&removal.done), 0);
    atomic_store(&slow.go, true);
    pthread_join(scraper, &page);
    pthread_join(remover, NULL);

    assert_int_equal(removal.finished_at_return, 1);
    assert_true(has_line(page, "slow 1"));
    free(page);
    pitot_registry_free(reg);
}

static void recording_and_registering_do_not_wait_for_a_slow_collector(void **state)
{
    static struct slow slow;
    pitot_registry *reg = new_registry();
    pthread_t scraper;
    void *page;
    (void)state;
    add(reg, "slow", emit_slowly, &slow);
    assert_int_equal(pthread_create(&scraper, NULL, take_page, reg), 0);
    wait_for(&slow.started, 1);

    pitot_counter_vec *vec = pitot_counter_vec_new(
        reg, NULL, &(pitot_desc){.name = "v", .help = "H.", .labels = PITOT_LABELS("a")});
    pitot_counter_inc(pitot_counter_with(vec, "1"));
    pitot_counter_remove(vec, (const char *const[]){"2"}, 1);

    assert_int_equal(atomic_load(&slow.finished), 0);
    atomic_store(&slow.go, true);
    pthread_join(scraper, &page);
    assert_true(has_line(page, "v{a=\"1\"} 1"));
    free(page);
    pitot_registry_free(reg);
}

struct periodic {
    _Atomic(int) runs;
    bool fail;
    pthread_t thread;
};

static void emit_runs(pitot_sink *sink, void *ctx)
{
    struct periodic *periodic = ctx;

    periodic->thread = pthread_self();
    if (periodic->fail)
        pitot_sink_fail(sink, "not today");
    emit_family(sink, "runs");
    pitot_sink_sample(sink, 1);
    atomic_fetch_add(&periodic->runs, 1);
}

static void add_periodic(
    pitot_registry *reg, const char *name, uint32_t period_ms, struct periodic *periodic)
{
    pitot_error err = {0};

    pitot_collector_add(reg, &err,
        &(pitot_collector){
            .name = name, .collect = emit_runs, .ctx = periodic, .period_ms = period_ms});
    assert_ok(&err);
}

static void a_collector_with_a_period_runs_at_once_and_pages_show_its_last_result(void **state)
{
    static struct periodic periodic;
    pitot_registry *reg = new_registry();
    (void)state;

    add_periodic(reg, "periodic", 3600000, &periodic);
    wait_for(&periodic.runs, 1);
    bool shown = false;
    for (int i = 0; i < 10000 && !shown; i++) { /* the result is handed over after the run */
        char *page = page_of(reg, PITOT_FORMAT_TEXT);
        shown = has_line(page, "runs 1");
        free(page);
    }

    assert_true(shown);
    assert_int_equal(atomic_load(&periodic.runs), 1); /* scrapes do not run it */
    assert_false(pthread_equal(periodic.thread, pthread_self()));
    pitot_registry_free(reg);
}

static void a_collector_with_a_period_runs_again_and_again(void **state)
{
    static struct periodic fast, slow;
    pitot_registry *reg = new_registry();
    (void)state;

    uint64_t start = pitot_now();
    add_periodic(reg, "slow", 3600000, &slow);
    add_periodic(reg, "fast", 5, &fast);
    wait_for(&fast.runs, 11);
    double seconds = pitot_seconds_since(start);

    assert_true(seconds >= 0.05);
    assert_int_equal(atomic_load(&slow.runs), 1);
    assert_true(pitot_collector_remove(reg, NULL, "fast"));
    int runs = atomic_load(&fast.runs);
    pause_ms(30);
    assert_int_equal(atomic_load(&fast.runs), runs);
    pitot_registry_free(reg);
}

static void a_collector_with_a_period_that_fails_is_counted_and_off_the_page(void **state)
{
    static struct periodic periodic = {.fail = true};
    pitot_registry *reg = new_registry();
    (void)state;

    add_periodic(reg, "periodic", 3600000, &periodic);
    wait_for(&periodic.runs, 1);
    bool counted = false;
    for (int i = 0; i < 10000 && !counted; i++) {
        char *page = page_of(reg, PITOT_FORMAT_TEXT);
        counted = has_line(page, "pitot_collector_failures_total{collector=\"periodic\"} 1");
        assert_null(find_line(page, "runs"));
        free(page);
    }

    assert_true(counted);
    pitot_registry_free(reg);
}

static void freeing_a_registry_stops_its_periodic_collectors(void **state)
{
    static struct periodic periodic;
    pitot_registry *reg = new_registry();
    (void)state;
    add_periodic(reg, "periodic", 1, &periodic);
    wait_for(&periodic.runs, 3);

    pitot_registry_free(reg);

    int runs = atomic_load(&periodic.runs);
    pause_ms(20);
    assert_int_equal(atomic_load(&periodic.runs), runs);
}

static void freeing_a_registry_does_not_wait_for_the_next_period(void **state)
{
    static struct periodic periodic;
    pitot_registry *reg = new_registry();
    (void)state;
    add_periodic(reg, "periodic", UINT32_MAX, &periodic);
    wait_for(&periodic.runs, 1);

    uint64_t start = pitot_now();
    pitot_registry_free(reg);

    assert_true(pitot_seconds_since(start) < 10);
}

struct paused {
    _Atomic(int) started, released;
};

static void emit_after_a_pause(pitot_sink *sink, void *ctx)
{
    (void)sink;
    atomic_fetch_add(&((struct paused *)ctx)->started, 1);
    pause_ms(30);
}

static void release_paused(void *ctx)
{
    atomic_fetch_add(&((struct paused *)ctx)->released, 1);
}

static void take_a_page(pitot_sink *sink, void *ctx)
{
    (void)sink;
    free(page_of(ctx, PITOT_FORMAT_TEXT));
}

static void a_registry_may_be_freed_while_a_periodic_collector_takes_a_snapshot_of_it(void **state)
{
    static struct paused paused;
    pitot_registry *reg = new_registry();
    (void)state;
    pitot_collector_add(reg, NULL,
        &(pitot_collector){.name = "paused",
            .collect = emit_after_a_pause,
            .ctx = &paused,
            .release = release_paused});
    pitot_collector_add(reg, NULL,
        &(pitot_collector){
            .name = "periodic", .collect = take_a_page, .ctx = reg, .period_ms = 3600000});
    wait_for(&paused.started, 1);

    pitot_registry_free(reg);

    assert_int_equal(paused.released, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_collector_emits_families_of_every_kind),
        cmocka_unit_test(the_rarer_kinds_have_states_quantiles_and_ones),
        cmocka_unit_test(a_collectors_summary_has_its_quantiles_its_count_and_its_start),
        cmocka_unit_test(a_collector_shows_how_long_its_last_run_took),
        cmocka_unit_test(collectors_do_not_count_as_series_of_the_registry),
        cmocka_unit_test(a_collector_that_emits_garbage_loses_its_families_and_nobody_else_does),
        cmocka_unit_test(a_collector_that_brings_too_many_samples_loses_them),
        cmocka_unit_test(of_two_collectors_with_one_name_the_first_shows),
        cmocka_unit_test(a_metric_that_goes_during_a_scrape_makes_no_double_family),
        cmocka_unit_test(a_bad_collector_is_refused),
        cmocka_unit_test(removing_a_collector_that_is_not_there_is_an_error),
        cmocka_unit_test(a_removed_collector_is_gone_from_the_next_page_on),
        cmocka_unit_test(what_a_collector_does_not_emit_any_more_is_gone),
        cmocka_unit_test(the_context_is_released_exactly_once),
        cmocka_unit_test(a_collector_may_register_record_and_take_a_snapshot_without_itself),
        cmocka_unit_test(a_collector_may_remove_itself),
        cmocka_unit_test(a_collector_may_add_another),
        cmocka_unit_test(removing_a_collector_waits_for_its_run_to_end),
        cmocka_unit_test(recording_and_registering_do_not_wait_for_a_slow_collector),
        cmocka_unit_test(a_collector_with_a_period_runs_at_once_and_pages_show_its_last_result),
        cmocka_unit_test(a_collector_with_a_period_runs_again_and_again),
        cmocka_unit_test(a_collector_with_a_period_that_fails_is_counted_and_off_the_page),
        cmocka_unit_test(freeing_a_registry_stops_its_periodic_collectors),
        cmocka_unit_test(freeing_a_registry_does_not_wait_for_the_next_period),
        cmocka_unit_test(a_registry_may_be_freed_while_a_periodic_collector_takes_a_snapshot_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
