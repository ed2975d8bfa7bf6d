/* SPDX-License-Identifier: MIT */
/* start_test.c -- since when a series adds up: from its birth, and again from each reset. */
#include "test.h"

#include <time.h>

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* The start of the series `index` of a family. */
static int64_t start_of(pitot_registry *reg, const char *name, size_t index)
{
    pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);
    pitot_family family;
    pitot_series series;

    assert_true(pitot_snapshot_series(snap, family_of(snap, name, &family), index, &series));
    pitot_snapshot_free(snap);
    return series.start;
}

#define assert_between(value, low, high)                                                           \
    do {                                                                                           \
        int64_t value_ = (value);                                                                  \
        assert_true((low) <= value_ && value_ <= (high));                                          \
    } while (0)

static void counters_and_histograms_start_when_they_are_made(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    int64_t before = now_ns();
    pitot_counter_new(reg, &err, &(pitot_desc){.name = "a_total", .help = "H."});
    pitot_histogram_new(reg, &err, &(pitot_desc){.name = "b", .help = "H."});
    int64_t after = now_ns();

    assert_ok(&err);
    assert_between(start_of(reg, "a_total", 0), before, after);
    assert_between(start_of(reg, "b", 0), before, after);
    pitot_registry_free(reg);
}

static double read_one(void *ctx)
{
    (void)ctx;
    return 1;
}

static void a_function_counter_starts_when_it_is_added(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    int64_t before = now_ns();
    pitot_function_add(reg, &err,
        &(pitot_function){
            .type = PITOT_COUNTER, .desc = {.name = "a_total", .help = "H."}, .read = read_one});
    int64_t after = now_ns();

    assert_ok(&err);
    assert_between(start_of(reg, "a_total", 0), before, after);
    assert_between(start_of(reg, "a_total", 0), before, after);
    pitot_registry_free(reg);
}

static void what_does_not_add_up_has_no_start(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    pitot_gauge_new(reg, &err, &(pitot_desc){.name = "a", .help = "H."});
    pitot_info_new(reg, &err, &(pitot_desc){.name = "b_info", .help = "H."});
    pitot_stateset_new(
        reg, &err, &(pitot_desc){.name = "c", .help = "H.", .states = PITOT_LABELS("x")});
    pitot_function_add(reg, &err,
        &(pitot_function){
            .type = PITOT_GAUGE, .desc = {.name = "d", .help = "H."}, .read = read_one});
    pitot_function_add(reg, &err,
        &(pitot_function){
            .type = PITOT_UNKNOWN, .desc = {.name = "e", .help = "H."}, .read = read_one});

    assert_ok(&err);
    static const char *const names[] = {"a", "b_info", "c", "d", "e", "pitot_series"};
    for (size_t i = 0; i < COUNT(names); i++)
        assert_true(start_of(reg, names[i], 0) == PITOT_TIME_NONE);
    pitot_registry_free(reg);
}

static void a_reset_moves_the_start_and_recording_does_not(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;
    pitot_counter *c = pitot_counter_new(reg, NULL, &(pitot_desc){.name = "a_total", .help = "H."});
    pitot_histogram *h = pitot_histogram_new(reg, NULL, &(pitot_desc){.name = "b", .help = "H."});

    int64_t first = start_of(reg, "a_total", 0);
    pitot_counter_inc(c);
    pitot_histogram_observe(h, 1);
    assert_true(start_of(reg, "a_total", 0) == first);
    int64_t before = now_ns();
    pitot_counter_reset(c);
    pitot_histogram_reset(h);
    int64_t after = now_ns();

    assert_true(before > first);
    assert_between(start_of(reg, "a_total", 0), before, after);
    assert_between(start_of(reg, "b", 0), before, after);
    pitot_registry_free(reg);
}

static void each_child_has_its_own_start_and_a_new_one_a_new_one(void **state)
{
    const char *const values[] = {"1"};
    pitot_registry *reg = new_registry();
    (void)state;
    pitot_counter_vec *vec = pitot_counter_vec_new(
        reg, NULL, &(pitot_desc){.name = "a_total", .help = "H.", .labels = PITOT_LABELS("x")});
    pitot_counter_with(vec, "1");
    int64_t between = now_ns();
    pitot_counter_with(vec, "2");

    assert_true(start_of(reg, "a_total", 0) <= between);
    assert_true(start_of(reg, "a_total", 1) >= between);
    pitot_counter_remove(vec, values, 1);
    int64_t before = now_ns();
    pitot_counter_with(vec, "1");

    assert_between(start_of(reg, "a_total", 0), before, now_ns());
    assert_true(start_of(reg, "a_total", 1) <= before);
    pitot_registry_free(reg);
}

static void a_counter_that_is_registered_again_starts_again(void **state)
{
    const pitot_desc desc = {.name = "a_total", .help = "H."};
    pitot_registry *reg = new_registry();
    (void)state;
    pitot_counter_new(reg, NULL, &desc);

    pitot_unregister(reg, NULL, "a_total");
    int64_t before = now_ns();
    pitot_counter_new(reg, NULL, &desc);

    assert_between(start_of(reg, "a_total", 0), before, now_ns());
    pitot_registry_free(reg);
}

static void a_snapshot_keeps_the_start_that_it_saw(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_family family;
    pitot_series series;
    (void)state;
    pitot_counter *c = pitot_counter_new(reg, NULL, &(pitot_desc){.name = "a_total", .help = "H."});
    int64_t first = start_of(reg, "a_total", 0);

    pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);
    pitot_counter_reset(c);

    assert_true(pitot_snapshot_series(snap, family_of(snap, "a_total", &family), 0, &series));
    assert_true(series.start == first);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void emit(pitot_sink *sink, void *ctx)
{
    pitot_sink_family(sink, PITOT_COUNTER,
        &(pitot_desc){.name = "a_total", .help = "H.", .labels = PITOT_LABELS("x")});
    pitot_sink_sample(sink, 1, "3");
    pitot_sink_started(sink, *(const int64_t *)ctx);
    pitot_sink_sample(sink, 1, "2");
    pitot_sink_sample(sink, 1, "1");
    pitot_sink_family(sink, PITOT_COUNTER, &(pitot_desc){.name = "b_total", .help = "H."});
    pitot_sink_sample(sink, 1);
}

static void a_collectors_series_start_when_it_says(void **state)
{
    int64_t started = 1234567890123456789;
    pitot_registry *reg = new_registry();
    (void)state;

    pitot_collector_add(
        reg, NULL, &(pitot_collector){.name = "c", .collect = emit, .ctx = &started});

    assert_true(start_of(reg, "a_total", 0) == started);
    assert_true(start_of(reg, "a_total", 1) == started);
    assert_true(start_of(reg, "a_total", 2) == PITOT_TIME_NONE);
    assert_true(start_of(reg, "b_total", 0) == PITOT_TIME_NONE);
    pitot_registry_free(reg);
}

static void the_registrys_own_counters_start_with_it(void **state)
{
    (void)state;
    int64_t before = now_ns();
    pitot_registry *reg = new_registry();
    int64_t after = now_ns();

    assert_between(start_of(reg, "pitot_snapshots_total", 0), before, after);
    assert_between(start_of(reg, "pitot_dropped_total", 3), before, after);
    pitot_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counters_and_histograms_start_when_they_are_made),
        cmocka_unit_test(a_function_counter_starts_when_it_is_added),
        cmocka_unit_test(what_does_not_add_up_has_no_start),
        cmocka_unit_test(a_reset_moves_the_start_and_recording_does_not),
        cmocka_unit_test(each_child_has_its_own_start_and_a_new_one_a_new_one),
        cmocka_unit_test(a_counter_that_is_registered_again_starts_again),
        cmocka_unit_test(a_snapshot_keeps_the_start_that_it_saw),
        cmocka_unit_test(a_collectors_series_start_when_it_says),
        cmocka_unit_test(the_registrys_own_counters_start_with_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
