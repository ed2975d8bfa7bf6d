/* SPDX-License-Identifier: MIT */
/*
 * lifetime_test.c -- series come and go: what is removed, expired or refused, and that memory does
 * not grow with what has been.
 */
#include "test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

static pitot_counter_vec *new_counters(pitot_registry *reg, uint32_t series_max, uint32_t idle_s)
{
    pitot_error err = {0};
    pitot_counter_vec *vec = pitot_counter_vec_new(reg, &err,
        &(pitot_desc){.name = "x",
            .help = "H.",
            .labels = PITOT_LABELS("a"),
            .series_max = series_max,
            .idle_s = idle_s});

    assert_int_equal(err.code, 0);
    return vec;
}

static pitot_counter *child(pitot_counter_vec *vec, int round, int i)
{
    char value[40];

    snprintf(value, sizeof(value), "round-%d-series-%d", round, i);
    return pitot_counter_child(vec, (const char *const[]){value}, 1);
}

/* A sample of one of the registry's own metrics. */
static double own(pitot_registry *reg, const char *name)
{
    char *page = page_of(reg, PITOT_FORMAT_TEXT), wanted[80];

    snprintf(wanted, sizeof(wanted), "\n%s ", name);
    const char *line = strstr(page, wanted);
    assert_non_null(line);
    double value = atof(line + strlen(wanted));
    free(page);
    return value;
}

static size_t resident(void)
{
    size_t pages = 0;
    FILE *statm = fopen("/proc/self/statm", "re");

    assert_int_equal(fscanf(statm, "%*s %zu", &pages), 1);
    fclose(statm);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void series_that_come_and_go_for_ever_leave_no_memory_behind(void **state)
{
    enum { ROUNDS = 20, SERIES = 10000 };
    pitot_registry *reg = pitot_registry_new(NULL);
    pitot_counter_vec *vec = new_counters(reg, SERIES, 0);
    double most = 0;
    size_t early = 0;
    (void)state;

    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < SERIES; i++)
            pitot_counter_inc(child(vec, round, i));
        double bytes = own(reg, "pitot_series_memory_bytes"); /* and a scrape, with values */
        most = round == 3 ? bytes : most;
        early = round == 3 ? resident() : early;
        if (round > 3)
            assert_true(bytes <= most * 1.5);
        assert_int_equal(pitot_counter_clear(vec), SERIES);
    }
    assert_true(own(reg, "pitot_series_memory_bytes") < most / 10);
#ifndef __SANITIZE_ADDRESS__ /* which keeps what was freed for a while */
    assert_true(resident() < early + 4 * 1024 * 1024);
#endif
    assert_true(early > 0);
    pitot_registry_free(reg);
}

static void a_handle_of_a_series_whose_memory_is_gone_does_nothing(void **state)
{
    enum { SERIES = 3000 };
    pitot_registry *reg = pitot_registry_new(NULL);
    pitot_counter_vec *vec = new_counters(reg, SERIES, 0);
    pitot_gauge_vec *gauges = pitot_gauge_vec_new(reg, NULL,
        &(pitot_desc){
            .name = "g", .help = "H.", .labels = PITOT_LABELS("a"), .series_max = SERIES});
    pitot_histogram_vec *histograms = pitot_histogram_vec_new(reg, NULL,
        &(pitot_desc){
            .name = "h", .help = "H.", .labels = PITOT_LABELS("a"), .series_max = SERIES});
    pitot_stateset_vec *statesets = pitot_stateset_vec_new(reg, NULL,
        &(pitot_desc){.name = "s",
            .help = "H.",
            .labels = PITOT_LABELS("a"),
            .states = PITOT_LABELS("on", "off"),
            .series_max = SERIES});
    static pitot_counter *counters[SERIES];
    static pitot_gauge *gauge[SERIES];
    static pitot_histogram *histogram[SERIES];
    static pitot_stateset *stateset[SERIES];
    (void)state;
    for (int i = 0; i < SERIES; i++) {
        char value[20];
        const char *values[] = {value};

        snprintf(value, sizeof(value), "%d", i);
        counters[i] = child(vec, 0, i);
        gauge[i] = pitot_gauge_child(gauges, values, 1);
        histogram[i] = pitot_histogram_child(histograms, values, 1);
        stateset[i] = pitot_stateset_child(statesets, values, 1);
        for (int j = 0; j < (i % 7 == 0 ? 2000 : 1); j++) /* some have rows */
            pitot_counter_inc(counters[i]);
        pitot_histogram_observe(histogram[i], 1);
    }
    pitot_counter_clear(vec);
    pitot_gauge_clear(gauges);
    pitot_histogram_clear(histograms);
    pitot_stateset_clear(statesets);
    assert_true(own(reg, "pitot_series") == 0);

    for (int i = 0; i < SERIES; i++) {
        pitot_counter_inc(counters[i]);
        pitot_counter_add(counters[i], 0.5);
        pitot_counter_add(counters[i], -1);
        pitot_counter_add_exemplar(counters[i], 1, (const pitot_label[]){{"trace", "x"}, {0}});
        pitot_counter_reset(counters[i]);
        assert_true(pitot_counter_value(counters[i]) == 0);
        pitot_gauge_set(gauge[i], 3);
        pitot_gauge_add(gauge[i], 3);
        assert_true(pitot_gauge_value(gauge[i]) == 0);
        pitot_histogram_observe(histogram[i], 0.3);
        pitot_histogram_observe(histogram[i], __builtin_nan(""));
        pitot_histogram_observe_exemplar(
            histogram[i], 1, (const pitot_label[]){{"trace", "x"}, {0}});
        pitot_histogram_reset(histogram[i]);
        assert_int_equal(pitot_histogram_count(histogram[i]), 0);
        pitot_stateset_set(stateset[i], "on", true);
        pitot_stateset_enum(stateset[i], "off");
        assert_false(pitot_stateset_is(stateset[i], "on"));
    }
    assert_true(own(reg, "pitot_series") == 0);
    pitot_counter *again = child(vec, 0, 5);
    pitot_counter_inc(again);
    assert_true(pitot_counter_value(again) == 1);
    pitot_registry_free(reg);
}

static bool keep(void *ctx, const char *bytes, size_t size)
{
    FILE *to = ctx;

    return fwrite(bytes, 1, size, to) == size;
}

static char *text_of(const pitot_snapshot *snap)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    assert_true(pitot_encode(snap, PITOT_FORMAT_OPENMETRICS, keep, to, NULL));
    fclose(to);
    return text;
}

static void a_snapshot_shows_what_was_although_all_of_it_is_gone(void **state)
{
    enum { SERIES = 5000 };
    pitot_registry *reg = pitot_registry_new(NULL);
    pitot_counter_vec *vec = new_counters(reg, SERIES, 0);
    (void)state;
    for (int i = 0; i < SERIES; i++)
        pitot_counter_add_u64(child(vec, 0, i), (uint64_t)i);
    pitot_counter_remove(vec, (const char *const[]){"round-0-series-2000"}, 1);
    pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);
    char *before = text_of(snap);

    pitot_counter_reset(child(vec, 0, 100)); /* its start time moves, but not here */
    pitot_counter_clear(vec);
    for (int i = 0; i < SERIES; i++)
        pitot_counter_inc(child(vec, 1, i));
    pitot_snapshot_free(pitot_snapshot_take(reg, NULL));
    char *after = text_of(snap);

    assert_string_equal(before, after);
    assert_null(strstr(before, "series-2000\""));
    assert_non_null(strstr(before, "series-1999\"} 1999"));
    free(before);
    free(after);
    pitot_registry_free(reg);
    pitot_snapshot_free(snap);
}

static void past_the_limit_of_memory_series_share_one_and_room_that_comes_is_used(void **state)
{
    pitot_registry *reg = pitot_registry_new(NULL);
    pitot_counter_vec *vec = new_counters(reg, 1000000, 0);
    int made = 0;
    (void)state;
    pitot_registry_limit_memory(reg, 1 << 20);

    for (int i = 0; i < 50000; i++)
        pitot_counter_inc(child(vec, 0, i));
    pitot_counter *overflow = child(vec, 0, 60000);
    while (child(vec, 0, made) != overflow)
        made++;
    assert_in_range(made, 1000, 10000); /* 1 MiB, and what the last batch took more */
    assert_true(own(reg, "pitot_series_memory_bytes") < 1 << 21);
    assert_true(own(reg, "pitot_dropped_total{reason=\"memory_limit\"}") >= 50000 - made);
    assert_true(own(reg, "pitot_dropped_total{reason=\"series_limit\"}") == 0);
    assert_true(pitot_counter_value(overflow) == 50000 - made);

    pitot_counter_clear(vec);
    pitot_counter_inc(child(vec, 1, 1));
    assert_true(pitot_counter_value(child(vec, 1, 1)) == 1);
    pitot_registry_limit_memory(reg, 0);
    for (int i = 0; i < 50000; i++)
        pitot_counter_inc(child(vec, 2, i));
    assert_true(own(reg, "pitot_series") == 50001);
    pitot_registry_free(reg);
}

static void a_child_that_nothing_is_recorded_on_goes_and_others_stay(void **state)
{
    pitot_registry *reg = pitot_registry_new(NULL);
    pitot_counter_vec *vec = new_counters(reg, 10, 2);
    (void)state;
    for (int i = 0; i < 10; i++)
        pitot_counter_inc(child(vec, 0, i));
    assert_true(own(reg, "pitot_series") == 10);

    for (int tries = 0; tries < 100 && own(reg, "pitot_series") > 1; tries++) {
        pitot_counter_inc(child(vec, 0, 3));
        usleep(100000);
    }

    assert_true(own(reg, "pitot_series") == 1);
    assert_true(own(reg, "pitot_series_expired_total") == 9);
    char *page = page_of(reg, PITOT_FORMAT_TEXT);
    assert_non_null(strstr(page, "x{a=\"round-0-series-3\"}"));
    free(page);
    pitot_registry_free(reg);
}

static void each_type_knows_a_child_that_is_still_recorded_on(void **state)
{
    pitot_registry *reg = pitot_registry_new(NULL);
    const pitot_desc desc = {.help = "H.", .labels = PITOT_LABELS("a"), .idle_s = 2};
    pitot_desc descs[5] = {desc, desc, desc, desc, desc};
    pitot_error err = {0};
    (void)state;
    for (int i = 0; i < 5; i++)
        descs[i].name = (const char *const[]){"c", "g", "h", "n", "s"}[i];
    descs[3].native_factor = 1.1;
    descs[4].bounds = PITOT_BOUNDS(0.5);
    pitot_counter_vec *counters = pitot_counter_vec_new(reg, &err, &descs[0]);
    pitot_gauge_vec *gauges = pitot_gauge_vec_new(reg, &err, &descs[1]);
    pitot_histogram_vec *histograms = pitot_histogram_vec_new(reg, &err, &descs[2]),
                        *natives = pitot_histogram_vec_new(reg, &err, &descs[3]);
    pitot_summary_vec *summaries = pitot_summary_vec_new(reg, &err, &descs[4]);
    assert_int_equal(err.code, 0);

    for (int tries = 0; tries < 100 && (tries < 2 || own(reg, "pitot_series") > 5); tries++) {
        const char *value = tries == 0 ? "once" : "often";

        pitot_counter_add(pitot_counter_with(counters, value), 0.5);
        pitot_gauge_add(pitot_gauge_with(gauges, value), 1);
        pitot_histogram_observe(pitot_histogram_with(histograms, value), 1);
        pitot_histogram_observe(pitot_histogram_with(natives, value), 1);
        pitot_summary_observe(pitot_summary_with(summaries, value), 1);
        usleep(100000);
    }

    assert_true(own(reg, "pitot_series") == 5);
    assert_true(own(reg, "pitot_series_expired_total") == 5);
    char *page = page_of(reg, PITOT_FORMAT_TEXT);
    assert_null(strstr(page, "once"));
    free(page);
    pitot_registry_free(reg);
}

static void a_full_vec_has_room_again_when_children_have_expired(void **state)
{
    pitot_registry *reg = pitot_registry_new(NULL);
    pitot_counter_vec *vec = new_counters(reg, 5, 1);
    pitot_counter *first, *overflow;
    (void)state;
    for (int i = 0; i < 5; i++)
        pitot_counter_inc(child(vec, 0, i));
    overflow = child(vec, 0, 6);
    assert_ptr_equal(child(vec, 0, 7), overflow);

    first = overflow;
    for (int tries = 0; tries < 100 && first == overflow; tries++) { /* nobody scrapes */
        usleep(100000);
        first = child(vec, 1, 0);
    }

    assert_ptr_not_equal(first, overflow);
    pitot_counter_inc(first);
    assert_true(pitot_counter_value(first) == 1);
    pitot_registry_free(reg);
}

static void idle_seconds_are_for_children_that_are_recorded_on(void **state)
{
    pitot_registry *reg = pitot_registry_new(NULL);
    pitot_error err = {0};
    (void)state;

    assert_null(
        pitot_counter_new(reg, &err, &(pitot_desc){.name = "c", .help = "H.", .idle_s = 5}));
    assert_int_equal(err.code, PITOT_EINVAL);
    assert_non_null(strstr(err.message, "idle_s"));
    err = (pitot_error){0};
    assert_null(pitot_info_vec_new(reg, &err,
        &(pitot_desc){.name = "i", .help = "H.", .labels = PITOT_LABELS("a"), .idle_s = 5}));
    assert_int_equal(err.code, PITOT_EINVAL);
    err = (pitot_error){0};
    new_counters(reg, 5, 7);
    assert_null(pitot_counter_vec_new(reg, &err,
        &(pitot_desc){
            .name = "x", .help = "H.", .labels = PITOT_LABELS("a"), .series_max = 5, .idle_s = 8}));
    assert_int_equal(err.code, PITOT_EEXIST);
    pitot_registry_free(reg);
}

/* ---- At the same time ---- */

static pitot_counter_vec *_Atomic shared;
static _Atomic bool stop;

static void *record(void *arg)
{
    unsigned seed = (unsigned)(uintptr_t)arg;

    while (!atomic_load(&stop)) {
        pitot_counter *c = child(shared, 0, rand_r(&seed) % 2000);

        for (int i = 0; i < 100; i++)
            pitot_counter_inc(c);
        pitot_counter_add(c, 0.5);
    }
    return NULL;
}

static void *churn(void *arg)
{
    (void)arg;
    while (!atomic_load(&stop)) {
        pitot_counter_clear(shared);
        usleep(500);
    }
    return NULL;
}

static void series_may_come_and_go_while_threads_record_and_scrape(void **state)
{
    pitot_registry *reg = pitot_registry_new(NULL);
    pthread_t threads[4];
    (void)state;
    atomic_store(&shared, new_counters(reg, 5000, 0));
    atomic_store(&stop, false);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, record, (void *)(uintptr_t)(i + 1));
    pthread_create(&threads[3], NULL, churn, NULL);

    for (int i = 0; i < 100; i++) {
        pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);
        free(text_of(snap));
        pitot_snapshot_free(snap);
    }

    atomic_store(&stop, true);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    pitot_counter_clear(shared);
    assert_true(own(reg, "pitot_series") == 0);
    pitot_registry_free(reg);
}

/* A sanitizer looks at the end of this program: the registry that is there from the start stays. */
static void a_registry_that_is_never_freed_is_no_leak(void **state)
{
    pitot_registry *standing = pitot_registry_default();
    pitot_counter_vec *vec = pitot_counter_vec_new(standing, NULL,
        &(pitot_desc){
            .name = "stays_total", .help = "H.", .labels = PITOT_LABELS("n"), .series_max = 10000});
    char value[16];
    (void)state;

    for (int i = 0; i < 5000; i++) {
        snprintf(value, sizeof(value), "%d", i);
        pitot_counter_inc(pitot_counter_with(vec, value));
    }
    pitot_snapshot_free(pitot_snapshot_take(standing, NULL));
    assert_int_equal(pitot_counter_value(pitot_counter_with(vec, "17")), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(series_that_come_and_go_for_ever_leave_no_memory_behind),
        cmocka_unit_test(a_handle_of_a_series_whose_memory_is_gone_does_nothing),
        cmocka_unit_test(a_snapshot_shows_what_was_although_all_of_it_is_gone),
        cmocka_unit_test(past_the_limit_of_memory_series_share_one_and_room_that_comes_is_used),
        cmocka_unit_test(a_child_that_nothing_is_recorded_on_goes_and_others_stay),
        cmocka_unit_test(each_type_knows_a_child_that_is_still_recorded_on),
        cmocka_unit_test(a_full_vec_has_room_again_when_children_have_expired),
        cmocka_unit_test(idle_seconds_are_for_children_that_are_recorded_on),
        cmocka_unit_test(a_registry_that_is_never_freed_is_no_leak),
        cmocka_unit_test(series_may_come_and_go_while_threads_record_and_scrape),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
