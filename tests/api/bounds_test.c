/* SPDX-License-Identifier: MIT */
/* bounds_test.c -- the three helpers that lay out buckets. Their count includes +Inf. */
#include "test.h"

#include <float.h>
#include <math.h>

#define UNTOUCHED (-12345.0)

/* The same numbers, nearly: the reference multiplies in another order. */
static void assert_bounds(const double *bounds, const double *expected, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (fabs(bounds[i] - expected[i]) > 1e-12 * fabs(expected[i]))
            fail_msg("bound %zu is %.17g, not %.17g", i, bounds[i], expected[i]);
    }
    assert_true(bounds[count] == INFINITY);
}

/* client_golang's TestBuckets: its counts leave +Inf out, ours do not. */
static void linear_bounds_are_those_of_client_golang(void **state)
{
    static const double expected[] = {-15, -10, -5, 0, 5, 10};
    double bounds[8] = {[7] = UNTOUCHED};
    pitot_error err = {0};
    (void)state;

    const double *made = pitot_bounds_linear(bounds, 7, &err, -15, 5);

    assert_ok(&err);
    assert_ptr_equal(made, bounds);
    assert_bounds(bounds, expected, 6);
    assert_true(bounds[7] == UNTOUCHED);
}

static void exponential_bounds_are_those_of_client_golang(void **state)
{
    static const double expected[] = {100, 120, 144};
    double bounds[5] = {[4] = UNTOUCHED};
    pitot_error err = {0};
    (void)state;

    const double *made = pitot_bounds_exponential(bounds, 4, &err, 100, 1.2);

    assert_ok(&err);
    assert_ptr_equal(made, bounds);
    assert_bounds(bounds, expected, 3);
    assert_true(bounds[4] == UNTOUCHED);
}

static void an_exponential_range_is_that_of_client_golang_and_ends_exactly(void **state)
{
    static const double expected[] = {1.0, 1.6681005372000588, 2.782559402207125, 4.641588833612779,
        7.742636826811273, 12.915496650148842, 21.544346900318846, 35.93813663804629,
        59.94842503189414, 100.00000000000007};
    double bounds[12] = {[11] = UNTOUCHED};
    pitot_error err = {0};
    (void)state;

    const double *made = pitot_bounds_exponential_range(bounds, 11, &err, 1, 100);

    assert_ok(&err);
    assert_ptr_equal(made, bounds);
    assert_bounds(bounds, expected, 10);
    assert_true(bounds[0] == 1);
    assert_true(bounds[9] == 100);
    assert_true(bounds[11] == UNTOUCHED);
}

static void the_smallest_layouts_work(void **state)
{
    double linear[2], exponential[2], range[3];
    pitot_error err = {0};
    (void)state;

    pitot_bounds_linear(linear, 2, &err, 7, 1);
    pitot_bounds_exponential(exponential, 2, &err, 0.5, 2);
    pitot_bounds_exponential_range(range, 3, &err, 0.001, 10);

    assert_ok(&err);
    assert_true(linear[0] == 7 && linear[1] == INFINITY);
    assert_true(exponential[0] == 0.5 && exponential[1] == INFINITY);
    assert_true(range[0] == 0.001 && range[1] == 10 && range[2] == INFINITY);
}

enum helper { LINEAR, EXPONENTIAL, RANGE };

static const double *lay_out(
    enum helper helper, double *bounds, size_t count, pitot_error *err, double a, double b)
{
    if (helper == LINEAR)
        return pitot_bounds_linear(bounds, count, err, a, b);
    if (helper == EXPONENTIAL)
        return pitot_bounds_exponential(bounds, count, err, a, b);
    return pitot_bounds_exponential_range(bounds, count, err, a, b);
}

static void arguments_that_make_no_buckets_are_refused(void **state)
{
    static const struct {
        enum helper helper;
        size_t count;
        double a, b;
        const char *message;
    } rows[] = {
        {LINEAR, 0, 1, 1, "bounds: count is 0; it includes +Inf and is from 2 to 4096"},
        {LINEAR, 1, 1, 1, "bounds: count is 1; it includes +Inf and is from 2 to 4096"},
        {EXPONENTIAL, 1, 1, 2, "bounds: count is 1; it includes +Inf and is from 2 to 4096"},
        {RANGE, 4097, 1, 2, "bounds: count is 4097; it includes +Inf and is from 2 to 4096"},
        {LINEAR, 3, 1, 0, "bounds: the width is not above 0"},
        {LINEAR, 3, 1, -1, "bounds: the width is not above 0"},
        {LINEAR, 3, 1, NAN, "bounds: the width is not above 0"},
        {LINEAR, 3, NAN, 1,
            "bounds: number 0 of 3 is not below the next one; take fewer or wider ones"},
        {LINEAR, 3, -INFINITY, 1,
            "bounds: number 0 of 3 is not below the next one; take fewer or wider ones"},
        {LINEAR, 3, 1e300, 1e-300,
            "bounds: number 0 of 3 is not below the next one; take fewer or wider ones"},
        {LINEAR, 4, 0, DBL_MAX,
            "bounds: number 2 of 4 is not below the next one; take fewer or wider ones"},
        {EXPONENTIAL, 3, 0, 2, "bounds: the start is not above 0"},
        {EXPONENTIAL, 3, -1, 2, "bounds: the start is not above 0"},
        {EXPONENTIAL, 3, NAN, 2, "bounds: the start is not above 0"},
        {EXPONENTIAL, 3, 1, 1, "bounds: the factor is not above 1"},
        {EXPONENTIAL, 3, 1, NAN, "bounds: the factor is not above 1"},
        {EXPONENTIAL, 4, 1, 1e200,
            "bounds: number 2 of 4 is not below the next one; take fewer or wider ones"},
        {RANGE, 2, 1, 2, "bounds: a range needs a count of at least 3"},
        {RANGE, 4, 0, 2, "bounds: min is not above 0"},
        {RANGE, 4, NAN, 2, "bounds: min is not above 0"},
        {RANGE, 4, 2, 2, "bounds: max is not above min"},
        {RANGE, 4, 2, NAN, "bounds: max is not above min"},
        {RANGE, 4, 1, INFINITY,
            "bounds: number 1 of 4 is not below the next one; take fewer or wider ones"},
    };
    static double bounds[5000];
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        pitot_error err = {0};

        const double *made =
            lay_out(rows[i].helper, bounds, rows[i].count, &err, rows[i].a, rows[i].b);

        assert_null(made);
        assert_error(&err, PITOT_EINVAL, rows[i].message);
    }
}

static void a_missing_array_is_refused(void **state)
{
    (void)state;

    for (int helper = LINEAR; helper <= RANGE; helper++) {
        pitot_error err = {0};

        assert_null(lay_out((enum helper)helper, NULL, 5, &err, 1, 2));
        assert_error(&err, PITOT_EINVAL, "bounds: the array is NULL");
    }
}

static void what_a_helper_lays_out_a_histogram_accepts(void **state)
{
    static double bounds[4096];
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    pitot_histogram *h = pitot_histogram_new(reg, &err,
        &(pitot_desc){.name = "x",
            .help = "H.",
            .bounds = pitot_bounds_exponential_range(bounds, 4096, &err, 1e-9, 1e9)});
    pitot_histogram_observe(h, 1e9);

    assert_ok(&err);
    char *page = page_of(reg, PITOT_FORMAT_TEXT);
    assert_int_equal(count_lines(page, "x_bucket{"), 4096);
    assert_true(has_line(page, "x_bucket{le=\"1e+09\"} 1"));
    free(page);
    pitot_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linear_bounds_are_those_of_client_golang),
        cmocka_unit_test(exponential_bounds_are_those_of_client_golang),
        cmocka_unit_test(an_exponential_range_is_that_of_client_golang_and_ends_exactly),
        cmocka_unit_test(the_smallest_layouts_work),
        cmocka_unit_test(arguments_that_make_no_buckets_are_refused),
        cmocka_unit_test(a_missing_array_is_refused),
        cmocka_unit_test(what_a_helper_lays_out_a_histogram_accepts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
