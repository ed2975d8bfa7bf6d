/* SPDX-License-Identifier: MIT */
/* histogram_test.c -- how long, how big: which bucket, what is on the page, timing a block. */
#include "test.h"

#include <float.h>
#include <math.h>

static pitot_histogram *new_histogram(pitot_registry *reg, const double *bounds)
{
    pitot_error err = {0};
    pitot_histogram *h =
        pitot_histogram_new(reg, &err, &(pitot_desc){.name = "x", .help = "H.", .bounds = bounds});

    assert_ok(&err);
    assert_non_null(h);
    return h;
}

static void the_default_buckets_are_those_of_the_other_libraries(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;

    new_histogram(reg, NULL);

    assert_family(reg, PITOT_FORMAT_TEXT, "x",
        "# HELP x H.\n"
        "# TYPE x histogram\n"
        "x_bucket{le=\"0.005\"} 0\n"
        "x_bucket{le=\"0.01\"} 0\n"
        "x_bucket{le=\"0.025\"} 0\n"
        "x_bucket{le=\"0.05\"} 0\n"
        "x_bucket{le=\"0.1\"} 0\n"
        "x_bucket{le=\"0.25\"} 0\n"
        "x_bucket{le=\"0.5\"} 0\n"
        "x_bucket{le=\"1\"} 0\n"
        "x_bucket{le=\"2.5\"} 0\n"
        "x_bucket{le=\"5\"} 0\n"
        "x_bucket{le=\"10\"} 0\n"
        "x_bucket{le=\"+Inf\"} 0\n"
        "x_sum 0\n"
        "x_count 0\n");
    pitot_registry_free(reg);
}

static void a_value_is_counted_at_its_bound_and_in_every_bucket_above(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_histogram *h = new_histogram(reg, PITOT_BOUNDS(1, 2.5, 10));
    static const double values[] = {-1, 0, 1, 1.5, 2.5, 2.75, 10, 10.5, 1e9};
    (void)state;

    for (size_t i = 0; i < COUNT(values); i++)
        pitot_histogram_observe(h, values[i]);

    assert_int_equal(pitot_histogram_count(h), 9);
    assert_true(pitot_histogram_sum(h) == 1000000027.25);
    assert_family(reg, PITOT_FORMAT_TEXT, "x",
        "# HELP x H.\n"
        "# TYPE x histogram\n"
        "x_bucket{le=\"1\"} 3\n"
        "x_bucket{le=\"2.5\"} 5\n"
        "x_bucket{le=\"10\"} 7\n"
        "x_bucket{le=\"+Inf\"} 9\n"
        "x_sum 1.00000002725e+09\n"
        "x_count 9\n");
    pitot_registry_free(reg);
}

/* For every bound, the neighbours of it: one double below, the bound itself, one double above. */
static void assert_bounds_are_inclusive(const double *bounds)
{
    pitot_registry *reg = new_registry();
    pitot_histogram *h = new_histogram(reg, bounds);
    size_t count = 0;

    for (; bounds[count] != INFINITY; count++) {
        pitot_histogram_observe(h, nextafter(bounds[count], -INFINITY));
        pitot_histogram_observe(h, bounds[count]);
        pitot_histogram_observe(h, nextafter(bounds[count], INFINITY));
    }

    char *page = page_of(reg, PITOT_FORMAT_TEXT);
    const char *line = page;
    for (size_t i = 0; i <= count; i++) {
        line = find_line(line, "x_bucket{");
        assert_non_null(line);
        line = strstr(line, "} ");
        uint64_t expected = i < count ? 3 * i + 2 : 3 * count;
        assert_int_equal(strtoull(line + 2, NULL, 10), expected);
        line = strchr(line, '\n') + 1;
    }
    free(page);
    pitot_registry_free(reg);
}

static void every_bound_is_inclusive_to_the_last_bit(void **state)
{
    static double many[1001];
    (void)state;
    for (size_t i = 0; i < 1000; i++)
        many[i] = -3 + 0.0173 * (double)i * (double)i;
    many[1000] = INFINITY;

    assert_bounds_are_inclusive(PITOT_BOUNDS(1));
    assert_bounds_are_inclusive(PITOT_BOUNDS(0.1, 0.2, 0.3));
    assert_bounds_are_inclusive(PITOT_BOUNDS(-1e300, -1, 0, 1e-300, 1, 4, 1e300));
    assert_bounds_are_inclusive(PITOT_BOUNDS(DBL_MIN, 1, 1 + 4 * DBL_EPSILON, 2));
    assert_bounds_are_inclusive(many);
}

static void a_histogram_may_have_no_bound_but_infinity(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_histogram *h = new_histogram(reg, (const double[]){INFINITY});
    (void)state;

    pitot_histogram_observe(h, 3);

    assert_family(reg, PITOT_FORMAT_TEXT, "x",
        "# HELP x H.\n"
        "# TYPE x histogram\n"
        "x_bucket{le=\"+Inf\"} 1\n"
        "x_sum 3\n"
        "x_count 1\n");
    pitot_registry_free(reg);
}

static void infinities_have_a_bucket(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_histogram *h = new_histogram(reg, PITOT_BOUNDS(-1, 1));
    (void)state;

    pitot_histogram_observe(h, INFINITY);
    pitot_histogram_observe(h, INFINITY);

    assert_int_equal(pitot_histogram_count(h), 2);
    assert_true(pitot_histogram_sum(h) == INFINITY);
    assert_line(reg, "x_bucket{le=\"1\"} 0");
    assert_line(reg, "x_bucket{le=\"+Inf\"} 2");
    pitot_histogram_observe(h, -INFINITY);
    assert_line(reg, "x_bucket{le=\"-1\"} 1");
    assert_line(reg, "x_count 3");
    pitot_registry_free(reg);
}

static void nan_is_refused_and_counted(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_histogram *h = new_histogram(reg, PITOT_BOUNDS(1));
    (void)state;
    pitot_histogram_observe(h, 0.5);

    pitot_histogram_observe(h, NAN);
    pitot_histogram_observe(h, -NAN);

    assert_int_equal(pitot_histogram_count(h), 1);
    assert_true(pitot_histogram_sum(h) == 0.5);
    assert_line(reg, "pitot_dropped_total{reason=\"not_finite\"} 2");
    pitot_registry_free(reg);
}

static void a_bound_of_minus_0_is_0(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_histogram *h = new_histogram(reg, PITOT_BOUNDS(-0.0, 1));
    (void)state;

    pitot_histogram_observe(h, 0.0);
    pitot_histogram_observe(h, -0.0);

    assert_line(reg, "x_bucket{le=\"0\"} 2");
    pitot_registry_free(reg);
}

static void a_histogram_with_labels_has_a_set_of_lines_per_child(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    pitot_histogram_vec *vec = pitot_histogram_vec_new(reg, &err,
        &(pitot_desc){.name = "x_seconds",
            .help = "H.",
            .unit = "seconds",
            .labels = PITOT_LABELS("step"),
            .const_labels = (pitot_label[]){{"zone", "b"}, {0}},
            .bounds = PITOT_BOUNDS(1)});

    pitot_histogram_observe(pitot_histogram_with(vec, "write"), 2);
    pitot_histogram_observe(pitot_histogram_with(vec, "read"), 0.5);

    assert_ok(&err);
    assert_family(reg, PITOT_FORMAT_OPENMETRICS, "x_seconds",
        "# TYPE x_seconds histogram\n"
        "# UNIT x_seconds seconds\n"
        "# HELP x_seconds H.\n"
        "x_seconds_bucket{zone=\"b\",step=\"read\",le=\"1.0\"} 1\n"
        "x_seconds_bucket{zone=\"b\",step=\"read\",le=\"+Inf\"} 1\n"
        "x_seconds_count{zone=\"b\",step=\"read\"} 1\n"
        "x_seconds_sum{zone=\"b\",step=\"read\"} 0.5\n"
        "x_seconds_bucket{zone=\"b\",step=\"write\",le=\"1.0\"} 0\n"
        "x_seconds_bucket{zone=\"b\",step=\"write\",le=\"+Inf\"} 1\n"
        "x_seconds_count{zone=\"b\",step=\"write\"} 1\n"
        "x_seconds_sum{zone=\"b\",step=\"write\"} 2.0\n");
    pitot_registry_free(reg);
}

/* How a timed block is left is the argument. */
static int timed(pitot_histogram *h, int exit_by)
{
    for (int i = 0; i < 1; i++) {
        PITOT_TIME_SCOPE(h);

        if (pitot_histogram_count(h) != 0)
            return -1; /* the block has not ended yet */
        if (exit_by == 0)
            return 0;
        if (exit_by == 1)
            break;
        if (exit_by == 2)
            continue;
        if (exit_by == 3)
            goto out;
    }
out:
    return 0;
}

static void a_timed_block_is_observed_once_whichever_way_it_is_left(void **state)
{
    (void)state;

    for (int exit_by = 0; exit_by < 5; exit_by++) {
        pitot_registry *reg = new_registry();
        pitot_histogram *h = new_histogram(reg, NULL);

        assert_int_equal(timed(h, exit_by), 0);

        assert_int_equal(pitot_histogram_count(h), 1);
        assert_true(pitot_histogram_sum(h) >= 0);
        assert_true(pitot_histogram_sum(h) < 60);
        pitot_registry_free(reg);
    }
}

static void time_is_observed_in_seconds(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_histogram *h = new_histogram(reg, NULL);
    (void)state;

    pitot_histogram_observe_since(h, pitot_now() - UINT64_C(2500000000));

    assert_int_equal(pitot_histogram_count(h), 1);
    assert_true(pitot_histogram_sum(h) >= 2.5);
    assert_true(pitot_histogram_sum(h) < 60);
    pitot_registry_free(reg);
}

static void a_moment_in_the_future_is_observed_as_0(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_histogram *h = new_histogram(reg, NULL);
    (void)state;

    pitot_histogram_observe_since(h, UINT64_MAX);

    assert_int_equal(pitot_histogram_count(h), 1);
    assert_true(pitot_histogram_sum(h) == 0);
    pitot_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_buckets_are_those_of_the_other_libraries),
        cmocka_unit_test(a_value_is_counted_at_its_bound_and_in_every_bucket_above),
        cmocka_unit_test(every_bound_is_inclusive_to_the_last_bit),
        cmocka_unit_test(a_histogram_may_have_no_bound_but_infinity),
        cmocka_unit_test(infinities_have_a_bucket),
        cmocka_unit_test(nan_is_refused_and_counted),
        cmocka_unit_test(a_bound_of_minus_0_is_0),
        cmocka_unit_test(a_histogram_with_labels_has_a_set_of_lines_per_child),
        cmocka_unit_test(a_timed_block_is_observed_once_whichever_way_it_is_left),
        cmocka_unit_test(time_is_observed_in_seconds),
        cmocka_unit_test(a_moment_in_the_future_is_observed_as_0),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
