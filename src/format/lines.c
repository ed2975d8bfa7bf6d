/* SPDX-License-Identifier: MIT */
/*
 * lines.c -- what the two text formats have in common.
 *
 * Label blocks are escaped when a series is made, so a line is copies and one number. Pure
 * functions of the snapshot.
 */
#include "format/lines.h"

void pt_lines_head(struct pt_out *out, pitot_str name, const char *suffix, pitot_str labels)
{
    pt_out_str(out, name);
    pt_out_add(out, suffix, strlen(suffix));
    if (labels.size) {
        PT_OUT_LITERAL(out, "{");
        pt_out_str(out, labels);
        PT_OUT_LITERAL(out, "}");
    }
    PT_OUT_LITERAL(out, " ");
}

static double double_of(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

void pt_lines_value(struct pt_out *out, const struct pt_spelling *spelling,
    const struct pt_family_values *family, size_t series)
{
    uint64_t word = pt_values_of(family, series)[0];
    char digits[PT_NUMBER_MAX];

    if (pt_kind_of(family, series) == PT_U64)
        pt_out_u64(out, word);
    else
        pt_out_add(out, digits, spelling->number(digits, double_of(word)));
    PT_OUT_LITERAL(out, "\n");
}

uint64_t pt_lines_buckets(struct pt_out *out, const struct pt_spelling *spelling,
    const struct pt_family_values *family, size_t series)
{
    const uint64_t *counts = pt_values_of(family, series);
    pitot_str labels = family->labels[series];
    uint64_t count = 0;

    for (size_t i = 0; i <= family->bound_count; i++) {
        char digits[PT_NUMBER_MAX];

        count += counts[i];
        pt_out_str(out, family->name);
        PT_OUT_LITERAL(out, "_bucket{");
        if (labels.size) {
            pt_out_str(out, labels);
            PT_OUT_LITERAL(out, ",");
        }
        PT_OUT_LITERAL(out, "le=\"");
        if (i < family->bound_count)
            pt_out_add(out, digits, spelling->number(digits, family->bounds[i]));
        else
            PT_OUT_LITERAL(out, "+Inf");
        PT_OUT_LITERAL(out, "\"} ");
        pt_out_u64(out, count);
        PT_OUT_LITERAL(out, "\n");
    }
    return count;
}

double pt_lines_sum_of(const struct pt_family_values *family, size_t series)
{
    return double_of(pt_values_of(family, series)[family->bound_count + 1]);
}

void pt_lines_help(struct pt_out *out, pitot_str name, pitot_str help, bool quotes)
{
    size_t start = 0;

    PT_OUT_LITERAL(out, "# HELP ");
    pt_out_str(out, name);
    PT_OUT_LITERAL(out, " ");
    for (size_t i = 0; i < help.size; i++) {
        char c = help.at[i];

        if (c != '\\' && c != '\n' && !(quotes && c == '"'))
            continue;
        pt_out_add(out, help.at + start, i - start);
        if (c == '\n')
            PT_OUT_LITERAL(out, "\\n");
        else if (c == '"')
            PT_OUT_LITERAL(out, "\\\"");
        else
            PT_OUT_LITERAL(out, "\\\\");
        start = i + 1;
    }
    pt_out_add(out, help.at + start, help.size - start);
    PT_OUT_LITERAL(out, "\n");
}
