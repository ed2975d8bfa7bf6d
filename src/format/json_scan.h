/* SPDX-License-Identifier: MIT */
/*
 * json_scan.h -- JSON (RFC 8259) piece by piece, as the reader asks for it.
 *
 * The scanner knows the grammar and where it is; the reader knows what should be there. A mistake
 * in the grammar ends the page, since nobody knows where the next piece begins. Nothing is copied
 * but strings with escapes in them.
 */
#ifndef PT_FORMAT_JSON_SCAN_H
#define PT_FORMAT_JSON_SCAN_H

#include "base/buf.h"
#include "format/format.h"

#define PT_JSON_DEPTH_MAX 64

enum pt_json_kind {
    PT_JSON_END,    /* of the page */
    PT_JSON_OBJECT, /* a value of this kind comes next */
    PT_JSON_ARRAY,
    PT_JSON_STRING,
    PT_JSON_NUMBER,
    PT_JSON_WORD, /* true, false, null */
    PT_JSON_OTHER /* nothing that a value begins with */
};

struct pt_json {
    const struct pt_page *page;
    const char *at, *end;
    bool stop; /* broken, or enough problems, or no memory */
    unsigned depth;
    struct pt_buf text;     /* of the last string, if it had escapes */
    const char *counted;    /* up to where lines were counted */
    size_t line;            /* of it */
    const char *line_start; /* of that line */
};

/* Tells of a problem at a byte of the page. Returns false. */
bool pt_json_problem(struct pt_json *json, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What comes next, after white space. */
enum pt_json_kind pt_json_next(struct pt_json *json);

/*
 * Steps into and through what comes next: `{` and each key with its colon, or `[` and each item.
 * `count` starts at 0. False at the closing bracket, which is then behind, and when the page stops.
 * The key is good until the next string.
 */
bool pt_json_key(struct pt_json *json, size_t *count, pitot_str *key, const char **at);
bool pt_json_item(struct pt_json *json, size_t *count);

/* A string, without quotes and escapes; good until the next one. */
bool pt_json_string(struct pt_json *json, pitot_str *out);

/* The text of a number, which is one of JSON. */
bool pt_json_number(struct pt_json *json, pitot_str *out);

/* Any value. */
bool pt_json_skip(struct pt_json *json);

#endif
