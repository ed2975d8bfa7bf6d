/* SPDX-License-Identifier: MIT */
/*
 * openmetrics2.c -- OpenMetrics 2.0.0-rc0 text, experimental.
 *
 * `# TYPE`, `# UNIT`, `# HELP`, the samples, `# EOF`, as before; but a sample has the name of its
 * family, histograms and summaries are one composite value each, a start time stands in the line as
 * `st@`, and native buckets are there. Everything but the composite values is spelt as in 1.0.0.
 */
#include "format/exemplar_lines.h"
#include "format/format.h"
#include "format/openmetrics.h"

static const char *type_word(const struct pt_family_values *family)
{
    static const char info[] = "_info";
    const size_t size = sizeof(info) - 1;

    switch (family->type) {
    case PITOT_COUNTER:
        return "counter";
    case PITOT_INFO: /* must be called so */
        return family->name.size > size &&
                       memcmp(family->name.at + family->name.size - size, info, size) == 0
                   ? "info"
                   : "gauge";
    case PITOT_GAUGE:
        return "gauge";
    case PITOT_STATESET:
        return "stateset";
    case PITOT_HISTOGRAM:
        return "histogram";
    case PITOT_GAUGE_HISTOGRAM:
        return "gaugehistogram";
    case PITOT_SUMMARY:
        return "summary";
    case PITOT_UNKNOWN:
        break;
    }
    return "unknown";
}

static void add_comma(struct pt_out *out, size_t i)
{
    if (i)
        PT_OUT_LITERAL(out, ",");
}

static void encode_int(struct pt_out *out, int64_t n)
{
    if (n < 0)
        PT_OUT_LITERAL(out, "-");
    pt_out_u64(out, n < 0 ? 0 - (uint64_t)n : (uint64_t)n);
}

/* `,positive_spans:[offset:length,…],positive_buckets:[count,…]`; nothing where there are none. */
static void encode_side(const struct pt_lines *lines, enum pt_kind kind, const char *side,
    const pitot_span *spans, size_t span_count, const pitot_number *buckets, size_t bucket_count)
{
    struct pt_out *out = lines->out;

    if (span_count == 0 || bucket_count == 0)
        return;
    PT_OUT_LITERAL(out, ",");
    pt_out_add(out, side, strlen(side));
    PT_OUT_LITERAL(out, "_spans:[");
    for (size_t i = 0; i < span_count; i++) {
        add_comma(out, i);
        encode_int(out, spans[i].offset);
        PT_OUT_LITERAL(out, ":");
        pt_out_u64(out, spans[i].length);
    }
    PT_OUT_LITERAL(out, "],");
    pt_out_add(out, side, strlen(side));
    PT_OUT_LITERAL(out, "_buckets:[");
    for (size_t i = 0; i < bucket_count; i++) {
        add_comma(out, i);
        pt_lines_number(lines, kind, buckets[i].u64);
    }
    PT_OUT_LITERAL(out, "]");
}

static void encode_native(
    const struct pt_lines *lines, enum pt_kind kind, const pitot_native *native)
{
    struct pt_out *out = lines->out;

    PT_OUT_LITERAL(out, ",schema:");
    encode_int(out, native->schema);
    PT_OUT_LITERAL(out, ",zero_threshold:");
    pt_lines_double(lines, native->zero_threshold);
    PT_OUT_LITERAL(out, ",zero_count:");
    pt_lines_number(lines, kind, native->zero_count.u64);
    encode_side(lines, kind, "negative", native->negative_spans, native->negative_span_count,
        native->negative, native->negative_count);
    encode_side(lines, kind, "positive", native->positive_spans, native->positive_span_count,
        native->positive, native->positive_count);
}

static void encode_classic(const struct pt_lines *lines, size_t series, enum pt_kind kind)
{
    const struct pt_family_values *family = lines->family;
    const uint64_t *counts = pt_values_of(family, series);
    struct pt_lines_total total = {0};

    PT_OUT_LITERAL(lines->out, ",bucket:[");
    for (size_t i = 0; i < family->bound_count; i++) {
        pt_lines_add(&total, kind, counts[i]);
        pt_lines_double(lines, family->bounds[i]);
        PT_OUT_LITERAL(lines->out, ":");
        pt_lines_total(lines, kind, total);
        PT_OUT_LITERAL(lines->out, ",");
    }
    pt_lines_add(&total, kind, counts[family->bound_count]);
    PT_OUT_LITERAL(lines->out, "+Inf:");
    pt_lines_total(lines, kind, total);
    PT_OUT_LITERAL(lines->out, "]");
}

/* The native buckets, if this format has their schema. */
static const pitot_native *native_of(
    struct pt_writer *writer, const struct pt_family_values *family, size_t series)
{
    const pitot_native *native = pt_native_of(family, series);

    if (!native || (native->schema >= PITOT_SCHEMA_MIN && native->schema <= PITOT_SCHEMA_MAX))
        return native;
    pt_writer_drop(writer, 1);
    return NULL;
}

/* `{count:17,sum:8.5,…}`: native buckets first, then classic ones where there are any, and where
 * there is nothing else. */
static void encode_histogram(struct pt_writer *writer, const struct pt_lines *lines, size_t series)
{
    const struct pt_family_values *family = lines->family;
    const uint64_t *counts = pt_values_of(family, series);
    const pitot_native *native = native_of(writer, family, series);
    enum pt_kind kind = pt_kind_of(family, series);
    const char *gauge = family->type == PITOT_GAUGE_HISTOGRAM ? "g" : "";
    struct pt_lines_total count = {0};

    for (size_t i = 0; i <= family->bound_count; i++)
        pt_lines_add(&count, kind, counts[i]);
    PT_OUT_LITERAL(lines->out, "{");
    pt_out_add(lines->out, gauge, strlen(gauge));
    PT_OUT_LITERAL(lines->out, "count:");
    pt_lines_total(lines, kind, count);
    PT_OUT_LITERAL(lines->out, ",");
    pt_out_add(lines->out, gauge, strlen(gauge));
    PT_OUT_LITERAL(lines->out, "sum:");
    pt_lines_double(lines, pt_lines_sum_of(family, series));
    if (native)
        encode_native(lines, kind, native);
    if (!native || family->bound_count)
        encode_classic(lines, series, kind);
    PT_OUT_LITERAL(lines->out, "}");
}

/* `{count:17,sum:8.5,quantile:[0.5:0.1,0.99:2.5]}`. */
static void encode_summary(struct pt_writer *writer, const struct pt_lines *lines, size_t series)
{
    const struct pt_family_values *family = lines->family;
    const uint64_t *words = pt_values_of(family, series);
    size_t written = 0;

    PT_OUT_LITERAL(lines->out, "{count:");
    pt_lines_number(lines, pt_kind_of(family, series), words[family->bound_count]);
    PT_OUT_LITERAL(lines->out, ",sum:");
    pt_lines_double(lines, pt_lines_sum_of(family, series));
    PT_OUT_LITERAL(lines->out, ",quantile:[");
    for (size_t i = 0; i < family->bound_count; i++) {
        double value = pt_lines_double_of(words[i]);

        if (pt_openmetrics_forbids_quantile(family->bounds[i], value)) {
            pt_writer_drop(writer, 1);
            continue;
        }
        add_comma(lines->out, written++);
        pt_lines_double(lines, family->bounds[i]);
        PT_OUT_LITERAL(lines->out, ":");
        pt_lines_double(lines, value);
    }
    PT_OUT_LITERAL(lines->out, "]}");
}

static void encode_start(const struct pt_lines *lines, size_t series)
{
    int64_t start = pt_start_of(lines->family, series);
    char digits[PT_NUMBER_MAX];

    if (start == PITOT_TIME_NONE)
        return;
    PT_OUT_LITERAL(lines->out, " st@");
    pt_out_add(lines->out, digits, lines->spelling->time(digits, start));
}

static void encode_series(struct pt_writer *writer, const struct pt_lines *lines, size_t series)
{
    const struct pt_family_values *family = lines->family;
    bool bucketed = pt_type_is_bucketed(family->type);
    bool composite = bucketed || family->type == PITOT_SUMMARY;

    if (!composite && pt_openmetrics_forbids(family, series)) {
        pt_writer_drop(writer, 1);
        return;
    }
    pt_lines_head(lines, "", pt_labels_of(family, series));
    if (bucketed)
        encode_histogram(writer, lines, series);
    else if (composite)
        encode_summary(writer, lines, series);
    else
        pt_lines_number(lines, pt_kind_of(family, series), pt_values_of(family, series)[0]);
    pt_lines_time(lines, series);
    if (family->type == PITOT_COUNTER || family->type == PITOT_HISTOGRAM ||
        family->type == PITOT_SUMMARY)
        encode_start(lines, series);
    if (bucketed || family->type == PITOT_COUNTER)
        pt_exemplar_lines_write_all(writer, lines, series);
    else
        pt_exemplar_lines_drop(writer, lines, series);
    PT_OUT_LITERAL(lines->out, "\n");
}

static void encode_head(struct pt_writer *writer, size_t family)
{
    const struct pt_family_values *values = writer->families->at[family];
    const struct pt_lines lines =
        pt_lines_open(writer->out, values, values->name, &pt_openmetrics_spelling);

    pt_lines_type(&lines, type_word(values));
    if (pt_openmetrics_has_unit(values))
        pt_lines_unit(&lines);
    pt_lines_help(&lines, true);
}

static void encode_some(struct pt_writer *writer, size_t family, size_t from, size_t to)
{
    const struct pt_family_values *values = writer->families->at[family];
    const struct pt_lines lines =
        pt_lines_open(writer->out, values, values->name, &pt_openmetrics_spelling);

    for (size_t i = from; i < to && !writer->out->stopped; i++)
        encode_series(writer, &lines, i);
}

const struct pt_encoder pt_openmetrics2_encoder = {
    .head = encode_head, .series = encode_some, .end = pt_openmetrics_end};
