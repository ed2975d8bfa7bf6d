/* SPDX-License-Identifier: MIT */
/* protobuf_fields_test.c -- each field of a protobuf page has its wire type. */
#include "tests/protobuf.h"

#include <stdio.h>

static void a_wrong_wire_type_is_refused(void **state)
{
    struct pt_buf metric = empty(), gauge = empty();
    (void)state;
    add_int(&gauge, 1, 5);
    add_message(&metric, METRIC_GAUGE, &gauge);

    struct pt_buf page = page_of(TYPE_GAUGE, &metric);
    assert_problem(&page, "line 1, column 11: x: field 1 is of wire type 0 and not of 1", 0);
}

/* A page with `field` in the message that `path` leads to: from the metric to its value, and to one
 * of the value's. */
static struct pt_buf page_with(unsigned type, const unsigned *path, struct pt_buf *field)
{
    struct pt_buf message = *field;

    for (int i = 1; i >= 0; i--)
        if (path[i]) {
            struct pt_buf outer = empty();

            add_message(&outer, path[i], &message);
            message = outer;
        }
    return page_of(type, &message);
}

static void every_field_has_its_wire_type(void **state)
{
    static const struct {
        unsigned type, path[2], field, wire_type;
    } fields[] = {
        {TYPE_GAUGE, {0}, METRIC_LABEL, 2},
        {TYPE_GAUGE, {0}, METRIC_GAUGE, 2},
        {TYPE_GAUGE, {0}, METRIC_TIMESTAMP_MS, 0},
        {TYPE_GAUGE, {METRIC_LABEL}, LABEL_NAME, 2},
        {TYPE_GAUGE, {METRIC_LABEL}, LABEL_VALUE, 2},
        {TYPE_COUNTER, {METRIC_COUNTER}, COUNTER_VALUE, 1},
        {TYPE_COUNTER, {METRIC_COUNTER}, COUNTER_EXEMPLAR, 2},
        {TYPE_COUNTER, {METRIC_COUNTER}, COUNTER_CREATED, 2},
        {TYPE_COUNTER, {METRIC_COUNTER, COUNTER_EXEMPLAR}, EXEMPLAR_LABEL, 2},
        {TYPE_COUNTER, {METRIC_COUNTER, COUNTER_EXEMPLAR}, EXEMPLAR_VALUE, 1},
        {TYPE_COUNTER, {METRIC_COUNTER, COUNTER_EXEMPLAR}, EXEMPLAR_TIMESTAMP, 2},
        {TYPE_COUNTER, {METRIC_COUNTER, COUNTER_CREATED}, TIMESTAMP_SECONDS, 0},
        {TYPE_COUNTER, {METRIC_COUNTER, COUNTER_CREATED}, TIMESTAMP_NANOS, 0},
        {TYPE_SUMMARY, {METRIC_SUMMARY}, SUMMARY_COUNT, 0},
        {TYPE_SUMMARY, {METRIC_SUMMARY}, SUMMARY_SUM, 1},
        {TYPE_SUMMARY, {METRIC_SUMMARY}, SUMMARY_QUANTILE, 2},
        {TYPE_SUMMARY, {METRIC_SUMMARY}, SUMMARY_CREATED, 2},
        {TYPE_SUMMARY, {METRIC_SUMMARY, SUMMARY_QUANTILE}, QUANTILE_QUANTILE, 1},
        {TYPE_SUMMARY, {METRIC_SUMMARY, SUMMARY_QUANTILE}, QUANTILE_VALUE, 1},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM}, HISTOGRAM_COUNT, 0},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM}, HISTOGRAM_SUM, 1},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM}, HISTOGRAM_BUCKET, 2},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM}, HISTOGRAM_COUNT_FLOAT, 1},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM}, HISTOGRAM_SCHEMA, 0},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM}, HISTOGRAM_ZERO_THRESHOLD, 1},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM}, HISTOGRAM_ZERO_COUNT, 0},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM}, HISTOGRAM_ZERO_COUNT_FLOAT, 1},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM}, HISTOGRAM_NEGATIVE_SPAN, 2},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM}, HISTOGRAM_POSITIVE_SPAN, 2},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM}, HISTOGRAM_CREATED, 2},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM}, HISTOGRAM_EXEMPLAR, 2},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM, HISTOGRAM_BUCKET}, BUCKET_COUNT, 0},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM, HISTOGRAM_BUCKET}, BUCKET_UPPER_BOUND, 1},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM, HISTOGRAM_BUCKET}, BUCKET_EXEMPLAR, 2},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM, HISTOGRAM_BUCKET}, BUCKET_COUNT_FLOAT, 1},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM, HISTOGRAM_POSITIVE_SPAN}, SPAN_OFFSET, 0},
        {TYPE_HISTOGRAM, {METRIC_HISTOGRAM, HISTOGRAM_POSITIVE_SPAN}, SPAN_LENGTH, 0},
    };
    char told[100];
    (void)state;

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        struct pt_buf field = empty();
        pitot_error err = {0};

        add_varint(&field, (uint64_t)fields[i].field << 3 | 5); /* of four bytes: no field is */
        pt_buf_add(&field, "1234", 4);
        struct pt_buf page = page_with(fields[i].type, fields[i].path, &field);
        assert_null(pitot_decode(PITOT_FORMAT_PROTOBUF, page.at, page.size, NULL, &err));
        snprintf(told, sizeof(told), "x: field %u is of wire type 5 and not of %u", fields[i].field,
            fields[i].wire_type);
        if (!strstr(err.message, told))
            fail_msg("%s, not %s", err.message, told);
        pt_buf_free(&page);
    }
}

static void packed_counts_are_whole(void **state)
{
    static const struct {
        unsigned field;
        const char *bytes, *message;
    } wrong[] = {
        {HISTOGRAM_POSITIVE_DELTA, "\x06\x83",
            "line 1, column 14: x: the message is broken here: it ends inside a varint"},
        {HISTOGRAM_NEGATIVE_COUNT, "1234567",
            "line 1, column 11: x: 7 bytes are no whole number "
            "of doubles"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct pt_buf histogram = empty(), number = empty();

        add_text(&histogram, wrong[i].field, wrong[i].bytes);
        struct pt_buf page = page_of_histogram(&histogram);
        assert_problem(&page, wrong[i].message, 0);
        add_varint(&number, wrong[i].field << 3 | 5);
        pt_buf_add(&number, "1234", 4);
        page = page_of_histogram(&number);
        pitot_error err = {0};
        assert_null(pitot_decode(PITOT_FORMAT_PROTOBUF, page.at, page.size, NULL, &err));
        assert_non_null(strstr(err.message, "is of wire type 5 and not of 2"));
        pt_buf_free(&page);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_wire_type_is_refused),
        cmocka_unit_test(every_field_has_its_wire_type),
        cmocka_unit_test(packed_counts_are_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
