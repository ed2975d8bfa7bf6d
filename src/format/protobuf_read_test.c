/* SPDX-License-Identifier: MIT */
/* protobuf_read_test.c -- pages of io.prometheus.client.MetricFamily that are right, and that are
 * not. */
#include "tests/protobuf.h"

#include <math.h>
#include <stdio.h>

/* ---- Reading what is right, if unusual ---- */

static void what_proto3_leaves_out_is_zero(void **state)
{
    struct pt_buf family = empty(), metric = empty(), counter = empty(), page = empty();
    pitot_family read;
    (void)state;
    add_text(&family, FAMILY_NAME, "x_total");
    add_message(&metric, METRIC_COUNTER, &counter);
    add_message(&family, FAMILY_METRIC, &metric);
    add_message(&page, 0, &family);

    pitot_snapshot *snap = read_page(&page, false);

    assert_true(pitot_snapshot_family(snap, 0, &read));
    assert_int_equal(read.type, PITOT_COUNTER);
    assert_null(read.help.at);
    assert_true(first_series(snap).numbers[0].f64 == 0);
    pitot_snapshot_free(snap);
}

static void fields_may_come_in_any_order_and_unknown_ones_at_all(void **state)
{
    struct pt_buf family = empty(), metric = gauge(1), page = empty();
    struct pt_buf again = gauge(2);
    pitot_family read;
    (void)state;
    add_label(&metric, "l", "v");
    add_int(&metric, 900, 1);
    add_text(&metric, 901, "unknown");
    add_double(&metric, 902, 1);
    pt_buf_add(&metric, "\xbd\x38\1\2\3\4", 6); /* field 903, four bytes */
    pt_buf_add(&metric, again.at, again.size);  /* the last one counts */
    pt_buf_free(&again);
    add_message(&family, FAMILY_METRIC, &metric);
    add_int(&family, FAMILY_TYPE, TYPE_GAUGE);
    add_text(&family, FAMILY_NAME, "y");
    add_text(&family, FAMILY_NAME, "x");
    add_message(&page, 0, &family);

    pitot_snapshot *snap = read_page(&page, false);

    assert_true(pitot_snapshot_family(snap, 0, &read));
    assert_memory_equal(read.name.at, "x", 1);
    assert_true(first_series(snap).numbers[0].f64 == 2);
    assert_memory_equal(first_series(snap).labels.at, "l=\"v\"", 5);
    pitot_snapshot_free(snap);
}

static void native_counts_may_be_packed(void **state)
{
    (void)state;
    for (int packed = 0; packed < 2; packed++) {
        struct pt_buf histogram = empty();

        add_int(&histogram, HISTOGRAM_COUNT, 4);
        add_span(&histogram, HISTOGRAM_POSITIVE_SPAN, -2, 1);
        add_span(&histogram, HISTOGRAM_POSITIVE_SPAN, 1, 0); /* a gap, and no more */
        add_span(&histogram, HISTOGRAM_POSITIVE_SPAN, 2, 1);
        if (packed) {
            add_text(&histogram, HISTOGRAM_POSITIVE_DELTA, "\x06\x03"); /* 3, -2 */
        } else {
            add_sint(&histogram, HISTOGRAM_POSITIVE_DELTA, 3);
            add_sint(&histogram, HISTOGRAM_POSITIVE_DELTA, -2);
        }
        struct pt_buf page = page_of_histogram(&histogram);
        pitot_snapshot *snap = read_page(&page, false);
        const pitot_native *native = first_series(snap).native;
        assert_int_equal(native->positive_span_count, 2);
        assert_int_equal(native->positive_spans[0].offset, -2);
        assert_int_equal(native->positive_spans[1].offset, 3);
        assert_int_equal(native->positive[0].u64, 3);
        assert_int_equal(native->positive[1].u64, 1);
        assert_int_equal(native->schema, 0);
        pitot_snapshot_free(snap);
    }
}

static void packed_doubles_make_a_histogram_of_doubles(void **state)
{
    static const double counts[] = {0.5, 1.25};
    struct pt_buf histogram = empty();
    (void)state;
    add_double(&histogram, HISTOGRAM_COUNT_FLOAT, 1.75);
    add_span(&histogram, HISTOGRAM_NEGATIVE_SPAN, 0, 2);
    add_varint(&histogram, HISTOGRAM_NEGATIVE_COUNT << 3 | 2);
    add_varint(&histogram, sizeof(counts));
    pt_buf_add(&histogram, counts, sizeof(counts));

    struct pt_buf page = page_of_histogram(&histogram);
    pitot_snapshot *snap = read_page(&page, false);

    assert_true(first_series(snap).is_double);
    assert_true(first_series(snap).native->negative[1].f64 == 1.25);
    assert_true(first_series(snap).numbers[0].f64 == 1.75);
    pitot_snapshot_free(snap);
}

/* As of a histogram that was one of integers, and of doubles from one of its numbers on. */
static void one_double_makes_doubles_of_the_integers_beside_it(void **state)
{
    struct pt_buf histogram = empty(), bucket = empty();
    (void)state;
    add_int(&histogram, HISTOGRAM_COUNT, 3);
    add_bucket(&histogram, 1, 1);
    add_double(&bucket, BUCKET_COUNT_FLOAT, 1.5);
    add_double(&bucket, BUCKET_UPPER_BOUND, 2);
    add_message(&histogram, HISTOGRAM_BUCKET, &bucket);
    add_int(&histogram, HISTOGRAM_ZERO_COUNT, 3);

    struct pt_buf page = page_of_histogram(&histogram);
    pitot_snapshot *snap = read_page(&page, false);
    pitot_series series = first_series(snap);

    assert_true(series.is_double);
    assert_true(series.numbers[0].f64 == 1);
    assert_true(series.numbers[1].f64 == 0.5);
    assert_true(series.numbers[2].f64 == 1.5);
    assert_true(series.native->zero_count.f64 == 3);
    pitot_snapshot_free(snap);
}

/* The count may be a double and 0, and the integers are right. */
static void a_double_of_0_is_none(void **state)
{
    struct pt_buf histogram = empty();
    (void)state;
    add_int(&histogram, HISTOGRAM_COUNT, 3);
    add_double(&histogram, HISTOGRAM_COUNT_FLOAT, 0);
    add_bucket(&histogram, 1, 3);

    struct pt_buf page = page_of_histogram(&histogram);
    pitot_snapshot *snap = read_page(&page, false);

    assert_false(first_series(snap).is_double);
    assert_int_equal(first_series(snap).numbers[0].u64, 3);
    pitot_snapshot_free(snap);
}

static void the_bucket_of_infinity_may_be_left_out(void **state)
{
    struct pt_buf histogram = empty();
    (void)state;
    add_int(&histogram, HISTOGRAM_COUNT, 5);
    add_bucket(&histogram, 1, 2);
    add_bucket(&histogram, 2, 4);

    struct pt_buf page = page_of_histogram(&histogram);
    pitot_snapshot *snap = read_page(&page, false);
    pitot_series series = first_series(snap);

    assert_int_equal(series.bound_count, 2);
    assert_int_equal(series.numbers[0].u64, 2);
    assert_int_equal(series.numbers[1].u64, 2);
    assert_int_equal(series.numbers[2].u64, 1);
    pitot_snapshot_free(snap);
}

/* ---- Refusing what is wrong ---- */

static void a_page_that_is_cut_off_is_refused(void **state)
{
    struct pt_buf metric = gauge(1), page = page_of(TYPE_GAUGE, &metric);
    (void)state;
    pt_buf_add(&page, page.at, page.size);
    page.size--;

    assert_problem(&page,
        "line 2, column 20: a message of 18 bytes, of which 17 are there: the page is cut off, or "
        "not delimited protobuf",
        1);
}

static void a_length_that_is_no_varint_is_refused(void **state)
{
    struct pt_buf page = empty();
    (void)state;
    pt_buf_add(&page, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);

    assert_problem(
        &page, "line 1, column 1: the length of a message: a varint goes past 64 bits", 0);
}

static void a_group_is_refused(void **state)
{
    struct pt_buf metric = gauge(1);
    (void)state;
    pt_buf_add(&metric, "\x0b\x0c", 2);

    struct pt_buf page = page_of(TYPE_GAUGE, &metric);
    assert_problem(&page,
        "line 1, column 20: x: the message is broken here: there are no groups in these messages",
        0);
}

static void a_message_shows_the_beginning_of_a_long_name(void **state)
{
#define X60 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    struct pt_buf family = empty(), metric = empty(), page = empty();
    (void)state;
    add_text(&family, FAMILY_NAME, X60 "yz");
    add_message(&family, FAMILY_METRIC, &metric);
    add_message(&page, 0, &family);

    assert_problem(&page,
        "line 1, column 68: " X60 ": a metric has no value that is a counter, the family's type",
        0);
#undef X60
}

static void what_is_not_utf8_is_refused(void **state)
{
    struct pt_buf metric = gauge(1);
    (void)state;
    add_label(&metric, "l", "a\xff");

    struct pt_buf page = page_of(TYPE_GAUGE, &metric);
    assert_problem(&page, "line 1, column 28: x: the byte 0xff is not UTF-8", 0);
}

static void labels_have_names_and_each_but_once(void **state)
{
    struct pt_buf nameless = gauge(1), twice = gauge(1), reserved = gauge(1);
    (void)state;
    add_label(&nameless, "", "v");
    add_label(&twice, "l", "1");
    add_label(&twice, "l", "2");
    add_label(&reserved, "__name__", "y");

    struct pt_buf page = page_of(TYPE_GAUGE, &nameless);
    assert_problem(&page, "line 1, column 20: x: a label has no name", 0);
    page = page_of(TYPE_GAUGE, &twice);
    assert_problem(&page, "line 1, column 28: x: this label is there twice", 0);
    page = page_of(TYPE_GAUGE, &reserved);
    assert_problem(&page,
        "line 1, column 7: x: the label \"__name__\" is another word for the family's name", 0);
}

static void add_labels(struct pt_buf *metric, int count)
{
    char name[16];

    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof(name), "l%d", i);
        add_label(metric, name, "v");
    }
}

static void a_series_may_have_as_many_labels_as_fit(void **state)
{
    struct pt_buf metric = gauge(1);
    pitot_str name, value;
    size_t count = 0;
    (void)state;
    add_labels(&metric, 20000);
    struct pt_buf page = page_of(TYPE_GAUGE, &metric);

    pitot_snapshot *snap = read_page(&page, false);

    const pitot_str labels = first_series(snap).labels;
    for (size_t at = 0; pitot_labels_next(labels, &at, &name, &value);)
        count++;
    assert_int_equal(count, 20000);
    pitot_snapshot_free(snap);
}

/* At 15 labels and before each is compared with each; there is a table for more. */
static void the_same_label_is_found_however_many_there_are(void **state)
{
    (void)state;
    for (int count = 14; count < 100; count++) {
        struct pt_buf first = gauge(1), last = gauge(1);
        pitot_error err = {0};
        char name[16];

        add_labels(&first, count);
        add_label(&first, "l0", "w");
        snprintf(name, sizeof(name), "l%d", count - 1);
        add_labels(&last, count);
        add_label(&last, name, "w");
        struct pt_buf pages[] = {page_of(TYPE_GAUGE, &first), page_of(TYPE_GAUGE, &last)};
        for (int i = 0; i < 2; i++) {
            err.code = 0;
            assert_null(
                pitot_decode(PITOT_FORMAT_PROTOBUF, pages[i].at, pages[i].size, NULL, &err));
            assert_non_null(strstr(err.message, "x: this label is there twice"));
            pt_buf_free(&pages[i]);
        }
    }
}

static void a_value_has_to_be_of_the_type_of_its_family(void **state)
{
    struct pt_buf none = empty(), other = gauge(1), both = gauge(1), counter = empty();
    (void)state;

    struct pt_buf page = page_of(TYPE_GAUGE, &none);
    assert_problem(
        &page, "line 1, column 9: x: a metric has no value that is a gauge, the family's type", 0);
    page = page_of(TYPE_HISTOGRAM, &other);
    assert_problem(&page,
        "line 1, column 9: x: field 2 has a value that is not of the family's type, which is a "
        "histogram",
        0);
    add_message(&both, METRIC_COUNTER, &counter);
    page = page_of(TYPE_GAUGE, &both);
    assert_problem(&page,
        "line 1, column 20: x: field 3 has a value that is not of the family's type, which is a "
        "gauge",
        1);
}

static void a_type_that_there_is_not_is_refused(void **state)
{
    struct pt_buf metric = gauge(1), page = page_of(6, &metric);
    (void)state;

    assert_problem(&page,
        "line 1, column 2: x: there is no type 6; the last one is 5, the gauge histogram", 0);
}

static void a_family_comes_once_and_has_a_name(void **state)
{
    struct pt_buf metric = gauge(1), page = page_of(TYPE_GAUGE, &metric), nameless = empty();
    (void)state;
    pt_buf_add(&page, page.at, page.size);

    assert_problem(&page,
        "line 2, column 21: x: this family was there before; all of it must be in one message", 1);
    page = empty();
    add_message(&page, 0, &nameless);
    assert_problem(&page, "line 1, column 2: a family has no name", 0);
}

static void a_series_comes_once_whatever_the_order_of_its_labels(void **state)
{
    struct pt_buf one = gauge(1), two = gauge(2), family = empty(), page = empty();
    (void)state;
    add_label(&one, "a", "1");
    add_label(&one, "b", "2");
    add_label(&two, "b", "2");
    add_label(&two, "a", "1");
    add_text(&family, FAMILY_NAME, "x");
    add_int(&family, FAMILY_TYPE, TYPE_GAUGE);
    add_message(&family, FAMILY_METRIC, &one);
    add_message(&family, FAMILY_METRIC, &two);
    add_message(&page, 0, &family);

    assert_problem(&page,
        "line 1, column 36: x: this label set was there before; a series must be there once", 1);
}

static void a_time_has_to_be_one(void **state)
{
    struct pt_buf metric = gauge(1);
    (void)state;
    add_int(&metric, METRIC_TIMESTAMP_MS, INT64_MAX);

    struct pt_buf page = page_of(TYPE_GAUGE, &metric);
    assert_problem(&page,
        "line 1, column 20: x: the time 9223372036854775807 ms is not one between the years 1677 "
        "and 2262",
        0);
}

static void a_start_has_to_be_a_time(void **state)
{
    static const struct {
        uint64_t seconds, nanos;
    } wrong[] = {{1, (uint64_t)-1}, {1, 1000000000}, {INT64_MAX, 0}, {9223372036, 999999999},
        {(uint64_t)-9223372037, 145224192}}; /* the last is what stands for none */
    char told[200];
    (void)state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct pt_buf metric = empty(), counter = empty(), time = empty();

        add_int(&time, TIMESTAMP_SECONDS, wrong[i].seconds);
        add_int(&time, TIMESTAMP_NANOS, wrong[i].nanos);
        add_message(&counter, COUNTER_CREATED, &time);
        add_message(&metric, METRIC_COUNTER, &counter);
        struct pt_buf page = page_of(TYPE_COUNTER, &metric);
        snprintf(told, sizeof(told),
            "line 1, column 11: x: the time %lld s and %lld ns is not one between the years 1677 "
            "and 2262",
            (long long)wrong[i].seconds, (long long)wrong[i].nanos);
        assert_problem(&page, told, 1);
    }
}

static void classic_buckets_rise_and_are_cumulative(void **state)
{
    static const struct {
        double bounds[2];
        uint64_t counts[2];
        const char *message;
    } wrong[] = {
        {{1, 1}, {1, 2}, "line 1, column 11: x: the bound of bucket 2 is not above the one before"},
        {{1, NAN}, {1, 2}, "line 1, column 11: x: bucket 2 has NaN as its bound"},
        {{1, 2}, {2, 1},
            "line 1, column 11: x: the count of bucket 2 is less than the one before; they are "
            "cumulative"},
        {{1, 2}, {2, 4},
            "line 1, column 11: x: the count of the whole histogram is less than that of a bucket"},
        {{1, INFINITY}, {1, 2},
            "line 1, column 11: x: the +Inf bucket has not the count of the whole histogram"},
        {{INFINITY, 2}, {3, 3},
            "line 1, column 11: x: the bound of bucket 2 is not above the one before"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct pt_buf histogram = empty();

        add_int(&histogram, HISTOGRAM_COUNT, 3);
        add_bucket(&histogram, wrong[i].bounds[0], wrong[i].counts[0]);
        add_bucket(&histogram, wrong[i].bounds[1], wrong[i].counts[1]);
        struct pt_buf page = page_of_histogram(&histogram);
        assert_problem(&page, wrong[i].message, 0);
    }
}

/* A histogram of 2 observations, in a classic bucket too if `classic`, and one native bucket. */
static struct pt_buf native_page(
    bool classic, int32_t schema, uint32_t length, int64_t delta, double zero_threshold)
{
    struct pt_buf histogram = empty();

    add_int(&histogram, HISTOGRAM_COUNT, 2);
    if (classic)
        add_bucket(&histogram, 1, 2);
    add_sint(&histogram, HISTOGRAM_SCHEMA, schema);
    add_double(&histogram, HISTOGRAM_ZERO_THRESHOLD, zero_threshold);
    add_span(&histogram, HISTOGRAM_POSITIVE_SPAN, 0, length);
    add_sint(&histogram, HISTOGRAM_POSITIVE_DELTA, delta);
    return page_of_histogram(&histogram);
}

static void native_buckets_have_to_agree_with_themselves(void **state)
{
    static const struct {
        int32_t schema;
        uint32_t length;
        int64_t delta;
        double zero_threshold;
        const char *message;
    } wrong[] = {
        {9, 1, 2, 0,
            "line 1, column 11: x: the schema of the native buckets is 9, not one of -4 to 8"},
        {-53, 1, 2, 0,
            "line 1, column 11: x: the schema of the native buckets is -53, not one of -4 to 8"},
        {0, 2, 2, 0, "line 1, column 11: x: the positive spans have 2 buckets, but 1 have a count"},
        {0, UINT32_MAX, 2, 0,
            "line 1, column 11: x: positive buckets go past the last one there is with span 1"},
        {0, 1, 3, 0, "line 1, column 11: x: the native buckets have 3 observations, and all is 2"},
        {0, 1, 1, 0, "line 1, column 11: x: the native buckets have 1 observations, and all is 2"},
        {0, 1, 2, NAN, "line 1, column 11: x: the zero threshold is below 0, or no number"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        for (int classic = 0; classic < 2; classic++) {
            struct pt_buf page = native_page(
                classic, wrong[i].schema, wrong[i].length, wrong[i].delta, wrong[i].zero_threshold);

            assert_problem(&page, wrong[i].message, (size_t)classic); /* without native buckets */
        }
}

static void nan_observations_are_in_no_native_bucket(void **state)
{
    struct pt_buf histogram = empty();
    (void)state;
    add_int(&histogram, HISTOGRAM_COUNT, 2);
    add_double(&histogram, HISTOGRAM_SUM, NAN);
    add_int(&histogram, HISTOGRAM_ZERO_COUNT, 1);

    struct pt_buf page = page_of_histogram(&histogram);
    pitot_snapshot *snap = read_page(&page, false);

    assert_non_null(first_series(snap).native);
    assert_int_equal(first_series(snap).native->zero_count.u64, 1);
    pitot_snapshot_free(snap);
}

static void an_exemplar_of_native_buckets_has_a_time(void **state)
{
    struct pt_buf histogram = empty(), exemplar = empty();
    (void)state;
    add_int(&histogram, HISTOGRAM_ZERO_COUNT, 1);
    add_int(&histogram, HISTOGRAM_COUNT, 1);
    add_double(&exemplar, EXEMPLAR_VALUE, 1);
    add_message(&histogram, HISTOGRAM_EXEMPLAR, &exemplar);

    struct pt_buf page = page_of_histogram(&histogram);
    assert_problem(
        &page, "line 1, column 15: x: an exemplar of a native histogram must have a timestamp", 1);
}

static void quantiles_rise_from_0_to_1(void **state)
{
    static const double wrong[][2] = {{0.5, 0.5}, {0.9, 0.1}, {0.5, 1.5}, {0.5, NAN}};
    (void)state;

    for (size_t i = 0; i < 4; i++) {
        struct pt_buf metric = empty(), summary = empty();

        for (int j = 0; j < 2; j++) {
            struct pt_buf quantile = empty();

            add_double(&quantile, QUANTILE_QUANTILE, wrong[i][j]);
            add_message(&summary, SUMMARY_QUANTILE, &quantile);
        }
        add_message(&metric, METRIC_SUMMARY, &summary);
        struct pt_buf page = page_of(TYPE_SUMMARY, &metric);
        assert_problem(&page,
            i < 2 ? "line 1, column 22: x: the quantiles are not in rising order"
                  : "line 1, column 22: x: a quantile is not between 0 and 1",
            0);
    }
}

static void reading_keeps_to_its_memory(void **state)
{
    struct pt_buf metric = gauge(1);
    pitot_decode_opts opts = {.memory_max = 100};
    pitot_error err = {0};
    (void)state;

    struct pt_buf page = page_of(TYPE_GAUGE, &metric);
    assert_null(pitot_decode(PITOT_FORMAT_PROTOBUF, page.at, page.size, &opts, &err));

    assert_int_equal(err.code, PITOT_ELIMIT);
    pt_buf_free(&page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_proto3_leaves_out_is_zero),
        cmocka_unit_test(fields_may_come_in_any_order_and_unknown_ones_at_all),
        cmocka_unit_test(native_counts_may_be_packed),
        cmocka_unit_test(packed_doubles_make_a_histogram_of_doubles),
        cmocka_unit_test(one_double_makes_doubles_of_the_integers_beside_it),
        cmocka_unit_test(a_double_of_0_is_none),
        cmocka_unit_test(the_bucket_of_infinity_may_be_left_out),
        cmocka_unit_test(a_page_that_is_cut_off_is_refused),
        cmocka_unit_test(a_length_that_is_no_varint_is_refused),
        cmocka_unit_test(a_group_is_refused),
        cmocka_unit_test(a_message_shows_the_beginning_of_a_long_name),
        cmocka_unit_test(what_is_not_utf8_is_refused),
        cmocka_unit_test(labels_have_names_and_each_but_once),
        cmocka_unit_test(a_series_may_have_as_many_labels_as_fit),
        cmocka_unit_test(the_same_label_is_found_however_many_there_are),
        cmocka_unit_test(a_value_has_to_be_of_the_type_of_its_family),
        cmocka_unit_test(a_type_that_there_is_not_is_refused),
        cmocka_unit_test(a_family_comes_once_and_has_a_name),
        cmocka_unit_test(a_series_comes_once_whatever_the_order_of_its_labels),
        cmocka_unit_test(a_time_has_to_be_one),
        cmocka_unit_test(a_start_has_to_be_a_time),
        cmocka_unit_test(classic_buckets_rise_and_are_cumulative),
        cmocka_unit_test(native_buckets_have_to_agree_with_themselves),
        cmocka_unit_test(nan_observations_are_in_no_native_bucket),
        cmocka_unit_test(an_exemplar_of_native_buckets_has_a_time),
        cmocka_unit_test(quantiles_rise_from_0_to_1),
        cmocka_unit_test(reading_keeps_to_its_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
