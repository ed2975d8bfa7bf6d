/* SPDX-License-Identifier: MIT */
/* error_test.c -- the first failure stays, on one line that fits. */
#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_first_failure_stays(void **state)
{
    pitot_error err = {0};
    (void)state;

    assert_false(pt_fail(&err, PITOT_EINVAL, "%s %d", "first", 1));
    assert_false(pt_fail(&err, PITOT_ENOMEM, "second"));
    assert_false(pt_fail_errno(&err, EACCES, "third"));

    assert_int_equal(err.code, PITOT_EINVAL);
    assert_string_equal(err.message, "first 1");
}

static void nobody_need_listen(void **state)
{
    (void)state;

    assert_false(pt_fail(NULL, PITOT_EINVAL, "%d", 1));
    assert_false(pt_fail_errno(NULL, EACCES, "%d", 1));
}

static void a_failed_system_call_ends_in_its_reason(void **state)
{
    pitot_error err = {0};
    (void)state;

    pt_fail_errno(&err, ECONNREFUSED, "connect %s", "here");

    assert_int_equal(err.code, PITOT_ESYSTEM);
    assert_string_equal(err.message, "connect here: Connection refused");
}

static void a_message_is_one_line(void **state)
{
    pitot_error err = {0};
    (void)state;

    pt_fail(&err, PITOT_EINVAL, "a\nb\tc\x1b[31m\x7f\xc3\xa9");

    assert_string_equal(err.message, "a?b?c?[31m?\xc3\xa9");
}

static void a_message_that_does_not_fit_ends_in_dots(void **state)
{
    char text[300];
    pitot_error exact = {0}, longer = {0}, system = {0};
    (void)state;
    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';

    pt_fail(&exact, PITOT_EINVAL, "%.251s", text);
    pt_fail(&longer, PITOT_EINVAL, "%.252s", text);
    pt_fail_errno(&system, ENOENT, "%s", text);

    assert_int_equal(strlen(exact.message), 251);
    assert_string_equal(exact.message + 247, "xxxx");
    assert_int_equal(strlen(longer.message), 251);
    assert_string_equal(longer.message + 247, "x...");
    assert_int_equal(strlen(system.message), 251);
    assert_int_equal(system.code, PITOT_ESYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_failure_stays),
        cmocka_unit_test(nobody_need_listen),
        cmocka_unit_test(a_failed_system_call_ends_in_its_reason),
        cmocka_unit_test(a_message_is_one_line),
        cmocka_unit_test(a_message_that_does_not_fit_ends_in_dots),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
