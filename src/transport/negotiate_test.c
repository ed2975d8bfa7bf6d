/* SPDX-License-Identifier: MIT */
/* negotiate_test.c -- Accept headers, those of real scrapers and those of nobody, by table. */
#include "transport/negotiate.h"

#include "base/media.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT PITOT_FORMAT_TEXT, PITOT_ESCAPING_UNDERSCORES
#define TEXT_UTF8 PITOT_FORMAT_TEXT, PITOT_ESCAPING_NONE
#define TEXT1 PITOT_FORMAT_TEXT_1, PITOT_ESCAPING_UNDERSCORES
#define TEXT1_UTF8 PITOT_FORMAT_TEXT_1, PITOT_ESCAPING_NONE
#define OM0 PITOT_FORMAT_OPENMETRICS_0, PITOT_ESCAPING_UNDERSCORES
#define OM0_UTF8 PITOT_FORMAT_OPENMETRICS_0, PITOT_ESCAPING_NONE
#define OM1 PITOT_FORMAT_OPENMETRICS, PITOT_ESCAPING_UNDERSCORES
#define OM1_UTF8 PITOT_FORMAT_OPENMETRICS, PITOT_ESCAPING_NONE
#define OM2 PITOT_FORMAT_OPENMETRICS_2, PITOT_ESCAPING_UNDERSCORES
#define PROTOBUF PITOT_FORMAT_PROTOBUF, PITOT_ESCAPING_UNDERSCORES
#define PROTOBUF_UTF8 PITOT_FORMAT_PROTOBUF, PITOT_ESCAPING_NONE
#define JSON PITOT_FORMAT_JSON, PITOT_ESCAPING_UNDERSCORES
#define END (pitot_format) PITOT_FORMAT_COUNT, PITOT_ESCAPING_UNDERSCORES /* of a table */

#define ALL ((1U << PITOT_FORMAT_COUNT) - 1)
#define STABLE                                                                                     \
    (ALL & ~PT_NEGOTIATE_BIT(PITOT_FORMAT_OPENMETRICS_2)) /* what is served by default             \
                                                           */

#define PROTO                                                                                      \
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"

struct negotiation {
    const char *accept;
    pitot_format format;
    pitot_escaping escaping;
};

static void check_among(const struct negotiation *cases, unsigned formats)
{
    for (; cases->format != (pitot_format)PITOT_FORMAT_COUNT; cases++) {
        struct pt_negotiated found = pt_negotiate(cases->accept, formats);

        if (found.format != cases->format || found.escaping != cases->escaping)
            fail_msg("Accept: %s\n  is answered with format %d, escaping %d\n  and not with %d, %d",
                cases->accept ? cases->accept : "(none)", (int)found.format, (int)found.escaping,
                (int)cases->format, (int)cases->escaping);
    }
}

static void check(const struct negotiation *cases)
{
    check_among(cases, STABLE);
}

/* Without protobuf and JSON: what there was before them. */
static void check_texts(const struct negotiation *cases)
{
    check_among(cases, STABLE & ~PT_NEGOTIATE_BIT(PITOT_FORMAT_PROTOBUF));
}

static void every_prometheus_2_gets_the_best_format_it_asks_for(void **state)
{
    const struct negotiation cases[] = {
        /* 2.5 to 2.34 */
        {"application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            OM0},
        /* 2.35 to 2.48; from 2.40 on with native histograms too */
        {"application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
         "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            OM1},
        {PROTO ",application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;"
               "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            PROTOBUF},
        /* 2.49.0, whose weights are no fractions */
        {"application/openmetrics-text;version=1.0.0;q=5,application/openmetrics-text;version=0.0.1"
         ";q=4,text/plain;version=0.0.4;q=3,*/*;q=2",
            OM1},
        {PROTO ";q=5,application/openmetrics-text;version=1.0.0;q=4,application/openmetrics-text;"
               "version=0.0.1;q=3,text/plain;version=0.0.4;q=2,*/*;q=1",
            PROTOBUF},
        {"text/plain;version=0.0.4;q=5,*/*;q=4", TEXT},
        /* 2.49.1 to 2.54, with scrape_protocols in any order */
        {"application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version="
         "0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            OM1},
        {PROTO ";q=0.5,application/openmetrics-text;version=1.0.0;q=0.4,application/"
               "openmetrics-text;version=0.0.1;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
            PROTOBUF},
        {"text/plain;version=0.0.4;q=0.5,*/*;q=0.4", TEXT},
        {"application/openmetrics-text;version=0.0.1;q=0.5,*/*;q=0.4", OM0},
        {"text/plain;version=0.0.4;q=0.5," PROTO ";q=0.4,*/*;q=0.3", TEXT},
        /* 2.55 with the feature utf8-names */
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
         "application/openmetrics-text;version=0.0.1;escaping=allow-utf-8;q=0.4,"
         "text/plain;version=0.0.4;escaping=allow-utf-8;q=0.3,*/*;q=0.2",
            OM1_UTF8},
        {"text/plain;version=0.0.4;escaping=allow-utf-8;q=0.5,*/*;q=0.4", TEXT_UTF8},
        {NULL, END},
    };

    (void)state;
    check(cases);
}

static void every_prometheus_3_gets_the_best_format_it_asks_for(void **state)
{
    const struct negotiation cases[] = {
        /* 3.0 to 3.2: escaping on every clause, on that of text 1.0.0 twice */
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
         "application/openmetrics-text;version=0.0.1;escaping=allow-utf-8;q=0.5,"
         "text/plain;version=1.0.0;escaping=allow-utf-8;escaping=allow-utf-8;q=0.4,"
         "text/plain;version=0.0.4;escaping=allow-utf-8;q=0.3,*/*;q=0.2",
            OM1_UTF8},
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;escaping=allow-utf-8;"
         "q=0.6,text/plain;version=0.0.4;escaping=allow-utf-8;escaping=allow-utf-8;q=0.3",
            OM1_UTF8},
        {"text/plain;version=1.0.0;escaping=allow-utf-8;escaping=allow-utf-8;q=0.6,*/*;q=0.5",
            TEXT1_UTF8},
        {"application/openmetrics-text;version=0.0.1;escaping=allow-utf-8;q=0.6,*/*;q=0.5",
            OM0_UTF8},
        {PROTO ";escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=1.0.0;"
               "escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;"
               "escaping=allow-utf-8;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;"
               "escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;escaping=allow-utf-8;q=0.2,"
               "*/*;q=0.1",
            PROTOBUF_UTF8},
        /* 3.3: once */
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
         "application/openmetrics-text;version=0.0.1;escaping=allow-utf-8;q=0.5,"
         "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
         "text/plain;version=0.0.4;escaping=allow-utf-8;q=0.3,*/*;q=0.2",
            OM1_UTF8},
        /* 3.4 to 3.14: only where the version knows of it */
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
         "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
         "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            OM1_UTF8},
        {PROTO ";q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
               "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;"
               "escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
            PROTOBUF},
        {"text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,"
         "*/*;q=0.4",
            TEXT1_UTF8},
        {"text/plain;version=0.0.4;q=0.6,*/*;q=0.5", TEXT},
        /* 3.4 with metric_name_escaping_scheme */
        {"application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.6,"
         "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
         "escaping=underscores;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            OM1},
        {"text/plain;version=1.0.0;escaping=dots;q=0.6,*/*;q=0.5", PITOT_FORMAT_TEXT_1,
            PITOT_ESCAPING_DOTS},
        {"application/openmetrics-text;version=1.0.0;escaping=values;q=0.6,*/*;q=0.5",
            PITOT_FORMAT_OPENMETRICS, PITOT_ESCAPING_VALUES},
        {NULL, END},
    };

    (void)state;
    check(cases);
}

static void who_else_scrapes_gets_what_it_asks_for(void **state)
{
    const struct negotiation cases[] = {
        /* VictoriaMetrics and vmagent 1.79 */
        {"text/plain;version=0.0.4;q=1,*/*;q=0.1", TEXT},
        /* curl and wget, a Java URLConnection, browsers */
        {"*/*", TEXT},
        {"text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", TEXT},
        {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
            TEXT},
        /* the examples of the documentation of content negotiation */
        {PROTO ";escaping=allow-utf-8;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
               "text/plain;version=0.0.4;q=0.3,/;q=0.2",
            PROTOBUF_UTF8},
        {NULL, END},
    };

    (void)state;
    check(cases);
}

static void the_escaping_is_that_of_the_clause_that_wins(void **state)
{
    const struct negotiation cases[] = {
        {"text/plain;version=1.0.0", TEXT1},
        {"text/plain;version=1.0.0;escaping=unheard-of", TEXT1},
        {"text/plain;version=1.0.0;escaping=", TEXT1},
        {"text/plain;escaping=\"Allow-UTF-8\"", TEXT_UTF8},
        {"application/openmetrics-text;escaping=dots;q=0.2,text/plain;q=0.3", TEXT},
        {"application/openmetrics-text;escaping=dots;q=0.4,text/plain;q=0.3",
            PITOT_FORMAT_OPENMETRICS, PITOT_ESCAPING_DOTS},
        {"*/*;escaping=allow-utf-8", TEXT_UTF8},
        {PROTO ",application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5", PROTOBUF},
        {"application/json;escaping=allow-utf-8;q=0,image/png", TEXT},
        {NULL, END},
    };

    (void)state;
    check(cases);
}

static void protobuf_json_and_new_versions_are_for_who_names_them(void **state)
{
    const struct negotiation cases[] = {
        {"application/vnd.google.protobuf", TEXT},
        {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily", TEXT},
        {"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text",
            TEXT},
        {"application/vnd.google.protobuf;proto=other.Message;encoding=delimited", TEXT},
        {"application/vnd.google.protobuf;encoding=\"delimited\";proto=\"io.prometheus.client."
         "MetricFamily\"",
            PROTOBUF},
        {"application/json", JSON},
        {"application/json;q=0.1,*/*;q=0.01", JSON},
        {"application/json;q=0.1,text/plain;q=0.1", JSON},
        {"text/plain,application/json", TEXT},
        {"application/*", OM1},
        {"text/plain;version=0.0.4;q=0;escaping=dots,text/*", TEXT},
        {NULL, END},
    };
    const struct negotiation off[] = {
        {"application/openmetrics-text;version=2.0.0", TEXT},
        {"application/openmetrics-text;version=2.0.0,application/openmetrics-text;version=1.0.0;"
         "q=0.1",
            OM1},
        {NULL, END},
    };
    const struct negotiation on[] = {
        {"application/openmetrics-text;version=2.0.0", OM2},
        {"application/openmetrics-text;version=2.0.0,application/openmetrics-text;version=1.0.0;"
         "q=0.1",
            OM2},
        {"application/openmetrics-text", OM1},
        {"application/openmetrics-text;version=1.0.0,*/*;q=0.1", OM1},
        {"*/*", TEXT},
        {NULL, END},
    };

    (void)state;
    check(cases);
    check_among(off, STABLE);
    check_among(on, ALL);
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
        {NULL, END},
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
        {NULL, END},
    };

    (void)state;
    check(cases);
}

static void what_is_not_supported_falls_to_the_next_clause_and_at_last_to_text(void **state)
{
    const struct negotiation cases[] = {
        {"text/plain;version=2.0.0,application/openmetrics-text;version=0.0.1;q=0.2", OM0},
        {PROTO, TEXT},
        {PROTO ",application/openmetrics-text;version=1.0.0;q=0.8,*/*;q=0.1", OM1},
        {"application/xml", TEXT},
        {"image/*", TEXT},
        {"*/plain", TEXT},
        {"text", TEXT},
        {NULL, END},
    };

    (void)state;
    check_texts(cases);
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
        {NULL, END},
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
        {NULL, END},
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
        {NULL, END},
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
        assert_int_equal(pt_negotiate(cases[i].accept, STABLE).html, cases[i].html);
}

static void a_header_of_8_kib_is_read_and_a_longer_one_counts_as_absent(void **state)
{
    static const char wanted[] = "application/openmetrics-text";
    char header[PT_MEDIA_SIZE_MAX + 2];

    (void)state;
    memset(header, ',', sizeof(header));
    memcpy(header + PT_MEDIA_SIZE_MAX - strlen(wanted), wanted, sizeof(wanted));
    assert_int_equal(pt_negotiate(header, STABLE).format, PITOT_FORMAT_OPENMETRICS);

    memset(header, ',', sizeof(header));
    memcpy(header, wanted, strlen(wanted));
    header[sizeof(header) - 1] = '\0';
    assert_int_equal(pt_negotiate(header, STABLE).format, PITOT_FORMAT_TEXT);
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
        assert_true((unsigned)pt_negotiate(header, ALL).format < PITOT_FORMAT_COUNT);
        free(header);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prometheus_2_gets_the_best_format_it_asks_for),
        cmocka_unit_test(every_prometheus_3_gets_the_best_format_it_asks_for),
        cmocka_unit_test(who_else_scrapes_gets_what_it_asks_for),
        cmocka_unit_test(the_escaping_is_that_of_the_clause_that_wins),
        cmocka_unit_test(protobuf_json_and_new_versions_are_for_who_names_them),
        cmocka_unit_test(a_wildcard_or_nothing_gets_the_text_format),
        cmocka_unit_test(openmetrics_without_a_version_is_1_0_0),
        cmocka_unit_test(what_is_not_supported_falls_to_the_next_clause_and_at_last_to_text),
        cmocka_unit_test(the_highest_q_wins_and_q_0_refuses),
        cmocka_unit_test(among_equals_the_more_specific_then_the_earlier_clause_wins),
        cmocka_unit_test(a_malformed_clause_is_passed_over),
        cmocka_unit_test(a_browser_likes_html_best_and_a_scraper_does_not),
        cmocka_unit_test(a_header_of_8_kib_is_read_and_a_longer_one_counts_as_absent),
        cmocka_unit_test(any_bytes_have_an_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
