/* SPDX-License-Identifier: MIT */
/* exemplar_lines_test.c -- which exemplars stand where in OpenMetrics 1.0.0. */
#include "format/exemplar_lines.h"

#include "tests/encoded.h"

#include <stdio.h>

#define SECOND 1000000000

/* A histogram of one series with the bounds 1, 2 and 3. */
static struct pt_family_values histogram_with(const pitot_exemplar *exemplars, const uint32_t *end)
{
    static const double bounds[] = {1, 2, 3};
    static const pitot_str label = STR("a=\"b\"");
    static uint64_t words[] = {1, 2, 0, 4, 0};

    words[4] = bits(9);
    return (struct pt_family_values){
        .type = PITOT_HISTOGRAM,
        .name = STR("x"),
        .bound_count = 3,
        .bounds = bounds,
        .series_count = 1,
        .labels = &label,
        .words_per_series = 5,
        .words = words,
        .exemplar_ends = end,
        .exemplars = exemplars,
    };
}

static void assert_histogram(
    const pitot_exemplar *exemplars, uint32_t count, size_t left_out, const char *const after[4])
{
    const struct pt_family_values histogram = histogram_with(exemplars, &count);
    const struct pt_family_values *family = &histogram;
    char expected[2000];
    size_t dropped = 0;

    snprintf(expected, sizeof(expected),
        "# TYPE x histogram\n"
        "x_bucket{a=\"b\",le=\"1.0\"} 1%s\n"
        "x_bucket{a=\"b\",le=\"2.0\"} 3%s\n"
        "x_bucket{a=\"b\",le=\"3.0\"} 3%s\n"
        "x_bucket{a=\"b\",le=\"+Inf\"} 7%s\n"
        "x_count{a=\"b\"} 7\n"
        "x_sum{a=\"b\"} 9.0\n"
        "# EOF\n",
        after[0], after[1], after[2], after[3]);
    assert_page(
        &family, 1, PITOT_FORMAT_OPENMETRICS, &(pitot_encode_opts){.dropped = &dropped}, expected);
    assert_int_equal(dropped, left_out);
}

static void a_counter_has_one_exemplar_the_latest(void **state)
{
    const pitot_exemplar exemplars[] = {
        {STR("trace_id=\"1\""), 1, 5LL * SECOND, 0},
        {STR("trace_id=\"2\""), 0.5, 7LL * SECOND + 500000000, 0},
        {STR("trace_id=\"3\""), 3, PITOT_TIME_NONE, 0},
        {STR(""), 1, PITOT_TIME_NONE, 0},
    };
    const struct pt_family_values counter = {
        .type = PITOT_COUNTER,
        .name = STR("x_total"),
        .series_count = 3,
        .labels = (pitot_str[]){STR("a=\"1\""), STR("a=\"2\""), STR("a=\"3\"")},
        .words_per_series = 1,
        .words = (uint64_t[]){17, 18, 19},
        .exemplar_ends = (uint32_t[]){3, 3, 4},
        .exemplars = exemplars,
    };
    const struct pt_family_values *family = &counter;
    size_t dropped = 0;
    (void)state;

    assert_page(&family, 1, PITOT_FORMAT_OPENMETRICS, &(pitot_encode_opts){.dropped = &dropped},
        "# TYPE x counter\n"
        "x_total{a=\"1\"} 17 # {trace_id=\"2\"} 0.5 7.5\n"
        "x_total{a=\"2\"} 18\n"
        "x_total{a=\"3\"} 19 # {} 1.0\n"
        "# EOF\n");
    assert_int_equal(dropped, 2);
    assert_encoded(&counter, PITOT_FORMAT_TEXT,
        "# TYPE x_total counter\nx_total{a=\"1\"} 17\nx_total{a=\"2\"} 18\nx_total{a=\"3\"} 19\n");
}

static void a_bucket_has_the_latest_exemplar_that_is_in_its_bounds(void **state)
{
    const pitot_exemplar exemplars[] = {
        {STR("t=\"first\""), 2, 1, 1},
        {STR("t=\"latest\""), 1.5, 3, 1},
        {STR("t=\"middle\""), 2, 2, 1},
        {STR("t=\"outside\""), 2, 9, 0},
        {STR("t=\"last\""), INFINITY, SECOND, 3},
        {STR("t=\"nan\""), NAN, SECOND, 3},
        {STR("t=\"far\""), 1, SECOND, 77},
    };
    (void)state;

    assert_histogram(exemplars, 7, 5,
        (const char *[]){"", " # {t=\"latest\"} 1.5 0.000000003", "", " # {t=\"last\"} +Inf 1"});
}

static void an_exemplar_of_no_classic_bucket_goes_where_its_value_belongs(void **state)
{
    const pitot_exemplar exemplars[] = {
        {STR("t=\"1\""), 0, SECOND, PITOT_EXEMPLAR_NATIVE},
        {STR("t=\"2\""), 2, SECOND, 1},
        {STR("t=\"3\""), 2, 2LL * SECOND, PITOT_EXEMPLAR_NATIVE},
        {STR("t=\"4\""), 50, 2LL * SECOND, PITOT_EXEMPLAR_NATIVE},
        {STR("t=\"5\""), 60, 3LL * SECOND, PITOT_EXEMPLAR_NATIVE},
        {STR("t=\"6\""), 70, 1LL * SECOND, 3},
    };
    (void)state;

    assert_histogram(exemplars, 6, 3,
        (const char *[]){" # {t=\"1\"} 0.0 1", " # {t=\"2\"} 2.0 1", "", " # {t=\"6\"} 70.0 1"});
    assert_histogram(exemplars, 5, 2,
        (const char *[]){" # {t=\"1\"} 0.0 1", " # {t=\"2\"} 2.0 1", "", " # {t=\"5\"} 60.0 3"});
}

static void an_exemplar_has_at_most_128_code_points(void **state)
{
    /* 3 of the name; 123 and an escaped quote, which is one, and an umlaut, which is one. */
    char text[200] = "abc=\"";
    pitot_exemplar exemplar = {{text, 0}, 2, SECOND, 1};
    char after[300];
    (void)state;

    memset(text + 5, 'x', 123);
    memcpy(text + 128, "\\\"\xc3\xbc\"", 6);
    exemplar.labels.size = strlen(text);
    snprintf(after, sizeof(after), " # {%s} 2.0 1", text);
    assert_histogram(&exemplar, 1, 0, (const char *[]){"", after, "", ""});
    memcpy(text + 128, "\\\"\xc3\xbcy\"", 7);
    exemplar.labels.size = strlen(text);
    assert_histogram(&exemplar, 1, 1, (const char *[]){"", "", "", ""});
}

static void only_counters_and_buckets_have_exemplars(void **state)
{
    const pitot_exemplar exemplars[] = {
        {STR("t=\"1\""), 1, SECOND, 0}, {STR("t=\"2\""), 1, SECOND, PITOT_EXEMPLAR_NATIVE}};
    struct pt_family_values family = {
        .type = PITOT_GAUGE,
        .name = STR("x"),
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 1,
        .words = (uint64_t[]){1, bits(2)},
        .exemplar_ends = (uint32_t[]){2},
        .exemplars = exemplars,
    };
    const struct pt_family_values *families = &family;
    size_t dropped = 0;
    const pitot_encode_opts opts = {.dropped = &dropped};
    (void)state;

    assert_page(&families, 1, PITOT_FORMAT_OPENMETRICS, &opts, "# TYPE x gauge\nx 1\n# EOF\n");
    assert_int_equal(dropped, 2);
    family.type = PITOT_COUNTER; /* without `_total` it is unknown */
    assert_page(&families, 1, PITOT_FORMAT_OPENMETRICS, &opts, "# TYPE x unknown\nx 1\n# EOF\n");
    assert_int_equal(dropped, 2);
    family.type = PITOT_GAUGE_HISTOGRAM; /* has no classic bounds: only +Inf, and its own */
    family.words_per_series = 2;
    assert_page(&families, 1, PITOT_FORMAT_OPENMETRICS, &opts,
        "# TYPE x gaugehistogram\nx_bucket{le=\"+Inf\"} 1 # {t=\"1\"} 1.0 1\nx_gcount 1\n"
        "x_gsum 2.0\n# EOF\n");
    assert_int_equal(dropped, 1);
}

static void the_labels_of_an_exemplar_follow_the_escaping(void **state)
{
    const pitot_exemplar exemplar = {STR("\"trace.id\"=\"a\\\"b\",trace_id=\"c\""), 1, SECOND, 0};
    const struct pt_family_values counter = {
        .type = PITOT_COUNTER,
        .name = STR("x_total"),
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 1,
        .words = (uint64_t[]){1},
        .exemplar_ends = (uint32_t[]){1},
        .exemplars = &exemplar,
    };
    const struct pt_family_values *family = &counter;
    (void)state;

    assert_page(&family, 1, PITOT_FORMAT_OPENMETRICS,
        &(pitot_encode_opts){.escaping = PITOT_ESCAPING_NONE},
        "# TYPE x counter\nx_total 1 # {\"trace.id\"=\"a\\\"b\",trace_id=\"c\"} 1.0 1\n# EOF\n");
    assert_page(&family, 1, PITOT_FORMAT_OPENMETRICS,
        &(pitot_encode_opts){.escaping = PITOT_ESCAPING_DOTS},
        "# TYPE x counter\nx_total 1 # {trace_dot_id=\"a\\\"b\",trace_id=\"c\"} 1.0 1\n# EOF\n");
    assert_page(&family, 1, PITOT_FORMAT_OPENMETRICS, NULL,
        "# TYPE x counter\nx_total 1 # {trace_id=\"a\\\"b\"} 1.0 1\n# EOF\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_has_one_exemplar_the_latest),
        cmocka_unit_test(a_bucket_has_the_latest_exemplar_that_is_in_its_bounds),
        cmocka_unit_test(an_exemplar_of_no_classic_bucket_goes_where_its_value_belongs),
        cmocka_unit_test(an_exemplar_has_at_most_128_code_points),
        cmocka_unit_test(only_counters_and_buckets_have_exemplars),
        cmocka_unit_test(the_labels_of_an_exemplar_follow_the_escaping),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
