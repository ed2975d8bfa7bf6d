/* SPDX-License-Identifier: MIT */
/*
 * json.c -- a snapshot as JSON, with all that is in it. docs/json.md is the schema.
 *
 * One line per series. Integers have neither point nor exponent, doubles always have one, so the
 * two stay apart. What no JSON number can be (NaN, infinities) or what others would round (integers
 * above 2^53) is a string. Names are as they are: this format has no escaping schemes.
 */
#include "base/utf8.h"
#include "format/format.h"

#include <math.h>

#define NS_PER_SECOND 1000000000
#define EXACT_MAX (UINT64_C(1) << 53) /* integers up to here are exact wherever JSON is read */

static const char *const type_words[] = {
    [PITOT_UNKNOWN] = "unknown",
    [PITOT_COUNTER] = "counter",
    [PITOT_GAUGE] = "gauge",
    [PITOT_HISTOGRAM] = "histogram",
    [PITOT_SUMMARY] = "summary",
    [PITOT_INFO] = "info",
    [PITOT_STATESET] = "stateset",
    [PITOT_GAUGE_HISTOGRAM] = "gaugehistogram",
};

/* ---- Texts and numbers ---- */

static void add_escape(struct pt_out *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

    if (c == '"' || c == '\\')
        pt_out_add(out, (char[]){'\\', (char)c}, 2);
    else if (c == '\n')
        PT_OUT_LITERAL(out, "\\n");
    else
        pt_out_add(out, escape, sizeof(escape));
}

/* The inside of a string. A byte that is not UTF-8, which no sound snapshot has, becomes U+FFFD. */
static void add_text(struct pt_out *out, const char *at, size_t size)
{
    size_t start = 0, bad, wide;

    for (size_t i = 0; i < size; i += wide) {
        unsigned char c = (unsigned char)at[i];

        wide = c < 0x80 ? 1 : pt_utf8_char(at + i, size - i, &bad);
        if (wide && c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
            continue;
        pt_out_add(out, at + start, i - start);
        if (wide)
            add_escape(out, c);
        else
            PT_OUT_LITERAL(out, PT_UTF8_REPLACEMENT);
        wide = wide ? wide : bad;
        start = i + wide;
    }
    pt_out_add(out, at + start, size - start);
}

static void add_string(struct pt_out *out, pitot_str text)
{
    PT_OUT_LITERAL(out, "\"");
    if (text.size)
        add_text(out, text.at, text.size);
    PT_OUT_LITERAL(out, "\"");
}

/* A text of a block, piece by piece between its escapes. */
static void add_block_string(struct pt_out *out, pitot_str text)
{
    size_t start = 0;

    PT_OUT_LITERAL(out, "\"");
    for (size_t i = 0; i + 1 < text.size; i++) {
        if (text.at[i] != '\\')
            continue;
        char c = text.at[i + 1];
        add_text(out, text.at + start, i - start);
        add_text(out, c == 'n' ? "\n" : &c, 1);
        start = ++i + 1;
    }
    if (text.size > start)
        add_text(out, text.at + start, text.size - start);
    PT_OUT_LITERAL(out, "\"");
}

static void add_double(struct pt_out *out, double value)
{
    char digits[PT_NUMBER_MAX];
    size_t size = pt_number_double_om(digits, value);

    if (!isfinite(value))
        PT_OUT_LITERAL(out, "\"");
    pt_out_add(out, digits, size);
    if (!isfinite(value))
        PT_OUT_LITERAL(out, "\"");
}

static void add_number(struct pt_out *out, pitot_number number, bool is_double)
{
    if (is_double) {
        add_double(out, number.f64);
        return;
    }
    if (number.u64 > EXACT_MAX)
        PT_OUT_LITERAL(out, "\"");
    pt_out_u64(out, number.u64);
    if (number.u64 > EXACT_MAX)
        PT_OUT_LITERAL(out, "\"");
}

static void add_integer(struct pt_out *out, int64_t n)
{
    if (n < 0)
        PT_OUT_LITERAL(out, "-");
    pt_out_u64(out, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

/* `,"key":` and seconds, to the nanosecond. */
static void add_time(struct pt_out *out, const char *key, int64_t time)
{
    uint64_t ns = time < 0 ? 0 - (uint64_t)time : (uint64_t)time;
    uint64_t part = ns % NS_PER_SECOND;
    char digits[10] = ".";
    size_t size = 10;

    if (time == PITOT_TIME_NONE)
        return;
    pt_out_add(out, key, strlen(key));
    if (time < 0)
        PT_OUT_LITERAL(out, "-");
    pt_out_u64(out, ns / NS_PER_SECOND);
    for (size_t i = 9; i > 0; i--, part /= 10)
        digits[i] = (char)('0' + part % 10);
    while (digits[size - 1] == '0')
        size--;
    if (size > 1)
        pt_out_add(out, digits, size);
}

/* ---- Parts of a series ---- */

static void add_labels(struct pt_out *out, pitot_str block)
{
    pitot_str name, value;
    bool more = false;

    PT_OUT_LITERAL(out, "{\"labels\":{");
    for (size_t at = 0; pitot_labels_next(block, &at, &name, &value); more = true) {
        if (more)
            PT_OUT_LITERAL(out, ",");
        add_block_string(out, name);
        PT_OUT_LITERAL(out, ":");
        add_block_string(out, value);
    }
    PT_OUT_LITERAL(out, "}");
}

static void add_exemplars(struct pt_out *out, const struct pt_family_values *values, size_t series)
{
    size_t count;
    const pitot_exemplar *exemplars = pt_exemplars_of(values, series, &count);

    if (count == 0)
        return;
    PT_OUT_LITERAL(out, ",\"exemplars\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            PT_OUT_LITERAL(out, ",");
        add_labels(out, exemplars[i].labels);
        PT_OUT_LITERAL(out, ",\"value\":");
        add_double(out, exemplars[i].value);
        add_time(out, ",\"time\":", exemplars[i].time);
        if (pt_type_is_bucketed(values->type) && exemplars[i].bucket != PITOT_EXEMPLAR_NATIVE) {
            PT_OUT_LITERAL(out, ",\"bucket\":");
            pt_out_u64(out, exemplars[i].bucket);
        }
        PT_OUT_LITERAL(out, "}");
    }
    PT_OUT_LITERAL(out, "]");
}

static void add_side(struct pt_out *out, const pitot_span *spans, size_t span_count,
    const pitot_number *counts, size_t count, bool is_double)
{
    PT_OUT_LITERAL(out, "{\"spans\":[");
    for (size_t i = 0; i < span_count; i++) {
        if (i > 0)
            PT_OUT_LITERAL(out, ",");
        PT_OUT_LITERAL(out, "{\"offset\":");
        add_integer(out, spans[i].offset);
        PT_OUT_LITERAL(out, ",\"length\":");
        pt_out_u64(out, spans[i].length);
        PT_OUT_LITERAL(out, "}");
    }
    PT_OUT_LITERAL(out, "],\"counts\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            PT_OUT_LITERAL(out, ",");
        add_number(out, counts[i], is_double);
    }
    PT_OUT_LITERAL(out, "]}");
}

static void add_native(struct pt_out *out, const pitot_native *native, bool is_double)
{
    PT_OUT_LITERAL(out, ",\"native\":{\"schema\":");
    add_integer(out, native->schema);
    PT_OUT_LITERAL(out, ",\"zero_threshold\":");
    add_double(out, native->zero_threshold);
    PT_OUT_LITERAL(out, ",\"zero_count\":");
    add_number(out, native->zero_count, is_double);
    if (native->positive_span_count) {
        PT_OUT_LITERAL(out, ",\"positive\":");
        add_side(out, native->positive_spans, native->positive_span_count, native->positive,
            native->positive_count, is_double);
    }
    if (native->negative_span_count) {
        PT_OUT_LITERAL(out, ",\"negative\":");
        add_side(out, native->negative_spans, native->negative_span_count, native->negative,
            native->negative_count, is_double);
    }
    PT_OUT_LITERAL(out, "}");
}

static void add_buckets(struct pt_out *out, const struct pt_family_values *values,
    const pitot_number *numbers, bool is_double)
{
    PT_OUT_LITERAL(out, ",\"buckets\":[");
    for (size_t i = 0; i <= values->bound_count; i++) {
        if (i > 0)
            PT_OUT_LITERAL(out, ",");
        PT_OUT_LITERAL(out, "{\"le\":");
        add_double(out, i < values->bound_count ? values->bounds[i] : (double)INFINITY);
        PT_OUT_LITERAL(out, ",\"count\":");
        add_number(out, numbers[i], is_double);
        PT_OUT_LITERAL(out, "}");
    }
    PT_OUT_LITERAL(out, "]");
}

static void add_count_and_sum(struct pt_out *out, pitot_number count, double sum, bool is_double)
{
    PT_OUT_LITERAL(out, ",\"count\":");
    add_number(out, count, is_double);
    PT_OUT_LITERAL(out, ",\"sum\":");
    add_double(out, sum);
}

static void add_histogram(
    struct pt_out *out, const struct pt_family_values *values, size_t series, bool is_double)
{
    const pitot_number *numbers = (const pitot_number *)(const void *)pt_values_of(values, series);
    const pitot_native *native = pt_native_of(values, series);
    pitot_number count = {.u64 = 0};

    for (size_t i = 0; i <= values->bound_count; i++)
        if (is_double)
            count.f64 += numbers[i].f64;
        else
            count.u64 += numbers[i].u64;
    add_count_and_sum(out, count, numbers[values->bound_count + 1].f64, is_double);
    if (!native || values->bound_count > 0)
        add_buckets(out, values, numbers, is_double);
    if (native)
        add_native(out, native, is_double);
}

static void add_summary(
    struct pt_out *out, const struct pt_family_values *values, size_t series, bool is_double)
{
    const pitot_number *numbers = (const pitot_number *)(const void *)pt_values_of(values, series);
    size_t count = values->bound_count;

    add_count_and_sum(out, numbers[count], numbers[count + 1].f64, is_double);
    PT_OUT_LITERAL(out, ",\"quantiles\":[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            PT_OUT_LITERAL(out, ",");
        PT_OUT_LITERAL(out, "{\"quantile\":");
        add_double(out, values->bounds[i]);
        PT_OUT_LITERAL(out, ",\"value\":");
        add_double(out, numbers[i].f64);
        PT_OUT_LITERAL(out, "}");
    }
    PT_OUT_LITERAL(out, "]");
}

/* ---- Series and families ---- */

static void add_series(struct pt_out *out, const struct pt_family_values *values, size_t series)
{
    bool is_double = pt_kind_of(values, series) == PT_DOUBLE;

    add_labels(out, pt_labels_of(values, series));
    if (pt_type_is_bucketed(values->type)) {
        add_histogram(out, values, series, is_double);
    } else if (values->type == PITOT_SUMMARY) {
        add_summary(out, values, series, is_double);
    } else {
        PT_OUT_LITERAL(out, ",\"value\":");
        add_number(out, (pitot_number){.u64 = pt_values_of(values, series)[0]}, is_double);
    }
    add_time(out, ",\"start\":", pt_start_of(values, series));
    add_time(out, ",\"time\":", pt_time_of(values, series));
    add_exemplars(out, values, series);
    PT_OUT_LITERAL(out, "}");
}

static void add_head(struct pt_out *out, const struct pt_family_values *values)
{
    const char *type = type_words[values->type];

    PT_OUT_LITERAL(out, "\n{\"name\":");
    add_string(out, values->name);
    PT_OUT_LITERAL(out, ",\"type\":\"");
    pt_out_add(out, type, strlen(type));
    PT_OUT_LITERAL(out, "\"");
    if (values->help.at) {
        PT_OUT_LITERAL(out, ",\"help\":");
        add_string(out, values->help);
    }
    if (values->unit.at) {
        PT_OUT_LITERAL(out, ",\"unit\":");
        add_string(out, values->unit);
    }
    PT_OUT_LITERAL(out, ",\"series\":[");
}

static void encode_head(struct pt_writer *writer, size_t family)
{
    if (family == 0)
        PT_OUT_LITERAL(writer->out, "{\"version\":1,\"families\":[");
    else
        PT_OUT_LITERAL(writer->out, "\n]},");
    add_head(writer->out, writer->families->at[family]);
}

/* Whether series of the same family come before the first of these values. */
static bool has_more_before(const struct pt_families *families, size_t i)
{
    for (; pt_families_continue(families, i); i--)
        if (families->at[i - 1]->series_count)
            return true;
    return false;
}

static void encode_series(struct pt_writer *writer, size_t family, size_t from, size_t to)
{
    bool more = from > 0 || has_more_before(writer->families, family);

    for (size_t i = from; i < to && !writer->out->stopped; i++, more = true) {
        if (more)
            PT_OUT_LITERAL(writer->out, ",");
        PT_OUT_LITERAL(writer->out, "\n");
        add_series(writer->out, writer->families->at[family], i);
    }
}

static void encode_end(struct pt_writer *writer)
{
    if (writer->families->count)
        PT_OUT_LITERAL(writer->out, "\n]}\n]}\n");
    else
        PT_OUT_LITERAL(writer->out, "{\"version\":1,\"families\":[]}\n");
}

/* Commas are between families. */
static bool stands_alone(const struct pt_families *families, size_t family, bool head)
{
    (void)families;
    (void)family;
    (void)head;
    return false;
}

const struct pt_encoder pt_json_encoder = {
    .head = encode_head,
    .series = encode_series,
    .end = encode_end,
    .stands_alone = stands_alone,
    .any_name = true,
};
