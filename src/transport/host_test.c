/* SPDX-License-Identifier: MIT */
/* host_test.c -- the names that a server on a loopback address goes by. */
#include "transport/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = {"metrics.example", "App_1", "10.0.0.1", "[2001:db8::1]"};

static void assert_each(const struct pt_hosts *hosts, int status, const char *const *values)
{
    for (; *values; values++) {
        if (pt_hosts_check(hosts, *values) != status)
            fail_msg("\"%s\" is not answered with %d", *values, status);
    }
}

static void what_nobody_else_can_own_is_ours(void **state)
{
    const char *const ours[] = {"localhost", "LocalHost", "localhost:9464",
        "localhost:", "localhost:65535", "localhost.", "localhost.:80", "127.0.0.1",
        "127.0.0.1:9464", "127.1.2.3", "[::1]", "[::1]:9464", "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]", "localhost \t", "localhost:80 ", NULL};
    struct pt_hosts hosts;

    (void)state;
    assert_true(pt_hosts_open(&hosts, NULL, 0, NULL));
    assert_each(&hosts, 0, ours);
    assert_int_equal(pt_hosts_check(&hosts, NULL), 0);
    pt_hosts_close(&hosts);
}

static void all_other_names_are_refused(void **state)
{
    static char long_name[400];
    const char *const others[] = {"", " ", "evil.example", "metrics.example",
        "localhost.evil.example", "evil-localhost", "localhos", "localhost..", "127.0.0.1.nip.io",
        "127.0.0.1.", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "10.0.0.1", "0.0.0.0",
        "::1", "[::1", "::1]", "[]", "[::2]", "[::ffff:10.0.0.1]", "[::1]x", "[::1%lo]",
        "[127.0.0.1]", "[0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:1]",
        "localhost:65536", "localhost:123456", "localhost:x", "localhost:80x", "localhost:-1",
        "localhost:80:80", "localhost 80", "localhost,localhost", "localhost/", "a@localhost",
        "localhost@a", "http://localhost", "\"localhost\"", "local%68ost", ":80", long_name, NULL};
    struct pt_hosts hosts;

    (void)state;
    memset(long_name, 'a', sizeof(long_name) - 1);
    assert_true(pt_hosts_open(&hosts, NULL, 0, NULL));
    assert_each(&hosts, 403, others);
    pt_hosts_close(&hosts);
}

static void the_names_that_are_given_are_ours_too_and_exactly_these(void **state)
{
    const char *const ours[] = {"metrics.example", "METRICS.example:80", "app_1", "10.0.0.1:1",
        "[2001:DB8::1]", "[2001:db8::1]:9464", "localhost", "[::1]", NULL};
    const char *const others[] = {"metrics.example.", "a.metrics.example", "etrics.example",
        "metrics.example.org", "2001:db8::1", "10.0.0.2", NULL};
    struct pt_hosts hosts;

    (void)state;
    assert_true(pt_hosts_open(&hosts, names, 4, NULL));
    assert_each(&hosts, 0, ours);
    assert_each(&hosts, 403, others);
    pt_hosts_close(&hosts);
}

static void what_was_not_opened_refuses_nobody(void **state)
{
    const char *const any[] = {"evil.example", "", "a b", NULL};
    const struct pt_hosts hosts = {0};

    (void)state;
    assert_each(&hosts, 0, any);
}

static void what_is_no_name_is_named(void **state)
{
    const struct {
        const char *name;
        const char *message;
    } cases[] = {
#define NO_NAME(text)                                                                              \
    "hosts[1] \"" text "\": that is not a name; write it as in \"metrics.example\", without port " \
    "and path"
        {"metrics.example:80", NO_NAME("metrics.example:80")},
        {"http://a", NO_NAME("http://a")},
        {"*.example", NO_NAME("*.example")},
        {"[::1", NO_NAME("[::1")},
        {"", NO_NAME("")},
        {NULL, NO_NAME("")},
    };
    char longest[257];

    (void)state;
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    for (int i = 0; i < 2; i++) { /* of 256 bytes, and of 255 */
        const char *const name = longest + i;
        struct pt_hosts hosts;

        assert_int_equal(pt_hosts_open(&hosts, &name, 1, NULL), i == 1);
        pt_hosts_close(&hosts);
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *const both[] = {"good", cases[i].name};
        struct pt_hosts hosts;
        pitot_error err = {0};

        assert_false(pt_hosts_open(&hosts, both, 2, &err));
        assert_int_equal(err.code, PITOT_EINVAL);
        assert_string_equal(err.message, cases[i].message);
        pt_hosts_close(&hosts);
    }
}

static void there_are_64_at_most(void **state)
{
    const char *many[65];
    struct pt_hosts hosts;
    pitot_error err = {0};

    (void)state;
    for (size_t i = 0; i < 65; i++)
        many[i] = "a";
    assert_true(pt_hosts_open(&hosts, many, 64, NULL));
    pt_hosts_close(&hosts);
    assert_false(pt_hosts_open(&hosts, many, 65, &err));
    assert_string_equal(err.message, "host_count 65: 64 names at most");
    pt_hosts_close(&hosts);

    err = (pitot_error){0};
    assert_false(pt_hosts_open(&hosts, NULL, 1, &err));
    assert_string_equal(err.message, "host_count 1: hosts is NULL");
    pt_hosts_close(&hosts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_nobody_else_can_own_is_ours),
        cmocka_unit_test(all_other_names_are_refused),
        cmocka_unit_test(the_names_that_are_given_are_ours_too_and_exactly_these),
        cmocka_unit_test(what_was_not_opened_refuses_nobody),
        cmocka_unit_test(what_is_no_name_is_named),
        cmocka_unit_test(there_are_64_at_most),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
