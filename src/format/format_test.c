/* SPDX-License-Identifier: MIT */
/*
 * format_test.c -- text and OpenMetrics 1.0.0 on snapshots made by hand: all that a snapshot may
 * hold, and the rules of OpenMetrics that no instrument can break.
 */
#include "tests/encoded.h"

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

/* Prometheus' own page has both go_memstats_alloc_bytes and go_memstats_alloc_bytes_total. */
static void what_would_have_the_name_of_another_family_in_openmetrics_is_unknown(void **state)
{
#define ONE(family_name, family_type)                                                              \
    &(const struct pt_family_values)                                                               \
    {                                                                                              \
        .type = (family_type), .name = STR(family_name), .series_count = 1,                        \
        .labels = (pitot_str[]){STR("")}, .words_per_series = 1, .words = (uint64_t[]){1},         \
    }
    const struct pt_family_values *const families[] = {
        ONE("a", PITOT_GAUGE),
        ONE("a_b", PITOT_GAUGE),
        ONE("a_info", PITOT_INFO),
        ONE("a_total", PITOT_COUNTER),
        ONE("b_info", PITOT_INFO),
        ONE("b_total", PITOT_COUNTER),
        ONE("c_info", PITOT_GAUGE),
        ONE("c_total", PITOT_COUNTER),
    };
#undef ONE
    (void)state;

    assert_page(families, 8, PITOT_FORMAT_OPENMETRICS, NULL,
        "# TYPE a gauge\na 1\n# TYPE a_b gauge\na_b 1\n"
        "# TYPE a_info unknown\na_info 1\n# TYPE a_total unknown\na_total 1\n"
        "# TYPE b info\nb_info 1\n# TYPE b_total unknown\nb_total 1\n"
        "# TYPE c_info gauge\nc_info 1\n# TYPE c counter\nc_total 1\n# EOF\n");
}

/* Python's library writes such gauges into text 0.0.4. */
static void a_gauge_that_is_the_start_of_its_neighbour_is_left_out_of_openmetrics(void **state)
{
    const struct pt_family_values gauge = {
        .type = PITOT_GAUGE,
        .name = STR("x_created"),
        .series_count = 2,
        .labels = (pitot_str[]){STR("a=\"1\""), STR("a=\"2\"")},
        .words_per_series = 1,
        .words = (uint64_t[]){5, 6},
    };
    struct pt_family_values other = {
        .name = STR("x"),
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 2,
        .words = (uint64_t[]){3, bits(2)},
    };
    const struct pt_family_values *const families[] = {&other, &gauge};
    size_t dropped = 0;
    const pitot_encode_opts opts = {.dropped = &dropped};
    (void)state;

    other.type = PITOT_SUMMARY;
    assert_page(families, 2, PITOT_FORMAT_OPENMETRICS, &opts,
        "# TYPE x summary\nx_count 3\nx_sum 2.0\n# EOF\n");
    assert_int_equal(dropped, 2);
    other.type = PITOT_HISTOGRAM;
    assert_page(families, 2, PITOT_FORMAT_OPENMETRICS, &opts,
        "# TYPE x histogram\nx_bucket{le=\"+Inf\"} 3\nx_count 3\nx_sum 2.0\n# EOF\n");
    assert_int_equal(dropped, 2);
    assert_page(families, 2, PITOT_FORMAT_TEXT, &opts,
        "# TYPE x histogram\nx_bucket{le=\"+Inf\"} 3\nx_sum 2\nx_count 3\n"
        "# TYPE x_created gauge\nx_created{a=\"1\"} 5\nx_created{a=\"2\"} 6\n");
    assert_int_equal(dropped, 0);
    other.type = PITOT_GAUGE;
    assert_page(families, 2, PITOT_FORMAT_OPENMETRICS, &opts,
        "# TYPE x gauge\nx 3\n# TYPE x_created gauge\nx_created{a=\"1\"} 5\n"
        "x_created{a=\"2\"} 6\n# EOF\n");
    assert_int_equal(dropped, 0);
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

static void a_summary_has_quantiles_sum_and_count(void **state)
{
    const struct pt_family_values summary = {
        .type = PITOT_SUMMARY,
        .name = STR("rpc_seconds"),
        .help = STR("H."),
        .bound_count = 2,
        .bounds = (double[]){0.5, 1},
        .series_count = 2,
        .labels = (pitot_str[]){STR(""), STR("a=\"b\"")},
        .words_per_series = 4,
        .words = (uint64_t[]){bits(0.25), bits(2), 17, bits(8.5), bits(NAN), bits(NAN), 0, bits(0)},
    };
    (void)state;

    assert_encoded(&summary, PITOT_FORMAT_TEXT,
        "# HELP rpc_seconds H.\n"
        "# TYPE rpc_seconds summary\n"
        "rpc_seconds{quantile=\"0.5\"} 0.25\n"
        "rpc_seconds{quantile=\"1\"} 2\n"
        "rpc_seconds_sum 8.5\n"
        "rpc_seconds_count 17\n"
        "rpc_seconds{a=\"b\",quantile=\"0.5\"} NaN\n"
        "rpc_seconds{a=\"b\",quantile=\"1\"} NaN\n"
        "rpc_seconds_sum{a=\"b\"} 0\n"
        "rpc_seconds_count{a=\"b\"} 0\n");
    assert_encoded(&summary, PITOT_FORMAT_OPENMETRICS,
        "# TYPE rpc_seconds summary\n"
        "# HELP rpc_seconds H.\n"
        "rpc_seconds{quantile=\"0.5\"} 0.25\n"
        "rpc_seconds{quantile=\"1.0\"} 2.0\n"
        "rpc_seconds_count 17\n"
        "rpc_seconds_sum 8.5\n"
        "rpc_seconds{a=\"b\",quantile=\"0.5\"} NaN\n"
        "rpc_seconds{a=\"b\",quantile=\"1.0\"} NaN\n"
        "rpc_seconds_count{a=\"b\"} 0\n"
        "rpc_seconds_sum{a=\"b\"} 0.0\n"
        "# EOF\n");
}

static void openmetrics_leaves_out_quantiles_and_sums_that_it_forbids(void **state)
{
    const struct pt_family_values summary = {
        .type = PITOT_SUMMARY,
        .name = STR("x"),
        .bound_count = 3,
        .bounds = (double[]){-0.5, 0.5, 1.5},
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 5,
        .words = (uint64_t[]){bits(1), bits(-2), bits(3), 4, bits(-5)},
    };
    size_t dropped = 99;
    const struct pt_family_values *family = &summary;
    (void)state;

    assert_page(&family, 1, PITOT_FORMAT_OPENMETRICS, &(pitot_encode_opts){.dropped = &dropped},
        "# TYPE x summary\nx_count 4\n# EOF\n");
    assert_int_equal(dropped, 3);
}

static void a_histogram_with_float_counts_is_written_in_floats(void **state)
{
    struct pt_family_values histogram = {
        .type = PITOT_HISTOGRAM,
        .name = STR("x"),
        .bound_count = 1,
        .bounds = (double[]){1},
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 3,
        .words = (uint64_t[]){bits(1.5), bits(2), bits(8)},
        .kinds = (uint8_t[]){PT_DOUBLE},
    };
    const struct pt_family_values *family = &histogram;
    size_t dropped = 0;
    (void)state;

    assert_encoded(&histogram, PITOT_FORMAT_TEXT,
        "# TYPE x histogram\nx_bucket{le=\"1\"} 1.5\nx_bucket{le=\"+Inf\"} 3.5\nx_sum 8\n"
        "x_count 3.5\n");
    assert_page(&family, 1, PITOT_FORMAT_OPENMETRICS, &(pitot_encode_opts){.dropped = &dropped},
        "# TYPE x histogram\n# EOF\n"); /* where a count is an integer */
    assert_int_equal(dropped, 1);
    static const double wrong[] = {-1, INFINITY, NAN};
    for (size_t i = 0; i < 3; i++) {
        histogram.words = (uint64_t[]){bits(wrong[i]), bits(2), bits(8)};
        assert_page(&family, 1, PITOT_FORMAT_OPENMETRICS, &(pitot_encode_opts){.dropped = &dropped},
            "# TYPE x histogram\n# EOF\n");
        assert_int_equal(dropped, 1);
    }
    histogram.words = (uint64_t[]){bits(1), bits(2), bits(8)};
    assert_encoded(&histogram, PITOT_FORMAT_OPENMETRICS,
        "# TYPE x histogram\nx_bucket{le=\"1.0\"} 1.0\nx_bucket{le=\"+Inf\"} 3.0\nx_count 3.0\n"
        "x_sum 8.0\n# EOF\n");
}

static void a_native_histogram_shows_its_classic_part_in_text(void **state)
{
    const pitot_native native = {.schema = 3,
        .positive_spans = &(pitot_span){0, 1},
        .positive_span_count = 1,
        .positive = &(pitot_number){.u64 = 3},
        .positive_count = 1};
    const struct pt_family_values histogram = {
        .type = PITOT_HISTOGRAM,
        .name = STR("x"),
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 2,
        .words = (uint64_t[]){3, bits(2.5)},
        .natives = &native,
    };
    (void)state;

    assert_encoded(&histogram, PITOT_FORMAT_TEXT,
        "# TYPE x histogram\nx_bucket{le=\"+Inf\"} 3\nx_sum 2.5\nx_count 3\n");
    assert_encoded(&histogram, PITOT_FORMAT_OPENMETRICS,
        "# TYPE x histogram\nx_bucket{le=\"+Inf\"} 3\nx_count 3\nx_sum 2.5\n# EOF\n");
}

static void a_sum_that_is_not_a_number_leaves_openmetrics_with_the_buckets(void **state)
{
    struct pt_family_values histogram = {
        .type = PITOT_HISTOGRAM,
        .name = STR("x"),
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 2,
        .words = (uint64_t[]){3, bits(NAN)},
    };
    (void)state;

    assert_encoded(&histogram, PITOT_FORMAT_TEXT,
        "# TYPE x histogram\nx_bucket{le=\"+Inf\"} 3\nx_sum NaN\nx_count 3\n");
    assert_encoded(&histogram, PITOT_FORMAT_OPENMETRICS,
        "# TYPE x histogram\nx_bucket{le=\"+Inf\"} 3\n# EOF\n");
    histogram.type = PITOT_GAUGE_HISTOGRAM;
    assert_encoded(&histogram, PITOT_FORMAT_OPENMETRICS,
        "# TYPE x gaugehistogram\nx_bucket{le=\"+Inf\"} 3\n# EOF\n");
}

static void what_a_page_did_not_say_is_not_written(void **state)
{
    const struct pt_family_values silent = {.type = PITOT_UNKNOWN, .name = STR("x")};
    const struct pt_family_values empty = {
        .type = PITOT_UNKNOWN, .name = STR("x"), .help = {"", 0}, .unit = {"", 0}};
    (void)state;

    assert_encoded(&silent, PITOT_FORMAT_TEXT, "# TYPE x untyped\n");
    assert_encoded(&silent, PITOT_FORMAT_OPENMETRICS, "# TYPE x unknown\n# EOF\n");
    assert_encoded(&empty, PITOT_FORMAT_TEXT, "# HELP x \n# TYPE x untyped\n");
    assert_encoded(&empty, PITOT_FORMAT_OPENMETRICS, "# TYPE x unknown\n# HELP x \n# EOF\n");
}

static void a_family_in_several_pieces_has_one_head(void **state)
{
    const struct pt_family_values pieces[2] = {
        {
            .type = PITOT_HISTOGRAM,
            .name = STR("x"),
            .help = STR("H."),
            .bound_count = 1,
            .bounds = (double[]){1},
            .series_count = 1,
            .labels = (pitot_str[]){STR("a=\"1\"")},
            .words_per_series = 3,
            .words = (uint64_t[]){1, 0, bits(1)},
        },
        {
            .type = PITOT_HISTOGRAM,
            .name = STR("x"),
            .help = STR("H."),
            .series_count = 1,
            .labels = (pitot_str[]){STR("a=\"2\"")},
            .words_per_series = 2,
            .words = (uint64_t[]){1, bits(2)},
        },
    };
    const struct pt_family_values *families[] = {&pieces[0], &pieces[1]};
    (void)state;

    assert_page(families, 2, PITOT_FORMAT_TEXT, NULL,
        "# HELP x H.\n# TYPE x histogram\n"
        "x_bucket{a=\"1\",le=\"1\"} 1\nx_bucket{a=\"1\",le=\"+Inf\"} 1\nx_sum{a=\"1\"} 1\n"
        "x_count{a=\"1\"} 1\n"
        "x_bucket{a=\"2\",le=\"+Inf\"} 1\nx_sum{a=\"2\"} 2\nx_count{a=\"2\"} 1\n");
    assert_page(families, 2, PITOT_FORMAT_OPENMETRICS, NULL,
        "# TYPE x histogram\n# HELP x H.\n"
        "x_bucket{a=\"1\",le=\"1.0\"} 1\nx_bucket{a=\"1\",le=\"+Inf\"} 1\nx_count{a=\"1\"} 1\n"
        "x_sum{a=\"1\"} 1.0\n"
        "x_bucket{a=\"2\",le=\"+Inf\"} 1\nx_count{a=\"2\"} 1\nx_sum{a=\"2\"} 2.0\n# EOF\n");
    assert_page(families, 2, PITOT_FORMAT_OPENMETRICS_2, NULL,
        "# TYPE x histogram\n# HELP x H.\n"
        "x{a=\"1\"} {count:1,sum:1.0,bucket:[1.0:1,+Inf:1]}\n"
        "x{a=\"2\"} {count:1,sum:2.0,bucket:[+Inf:1]}\n# EOF\n");
}

static void a_time_is_milliseconds_in_text_and_exact_seconds_in_openmetrics(void **state)
{
    const int64_t second = 1000000000;
    const struct {
        int64_t ns;
        const char *text, *openmetrics;
    } cases[] = {
        {0, "# TYPE x gauge\nx 1 0\n", "# TYPE x gauge\nx 1 0\n# EOF\n"},
        {1520879607 * second + 789000000, "# TYPE x gauge\nx 1 1520879607789\n",
            "# TYPE x gauge\nx 1 1520879607.789\n# EOF\n"},
        {1520879607 * second, "# TYPE x gauge\nx 1 1520879607000\n",
            "# TYPE x gauge\nx 1 1520879607\n# EOF\n"},
        {1000000 * second + 1, "# TYPE x gauge\nx 1 1000000000\n",
            "# TYPE x gauge\nx 1 1000000.000000001\n# EOF\n"},
        {-1, "# TYPE x gauge\nx 1 -1\n", "# TYPE x gauge\nx 1 -0.000000001\n# EOF\n"},
        {-1500000000, "# TYPE x gauge\nx 1 -1500\n", "# TYPE x gauge\nx 1 -1.5\n# EOF\n"},
        {INT64_MAX, "# TYPE x gauge\nx 1 9223372036854\n",
            "# TYPE x gauge\nx 1 9223372036.854775807\n# EOF\n"},
        {INT64_MIN + 1, "# TYPE x gauge\nx 1 -9223372036855\n",
            "# TYPE x gauge\nx 1 -9223372036.854775807\n# EOF\n"},
        {PITOT_TIME_NONE, "# TYPE x gauge\nx 1\n", "# TYPE x gauge\nx 1\n# EOF\n"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct pt_family_values gauge = {
            .type = PITOT_GAUGE,
            .name = STR("x"),
            .series_count = 1,
            .labels = (pitot_str[]){STR("")},
            .words_per_series = 1,
            .words = (uint64_t[]){1},
            .times = &cases[i].ns,
        };

        assert_encoded(&gauge, PITOT_FORMAT_TEXT, cases[i].text);
        assert_encoded(&gauge, PITOT_FORMAT_OPENMETRICS, cases[i].openmetrics);
    }
}

static void start_times_are_samples_of_openmetrics_when_asked_for(void **state)
{
    const int64_t starts[] = {1500000000000000000, PITOT_TIME_NONE, 1500000000250000000};
    const int64_t times[] = {2000000000, 2000000000, 2000000000};
    struct pt_family_values counter = {
        .type = PITOT_COUNTER,
        .name = STR("x_total"),
        .series_count = 3,
        .labels = (pitot_str[]){STR("a=\"1\""), STR("a=\"2\""), STR("a=\"3\"")},
        .words_per_series = 1,
        .words = (uint64_t[]){1, 2, 3},
        .starts = starts,
    };
    const struct pt_family_values *family = &counter;
    const pitot_encode_opts created = {.created = true};
    (void)state;

    assert_encoded(&counter, PITOT_FORMAT_OPENMETRICS,
        "# TYPE x counter\nx_total{a=\"1\"} 1\nx_total{a=\"2\"} 2\nx_total{a=\"3\"} 3\n# EOF\n");
    assert_page(&family, 1, PITOT_FORMAT_OPENMETRICS, &created,
        "# TYPE x counter\nx_total{a=\"1\"} 1\nx_created{a=\"1\"} 1500000000\nx_total{a=\"2\"} 2\n"
        "x_total{a=\"3\"} 3\nx_created{a=\"3\"} 1500000000.25\n# EOF\n");
    counter.times = times;
    counter.series_count = 1;
    assert_page(&family, 1, PITOT_FORMAT_OPENMETRICS, &created,
        "# TYPE x counter\nx_total{a=\"1\"} 1 2\nx_created{a=\"1\"} 1500000000 2\n# EOF\n");
    assert_page(&family, 1, PITOT_FORMAT_TEXT, &created,
        "# TYPE x_total counter\nx_total{a=\"1\"} 1 2000\n");
}

static void a_start_follows_the_other_samples_of_its_histogram_or_summary(void **state)
{
    const int64_t start = 5000000000;
    struct pt_family_values family = {
        .type = PITOT_HISTOGRAM,
        .name = STR("x"),
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 2,
        .words = (uint64_t[]){3, bits(2)},
        .starts = &start,
    };
    const struct pt_family_values *families = &family;
    const pitot_encode_opts created = {.created = true};
    (void)state;

    assert_page(&families, 1, PITOT_FORMAT_OPENMETRICS, &created,
        "# TYPE x histogram\nx_bucket{le=\"+Inf\"} 3\nx_count 3\nx_sum 2.0\nx_created 5\n# EOF\n");
    family.type = PITOT_SUMMARY;
    assert_page(&families, 1, PITOT_FORMAT_OPENMETRICS, &created,
        "# TYPE x summary\nx_count 3\nx_sum 2.0\nx_created 5\n# EOF\n");
    family.type = PITOT_GAUGE_HISTOGRAM;
    assert_page(&families, 1, PITOT_FORMAT_OPENMETRICS, &created,
        "# TYPE x gaugehistogram\nx_bucket{le=\"+Inf\"} 3\nx_gcount 3\nx_gsum 2.0\n# EOF\n");
}

static void a_unit_stands_in_openmetrics_only_where_the_name_ends_in_it(void **state)
{
    struct pt_family_values counter = {
        .type = PITOT_COUNTER, .name = STR("x_seconds_total"), .unit = STR("seconds")};
    struct pt_family_values other = {
        .type = PITOT_GAUGE, .name = STR("x_milliseconds"), .unit = STR("seconds")};
    const struct pt_family_values info = {
        .type = PITOT_INFO, .name = STR("x_seconds_info"), .unit = STR("seconds")};
    const struct pt_family_values states = {
        .type = PITOT_STATESET, .name = STR("x_seconds"), .unit = STR("seconds")};
    const struct pt_family_values digits = {
        .type = PITOT_GAUGE, .name = STR("x_10s"), .unit = STR("10s")};
    const struct pt_family_values number = {
        .type = PITOT_GAUGE, .name = STR("x_10"), .unit = STR("10")};
    const struct pt_family_values dash = {
        .type = PITOT_GAUGE, .name = STR("x_a-b"), .quoted = true, .unit = STR("a-b")};
    (void)state;

    assert_encoded(&states, PITOT_FORMAT_OPENMETRICS, "# TYPE x_seconds stateset\n# EOF\n");
    assert_encoded(
        &digits, PITOT_FORMAT_OPENMETRICS, "# TYPE x_10s gauge\n# UNIT x_10s 10s\n# EOF\n");
    assert_encoded(&number, PITOT_FORMAT_OPENMETRICS, "# TYPE x_10 gauge\n# UNIT x_10 10\n# EOF\n");
    assert_encoded(&dash, PITOT_FORMAT_OPENMETRICS, "# TYPE x_a_b gauge\n# EOF\n");
    assert_encoded(&counter, PITOT_FORMAT_OPENMETRICS,
        "# TYPE x_seconds counter\n# UNIT x_seconds seconds\n# EOF\n");
    assert_encoded(&counter, PITOT_FORMAT_TEXT, "# TYPE x_seconds_total counter\n");
    assert_encoded(&other, PITOT_FORMAT_OPENMETRICS, "# TYPE x_milliseconds gauge\n# EOF\n");
    assert_encoded(&info, PITOT_FORMAT_OPENMETRICS, "# TYPE x_seconds info\n# EOF\n");
}

static void openmetrics_drops_values_that_it_forbids(void **state)
{
    struct pt_family_values family = {
        .type = PITOT_COUNTER,
        .name = STR("x_total"),
        .series_count = 3,
        .labels = (pitot_str[]){STR("x=\"1\""), STR("x=\"2\""), STR("x=\"3\"")},
        .words_per_series = 1,
        .words = (uint64_t[]){bits(-1), bits(NAN), bits(1)},
        .kinds = (uint8_t[]){PT_DOUBLE, PT_DOUBLE, PT_DOUBLE},
    };
    const struct pt_family_values *families = &family;
    size_t dropped = 0;
    const pitot_encode_opts opts = {.dropped = &dropped};
    (void)state;

    assert_page(&families, 1, PITOT_FORMAT_OPENMETRICS, &opts,
        "# TYPE x counter\nx_total{x=\"3\"} 1.0\n# EOF\n");
    assert_int_equal(dropped, 2);
    assert_page(&families, 1, PITOT_FORMAT_OPENMETRICS_2, &opts,
        "# TYPE x_total counter\nx_total{x=\"3\"} 1.0\n# EOF\n");
    assert_int_equal(dropped, 2);
    assert_page(&families, 1, PITOT_FORMAT_TEXT, &opts,
        "# TYPE x_total counter\nx_total{x=\"1\"} -1\nx_total{x=\"2\"} NaN\nx_total{x=\"3\"} 1\n");
    assert_int_equal(dropped, 0);
    family.type = PITOT_STATESET;
    family.name = (pitot_str)STR("x");
    assert_page(&families, 1, PITOT_FORMAT_OPENMETRICS, &opts,
        "# TYPE x stateset\nx{x=\"3\"} 1.0\n# EOF\n");
    assert_int_equal(dropped, 2);
}

/* Lines and chunks do not know of each other: a series' buckets go on in the next chunk. */
static void a_histogram_larger_than_a_chunk_has_the_same_lines(void **state)
{
    enum { BOUNDS = 5000 };
    static double bounds[BOUNDS];
    static uint64_t words[BOUNDS + 2];
    char label[300] = "a=\"";
    struct pt_family_values histogram = {
        .type = PITOT_HISTOGRAM,
        .name = STR("x"),
        .bound_count = BOUNDS,
        .bounds = bounds,
        .series_count = 1,
        .labels = &(pitot_str){label, sizeof(label)},
        .words_per_series = BOUNDS + 2,
        .words = words,
    };
    struct pt_buf expected = pt_buf_new(4000000);
    struct pt_buf page = pt_buf_new(4000000);
    const struct pt_family_values *family = &histogram;
    const pitot_snapshot snap = {.families = &family, .family_count = 1};
    (void)state;

    memset(label + 3, 'b', sizeof(label) - 4);
    label[sizeof(label) - 1] = '"';
    pt_buf_add_text(&expected, "# TYPE x histogram\n");
    for (size_t i = 0; i <= BOUNDS; i++) {
        if (i < BOUNDS)
            bounds[i] = (double)i;
        words[i] = 1;
        pt_buf_add_text(&expected, "x_bucket{");
        pt_buf_add(&expected, label, sizeof(label));
        pt_buf_add_text(&expected, ",le=\"");
        if (i < BOUNDS)
            pt_buf_add_u64(&expected, i);
        else
            pt_buf_add_text(&expected, "+Inf");
        pt_buf_add_text(&expected, "\"} ");
        pt_buf_add_u64(&expected, i + 1);
        pt_buf_add_text(&expected, "\n");
    }
    assert_true(pitot_encode(&snap, PITOT_FORMAT_TEXT, pt_buf_write, &page, NULL));

    assert_true(page.size > expected.size);
    assert_memory_equal(page.at, expected.at, expected.size);
    pt_buf_free(&page);
    pt_buf_free(&expected);
}

static void each_format_has_the_content_type_of_each_escaping(void **state)
{
    (void)state;

    assert_string_equal(pitot_format_content_type(PITOT_FORMAT_TEXT),
        "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
    assert_string_equal(pitot_format_content_type_with(PITOT_FORMAT_TEXT_1, PITOT_ESCAPING_NONE),
        "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8");
    assert_string_equal(
        pitot_format_content_type_with(PITOT_FORMAT_OPENMETRICS, PITOT_ESCAPING_DOTS),
        "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=dots");
    assert_string_equal(
        pitot_format_content_type_with(PITOT_FORMAT_OPENMETRICS_0, PITOT_ESCAPING_VALUES),
        "application/openmetrics-text; version=0.0.1; charset=utf-8; escaping=values");
    assert_string_equal(
        pitot_format_content_type_with(PITOT_FORMAT_OPENMETRICS_2, PITOT_ESCAPING_UNDERSCORES),
        "application/openmetrics-text; version=2.0.0; charset=utf-8; escaping=underscores");
    assert_null(pitot_format_content_type_with(PITOT_FORMAT_TEXT, (pitot_escaping)4));
}

static void text_1_0_0_is_text_and_openmetrics_0_0_1_is_openmetrics(void **state)
{
    const struct pt_family_values counter = {
        .type = PITOT_COUNTER,
        .name = STR("x_total"),
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 1,
        .words = (uint64_t[]){7},
    };
    (void)state;

    assert_encoded(&counter, PITOT_FORMAT_TEXT_1, "# TYPE x_total counter\nx_total 7\n");
    assert_encoded(&counter, PITOT_FORMAT_OPENMETRICS_0, "# TYPE x counter\nx_total 7\n# EOF\n");
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
        cmocka_unit_test(what_would_have_the_name_of_another_family_in_openmetrics_is_unknown),
        cmocka_unit_test(a_gauge_that_is_the_start_of_its_neighbour_is_left_out_of_openmetrics),
        cmocka_unit_test(a_stateset_is_a_gauge_in_text),
        cmocka_unit_test(a_gauge_histogram_has_its_own_suffixes_in_openmetrics),
        cmocka_unit_test(a_gauge_histogram_has_a_negative_sum_only_with_negative_bounds),
        cmocka_unit_test(a_summary_has_quantiles_sum_and_count),
        cmocka_unit_test(openmetrics_leaves_out_quantiles_and_sums_that_it_forbids),
        cmocka_unit_test(a_histogram_with_float_counts_is_written_in_floats),
        cmocka_unit_test(a_native_histogram_shows_its_classic_part_in_text),
        cmocka_unit_test(a_sum_that_is_not_a_number_leaves_openmetrics_with_the_buckets),
        cmocka_unit_test(what_a_page_did_not_say_is_not_written),
        cmocka_unit_test(a_family_in_several_pieces_has_one_head),
        cmocka_unit_test(a_time_is_milliseconds_in_text_and_exact_seconds_in_openmetrics),
        cmocka_unit_test(start_times_are_samples_of_openmetrics_when_asked_for),
        cmocka_unit_test(a_start_follows_the_other_samples_of_its_histogram_or_summary),
        cmocka_unit_test(a_unit_stands_in_openmetrics_only_where_the_name_ends_in_it),
        cmocka_unit_test(openmetrics_drops_values_that_it_forbids),
        cmocka_unit_test(a_histogram_larger_than_a_chunk_has_the_same_lines),
        cmocka_unit_test(each_format_has_the_content_type_of_each_escaping),
        cmocka_unit_test(text_1_0_0_is_text_and_openmetrics_0_0_1_is_openmetrics),
        cmocka_unit_test(an_empty_snapshot_is_an_empty_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
