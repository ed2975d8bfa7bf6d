/* SPDX-License-Identifier: MIT */
/*
 * json_scan.c -- JSON piece by piece.
 *
 * Whatever the bytes are, the cursor moves forward and stops at the end. Depth is bounded, and
 * lines are only counted when somebody has to be told one. One thread.
 */
#include "format/json_scan.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

bool pt_json_problem(struct pt_json *json, const char *at, const char *format, ...)
{
    char text[sizeof(((pitot_error *)0)->message)];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (json->stop)
        return false;
    if (!json->counted || at < json->counted) {
        json->counted = json->line_start = json->page->bytes;
        json->line = 1;
    }
    for (; json->counted < at; json->counted++)
        if (*json->counted == '\n') {
            json->line++;
            json->line_start = json->counted + 1;
        }
    json->stop = !pt_problem(
        json->page->problems, json->line, (size_t)(at - json->line_start) + 1, "%s", text);
    return false;
}

static bool broken(struct pt_json *json, const char *at, const char *what)
{
    pt_json_problem(json, at, "this is not JSON: %s", what);
    json->stop = true;
    return false;
}

static char peek(struct pt_json *json)
{
    while (json->at < json->end &&
           (*json->at == ' ' || *json->at == '\n' || *json->at == '\t' || *json->at == '\r'))
        json->at++;
    return json->at < json->end ? *json->at : '\0';
}

enum pt_json_kind pt_json_next(struct pt_json *json)
{
    char c = peek(json);

    if (json->at == json->end)
        return PT_JSON_END;
    switch (c) {
    case '{':
        return PT_JSON_OBJECT;
    case '[':
        return PT_JSON_ARRAY;
    case '"':
        return PT_JSON_STRING;
    case 't':
    case 'f':
    case 'n':
        return PT_JSON_WORD;
    default:
        return c == '-' || (c >= '0' && c <= '9') ? PT_JSON_NUMBER : PT_JSON_OTHER;
    }
}

/* ---- Objects and arrays ---- */

/* True when one more member comes; the cursor is at it. */
static bool step(struct pt_json *json, size_t *count, char open, char close)
{
    if (json->stop)
        return false;
    char c = peek(json);
    if (*count == 0) {
        if (c != open)
            return broken(json, json->at, open == '{' ? "'{' was expected" : "'[' was expected");
        if (++json->depth > PT_JSON_DEPTH_MAX)
            return broken(json, json->at, "it is more than 64 levels deep");
        json->at++;
        c = peek(json);
    }
    if (c == close) {
        json->at++;
        json->depth--;
        return false;
    }
    if ((*count)++ == 0)
        return true;
    if (c != ',')
        return broken(
            json, json->at, close == '}' ? "',' or '}' was expected" : "',' or ']' was expected");
    json->at++;
    return true;
}

bool pt_json_key(struct pt_json *json, size_t *count, pitot_str *key, const char **at)
{
    if (!step(json, count, '{', '}'))
        return false;
    if (peek(json) != '"')
        return broken(json, json->at, "a key was expected, which is a string");
    *at = json->at;
    if (!pt_json_string(json, key))
        return false;
    if (peek(json) != ':')
        return broken(json, json->at, "':' was expected");
    json->at++;
    return true;
}

bool pt_json_item(struct pt_json *json, size_t *count)
{
    return step(json, count, '[', ']');
}

/* ---- Strings ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits behind a `\u`, or -1. */
static int unit_at(const struct pt_json *json, const char *at)
{
    int unit = 0;

    if (json->end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);

        if (digit < 0)
            return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static void add_point(struct pt_buf *text, unsigned point)
{
    if (point < 0x80) {
        pt_buf_add_char(text, (char)point);
        return;
    }
    if (point < 0x800) {
        pt_buf_add_char(text, (char)(0xc0 | point >> 6));
    } else {
        if (point < 0x10000) {
            pt_buf_add_char(text, (char)(0xe0 | point >> 12));
        } else {
            pt_buf_add_char(text, (char)(0xf0 | point >> 18));
            pt_buf_add_char(text, (char)(0x80 | (point >> 12 & 0x3f)));
        }
        pt_buf_add_char(text, (char)(0x80 | (point >> 6 & 0x3f)));
    }
    pt_buf_add_char(text, (char)(0x80 | (point & 0x3f)));
}

/* `\u` and what belongs to it; the cursor is behind the `u`. */
static bool read_unicode(struct pt_json *json)
{
    const char *start = json->at - 2;
    int unit = unit_at(json, json->at), low = -1;

    if (unit < 0)
        return broken(json, start, "four hex digits must follow \\u");
    json->at += 4;
    if (unit < 0xd800 || unit > 0xdfff) {
        add_point(&json->text, (unsigned)unit);
        return true;
    }
    if (unit < 0xdc00 && json->end - json->at >= 2 && json->at[0] == '\\' && json->at[1] == 'u')
        low = unit_at(json, json->at + 2);
    if (low < 0xdc00 || low > 0xdfff)
        return broken(json, start, "a surrogate stands alone");
    json->at += 6;
    add_point(&json->text, 0x10000 + (((unsigned)unit & 0x3ff) << 10) + ((unsigned)low & 0x3ff));
    return true;
}

/* What stands behind a `\`; the cursor is at it. */
static bool read_escape(struct pt_json *json)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

    if (json->at == json->end)
        return broken(json, json->at, "it ends inside a string");
    char c = *json->at++;
    const char *found = c ? strchr(from, c) : NULL;
    if (c == 'u')
        return read_unicode(json);
    if (!found)
        return broken(json, json->at - 2, "there is no such escape");
    pt_buf_add_char(&json->text, to[found - from]);
    return true;
}

/* The end of the run that stands for itself. NULL when there is something that may not. */
static const char *plain_end(struct pt_json *json)
{
    const char *at = json->at;

    while (at < json->end && *at != '"' && *at != '\\') {
        unsigned char c = (unsigned char)*at;
        size_t wide = c < 0x80 ? c >= 0x20 : pt_utf8_char(at, (size_t)(json->end - at), NULL);

        if (wide == 0) {
            broken(json, at,
                c < 0x20 ? "a control character stands in a string" : "a string is not UTF-8");
            return NULL;
        }
        at += wide;
    }
    if (at == json->end) {
        broken(json, at, "it ends inside a string");
        return NULL;
    }
    return at;
}

bool pt_json_string(struct pt_json *json, pitot_str *out)
{
    if (json->stop)
        return false;
    if (peek(json) != '"')
        return broken(json, json->at, "a string was expected");
    json->at++;
    json->text.size = 0;
    for (bool first = true;; first = false) {
        const char *start = json->at, *stop = plain_end(json);

        if (!stop)
            return false;
        json->at = stop + 1;
        if (first && *stop == '"') {
            *out = (pitot_str){start, (size_t)(stop - start)};
            return true;
        }
        pt_buf_add(&json->text, start, (size_t)(stop - start));
        if (*stop == '"')
            break;
        if (!read_escape(json))
            return false;
    }
    if (json->text.failed) {
        pt_builder_fail(json->page->builder);
        json->stop = true;
    }
    *out = (pitot_str){json->text.at ? json->text.at : "", json->text.size};
    return !json->stop;
}

/* ---- Numbers and words ---- */

static bool skip_digits(struct pt_json *json)
{
    const char *start = json->at;

    while (json->at < json->end && *json->at >= '0' && *json->at <= '9')
        json->at++;
    return json->at > start;
}

bool pt_json_number(struct pt_json *json, pitot_str *out)
{
    if (json->stop)
        return false;
    peek(json);
    const char *start = json->at;
    if (json->at < json->end && *json->at == '-')
        json->at++;
    const char *digits = json->at;
    if (!skip_digits(json))
        return broken(json, start, "a number was expected");
    if (*digits == '0' && json->at - digits > 1)
        return broken(json, start, "a number begins with a 0");
    if (json->at < json->end && *json->at == '.') {
        json->at++;
        if (!skip_digits(json))
            return broken(json, start, "no digit follows a number's point");
    }
    if (json->at < json->end && (*json->at == 'e' || *json->at == 'E')) {
        json->at++;
        if (json->at < json->end && (*json->at == '+' || *json->at == '-'))
            json->at++;
        if (!skip_digits(json))
            return broken(json, start, "no digit follows a number's e");
    }
    *out = (pitot_str){start, (size_t)(json->at - start)};
    return true;
}

static bool skip_word(struct pt_json *json)
{
    static const char *const words[] = {"true", "false", "null"};

    for (int i = 0; i < 3; i++) {
        size_t size = strlen(words[i]);

        if ((size_t)(json->end - json->at) >= size && memcmp(json->at, words[i], size) == 0) {
            json->at += size;
            return true;
        }
    }
    return broken(json, json->at, "a value was expected");
}

bool pt_json_skip(struct pt_json *json)
{
    size_t count = 0;
    pitot_str text;
    const char *at;

    if (json->stop)
        return false;
    switch (pt_json_next(json)) {
    case PT_JSON_OBJECT:
        while (pt_json_key(json, &count, &text, &at) && pt_json_skip(json))
            continue;
        return !json->stop;
    case PT_JSON_ARRAY:
        while (pt_json_item(json, &count) && pt_json_skip(json))
            continue;
        return !json->stop;
    case PT_JSON_STRING:
        return pt_json_string(json, &text);
    case PT_JSON_NUMBER:
        return pt_json_number(json, &text);
    case PT_JSON_WORD:
        return skip_word(json);
    case PT_JSON_END:
        return broken(json, json->at, "it ends where a value was expected");
    case PT_JSON_OTHER:
        break;
    }
    return broken(json, json->at, "a value was expected");
}
