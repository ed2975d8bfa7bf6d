/* SPDX-License-Identifier: MIT */
/*
 * lines.h -- what the two text formats have in common: a sample is a line `name{labels} value`.
 *
 * They differ in how a double and the bounds of buckets are spelt, and in the metadata around the
 * samples; those stay with each format.
 */
#ifndef PT_FORMAT_LINES_H
#define PT_FORMAT_LINES_H

#include "format/out.h"

struct pt_spelling {
    size_t (*number)(char *out, double value); /* pt_number_double or pt_number_double_om */
};

/* `name_suffix{labels} `, up to where the value goes. `suffix` may be empty. */
void pt_lines_head(struct pt_out *out, pitot_str name, const char *suffix, pitot_str labels);

/* Asks for the text of a series that will be written soon: it is somewhere in memory. */
static inline void pt_lines_fetch_ahead(const struct pt_family_values *family, size_t series)
{
    if (series + 16 < family->series_count) {
        __builtin_prefetch(family->labels[series + 16].at);
        __builtin_prefetch(family->labels[series + 16].at + 64);
    }
}

/* The value of a series of single values, and the end of its line. */
void pt_lines_value(struct pt_out *out, const struct pt_spelling *spelling,
    const struct pt_family_values *family, size_t series);

/* One `name_bucket{…,le="…"}` line per bucket, cumulative; returns the count of all. */
uint64_t pt_lines_buckets(struct pt_out *out, const struct pt_spelling *spelling,
    const struct pt_family_values *family, size_t series);

/* The sum of a histogram's series. */
double pt_lines_sum_of(const struct pt_family_values *family, size_t series);

/* `# HELP name text`, with `\` and newline escaped, and `"` too if `quotes`. */
void pt_lines_help(struct pt_out *out, pitot_str name, pitot_str help, bool quotes);

#endif
