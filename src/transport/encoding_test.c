/* SPDX-License-Identifier: MIT */
/* encoding_test.c -- Accept-Encoding headers by table. */
#include "transport/encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const enum pt_encoding_offer offers[] = {
    PT_ENCODING_OFFER_GZIP, PT_ENCODING_OFFER_GZIP_ZSTD, PT_ENCODING_OFFER_ZSTD_GZIP};

static void check_of(
    enum pt_encoding_offer offer, const char *const *headers, enum pt_encoding expected)
{
    for (; *headers; headers++) {
        if (pt_encoding_choose_of(offer, *headers) != expected)
            fail_msg("Accept-Encoding: %s, offer %d", *headers, (int)offer);
    }
}

/* Whatever the build has. */
static void check(const char *const *headers, enum pt_encoding expected)
{
    for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++)
        check_of(offers[i], headers, expected);
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
        "deflate, gzip, br",
        "gzip, zstd;q=0.9",
        "gzip;q=0.5, zstd;q=0",
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
        "br, deflate",
        "zstd;q=0",
        "zstd;q=0.5, identity",
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

static void a_client_that_names_zstd_gets_it_where_it_is(void **state)
{
    const char *const headers[] = {
        "zstd",
        "ZSTD",
        "zstd;q=0.001",
        "br, zstd, deflate",
        "zstd, gzip;q=0.9",
        "zstd;q=0.5, identity;q=0.5",
        "zstd, *",
        "zstd, gzip;q=0, identity;q=0",
        NULL,
    };

    (void)state;
    check_of(PT_ENCODING_OFFER_GZIP_ZSTD, headers, PT_ENCODING_ZSTD);
    check_of(PT_ENCODING_OFFER_ZSTD_GZIP, headers, PT_ENCODING_ZSTD);
    assert_int_equal(pt_encoding_choose_of(PT_ENCODING_OFFER_GZIP, "zstd"), PT_ENCODING_IDENTITY);
    assert_int_equal(
        pt_encoding_choose_of(PT_ENCODING_OFFER_GZIP, "zstd, gzip;q=0.1"), PT_ENCODING_GZIP);
}

static void one_that_likes_gzip_and_zstd_as_much_gets_what_costs_less(void **state)
{
    const char *const headers[] = {
        "gzip, zstd",
        "deflate, gzip, br, zstd",
        "zstd, gzip",
        "zstd;q=0.5, gzip;q=0.5, identity;q=0.5",
        "zstd, *, identity;q=0",
        NULL,
    };

    (void)state;
    check_of(PT_ENCODING_OFFER_GZIP, headers, PT_ENCODING_GZIP);
    check_of(PT_ENCODING_OFFER_GZIP_ZSTD, headers, PT_ENCODING_GZIP);
    check_of(PT_ENCODING_OFFER_ZSTD_GZIP, headers, PT_ENCODING_ZSTD);
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
    assert_string_equal(pt_encoding_name(PT_ENCODING_ZSTD), "zstd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_that_names_gzip_gets_it),
        cmocka_unit_test(a_client_that_does_not_gets_identity),
        cmocka_unit_test(a_client_that_names_zstd_gets_it_where_it_is),
        cmocka_unit_test(one_that_likes_gzip_and_zstd_as_much_gets_what_costs_less),
        cmocka_unit_test(a_weight_of_0_refuses),
        cmocka_unit_test(identity_has_no_name_in_a_response),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
