/* SPDX-License-Identifier: MIT */
/*
 * lines.h -- what the text formats have in common: a sample is a line `name{labels} value time`.
 *
 * They differ in how a double and a time are spelt, and in the metadata around the samples; those
 * stay with each format. A line is begun by one of the heads, goes on with a number, and is ended
 * by pt_lines_end().
 */
#ifndef PT_FORMAT_LINES_H
#define PT_FORMAT_LINES_H

#include "format/walk.h"

struct pt_exemplar_lines;

/* Both write to PT_NUMBER_MAX bytes and return the size. */
struct pt_spelling {
    size_t (*number)(char *out, double value); /* pt_number_double or pt_number_double_om */
    size_t (*time)(char *out, int64_t ns);
};

/* The lines of one family. */
struct pt_lines {
    struct pt_out *out;
    const struct pt_family_values *family;
    const struct pt_spelling *spelling;
    pitot_str name; /* what the format calls the family */
    bool quoted;    /* no legacy name: it stands in the braces, in quotes */
};

/* Both counts grow; the one that is in use is the one of the series' kind. */
struct pt_lines_total {
    uint64_t u64;
    double f64;
};

struct pt_lines pt_lines_open(struct pt_out *out, const struct pt_family_values *family,
    pitot_str name, const struct pt_spelling *spelling);

/* Times: milliseconds, rounded down, and seconds with as few digits as are exact. */
size_t pt_lines_ms(char *out, int64_t ns);
size_t pt_lines_seconds(char *out, int64_t ns);

/* Asks for the text of a series that will be written soon: it is somewhere in memory. */
static inline void pt_lines_fetch_ahead(const struct pt_family_values *family, size_t series)
{
    if (series + 16 < family->series_count) {
        __builtin_prefetch(pt_labels_of(family, series + 16).at);
        __builtin_prefetch(pt_labels_of(family, series + 16).at + 64);
    }
}

/* `# TYPE name word`, `# UNIT name unit`; `# HELP name text` with `\` and newline escaped, and `"`
 * too if `quotes`, or nothing where nobody said. */
void pt_lines_type(const struct pt_lines *lines, const char *word);
void pt_lines_unit(const struct pt_lines *lines);
void pt_lines_help(const struct pt_lines *lines, bool quotes);

/* `name_suffix{labels} `. `suffix` may be empty. */
void pt_lines_head(const struct pt_lines *lines, const char *suffix, pitot_str labels);

/* `name{labels,quantile="…"} `. */
void pt_lines_head_quantile(const struct pt_lines *lines, pitot_str labels, double quantile);

void pt_lines_double(const struct pt_lines *lines, double value);
void pt_lines_number(const struct pt_lines *lines, enum pt_kind kind, uint64_t word);
void pt_lines_total(const struct pt_lines *lines, enum pt_kind kind, struct pt_lines_total total);

/* ` time`, where the series has one. */
void pt_lines_time(const struct pt_lines *lines, size_t series);

/* The time, and the end of the line. */
void pt_lines_end(const struct pt_lines *lines, size_t series);

/* The whole line of a series of single values; the lines of all series of such a family. */
void pt_lines_single(const struct pt_lines *lines, const char *suffix, size_t series);
void pt_lines_singles(const struct pt_lines *lines, const char *suffix);

/* `name_suffix{labels} value`: a line for a double. */
void pt_lines_line(const struct pt_lines *lines, const char *suffix, size_t series, double value);

/* One `name_bucket{…,le="…"}` line per bucket, cumulative; returns the count of all. `exemplars`
 * are those of the buckets, or NULL. */
struct pt_lines_total pt_lines_buckets(
    const struct pt_lines *lines, size_t series, const struct pt_exemplar_lines *exemplars);

static inline double pt_lines_double_of(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* The sum of a histogram's series. */
static inline double pt_lines_sum_of(const struct pt_family_values *family, size_t series)
{
    return pt_lines_double_of(pt_values_of(family, series)[family->bound_count + 1]);
}

static inline void pt_lines_add(struct pt_lines_total *total, enum pt_kind kind, uint64_t word)
{
    if (kind == PT_U64)
        total->u64 += word;
    else
        total->f64 += pt_lines_double_of(word);
}

#endif
