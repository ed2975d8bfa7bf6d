/* SPDX-License-Identifier: MIT */
/* function_test.c -- a counter or gauge whose value is read by a call at every scrape. */
#include "test.h"

#include <math.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

static double read_double(void *ctx)
{
    return *(double *)ctx;
}

static bool add(
    pitot_registry *reg, pitot_error *err, pitot_type type, const char *name, double *value)
{
    return pitot_function_add(reg, err,
        &(pitot_function){.type = type,
            .desc = {.name = name,
                .help = "H.",
                .const_labels = (pitot_label[]){{"zone", "\\"}, {0}}},
            .read = read_double,
            .ctx = value});
}

static void the_value_is_read_at_every_scrape(void **state)
{
    double queued = 3, done = 18446744073709551616.0;
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    assert_true(add(reg, &err, PITOT_GAUGE, "queued", &queued));
    assert_true(add(reg, &err, PITOT_COUNTER, "done_total", &done));

    assert_ok(&err);
    assert_line(reg, "queued{zone=\"\\\\\"} 3");
    queued = -0.5;
    assert_line(reg, "queued{zone=\"\\\\\"} -0.5");
    assert_line(reg, "done_total{zone=\"\\\\\"} 1.8446744073709552e+19");
    assert_line(reg, "pitot_series 2");
    pitot_registry_free(reg);
}

static void a_counter_that_makes_no_sense_is_left_out_of_that_page_and_counted(void **state)
{
    static const struct {
        double value;
        const char *line;
    } rows[] = {
        {-1, "pitot_dropped_total{reason=\"negative\"} 1"},
        {NAN, "pitot_dropped_total{reason=\"not_finite\"} 1"},
        {INFINITY, "pitot_dropped_total{reason=\"not_finite\"} 1"},
        {-INFINITY, "pitot_dropped_total{reason=\"not_finite\"} 1"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        double value = rows[i].value;
        pitot_registry *reg = new_registry();
        add(reg, NULL, PITOT_COUNTER, "done_total", &value);

        char *page = page_of(reg, PITOT_FORMAT_TEXT);

        assert_null(find_line(page, "# HELP done_total"));
        assert_null(find_line(page, "done_total"));
        assert_true(has_line(page, rows[i].line));
        free(page);
        value = 4;
        assert_line(reg, "done_total{zone=\"\\\\\"} 4");
        pitot_registry_free(reg);
    }
}

static void a_gauge_may_be_any_number(void **state)
{
    double value = NAN;
    pitot_registry *reg = new_registry();
    (void)state;
    add(reg, NULL, PITOT_GAUGE, "g", &value);

    assert_line(reg, "g{zone=\"\\\\\"} NaN");
    value = -INFINITY;
    assert_line(reg, "g{zone=\"\\\\\"} -Inf");
    pitot_registry_free(reg);
}

static double use_the_registry(void *reg)
{
    pitot_counter *c =
        pitot_counter_new(reg, NULL, &(pitot_desc){.name = "reads_total", .help = "H."});

    pitot_counter_inc(c);
    return pitot_counter_value(c);
}

static void the_function_may_use_the_registry(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    pitot_function_add(reg, &err,
        &(pitot_function){.type = PITOT_GAUGE,
            .desc = {.name = "g", .help = "H."},
            .read = use_the_registry,
            .ctx = reg});

    assert_ok(&err);
    assert_line(reg, "g 1");
    assert_line(reg, "g 2");
    pitot_registry_free(reg);
}

static void the_same_function_twice_is_one_and_another_is_a_conflict(void **state)
{
    double value = 1, other = 2;
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    assert_true(add(reg, &err, PITOT_GAUGE, "g", &value));
    assert_true(add(reg, &err, PITOT_GAUGE, "g", &value));
    assert_ok(&err);
    assert_false(add(reg, &err, PITOT_GAUGE, "g", &other));

    assert_error(&err, PITOT_EEXIST, "metric \"g\" exists with another source of its value");
    assert_line(reg, "g{zone=\"\\\\\"} 1");
    pitot_registry_free(reg);
}

static void a_function_is_no_handle_to_record_on(void **state)
{
    double value = 1;
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    add(reg, NULL, PITOT_GAUGE, "g", &value);

    pitot_gauge *g = pitot_gauge_new(reg, &err,
        &(pitot_desc){
            .name = "g", .help = "H.", .const_labels = (pitot_label[]){{"zone", "\\"}, {0}}});

    assert_null(g);
    assert_error(&err, PITOT_EEXIST, "metric \"g\" exists with another source of its value");
    pitot_registry_free(reg);
}

static void a_function_may_be_of_a_type_that_nobody_knows(void **state)
{
    double value = -1.5;
    pitot_registry *reg = new_registry();
    (void)state;
    add(reg, NULL, PITOT_UNKNOWN, "u", &value);

    assert_series(reg, "u", PITOT_UNKNOWN, "zone=\"\\\\\" -1.5\n");

    pitot_registry_free(reg);
}

static void a_function_can_be_unregistered(void **state)
{
    double value = 1;
    pitot_registry *reg = new_registry();
    (void)state;
    add(reg, NULL, PITOT_GAUGE, "g", &value);

    assert_true(pitot_unregister(reg, NULL, "g"));

    assert_no_line(reg, "g");
    pitot_registry_free(reg);
}

static void a_bad_function_is_refused(void **state)
{
    const struct {
        pitot_function function;
        const char *message;
    } rows[] = {
        {{.type = PITOT_GAUGE, .desc = {.name = "a", .help = "H."}},
            "a function metric has no .read"},
        {{.type = PITOT_HISTOGRAM, .desc = {.name = "a", .help = "H."}, .read = read_double},
            "metric \"a\": a function is a counter, a gauge or unknown, not a histogram"},
        {{.type = (pitot_type)99, .read = read_double},
            "metric \"\": a function is a counter, a gauge or unknown, not a invalid"},
        {{.type = PITOT_GAUGE, .read = read_double}, "a metric has no name; give it one"},
        {{.type = PITOT_GAUGE,
             .desc = {.name = "a", .help = "H.", .labels = PITOT_LABELS("x")},
             .read = read_double},
            "metric \"a\": .labels is for a vec; use the _vec_new call"},
        {{.type = PITOT_COUNTER,
             .desc = {.name = "a", .help = "H.", .bounds = PITOT_BOUNDS(1)},
             .read = read_double},
            "metric \"a\": .bounds is for histograms, not a counter"},
        {{.type = PITOT_GAUGE,
             .desc = {.name = "a", .help = "H."},
             .read = read_double,
             .reserved_ = {0, 0, 0, 1}},
            "a function metric has something in .reserved_; start it from zero"},
    };
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        err = (pitot_error){0};
        assert_false(pitot_function_add(reg, &err, &rows[i].function));
        assert_error(&err, PITOT_EINVAL, rows[i].message);
    }
    err = (pitot_error){0};
    assert_false(pitot_function_add(reg, &err, NULL));

    assert_error(&err, PITOT_EINVAL, "a function metric has no .read");
    assert_line(reg, "pitot_series 0");
    pitot_registry_free(reg);
}

struct slow {
    sem_t began, may_end;
    _Atomic(bool) ended;
};

static double read_slowly(void *ctx)
{
    struct slow *slow = ctx;

    sem_post(&slow->began);
    sem_wait(&slow->may_end);
    slow->ended = true;
    return 1;
}

static void *take_snapshot(void *reg)
{
    pitot_snapshot_free(pitot_snapshot_take(reg, NULL));
    return NULL;
}

static void *end_soon(void *ctx)
{
    struct slow *slow = ctx;
    const struct timespec a_while = {0, 20000000}; /* for the other thread to get to waiting */

    nanosleep(&a_while, NULL);
    sem_post(&slow->may_end);
    return NULL;
}

static void unregistering_waits_for_the_function_so_that_its_context_can_go(void **state)
{
    pitot_registry *reg = new_registry();
    struct slow slow = {0};
    pthread_t scraper, ender;
    (void)state;

    sem_init(&slow.began, 0, 0);
    sem_init(&slow.may_end, 0, 0);
    assert_true(pitot_function_add(reg, NULL,
        &(pitot_function){.type = PITOT_GAUGE,
            .desc = {.name = "slow", .help = "H."},
            .read = read_slowly,
            .ctx = &slow}));
    pthread_create(&scraper, NULL, take_snapshot, reg);
    sem_wait(&slow.began);
    pthread_create(&ender, NULL, end_soon, &slow);

    assert_true(pitot_unregister(reg, NULL, "slow"));

    assert_true(slow.ended);
    pthread_join(scraper, NULL);
    pthread_join(ender, NULL);
    pitot_registry_free(reg);
}

static double unregister_own(void *reg)
{
    return pitot_unregister(reg, NULL, "own");
}

static void a_function_may_unregister_its_own_metric(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;

    assert_true(pitot_function_add(reg, NULL,
        &(pitot_function){.type = PITOT_GAUGE,
            .desc = {.name = "own", .help = "H."},
            .read = unregister_own,
            .ctx = reg}));

    pitot_snapshot_free(pitot_snapshot_take(reg, NULL));

    assert_false(pitot_unregister(reg, NULL, "own"));
    pitot_registry_free(reg);
}

static double count_series(void *reg)
{
    pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);
    size_t count = pitot_snapshot_series_count(snap);

    pitot_snapshot_free(snap);
    return (double)count;
}

static void a_snapshot_from_inside_a_function_is_without_that_function(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;

    assert_true(pitot_function_add(reg, NULL,
        &(pitot_function){.type = PITOT_GAUGE,
            .desc = {.name = "all_series", .help = "H."},
            .read = count_series,
            .ctx = reg}));
    pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);
    size_t outside = pitot_snapshot_series_count(snap);
    pitot_snapshot_free(snap);

    char line[64];
    snprintf(line, sizeof(line), "all_series %zu", outside - 1);
    assert_line(reg, line);
    pitot_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_value_is_read_at_every_scrape),
        cmocka_unit_test(a_counter_that_makes_no_sense_is_left_out_of_that_page_and_counted),
        cmocka_unit_test(a_gauge_may_be_any_number),
        cmocka_unit_test(the_function_may_use_the_registry),
        cmocka_unit_test(the_same_function_twice_is_one_and_another_is_a_conflict),
        cmocka_unit_test(a_function_is_no_handle_to_record_on),
        cmocka_unit_test(a_function_may_be_of_a_type_that_nobody_knows),
        cmocka_unit_test(a_function_can_be_unregistered),
        cmocka_unit_test(unregistering_waits_for_the_function_so_that_its_context_can_go),
        cmocka_unit_test(a_function_may_unregister_its_own_metric),
        cmocka_unit_test(a_snapshot_from_inside_a_function_is_without_that_function),
        cmocka_unit_test(a_bad_function_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
