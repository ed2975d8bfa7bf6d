/* SPDX-License-Identifier: MIT */
/*
 * format_test.c -- the encoders on snapshots made by hand: the types that no instrument makes yet,
 * and the rules of OpenMetrics that no instrument can break.
 */
#include "base/buf.h"
#include "snapshot/snapshot.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define STR(literal)                                                                               \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static uint64_t bits(double value)
{
    uint64_t word;

    memcpy(&word, &value, sizeof(word));
    return word;
}

static void assert_encoded(
    const struct pt_family_values *family, pitot_format format, const char *expected)
{
    pitot_snapshot snap = {.families = &family, .family_count = 1};
    struct pt_buf page = pt_buf_new(100000);
    pitot_error err = {0};

    assert_true(pitot_encode(&snap, format, pt_buf_write, &page, &err));
    pt_buf_add_char(&page, '\0');

    assert_string_equal(page.at, expected);
    pt_buf_free(&page);
}

static void info_is_a_gauge_in_text_and_loses_its_suffix_in_openmetrics(void **state)
{
    const struct pt_family_values info = {
        .type = PITOT_INFO,
        .name = STR("build_info"),
        .help = STR("H."),
        .series_count = 1,
        .labels = (pitot_str[]){STR("version=\"1\"")},
        .words_per_series = 1,
        .words = (uint64_t[]){1},
    };
    (void)state;

    assert_encoded(&info, PITOT_FORMAT_TEXT,
        "# HELP build_info H.\n# TYPE build_info gauge\nbuild_info{version=\"1\"} 1\n");
    assert_encoded(&info, PITOT_FORMAT_OPENMETRICS,
        "# TYPE build info\n# HELP build H.\nbuild_info{version=\"1\"} 1\n# EOF\n");
}

static void a_stateset_is_a_gauge_in_text(void **state)
{
    const struct pt_family_values states = {
        .type = PITOT_STATESET,
        .name = STR("mode"),
        .help = STR("H."),
        .series_count = 2,
        .labels = (pitot_str[]){STR("mode=\"off\""), STR("mode=\"on\"")},
        .words_per_series = 1,
        .words = (uint64_t[]){0, 1},
    };
    (void)state;

    assert_encoded(&states, PITOT_FORMAT_TEXT,
        "# HELP mode H.\n# TYPE mode gauge\nmode{mode=\"off\"} 0\nmode{mode=\"on\"} 1\n");
    assert_encoded(&states, PITOT_FORMAT_OPENMETRICS,
        "# TYPE mode stateset\n# HELP mode H.\nmode{mode=\"off\"} 0\nmode{mode=\"on\"} 1\n# EOF\n");
}

static void a_gauge_histogram_has_its_own_suffixes_in_openmetrics(void **state)
{
    const struct pt_family_values histogram = {
        .type = PITOT_GAUGE_HISTOGRAM,
        .name = STR("age_seconds"),
        .help = STR("H."),
        .unit = STR("seconds"),
        .bound_count = 1,
        .bounds = (double[]){10},
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 3,
        .words = (uint64_t[]){1, 2, bits(31.5)},
    };
    (void)state;

    assert_encoded(&histogram, PITOT_FORMAT_TEXT,
        "# HELP age_seconds H.\n"
        "# TYPE age_seconds histogram\n"
        "age_seconds_bucket{le=\"10\"} 1\n"
        "age_seconds_bucket{le=\"+Inf\"} 3\n"
        "age_seconds_sum 31.5\n"
        "age_seconds_count 3\n");
    assert_encoded(&histogram, PITOT_FORMAT_OPENMETRICS,
        "# TYPE age_seconds gaugehistogram\n"
        "# UNIT age_seconds seconds\n"
        "# HELP age_seconds H.\n"
        "age_seconds_bucket{le=\"10.0\"} 1\n"
        "age_seconds_bucket{le=\"+Inf\"} 3\n"
        "age_seconds_gcount 3\n"
        "age_seconds_gsum 31.5\n"
        "# EOF\n");
}

static void a_gauge_histogram_has_a_negative_sum_only_with_negative_bounds(void **state)
{
    double bound = -1;
    struct pt_family_values histogram = {
        .type = PITOT_GAUGE_HISTOGRAM,
        .name = STR("x"),
        .help = STR("H."),
        .bound_count = 1,
        .bounds = &bound,
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 3,
        .words = (uint64_t[]){1, 0, bits(-2)},
    };
    (void)state;

    assert_encoded(&histogram, PITOT_FORMAT_OPENMETRICS,
        "# TYPE x gaugehistogram\n# HELP x H.\nx_bucket{le=\"-1.0\"} 1\nx_bucket{le=\"+Inf\"} 1\n"
        "x_gcount 1\nx_gsum -2.0\n# EOF\n");
    bound = 1;
    assert_encoded(&histogram, PITOT_FORMAT_OPENMETRICS,
        "# TYPE x gaugehistogram\n# HELP x H.\nx_bucket{le=\"1.0\"} 1\nx_bucket{le=\"+Inf\"} 1\n"
        "# EOF\n");
}

static void an_empty_snapshot_is_an_empty_page(void **state)
{
    pitot_snapshot snap = {0};
    struct pt_buf text = pt_buf_new(100), openmetrics = pt_buf_new(100);
    (void)state;

    assert_true(pitot_encode(&snap, PITOT_FORMAT_TEXT, pt_buf_write, &text, NULL));
    assert_true(pitot_encode(&snap, PITOT_FORMAT_OPENMETRICS, pt_buf_write, &openmetrics, NULL));

    assert_int_equal(text.size, 0);
    assert_int_equal(openmetrics.size, 6);
    assert_memory_equal(openmetrics.at, "# EOF\n", 6);
    pt_buf_free(&openmetrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(info_is_a_gauge_in_text_and_loses_its_suffix_in_openmetrics),
        cmocka_unit_test(a_stateset_is_a_gauge_in_text),
        cmocka_unit_test(a_gauge_histogram_has_its_own_suffixes_in_openmetrics),
        cmocka_unit_test(a_gauge_histogram_has_a_negative_sum_only_with_negative_bounds),
        cmocka_unit_test(an_empty_snapshot_is_an_empty_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
