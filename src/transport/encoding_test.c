/* SPDX-License-Identifier: MIT */
/* encoding_test.c -- Accept-Encoding headers by table. */
#include "transport/encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void check(const char *const *headers, enum pt_encoding expected)
{
    for (; *headers; headers++) {
        if (pt_encoding_choose(*headers) != expected)
            fail_msg("Accept-Encoding: %s", *headers);
    }
}

static void a_client_that_names_gzip_gets_it(void **state)
{
    const char *const headers[] = {
        "gzip",
        "x-gzip",
        "GZIP",
        "gzip;q=0.001",
        "deflate, gzip, br, zstd",
        "gzip, identity",
        "identity;q=0.5, gzip;q=0.5",
        "identity;q=0.1, gzip;q=0.5",
        "gzip;q=1.0, identity;q=0.5, *;q=0",
        "gzip;q=0, gzip",
        NULL,
    };

    (void)state;
    check(headers, PT_ENCODING_GZIP);
}

static void a_client_that_does_not_gets_identity(void **state)
{
    const char *const headers[] = {
        "",
        "identity",
        "br, zstd, deflate",
        "*",
        "*;q=0",
        "*;q=0.5, identity;q=0.4, gzip;q=0",
        "gzipped",
        "gzip/gzip",
        "gzip;q=x",
        NULL,
    };

    (void)state;
    assert_int_equal(pt_encoding_choose(NULL), PT_ENCODING_IDENTITY);
    check(headers, PT_ENCODING_IDENTITY);
}

static void a_weight_of_0_refuses(void **state)
{
    (void)state;
    assert_int_equal(pt_encoding_choose("gzip;q=0"), PT_ENCODING_IDENTITY);
    assert_int_equal(pt_encoding_choose("gzip;q=0.0, *"), PT_ENCODING_IDENTITY);
    assert_int_equal(pt_encoding_choose("gzip;q=0.3, identity;q=0.4"), PT_ENCODING_IDENTITY);
    assert_int_equal(pt_encoding_choose("identity;q=0, *"), PT_ENCODING_GZIP);
    assert_int_equal(pt_encoding_choose("identity;q=0, gzip;q=0"), PT_ENCODING_IDENTITY);
}

static void identity_has_no_name_in_a_response(void **state)
{
    (void)state;
    assert_null(pt_encoding_name(PT_ENCODING_IDENTITY));
    assert_string_equal(pt_encoding_name(PT_ENCODING_GZIP), "gzip");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_that_names_gzip_gets_it),
        cmocka_unit_test(a_client_that_does_not_gets_identity),
        cmocka_unit_test(a_weight_of_0_refuses),
        cmocka_unit_test(identity_has_no_name_in_a_response),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
