/* SPDX-License-Identifier: MIT */
/* query_test.c -- targets in, filters out. */
#include "transport/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct pt_query *parse(const char *target)
{
    struct pt_query *query;

    assert_int_equal(pt_query_parse(target, &query), PT_QUERY_FOUND);
    return query;
}

static void names_and_labels_are_collected_in_their_order(void **state)
{
    struct pt_query *query =
        parse("/metrics?name[]=up&label[]=method=GET&name[]=down_total&label[]=path=/a=b");

    (void)state;
    assert_string_equal(query->filter.names[0], "up");
    assert_string_equal(query->filter.names[1], "down_total");
    assert_null(query->filter.names[2]);
    assert_string_equal(query->filter.labels[0].name, "method");
    assert_string_equal(query->filter.labels[0].value, "GET");
    assert_string_equal(query->filter.labels[1].name, "path");
    assert_string_equal(query->filter.labels[1].value, "/a=b");
    assert_null(query->filter.labels[2].name);
    pt_query_release(query);
}

static void what_is_escaped_is_decoded(void **state)
{
    struct pt_query *query =
        parse("/metrics?name%5B%5d=a%2eb&label%5b]=q%3Dx%26y+%2b%25&name[]=%C3%A4");

    (void)state;
    assert_string_equal(query->filter.names[0], "a.b");
    assert_string_equal(query->filter.names[1], "\xc3\xa4");
    assert_string_equal(query->filter.labels[0].name, "q");
    assert_string_equal(query->filter.labels[0].value, "x&y +%");
    pt_query_release(query);
}

static void an_empty_name_asks_for_nothing_that_exists(void **state)
{
    struct pt_query *query = parse("/metrics?name[]");

    (void)state;
    assert_string_equal(query->filter.names[0], "");
    assert_null(query->filter.labels);
    pt_query_release(query);
}

static void whoever_asks_for_nothing_special_gets_everything(void **state)
{
    const char *const targets[] = {"/metrics", "/metrics?", "/metrics?x", "/metrics?x=1&name=a",
        "/metrics?&&&", "/metrics?=&=1", "/metrics?name[]x=1", "/?Name[]=up", ""};

    (void)state;
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
        assert_null(parse(targets[i]));
}

static void what_cannot_be_read_is_malformed(void **state)
{
    const char *const targets[] = {"/metrics?name[]=%", "/metrics?name[]=%4", "/metrics?name[]=%g1",
        "/metrics?name[]=%1g", "/metrics?x=%zz", "/metrics?%=1", "/metrics?name[]=a%00b",
        "/metrics?name[]=a&x=%4&name[]=b", "/metrics?label[]=", "/metrics?label[]",
        "/metrics?label[]=method", "/metrics?label[]==GET", "/metrics?name[]=% 1"};
    struct pt_query *query;

    (void)state;
    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        if (pt_query_parse(targets[i], &query) != PT_QUERY_MALFORMED)
            fail_msg("taken: %s", targets[i]);
        assert_null(query);
    }
}

static void there_may_be_64_of_them_and_no_more(void **state)
{
    char target[2048] = "/metrics?label[]=a=b";
    struct pt_query *query;

    (void)state;
    for (int i = 1; i < PT_QUERY_ITEMS_MAX; i++)
        strcat(target, i % 2 ? "&name[]=a" : "&label[]=a=b");
    query = parse(target);
    assert_non_null(query);
    pt_query_release(query);
    assert_int_equal(PT_QUERY_ITEMS_MAX, 64);
    size_t size = strlen(target);
    assert_int_equal(pt_query_parse(strcat(target, "&name[]=a"), &query), PT_QUERY_MALFORMED);
    target[size] = '\0';
    assert_int_equal(pt_query_parse(strcat(target, "&label[]=a=b"), &query), PT_QUERY_MALFORMED);
}

static void two_queries_are_the_same_when_they_say_the_same(void **state)
{
    const char *const targets[] = {"/metrics?name[]=a", "/metrics?name[]=b",
        "/metrics?name[]=a&name[]=b", "/metrics?label[]=a=b", "/metrics?label[]=a=c",
        "/metrics?label[]=b=b", "/metrics?label[]=a=b&label[]=b=c", "/metrics?name[]=a&label[]=a=b",
        "/metrics"};
    const size_t count = sizeof(targets) / sizeof(targets[0]);

    (void)state;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            struct pt_query *a = parse(targets[i]);
            struct pt_query *b = parse(targets[j]);

            assert_int_equal(pt_query_same(a, b), i == j);
            pt_query_release(a);
            pt_query_release(b);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_labels_are_collected_in_their_order),
        cmocka_unit_test(what_is_escaped_is_decoded),
        cmocka_unit_test(an_empty_name_asks_for_nothing_that_exists),
        cmocka_unit_test(whoever_asks_for_nothing_special_gets_everything),
        cmocka_unit_test(what_cannot_be_read_is_malformed),
        cmocka_unit_test(there_may_be_64_of_them_and_no_more),
        cmocka_unit_test(two_queries_are_the_same_when_they_say_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
