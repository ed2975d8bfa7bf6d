/* SPDX-License-Identifier: MIT */
/*
 * lines.c -- what the text formats have in common.
 *
 * Label blocks are escaped when a series is made, so a line is copies and one number. Pure
 * functions of the snapshot.
 */
#include "format/lines.h"

#include "base/escape.h"
#include "format/exemplar_lines.h"

#include <math.h>

#define NS_PER_MS 1000000
#define NS_PER_SECOND UINT64_C(1000000000)
#define FRACTION_DIGITS 9

struct pt_lines pt_lines_open(struct pt_out *out, const struct pt_family_values *family,
    pitot_str name, const struct pt_spelling *spelling)
{
    return (struct pt_lines){
        .out = out,
        .family = family,
        .spelling = spelling,
        .name = name,
        .quoted = family->quoted && !pt_escape_is_legacy(name, true),
    };
}

/* ---- Times ---- */

size_t pt_lines_ms(char *out, int64_t ns)
{
    int64_t ms = ns / NS_PER_MS - (ns % NS_PER_MS < 0);

    if (ms >= 0)
        return pt_number_u64(out, (uint64_t)ms);
    out[0] = '-';
    return 1 + pt_number_u64(out + 1, (uint64_t)-ms);
}

size_t pt_lines_seconds(char *out, int64_t ns)
{
    uint64_t size = 0, away = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
    uint64_t fraction = away % NS_PER_SECOND;

    if (ns < 0)
        out[size++] = '-';
    size += pt_number_u64(out + size, away / NS_PER_SECOND);
    if (fraction == 0)
        return size;
    out[size] = '.';
    for (size_t i = FRACTION_DIGITS; i > 0; i--, fraction /= 10)
        out[size + i] = (char)('0' + fraction % 10);
    size += 1 + FRACTION_DIGITS;
    while (out[size - 1] == '0')
        size--;
    return size;
}

/* ---- Text between quotes ---- */

/* With `\` and newline escaped, and `"` too if `quotes`. */
static void add_escaped(struct pt_out *out, pitot_str text, bool quotes)
{
    size_t start = 0;

    for (size_t i = 0; i < text.size; i++) {
        char c = text.at[i];

        if (c != '\\' && c != '\n' && !(quotes && c == '"'))
            continue;
        pt_out_add(out, text.at + start, i - start);
        if (c == '\n')
            PT_OUT_LITERAL(out, "\\n");
        else if (c == '"')
            PT_OUT_LITERAL(out, "\\\"");
        else
            PT_OUT_LITERAL(out, "\\\\");
        start = i + 1;
    }
    pt_out_add(out, text.at + start, text.size - start);
}

/* ---- Metadata ---- */

static void add_name(const struct pt_lines *lines)
{
    struct pt_out *out = lines->out;

    if (!lines->quoted) {
        pt_out_str(out, lines->name);
        return;
    }
    PT_OUT_LITERAL(out, "\"");
    add_escaped(out, lines->name, true);
    PT_OUT_LITERAL(out, "\"");
}

void pt_lines_type(const struct pt_lines *lines, const char *word)
{
    PT_OUT_LITERAL(lines->out, "# TYPE ");
    add_name(lines);
    PT_OUT_LITERAL(lines->out, " ");
    pt_out_add(lines->out, word, strlen(word));
    PT_OUT_LITERAL(lines->out, "\n");
}

void pt_lines_unit(const struct pt_lines *lines)
{
    PT_OUT_LITERAL(lines->out, "# UNIT ");
    add_name(lines);
    PT_OUT_LITERAL(lines->out, " ");
    pt_out_str(lines->out, lines->family->unit);
    PT_OUT_LITERAL(lines->out, "\n");
}

void pt_lines_help(const struct pt_lines *lines, bool quotes)
{
    if (!lines->family->help.at)
        return;
    PT_OUT_LITERAL(lines->out, "# HELP ");
    add_name(lines);
    PT_OUT_LITERAL(lines->out, " ");
    add_escaped(lines->out, lines->family->help, quotes);
    PT_OUT_LITERAL(lines->out, "\n");
}

/* ---- Heads ---- */

/* `{"name_suffix"`, to which labels may be added. */
static void add_quoted(const struct pt_lines *lines, const char *suffix)
{
    PT_OUT_LITERAL(lines->out, "{\"");
    add_escaped(lines->out, lines->name, true);
    pt_out_add(lines->out, suffix, strlen(suffix));
    PT_OUT_LITERAL(lines->out, "\"");
}

static void head_quoted(const struct pt_lines *lines, const char *suffix, pitot_str labels)
{
    add_quoted(lines, suffix);
    if (labels.size) {
        PT_OUT_LITERAL(lines->out, ",");
        pt_out_str(lines->out, labels);
    }
    PT_OUT_LITERAL(lines->out, "} ");
}

/* Inlined, with a suffix whose size the compiler knows, into what is done for each line. */
static inline void add_head(
    const struct pt_lines *lines, const char *suffix, size_t suffix_size, pitot_str labels)
{
    struct pt_out *out = lines->out;

    if (__builtin_expect(lines->quoted, false)) {
        head_quoted(lines, suffix, labels);
        return;
    }
    pt_out_str(out, lines->name);
    if (suffix_size)
        pt_out_add(out, suffix, suffix_size);
    if (labels.size) {
        PT_OUT_LITERAL(out, "{");
        pt_out_str(out, labels);
        PT_OUT_LITERAL(out, "} ");
        return;
    }
    PT_OUT_LITERAL(out, " ");
}

void pt_lines_head(const struct pt_lines *lines, const char *suffix, pitot_str labels)
{
    add_head(lines, suffix, strlen(suffix), labels);
}

/* Up to the quote that opens the value of one more label: `name_bucket{labels,le="`. */
static inline void add_head_up_to(
    const struct pt_lines *lines, const char *suffix, pitot_str labels, const char *label)
{
    struct pt_out *out = lines->out;

    if (__builtin_expect(lines->quoted, false)) {
        add_quoted(lines, suffix);
        PT_OUT_LITERAL(out, ",");
    } else {
        pt_out_str(out, lines->name);
        pt_out_add(out, suffix, strlen(suffix));
        PT_OUT_LITERAL(out, "{");
    }
    if (labels.size) {
        pt_out_str(out, labels);
        PT_OUT_LITERAL(out, ",");
    }
    pt_out_add(out, label, strlen(label));
}

void pt_lines_head_quantile(const struct pt_lines *lines, pitot_str labels, double quantile)
{
    add_head_up_to(lines, "", labels, "quantile=\"");
    pt_lines_double(lines, quantile);
    PT_OUT_LITERAL(lines->out, "\"} ");
}

/* ---- Numbers ---- */

void pt_lines_double(const struct pt_lines *lines, double value)
{
    char digits[PT_NUMBER_MAX];

    pt_out_add(lines->out, digits, lines->spelling->number(digits, value));
}

void pt_lines_number(const struct pt_lines *lines, enum pt_kind kind, uint64_t word)
{
    if (kind == PT_U64)
        pt_out_u64(lines->out, word);
    else
        pt_lines_double(lines, pt_lines_double_of(word));
}

void pt_lines_total(const struct pt_lines *lines, enum pt_kind kind, struct pt_lines_total total)
{
    if (kind == PT_U64)
        pt_out_u64(lines->out, total.u64);
    else
        pt_lines_double(lines, total.f64);
}

/* ---- Lines ---- */

void pt_lines_time(const struct pt_lines *lines, size_t series)
{
    int64_t time = pt_time_of(lines->family, series);
    char digits[PT_NUMBER_MAX];

    if (time == PITOT_TIME_NONE)
        return;
    PT_OUT_LITERAL(lines->out, " ");
    pt_out_add(lines->out, digits, lines->spelling->time(digits, time));
}

void pt_lines_end(const struct pt_lines *lines, size_t series)
{
    if (lines->family->times)
        pt_lines_time(lines, series);
    PT_OUT_LITERAL(lines->out, "\n");
}

static inline void add_single(
    const struct pt_lines *lines, const char *suffix, size_t suffix_size, size_t series)
{
    const struct pt_family_values *family = lines->family;
    uint64_t word = pt_values_of(family, series)[0];

    add_head(lines, suffix, suffix_size, pt_labels_of(family, series));
    if (pt_kind_of(family, series) == PT_U64)
        pt_out_u64(lines->out, word);
    else
        pt_lines_double(lines, pt_lines_double_of(word));
    if (__builtin_expect(family->times != NULL, false))
        pt_lines_time(lines, series);
    PT_OUT_LITERAL(lines->out, "\n");
}

void pt_lines_single(const struct pt_lines *lines, const char *suffix, size_t series)
{
    add_single(lines, suffix, strlen(suffix), series);
}

void pt_lines_singles(const struct pt_lines *lines, const char *suffix)
{
    const struct pt_lines own = *lines; /* which nothing that is written can change */
    size_t suffix_size = strlen(suffix);

    for (size_t i = 0; i < own.family->series_count && !own.out->stopped; i++) {
        pt_lines_fetch_ahead(own.family, i);
        add_single(&own, suffix, suffix_size, i);
    }
}

void pt_lines_line(const struct pt_lines *lines, const char *suffix, size_t series, double value)
{
    pt_lines_head(lines, suffix, pt_labels_of(lines->family, series));
    pt_lines_double(lines, value);
    pt_lines_end(lines, series);
}

/* A piece of text that is in the chunk and will be needed again. */
struct repeated {
    size_t from, size, flushes;
};

/* `name_bucket{labels,le="`, which is the same for all buckets of a series: copied from the line
 * before, as long as that is in the chunk. */
static inline void add_bucket_head(
    const struct pt_lines *lines, pitot_str labels, struct repeated *last)
{
    struct pt_out *out = lines->out;

    if (last->size && last->flushes == out->flushes && last->size <= PT_OUT_CHUNK - out->size) {
        memcpy(out->chunk + out->size, out->chunk + last->from, last->size);
        out->size += last->size;
        return;
    }
    *last = (struct repeated){.from = out->size, .flushes = out->flushes};
    add_head_up_to(lines, "_bucket", labels, "le=\"");
    if (last->flushes == out->flushes)
        last->size = out->size - last->from;
}

struct pt_lines_total pt_lines_buckets(
    const struct pt_lines *lines, size_t series, const struct pt_exemplar_lines *exemplars)
{
    const struct pt_lines own = *lines; /* as above */
    const uint64_t *counts = pt_values_of(own.family, series);
    const pitot_str labels = pt_labels_of(own.family, series);
    const double *bounds = own.family->bounds;
    size_t bound_count = own.family->bound_count;
    bool timed = own.family->times != NULL;
    enum pt_kind kind = pt_kind_of(own.family, series);
    struct pt_lines_total total = {0};
    struct repeated head = {0};

    for (size_t i = 0; i <= bound_count; i++) {
        char digits[PT_NUMBER_MAX];

        pt_lines_add(&total, kind, counts[i]);
        add_bucket_head(&own, labels, &head);
        if (i < bound_count)
            pt_out_add(own.out, digits, own.spelling->number(digits, bounds[i]));
        else
            PT_OUT_LITERAL(own.out, "+Inf");
        PT_OUT_LITERAL(own.out, "\"} ");
        if (kind == PT_U64)
            pt_out_u64(own.out, total.u64);
        else
            pt_lines_double(&own, total.f64);
        if (__builtin_expect(timed, false))
            pt_lines_time(&own, series);
        if (__builtin_expect(exemplars != NULL, false))
            pt_exemplar_lines_write(exemplars, i);
        PT_OUT_LITERAL(own.out, "\n");
    }
    return total;
}
