/* SPDX-License-Identifier: MIT */
/*
 * labels.c -- label values to the text that stands in every exposition.
 *
 * Escaping happens here, once per series, and never again: an encoder copies the block. So no
 * byte that could spoil a page gets past this file.
 */
#include "instrument/labels.h"

#include "base/error.h"
#include "base/escape.h"
#include "base/utf8.h"

#include <string.h>

/* Cut values end in this, so that a reader sees that something is missing. */
#define CUT_MARK "\xe2\x80\xa6"

static void add_escaped(struct pt_buf *out, char c)
{
    if (c == '\\')
        pt_buf_add(out, "\\\\", 2);
    else if (c == '"')
        pt_buf_add(out, "\\\"", 2);
    else if (c == '\n')
        pt_buf_add(out, "\\n", 2);
    else if (c == '\0')
        pt_buf_add(out, PT_UTF8_REPLACEMENT, 3);
    else
        pt_buf_add_char(out, c);
}

/* How many bytes from `at` on are ASCII that needs no escaping: most values are nothing else. */
static size_t plain_run(const char *at, size_t size)
{
    size_t i = 0;

    while (i < size && (unsigned char)at[i] < 0x80 && at[i] != '\\' && at[i] != '"' &&
           at[i] != '\n' && at[i] != '\0')
        i++;
    return i;
}

bool pt_labels_plain(pitot_str value)
{
    return value.size <= PITOT_LABEL_VALUE_MAX && plain_run(value.at, value.size) == value.size;
}

/* Returns true when something had to be replaced. */
static bool add_value(struct pt_buf *out, const char *at, size_t size)
{
    bool repaired = false;

    for (size_t i = 0; i < size;) {
        size_t bad = 0;
        size_t run = plain_run(at + i, size - i);

        pt_buf_add(out, at + i, run);
        i += run;
        if (i == size)
            break;
        size_t n = pt_utf8_char(at + i, size - i, &bad);
        if (n == 1)
            add_escaped(out, at[i]);
        else if (n > 1)
            pt_buf_add(out, at + i, n);
        else
            pt_buf_add(out, PT_UTF8_REPLACEMENT, 3);
        repaired |= n == 0 || at[i] == '\0';
        i += n ? n : bad;
    }
    return repaired;
}

void pt_labels_write_name(struct pt_buf *out, pitot_str name)
{
    if (pt_escape_is_legacy(name, false))
        pt_buf_add_str(out, name);
    else
        pt_buf_add_quoted(out, name);
}

/* The largest size <= limit at which no character of a valid prefix is split. */
static size_t cut_at(const char *at, size_t limit)
{
    size_t size = limit;

    while (size > 0 && limit - size < 4 && ((unsigned char)at[size] & 0xc0) == 0x80)
        size--;
    return size;
}

bool pt_labels_block(pitot_str *block, struct pt_pool *pool, const pitot_str *names,
    const pitot_str *values, size_t count, pitot_error *err)
{
    struct pt_buf text = pt_buf_new(SIZE_MAX);

    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            pt_buf_add_char(&text, ',');
        pt_labels_write_name(&text, names[i]);
        pt_buf_add(&text, "=\"", 2);
        add_value(&text, values[i].at, values[i].size);
        pt_buf_add_char(&text, '"');
    }
    if (text.failed) {
        pt_buf_free(&text);
        return pt_fail(err, PITOT_ENOMEM, "out of memory for labels");
    }
    *block = pt_pool_copy(pool, text.at, text.size, err);
    pt_buf_free(&text);
    return block->at != NULL;
}

/* A value and its closing quote, made harmless. Returns true when that changed it. */
static bool write_value(struct pt_buf *out, pitot_str value, struct pt_drops *drops)
{
    bool cut = value.size > PITOT_LABEL_VALUE_MAX;

    if (cut)
        value.size = cut_at(value.at, PITOT_LABEL_VALUE_MAX - strlen(CUT_MARK));
    bool repaired = add_value(out, value.at, value.size);
    if (repaired)
        pt_cell_add(&drops->invalid_utf8, 1);
    if (cut) {
        pt_buf_add_text(out, CUT_MARK);
        pt_cell_add(&drops->by_reason[PT_DROP_LABEL_SIZE], 1);
    }
    pt_buf_add_char(out, '"');
    return repaired || cut;
}

bool pt_labels_write(
    struct pt_buf *out, const struct pt_desc *desc, const pitot_str *values, struct pt_drops *drops)
{
    size_t size = desc->const_labels.size;
    bool changed = false;

    for (size_t i = 0; i < desc->label_count; i++)
        size += desc->label_prefixes[i].size + values[i].size + 1;
    pt_buf_reserve(out, size); /* all that is needed when nothing has to be escaped */
    pt_buf_add_str(out, desc->const_labels);
    for (size_t i = 0; i < desc->label_count; i++) {
        pt_buf_add_str(out, desc->label_prefixes[i]);
        changed |= write_value(out, values[i], drops);
    }
    return changed;
}

void pt_labels_write_one(struct pt_buf *out, const char *name, const char *value)
{
    struct pt_drops nobodys = {0};

    if (out->size)
        pt_buf_add_char(out, ',');
    pt_labels_write_name(out, (pitot_str){name, strlen(name)});
    pt_buf_add(out, "=\"", 2);
    write_value(out, (pitot_str){value, strlen(value)}, &nobodys);
}

bool pt_labels_escaped(pitot_str block)
{
    return block.size && memchr(block.at, '\\', block.size) != NULL;
}

/* Compares one value with its escaped form at `at`; returns what follows it there, or NULL. */
static const char *skip_equal(const char *at, const char *end, const char *value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char c = value[i];

        if (at == end || *at == '"' || c == '\0')
            return NULL;
        if (*at != '\\') {
            if (*at++ != c)
                return NULL;
            continue;
        }
        if (++at == end || (*at == 'n' ? c != '\n' : *at != c))
            return NULL;
        at++;
    }
    return at;
}

bool pt_labels_equal(const struct pt_desc *desc, pitot_str block, const pitot_str *values)
{
    const char *at = block.at + desc->const_labels.size;
    const char *end = block.at + block.size;

    for (size_t i = 0; i < desc->label_count; i++) {
        size_t prefix = desc->label_prefixes[i].size;

        if ((size_t)(end - at) < prefix)
            return false;
        at = skip_equal(at + prefix, end, values[i].at, values[i].size);
        if (!at || at == end || *at++ != '"')
            return false;
    }
    return at == end;
}

/* What follows a text in quotes; `at` is behind the first. */
static const char *skip_quoted(const char *at)
{
    while (*at != '"')
        at += *at == '\\' ? 2 : 1;
    return at + 1;
}

/* The size of the label that a block has at `at`, its closing quote included. */
static size_t label_size(const char *at, const char *end)
{
    const char *equals = *at == '"' ? skip_quoted(at + 1) : memchr(at, '=', (size_t)(end - at));

    return (size_t)(skip_quoted(equals + 2) - at);
}

static bool has_label(pitot_str block, const char *label, size_t size)
{
    const char *end = block.at + block.size;

    for (const char *at = block.at; at < end;) {
        size_t here = label_size(at, end);

        if (here == size && memcmp(at, label, size) == 0)
            return true;
        at += here + 1; /* past the comma */
    }
    return false;
}

bool pt_labels_have(pitot_str block, pitot_str wanted)
{
    const char *end = wanted.at + wanted.size;

    for (const char *at = wanted.at; at < end;) {
        size_t size = label_size(at, end);

        if (!has_label(block, at, size))
            return false;
        at += size + 1;
    }
    return true;
}
