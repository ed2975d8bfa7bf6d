/* SPDX-License-Identifier: MIT */
/* rows_test.c -- groups of words: where they lie, that they are bounded, that they come back as 0.
 */
#include "storage/rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct pt_ladder real;

static int remember_ladder(void **state)
{
    (void)state;
    real = pt_ladder();
    return 0;
}

static int restore_ladder(void **state)
{
    (void)state;
    pt_ladder_pretend(real);
    return 0;
}

static void groups_are_aligned_zero_in_every_row_and_apart(void **state)
{
    struct pt_rows rows;
    uint64_t *groups[100];
    (void)state;
    pt_ladder_pretend((struct pt_ladder){PT_RUNG_STRIPED, 8, false});
    pt_rows_start(&rows);

    for (size_t i = 0; i < 100; i++) {
        groups[i] = pt_rows_take(&rows, 2 + i % 3 * 2);
        assert_non_null(groups[i]);
        assert_int_equal((uintptr_t)groups[i] % 16, 0);
        for (uint32_t r = 0; r < 8; r++) {
            for (size_t w = 0; w < 2 + i % 3 * 2; w++) {
                assert_int_equal(*pt_rows_word(groups[i], r, w), 0);
                *pt_rows_word(groups[i], r, w) = i * 1000 + r * 10 + w;
            }
        }
    }
    for (size_t i = 0; i < 100; i++)
        for (uint32_t r = 0; r < 8; r++)
            for (size_t w = 0; w < 2 + i % 3 * 2; w++)
                assert_int_equal(*pt_rows_word(groups[i], r, w), i * 1000 + r * 10 + w);
    pt_rows_free(&rows);
}

static void taking_stops_where_a_chunk_ends_and_goes_on_after_a_refill(void **state)
{
    struct pt_rows rows;
    size_t taken = 0;
    (void)state;
    pt_ladder_pretend((struct pt_ladder){PT_RUNG_STRIPED, 4, false});
    pt_rows_start(&rows);

    while (pt_rows_take(&rows, 26))
        taken++;
    assert_int_equal(taken, PT_ROW_SIZE / (26 * 8));
    assert_null(pt_rows_take(&rows, 26));
    pt_rows_refill(&rows);
    assert_non_null(pt_rows_take(&rows, 26));
    pt_rows_free(&rows);
}

static void all_rows_of_a_registry_together_are_bounded(void **state)
{
    struct pt_rows rows;
    size_t bytes = 0;
    (void)state;
    pt_ladder_pretend((struct pt_ladder){PT_RUNG_STRIPED, 64, false});
    pt_rows_start(&rows);

    while (pt_rows_make(&rows, 64))
        bytes += 64 * sizeof(uint64_t) * 64;
    assert_int_equal(bytes, PT_ROWS_BYTES_MAX);
    assert_int_equal(rows.chunk_count * 64 * PT_ROW_SIZE, PT_ROWS_BYTES_MAX);
    pt_rows_free(&rows);
}

static void one_chunk_is_there_however_many_cpus(void **state)
{
    struct pt_rows rows;
    (void)state;
    pt_ladder_pretend((struct pt_ladder){PT_RUNG_STRIPED, 4096, false});
    pt_rows_start(&rows);

    uint64_t *group = pt_rows_make(&rows, 2);
    assert_non_null(group);
    *pt_rows_word(group, 4095, 1) = 1;
    assert_null(pt_rows_make(&rows, PT_ROW_SIZE / sizeof(uint64_t)));
    pt_rows_free(&rows);
}

static void a_group_that_is_larger_than_a_row_is_not_to_be_had(void **state)
{
    struct pt_rows rows;
    (void)state;
    pt_rows_start(&rows);

    assert_null(pt_rows_make(&rows, PT_ROW_SIZE / sizeof(uint64_t) + 2));
    assert_null(pt_rows_make(&rows, SIZE_MAX / sizeof(uint64_t)));
    assert_non_null(pt_rows_make(&rows, 2));
    pt_rows_free(&rows);
}

static void a_group_that_came_back_is_zero_and_is_used_again_for_its_size(void **state)
{
    struct pt_rows rows;
    (void)state;
    if (real.rung != PT_RUNG_RSEQ || !real.fence)
        skip();
    pt_rows_start(&rows);
    uint64_t *two = pt_rows_make(&rows, 2), *four = pt_rows_make(&rows, 4);
    for (uint32_t r = 0; r < real.rows; r++) {
        *pt_rows_word(two, r, 0) = 5;
        *pt_rows_word(two, r, 1) = 7;
    }

    pt_rows_give_back(&rows, two, 2);
    pt_rows_give_back(&rows, four, 4);

    assert_ptr_not_equal(pt_rows_make(&rows, 6), two);
    assert_ptr_equal(pt_rows_make(&rows, 4), four);
    assert_ptr_equal(pt_rows_make(&rows, 2), two);
    for (uint32_t r = 0; r < real.rows; r++)
        assert_true(*pt_rows_word(two, r, 0) == 0 && *pt_rows_word(two, r, 1) == 0);
    assert_ptr_not_equal(pt_rows_make(&rows, 2), two);
    pt_rows_free(&rows);
}

static void a_group_is_not_used_again_where_threads_cannot_be_waited_for(void **state)
{
    struct pt_rows rows;
    (void)state;
    pt_ladder_pretend((struct pt_ladder){PT_RUNG_STRIPED, PITOT_STRIPES_, false});
    pt_rows_start(&rows);
    uint64_t *group = pt_rows_make(&rows, 2);

    pt_rows_give_back(&rows, group, 2);
    assert_ptr_not_equal(pt_rows_make(&rows, 2), group);
    pt_rows_free(&rows);

    pt_ladder_pretend((struct pt_ladder){PT_RUNG_RSEQ, 2, false}); /* no membarrier */
    pt_rows_start(&rows);
    group = pt_rows_make(&rows, 2);
    pt_rows_give_back(&rows, group, 2);
    assert_ptr_not_equal(pt_rows_make(&rows, 2), group);
    pt_rows_free(&rows);
}

static void on_the_single_rung_there_are_no_rows(void **state)
{
    struct pt_rows rows;
    (void)state;
    pt_ladder_pretend((struct pt_ladder){PT_RUNG_SINGLE, 0, false});
    pt_rows_start(&rows);

    assert_null(pt_rows_take(&rows, 2));
    assert_null(pt_rows_make(&rows, 2));
    pt_rows_refill(&rows);
    assert_int_equal(rows.chunk_count, 0);
    pt_rows_free(&rows);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_teardown(name, restore_ladder)
    const struct CMUnitTest tests[] = {
        TEST(groups_are_aligned_zero_in_every_row_and_apart),
        TEST(taking_stops_where_a_chunk_ends_and_goes_on_after_a_refill),
        TEST(all_rows_of_a_registry_together_are_bounded),
        TEST(one_chunk_is_there_however_many_cpus),
        TEST(a_group_that_is_larger_than_a_row_is_not_to_be_had),
        TEST(a_group_that_came_back_is_zero_and_is_used_again_for_its_size),
        TEST(a_group_is_not_used_again_where_threads_cannot_be_waited_for),
        TEST(on_the_single_rung_there_are_no_rows),
    };

    return cmocka_run_group_tests(tests, remember_ladder, NULL);
}
