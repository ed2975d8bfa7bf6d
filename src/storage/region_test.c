/* SPDX-License-Identifier: MIT */
/* region_test.c -- pieces are zero, lie apart, and can be emptied without going away. */
#include "storage/region.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

static void pieces_are_zero_aligned_and_do_not_overlap(void **state)
{
    enum { COUNT = 500 };
    struct pt_region region;
    unsigned char *pieces[COUNT];
    size_t taken[COUNT];

    (void)state;
    pt_region_start(&region);
    for (size_t i = 0; i < COUNT; i++) {
        size_t size = i * i % 20011 + 1;

        pieces[i] = pt_region_take(&region, size, &taken[i], NULL);
        assert_non_null(pieces[i]);
        assert_int_equal((uintptr_t)pieces[i] % 64, 0);
        assert_true(taken[i] >= size);
        for (size_t j = 0; j < size; j++)
            assert_int_equal(pieces[i][j], 0);
        memset(pieces[i], (int)(i % 255 + 1), size);
    }
    for (size_t i = 0; i < COUNT; i++)
        for (size_t j = 0; j < i * i % 20011 + 1; j++)
            assert_int_equal(pieces[i][j], i % 255 + 1);
    pt_region_free(&region);
}

static void an_emptied_piece_reads_as_zeros_and_is_not_handed_out_again(void **state)
{
    struct pt_region region;
    size_t taken, more;
    unsigned char resident;

    (void)state;
    pt_region_start(&region);
    char *piece = pt_region_take(&region, PT_REGION_SMALL, &taken, NULL);
    assert_non_null(piece);
    assert_int_equal(taken, PT_REGION_SMALL);
    memset(piece, 'x', taken);
    pt_region_empty(piece, taken);
    assert_int_equal(mincore(piece, 1, &resident), 0);
    assert_int_equal(resident & 1, 0);
    assert_int_equal(piece[100], 0);
    for (int i = 0; i < 100; i++)
        assert_ptr_not_equal(pt_region_take(&region, PT_REGION_SMALL, &more, NULL), piece);
    piece[5] = 'y'; /* a straggler's write goes nowhere and hurts nobody */
    pt_region_free(&region);
}

static void no_address_space_is_an_error(void **state)
{
    struct pt_region region;
    pitot_error err = {0};
    size_t taken;

    (void)state;
    pt_region_start(&region);
    assert_null(pt_region_take(&region, SIZE_MAX - 100, &taken, &err));
    assert_int_equal(err.code, PITOT_ENOMEM);
    err = (pitot_error){0};
    assert_null(pt_region_take(&region, (size_t)1 << 60, &taken, &err));
    assert_int_equal(err.code, PITOT_ENOMEM);
    assert_non_null(pt_region_take(&region, 10, &taken, NULL));
    pt_region_free(&region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zero_aligned_and_do_not_overlap),
        cmocka_unit_test(an_emptied_piece_reads_as_zeros_and_is_not_handed_out_again),
        cmocka_unit_test(no_address_space_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
