/* SPDX-License-Identifier: MIT */
/* protobuf.h -- pages of io.prometheus.client.MetricFamily made by hand, for tests of how they are
 * read. */
#ifndef PITOT_TESTS_PROTOBUF_H
#define PITOT_TESTS_PROTOBUF_H

#include "base/buf.h"
#include "format/protobuf.h"

#include <pitot/export.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* ---- Bytes by hand ---- */

static inline struct pt_buf empty(void)
{
    return pt_buf_new(1 << 20);
}

static inline void add_varint(struct pt_buf *to, uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        pt_buf_add_char(to, (char)(0x80 | (n & 0x7f)));
    pt_buf_add_char(to, (char)n);
}

static inline void add_int(struct pt_buf *to, unsigned field, uint64_t n)
{
    add_varint(to, (uint64_t)field << 3);
    add_varint(to, n);
}

static inline void add_sint(struct pt_buf *to, unsigned field, int64_t n)
{
    add_int(to, field, (uint64_t)n << 1 ^ (uint64_t)(n >> 63));
}

static inline void add_double(struct pt_buf *to, unsigned field, double value)
{
    add_varint(to, (uint64_t)field << 3 | 1);
    pt_buf_add(to, &value, sizeof(value));
}

static inline void add_text(struct pt_buf *to, unsigned field, const char *text)
{
    add_varint(to, (uint64_t)field << 3 | 2);
    add_varint(to, strlen(text));
    pt_buf_add_text(to, text);
}

/* Adds a message to another one, or to the page with field 0; it is used up. */
static inline void add_message(struct pt_buf *to, unsigned field, struct pt_buf *message)
{
    if (field)
        add_varint(to, (uint64_t)field << 3 | 2);
    add_varint(to, message->size);
    pt_buf_add(to, message->at, message->size);
    pt_buf_free(message);
}

static inline void add_label(struct pt_buf *metric, const char *name, const char *value)
{
    struct pt_buf label = empty();

    add_text(&label, LABEL_NAME, name);
    add_text(&label, LABEL_VALUE, value);
    add_message(metric, METRIC_LABEL, &label);
}

static inline void add_span(
    struct pt_buf *histogram, unsigned field, int32_t offset, uint32_t length)
{
    struct pt_buf span = empty();

    add_sint(&span, SPAN_OFFSET, offset);
    add_int(&span, SPAN_LENGTH, length);
    add_message(histogram, field, &span);
}

static inline void add_bucket(struct pt_buf *histogram, double bound, uint64_t cumulative)
{
    struct pt_buf bucket = empty();

    add_int(&bucket, BUCKET_COUNT, cumulative);
    add_double(&bucket, BUCKET_UPPER_BOUND, bound);
    add_message(histogram, HISTOGRAM_BUCKET, &bucket);
}

static inline struct pt_buf gauge(double value)
{
    struct pt_buf metric = empty(), gauge = empty();

    add_double(&gauge, 1, value);
    add_message(&metric, METRIC_GAUGE, &gauge);
    return metric;
}

/* A page of one family `x` with one metric, which is used up. */
static inline struct pt_buf page_of(unsigned type, struct pt_buf *metric)
{
    struct pt_buf family = empty(), page = empty();

    add_text(&family, FAMILY_NAME, "x");
    add_int(&family, FAMILY_TYPE, type);
    add_message(&family, FAMILY_METRIC, metric);
    add_message(&page, 0, &family);
    return page;
}

static inline struct pt_buf page_of_histogram(struct pt_buf *histogram)
{
    struct pt_buf metric = empty();

    add_message(&metric, METRIC_HISTOGRAM, histogram);
    return page_of(TYPE_HISTOGRAM, &metric);
}

/* ---- Reading them ---- */

static inline pitot_snapshot *read_page(struct pt_buf *page, bool lenient)
{
    pitot_decode_opts opts = {.lenient = lenient};
    pitot_error err = {0};
    pitot_snapshot *snap = pitot_decode(PITOT_FORMAT_PROTOBUF, page->at, page->size, &opts, &err);

    if (!snap)
        fail_msg("%s", err.message);
    pt_buf_free(page);
    return snap;
}

/* Strict reading says this; lenient reading leaves `series` of them. */
static inline void assert_problem(struct pt_buf *page, const char *message, size_t series)
{
    pitot_error err = {0};

    assert_null(pitot_decode(PITOT_FORMAT_PROTOBUF, page->at, page->size, NULL, &err));
    assert_string_equal(err.message, message);
    assert_int_equal(err.code, PITOT_EPARSE);
    pitot_snapshot *snap = read_page(page, true);
    assert_int_equal(pitot_snapshot_series_count(snap), series);
    pitot_snapshot_free(snap);
}

static inline pitot_series first_series(const pitot_snapshot *snap)
{
    pitot_series series;

    assert_true(pitot_snapshot_series(snap, 0, 0, &series));
    return series;
}

#endif
