/* SPDX-License-Identifier: MIT */
/*
 * lines.c -- what the text formats have in common.
 *
 * Label blocks are escaped when a series is made, so a line is copies and one number. Pure
 * functions of the snapshot.
 */
#include "format/lines.h"

#include "base/escape.h"

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

void pt_lines_head(const struct pt_lines *lines, const char *suffix, pitot_str labels)
{
    struct pt_out *out = lines->out;

    if (lines->quoted) {
        head_quoted(lines, suffix, labels);
        return;
    }
    pt_out_str(out, lines->name);
    pt_out_add(out, suffix, strlen(suffix));
    if (labels.size) {
        PT_OUT_LITERAL(out, "{");
        pt_out_str(out, labels);
        PT_OUT_LITERAL(out, "} ");
        return;
    }
    PT_OUT_LITERAL(out, " ");
}

void pt_lines_head_up_to(
    const struct pt_lines *lines, const char *suffix, pitot_str labels, const char *label)
{
    struct pt_out *out = lines->out;

    if (lines->quoted) {
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
    pt_lines_head_up_to(lines, "", labels, "quantile=\"");
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

void pt_lines_single(const struct pt_lines *lines, const char *suffix, size_t series)
{
    const struct pt_family_values *family = lines->family;

    pt_lines_head(lines, suffix, pt_labels_of(family, series));
    pt_lines_number(lines, pt_kind_of(family, series), pt_values_of(family, series)[0]);
    pt_lines_end(lines, series);
}

void pt_lines_line(const struct pt_lines *lines, const char *suffix, size_t series, double value)
{
    pt_lines_head(lines, suffix, pt_labels_of(lines->family, series));
    pt_lines_double(lines, value);
    pt_lines_end(lines, series);
}

void pt_lines_count(
    const struct pt_lines *lines, const char *suffix, size_t series, struct pt_lines_total count)
{
    pt_lines_head(lines, suffix, pt_labels_of(lines->family, series));
    pt_lines_total(lines, pt_kind_of(lines->family, series), count);
    pt_lines_end(lines, series);
}

/* ---- Many lines of one kind ---- */

bool pt_lines_prefix(
    struct pt_lines_prefix *prefix, const struct pt_lines *lines, const char *suffix)
{
    char *at = prefix->text;

    prefix->quoted = lines->quoted;
    if (lines->name.size * (1 + lines->quoted) + strlen(suffix) + 4 > PT_LINES_PREFIX_MAX)
        return false;
    if (lines->quoted) {
        memcpy(at, "{\"", 2);
        at += 2;
    }
    for (size_t i = 0; i < lines->name.size; i++) {
        char c = lines->name.at[i];

        if (lines->quoted && (c == '\\' || c == '"' || c == '\n'))
            *at++ = '\\';
        *at++ = lines->quoted && c == '\n' ? 'n' : c;
    }
    memcpy(at, suffix, strlen(suffix));
    at += strlen(suffix);
    memcpy(at, lines->quoted ? "\"," : "{", 2);
    prefix->size = (size_t)(at - prefix->text) + 1 + lines->quoted;
    return true;
}

/* Bytes of label text; far enough that they are there in time. The processor itself does not look
 * beyond the next page of memory, which cost a fifth of a page of 10^6 series. */
#define PREFETCH_AHEAD 2048

/* Inlined, so that what does not change from line to line is in registers. */
static inline __attribute__((always_inline)) void add_singles(const struct pt_lines *lines,
    const struct pt_lines_prefix *prefix, const char *suffix, size_t from, size_t to, bool slack)
{
    const struct pt_family_values family =
        *lines->family; /* which nothing that is written changes */
    struct pt_out *const out = lines->out;

    for (size_t i = from; i < to && !out->stopped; i++) {
        pitot_str labels = pt_labels_of(&family, i);
        char *at = pt_out_room(out, pt_lines_room(prefix, labels));

        if (__builtin_expect(!at, false)) {
            pt_lines_single(lines, suffix, i);
            continue;
        }
        if (slack) { /* a cache line or two for each label block; a page's end stops no prefetch */
            __builtin_prefetch(labels.at + PREFETCH_AHEAD);
            __builtin_prefetch(labels.at + PREFETCH_AHEAD + 64);
        }
        at = pt_lines_put_head(at, prefix, labels, slack);
        at = pt_lines_put_number(at, lines->spelling, pt_kind_of(&family, i), family.words[i]);
        *at++ = '\n';
        pt_out_claim(out, at);
    }
}

void pt_lines_singles(const struct pt_lines *lines, const char *suffix, size_t from, size_t to)
{
    struct pt_lines_prefix prefix;

    if (lines->family->times || !pt_lines_prefix(&prefix, lines, suffix))
        for (size_t i = from; i < to && !lines->out->stopped; i++)
            pt_lines_single(lines, suffix, i);
    else if (lines->family->text)
        add_singles(lines, &prefix, suffix, from, to, true);
    else
        add_singles(lines, &prefix, suffix, from, to, false);
}
