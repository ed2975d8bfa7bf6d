/* SPDX-License-Identifier: MIT */
/* address_test.c -- who is on this machine, and who counts as one. */
#include "transport/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct sockaddr_storage read_address(const char *text)
{
    struct sockaddr_storage address = {0};
    struct sockaddr_in *four = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;

    address.ss_family = strchr(text, ':') ? AF_INET6 : AF_INET;
    if (address.ss_family == AF_INET)
        assert_int_equal(inet_pton(AF_INET, text, &four->sin_addr), 1);
    else
        assert_int_equal(inet_pton(AF_INET6, text, &six->sin6_addr), 1);
    return address;
}

static bool is_loopback(const char *text)
{
    const struct sockaddr_storage address = read_address(text);

    return pt_address_is_loopback(&address);
}

static uint64_t origin(const char *text)
{
    const struct sockaddr_storage address = read_address(text);

    return pt_address_origin(&address);
}

static void loopback_is_127_and_1_however_it_is_written(void **state)
{
    const struct sockaddr_storage unix_socket = {.ss_family = AF_UNIX};

    (void)state;
    assert_true(is_loopback("127.0.0.1"));
    assert_true(is_loopback("127.255.255.255"));
    assert_true(is_loopback("::1"));
    assert_true(is_loopback("::ffff:127.0.0.1"));
    assert_false(is_loopback("126.255.255.255"));
    assert_false(is_loopback("128.0.0.0"));
    assert_false(is_loopback("0.0.0.0"));
    assert_false(is_loopback("1.0.0.127"));
    assert_false(is_loopback("::"));
    assert_false(is_loopback("::2"));
    assert_false(is_loopback("::ffff:10.0.0.1"));
    assert_false(is_loopback("::127.0.0.1"));
    assert_false(pt_address_is_loopback(&unix_socket));
}

static void an_ipv4_address_is_one_and_so_is_an_ipv6_network_of_64_bits(void **state)
{
    const struct sockaddr_storage unix_socket = {.ss_family = AF_UNIX};

    (void)state;
    assert_true(origin("10.0.0.1") == origin("::ffff:10.0.0.1"));
    assert_true(origin("10.0.0.1") != origin("10.0.0.2"));
    assert_true(origin("10.0.0.1") != origin("1.0.0.10"));
    assert_true(origin("2001:db8::1") == origin("2001:db8::ffff:ffff:ffff:ffff"));
    assert_true(origin("2001:db8::1") != origin("2001:db8:0:1::1"));
    assert_true(origin("2001:db8::") != origin("32.1.13.184"));
    assert_true(origin("::1") != 0);
    assert_true(origin("0.0.0.0") != 0);
    assert_true(pt_address_origin(&unix_socket) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loopback_is_127_and_1_however_it_is_written),
        cmocka_unit_test(an_ipv4_address_is_one_and_so_is_an_ipv6_network_of_64_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
