/* SPDX-License-Identifier: MIT */
/* schema_test.c -- the buckets of native histograms are those of the specification, exactly. */
#include "instrument/schema.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void a_factor_picks_the_coarsest_schema_that_keeps_it(void **state)
{
    static const struct {
        double factor;
        int32_t schema;
    } rows[] = {{65536, -4}, {1e9, -4}, {INFINITY, -4}, {65535, -3}, {256, -3}, {17, -2}, {16, -2},
        {4, -1}, {3.9, 0}, {2, 0}, {1.5, 1}, {1.2, 2}, {1.1, 3}, {1.05, 4}, {1.03, 5}, {1.02, 6},
        {1.01, 7}, {1.005, 8}, {1.00271, 8}, {1.0001, 8}};
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(pt_schema_of_factor(rows[i].factor), rows[i].schema);
}

static void a_bound_belongs_to_the_bucket_below_it(void **state)
{
    (void)state;

    for (int32_t schema = PITOT_SCHEMA_MIN; schema <= PITOT_SCHEMA_MAX; schema++) {
        int32_t first = pt_schema_index(schema, DBL_MIN) + 1, last = pt_schema_last(schema);

        for (int32_t index = first; index <= last; index++) {
            double bound = pt_schema_bound(schema, index);

            assert_int_equal(pt_schema_index(schema, bound), index);
            assert_int_equal(pt_schema_index(schema, nextafter(bound, INFINITY)), index + 1);
            assert_true(pt_schema_bound(schema, index - 1) < bound);
        }
    }
}

static void bounds_are_what_the_formula_says(void **state)
{
    (void)state;

    for (int32_t schema = PITOT_SCHEMA_MIN; schema <= PITOT_SCHEMA_MAX; schema++) {
        assert_true(pt_schema_bound(schema, 0) == 1);
        for (int32_t index = -50; index <= 50; index++) {
            double right = exp2(index * exp2(-schema)), bound = pt_schema_bound(schema, index);

            assert_true(fabs(bound - right) <= right * 4 * DBL_EPSILON);
        }
    }
    assert_true(pt_schema_bound(0, 10) == 1024);
    assert_true(pt_schema_bound(-4, 1) == 65536);
    assert_true(pt_schema_bound(-4, -1) == 0x1p-16);
    assert_true(pt_schema_bound(3, 1) == 2 * 0.5452538663326288);
    assert_true(pt_schema_bound(0, -128) == PT_ZERO_THRESHOLD);
}

/* NH-2. */
static void the_largest_number_ends_the_last_bucket_and_infinity_has_the_next(void **state)
{
    (void)state;

    assert_int_equal(pt_schema_index(8, DBL_MAX), 262144);
    assert_int_equal(pt_schema_index(8, INFINITY), 262145);
    for (int32_t schema = PITOT_SCHEMA_MIN; schema <= PITOT_SCHEMA_MAX; schema++) {
        int32_t last = pt_schema_last(schema);

        assert_int_equal(pt_schema_index(schema, DBL_MAX), last);
        assert_int_equal(pt_schema_index(schema, INFINITY), last + 1);
        assert_true(pt_schema_bound(schema, last) == DBL_MAX);
        assert_true(isinf(pt_schema_bound(schema, last + 1)));
        if (schema > PITOT_SCHEMA_MIN)
            assert_int_equal(
                pt_schema_coarser(last + 1, schema, schema - 1), pt_schema_last(schema - 1) + 1);
    }
}

static void numbers_too_small_to_be_normal_have_buckets_too(void **state)
{
    (void)state;
    assert_int_equal(pt_schema_index(0, 0x1p-1074), -1074);
    assert_int_equal(pt_schema_index(8, 0x1p-1074), -1074 * 256);
    assert_int_equal(pt_schema_index(-4, 0x1p-1074), -67);
    assert_true(pt_schema_bound(0, -1074) == 0x1p-1074);
}

static void a_halved_resolution_has_the_bucket_that_recording_in_it_has(void **state)
{
    uint64_t x = 1;
    (void)state;

    for (int i = 0; i < 20000; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        double value = ldexp(1 + (double)(x >> 12) * 0x1p-52, (int)(x % 2000) - 1000);

        for (int32_t fine = PITOT_SCHEMA_MIN; fine <= PITOT_SCHEMA_MAX; fine++)
            for (int32_t coarse = PITOT_SCHEMA_MIN; coarse <= fine; coarse++)
                assert_int_equal(pt_schema_coarser(pt_schema_index(fine, value), fine, coarse),
                    pt_schema_index(coarse, value));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_factor_picks_the_coarsest_schema_that_keeps_it),
        cmocka_unit_test(a_bound_belongs_to_the_bucket_below_it),
        cmocka_unit_test(bounds_are_what_the_formula_says),
        cmocka_unit_test(the_largest_number_ends_the_last_bucket_and_infinity_has_the_next),
        cmocka_unit_test(numbers_too_small_to_be_normal_have_buckets_too),
        cmocka_unit_test(a_halved_resolution_has_the_bucket_that_recording_in_it_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
