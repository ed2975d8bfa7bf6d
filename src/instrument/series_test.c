/* SPDX-License-Identifier: MIT */
/* series_test.c -- when a series gets rows and loses them, and that its value does not notice. */
#include "instrument/series.h"

#include "instrument/family.h"

#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pitot/export.h>

static pitot_registry *reg;
static pitot_counter_vec *counters;
static pitot_histogram_vec *histograms;

static int set_up(void **state)
{
    (void)state;
    reg = pitot_registry_new(NULL);
    counters = pitot_counter_vec_new(
        reg, NULL, &(pitot_desc){.name = "c_total", .help = "H.", .labels = PITOT_LABELS("a")});
    histograms = pitot_histogram_vec_new(reg, NULL,
        &(pitot_desc){
            .name = "h", .help = "H.", .labels = PITOT_LABELS("a"), .bounds = PITOT_BOUNDS(1, 2)});
    return counters && histograms ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pitot_registry_free(reg);
    return 0;
}

static struct pt_series *series_of(void *handle)
{
    return handle;
}

static void take_snapshot(void)
{
    pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);

    assert_non_null(snap);
    pitot_snapshot_free(snap);
}

static void add(pitot_counter *c, int times)
{
    for (int i = 0; i < times; i++)
        pitot_counter_inc(c);
}

/* Takes all the room that there is; what is recorded stays cold until pt_rows_refill(). */
static void use_up_room(void)
{
    while (pt_rows_take(&reg->rows, 2))
        continue;
}

static void a_metric_without_labels_has_rows_from_the_start(void **state)
{
    (void)state;

    assert_non_null(pt_series_rows(
        series_of(pitot_counter_new(reg, NULL, &(pitot_desc){.name = "x", .help = "H."}))));
    assert_non_null(pt_series_rows(
        series_of(pitot_histogram_new(reg, NULL, &(pitot_desc){.name = "y", .help = "H."}))));
}

static void a_child_is_cold_until_it_was_recorded_on_1024_times(void **state)
{
    pitot_counter *c = pitot_counter_with(counters, "x");
    pitot_histogram *h = pitot_histogram_with(histograms, "x");
    (void)state;

    add(c, PT_HEAT_MAX - 1);
    assert_null(pt_series_rows(series_of(c)));
    assert_int_equal(series_of(c)->cold[PT_COUNTER_WHOLE], PT_HEAT_MAX - 1);
    add(c, 1);
    assert_non_null(pt_series_rows(series_of(c)));
    add(c, 10000);
    assert_true(pitot_counter_value(c) == 11024);

    for (int i = 0; i < PT_HEAT_MAX; i++)
        pitot_histogram_observe(h, 1.5);
    assert_non_null(pt_series_rows(series_of(h)));
    for (int i = 0; i < 10000; i++)
        pitot_histogram_observe(h, 0.5);
    assert_int_equal(pitot_histogram_count(h), 11024);
    assert_true(pitot_histogram_sum(h) == 5000 + 1024 * 1.5);
}

static void recordings_of_before_the_last_snapshot_make_nothing_hot(void **state)
{
    pitot_counter *c = pitot_counter_with(counters, "x");
    (void)state;

    for (int i = 0; i < 100; i++) { /* intervals are counted to 32 */
        add(c, PT_HEAT_MAX - 1);
        take_snapshot();
    }
    assert_null(pt_series_rows(series_of(c)));
    assert_true(pitot_counter_value(c) == 100 * (PT_HEAT_MAX - 1));
}

static void a_hot_child_that_found_no_room_gets_it_at_the_next_snapshot(void **state)
{
    pitot_counter *c = pitot_counter_with(counters, "x");
    (void)state;
    use_up_room();

    add(c, 3 * PT_HEAT_MAX);
    assert_null(pt_series_rows(series_of(c)));
    take_snapshot();
    assert_non_null(pt_series_rows(series_of(c)));
    add(c, 5);
    assert_true(pitot_counter_value(c) == 3 * PT_HEAT_MAX + 5);
}

static void the_value_is_the_sum_of_the_cold_words_and_all_rows(void **state)
{
    pitot_counter *c = pitot_counter_with(counters, "x");
    pitot_histogram *h = pitot_histogram_with(histograms, "x");
    uint64_t counts[3];
    (void)state;
    pitot_counter_add(c, 100.5);
    pitot_histogram_observe(h, 3);
    pt_series_promote(series_of(c));
    pt_series_promote(series_of(h));
    uint32_t rows = reg->rows.ladder.rows;

    for (uint32_t r = 0; r < rows; r++) {
        pt_cell_add((pt_cell *)pt_rows_word(pt_series_rows(series_of(c)), r, 0), r + 1);
        pt_cell_add_double((pt_cell *)pt_rows_word(pt_series_rows(series_of(c)), r, 1), 0.25);
        pt_pair_add(pt_rows_word(pt_series_rows(series_of(h)), r, 2), 2);
    }

    assert_true(pitot_counter_value(c) == 100.5 + rows * (rows + 1) / 2 + 0.25 * rows);
    assert_true(pt_series_buckets(series_of(h), counts) == 3 + 2.0 * rows);
    assert_true(counts[0] == 0 && counts[1] == rows && counts[2] == 1);
}

/* Stripes stay, so that adding to them needs no check; nobody reads them any more. */
static void a_removed_series_has_no_rows_of_cpus_and_never_gets_any(void **state)
{
    pitot_counter *c = pitot_counter_with(counters, "x");
    (void)state;
    add(c, 2 * PT_HEAT_MAX);
    assert_non_null(pt_series_rows(series_of(c)));

    pitot_counter_clear(counters);

    add(c, 3 * PT_HEAT_MAX);
    take_snapshot();
    pitot_counter_reset(c);
    pt_series_promote(series_of(c));
    add(c, 3 * PT_HEAT_MAX);
    if (!(pt_series_flags(series_of(c)) & PT_SERIES_SHARED))
        assert_null(pt_series_rows(series_of(c)));
    pitot_counter *again = pitot_counter_with(counters, "x");
    assert_ptr_not_equal(again, c);
    assert_true(pitot_counter_value(again) == 0);
}

static void the_rows_of_a_removed_series_serve_the_next_one_from_0(void **state)
{
    pitot_counter *c = pitot_counter_with(counters, "x"), *next = pitot_counter_with(counters, "y");
    (void)state;
    if (!pt_ladder_fence())
        skip();
    add(c, 2 * PT_HEAT_MAX);
    uint64_t *group = pt_series_rows(series_of(c));

    pitot_counter_remove(counters, (const char *const[]){"x"}, 1);
    pt_series_promote(series_of(next));

    assert_ptr_equal(pt_series_rows(series_of(next)), group);
    assert_true(pitot_counter_value(next) == 0);
    add(c, 100);
    assert_true(pitot_counter_value(next) == 0);
    add(next, 100);
    assert_true(pitot_counter_value(next) == 100);
}

static void a_reset_series_is_0_and_as_hot_as_before(void **state)
{
    pitot_counter *hot = pitot_counter_with(counters, "hot"),
                  *cold = pitot_counter_with(counters, "");
    pitot_histogram *h = pitot_histogram_with(histograms, "x");
    (void)state;
    add(hot, 2 * PT_HEAT_MAX);
    pitot_counter_add(hot, 0.5);
    add(cold, 7);
    for (int i = 0; i < 2 * PT_HEAT_MAX; i++)
        pitot_histogram_observe(h, 1);

    pitot_counter_reset(hot);
    pitot_counter_reset(cold);
    pitot_histogram_reset(h);

    assert_true(pitot_counter_value(hot) == 0 && pitot_counter_value(cold) == 0);
    assert_true(pitot_histogram_count(h) == 0 && pitot_histogram_sum(h) == 0);
    assert_non_null(pt_series_rows(series_of(hot)));
    assert_null(pt_series_rows(series_of(cold)));
    assert_non_null(pt_series_rows(series_of(h)));
    add(hot, 3);
    assert_true(pitot_counter_value(hot) == 3);
}

static void resetting_over_and_over_uses_up_no_room(void **state)
{
    pitot_counter *c = pitot_counter_new(reg, NULL, &(pitot_desc){.name = "x", .help = "H."});
    size_t chunks = reg->rows.chunk_count;
    (void)state;

    for (int i = 0; i < 20000; i++)
        pitot_counter_reset(c);
    assert_int_equal(reg->rows.chunk_count, chunks);
    assert_non_null(pt_series_rows(series_of(c)));
}

/* What two threads do to one another while a series gets rows that are shared. */
struct race {
    _Atomic(pitot_counter *) counter;
    atomic_bool over;
};

static void *record_all_the_time(void *shared)
{
    struct race *race = shared;

    while (!atomic_load(&race->over))
        pitot_counter_inc(atomic_load(&race->counter));
    return NULL;
}

/* A recorder that has seen that rows are shared takes them without looking again. So neither a
 * removal nor a reset may take away shared rows, not even those that are being published. */
static void shared_rows_that_are_just_there_can_be_removed_or_reset(void **state)
{
    struct pt_ladder real = pt_ladder();
    struct race race;
    pthread_t recorders[2];
    (void)state;
    pt_ladder_pretend((struct pt_ladder){PT_RUNG_STRIPED, PITOT_STRIPES_, false});
    pitot_registry *striped = pitot_registry_new(NULL);
    pt_ladder_pretend(real);
    pitot_counter_vec *vec = pitot_counter_vec_new(
        striped, NULL, &(pitot_desc){.name = "c", .help = "H.", .labels = PITOT_LABELS("a")});
    atomic_init(&race.counter, NULL);
    atomic_init(&race.over, false);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&recorders[i], NULL, record_all_the_time, &race), 0);

    for (int i = 0; i < 3000; i++) {
        pitot_counter *c = pitot_counter_with(vec, i % 2 ? "x" : "y");

        atomic_store(&race.counter, c);
        while (!(pt_series_flags(series_of(c)) & PT_SERIES_PROMOTED))
            continue;
        if (i % 3 == 0)
            pitot_counter_reset(c);
        pitot_counter_clear(vec);
    }
    atomic_store(&race.over, true);
    for (int i = 0; i < 2; i++)
        pthread_join(recorders[i], NULL);
    pitot_registry_free(striped);
}

static void on_the_single_rung_everything_stays_cold_and_counts(void **state)
{
    struct pt_ladder real = pt_ladder();
    (void)state;
    pt_ladder_pretend((struct pt_ladder){PT_RUNG_SINGLE, 0, false});
    pitot_registry *single = pitot_registry_new(NULL);
    pt_ladder_pretend(real);
    pitot_counter *c = pitot_counter_new(single, NULL, &(pitot_desc){.name = "x", .help = "H."});
    pitot_histogram *h =
        pitot_histogram_new(single, NULL, &(pitot_desc){.name = "y", .help = "H."});

    add(c, 5000);
    pitot_counter_add(c, 0.5);
    for (int i = 0; i < 5000; i++)
        pitot_histogram_observe(h, 0.5);

    assert_null(pt_series_rows(series_of(c)));
    assert_true(pitot_counter_value(c) == 5000.5);
    assert_int_equal(pitot_histogram_count(h), 5000);
    assert_true(pitot_histogram_sum(h) == 2500);
    pitot_counter_reset(c);
    pitot_histogram_reset(h);
    assert_true(pitot_counter_value(c) == 0 && pitot_histogram_count(h) == 0);
    pitot_registry_free(single);
}

static void a_cpu_without_a_row_of_its_own_adds_to_the_cold_words(void **state)
{
    struct pt_ladder real = pt_ladder();
    (void)state;
    if (real.rung != PT_RUNG_RSEQ)
        skip();
    pitot_counter *c = pitot_counter_new(reg, NULL, &(pitot_desc){.name = "x", .help = "H."});
    cpu_set_t set, before;
    int last = 0;
    sched_getaffinity(0, sizeof(before), &before);
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
        last = CPU_ISSET((unsigned)cpu, &before) ? cpu : last;
    if (last == 0)
        skip();
    CPU_ZERO(&set);
    CPU_SET((unsigned)last, &set);
    assert_int_equal(sched_setaffinity(0, sizeof(set), &set), 0);
    series_of(c)->hot.rows = (uint32_t)last; /* as if the kernel had not told of the last CPU */

    add(c, 10);

    sched_setaffinity(0, sizeof(before), &before);
    assert_int_equal(series_of(c)->cold[PT_COUNTER_WHOLE], 10);
    assert_true(pitot_counter_value(c) == 10);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_metric_without_labels_has_rows_from_the_start),
        TEST(a_child_is_cold_until_it_was_recorded_on_1024_times),
        TEST(recordings_of_before_the_last_snapshot_make_nothing_hot),
        TEST(a_hot_child_that_found_no_room_gets_it_at_the_next_snapshot),
        TEST(the_value_is_the_sum_of_the_cold_words_and_all_rows),
        TEST(a_removed_series_has_no_rows_of_cpus_and_never_gets_any),
        TEST(the_rows_of_a_removed_series_serve_the_next_one_from_0),
        TEST(a_reset_series_is_0_and_as_hot_as_before),
        TEST(resetting_over_and_over_uses_up_no_room),
        TEST(shared_rows_that_are_just_there_can_be_removed_or_reset),
        TEST(on_the_single_rung_everything_stays_cold_and_counts),
        TEST(a_cpu_without_a_row_of_its_own_adds_to_the_cold_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
