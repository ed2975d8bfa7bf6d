/* SPDX-License-Identifier: MIT */
/*
 * text.c -- Prometheus text 0.0.4 and 1.0.0.
 *
 * `# HELP`, `# TYPE`, then the samples of one family, families in the order of the snapshot. The
 * format has five types; the others are written as the nearest of them, with the name that their
 * samples have. It carries neither start times nor exemplars nor native buckets. 1.0.0 is the same
 * with another Content-Type: it promises a reader of quoted names, which readers of 0.0.4 ask for
 * as well. Follows "Exposition formats" of the Prometheus documentation.
 */
#include "format/bucket_lines.h"
#include "format/format.h"

static const struct pt_spelling go = {pt_number_double, pt_lines_ms};

static const char *type_word(pitot_type type)
{
    switch (type) {
    case PITOT_COUNTER:
        return "counter";
    case PITOT_GAUGE:
    case PITOT_INFO:
    case PITOT_STATESET:
        return "gauge";
    case PITOT_HISTOGRAM:
    case PITOT_GAUGE_HISTOGRAM:
        return "histogram";
    case PITOT_SUMMARY:
        return "summary";
    case PITOT_UNKNOWN:
        break;
    }
    return "untyped";
}

static void encode_summary(const struct pt_lines *lines, size_t series)
{
    const struct pt_family_values *family = lines->family;
    const uint64_t *words = pt_values_of(family, series);
    struct pt_lines_total count = {0};

    for (size_t i = 0; i < family->bound_count; i++) {
        pt_lines_head_quantile(lines, pt_labels_of(family, series), family->bounds[i]);
        pt_lines_double(lines, pt_lines_double_of(words[i]));
        pt_lines_end(lines, series);
    }
    pt_lines_add(&count, pt_kind_of(family, series), words[family->bound_count]);
    pt_lines_line(lines, "_sum", series, pt_lines_sum_of(family, series));
    pt_lines_count(lines, "_count", series, count);
}

static void encode_head(struct pt_writer *writer, size_t family)
{
    const struct pt_family_values *values = writer->families->at[family];
    const struct pt_lines lines = pt_lines_open(writer->out, values, values->name, &go);

    pt_lines_help(&lines, false);
    pt_lines_type(&lines, type_word(values->type));
}

static void encode_histograms(const struct pt_lines *lines, size_t from, size_t to)
{
    struct pt_bucket_lines buckets;

    pt_bucket_lines_open(&buckets, lines, "_sum", "_count");
    for (size_t i = from; i < to && !lines->out->stopped; i++) {
        struct pt_lines_total count = pt_bucket_lines_write(&buckets, i, NULL);

        pt_bucket_lines_sum(&buckets, i);
        pt_bucket_lines_count(&buckets, i, count);
    }
}

static void encode_series(struct pt_writer *writer, size_t family, size_t from, size_t to)
{
    const struct pt_family_values *values = writer->families->at[family];
    const struct pt_lines lines = pt_lines_open(writer->out, values, values->name, &go);

    if (pt_type_is_bucketed(values->type))
        encode_histograms(&lines, from, to);
    else if (values->type != PITOT_SUMMARY)
        pt_lines_singles(&lines, "", from, to);
    else
        for (size_t i = from; i < to && !lines.out->stopped; i++)
            encode_summary(&lines, i);
}

const struct pt_encoder pt_text_encoder = {
    .head = encode_head, .series = encode_series, .lines = true};
