/* SPDX-License-Identifier: MIT */
/*
 * protobuf.c -- io.prometheus.client.MetricFamily, each after its length.
 *
 * A family is counted when its head is written; nothing is kept in between. Most metrics are plain
 * ones, see plain_metric.h; all others are counted and written by the same functions. Values of
 * counters and gauges are doubles in this format, so integers above 2^53 lose their last digits;
 * counts of histograms do not. Its types lack info and stateset, which become gauges. A histogram
 * with native buckets alone has no classic ones; with both, the scraper chooses.
 */
#include "format/protobuf.h"

#include "format/format.h"
#include "format/plain_metric.h"
#include "format/wire.h"

#include <math.h>

#define NS_PER_SECOND 1000000000
#define NS_PER_MS 1000000

struct metric {
    struct pt_writer *writer;
    const struct pt_family_values *values;
    size_t series;
};

struct bucket {
    struct pt_writer *writer;
    pitot_number count; /* cumulative */
    bool is_double;
    double upper_bound;
    const pitot_exemplar *exemplar;
};

struct exemplar {
    struct pt_writer *writer;
    const pitot_exemplar *exemplar;
};

static double as_double(pitot_number number, bool is_double)
{
    return is_double ? number.f64 : (double)number.u64;
}

static const pitot_number *numbers_of(const struct metric *metric)
{
    return (const pitot_number *)(const void *)pt_values_of(metric->values, metric->series);
}

/* ---- Labels ---- */

static size_t unescaped_size(pitot_str text)
{
    size_t size = text.size;

    for (size_t i = 0; i + 1 < text.size; i += 2) {
        const char *found = memchr(text.at + i, '\\', text.size - 1 - i);

        if (!found)
            break;
        i = (size_t)(found - text.at);
        size--;
    }
    return size;
}

static void add_unescaped(struct pt_wire *wire, pitot_str text)
{
    size_t start = 0;

    for (size_t i = 0; i + 1 < text.size; i += 2) {
        const char *found = memchr(text.at + i, '\\', text.size - 1 - i);

        if (!found)
            break;
        i = (size_t)(found - text.at);
        pt_wire_add(wire, text.at + start, i - start);
        pt_wire_add(wire, text.at[i + 1] == 'n' ? "\n" : &text.at[i + 1], 1);
        start = i + 2;
    }
    pt_wire_add(wire, text.at + start, text.size - start);
}

static size_t size_of(pitot_str text, bool plain)
{
    return plain ? text.size : unescaped_size(text);
}

static void add_text(struct pt_wire *wire, unsigned field, pitot_str text, size_t size)
{
    pt_wire_tag(wire, field, PT_WIRE_BYTES);
    pt_wire_varint(wire, size);
    if (size == text.size) /* nothing in it is escaped */
        pt_wire_add(wire, text.at, size);
    else
        add_unescaped(wire, text);
}

/* Written out, and not a pt_wire_message(): most of a page is labels. */
static void add_labels(struct pt_wire *wire, unsigned field, pitot_str block)
{
    bool plain = block.size == 0 || !memchr(block.at, '\\', block.size);
    pitot_str name, value;

    for (size_t at = 0; pitot_labels_next(block, &at, &name, &value);) {
        size_t name_size = size_of(name, plain), value_size = size_of(value, plain);
        size_t all = 2 + pt_wire_varint_size(name_size) + name_size +
                     pt_wire_varint_size(value_size) + value_size;

        pt_wire_tag(wire, field, PT_WIRE_BYTES);
        pt_wire_varint(wire, all);
        if (!wire->out) {
            wire->size += all;
            continue;
        }
        add_text(wire, LABEL_NAME, name, name_size);
        add_text(wire, LABEL_VALUE, value, value_size);
    }
}

/* ---- The small messages ---- */

static void write_timestamp(struct pt_wire *wire, const void *message)
{
    const int64_t *time = message;
    int64_t seconds = *time / NS_PER_SECOND, nanos = *time % NS_PER_SECOND;

    if (nanos < 0) {
        seconds--;
        nanos += NS_PER_SECOND;
    }
    pt_wire_u64(wire, TIMESTAMP_SECONDS, (uint64_t)seconds);
    if (nanos)
        pt_wire_u64(wire, TIMESTAMP_NANOS, (uint64_t)nanos);
}

static void add_time(struct pt_wire *wire, unsigned field, int64_t time)
{
    if (time != PITOT_TIME_NONE)
        pt_wire_message(wire, field, write_timestamp, &time);
}

static void write_exemplar(struct pt_wire *wire, const void *message)
{
    const struct exemplar *exemplar = message;
    size_t dropped = exemplar->writer->relabel.dropped;

    add_labels(wire, EXEMPLAR_LABEL, pt_writer_block(exemplar->writer, exemplar->exemplar->labels));
    if (!wire->out)
        exemplar->writer->relabel.dropped = dropped;
    pt_wire_double(wire, EXEMPLAR_VALUE, exemplar->exemplar->value);
    add_time(wire, EXEMPLAR_TIMESTAMP, exemplar->exemplar->time);
}

static void add_exemplar(
    struct pt_wire *wire, unsigned field, struct pt_writer *writer, const pitot_exemplar *exemplar)
{
    struct exemplar message = {writer, exemplar};

    pt_wire_message(wire, field, write_exemplar, &message);
}

/* Only when it is written: everything is counted once before. */
static void add_dropped(const struct pt_wire *wire, struct pt_writer *writer, size_t count)
{
    if (wire->out)
        pt_writer_drop(writer, count);
}

static void write_scalar(struct pt_wire *wire, const void *message)
{
    const struct metric *metric = message;
    bool is_double = pt_kind_of(metric->values, metric->series) == PT_DOUBLE;
    size_t exemplar_count;
    const pitot_exemplar *exemplars =
        pt_exemplars_of(metric->values, metric->series, &exemplar_count);
    size_t written = 0;

    pt_wire_double(wire, COUNTER_VALUE, as_double(numbers_of(metric)[0], is_double));
    if (metric->values->type == PITOT_COUNTER) {
        if (exemplar_count > 0) {
            add_exemplar(wire, COUNTER_EXEMPLAR, metric->writer, exemplars);
            written = 1;
        }
        add_time(wire, COUNTER_CREATED, pt_start_of(metric->values, metric->series));
    }
    add_dropped(wire, metric->writer, exemplar_count - written);
}

struct quantile {
    double quantile, value;
};

static void write_quantile(struct pt_wire *wire, const void *message)
{
    const struct quantile *quantile = message;

    pt_wire_double(wire, QUANTILE_QUANTILE, quantile->quantile);
    pt_wire_double(wire, QUANTILE_VALUE, quantile->value);
}

/* A count that is no integer is cut to one: this message has no other. */
static void write_summary(struct pt_wire *wire, const void *message)
{
    const struct metric *metric = message;
    const struct pt_family_values *values = metric->values;
    const pitot_number *numbers = numbers_of(metric);
    pitot_number count = numbers[values->bound_count];
    size_t exemplar_count;

    if (pt_kind_of(values, metric->series) == PT_DOUBLE)
        count.u64 = count.f64 >= 0 && count.f64 < 0x1p64 ? (uint64_t)count.f64 : 0;
    pt_wire_u64(wire, SUMMARY_COUNT, count.u64);
    pt_wire_double(wire, SUMMARY_SUM, numbers[values->bound_count + 1].f64);
    for (size_t i = 0; i < values->bound_count; i++) {
        struct quantile quantile = {values->bounds[i], numbers[i].f64};

        pt_wire_message(wire, SUMMARY_QUANTILE, write_quantile, &quantile);
    }
    add_time(wire, SUMMARY_CREATED, pt_start_of(values, metric->series));
    pt_exemplars_of(values, metric->series, &exemplar_count);
    add_dropped(wire, metric->writer, exemplar_count);
}

/* ---- Histograms ---- */

static void write_bucket(struct pt_wire *wire, const void *message)
{
    const struct bucket *bucket = message;

    if (!bucket->is_double)
        pt_wire_u64(wire, BUCKET_COUNT, bucket->count.u64);
    pt_wire_double(wire, BUCKET_UPPER_BOUND, bucket->upper_bound);
    if (bucket->exemplar)
        add_exemplar(wire, BUCKET_EXEMPLAR, bucket->writer, bucket->exemplar);
    if (bucket->is_double)
        pt_wire_double(wire, BUCKET_COUNT_FLOAT, bucket->count.f64);
}

static void write_span(struct pt_wire *wire, const void *message)
{
    const pitot_span *span = message;

    pt_wire_sint(wire, SPAN_OFFSET, span->offset);
    pt_wire_u64(wire, SPAN_LENGTH, span->length);
}

static void add_spans(
    struct pt_wire *wire, unsigned field, const pitot_span *spans, size_t span_count)
{
    for (size_t i = 0; i < span_count; i++)
        pt_wire_message(wire, field, write_span, &spans[i]);
}

/* Integers as the difference to the one before, in `deltas`; doubles as they are, in the field
 * after that. */
static void add_native_counts(
    struct pt_wire *wire, unsigned deltas, const pitot_number *counts, size_t count, bool is_double)
{
    uint64_t before = 0;

    for (size_t i = 0; i < count; i++) {
        if (is_double) {
            pt_wire_double(wire, deltas + 1, counts[i].f64);
            continue;
        }
        pt_wire_sint(wire, deltas, (int64_t)(counts[i].u64 - before));
        before = counts[i].u64;
    }
}

/* Whoever reads this takes a histogram for a native one when it has a span, or a zero bucket that
 * is not empty or not at 0. One that has neither says so with a span of nothing. */
static void add_native(struct pt_wire *wire, const pitot_native *native, bool is_double)
{
    static const pitot_span nothing;
    bool shows = native->positive_span_count || native->negative_span_count ||
                 native->zero_threshold > 0 || as_double(native->zero_count, is_double) > 0;

    pt_wire_sint(wire, HISTOGRAM_SCHEMA, native->schema);
    pt_wire_double(wire, HISTOGRAM_ZERO_THRESHOLD, native->zero_threshold);
    if (is_double)
        pt_wire_double(wire, HISTOGRAM_ZERO_COUNT_FLOAT, native->zero_count.f64);
    else
        pt_wire_u64(wire, HISTOGRAM_ZERO_COUNT, native->zero_count.u64);
    add_spans(wire, HISTOGRAM_NEGATIVE_SPAN, native->negative_spans, native->negative_span_count);
    add_native_counts(
        wire, HISTOGRAM_NEGATIVE_DELTA, native->negative, native->negative_count, is_double);
    add_spans(wire, HISTOGRAM_POSITIVE_SPAN, native->positive_spans, native->positive_span_count);
    add_native_counts(
        wire, HISTOGRAM_POSITIVE_DELTA, native->positive, native->positive_count, is_double);
    if (!shows)
        pt_wire_message(wire, HISTOGRAM_POSITIVE_SPAN, write_span, &nothing);
}

/* Exemplars stand in the order of their buckets, so one pass finds those of each; `next` is where
 * the pass is. A bucket has room for one. */
static const pitot_exemplar *exemplar_of(
    const pitot_exemplar *exemplars, size_t count, size_t *next, size_t bucket)
{
    while (*next < count && exemplars[*next].bucket < bucket)
        ++*next;
    return *next < count && exemplars[*next].bucket == bucket ? &exemplars[(*next)++] : NULL;
}

/* Returns how many exemplars went with the buckets. */
static size_t add_buckets(struct pt_wire *wire, const struct metric *metric, bool is_double)
{
    const struct pt_family_values *values = metric->values;
    const pitot_number *counts = numbers_of(metric);
    size_t exemplar_count, next = 0, written = 0;
    const pitot_exemplar *exemplars = pt_exemplars_of(values, metric->series, &exemplar_count);
    bool native_only = pt_native_of(values, metric->series) && values->bound_count == 0;
    struct bucket bucket = {.writer = metric->writer, .is_double = is_double};

    if (native_only && (exemplar_count == 0 || exemplars[0].bucket != 0))
        return 0;
    for (size_t i = 0; i <= values->bound_count; i++) {
        if (is_double)
            bucket.count.f64 += counts[i].f64;
        else
            bucket.count.u64 += counts[i].u64;
        bucket.upper_bound = i < values->bound_count ? values->bounds[i] : (double)INFINITY;
        bucket.exemplar = exemplar_of(exemplars, exemplar_count, &next, i);
        written += bucket.exemplar != NULL;
        pt_wire_message(wire, HISTOGRAM_BUCKET, write_bucket, &bucket);
    }
    return written;
}

/* Those that belong to no classic bucket. They must have a time here. */
static size_t add_native_exemplars(struct pt_wire *wire, const struct metric *metric)
{
    size_t count, written = 0;
    const pitot_exemplar *exemplars = pt_exemplars_of(metric->values, metric->series, &count);

    for (size_t i = 0; i < count; i++)
        if (exemplars[i].bucket == PITOT_EXEMPLAR_NATIVE && exemplars[i].time != PITOT_TIME_NONE) {
            add_exemplar(wire, HISTOGRAM_EXEMPLAR, metric->writer, &exemplars[i]);
            written++;
        }
    return written;
}

static void write_histogram(struct pt_wire *wire, const void *message)
{
    const struct metric *metric = message;
    const struct pt_family_values *values = metric->values;
    bool is_double = pt_kind_of(values, metric->series) == PT_DOUBLE;
    const pitot_native *native = pt_native_of(values, metric->series);
    const pitot_number *numbers = numbers_of(metric);
    pitot_number count = {.u64 = 0};
    size_t exemplar_count;

    for (size_t i = 0; i <= values->bound_count; i++)
        if (is_double)
            count.f64 += numbers[i].f64;
        else
            count.u64 += numbers[i].u64;
    if (!is_double)
        pt_wire_u64(wire, HISTOGRAM_COUNT, count.u64);
    pt_wire_double(wire, HISTOGRAM_SUM, numbers[values->bound_count + 1].f64);
    size_t written = add_buckets(wire, metric, is_double);
    if (is_double)
        pt_wire_double(wire, HISTOGRAM_COUNT_FLOAT, count.f64);
    if (native)
        add_native(wire, native, is_double);
    add_time(wire, HISTOGRAM_CREATED, pt_start_of(values, metric->series));
    written += add_native_exemplars(wire, metric);
    pt_exemplars_of(values, metric->series, &exemplar_count);
    add_dropped(wire, metric->writer, exemplar_count - written);
}

/* ---- Families ---- */

static const struct {
    unsigned word;  /* MetricType */
    unsigned field; /* of the metric: where the value is */
    pt_wire_fn *write;
} types[] = {
    [PITOT_UNKNOWN] = {TYPE_UNTYPED, METRIC_UNTYPED, write_scalar},
    [PITOT_COUNTER] = {TYPE_COUNTER, METRIC_COUNTER, write_scalar},
    [PITOT_GAUGE] = {TYPE_GAUGE, METRIC_GAUGE, write_scalar},
    [PITOT_HISTOGRAM] = {TYPE_HISTOGRAM, METRIC_HISTOGRAM, write_histogram},
    [PITOT_SUMMARY] = {TYPE_SUMMARY, METRIC_SUMMARY, write_summary},
    [PITOT_INFO] = {TYPE_GAUGE, METRIC_GAUGE, write_scalar},
    [PITOT_STATESET] = {TYPE_GAUGE, METRIC_GAUGE, write_scalar},
    [PITOT_GAUGE_HISTOGRAM] = {TYPE_GAUGE_HISTOGRAM, METRIC_HISTOGRAM, write_histogram},
};

static int64_t milliseconds(int64_t time)
{
    return time / NS_PER_MS - (time % NS_PER_MS < 0);
}

static void write_metric(struct pt_wire *wire, const void *message)
{
    const struct metric *metric = message;
    const struct pt_family_values *values = metric->values;
    int64_t time = pt_time_of(values, metric->series);

    add_labels(wire, METRIC_LABEL, pt_labels_of(values, metric->series));
    pt_wire_message(wire, types[values->type].field, types[values->type].write, metric);
    if (time != PITOT_TIME_NONE)
        pt_wire_u64(wire, METRIC_TIMESTAMP_MS, (uint64_t)milliseconds(time));
}

static void add_head(struct pt_wire *wire, const struct pt_family_values *head)
{
    pt_wire_str(wire, FAMILY_NAME, head->name);
    if (head->help.at)
        pt_wire_str(wire, FAMILY_HELP, head->help);
    pt_wire_u64(wire, FAMILY_TYPE, types[head->type].word);
    if (head->unit.size)
        pt_wire_str(wire, FAMILY_UNIT, head->unit);
}

/* Of the whole field. */
static size_t size_of_metric(const struct pt_plain_metric *plain, const struct metric *metric)
{
    size_t size = pt_plain_metric_size(plain, metric->series);

    if (!size)
        size = pt_wire_count(write_metric, metric);
    return 1 + pt_wire_varint_size(size) + size;
}

/* The size of the whole message: the head, and the metrics of all values that go by the name. */
static size_t size_of_family(struct pt_writer *writer, size_t family)
{
    const struct pt_families *families = writer->families;
    struct pt_wire counted = {0};
    size_t size;

    add_head(&counted, families->at[family]);
    size = counted.size;
    do {
        struct metric metric = {.writer = writer, .values = families->at[family]};
        struct pt_plain_metric plain;

        pt_plain_metric_open(&plain, metric.values, types[metric.values->type].field);
        for (; metric.series < metric.values->series_count; metric.series++)
            size += size_of_metric(&plain, &metric);
    } while (++family < families->count && pt_families_continue(families, family));
    return size;
}

static void encode_head(struct pt_writer *writer, size_t family)
{
    struct pt_wire wire = {.out = writer->out};

    pt_wire_varint(&wire, size_of_family(writer, family));
    add_head(&wire, writer->families->at[family]);
}

static void encode_series(struct pt_writer *writer, size_t family, size_t from, size_t to)
{
    struct pt_wire wire = {.out = writer->out};
    struct metric metric = {
        .writer = writer, .values = writer->families->at[family], .series = from};
    struct pt_plain_metric plain;

    pt_plain_metric_open(&plain, metric.values, types[metric.values->type].field);
    for (; metric.series < to && !writer->out->stopped; metric.series++)
        if (!pt_plain_metric_write(&plain, writer->out, metric.series))
            pt_wire_message(&wire, FAMILY_METRIC, write_metric, &metric);
}

/* The length in front of a head is that of all values that go by the name. */
static bool stands_alone(const struct pt_families *families, size_t family, bool head)
{
    return !head || family + 1 == families->count || !pt_families_continue(families, family + 1);
}

const struct pt_encoder pt_protobuf_encoder = {
    .head = encode_head, .series = encode_series, .stands_alone = stands_alone};
