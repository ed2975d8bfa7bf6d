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
#include "format/format.h"
#include "format/lines.h"

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

/* The two last lines of a histogram and of a summary. */
static void encode_sum_and_count(
    const struct pt_lines *lines, size_t series, double sum, struct pt_lines_total count)
{
    pt_lines_line(lines, "_sum", series, sum);
    pt_lines_head(lines, "_count", pt_labels_of(lines->family, series));
    pt_lines_total(lines, pt_kind_of(lines->family, series), count);
    pt_lines_end(lines, series);
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
    encode_sum_and_count(lines, series, pt_lines_sum_of(family, series), count);
}

static void encode_composites(const struct pt_lines *lines)
{
    const struct pt_family_values *family = lines->family;

    for (size_t i = 0; i < family->series_count && !lines->out->stopped; i++) {
        pt_lines_fetch_ahead(family, i);
        if (family->type == PITOT_SUMMARY)
            encode_summary(lines, i);
        else
            encode_sum_and_count(
                lines, i, pt_lines_sum_of(family, i), pt_lines_buckets(lines, i, NULL));
    }
}

void pt_text_encode(const pitot_snapshot *snap, const pitot_encode_opts *opts, struct pt_out *out)
{
    struct pt_walk walk = pt_walk_open(snap, opts, out);
    const struct pt_family_values *family;

    while ((family = pt_walk_next(&walk))) {
        const struct pt_lines lines = pt_lines_open(out, family, family->name, &go);

        if (!walk.continues) {
            pt_lines_help(&lines, false);
            pt_lines_type(&lines, type_word(family->type));
        }
        if (pt_type_is_bucketed(family->type) || family->type == PITOT_SUMMARY)
            encode_composites(&lines);
        else
            pt_lines_singles(&lines, "");
    }
    pt_walk_close(&walk);
}
