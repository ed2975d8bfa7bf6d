/* SPDX-License-Identifier: MIT */
/* content_type_test.c -- Content-Types as servers write them, by table. */
#include <pitot/export.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PROTO                                                                                      \
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

static void a_content_type_names_format_and_escaping(void **state)
{
    const struct {
        const char *text;
        pitot_format format;
        pitot_escaping escaping;
    } cases[] = {
        {"text/plain", PITOT_FORMAT_TEXT, PITOT_ESCAPING_UNDERSCORES},
        {"text/plain; charset=utf-8", PITOT_FORMAT_TEXT, PITOT_ESCAPING_UNDERSCORES},
        {"text/plain; version=0.0.4", PITOT_FORMAT_TEXT, PITOT_ESCAPING_UNDERSCORES},
        {"TEXT/Plain;Escaping=VALUES;x=y;Version=\"0.0.4\"", PITOT_FORMAT_TEXT,
            PITOT_ESCAPING_VALUES},
        {"text/plain;version=1.0.0;escaping=allow-utf-8", PITOT_FORMAT_TEXT_1, PITOT_ESCAPING_NONE},
        {"text/plain; version=1.0.0; escaping=what", PITOT_FORMAT_TEXT_1,
            PITOT_ESCAPING_UNDERSCORES},
        {"application/openmetrics-text", PITOT_FORMAT_OPENMETRICS_0, PITOT_ESCAPING_UNDERSCORES},
        {" application/openmetrics-text ; version=1.0.0 ; charset=utf-8 ; escaping=dots ",
            PITOT_FORMAT_OPENMETRICS, PITOT_ESCAPING_DOTS},
        {"application/openmetrics-text; version=2.0.0", PITOT_FORMAT_OPENMETRICS_2,
            PITOT_ESCAPING_UNDERSCORES},
        {PROTO, PITOT_FORMAT_PROTOBUF, PITOT_ESCAPING_UNDERSCORES},
        {"application/vnd.google.protobuf;escaping=allow-utf-8;encoding=delimited;"
         "proto=io.prometheus.client.MetricFamily",
            PITOT_FORMAT_PROTOBUF, PITOT_ESCAPING_NONE},
        {"text/plain; version=0.0.4; version=0.0.4", PITOT_FORMAT_TEXT, PITOT_ESCAPING_UNDERSCORES},
        {"application/json", PITOT_FORMAT_JSON, PITOT_ESCAPING_UNDERSCORES},
        {"application/json; charset=utf-8", PITOT_FORMAT_JSON, PITOT_ESCAPING_UNDERSCORES},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pitot_format format = (pitot_format)99;
        pitot_escaping escaping = (pitot_escaping)99;

        assert_true(pitot_format_of_content_type(cases[i].text, &format, &escaping));
        assert_int_equal(format, cases[i].format);
        assert_int_equal(escaping, cases[i].escaping);
        assert_true(pitot_format_of_content_type(cases[i].text, NULL, NULL));
    }
}

static void what_is_none_of_ours_is_refused_and_nothing_is_written(void **state)
{
    const char *const cases[] = {
        NULL,
        "",
        "text",
        "text/html; charset=utf-8",
        "text/plain; version=0.0.3",
        "text/plain; version=\"",
        "text/plain version=0.0.4",
        "text/plain, text/plain",
        "*/*",
        "application/openmetrics-text; version=3.0.0",
        "application/vnd.google.protobuf",
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily",
        "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=text",
        "application/vnd.google.protobuf; proto=other; encoding=delimited",
        "text/plain; version=0.0.4; version=1.0.0",
    };
    pitot_format format = PITOT_FORMAT_JSON;
    pitot_escaping escaping = PITOT_ESCAPING_DOTS;
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_false(pitot_format_of_content_type(cases[i], &format, &escaping));
    assert_int_equal(format, PITOT_FORMAT_JSON);
    assert_int_equal(escaping, PITOT_ESCAPING_DOTS);
}

static void every_content_type_of_ours_is_understood(void **state)
{
    (void)state;

    for (int i = 0; i < PITOT_FORMAT_COUNT * 4; i++) {
        pitot_format format;
        pitot_escaping escaping;
        const char *text =
            pitot_format_content_type_with((pitot_format)(i / 4), (pitot_escaping)(i % 4));

        if (!text || i / 4 == PITOT_FORMAT_JSON) /* which has no escaping */
            continue;
        assert_true(pitot_format_of_content_type(text, &format, &escaping));
        assert_int_equal(format, i / 4);
        assert_int_equal(escaping, i % 4);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_content_type_names_format_and_escaping),
        cmocka_unit_test(what_is_none_of_ours_is_refused_and_nothing_is_written),
        cmocka_unit_test(every_content_type_of_ours_is_understood),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
