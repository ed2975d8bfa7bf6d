/* SPDX-License-Identifier: MIT */
/* media_test.c -- elements of media headers, one at a time, and what is passed over. */
#include "base/media.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* All elements as "type/subtype q[!]" with a blank between them; "!" is for ambiguous ones. */
static void assert_elements(const char *header, const char *expected)
{
    struct pt_media in = pt_media_open(header);
    struct pt_media_range range;
    char found[500] = "";
    size_t size = 0;

    for (int i = 0; i < 20 && pt_media_next(&in, &range); i++)
        size += (size_t)snprintf(found + size, sizeof(found) - size, "%s%.*s/%.*s %u%s",
            size ? ", " : "", (int)range.type.size, range.type.at, (int)range.subtype.size,
            range.subtype.at, range.q, range.ambiguous ? "!" : "");
    if (strcmp(found, expected) != 0)
        print_error("of \"%s\"\n", header);
    assert_string_equal(found, expected);
}

static void elements_come_one_by_one_and_malformed_ones_not_at_all(void **state)
{
    static const struct {
        const char *header, *elements;
    } rows[] = {
        {"", ""},
        {" , ,", ""},
        {"a/b", "a/b 1000000"},
        {"a/b,c/d", "a/b 1000000, c/d 1000000"},
        {" a/b ,\t, c/d ,", "a/b 1000000, c/d 1000000"},
        {"gzip, b/c", "gzip/ 1000000, b/c 1000000"},
        {"a;;x;y= ;z , b;=1, c", "a/ 1000000, c/ 1000000"},
        {"/a, b/, c/d", "c/d 1000000"},
        {"a b/c, d/e f, g/h", "g/h 1000000"},
        {"a/b;x=\"c/d,e/f\",g/h", "a/b 1000000, g/h 1000000"},
        {"a/b;x=\"\\\",c/d\",e/f", "a/b 1000000, e/f 1000000"},
        {"a/b;x=\"open, c/d", ""},
        {"a/b c, a/b;x=\"c\"d, e", "e/ 1000000"},
    };
    (void)state;

    assert_elements(NULL, "");
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_elements(rows[i].header, rows[i].elements);
}

static void only_a_weight_of_zero_is_zero(void **state)
{
    static const struct {
        const char *header, *elements;
    } rows[] = {
        {"*/*;q=0.1, gzip ; q=0", "*/* 100000, gzip/ 0"},
        {"a;q=0.000001, b;q=0.0000001, c;q=0.0000000", "a/ 1, b/ 1, c/ 0"},
        {"a;q=0.999999, b;q=1., c;q=.5, d;Q = \"0.25\"",
            "a/ 999999, b/ 1000000, c/ 500000, d/ 250000"},
        {"a;q=2, b;q=1000, c;q=1001, d;q=99999999999",
            "a/ 2000000, b/ 1000000000, c/ 1000000000, d/ 1000000000"},
        {"a;q=., b;q=, c;q=-1, d;q=1e3, e;q=0.1.2, f;q=x, g;q=/, h;q=:", ""},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++)
        assert_elements(rows[i].header, rows[i].elements);
}

static void a_parameter_has_its_first_value_and_two_values_are_ambiguous(void **state)
{
    struct pt_media in = pt_media_open("a/b; Version=\"1.0\" ;encoding=x; version=1.0");
    struct pt_media_range range;
    (void)state;

    assert_true(pt_media_next(&in, &range));
    assert_int_equal(range.params[PT_MEDIA_VERSION].size, 3);
    assert_memory_equal(range.params[PT_MEDIA_VERSION].at, "1.0", 3);
    assert_true(pt_media_is(range.params[PT_MEDIA_ENCODING], "X"));
    assert_false(pt_media_is(range.params[PT_MEDIA_ENCODING], "xy"));
    assert_null(range.params[PT_MEDIA_PROTO].at);
    assert_false(range.ambiguous);
    assert_int_equal(pt_media_escaping(&range), PITOT_ESCAPING_UNDERSCORES);
    assert_elements("a/b;proto=x;proto=y", "a/b 1000000!");
    assert_elements("a/b;version=;version", "a/b 1000000");
    assert_elements("a/b;version=;version;version=1", "a/b 1000000!");
}

static void a_header_of_8192_bytes_is_read_and_a_longer_one_is_none(void **state)
{
    char *header = malloc(PT_MEDIA_SIZE_MAX + 2);
    (void)state;

    assert_non_null(header);
    memset(header, ' ', PT_MEDIA_SIZE_MAX + 1);
    memcpy(header, "a/b", 3);
    header[PT_MEDIA_SIZE_MAX] = '\0';
    assert_elements(header, "a/b 1000000");
    header[PT_MEDIA_SIZE_MAX] = ' ';
    header[PT_MEDIA_SIZE_MAX + 1] = '\0';
    assert_elements(header, "");
    free(header);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_come_one_by_one_and_malformed_ones_not_at_all),
        cmocka_unit_test(only_a_weight_of_zero_is_zero),
        cmocka_unit_test(a_parameter_has_its_first_value_and_two_values_are_ambiguous),
        cmocka_unit_test(a_header_of_8192_bytes_is_read_and_a_longer_one_is_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
