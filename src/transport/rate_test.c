/* SPDX-License-Identifier: MIT */
/* rate_test.c -- the token bucket, by a clock that stands still unless it is told. */
#include "transport/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void it_gives_a_burst_and_then_one_in_each_interval(void **state)
{
    struct pt_rate rate = pt_rate_new(100, 3);

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(pt_rate_take(&rate, 1000));
    assert_false(pt_rate_take(&rate, 1000));
    assert_false(pt_rate_take(&rate, 1099));
    assert_true(pt_rate_take(&rate, 1100));
    assert_false(pt_rate_take(&rate, 1100));
    assert_true(pt_rate_take(&rate, 1250));
    assert_false(pt_rate_take(&rate, 1250));
    assert_true(pt_rate_take(&rate, 1300));
}

static void what_was_refused_costs_nothing(void **state)
{
    struct pt_rate rate = pt_rate_new(100, 1);

    (void)state;
    assert_true(pt_rate_take(&rate, 0));
    for (int i = 0; i < 1000; i++)
        assert_false(pt_rate_take(&rate, 99));
    assert_true(pt_rate_take(&rate, 100));
}

static void a_long_rest_saves_no_more_than_a_burst(void **state)
{
    struct pt_rate rate = pt_rate_new(100, 2);

    (void)state;
    assert_true(pt_rate_take(&rate, 0));
    assert_true(pt_rate_take(&rate, 1000000));
    assert_true(pt_rate_take(&rate, 1000000));
    assert_false(pt_rate_take(&rate, 1000000));
}

static void an_interval_of_0_is_no_limit(void **state)
{
    struct pt_rate rate = pt_rate_new(0, 0);

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_true(pt_rate_take(&rate, 5));
}

static void the_largest_bucket_does_not_overflow(void **state)
{
    struct pt_rate rate = pt_rate_new(UINT64_C(86400000000000), 1000000);

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_true(pt_rate_take(&rate, 5));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_gives_a_burst_and_then_one_in_each_interval),
        cmocka_unit_test(what_was_refused_costs_nothing),
        cmocka_unit_test(a_long_rest_saves_no_more_than_a_burst),
        cmocka_unit_test(an_interval_of_0_is_no_limit),
        cmocka_unit_test(the_largest_bucket_does_not_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
