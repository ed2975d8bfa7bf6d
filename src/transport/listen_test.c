/* SPDX-License-Identifier: MIT */
/* listen_test.c -- listen addresses taken apart, and what is said of those that are none. */
#include "transport/listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void an_address_is_a_host_and_a_port_or_a_path(void **state)
{
    const struct {
        const char *text;
        const char *host;
        const char *port;
        const char *path;
    } cases[] = {
        {NULL, "127.0.0.1", "9464", ""},
        {"", "127.0.0.1", "9464", ""},
        {"127.0.0.1:9464", "127.0.0.1", "9464", ""},
        {"[::1]:0", "::1", "0", ""},
        {"[fe80::1%eth0]:80", "fe80::1%eth0", "80", ""},
        {":65535", "", "65535", ""},
        {"localhost:9464", "localhost", "9464", ""},
        {"unix:/run/app/metrics.sock", "", "", "/run/app/metrics.sock"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pt_listen_address address;
        pitot_error err = {0};

        assert_true(pt_listen_parse(cases[i].text, &address, &err));
        assert_string_equal(address.host, cases[i].host);
        assert_string_equal(address.port, cases[i].port);
        assert_string_equal(address.path, cases[i].path);
    }
}

static void what_is_no_address_is_refused_with_what_to_write(void **state)
{
    const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"127.0.0.1", "listen \"127.0.0.1\": no port; write \"127.0.0.1:9464\", or \":9464\" for "
                      "any address"},
        {"[::1]", "listen \"[::1]\": no port; write \"[::1]:9464\", or \":9464\" for any address"},
        {"a:", "listen \"a:\": \"\" is not a port; it is a number from 0 (any free one) to 65535"},
        {"a:65536",
            "listen \"a:65536\": \"65536\" is not a port; it is a number from 0 (any free one) to "
            "65535"},
        {"a:1x",
            "listen \"a:1x\": \"1x\" is not a port; it is a number from 0 (any free one) to 65535"},
        {"a:-1",
            "listen \"a:-1\": \"-1\" is not a port; it is a number from 0 (any free one) to 65535"},
        {"a:000001", "listen \"a:000001\": \"000001\" is not a port; it is a number from 0 (any "
                     "free one) to "
                     "65535"},
        {"::1:80", "listen \"::1:80\": an IPv6 address goes in brackets, as in \"[::1]:9464\""},
        {"[]:80", "listen \"[]:80\": that is not a host"},
        {"unix:metrics.sock", "listen \"unix:metrics.sock\": the path must be absolute, as in "
                              "\"unix:/run/app/metrics.sock\""},
        {"unix:",
            "listen \"unix:\": the path must be absolute, as in \"unix:/run/app/metrics.sock\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pt_listen_address address;
        pitot_error err = {0};

        assert_false(pt_listen_parse(cases[i].text, &address, &err));
        assert_int_equal(err.code, PITOT_EINVAL);
        assert_string_equal(err.message, cases[i].message);
    }
}

static void what_is_too_long_is_refused(void **state)
{
    struct pt_listen_address address;
    pitot_error err = {0};
    char text[400];

    (void)state;
    memset(text, 'a', sizeof(text));
    memcpy(text + 300, ":80", 4);
    assert_false(pt_listen_parse(text, &address, &err));
    assert_int_equal(err.code, PITOT_EINVAL);

    err = (pitot_error){0};
    memcpy(text, "unix:/", 6);
    assert_false(pt_listen_parse(text, &address, &err));
    assert_int_equal(err.code, PITOT_EINVAL);

    text[5 + PT_LISTEN_PATH_MAX - 1] = '\0';
    err = (pitot_error){0};
    assert_true(pt_listen_parse(text, &address, &err));
    assert_int_equal(strlen(address.path), PT_LISTEN_PATH_MAX - 1);
}

static bool is_loopback(const char *text)
{
    struct pt_listen listener;

    assert_true(pt_listen_open(&listener, text, NULL));
    pt_listen_close(&listener);
    return listener.loopback;
}

/* PRM-01-002: nobody but this machine sees metrics that nobody thought of protecting. */
static void the_default_address_is_one_that_only_this_machine_reaches(void **state)
{
    struct pt_listen_address address;
    char text[PT_LISTEN_HOST_MAX + 2];

    (void)state;
    assert_true(pt_listen_parse(NULL, &address, NULL));
    snprintf(text, sizeof(text), "%s:0", address.host); /* its port may be taken */
    assert_true(is_loopback(text));
    assert_true(is_loopback("localhost:0"));
    assert_true(is_loopback("127.1.2.3:0"));
    assert_false(is_loopback(":0"));
    assert_false(is_loopback("0.0.0.0:0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_a_host_and_a_port_or_a_path),
        cmocka_unit_test(what_is_no_address_is_refused_with_what_to_write),
        cmocka_unit_test(what_is_too_long_is_refused),
        cmocka_unit_test(the_default_address_is_one_that_only_this_machine_reaches),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
