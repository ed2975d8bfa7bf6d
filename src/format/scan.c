/* SPDX-License-Identifier: MIT */
/*
 * scan.c -- a page of the text family, line by line and token by token.
 *
 * Behind the copy of the page stand an LF and PAD bytes more, so the search for the end of a quoted
 * text may load 16 bytes at any place of it, and always ends at the end of the line. Time is linear
 * in the page: the names of one block are compared in pairs only while they are few.
 */
#include "format/scan.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/parse.h"
#include "base/utf8.h"
#include "snapshot/block.h"

#include <stdarg.h>
#include <stdio.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define PAD 16
#define PAIRS_MAX 16 /* labels that are compared each with each */

enum { LETTER = 1, DIGIT = 2, COLON = 4 };

/* What the characters of a name are. */
#define L5 LETTER, LETTER, LETTER, LETTER, LETTER
#define L26 L5, L5, L5, L5, L5, LETTER
static const uint8_t classes[256] = {
    ['0'] = DIGIT,
    DIGIT,
    DIGIT,
    DIGIT,
    DIGIT,
    DIGIT,
    DIGIT,
    DIGIT,
    DIGIT,
    DIGIT,
    COLON,
    ['A'] = L26,
    ['_'] = LETTER,
    ['a'] = L26,
};

static inline uint8_t class_of(char c)
{
    return classes[(uint8_t)c];
}

static inline bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* ---- The page ---- */

bool pt_scan_begin(struct pt_scan *scan, const struct pt_page *page, bool openmetrics)
{
    *scan = (struct pt_scan){.page = page,
        .builder = page->builder,
        .exact = openmetrics && !page->lenient,
        .text = pt_buf_new(SIZE_MAX / 4),
        .name = pt_buf_new(SIZE_MAX / 4),
        .block = pt_buf_new(SIZE_MAX / 4),
        .key = pt_hash_key_random()};
    char *copy = pt_builder_room(page->builder, page->size, 1 + PAD);
    if (!copy)
        return false;
    if (page->size)
        memcpy(copy, page->bytes, page->size);
    memset(copy + page->size, 0, 1 + PAD);
    copy[page->size] = '\n';
    scan->next = scan->start = scan->at = scan->end = copy;
    scan->page_end = copy + page->size;
    scan->utf8 = pt_utf8_valid(copy, page->size);
    return true;
}

void pt_scan_end(struct pt_scan *scan)
{
    pt_free(scan->labels);
    pt_free(scan->slots);
    pt_buf_free(&scan->text);
    pt_buf_free(&scan->name);
    pt_buf_free(&scan->block);
}

bool pt_scan_line(struct pt_scan *scan)
{
    while (!scan->stopped && scan->next < scan->page_end) {
        scan->start = scan->at = scan->next;
        scan->end = memchr(scan->start, '\n', (size_t)(scan->page_end - scan->start) + 1);
        scan->next = scan->end + 1;
        scan->line++;
        if (scan->utf8)
            return true;
        size_t size = (size_t)(scan->end - scan->start), bad = pt_utf8_error(scan->start, size);
        if (bad == size)
            return true;
        pt_scan_problem(scan, scan->start + bad, "byte 0x%02x is no UTF-8: the page must be",
            (unsigned)(unsigned char)scan->start[bad]);
    }
    return false;
}

bool pt_scan_is_cut(const struct pt_scan *scan)
{
    return scan->end == scan->page_end && scan->next > scan->page_end;
}

bool pt_scan_fail(struct pt_scan *scan)
{
    scan->stopped = true;
    pt_builder_fail(scan->builder);
    return false;
}

static void tell(struct pt_scan *scan, size_t line, size_t column, const char *format, va_list args)
{
    char text[sizeof(((pitot_error *)0)->message)];

    vsnprintf(text, sizeof(text), format, args);
    if (!pt_problem(scan->page->problems, line, column, "%s", text))
        scan->stopped = true;
}

bool pt_scan_problem(struct pt_scan *scan, const char *at, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    tell(scan, scan->line, (size_t)(at - scan->start) + 1, format, args);
    va_end(args);
    return false;
}

bool pt_scan_problem_at(struct pt_scan *scan, size_t line, size_t column, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    tell(scan, line, column, format, args);
    va_end(args);
    return false;
}

/* Text that is not on the page as it is to be. */
static bool keep_text(struct pt_scan *scan, const struct pt_buf *text, pitot_str *out)
{
    *out = pt_builder_text(scan->builder, text->at ? text->at : "", text->size);
    return (out->at && !text->failed) || pt_scan_fail(scan);
}

/* ---- Blanks and ends ---- */

void pt_scan_blanks(struct pt_scan *scan)
{
    while (is_blank(*scan->at))
        scan->at++;
}

bool pt_scan_separator(struct pt_scan *scan, const char *what)
{
    const char *from = scan->at;

    if (scan->exact && *from == ' ' && !is_blank(from[1])) {
        scan->at++;
    } else if (scan->exact && is_blank(*from)) {
        return pt_scan_problem(scan, from + (*from == ' '), "one blank separates, not more");
    } else {
        pt_scan_blanks(scan);
    }
    if (scan->at == scan->end)
        return pt_scan_problem(scan, scan->at, "the line ends where %s should follow", what);
    if (scan->at == from)
        return pt_scan_problem(scan, from, "a blank should separate this from %s", what);
    return true;
}

bool pt_scan_line_end(struct pt_scan *scan)
{
    const char *from = scan->at;

    if (!scan->exact)
        pt_scan_blanks(scan);
    if (scan->at == scan->end)
        return true;
    if (*scan->at == '\r' && scan->at + 1 == scan->end) {
        if (scan->page->lenient)
            return true;
        return pt_scan_problem(scan, scan->at, "the line ends in CR LF: write LF alone");
    }
    pitot_str rest = {scan->at, (size_t)(scan->end - scan->at)};
    return pt_scan_problem(scan, scan->at == scan->end ? from : scan->at,
        "'%.*s' is one thing too many: the line should end here", PT_SHOWN(rest));
}

pitot_str pt_scan_word(struct pt_scan *scan)
{
    const char *from = scan->at;

    while (scan->at < scan->end && !is_blank(*scan->at) &&
           !(*scan->at == '\r' && scan->at + 1 == scan->end))
        scan->at++;
    return (pitot_str){from, (size_t)(scan->at - from)};
}

/* ---- Quoted text ---- */

/* The first quote, backslash or LF. */
static inline const char *find_stop(const char *at)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'),
                  lf = _mm_set1_epi8('\n');

    for (;; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);
        __m128i hits =
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, lf)),
                _mm_cmpeq_epi8(bytes, backslash));
        int mask = _mm_movemask_epi8(hits);

        if (mask)
            return at + __builtin_ctz((unsigned)mask);
    }
#else
    while (*at != '"' && *at != '\\' && *at != '\n')
        at++;
    return at;
#endif
}

/* A text in quotes; `at` is on the first. `*plain` becomes false when it holds an escape that is
 * not one of the three. */
static bool scan_quoted(struct pt_scan *scan, pitot_str *out, bool *plain)
{
    const char *open = scan->at, *at = find_stop(open + 1);

    while (at < scan->end && *at != '"') {
        const char *escaped = at + 1; /* a backslash, for LF is the end */

        if (escaped == scan->end)
            break;
        if (*escaped != 'n' && *escaped != '"' && *escaped != '\\') {
            if (!scan->page->lenient && !scan->exact)
                return pt_scan_problem(
                    scan, at, "'\\%c' is no escape: only \\\\, \\\" and \\n are", *escaped);
            *plain = false;
        }
        at = find_stop(at + 2);
    }
    if (at >= scan->end || *at != '"')
        return pt_scan_problem(scan, open, "the quote that opens here is not closed on this line");
    *out = (pitot_str){open + 1, (size_t)(at - open - 1)};
    scan->at = at + 1;
    return true;
}

/* Undoes escapes; an unknown one stays as it stands there. */
static pitot_str unescape(struct pt_buf *into, pitot_str text)
{
    into->size = 0;
    for (size_t i = 0; i < text.size; i++) {
        char c = text.at[i], next = i + 1 < text.size ? text.at[i + 1] : '\0';

        if (c == '\\' && (next == '\\' || next == '"' || next == 'n')) {
            c = next == 'n' ? '\n' : next;
            i++;
        }
        pt_buf_add_char(into, c);
    }
    return (pitot_str){into->at ? into->at : "", into->size};
}

static bool unescaped(struct pt_scan *scan, pitot_str text, pitot_str *out)
{
    *out = text;
    if (!text.size || !memchr(text.at, '\\', text.size))
        return true;
    unescape(&scan->text, text);
    return keep_text(scan, &scan->text, out);
}

bool pt_scan_help(struct pt_scan *scan, bool openmetrics, pitot_str *help)
{
    pitot_str text = {scan->at, (size_t)(scan->end - scan->at)};

    if (scan->page->lenient && text.size && text.at[text.size - 1] == '\r')
        text.size--;
    scan->at = scan->end;
    for (size_t i = 0; i < text.size && !scan->page->lenient; i++) {
        char c = text.at[i], next = i + 1 < text.size ? text.at[i + 1] : '\0';

        if (c == '"' && openmetrics)
            return pt_scan_problem(scan, text.at + i, "a quote in HELP is written \\\"");
        if (c != '\\')
            continue;
        if (next != '\\' && next != 'n' && !openmetrics)
            return pt_scan_problem(
                scan, text.at + i, "'\\%c' is no escape of HELP: only \\\\ and \\n are", next);
        if (openmetrics && i + 1 == text.size)
            return pt_scan_problem(scan, text.at + i, "a backslash in HELP is written \\\\");
        i++;
    }
    return unescaped(scan, text, help);
}

/* ---- Names ---- */

static size_t legacy_size(const char *at, unsigned allowed)
{
    size_t size = 0;

    if (class_of(*at) & DIGIT)
        return 0;
    while (class_of(at[size]) & allowed)
        size++;
    return size;
}

bool pt_scan_name(struct pt_scan *scan, bool quotes, pitot_str *name)
{
    bool plain = true;

    if (quotes && *scan->at == '"') {
        const char *open = scan->at;

        if (!scan_quoted(scan, name, &plain))
            return false;
        return name->size ? unescaped(scan, *name, name)
                          : pt_scan_problem(scan, open, "a name cannot be empty");
    }
    *name = (pitot_str){scan->at, legacy_size(scan->at, LETTER | DIGIT | COLON)};
    if (name->size == 0)
        return pt_scan_problem(
            scan, scan->at, "a name should begin here, with a letter, '_' or ':'");
    scan->at += name->size;
    return true;
}

/* ---- Labels ---- */

static bool no_label_twice(struct pt_scan *scan)
{
    const struct pt_scan_label *labels = scan->labels;
    size_t count = scan->label_count, room = scan->slot_room;

    if (count <= PAIRS_MAX) {
        for (size_t i = 1; i < count; i++)
            for (size_t j = 0; j < i; j++)
                if (pt_str_equal(labels[i].name, labels[j].name))
                    return pt_scan_problem(scan, labels[i].name.at,
                        "label '%.*s' stands twice: leave one out", PT_SHOWN(labels[i].name));
        return true;
    }
    while (room < count * 2)
        room = room ? room * 2 : 64;
    if (room != scan->slot_room) {
        uint32_t *slots = pt_realloc(scan->slots, room * sizeof(*slots), NULL);

        if (!slots) {
            return pt_scan_fail(scan);
        }
        scan->slots = slots;
        scan->slot_room = room;
    }
    memset(scan->slots, 0, room * sizeof(*scan->slots));
    for (size_t i = 0; i < count; i++) {
        size_t at = (size_t)pt_hash_one(scan->key, labels[i].name.at, labels[i].name.size);

        for (at &= room - 1; scan->slots[at]; at = (at + 1) & (room - 1))
            if (pt_str_equal(labels[scan->slots[at] - 1].name, labels[i].name))
                return pt_scan_problem(scan, labels[i].name.at,
                    "label '%.*s' stands twice: leave one out", PT_SHOWN(labels[i].name));
        scan->slots[at] = (uint32_t)i + 1;
    }
    return true;
}

/* The block written anew, without the special label (`special` is its index, or more). */
static bool rewritten(struct pt_scan *scan, size_t special, pitot_str *block)
{
    scan->block.size = 0;
    for (size_t i = 0; i < scan->label_count; i++)
        if (i != special)
            pt_block_add(&scan->block, unescape(&scan->name, scan->labels[i].name),
                unescape(&scan->text, scan->labels[i].value));
    scan->block.failed |= scan->name.failed || scan->text.failed;
    return keep_text(scan, &scan->block, block);
}

/* Takes one label, or the metric name in quotes. `*canonical` becomes false when it does not stand
 * there as a block has it. */
static bool scan_label(struct pt_scan *scan, struct pt_scan_labels *out, bool *canonical)
{
    struct pt_scan_label *label = &scan->labels[scan->label_count];
    const char *from = scan->at;

    label->quoted = *from == '"';
    if (label->quoted) {
        if (!scan_quoted(scan, &label->name, canonical))
            return false;
        if (label->name.size == 0)
            return pt_scan_problem(scan, from, "a name cannot be empty");
        *canonical &= !pt_block_name_is_legacy(label->name, false);
    } else {
        label->name = (pitot_str){from, legacy_size(from, LETTER | DIGIT)};
        if (label->name.size == 0)
            return pt_scan_problem(scan, from,
                from == scan->end ? "the '{' is not closed on this line"
                                  : "a label name should begin here, with a letter or '_'");
        scan->at += label->name.size;
    }
    if (*scan->at != '=') {
        const char *end = scan->at;

        if (!scan->exact)
            pt_scan_blanks(scan);
        if (label->quoted && !out->name.at && (*scan->at == ',' || *scan->at == '}')) {
            if (scan->label_count && !scan->page->lenient)
                return pt_scan_problem(scan, from, "the metric name should stand first in '{'");
            return unescaped(scan, label->name, &out->name);
        }
        if (*scan->at != '=')
            return pt_scan_problem(scan, end, "a '=' and a value in quotes should follow '%.*s'",
                PT_SHOWN(label->name));
        *canonical = false;
    }
    scan->at++;
    if (!scan->exact && is_blank(*scan->at)) {
        *canonical = false;
        pt_scan_blanks(scan);
    }
    if (*scan->at != '"')
        return pt_scan_problem(
            scan, scan->at, "the value of label '%.*s' should be in quotes", PT_SHOWN(label->name));
    if (!scan_quoted(scan, &label->value, canonical))
        return false;
    scan->label_count++;
    return true;
}

/* Everything between the braces; `at` is behind the first, and then behind the last. */
static bool scan_block(struct pt_scan *scan, struct pt_scan_labels *out, bool *canonical)
{
    scan->label_count = 0;
    for (bool more = true; more;) {
        if (!scan->exact && is_blank(*scan->at)) {
            *canonical = false;
            pt_scan_blanks(scan);
        }
        if (*scan->at == '}' && (!scan->exact || (scan->label_count == 0 && !out->name.at)))
            break;
        if (!pt_grow(
                &scan->labels, scan->label_count, &scan->label_room, sizeof(*scan->labels), NULL)) {
            return pt_scan_fail(scan);
        }
        if (!scan_label(scan, out, canonical))
            return false;
        if (!scan->exact && is_blank(*scan->at)) {
            *canonical = false;
            pt_scan_blanks(scan);
        }
        if (*scan->at != ',' && *scan->at != '}')
            return pt_scan_problem(scan, scan->at, "a ',' or '}' should follow the label%s",
                scan->at == scan->end ? ": the line ends" : "");
        more = *scan->at == ',';
        scan->at += more;
    }
    scan->at++;
    return no_label_twice(scan);
}

bool pt_scan_labels(struct pt_scan *scan, const char *special, struct pt_scan_labels *out)
{
    bool canonical = true;
    size_t size = special ? strlen(special) : 0, taken = SIZE_MAX;

    *out = (struct pt_scan_labels){0};
    if (*scan->at != '{')
        return true;
    scan->at++;
    if (!scan_block(scan, out, &canonical))
        return false;
    size_t count = scan->label_count;
    for (size_t i = count; special && i-- > 0;) /* it is the last one, nearly always */
        if (scan->labels[i].name.size == size && !memcmp(scan->labels[i].name.at, special, size)) {
            out->special = scan->labels[i].value;
            taken = i;
            break;
        }
    if (count == 0 || (count == 1 && taken == 0))
        return true;
    size_t first = taken == 0, last = count - 1 - (taken == count - 1);
    if (!canonical || (taken > first && taken < last))
        return rewritten(scan, taken, &out->block);
    const char *from = scan->labels[first].name.at - scan->labels[first].quoted;
    const char *to = scan->labels[last].value.at + scan->labels[last].value.size + 1;
    out->block = (pitot_str){from, (size_t)(to - from)};
    return true;
}

/* ---- Numbers ---- */

bool pt_scan_number(struct pt_scan *scan, struct pt_scan_number *out)
{
    const char *at = scan->at;
    uint64_t value = 0;

    while ((uint8_t)(*at - '0') < 10 && at - scan->at < 19)
        value = value * 10 + (uint64_t)(*at++ - '0');
    if (at > scan->at && (*at == ' ' || at == scan->end)) {
        scan->at = at;
        *out = (struct pt_scan_number){{.u64 = value}, false};
        return true;
    }
    pitot_str word = pt_scan_word(scan);
    if (pt_parse_u64(word.at, word.size, &out->number.u64)) {
        out->is_double = false;
        return true;
    }
    out->is_double = true;
    if (pt_parse_double(word.at, word.size, &out->number.f64))
        return true;
    return pt_scan_problem(
        scan, word.at, "'%.*s' is no number that fits into a double", PT_SHOWN(word));
}

bool pt_scan_seconds(struct pt_scan *scan, int64_t *ns)
{
    pitot_str word = pt_scan_word(scan);

    if (pt_parse_seconds(word.at, word.size, ns) && *ns != PITOT_TIME_NONE)
        return true;
    return pt_scan_problem(scan, word.at,
        "'%.*s' is no time in seconds between the years 1678 and 2262", PT_SHOWN(word));
}

static const char *behind_blanks(const struct pt_scan *scan)
{
    const char *at = scan->at;

    while (is_blank(*at))
        at++;
    return at;
}

bool pt_scan_has_exemplar(const struct pt_scan *scan)
{
    return *behind_blanks(scan) == '#';
}

bool pt_scan_is_done(const struct pt_scan *scan)
{
    const char *at = behind_blanks(scan);

    /* A strict reader is to find the blanks that should not be there. */
    return *at == '#' || (*at == '\r' && at + 1 == scan->end) ||
           (at == scan->end && !(scan->exact && at > scan->at));
}

bool pt_scan_exemplar(struct pt_scan *scan, pitot_exemplar *out)
{
    struct pt_scan_labels labels;
    struct pt_scan_number value;

    *out = (pitot_exemplar){.time = PITOT_TIME_NONE};
    scan->at++;
    if (!pt_scan_separator(scan, "the labels of the exemplar"))
        return false;
    if (*scan->at != '{')
        return pt_scan_problem(scan, scan->at, "an exemplar begins with its labels, or '{}'");
    const char *open = scan->at;
    if (!pt_scan_labels(scan, NULL, &labels))
        return false;
    if (labels.name.at)
        return pt_scan_problem(scan, open, "an exemplar has labels, not a name");
    if (!pt_scan_separator(scan, "the value of the exemplar") || !pt_scan_number(scan, &value))
        return false;
    out->labels = labels.block;
    out->value = pt_scan_double_of(value);
    if (pt_scan_is_done(scan))
        return true;
    return pt_scan_separator(scan, "the time of the exemplar") && pt_scan_seconds(scan, &out->time);
}
