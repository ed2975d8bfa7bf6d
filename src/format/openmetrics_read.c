/* SPDX-License-Identifier: MIT */
/*
 * openmetrics_read.c -- reading OpenMetrics 1.0.0, and 0.0.1.
 *
 * Strict is the ABNF to the letter, and what the text says besides; where it leaves room (names in
 * quotes, times with an exponent) so does this. Pure function of the page.
 */
#include "format/openmetrics_read.h"

#include <math.h>

#define EXEMPLAR_CHARACTERS_MAX 128

/* ---- Lines that begin with '#' ---- */

/* True at the end of the page. */
static bool read_comment(struct pt_reader *reader)
{
    struct pt_scan *scan = &reader->scan;
    const char *from = scan->at;
    pitot_str line = {from, (size_t)(scan->end - from)};

    if (line.size == 5 && memcmp(line.at, "# EOF", 5) == 0)
        return true;
    scan->at++;
    bool blank = *scan->at == ' ';
    pt_scan_blanks(scan);
    pitot_str word = pt_scan_word(scan);
    bool known = word.size == 4 && (!memcmp(word.at, "HELP", 4) || !memcmp(word.at, "TYPE", 4) ||
                                       !memcmp(word.at, "UNIT", 4));
    if (word.size == 3 && memcmp(word.at, "EOF", 3) == 0 && !scan->exact)
        return true;
    if (scan->exact && (!known || !blank || word.at != from + 2))
        pt_scan_problem(scan, from,
            "'%.*s' is no comment of OpenMetrics: only # TYPE, # UNIT, # HELP and # EOF are",
            PT_SHOWN(line));
    else if (known && pt_scan_separator(scan, "a metric name"))
        pt_heads_metadata(&reader->heads, word);
    return false;
}

void pt_openmetrics_page(struct pt_reader *reader, void (*read_sample)(struct pt_reader *reader))
{
    struct pt_scan *scan = &reader->scan;
    bool ended = false;

    while (!ended && pt_scan_line(scan)) {
        if (!scan->exact)
            pt_scan_blanks(scan);
        if (*scan->at == '#')
            ended = read_comment(reader);
        else if (scan->at < scan->end && !(scan->page->lenient && *scan->at == '\r'))
            read_sample(reader);
        else if (scan->exact)
            pt_scan_problem(scan, scan->start, "an empty line: OpenMetrics has none");
    }
    if (ended && pt_scan_line(scan))
        pt_scan_problem(scan, scan->start, "there is more after # EOF, which ends the page");
    else if (!ended && !scan->stopped)
        pt_scan_problem_at(
            scan, scan->line + 1, 1, "the page does not end in # EOF: it may be cut");
}

/* ---- Samples ---- */

static size_t characters(pitot_str block)
{
    pitot_str name, value;
    size_t count = 0;

    for (size_t at = 0; pitot_labels_next(block, &at, &name, &value);) {
        for (size_t i = 0; i < name.size; i++, count++)
            if (name.at[i] == '\\')
                i++;
            else if (((unsigned char)name.at[i] & 0xc0) == 0x80)
                count--;
        for (size_t i = 0; i < value.size; i++, count++)
            if (value.at[i] == '\\')
                i++;
            else if (((unsigned char)value.at[i] & 0xc0) == 0x80)
                count--;
    }
    return count;
}

static bool read_exemplar(struct pt_reader *reader, struct pt_sample *sample)
{
    struct pt_scan *scan = &reader->scan;
    const char *at = scan->at;
    pitot_type type = pt_heads_open(&reader->heads)->type;
    bool may = sample->role == PT_BUCKET || (sample->role == PT_VALUE && type == PITOT_COUNTER);

    if (!pt_scan_exemplar(scan, &sample->exemplar))
        return false;
    sample->has_exemplar = may;
    if (scan->page->lenient)
        return true;
    if (!may)
        return pt_scan_problem(
            scan, at, "only _total and _bucket may have an exemplar: leave it out");
    size_t count = characters(sample->exemplar.labels);
    return count <= EXEMPLAR_CHARACTERS_MAX ||
           pt_scan_problem(scan, at, "the labels of the exemplar have %zu characters: %d may be",
               count, EXEMPLAR_CHARACTERS_MAX);
}

/* Whether an escaped text is this one. */
static bool spells(pitot_str escaped, pitot_str text)
{
    size_t n = 0;

    for (size_t i = 0; i < escaped.size; i++, n++) {
        char c = escaped.at[i];

        if (c == '\\' && i + 1 < escaped.size)
            c = escaped.at[++i] == 'n' ? '\n' : escaped.at[i];
        if (n >= text.size || text.at[n] != c)
            return false;
    }
    return n == text.size;
}

static bool has_label(pitot_str block, pitot_str wanted)
{
    pitot_str name, value;

    for (size_t at = 0; pitot_labels_next(block, &at, &name, &value);)
        if (spells(name, wanted))
            return true;
    return false;
}

/* The rules on values by type. */
bool pt_openmetrics_keeps_rules(struct pt_reader *reader, const struct pt_sample *sample)
{
    struct pt_scan *scan = &reader->scan;
    const struct pt_head *head = pt_heads_open(&reader->heads);
    double v = pt_scan_double_of(sample->value);
    const char *what = NULL;

    if (scan->page->lenient)
        return true;
    if (sample->role == PT_QUANTILE) {
        if (!(sample->bound >= 0 && sample->bound <= 1))
            what = "a quantile is between 0 and 1";
        else if (v < 0)
            what = "the value of a quantile is 0 or more, or NaN";
    } else if (sample->role == PT_VALUE) {
        if (head->type == PITOT_COUNTER && !(v >= 0))
            what = "a counter is 0 or more, not negative and not NaN";
        else if (head->type == PITOT_INFO && v != 1)
            what = "the value of an info is 1";
        else if (head->type == PITOT_STATESET && v != 0 && v != 1)
            what = "the value of a state is 0 or 1";
        else if (head->type == PITOT_STATESET && !has_label(sample->labels, head->name))
            return pt_scan_problem(scan, scan->start,
                "a state stands in the label '%.*s', which is missing", PT_SHOWN(head->name));
    }
    return !what || pt_scan_problem(scan, sample->at, "%s", what);
}

static void read_sample(struct pt_reader *reader)
{
    struct pt_scan *scan = &reader->scan;
    struct pt_sample sample = {.time = PITOT_TIME_NONE};
    int64_t time = PITOT_TIME_NONE;

    if (!pt_reader_identity(reader, &sample) || !pt_scan_separator(scan, "the value"))
        return;
    sample.at = scan->at;
    bool created = sample.role == PT_CREATED;
    if (created ? !pt_scan_seconds(scan, &sample.time) : !pt_scan_number(scan, &sample.value))
        return;
    if (!pt_scan_is_done(scan)) {
        if (!pt_scan_separator(scan, "a time") || !pt_scan_seconds(scan, &time))
            return;
        if (!created)
            sample.time = time;
    }
    if (pt_scan_has_exemplar(scan) &&
        (!pt_scan_separator(scan, "an exemplar") || !read_exemplar(reader, &sample)))
        return;
    if (pt_scan_line_end(scan) && pt_openmetrics_keeps_rules(reader, &sample) &&
        pt_heads_begin(&reader->heads))
        pt_gather_add(&reader->gather, &sample);
}

void pt_openmetrics_decode(const struct pt_page *page)
{
    struct pt_reader reader;

    if (pt_reader_begin(&reader, page, PT_DIALECT_OPENMETRICS))
        pt_openmetrics_page(&reader, read_sample);
    pt_reader_end(&reader);
}
