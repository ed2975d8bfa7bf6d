/* SPDX-License-Identifier: MIT */
/* buf_test.c -- bytes that grow, and what happens at their limit. */
#include "base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void what_is_added_stands_there_in_order(void **state)
{
    struct pt_buf buf = pt_buf_new(1000);
    (void)state;

    pt_buf_add(&buf, "ab", 2);
    pt_buf_add_char(&buf, '\0');
    pt_buf_add_text(&buf, "text");
    pt_buf_add_text(&buf, NULL);
    pt_buf_add_str(&buf, (pitot_str){"view and more", 4});
    pt_buf_add_str(&buf, (pitot_str){NULL, 0});
    pt_buf_add_u64(&buf, UINT64_MAX);
    assert_true(pt_buf_write(&buf, "!", 1));

    assert_false(buf.failed);
    assert_int_equal(buf.size, 32);
    assert_memory_equal(buf.at, "ab\0textview18446744073709551615!", 32);
    pt_buf_free(&buf);
    assert_int_equal(buf.size, 0);
    assert_null(buf.at);
}

static void a_buffer_grows_to_its_limit_and_not_past_it(void **state)
{
    struct pt_buf buf = pt_buf_new(1000);
    (void)state;

    for (int i = 0; i < 1000; i++)
        pt_buf_add_char(&buf, 'x');
    assert_false(buf.failed);
    assert_int_equal(buf.size, 1000);
    pt_buf_add_char(&buf, 'x');

    assert_true(buf.failed);
    assert_int_equal(buf.size, 1000);
    assert_true(buf.capacity <= 1000);
    pt_buf_free(&buf);
}

static void a_buffer_that_failed_stays_so_and_takes_no_more(void **state)
{
    struct pt_buf buf = pt_buf_new(10);
    (void)state;
    pt_buf_add_text(&buf, "eight888");

    pt_buf_add_text(&buf, "four");
    pt_buf_add_char(&buf, 'x');

    assert_true(buf.failed);
    assert_int_equal(buf.size, 8);
    assert_null(pt_buf_reserve(&buf, 1));
    assert_false(pt_buf_write(&buf, "x", 1));
    pt_buf_free(&buf);
    assert_false(buf.failed);
}

static void a_size_that_overflows_is_a_failure(void **state)
{
    struct pt_buf buf = pt_buf_new(SIZE_MAX);
    (void)state;
    pt_buf_add_text(&buf, "x");

    assert_null(pt_buf_reserve(&buf, SIZE_MAX));

    assert_true(buf.failed);
    pt_buf_free(&buf);
}

static void reserved_room_is_written_by_its_caller(void **state)
{
    struct pt_buf buf = pt_buf_new(100000);
    (void)state;

    char *at = pt_buf_reserve(&buf, 5000);
    assert_non_null(at);
    memset(at, 'r', 5000);
    buf.size += 4000;
    pt_buf_add_char(&buf, 'x');

    assert_int_equal(buf.size, 4001);
    assert_int_equal(buf.at[3999], 'r');
    assert_int_equal(buf.at[4000], 'x');
    pt_buf_free(&buf);
}

static void quoted_text_has_backslashes_before_what_would_end_it(void **state)
{
    static const struct {
        pitot_str text, quoted;
    } rows[] = {
        {{NULL, 0}, {"\"\"", 2}},
        {{"plain", 5}, {"\"plain\"", 7}},
        {{"\"", 1}, {"\"\\\"\"", 4}},
        {{"a\\b\nc\"d", 7}, {"\"a\\\\b\\nc\\\"d\"", 12}},
        {{"\0\r\xff", 3}, {"\"\0\r\xff\"", 5}},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pt_buf buf = pt_buf_new(100);

        pt_buf_add_quoted(&buf, rows[i].text);

        assert_int_equal(buf.size, rows[i].quoted.size);
        assert_memory_equal(buf.at, rows[i].quoted.at, buf.size);
        pt_buf_free(&buf);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_added_stands_there_in_order),
        cmocka_unit_test(a_buffer_grows_to_its_limit_and_not_past_it),
        cmocka_unit_test(a_buffer_that_failed_stays_so_and_takes_no_more),
        cmocka_unit_test(a_size_that_overflows_is_a_failure),
        cmocka_unit_test(reserved_room_is_written_by_its_caller),
        cmocka_unit_test(quoted_text_has_backslashes_before_what_would_end_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
