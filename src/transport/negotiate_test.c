/* SPDX-License-Identifier: MIT */
/* negotiate_test.c -- Accept headers, those of real scrapers and those of nobody, by table. */
#include "transport/negotiate.h"

#include "transport/accept.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
#define OM1 "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"
#define OM0 "application/openmetrics-text; version=0.0.1; charset=utf-8; escaping=underscores"
#define PROTO                                                                                      \
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"

struct negotiation {
    const char *accept;
    const char *content_type;
};

static void check(const struct negotiation *cases)
{
    for (; cases->content_type; cases++) {
        struct pt_negotiated found = pt_negotiate(cases->accept);

        if (strcmp(found.content_type, cases->content_type) != 0)
            fail_msg("Accept: %s\n  is answered with %s\n  and not with     %s",
                cases->accept ? cases->accept : "(none)", found.content_type, cases->content_type);
        assert_int_equal(found.format,
            strcmp(cases->content_type, TEXT) == 0 ? PITOT_FORMAT_TEXT : PITOT_FORMAT_OPENMETRICS);
    }
}

static void every_prometheus_gets_the_best_format_it_asks_for(void **state)
{
    const struct negotiation cases[] = {
        /* 2.5 to 2.42 */
        {"application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            OM0},
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
         "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            OM1},
        {PROTO ",application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;"
               "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            OM1},
        /* 2.49.0, whose weights are not fractions */
        {"application/openmetrics-text;version=1.0.0;q=5,application/openmetrics-text;version=0.0.1"
         ";q=4,text/plain;version=0.0.4;q=3,*/*;q=2",
            OM1},
        {"text/plain;version=0.0.4;q=3,*/*;q=2", TEXT},
        /* 3.0 to 3.3: escaping everywhere, on some clauses twice */
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
         "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
         "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            OM1},
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;escaping=allow-utf-8;"
         "q=0.6,text/plain;version=0.0.4;escaping=allow-utf-8;escaping=allow-utf-8;q=0.3",
            OM1},
        {PROTO ";escaping=allow-utf-8;q=0.7,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
               "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            TEXT},
        /* VictoriaMetrics 1.79 */
        {"text/plain;version=0.0.4;q=1,*/*;q=0.1", TEXT},
        {NULL, NULL},
    };

    (void)state;
    check(cases);
}

static void a_wildcard_or_nothing_gets_the_text_format(void **state)
{
    const struct negotiation cases[] = {
        {NULL, TEXT},
        {"", TEXT},
        {"*/*", TEXT},
        {"*", TEXT},
        {"/", TEXT},
        {"/;q=0.5", TEXT},
        {"text/*", TEXT},
        {"text/plain", TEXT},
        {"TEXT/PLAIN; Version=\"0.0.4\"", TEXT},
        {"text/plain;charset=utf-8", TEXT},
        {"text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", TEXT},
        {NULL, NULL},
    };

    (void)state;
    check(cases);
}

static void openmetrics_without_a_version_is_1_0_0(void **state)
{
    const struct negotiation cases[] = {
        {"application/openmetrics-text", OM1},
        {"application/openmetrics-text; charset=utf-8", OM1},
        {"application/*", OM1},
        {NULL, NULL},
    };

    (void)state;
    check(cases);
}

static void what_is_not_supported_falls_to_the_next_clause_and_at_last_to_text(void **state)
{
    const struct negotiation cases[] = {
        {"application/openmetrics-text;version=2.0.0", TEXT},
        {"application/openmetrics-text;version=2.0.0,application/openmetrics-text;version=1.0.0;"
         "q=0.1",
            OM1},
        {"text/plain;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.2", OM0},
        {PROTO, TEXT},
        {"application/json", TEXT},
        {"image/*", TEXT},
        {"*/plain", TEXT},
        {"text", TEXT},
        {NULL, NULL},
    };

    (void)state;
    check(cases);
}

static void the_highest_q_wins_and_q_0_refuses(void **state)
{
    const struct negotiation cases[] = {
        {"text/plain;q=0.3,application/openmetrics-text;q=0.31", OM1},
        {"text/plain;q=0.31,application/openmetrics-text;q=0.3", TEXT},
        {"text/plain;q=0.0000001,application/openmetrics-text;q=0", TEXT},
        {"text/plain;q=0, application/openmetrics-text;q=0.0000001", OM1},
        {"text/plain;q=0, */*", OM1},
        {"text/*;q=0, */*;q=0.1", OM1},
        {"*/*, application/openmetrics-text;version=1.0.0;q=0,text/plain;q=0", OM0},
        {"*/*;q=0", TEXT},
        {"text/plain;q=1.000, application/openmetrics-text;q=0.999", TEXT},
        {NULL, NULL},
    };

    (void)state;
    check(cases);
}

static void among_equals_the_more_specific_then_the_earlier_clause_wins(void **state)
{
    const struct negotiation cases[] = {
        {"*/*, application/openmetrics-text", OM1},
        {"text/plain, application/openmetrics-text;version=1.0.0", OM1},
        {"text/plain;version=0.0.4, application/openmetrics-text;version=1.0.0", TEXT},
        {"application/openmetrics-text;version=1.0.0, text/plain;version=0.0.4", OM1},
        {"application/openmetrics-text;version=0.0.1, application/openmetrics-text;version=1.0.0",
            OM0},
        {NULL, NULL},
    };

    (void)state;
    check(cases);
}

static void a_malformed_clause_is_passed_over(void **state)
{
    const struct negotiation cases[] = {
        {"application/openmetrics-text;q=high, text/plain;q=0.1", TEXT},
        {"application/openmetrics-text;q=", TEXT},
        {"application/openmetrics-text;q=.", TEXT},
        {"application/openmetrics-text;q=0.5.5", TEXT},
        {"application/openmetrics-text;q=-1", TEXT},
        {"application/openmetrics-text;version=\"1.0.0", TEXT},
        {"application/ openmetrics-text", TEXT},
        {"application/openmetrics-text garbage", TEXT},
        {",,, ;;; ,=,/plain,text/,\"\",\"a,b\" , application/openmetrics-text ;; version=1.0.0 ;",
            OM1},
        {"text/plain;x=\"a,b;q=0\";q=0.1, application/openmetrics-text;q=0.2", OM1},
        {"text/plain;x=\"\\\"\";q=0.3, application/openmetrics-text;q=0.2", TEXT},
        {"\xff\xfe\x01, application/openmetrics-text", OM1},
        {NULL, NULL},
    };

    (void)state;
    check(cases);
}

static void a_browser_likes_html_best_and_a_scraper_does_not(void **state)
{
    const struct {
        const char *accept;
        bool html;
    } cases[] = {
        {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
            true},
        {"text/html", true},
        {"text/html, text/plain", true},
        {"application/xhtml+xml", true},
        {"text/html;q=0.5, text/plain", false},
        {"text/html;q=0, */*", false},
        {"*/*", false},
        {"text/*", false},
        {"application/openmetrics-text;version=1.0.0,*/*;q=0.1", false},
        {NULL, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(pt_negotiate(cases[i].accept).html, cases[i].html);
}

static void the_content_types_are_those_of_the_formats(void **state)
{
    (void)state;
    assert_string_equal(pitot_format_content_type(PITOT_FORMAT_TEXT), TEXT);
    assert_string_equal(pitot_format_content_type(PITOT_FORMAT_OPENMETRICS), OM1);
}

static void a_header_of_8_kib_is_read_and_a_longer_one_counts_as_absent(void **state)
{
    static const char wanted[] = "application/openmetrics-text";
    char header[PT_ACCEPT_SIZE_MAX + 2];

    (void)state;
    memset(header, ',', sizeof(header));
    memcpy(header + PT_ACCEPT_SIZE_MAX - strlen(wanted), wanted, sizeof(wanted));
    assert_string_equal(pt_negotiate(header).content_type, OM1);

    memset(header, ',', sizeof(header));
    memcpy(header, wanted, strlen(wanted));
    header[sizeof(header) - 1] = '\0';
    assert_string_equal(pt_negotiate(header).content_type, TEXT);
}

/* Whatever the bytes are there is an answer, and nothing outside of the header is read: it stands
 * at the end of its block, where a sanitizer sees it. */
static void any_bytes_have_an_answer(void **state)
{
    static const char alphabet[] =
        "application/openmetrics-text;version=1.0.0,q=0.5*\"\\ \t/;,=\xff";

    (void)state;
    srand(1);
    for (int round = 0; round < 20000; round++) {
        size_t size = (size_t)(rand() % 60);
        char *header = malloc(size + 1);

        assert_non_null(header);
        for (size_t i = 0; i < size; i++)
            header[i] = alphabet[(size_t)rand() % (sizeof(alphabet) - 1)];
        header[size] = '\0';
        assert_non_null(pt_negotiate(header).content_type);
        free(header);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prometheus_gets_the_best_format_it_asks_for),
        cmocka_unit_test(a_wildcard_or_nothing_gets_the_text_format),
        cmocka_unit_test(openmetrics_without_a_version_is_1_0_0),
        cmocka_unit_test(what_is_not_supported_falls_to_the_next_clause_and_at_last_to_text),
        cmocka_unit_test(the_highest_q_wins_and_q_0_refuses),
        cmocka_unit_test(among_equals_the_more_specific_then_the_earlier_clause_wins),
        cmocka_unit_test(a_malformed_clause_is_passed_over),
        cmocka_unit_test(a_browser_likes_html_best_and_a_scraper_does_not),
        cmocka_unit_test(the_content_types_are_those_of_the_formats),
        cmocka_unit_test(a_header_of_8_kib_is_read_and_a_longer_one_counts_as_absent),
        cmocka_unit_test(any_bytes_have_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
