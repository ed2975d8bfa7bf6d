/* SPDX-License-Identifier: MIT */
/* sketch_test.c -- joining buckets, and quantiles within the error that is promised. */
#include "instrument/sketch.h"

#include "instrument/schema.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#define ERROR_MAX 0.0055 /* of a quantile, at schema 6 */

static const struct pt_sketch nothing;

static void add(struct pt_sketch *sketch, double value)
{
    if (value == 0)
        sketch->zero_count++;
    else
        assert_true(pt_sketch_add(sketch, value < 0 ? PT_NEGATIVE : PT_POSITIVE,
            pt_schema_index(sketch->schema, fabs(value)), 1, NULL));
}

static void buckets_come_out_sorted_and_united(void **state)
{
    struct pt_sketch sketch = {0};
    uint64_t x = 1;
    (void)state;

    for (int i = 0; i < 5000; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        assert_true(pt_sketch_add(&sketch, PT_POSITIVE, (int32_t)(x >> 40) % 700 - 350, 2, NULL));
    }
    pt_sketch_sort(&sketch);
    const struct pt_side *side = &sketch.sides[PT_POSITIVE];
    uint64_t count = 0;
    for (size_t i = 0; i < side->count; i++) {
        count += side->buckets[i].count;
        if (i > 0)
            assert_true(side->buckets[i].index > side->buckets[i - 1].index);
    }
    assert_int_equal(count, 10000);
    pt_sketch_free(&sketch);
}

static void widening_takes_the_nearest_bucket_of_both_sides(void **state)
{
    struct pt_sketch sketch = {0};
    (void)state;

    pt_sketch_start(&sketch, 0, PT_ZERO_THRESHOLD);
    for (int i = 0; i < 4; i++)
        add(&sketch, ldexp(1, i));
    add(&sketch, -1);
    add(&sketch, -1);
    add(&sketch, -4);
    pt_sketch_sort(&sketch);
    assert_false(pt_sketch_widen(&sketch, 0.5));
    assert_true(pt_sketch_widen(&sketch, 2.5));
    assert_true(sketch.zero_threshold == 1);
    assert_int_equal(sketch.zero_count, 3);
    assert_int_equal(pt_sketch_populated(&sketch), 4);
    assert_true(pt_sketch_widen(&sketch, 2.5));
    assert_true(sketch.zero_threshold == 2);
    assert_int_equal(sketch.zero_count, 4);
    assert_false(pt_sketch_widen(&sketch, 2.5));
    pt_sketch_free(&sketch);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double random_value(uint64_t *x, int run)
{
    *x = *x * 6364136223846793005u + 1442695040888963407u;
    double unit = (double)(*x >> 12) * 0x1p-52;

    switch (run % 5) {
    case 0:
        return exp((unit - 0.5) * 20); /* many decades */
    case 1:
        return 1 + unit * 0.001; /* less than a bucket */
    case 2:
        return unit < 0.3 ? 0 : (unit - 0.6) * 5; /* both signs, and zeros */
    case 3:
        return -exp(unit * 3);
    default:
        return floor(unit * 10) + 1;
    }
}

static void a_quantile_is_off_by_no_more_than_is_promised(void **state)
{
    static const double qs[] = {0, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1};
    static double values[3000];
    uint64_t x = 1;
    double worst = 0;
    (void)state;

    for (int run = 0; run < 50; run++) {
        size_t count = run < 5 ? 1 : run < 10 ? 2 : 100 + (size_t)run * 58;
        struct pt_sketch sketch = {0};

        pt_sketch_start(&sketch, 6, PT_ZERO_THRESHOLD);
        for (size_t i = 0; i < count; i++) {
            values[i] = random_value(&x, run);
            add(&sketch, values[i]);
        }
        pt_sketch_sort(&sketch);
        qsort(values, count, sizeof(values[0]), compare);
        for (size_t i = 0; i < sizeof(qs) / sizeof(qs[0]); i++) {
            double rank = ceil(qs[i] * (double)count);
            double right = values[rank < 1 ? 0 : (size_t)rank - 1];
            double got = pt_sketch_quantile(&sketch, &nothing, qs[i]);

            if (fabs(got - right) > ERROR_MAX * fabs(right))
                fail_msg("quantile %g of %zu values is %g, not %g", qs[i], count, got, right);
            worst = fmax(worst, right != 0 ? fabs(got - right) / fabs(right) : 0);
        }
        pt_sketch_free(&sketch);
    }
    assert_true(worst > ERROR_MAX * 0.9); /* the promise is no larger than it has to be */
}

static void a_quantile_of_what_came_since_leaves_out_what_was_before(void **state)
{
    struct pt_sketch now = {0}, before = {0};
    (void)state;

    pt_sketch_start(&now, 6, PT_ZERO_THRESHOLD);
    assert_true(isnan(pt_sketch_quantile(&now, &nothing, 0.5)));
    for (int i = 0; i < 100; i++) {
        add(&now, 1000);
        add(&now, -1000);
        add(&now, 0);
        add(&now, 5);
    }
    pt_sketch_sort(&now);
    assert_true(pt_sketch_copy(&before, &now, NULL));
    assert_true(isnan(pt_sketch_quantile(&now, &before, 0.5)));
    add(&now, 5);
    add(&now, 7);
    add(&now, -2);
    pt_sketch_sort(&now);
    assert_true(fabs(pt_sketch_quantile(&now, &before, 0) + 2) < 0.02);
    assert_true(fabs(pt_sketch_quantile(&now, &before, 0.5) - 5) < 0.05);
    assert_true(fabs(pt_sketch_quantile(&now, &before, 1) - 7) < 0.07);
    /* After halving both it is the same, only less exact. */
    pt_sketch_coarsen(&now, 5);
    pt_sketch_coarsen(&before, 5);
    assert_true(fabs(pt_sketch_quantile(&now, &before, 1) - 7) < 0.14);
    pt_sketch_free(&now);
    pt_sketch_free(&before);
}

static void infinities_are_quantiles_too(void **state)
{
    struct pt_sketch sketch = {0};
    (void)state;

    pt_sketch_start(&sketch, 6, PT_ZERO_THRESHOLD);
    add(&sketch, INFINITY);
    add(&sketch, -INFINITY);
    add(&sketch, 1);
    pt_sketch_sort(&sketch);
    assert_true(pt_sketch_quantile(&sketch, &nothing, 0) == -INFINITY);
    assert_true(pt_sketch_quantile(&sketch, &nothing, 1) == INFINITY);
    pt_sketch_free(&sketch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_come_out_sorted_and_united),
        cmocka_unit_test(widening_takes_the_nearest_bucket_of_both_sides),
        cmocka_unit_test(a_quantile_is_off_by_no_more_than_is_promised),
        cmocka_unit_test(a_quantile_of_what_came_since_leaves_out_what_was_before),
        cmocka_unit_test(infinities_are_quantiles_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
