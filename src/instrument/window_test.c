/* SPDX-License-Identifier: MIT */
/* window_test.c -- what a window covers as time goes by. */
#include "instrument/window.h"

#include "instrument/schema.h"
#include "storage/cell.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND ((uint64_t)1000000000)

static struct pt_pool pool;
static struct pt_window *window;
static struct pt_sketch sketch;

static int set_up(void **state)
{
    (void)state;
    window = pt_window_new(&pool, 100, 5, 1000 * SECOND, NULL);
    pt_sketch_start(&sketch, 6, PT_ZERO_THRESHOLD);
    return window ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pt_window_clear(window, 0);
    pt_pool_free(&pool);
    pt_sketch_free(&sketch);
    return 0;
}

static void observe(double value)
{
    assert_true(pt_sketch_add(&sketch, PT_POSITIVE, pt_schema_index(6, value), 1, NULL));
    pt_sketch_sort(&sketch);
}

/* The lowest value of the window that ends so many seconds after the beginning. */
static double lowest_at(unsigned second)
{
    static const double qs[] = {0};
    uint64_t word;

    assert_true(pt_window_quantiles(window, &sketch, (1000 + second) * SECOND, qs, 1, &word, NULL));
    return round(pt_double_of(word));
}

static void values_leave_the_window_after_its_length_and_not_a_part_earlier(void **state)
{
    (void)state;

    assert_true(isnan(lowest_at(0)));
    observe(1);
    for (unsigned second = 5; second <= 80; second += 5)
        assert_true(lowest_at(second) == 1);
    for (unsigned second = 85; second <= 120; second += 5)
        lowest_at(second);
    assert_true(isnan(lowest_at(125)));
}

static void at_every_moment_it_covers_its_length_less_up_to_a_part(void **state)
{
    (void)state;

    for (unsigned second = 5; second <= 2000; second += 5) {
        observe(1000 + second); /* grows by more than a bucket in 20 s */
        double lowest = lowest_at(second);

        if (second > 120) {
            assert_true(lowest >= (1000 + second - 100) * (1 - 0.0055));
            assert_true(lowest <= (1000 + second - 75) * (1 + 0.0055));
        }
    }
}

static void rare_scrapes_see_what_came_since_the_last_one(void **state)
{
    (void)state;

    observe(1);
    assert_true(lowest_at(1000) == 1);
    observe(2);
    assert_true(lowest_at(2000) == 2);
    assert_true(isnan(lowest_at(3000)));
}

/* 32 bits of milliseconds last for 49.7 days. */
static void a_window_goes_on_after_fifty_days(void **state)
{
    const unsigned later = UINT32_MAX / 1000;
    (void)state;

    assert_true(isnan(lowest_at(later - 200)));
    for (unsigned second = later - 105; second < later - 5; second += 5)
        lowest_at(second);
    observe(1);
    for (unsigned second = later - 5; second <= later + 75; second += 5)
        assert_true(lowest_at(second) == 1);
    for (unsigned second = later + 80; second <= later + 115; second += 5)
        lowest_at(second);
    assert_true(isnan(lowest_at(later + 120)));
}

static void a_lower_resolution_does_not_bring_old_values_back(void **state)
{
    (void)state;

    for (unsigned second = 0; second <= 100; second += 5) {
        observe(1 + second / 10);
        lowest_at(second);
    }
    pt_sketch_coarsen(&sketch, 3);
    assert_in_range((unsigned)lowest_at(125), 2, 5);
    assert_true(isnan(lowest_at(300)));
}

static void after_clearing_nothing_is_in_it(void **state)
{
    (void)state;

    observe(1);
    lowest_at(50);
    pt_sketch_start(&sketch, 6, PT_ZERO_THRESHOLD);
    pt_window_clear(window, 1060 * SECOND);
    assert_true(isnan(lowest_at(70)));
    observe(3);
    assert_true(lowest_at(80) == 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            values_leave_the_window_after_its_length_and_not_a_part_earlier, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            at_every_moment_it_covers_its_length_less_up_to_a_part, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            rare_scrapes_see_what_came_since_the_last_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_window_goes_on_after_fifty_days, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_lower_resolution_does_not_bring_old_values_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(after_clearing_nothing_is_in_it, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
