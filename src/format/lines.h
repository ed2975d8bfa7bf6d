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

#include "format/out.h"

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

/* `# TYPE name word`, `# UNIT name unit`; `# HELP name text` with `\` and newline escaped, and `"`
 * too if `quotes`, or nothing where nobody said. */
void pt_lines_type(const struct pt_lines *lines, const char *word);
void pt_lines_unit(const struct pt_lines *lines);
void pt_lines_help(const struct pt_lines *lines, bool quotes);

/* `name_suffix{labels} `. `suffix` may be empty. */
void pt_lines_head(const struct pt_lines *lines, const char *suffix, pitot_str labels);

/* Up to the quote that opens the value of one more label: `name_bucket{labels,le="`. */
void pt_lines_head_up_to(
    const struct pt_lines *lines, const char *suffix, pitot_str labels, const char *label);

/* `name{labels,quantile="…"} `. */
void pt_lines_head_quantile(const struct pt_lines *lines, pitot_str labels, double quantile);

void pt_lines_double(const struct pt_lines *lines, double value);
void pt_lines_number(const struct pt_lines *lines, enum pt_kind kind, uint64_t word);
void pt_lines_total(const struct pt_lines *lines, enum pt_kind kind, struct pt_lines_total total);

/* ` time`, where the series has one. */
void pt_lines_time(const struct pt_lines *lines, size_t series);

/* The time, and the end of the line. */
void pt_lines_end(const struct pt_lines *lines, size_t series);

/* The whole line of a series of single values; the lines of some of such a family. */
void pt_lines_single(const struct pt_lines *lines, const char *suffix, size_t series);
void pt_lines_singles(const struct pt_lines *lines, const char *suffix, size_t from, size_t to);

/* `name_suffix{labels} value`: a line for a double. */
void pt_lines_line(const struct pt_lines *lines, const char *suffix, size_t series, double value);

/* The same for a count. */
void pt_lines_count(
    const struct pt_lines *lines, const char *suffix, size_t series, struct pt_lines_total count);

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

/* ---- Many lines of one kind ---- */

#define PT_LINES_PREFIX_MAX 320

/* What stands before the labels: `name_suffix{`, or `{"name_suffix",`. With it made, a line is two
 * copies and a number. */
struct pt_lines_prefix {
    size_t size;
    bool quoted;
    char text[PT_LINES_PREFIX_MAX + PT_OUT_MOVE];
};

/* False when it is too long for that. */
bool pt_lines_prefix(
    struct pt_lines_prefix *prefix, const struct pt_lines *lines, const char *suffix);

/* Bytes that pt_lines_put_head(), and a number and a newline after it, may touch. */
static inline size_t pt_lines_room(const struct pt_lines_prefix *prefix, pitot_str labels)
{
    return prefix->size + labels.size + 2 * PT_OUT_MOVE + PT_NUMBER_MAX;
}

/* Up to the number. `slack` says that the labels have PT_OUT_MOVE readable bytes behind them. */
static inline char *pt_lines_put_head(
    char *at, const struct pt_lines_prefix *prefix, pitot_str labels, bool slack)
{
    at = pt_out_copy(at, prefix->text, prefix->size);
    if (labels.size == 0) {
        at[-1] = prefix->quoted ? '}' : ' ';
        *at = ' ';
        return at + prefix->quoted;
    }
    if (slack) {
        at = pt_out_copy(at, labels.at, labels.size);
    } else {
        memcpy(at, labels.at, labels.size);
        at += labels.size;
    }
    memcpy(at, "} ", 2);
    return at + 2;
}

static inline char *pt_lines_put_number(
    char *at, const struct pt_spelling *spelling, enum pt_kind kind, uint64_t word)
{
    return at + (kind == PT_U64 ? pt_digits_u64(at, word)
                                : spelling->number(at, pt_lines_double_of(word)));
}

#endif
