/* SPDX-License-Identifier: MIT */
/* pool_test.c -- pieces do not overlap, are aligned, and go together. */
#include "base/pool.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PIECES 2000

/* Sizes from nothing to far more than a chunk. */
static size_t size_of(size_t i)
{
    return i % 97 == 96 ? 100000 : i * 37 % 300;
}

static void pieces_of_all_sizes_do_not_overlap(void **state)
{
    static unsigned char *pieces[PIECES];
    struct pt_pool pool = {0};
    pitot_error err = {0};
    (void)state;

    for (size_t i = 0; i < PIECES; i++) {
        pieces[i] = i % 2 ? pt_pool_alloc(&pool, size_of(i), &err)
                          : (unsigned char *)pt_pool_text(&pool, size_of(i), &err);
        assert_non_null(pieces[i]);
        if (i % 2)
            assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
        memset(pieces[i], (int)(i % 251), size_of(i));
    }

    for (size_t i = 0; i < PIECES; i++)
        for (size_t j = 0; j < size_of(i); j++)
            if (pieces[i][j] != i % 251)
                fail_msg("piece %zu was overwritten", i);
    assert_int_equal(err.code, PITOT_OK);
    pt_pool_free(&pool);
    assert_int_equal(pool.bytes, 0);
}

static void a_large_piece_does_not_waste_the_room_that_is_left(void **state)
{
    struct pt_pool pool = {0};
    (void)state;
    char *before = pt_pool_text(&pool, 10, NULL);

    pt_pool_text(&pool, 1000000, NULL);
    char *after = pt_pool_text(&pool, 10, NULL);

    assert_ptr_equal(after, before + 10);
    pt_pool_free(&pool);
}

static void a_zeroed_piece_is_zero(void **state)
{
    static const unsigned char zeros[500];
    struct pt_pool pool = {0};
    (void)state;
    memset(pt_pool_alloc(&pool, 300, NULL), 0xff, 300);

    assert_memory_equal(pt_pool_alloc_zero(&pool, sizeof(zeros), NULL), zeros, sizeof(zeros));
    pt_pool_free(&pool);
}

static void a_copy_ends_in_nul(void **state)
{
    struct pt_pool pool = {0};
    (void)state;

    pitot_str copy = pt_pool_copy(&pool, "text and more", 4, NULL);
    pitot_str empty = pt_pool_copy(&pool, NULL, 0, NULL);

    assert_int_equal(copy.size, 4);
    assert_string_equal(copy.at, "text");
    assert_int_equal(empty.size, 0);
    assert_string_equal(empty.at, "");
    pt_pool_free(&pool);
}

static void a_size_that_no_memory_has_is_an_error(void **state)
{
    struct pt_pool pool = {0};
    pitot_error err = {0};
    (void)state;

    assert_null(pt_pool_alloc(&pool, SIZE_MAX - 8, &err));

    assert_int_equal(err.code, PITOT_ENOMEM);
    assert_non_null(pt_pool_alloc(&pool, 1, NULL));
    pt_pool_free(&pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_all_sizes_do_not_overlap),
        cmocka_unit_test(a_large_piece_does_not_waste_the_room_that_is_left),
        cmocka_unit_test(a_zeroed_piece_is_zero),
        cmocka_unit_test(a_copy_ends_in_nul),
        cmocka_unit_test(a_size_that_no_memory_has_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
