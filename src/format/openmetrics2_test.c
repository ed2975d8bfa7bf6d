/* SPDX-License-Identifier: MIT */
/* openmetrics2_test.c -- OpenMetrics 2.0.0-rc0 on snapshots made by hand. */
#include "format/format.h"

#include "tests/encoded.h"

#define SECOND 1000000000

static void a_sample_has_the_name_of_its_family(void **state)
{
    const struct pt_family_values counter = {
        .type = PITOT_COUNTER,
        .name = STR("x_seconds_total"),
        .help = STR("A \"quote\"."),
        .unit = STR("seconds"),
        .series_count = 2,
        .labels = (pitot_str[]){STR(""), STR("a=\"b\"")},
        .words_per_series = 1,
        .words = (uint64_t[]){17, bits(1)},
        .kinds = (uint8_t[]){PT_U64, PT_DOUBLE},
    };
    const struct pt_family_values info = {
        .type = PITOT_INFO,
        .name = STR("x_info"),
        .series_count = 1,
        .labels = (pitot_str[]){STR("a=\"b\"")},
        .words_per_series = 1,
        .words = (uint64_t[]){1},
    };
    const struct pt_family_values counter_without_total = {.type = PITOT_COUNTER, .name = STR("x")};
    (void)state;

    assert_encoded(&counter, PITOT_FORMAT_OPENMETRICS_2,
        "# TYPE x_seconds_total counter\n"
        "# UNIT x_seconds_total seconds\n"
        "# HELP x_seconds_total A \\\"quote\\\".\n"
        "x_seconds_total 17\n"
        "x_seconds_total{a=\"b\"} 1.0\n"
        "# EOF\n");
    assert_encoded(
        &info, PITOT_FORMAT_OPENMETRICS_2, "# TYPE x_info info\nx_info{a=\"b\"} 1\n# EOF\n");
    assert_encoded(&counter_without_total, PITOT_FORMAT_OPENMETRICS_2, "# TYPE x counter\n# EOF\n");
}

/* A page of protobuf may have anything for a unit. */
static void a_unit_that_would_break_the_line_is_left_out(void **state)
{
    const pitot_str units[] = {STR("a\n# EOF"), STR("two words"), STR("a.b"), {NULL, 0}};
    (void)state;

    for (size_t i = 0; i < 4; i++) {
        const struct pt_family_values gauge = {
            .type = PITOT_GAUGE, .name = STR("x"), .unit = units[i]};

        assert_encoded(&gauge, PITOT_FORMAT_OPENMETRICS_2, "# TYPE x gauge\n# EOF\n");
    }
    const struct pt_family_values gauge = {
        .type = PITOT_GAUGE, .name = STR("x"), .unit = STR("16ths")};
    assert_encoded(&gauge, PITOT_FORMAT_OPENMETRICS_2, "# TYPE x gauge\n# UNIT x 16ths\n# EOF\n");
}

static void an_info_that_is_not_called_so_is_a_gauge(void **state)
{
    const struct pt_family_values info = {.type = PITOT_INFO, .name = STR("x")};
    const struct pt_family_values bare = {.type = PITOT_INFO, .name = STR("_info")};
    (void)state;

    assert_encoded(&info, PITOT_FORMAT_OPENMETRICS_2, "# TYPE x gauge\n# EOF\n");
    assert_encoded(&bare, PITOT_FORMAT_OPENMETRICS_2, "# TYPE _info gauge\n# EOF\n");
}

static void time_start_and_exemplars_follow_the_value_in_that_order(void **state)
{
    const pitot_exemplar exemplars[] = {
        {STR("t=\"1\""), 1, 5LL * SECOND, 0},
        {STR("t=\"2\""), 2, PITOT_TIME_NONE, 0},
        {STR(""), 3, 6LL * SECOND, 0},
    };
    const struct pt_family_values counter = {
        .type = PITOT_COUNTER,
        .name = STR("x_total"),
        .series_count = 1,
        .labels = (pitot_str[]){STR("a=\"b\"")},
        .words_per_series = 1,
        .words = (uint64_t[]){17},
        .starts = &(int64_t){1500000000250000000},
        .times = &(int64_t){1600000000000000000},
        .exemplar_ends = (uint32_t[]){3},
        .exemplars = exemplars,
    };
    const struct pt_family_values *family = &counter;
    size_t dropped = 0;
    (void)state;

    assert_page(&family, 1, PITOT_FORMAT_OPENMETRICS_2, &(pitot_encode_opts){.dropped = &dropped},
        "# TYPE x_total counter\n"
        "x_total{a=\"b\"} 17 1600000000 st@1500000000.25 # {t=\"1\"} 1.0 5 # {} 3.0 6\n"
        "# EOF\n");
    assert_int_equal(dropped, 1);
}

static void gauges_have_neither_start_nor_exemplars(void **state)
{
    const pitot_exemplar exemplar = {STR(""), 1, SECOND, 0};
    struct pt_family_values family = {
        .type = PITOT_GAUGE,
        .name = STR("x"),
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 1,
        .words = (uint64_t[]){1, bits(-2)},
        .starts = &(int64_t){SECOND},
        .exemplar_ends = (uint32_t[]){1},
        .exemplars = &exemplar,
    };
    (void)state;

    assert_encoded(&family, PITOT_FORMAT_OPENMETRICS_2, "# TYPE x gauge\nx 1\n# EOF\n");
    family.type = PITOT_GAUGE_HISTOGRAM;
    family.words_per_series = 2;
    assert_encoded(&family, PITOT_FORMAT_OPENMETRICS_2,
        "# TYPE x gaugehistogram\nx {gcount:1,gsum:-2.0,bucket:[+Inf:1]} # {} 1.0 1\n# EOF\n");
}

static void a_classic_histogram_is_one_value(void **state)
{
    const struct pt_family_values histogram = {
        .type = PITOT_HISTOGRAM,
        .name = STR("x"),
        .bound_count = 3,
        .bounds = (double[]){-1, 0.00001, 1},
        .series_count = 2,
        .labels = (pitot_str[]){STR(""), STR("a=\"b\"")},
        .words_per_series = 5,
        .words = (uint64_t[]){0, 5, 0, 12, bits(324789.3), bits(0), bits(0.5), bits(0), bits(2),
            bits(NAN)},
        .kinds = (uint8_t[]){PT_U64, PT_DOUBLE},
        .starts = (int64_t[]){SECOND, PITOT_TIME_NONE},
    };
    (void)state;

    assert_encoded(&histogram, PITOT_FORMAT_OPENMETRICS_2,
        "# TYPE x histogram\n"
        "x {count:17,sum:324789.3,bucket:[-1.0:0,1e-05:5,1.0:5,+Inf:17]} st@1\n"
        "x{a=\"b\"} {count:2.5,sum:NaN,bucket:[-1.0:0.0,1e-05:0.5,1.0:0.5,+Inf:2.5]}\n"
        "# EOF\n");
}

static void native_buckets_stand_before_classic_ones_or_alone(void **state)
{
    const pitot_span positive_spans[] = {{-2, 1}, {3, 2}}, negative_spans[] = {{0, 1}};
    const pitot_number positive[] = {{.u64 = 3}, {.u64 = 0}, {.u64 = 12}};
    const pitot_number negative[] = {{.u64 = 1}};
    pitot_native native = {
        .schema = -1,
        .zero_threshold = 2.938735877055719e-39,
        .zero_count.u64 = 1,
        .positive_spans = positive_spans,
        .positive_span_count = 2,
        .positive = positive,
        .positive_count = 3,
        .negative_spans = negative_spans,
        .negative_span_count = 1,
        .negative = negative,
        .negative_count = 1,
    };
    struct pt_family_values histogram = {
        .type = PITOT_HISTOGRAM,
        .name = STR("x"),
        .bound_count = 1,
        .bounds = (double[]){1},
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 3,
        .words = (uint64_t[]){10, 7, bits(99)},
        .natives = &native,
    };
    const struct pt_family_values *family = &histogram;
    size_t dropped = 0;
    const pitot_encode_opts opts = {.dropped = &dropped};
    (void)state;

#define NATIVE                                                                                     \
    "schema:-1,zero_threshold:2.938735877055719e-39,zero_count:1,negative_spans:[0:1],"            \
    "negative_buckets:[1],positive_spans:[-2:1,3:2],positive_buckets:[3,0,12]"
    assert_encoded(&histogram, PITOT_FORMAT_OPENMETRICS_2,
        "# TYPE x histogram\nx {count:17,sum:99.0," NATIVE ",bucket:[1.0:10,+Inf:17]}\n# EOF\n");
    histogram.bound_count = 0;
    histogram.words_per_series = 2;
    histogram.words = (uint64_t[]){17, bits(99)};
    assert_encoded(&histogram, PITOT_FORMAT_OPENMETRICS_2,
        "# TYPE x histogram\nx {count:17,sum:99.0," NATIVE "}\n# EOF\n");
    native.schema = 9; /* which this format does not have */
    assert_page(&family, 1, PITOT_FORMAT_OPENMETRICS_2, &opts,
        "# TYPE x histogram\nx {count:17,sum:99.0,bucket:[+Inf:17]}\n# EOF\n");
    assert_int_equal(dropped, 1);
    native.schema = PITOT_SCHEMA_NONE;
    assert_page(&family, 1, PITOT_FORMAT_OPENMETRICS_2, &opts,
        "# TYPE x histogram\nx {count:17,sum:99.0,bucket:[+Inf:17]}\n# EOF\n");
    assert_int_equal(dropped, 0);
}

static void an_empty_native_histogram_has_no_spans(void **state)
{
    const pitot_native native = {.schema = 3, .zero_threshold = 0};
    const struct pt_family_values histogram = {
        .type = PITOT_GAUGE_HISTOGRAM,
        .name = STR("x"),
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 2,
        .words = (uint64_t[]){bits(0), bits(0)},
        .kinds = (uint8_t[]){PT_DOUBLE},
        .natives = &native,
    };
    (void)state;

    assert_encoded(&histogram, PITOT_FORMAT_OPENMETRICS_2,
        "# TYPE x gaugehistogram\n"
        "x {gcount:0.0,gsum:0.0,schema:3,zero_threshold:0.0,zero_count:0.0}\n# EOF\n");
}

static void a_summary_is_one_value(void **state)
{
    struct pt_family_values summary = {
        .type = PITOT_SUMMARY,
        .name = STR("x"),
        .bound_count = 3,
        .bounds = (double[]){0, 0.5, 2},
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 5,
        .words = (uint64_t[]){bits(0.25), bits(NAN), bits(1), 4, bits(5)},
        .starts = &(int64_t){SECOND},
    };
    const struct pt_family_values *family = &summary;
    size_t dropped = 0;
    (void)state;

    assert_page(&family, 1, PITOT_FORMAT_OPENMETRICS_2, &(pitot_encode_opts){.dropped = &dropped},
        "# TYPE x summary\nx {count:4,sum:5.0,quantile:[0.0:0.25,0.5:NaN]} st@1\n# EOF\n");
    assert_int_equal(dropped, 1);
    summary.bound_count = 0;
    summary.words_per_series = 2;
    summary.words = (uint64_t[]){4, bits(5)};
    assert_encoded(&summary, PITOT_FORMAT_OPENMETRICS_2,
        "# TYPE x summary\nx {count:4,sum:5.0,quantile:[]} st@1\n# EOF\n");
}

static void a_stateset_is_written_as_before(void **state)
{
    const struct pt_family_values states = {
        .type = PITOT_STATESET,
        .name = STR("mode"),
        .series_count = 2,
        .labels = (pitot_str[]){STR("mode=\"off\""), STR("mode=\"on\"")},
        .words_per_series = 1,
        .words = (uint64_t[]){0, 1},
    };
    (void)state;

    assert_encoded(&states, PITOT_FORMAT_OPENMETRICS_2,
        "# TYPE mode stateset\nmode{mode=\"off\"} 0\nmode{mode=\"on\"} 1\n# EOF\n");
}

static void quoted_names_stand_in_the_braces(void **state)
{
    const struct pt_family_values histogram = {
        .type = PITOT_HISTOGRAM,
        .name = STR("my.hist"),
        .help = STR("H."),
        .quoted = true,
        .series_count = 2,
        .labels = (pitot_str[]){STR(""), STR("\"my.label\"=\"v\"")},
        .words_per_series = 2,
        .words = (uint64_t[]){1, bits(2), 3, bits(4)},
    };
    const struct pt_family_values *family = &histogram;
    (void)state;

    assert_page(&family, 1, PITOT_FORMAT_OPENMETRICS_2,
        &(pitot_encode_opts){.escaping = PITOT_ESCAPING_NONE},
        "# TYPE \"my.hist\" histogram\n"
        "# HELP \"my.hist\" H.\n"
        "{\"my.hist\"} {count:1,sum:2.0,bucket:[+Inf:1]}\n"
        "{\"my.hist\",\"my.label\"=\"v\"} {count:3,sum:4.0,bucket:[+Inf:3]}\n"
        "# EOF\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sample_has_the_name_of_its_family),
        cmocka_unit_test(a_unit_that_would_break_the_line_is_left_out),
        cmocka_unit_test(an_info_that_is_not_called_so_is_a_gauge),
        cmocka_unit_test(time_start_and_exemplars_follow_the_value_in_that_order),
        cmocka_unit_test(gauges_have_neither_start_nor_exemplars),
        cmocka_unit_test(a_classic_histogram_is_one_value),
        cmocka_unit_test(native_buckets_stand_before_classic_ones_or_alone),
        cmocka_unit_test(an_empty_native_histogram_has_no_spans),
        cmocka_unit_test(a_summary_is_one_value),
        cmocka_unit_test(a_stateset_is_written_as_before),
        cmocka_unit_test(quoted_names_stand_in_the_braces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
