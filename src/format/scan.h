/* SPDX-License-Identifier: MIT */
/*
 * scan.h -- a page of the text family, line by line and token by token.
 *
 * The page is copied into the snapshot once, and nearly all text (names, label blocks) points into
 * that copy; only what is not written canonically is written anew. Each pt_scan_*() that takes a
 * token moves `at` past it, or tells a problem with its line and column and returns false; the
 * reader then goes on with the next line. Nothing reads past the end of a line.
 */
#ifndef PT_FORMAT_SCAN_H
#define PT_FORMAT_SCAN_H

#include "base/buf.h"
#include "base/hash.h"
#include "format/format.h"
#include "format/shown.h"

struct pt_scan_label {
    pitot_str name, value; /* as they stand there, escaped, without quotes */
    bool quoted;
};

struct pt_scan {
    const struct pt_page *page;
    struct pt_builder *builder;
    const char *start, *at, *end; /* this line, without its LF */
    size_t line;
    bool exact;   /* the ABNF of OpenMetrics: single blanks, no comma at the end */
    bool stopped; /* enough problems, or no memory */

    /* What follows is scan.c's own. */
    const char *next, *page_end;
    bool utf8; /* the whole page is; else each line is looked at */
    struct pt_hash_key key;
    struct pt_scan_label *labels;
    size_t label_count, label_room;
    uint32_t *slots;
    size_t slot_room;
    struct pt_buf text, name, block;
};

/* A number, kept as an integer when it stands there as one. */
struct pt_scan_number {
    pitot_number number;
    bool is_double;
};

struct pt_scan_labels {
    pitot_str block;   /* canonical, without the special label */
    pitot_str special; /* the value of that label, escaped; `.at` is NULL when there is none */
    pitot_str name;    /* a metric name in quotes, which stands among the labels; or NULL */
};

/* False when memory ran out. pt_scan_end() is to be called in any case. */
bool pt_scan_begin(struct pt_scan *scan, const struct pt_page *page, bool openmetrics);
void pt_scan_end(struct pt_scan *scan);

/* The next line. False at the end of the page, or when reading is to stop. */
bool pt_scan_line(struct pt_scan *scan);

/* True when the page ends without LF: this is its last line. */
bool pt_scan_is_cut(const struct pt_scan *scan);

/* Tells a problem: at a place of this line, or anywhere. Always false. */
bool pt_scan_problem(struct pt_scan *scan, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool pt_scan_problem_at(struct pt_scan *scan, size_t line, size_t column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Memory ran out: reading stops, and there will be no snapshot. Always false. */
bool pt_scan_fail(struct pt_scan *scan);

void pt_scan_blanks(struct pt_scan *scan);

/* What stands between two tokens: one blank when exact, else any number; `what` must follow. */
bool pt_scan_separator(struct pt_scan *scan, const char *what);

/* The end of the line, but for blanks when not exact. */
bool pt_scan_line_end(struct pt_scan *scan);

/* A metric name, unescaped; `quotes` says that it may stand in quotes. */
bool pt_scan_name(struct pt_scan *scan, bool quotes, pitot_str *name);

/* The rest of the line up to a blank. */
pitot_str pt_scan_word(struct pt_scan *scan);

/* The rest of the line as the text of a HELP. A CR at its end belongs to it, for it may stand
 * anywhere in a HELP; a lenient reader takes it for a part of the end of the line. */
bool pt_scan_help(struct pt_scan *scan, bool openmetrics, pitot_str *help);

/* A label block, if there is one. `special` (may be NULL) names the label to be taken out. */
bool pt_scan_labels(struct pt_scan *scan, const char *special, struct pt_scan_labels *out);

bool pt_scan_number(struct pt_scan *scan, struct pt_scan_number *out);

/* True when nothing but blanks or an exemplar follows. */
bool pt_scan_is_done(const struct pt_scan *scan);
bool pt_scan_has_exemplar(const struct pt_scan *scan);

/* ` # {labels} value [timestamp]`, from the '#' on. */
bool pt_scan_exemplar(struct pt_scan *scan, pitot_exemplar *out);

/* A timestamp of OpenMetrics, in seconds. */
bool pt_scan_seconds(struct pt_scan *scan, int64_t *ns);

static inline double pt_scan_double_of(struct pt_scan_number n)
{
    return n.is_double ? n.number.f64 : (double)n.number.u64;
}

#endif
