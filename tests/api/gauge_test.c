/* SPDX-License-Identifier: MIT */
/* gauge_test.c -- how much at the moment: up, down, any number. */
#include "test.h"

#include <math.h>
#include <time.h>

static pitot_gauge *new_gauge(pitot_registry *reg)
{
    pitot_error err = {0};
    pitot_gauge *g = pitot_gauge_new(reg, &err, &(pitot_desc){.name = "x", .help = "H."});

    assert_ok(&err);
    assert_non_null(g);
    return g;
}

static void a_gauge_starts_at_0(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;

    pitot_gauge *g = new_gauge(reg);

    assert_true(pitot_gauge_value(g) == 0);
    assert_line(reg, "x 0");
    pitot_registry_free(reg);
}

static void a_gauge_goes_up_and_down(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_gauge *g = new_gauge(reg);
    (void)state;

    pitot_gauge_inc(g);
    pitot_gauge_inc(g);
    pitot_gauge_dec(g);
    pitot_gauge_add(g, 2.5);
    pitot_gauge_add(g, -7);

    assert_true(pitot_gauge_value(g) == -3.5);
    assert_line(reg, "x -3.5");
    pitot_registry_free(reg);
}

static void any_number_can_be_set_and_the_last_one_stays(void **state)
{
    static const struct {
        double value;
        const char *text, *openmetrics;
    } rows[] = {
        {1, "x 1", "x 1.0"},
        {-2, "x -2", "x -2.0"},
        {-0.0, "x -0", "x -0.0"},
        {0.1, "x 0.1", "x 0.1"},
        {1e6, "x 1e+06", "x 1e+06"},
        {123456, "x 123456", "x 123456.0"},
        {1e-5, "x 1e-05", "x 1e-05"},
        {1700000000.25, "x 1.70000000025e+09", "x 1.70000000025e+09"},
        {9007199254740992, "x 9.007199254740992e+15", "x 9.007199254740992e+15"},
        {INFINITY, "x +Inf", "x +Inf"},
        {-INFINITY, "x -Inf", "x -Inf"},
        {NAN, "x NaN", "x NaN"},
        {-NAN, "x NaN", "x NaN"},
        {0, "x 0", "x 0.0"},
    };
    pitot_registry *reg = new_registry();
    pitot_gauge *g = new_gauge(reg);
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        pitot_gauge_set(g, rows[i].value);

        assert_memory_equal(&(double){pitot_gauge_value(g)}, &rows[i].value, sizeof(double));
        assert_line(reg, rows[i].text);
        char *page = page_of(reg, PITOT_FORMAT_OPENMETRICS);
        assert_true(has_line(page, rows[i].openmetrics));
        free(page);
    }
    assert_line(reg, "pitot_dropped_total{reason=\"not_finite\"} 0");
    pitot_registry_free(reg);
}

static void the_current_time_is_in_seconds_since_1970(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_gauge *g = new_gauge(reg);
    (void)state;

    time_t before = time(NULL);
    pitot_gauge_set_to_current_time(g);
    time_t after = time(NULL);

    assert_true(pitot_gauge_value(g) >= (double)before);
    assert_true(pitot_gauge_value(g) <= (double)after + 1);
    pitot_registry_free(reg);
}

static void seconds_since_a_moment_are_never_negative(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_gauge *g = new_gauge(reg);
    (void)state;

    uint64_t start = pitot_now();
    double first = pitot_seconds_since(start);
    pitot_gauge_set_since(g, start);
    double second = pitot_seconds_since(start);

    assert_true(first >= 0);
    assert_true(pitot_gauge_value(g) >= first);
    assert_true(pitot_gauge_value(g) <= second);
    assert_true(second < 60);
    assert_true(pitot_seconds_since(start + 3600 * (uint64_t)1000000000) == 0);
    pitot_gauge_set_since(g, UINT64_MAX);
    assert_true(pitot_gauge_value(g) == 0);
    pitot_registry_free(reg);
}

static void moments_are_nanoseconds(void **state)
{
    const struct timespec pause = {0, 20 * 1000 * 1000};
    (void)state;

    uint64_t start = pitot_now();
    nanosleep(&pause, NULL);
    uint64_t took = pitot_now() - start;

    assert_in_range(took, 20 * 1000 * 1000, UINT64_C(20) * 1000 * 1000 * 1000);
    assert_true(pitot_seconds_since(start) >= 0.02);
}

/* The gauge while the block runs; how the block is left is the argument. */
static double in_flight(pitot_gauge *g, int exit_by)
{
    double during = 0;

    for (int i = 0; i < 2; i++) {
        PITOT_IN_FLIGHT(g);

        during = pitot_gauge_value(g);
        if (exit_by == 0)
            return during;
        if (exit_by == 1)
            break;
        if (exit_by == 2)
            continue;
        if (exit_by == 3)
            goto out;
    }
out:
    return during;
}

static void a_block_in_flight_counts_until_it_is_left_by_any_way(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_gauge *g = new_gauge(reg);
    (void)state;
    pitot_gauge_set(g, 5);

    for (int exit_by = 0; exit_by < 5; exit_by++) {
        assert_true(in_flight(g, exit_by) == 6);
        assert_true(pitot_gauge_value(g) == 5);
    }
    pitot_registry_free(reg);
}

static void blocks_in_flight_nest(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_gauge *g = new_gauge(reg);
    (void)state;

    {
        PITOT_IN_FLIGHT(g);
        PITOT_IN_FLIGHT(g);
        assert_true(pitot_gauge_value(g) == 2);
    }

    assert_true(pitot_gauge_value(g) == 0);
    pitot_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gauge_starts_at_0),
        cmocka_unit_test(a_gauge_goes_up_and_down),
        cmocka_unit_test(any_number_can_be_set_and_the_last_one_stays),
        cmocka_unit_test(the_current_time_is_in_seconds_since_1970),
        cmocka_unit_test(seconds_since_a_moment_are_never_negative),
        cmocka_unit_test(moments_are_nanoseconds),
        cmocka_unit_test(a_block_in_flight_counts_until_it_is_left_by_any_way),
        cmocka_unit_test(blocks_in_flight_nest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
