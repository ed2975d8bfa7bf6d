/* SPDX-License-Identifier: MIT */
/* custom_test.c -- custom buckets say what the classic ones say. */
#include "snapshot/custom.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct pt_pool pool;
static const double bounds[] = {1, 2, 3, 4, 5};

static struct pt_family_values family_of(const uint64_t *words, size_t count)
{
    return (struct pt_family_values){
        .type = PITOT_HISTOGRAM,
        .name = {"h", 1},
        .bound_count = 5,
        .bounds = bounds,
        .series_count = count,
        .words_per_series = 7,
        .words = words,
    };
}

static void empty_buckets_lie_between_the_spans(void **state)
{
    static const uint64_t words[] = {0, 3, 4, 0, 0, 7, 42};
    struct pt_family_values family = family_of(words, 1);
    pitot_native native;
    (void)state;

    assert_true(pt_custom_write(&native, &family, 0, &pool, NULL));
    assert_int_equal(native.schema, -53);
    assert_int_equal(native.positive_span_count, 2);
    assert_int_equal(native.positive_spans[0].offset, 1);
    assert_int_equal(native.positive_spans[0].length, 2);
    assert_int_equal(native.positive_spans[1].offset, 2);
    assert_int_equal(native.positive_spans[1].length, 1);
    assert_int_equal(native.positive_count, 3);
    assert_int_equal(native.positive[0].u64, 3);
    assert_int_equal(native.positive[1].u64, 4);
    assert_int_equal(native.positive[2].u64, 7);
    assert_int_equal(native.negative_span_count, 0);
    assert_int_equal(native.zero_count.u64, 0);
    assert_true(native.zero_threshold == 0);
    pt_pool_free(&pool);
}

static void every_histogram_reads_back_the_same(void **state)
{
    uint64_t words[64][7] = {{0}};
    struct pt_family_values family = family_of(words[0], 64);
    (void)state;

    for (size_t i = 0; i < 64; i++) /* each set of empty buckets */
        for (size_t j = 0; j < 7; j++)
            words[i][j] = i >> j & 1 ? i * 10 + j + 1 : 0;
    for (size_t i = 0; i < 64; i++) {
        uint64_t back[7] = {0};
        size_t at = 0, next = 0;
        pitot_native native;

        assert_true(pt_custom_write(&native, &family, i, &pool, NULL));
        for (size_t s = 0; s < native.positive_span_count; s++) {
            assert_true(native.positive_spans[s].offset > 0 || s == 0);
            next += (size_t)native.positive_spans[s].offset;
            for (uint32_t j = 0; j < native.positive_spans[s].length; j++)
                back[next++] = native.positive[at++].u64;
        }
        assert_int_equal(at, native.positive_count);
        for (size_t j = 0; j < 6; j++)
            assert_int_equal(back[j], words[i][j]);
    }
    pt_pool_free(&pool);
}

static void what_has_no_classic_buckets_is_refused(void **state)
{
    static const uint64_t words[] = {1, 1};
    struct pt_family_values family = family_of(words, 1);
    pitot_error err = {0};
    pitot_native native;
    (void)state;
    family.bound_count = 0;

    assert_false(pt_custom_write(&native, &family, 0, &pool, &err));
    assert_string_equal(err.message, "metric \"h\" has no classic buckets");
    pt_pool_free(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_buckets_lie_between_the_spans),
        cmocka_unit_test(every_histogram_reads_back_the_same),
        cmocka_unit_test(what_has_no_classic_buckets_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
