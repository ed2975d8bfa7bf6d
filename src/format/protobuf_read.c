/* SPDX-License-Identifier: MIT */
/*
 * protobuf_read.c -- a page of io.prometheus.client.MetricFamily, each after its length.
 *
 * Fields may come in any order, so each message is gone over for its single fields first. What
 * proto3 leaves out because it is zero, the type COUNTER too, counts as zero. Where a message ends
 * is known before it is read, so one that is broken costs its own family, or only its series.
 */
#include "format/protobuf_read.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "format/protobuf.h"
#include "format/shown.h"
#include "snapshot/block.h"

#include <stdarg.h>
#include <stdio.h>

#define NS_PER_SECOND 1000000000
#define NS_PER_MS 1000000

/* ---- What all readers need ---- */

bool pt_protobuf_read_problem(
    struct pt_protobuf_read *read, const char *at, const char *format, ...)
{
    char text[sizeof(((pitot_error *)0)->message)];
    const struct pt_page *page = read->page;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (read->stop || read->draft.failed) /* then nothing is wrong with the page */
        return false;
    size_t column = (size_t)(at - page->bytes) + 1;
    bool more = read->name.size > 0 ? pt_problem(page->problems, read->message, column, "%.*s: %s",
                                          PT_SHOWN(read->name), text)
                                    : pt_problem(page->problems, read->message, column, "%s", text);
    read->stop = !more;
    return false;
}

bool pt_protobuf_read_next(
    struct pt_protobuf_read *read, struct pt_wire_in *in, struct pt_wire_field *field)
{
    if (read->stop || read->draft.failed)
        return false;
    if (pt_wire_next(in, field))
        return true;
    if (in->wrong)
        PT_PROTOBUF_REFUSE(read, in->at, "the message is broken here: %s", in->wrong);
    return false;
}

bool pt_protobuf_read_is(
    struct pt_protobuf_read *read, const struct pt_wire_field *field, enum pt_wire_type type)
{
    return field->type == type ||
           PT_PROTOBUF_REFUSE(read, field->at, "field %u is of wire type %d and not of %d",
               field->number, (int)field->type, (int)type);
}

int64_t pt_protobuf_read_time(struct pt_protobuf_read *read, const struct pt_wire_field *message)
{
    struct pt_wire_in in = message->body;
    struct pt_wire_field field;
    int64_t seconds = 0, nanos = 0, time;

    while (pt_protobuf_read_next(read, &in, &field)) {
        if (field.number == TIMESTAMP_SECONDS && pt_protobuf_read_is(read, &field, PT_WIRE_VARINT))
            seconds = (int64_t)field.n;
        if (field.number == TIMESTAMP_NANOS && pt_protobuf_read_is(read, &field, PT_WIRE_VARINT))
            nanos = (int64_t)field.n;
    }
    bool fits = nanos >= 0 && nanos < NS_PER_SECOND &&
                !__builtin_mul_overflow(seconds, (int64_t)NS_PER_SECOND, &time) &&
                !__builtin_add_overflow(time, nanos, &time) && time != PITOT_TIME_NONE;
    if (fits && !in.wrong)
        return time;
    if (!in.wrong)
        pt_protobuf_read_problem(read, message->at,
            "the time %lld s and %lld ns is not one between the years 1677 and 2262",
            (long long)seconds, (long long)nanos);
    return PITOT_TIME_NONE;
}

static pitot_str bytes_of(const struct pt_wire_field *field)
{
    return (pitot_str){field->body.at, (size_t)(field->body.end - field->body.at)};
}

/* The text of a string field; false when it is none. */
static bool read_str(
    struct pt_protobuf_read *read, const struct pt_wire_field *field, pitot_str *out)
{
    if (!pt_protobuf_read_is(read, field, PT_WIRE_BYTES))
        return false;
    pitot_str text = bytes_of(field);
    size_t bad = pt_utf8_error(text.at, text.size);
    if (bad < text.size)
        return PT_PROTOBUF_REFUSE(
            read, text.at + bad, "the byte 0x%02x is not UTF-8", (unsigned)(uint8_t)text.at[bad]);
    *out = text;
    return true;
}

/* ---- Labels and exemplars ---- */

/* One LabelPair, added to the block that is being made. */
static void read_label(struct pt_protobuf_read *read, const struct pt_wire_field *message)
{
    struct pt_wire_in in = message->body;
    struct pt_wire_field field;
    pitot_str name = {"", 0}, value = {"", 0};

    if (!pt_protobuf_read_is(read, message, PT_WIRE_BYTES))
        return;
    while (pt_protobuf_read_next(read, &in, &field)) {
        if (field.number == LABEL_NAME)
            read_str(read, &field, &name);
        if (field.number == LABEL_VALUE)
            read_str(read, &field, &value);
    }
    const char *why = in.wrong ? NULL : pt_draft_label(&read->draft, name, value);
    if (why)
        PT_PROTOBUF_REFUSE(read, message->at, "%s", why);
}

bool pt_protobuf_read_exemplar(struct pt_protobuf_read *read, const struct pt_wire_field *message,
    uint32_t bucket, pitot_exemplar *out)
{
    struct pt_wire_in in = message->body;
    struct pt_wire_field field;
    pitot_exemplar exemplar = {.time = PITOT_TIME_NONE, .bucket = bucket};
    bool was_bad = read->bad;

    if (!pt_protobuf_read_is(read, message, PT_WIRE_BYTES))
        return false;
    read->bad = false;
    pt_draft_begin_labels(&read->draft);
    while (pt_protobuf_read_next(read, &in, &field)) {
        if (field.number == EXEMPLAR_LABEL)
            read_label(read, &field);
        else if (field.number == EXEMPLAR_VALUE &&
                 pt_protobuf_read_is(read, &field, PT_WIRE_FIXED64))
            exemplar.value = pt_wire_as_double(field.n);
        else if (field.number == EXEMPLAR_TIMESTAMP &&
                 pt_protobuf_read_is(read, &field, PT_WIRE_BYTES))
            exemplar.time = pt_protobuf_read_time(read, &field);
    }
    bool good = !read->bad;
    read->bad = was_bad; /* an exemplar that is left out takes nothing with it */
    if (!good)
        return false;
    exemplar.labels = pt_draft_labels(&read->draft);
    *out = exemplar;
    return true;
}

/* ---- The values of one series ---- */

static void add_number(struct pt_protobuf_read *read, pitot_number number)
{
    (void)PT_DRAFT_ADD(&read->draft, read->draft.numbers, number);
}

/* Counter, Gauge and Untyped. */
static void read_scalar(
    struct pt_protobuf_read *read, struct pt_wire_in in, bool is_counter, pitot_series *series)
{
    struct pt_wire_field field;
    pitot_exemplar exemplar;
    pitot_number number = {.f64 = 0};
    bool has_exemplar = false;

    while (pt_protobuf_read_next(read, &in, &field)) {
        if (field.number == COUNTER_VALUE && pt_protobuf_read_is(read, &field, PT_WIRE_FIXED64))
            number.f64 = pt_wire_as_double(field.n);
        if (is_counter && field.number == COUNTER_EXEMPLAR)
            has_exemplar = pt_protobuf_read_exemplar(read, &field, 0, &exemplar);
        if (is_counter && field.number == COUNTER_CREATED &&
            pt_protobuf_read_is(read, &field, PT_WIRE_BYTES))
            series->start = pt_protobuf_read_time(read, &field);
    }
    if (has_exemplar)
        (void)PT_DRAFT_ADD(&read->draft, read->draft.exemplars, exemplar);
    add_number(read, number);
    series->is_double = true;
}

static void read_quantile(struct pt_protobuf_read *read, const struct pt_wire_field *message)
{
    struct pt_wire_in in = message->body;
    struct pt_wire_field field;
    double quantile = 0, value = 0;

    if (!pt_protobuf_read_is(read, message, PT_WIRE_BYTES))
        return;
    while (pt_protobuf_read_next(read, &in, &field)) {
        if (field.number == QUANTILE_QUANTILE && pt_protobuf_read_is(read, &field, PT_WIRE_FIXED64))
            quantile = pt_wire_as_double(field.n);
        if (field.number == QUANTILE_VALUE && pt_protobuf_read_is(read, &field, PT_WIRE_FIXED64))
            value = pt_wire_as_double(field.n);
    }
    size_t before = read->draft.bounds.count;
    if (!(quantile >= 0 && quantile <= 1))
        PT_PROTOBUF_REFUSE(read, message->at, "a quantile is not between 0 and 1");
    else if (before > 0 && quantile <= read->draft.bounds.items[before - 1])
        PT_PROTOBUF_REFUSE(read, message->at, "the quantiles are not in rising order");
    else if (PT_DRAFT_ADD(&read->draft, read->draft.bounds, quantile))
        add_number(read, (pitot_number){.f64 = value});
}

static void read_summary(struct pt_protobuf_read *read, struct pt_wire_in in, pitot_series *series)
{
    struct pt_wire_field field;
    pitot_number count = {.u64 = 0}, sum = {.f64 = 0};

    while (pt_protobuf_read_next(read, &in, &field)) {
        if (field.number == SUMMARY_COUNT && pt_protobuf_read_is(read, &field, PT_WIRE_VARINT))
            count.u64 = field.n;
        else if (field.number == SUMMARY_SUM && pt_protobuf_read_is(read, &field, PT_WIRE_FIXED64))
            sum.f64 = pt_wire_as_double(field.n);
        else if (field.number == SUMMARY_QUANTILE)
            read_quantile(read, &field);
        else if (field.number == SUMMARY_CREATED &&
                 pt_protobuf_read_is(read, &field, PT_WIRE_BYTES))
            series->start = pt_protobuf_read_time(read, &field);
    }
    add_number(read, count);
    add_number(read, sum);
}

/* ---- Metrics ---- */

/* MetricType, in its order. */
static const struct {
    pitot_type type;
    unsigned field; /* of the metric: where the value has to be */
    const char *word;
} types[] = {
    [TYPE_COUNTER] = {PITOT_COUNTER, METRIC_COUNTER, "counter"},
    [TYPE_GAUGE] = {PITOT_GAUGE, METRIC_GAUGE, "gauge"},
    [TYPE_SUMMARY] = {PITOT_SUMMARY, METRIC_SUMMARY, "summary"},
    [TYPE_UNTYPED] = {PITOT_UNKNOWN, METRIC_UNTYPED, "untyped"},
    [TYPE_HISTOGRAM] = {PITOT_HISTOGRAM, METRIC_HISTOGRAM, "histogram"},
    [TYPE_GAUGE_HISTOGRAM] = {PITOT_GAUGE_HISTOGRAM, METRIC_HISTOGRAM, "histogram"},
};
#define TYPES_COUNT (sizeof(types) / sizeof(types[0]))

/* The single fields of a metric. */
struct metric {
    struct pt_wire_in value;
    bool has_value;
    int64_t time;
};

static bool is_value_field(unsigned number)
{
    return (number >= METRIC_GAUGE && number <= METRIC_UNTYPED) || number == METRIC_HISTOGRAM;
}

static void read_time_ms(
    struct pt_protobuf_read *read, const struct pt_wire_field *field, int64_t *time)
{
    int64_t ms = (int64_t)field->n;

    if (__builtin_mul_overflow(ms, (int64_t)NS_PER_MS, time)) {
        *time = PITOT_TIME_NONE;
        PT_PROTOBUF_REFUSE(read, field->at,
            "the time %lld ms is not one between the years 1677 and 2262", (long long)ms);
    }
}

static struct metric read_fields(struct pt_protobuf_read *read, struct pt_wire_in in, uint64_t type)
{
    struct metric metric = {.time = PITOT_TIME_NONE};
    struct pt_wire_field field;
    const char *start = in.at;

    pt_draft_begin_labels(&read->draft);
    while (pt_protobuf_read_next(read, &in, &field)) {
        if (field.number == METRIC_LABEL)
            read_label(read, &field);
        if (field.number == METRIC_TIMESTAMP_MS &&
            pt_protobuf_read_is(read, &field, PT_WIRE_VARINT))
            read_time_ms(read, &field, &metric.time);
        if (!is_value_field(field.number) || !pt_protobuf_read_is(read, &field, PT_WIRE_BYTES))
            continue;
        if (field.number == types[type].field) {
            metric.value = field.body;
            metric.has_value = true;
        } else { /* the value that its type asks for may be there all the same */
            pt_protobuf_read_problem(read, field.at,
                "field %u has a value that is not of the family's type, which is a %s",
                field.number, types[type].word);
        }
    }
    if (!metric.has_value && !in.wrong)
        PT_PROTOBUF_REFUSE(
            read, start, "a metric has no value that is a %s, the family's type", types[type].word);
    return metric;
}

static void read_metric(
    struct pt_protobuf_read *read, const struct pt_wire_field *message, uint64_t type)
{
    pitot_series series = {.start = PITOT_TIME_NONE};

    read->bad = false;
    if (!pt_protobuf_read_is(read, message, PT_WIRE_BYTES))
        return;
    struct metric metric = read_fields(read, message->body, type);
    const char *why = pt_draft_reserved(&read->draft, types[type].type);
    if (why)
        PT_PROTOBUF_REFUSE(read, message->at, "%s", why);
    if (read->bad || read->stop)
        return;
    series.labels = pt_draft_labels(&read->draft);
    series.time = metric.time;
    pt_draft_begin_series(&read->draft);
    if (types[type].field == METRIC_HISTOGRAM)
        pt_protobuf_read_histogram(read, metric.value, &series);
    else if (types[type].field == METRIC_SUMMARY)
        read_summary(read, metric.value, &series);
    else
        read_scalar(read, metric.value, type == TYPE_COUNTER, &series);
    if (read->bad || read->stop)
        return;
    pt_draft_series(&read->draft, &series);
    enum pt_added added = pt_builder_series(read->page->builder, &series);
    if (added == PT_ADDED_BEFORE)
        pt_protobuf_read_problem(
            read, message->at, "this label set was there before; a series must be there once");
    read->stop |= added == PT_ADDED_FAILED;
}

/* ---- Families ---- */

struct family {
    pitot_str name, help, unit;
    uint64_t type;
};

/* All that is there once. False when that is not enough of a family. */
static bool read_head(struct pt_protobuf_read *read, struct pt_wire_in in, struct family *family)
{
    const char *start = in.at;
    struct pt_wire_field field;

    while (pt_protobuf_read_next(read, &in, &field)) {
        if (field.number == FAMILY_NAME && !read_str(read, &field, &family->name))
            return false;
        if (field.number == FAMILY_HELP)
            read_str(read, &field, &family->help);
        if (field.number == FAMILY_UNIT)
            read_str(read, &field, &family->unit);
        if (field.number == FAMILY_TYPE && !pt_protobuf_read_is(read, &field, PT_WIRE_VARINT))
            return false;
        if (field.number == FAMILY_TYPE)
            family->type = field.n;
    }
    if (in.wrong)
        return false;
    if (family->name.size == 0)
        return pt_protobuf_read_problem(read, start, "a family has no name");
    read->name = family->name;
    if (family->type >= TYPES_COUNT)
        return pt_protobuf_read_problem(read, start,
            "there is no type %llu; the last one is %d, the gauge histogram",
            (unsigned long long)family->type, TYPE_GAUGE_HISTOGRAM);
    return !read->stop;
}

static void read_family(struct pt_protobuf_read *read, struct pt_wire_in in)
{
    struct family family = {{NULL, 0}, {NULL, 0}, {NULL, 0}, TYPE_COUNTER};
    struct pt_wire_in again = in;
    struct pt_wire_field field;

    read->name = (pitot_str){NULL, 0};
    if (!read_head(read, in, &family))
        return;
    family.name = read->name = pt_draft_keep(&read->draft, family.name);
    if (family.help.at)
        family.help = pt_draft_keep(&read->draft, family.help);
    if (family.unit.at)
        family.unit = pt_draft_keep(&read->draft, family.unit);
    if (read->draft.failed)
        return;
    switch (pt_nameset_add(&read->draft.families, family.name)) {
    case PT_NAMESET_FAILED:
        pt_draft_fail(&read->draft);
        return;
    case PT_NAMESET_OLD:
        pt_protobuf_read_problem(
            read, in.at, "this family was there before; all of it must be in one message");
        return;
    case PT_NAMESET_NEW:
        break;
    }
    pt_builder_family(
        read->page->builder, types[family.type].type, family.name, family.help, family.unit);
    while (pt_protobuf_read_next(read, &again, &field))
        if (field.number == FAMILY_METRIC)
            read_metric(read, &field, family.type);
}

void pt_protobuf_decode(const struct pt_page *page)
{
    struct pt_protobuf_read read = {
        .page = page, .draft = {.builder = page->builder, .labels = pt_buf_new(SIZE_MAX / 2)}};
    struct pt_wire_in in = {.at = page->bytes, .end = page->bytes + page->size};
    uint64_t size;

    while (in.at < in.end && !read.stop && !read.draft.failed) {
        const char *start = in.at;

        read.message++;
        read.name = (pitot_str){NULL, 0};
        if (!pt_wire_next_varint(&in, &size)) {
            pt_protobuf_read_problem(&read, start, "the length of a message: %s", in.wrong);
            break;
        }
        if (size > (size_t)(in.end - in.at)) {
            pt_protobuf_read_problem(&read, start,
                "a message of %llu bytes, of which %zu are there: the page is cut off, or not "
                "delimited protobuf",
                (unsigned long long)size, (size_t)(in.end - in.at));
            break;
        }
        read_family(&read, (struct pt_wire_in){.at = in.at, .end = in.at + size});
        in.at += size;
    }
    pt_draft_free(&read.draft);
    pt_free(read.buckets.items);
    pt_free(read.floats[0].items);
    pt_free(read.floats[1].items);
}
