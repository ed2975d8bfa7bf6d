/* SPDX-License-Identifier: MIT */
/*
 * text.c -- Prometheus text 0.0.4.
 *
 * `# HELP`, `# TYPE`, then the samples of one family, families in the order of the snapshot. The
 * format has five types; the others are written as the nearest of them, with the name that their
 * samples have. Follows "Exposition formats" of the Prometheus documentation.
 */
#include "format/format.h"
#include "format/lines.h"

static const struct pt_spelling go = {pt_number_double};

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

static void encode_histogram(
    const struct pt_family_values *family, size_t series, struct pt_out *out)
{
    char digits[PT_NUMBER_MAX];
    uint64_t count = pt_lines_buckets(out, &go, family, series);

    pt_lines_head(out, family->name, "_sum", family->labels[series]);
    pt_out_add(out, digits, go.number(digits, pt_lines_sum_of(family, series)));
    PT_OUT_LITERAL(out, "\n");
    pt_lines_head(out, family->name, "_count", family->labels[series]);
    pt_out_u64(out, count);
    PT_OUT_LITERAL(out, "\n");
}

static void encode_family(const struct pt_family_values *family, struct pt_out *out)
{
    const char *type = type_word(family->type);

    pt_lines_help(out, family->name, family->help, false);
    PT_OUT_LITERAL(out, "# TYPE ");
    pt_out_str(out, family->name);
    PT_OUT_LITERAL(out, " ");
    pt_out_add(out, type, strlen(type));
    PT_OUT_LITERAL(out, "\n");
    for (size_t i = 0; i < family->series_count && !out->stopped; i++) {
        pt_lines_fetch_ahead(family, i);
        if (pt_type_is_bucketed(family->type)) {
            encode_histogram(family, i, out);
            continue;
        }
        pt_lines_head(out, family->name, "", family->labels[i]);
        pt_lines_value(out, &go, family, i);
    }
}

void pt_text_encode(const pitot_snapshot *snap, const pitot_encode_opts *opts, struct pt_out *out)
{
    (void)opts; /* no option is of this format yet */
    for (size_t i = 0; i < snap->family_count && !out->stopped; i++)
        encode_family(snap->families[i], out);
}
