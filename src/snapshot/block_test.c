/* SPDX-License-Identifier: MIT */
/* block_test.c -- blocks of labels: taking them apart, putting them together, and which are equal.
 */
#include "snapshot/block.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/heap.h"

static pitot_str str(const char *text)
{
    return (pitot_str){text, strlen(text)};
}

static void assert_str(pitot_str actual, const char *expected)
{
    assert_int_equal(actual.size, strlen(expected));
    assert_memory_equal(actual.at, expected, actual.size);
}

static const struct pt_hash_key key = {0x0123456789abcdef, 0x1032547698badcf1};

static void a_block_is_taken_apart_label_by_label(void **state)
{
    pitot_str block = str("a=\"1\",\"b.c\"=\"\",d=\"x\\\"=,\\\\\",\"e\\\"\"=\"é\""), name, value;
    size_t at = 0;
    (void)state;

    assert_true(pitot_labels_next(block, &at, &name, &value));
    assert_str(name, "a");
    assert_str(value, "1");
    assert_true(pitot_labels_next(block, &at, &name, &value));
    assert_str(name, "b.c");
    assert_str(value, "");
    assert_true(pitot_labels_next(block, &at, &name, &value));
    assert_str(name, "d");
    assert_str(value, "x\\\"=,\\\\");
    assert_true(pitot_labels_next(block, &at, &name, &value));
    assert_str(name, "e\\\"");
    assert_str(value, "é");
    assert_false(pitot_labels_next(block, &at, &name, &value));
}

static void a_block_that_is_cut_anywhere_is_not_read_past_its_end(void **state)
{
    static const char whole[] = "a=\"1\",\"b.c\"=\"x\\\"\\\\\",d=\"\"";
    (void)state;

    for (size_t size = 0; size < sizeof(whole); size++) {
        char *block = malloc(size ? size : 1); /* its own, so that a sanitizer sees */
        pitot_str name, value;
        size_t labels = 0;

        memcpy(block, whole, size);
        for (size_t at = 0; pitot_labels_next((pitot_str){block, size}, &at, &name, &value);)
            assert_true(++labels < 10);
        free(block);
    }
}

static void labels_are_written_escaped_and_odd_names_in_quotes(void **state)
{
    struct pt_buf block = pt_buf_new(1000);
    char plain[20];
    (void)state;

    pt_block_add(&block, str("a"), str("x\"\\\n"));
    pt_block_add(&block, str("b.c\n"), str(""));
    pt_block_add(&block, str("1"), str("2"));
    pt_block_add(&block, str("a:b"), str("")); /* a colon is for names of metrics */
    pitot_str text = {block.at, block.size}, name, value;
    assert_str(text, "a=\"x\\\"\\\\\\n\",\"b.c\\n\"=\"\",\"1\"=\"2\",\"a:b\"=\"\"");
    size_t at = 0;
    pitot_labels_next(text, &at, &name, &value);
    assert_str((pitot_str){plain, pitot_labels_unescape(plain, value)}, "x\"\\\n");
    pt_buf_free(&block);
}

static bool are_equal(const char *a, const char *b)
{
    bool equal = pt_block_equal(str(a), str(b));

    assert_int_equal(equal, pt_block_equal(str(b), str(a)));
    assert_int_equal(equal, pt_block_hash(str(a), key) == pt_block_hash(str(b), key));
    return equal;
}

static void the_order_of_labels_and_empty_ones_do_not_matter(void **state)
{
    (void)state;

    assert_true(are_equal("", ""));
    assert_true(are_equal("a=\"1\",b=\"2\"", "b=\"2\",a=\"1\""));
    assert_true(are_equal("a=\"1\",b=\"\"", "a=\"1\""));
    assert_true(are_equal("a=\"\"", ""));
    assert_false(are_equal("a=\"1\"", "a=\"2\""));
    assert_false(are_equal("a=\"1\"", "b=\"1\""));
    assert_false(are_equal("a=\"1\",a=\"1\"", "a=\"1\",b=\"1\""));
    assert_false(are_equal("a=\"1\"", "a=\"1\",b=\"1\""));
    assert_false(are_equal("a=\"1\",b=\"2\"", "a=\"2\",b=\"1\""));
}

static void blocks_of_many_labels_are_compared_too(void **state)
{
    struct pt_buf up = pt_buf_new(1 << 20), down = pt_buf_new(1 << 20);
    (void)state;

    for (int i = 0; i < 1000; i++) {
        char a[20], b[20];

        snprintf(a, sizeof(a), "l%d", i);
        snprintf(b, sizeof(b), "l%d", 999 - i);
        pt_block_add(&up, str(a), str(a));
        pt_block_add(&down, str(b), str(b));
    }
    pitot_str x = {up.at, up.size}, y = {down.at, down.size};
    assert_true(pt_block_equal(x, y));
    assert_true(pt_block_hash(x, key) == pt_block_hash(y, key));
    pt_block_add(&down, str("empty"), str("")); /* is no label */
    y = (pitot_str){down.at, down.size};
    assert_true(pt_block_equal(x, y));
    pt_block_add(&up, str("last"), str("1"));
    pt_block_add(&down, str("lost"), str("1"));
    x = (pitot_str){up.at, up.size};
    y = (pitot_str){down.at, down.size};
    assert_false(pt_block_equal(x, y));
    memcpy(down.at + down.size - strlen("lost=\"1\""), "last=\"2\"", strlen("last=\"2\""));
    assert_false(pt_block_equal(x, y));
    memcpy(down.at + down.size - strlen("last=\"2\""), "last=\"1\"", strlen("last=\"1\""));
    assert_true(pt_block_equal(x, y));
    pt_alloc_use(&heap_allocator);
    for (size_t n = 1; n <= 2; n++) { /* without memory they count as two */
        heap_fail(n, false);
        assert_false(pt_block_equal(x, y));
        assert_int_equal(heap.live, 0);
    }
    pt_alloc_use(NULL);
    pt_buf_free(&up);
    pt_buf_free(&down);
}

static void the_hash_sees_whether_a_name_is_in_quotes(void **state)
{
    bool quoted = false;
    (void)state;

    pt_block_hash_quotes(str("a=\"b\",c=\",\""), key, &quoted);
    assert_false(quoted);
    pt_block_hash_quotes(str("a=\"b\",\"c.d\"=\"\""), key, &quoted);
    assert_true(quoted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_is_taken_apart_label_by_label),
        cmocka_unit_test(a_block_that_is_cut_anywhere_is_not_read_past_its_end),
        cmocka_unit_test(labels_are_written_escaped_and_odd_names_in_quotes),
        cmocka_unit_test(the_order_of_labels_and_empty_ones_do_not_matter),
        cmocka_unit_test(blocks_of_many_labels_are_compared_too),
        cmocka_unit_test(the_hash_sees_whether_a_name_is_in_quotes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
