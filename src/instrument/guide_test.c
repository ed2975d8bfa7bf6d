/* SPDX-License-Identifier: MIT */
/* guide_test.c -- the bucket that is found is the one that a search from the first bound finds. */
#include "instrument/guide.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t seed;

static uint64_t random_bits(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static double random_in(double from, double to)
{
    return from + (to - from) * ((double)(random_bits() >> 11) * 0x1p-53);
}

/* Any number at all but NaN. */
static double random_double(void)
{
    for (;;) {
        uint64_t bits = random_bits();
        double value;

        memcpy(&value, &bits, sizeof(value));
        if (!isnan(value))
            return value;
    }
}

static size_t search(const double *bounds, size_t count, double value)
{
    size_t i = 0;

    while (i < count && bounds[i] < value)
        i++;
    return i;
}

static void check(
    const struct pitot_guide_ *guide, const double *bounds, size_t count, double value)
{
    size_t found = pitot_bucket_(guide, value), right = search(bounds, count, value);

    if (found != right)
        fail_msg("%a of %zu bounds: bucket %zu instead of %zu", value, count, found, right);
}

/* Values on, just below and just above every bound, and the numbers where formats change. */
static void check_edges(const struct pitot_guide_ *guide, const double *bounds, size_t count)
{
    static const double edges[] = {0.0, -0.0, INFINITY, -INFINITY, DBL_MAX, -DBL_MAX, DBL_MIN,
        -DBL_MIN, 0x1p-1074, -0x1p-1074, 1, -1, 1e-300, 1e300};

    for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
        check(guide, bounds, count, edges[i]);
    for (size_t i = 0; i < count; i++) {
        check(guide, bounds, count, bounds[i]);
        check(guide, bounds, count, -bounds[i]);
        check(guide, bounds, count, nextafter(bounds[i], -INFINITY));
        check(guide, bounds, count, nextafter(bounds[i], INFINITY));
        check(guide, bounds, count, bounds[i] + (bounds[i + 1] - bounds[i]) / 2);
    }
}

/* `bounds` has room for one more. */
static void check_bounds(double *bounds, size_t count, size_t tries)
{
    struct pt_pool pool = {0};

    bounds[count] = INFINITY;
    const struct pitot_guide_ *guide = pt_guide_new(&pool, bounds, count, NULL);
    assert_non_null(guide);
    assert_int_equal((uintptr_t)&guide->one % 16, 0);
    if (count < 500)
        check_edges(guide, bounds, count);
    for (size_t i = 0; i < tries; i++) {
        check(guide, bounds, count, random_double());
        if (count > 0) {
            check(guide, bounds, count, random_in(bounds[0], bounds[count - 1]));
            check(guide, bounds, count, bounds[random_bits() % count]);
        }
    }
    pt_pool_free(&pool);
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;

    return left < right ? -1 : left > right;
}

/* Sorts, and takes out what is there twice; returns how many are left. */
static size_t sort(double *bounds, size_t count)
{
    size_t kept = 0;

    qsort(bounds, count, sizeof(*bounds), compare);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || bounds[i] > bounds[kept - 1])
            bounds[kept++] = bounds[i];
    return kept;
}

static int seed_it(void **state)
{
    (void)state;
    seed = 0x9e3779b97f4a7c15u;
    return 0;
}

static void without_bounds_everything_is_in_the_one_bucket(void **state)
{
    double bounds[1];
    (void)state;

    check_bounds(bounds, 0, 1000);
}

static void one_bound_divides_all_numbers_wherever_it_is(void **state)
{
    static const double single[] = {0, -0.0, 1, -1, 0.1, DBL_MAX, -DBL_MAX, 0x1p-1074, -0x1p-1074,
        DBL_MIN, 1e-310, -1e-310, 1e17};
    double bounds[2];
    (void)state;

    for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
        bounds[0] = single[i];
        check_bounds(bounds, 1, 300);
    }
}

static void usual_bounds_are_found(void **state)
{
    double seconds[] = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 0};
    double around_zero[] = {-100, -10, -1, -0.1, 0, 0.1, 1, 10, 100, 0};
    double linear[129], powers[65];
    (void)state;

    check_bounds(seconds, 11, 10000);
    check_bounds(around_zero, 9, 10000);
    for (int i = 0; i < 128; i++)
        linear[i] = i;
    check_bounds(linear, 128, 10000);
    for (int i = 0; i < 64; i++)
        powers[i] = ldexp(1e-9, i);
    check_bounds(powers, 64, 10000);
}

static void random_bounds_of_every_kind_are_found(void **state)
{
    static double bounds[4096];
    (void)state;

    for (int round = 0; round < 400; round++) {
        size_t count = 1 + random_bits() % 40;
        int kind = round % 5;

        for (size_t i = 0; i < count; i++) {
            bounds[i] = kind == 0   ? random_double()
                        : kind == 1 ? random_in(0, 1)
                        : kind == 2 ? random_in(-5, 5)
                        : kind == 3 ? (double)(random_bits() % 1000) * 0x1p-1074
                                    : exp(random_in(-20, 20));
            if (isinf(bounds[i]))
                bounds[i] = 0;
        }
        check_bounds(bounds, sort(bounds, count), 100);
    }
}

static void bounds_that_lie_as_close_as_doubles_can_are_found(void **state)
{
    double bounds[101];
    (void)state;

    bounds[0] = 1;
    for (int i = 1; i < 100; i++)
        bounds[i] = nextafter(bounds[i - 1], INFINITY);
    check_bounds(bounds, 100, 1000);
    bounds[99] = 1e300; /* and one far away, so that the table must be coarse */
    check_bounds(bounds, 100, 1000);
    bounds[0] = -1e300;
    check_bounds(bounds, 100, 1000);
}

static void as_many_bounds_as_there_may_be_are_found(void **state)
{
    static double bounds[4096];
    (void)state;

    for (int i = 0; i < 4095; i++)
        bounds[i] = i * 0.25 - 300;
    check_bounds(bounds, 4095, 3000);
    for (int i = 0; i < 4095; i++)
        bounds[i] = exp(random_in(-300, 300));
    check_bounds(bounds, sort(bounds, 4095), 3000);
    for (int i = 0; i < 4095; i++)
        do
            bounds[i] = random_double();
        while (isinf(bounds[i]));
    check_bounds(bounds, sort(bounds, 4095), 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_bounds_everything_is_in_the_one_bucket, seed_it),
        cmocka_unit_test_setup(one_bound_divides_all_numbers_wherever_it_is, seed_it),
        cmocka_unit_test_setup(usual_bounds_are_found, seed_it),
        cmocka_unit_test_setup(random_bounds_of_every_kind_are_found, seed_it),
        cmocka_unit_test_setup(bounds_that_lie_as_close_as_doubles_can_are_found, seed_it),
        cmocka_unit_test_setup(as_many_bounds_as_there_may_be_are_found, seed_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
