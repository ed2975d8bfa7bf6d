/* SPDX-License-Identifier: MIT */
/*
 * relabel.c -- a block of labels under the names that the reader asked for.
 *
 * Labels are copied one by one into the scratch. One thread.
 */
#include "format/relabel.h"

#include "base/bytes.h"
#include "base/escape.h"

#define PAIRS_MAX 16 /* labels that are compared each with each */

void pt_relabel_free(struct pt_relabel *relabel)
{
    pt_nameset_free(&relabel->labels);
    pt_pool_free(&relabel->pool);
    pt_buf_free(&relabel->scratch);
}

static bool is_quoted(pitot_str block, pitot_str name)
{
    return name.at > block.at && name.at[-1] == '"';
}

static bool has_quoted(pitot_str block)
{
    pitot_str name, value;

    for (size_t at = 0; pitot_labels_next(block, &at, &name, &value);)
        if (is_quoted(block, name))
            return true;
    return false;
}

/* The name of a label as it is to be written; `name` is as it stands in its block. */
static void add_label_name(struct pt_relabel *relabel, pitot_str name, bool quoted)
{
    size_t start = relabel->scratch.size;
    char *plain = quoted ? pt_buf_reserve(&relabel->scratch, name.size) : NULL;

    if (!quoted) {
        pt_buf_add_str(&relabel->scratch, name);
        return;
    }
    if (!plain)
        return;
    size_t size = pitot_labels_unescape(plain, name);
    relabel->scratch.size += size;
    char *room = pt_buf_reserve(&relabel->scratch, PT_ESCAPE_ROOM(size));
    if (!room)
        return;
    const pitot_str from = {relabel->scratch.at + start, size};
    size = pt_escape_name(room, from, relabel->escaping, false);
    memmove(relabel->scratch.at + start, room, size);
    relabel->scratch.size = start + size;
}

static bool has_label(pitot_str block, pitot_str wanted)
{
    pitot_str name, value;

    for (size_t at = 0; pitot_labels_next(block, &at, &name, &value);)
        if (pt_str_equal(name, wanted))
            return true;
    return false;
}

/* Whether the name was in the table; it is now, unless memory ran out. */
static bool note_label(struct pt_relabel *relabel, pitot_str name)
{
    name = pt_pool_copy(&relabel->pool, name.at, name.size, NULL);
    enum pt_nameset_added added =
        name.at ? pt_nameset_add(&relabel->labels, name) : PT_NAMESET_FAILED;

    relabel->scratch.failed |= added == PT_NAMESET_FAILED;
    return added == PT_NAMESET_OLD;
}

/* Whether the part of the scratch before `end`, which has `count` labels, has one with the name
 * that stands behind it. */
static bool is_twice(struct pt_relabel *relabel, size_t end, size_t count)
{
    const pitot_str wanted = {relabel->scratch.at + end + 1, relabel->scratch.size - end - 1};
    const pitot_str block = {relabel->scratch.at, end};
    pitot_str name, value;

    if (count < PAIRS_MAX)
        return has_label(block, wanted);
    for (size_t at = 0; count == PAIRS_MAX && pitot_labels_next(block, &at, &name, &value);)
        note_label(relabel, name);
    return note_label(relabel, wanted);
}

static void forget_labels(struct pt_relabel *relabel)
{
    if (!relabel->labels.count)
        return;
    pt_nameset_forget(&relabel->labels);
    pt_pool_free(&relabel->pool);
}

/* Writes the block into the scratch. */
static void rewrite(struct pt_relabel *relabel, pitot_str block)
{
    struct pt_buf *scratch = &relabel->scratch;
    pitot_str name, value;
    size_t count = 0;

    scratch->size = 0;
    forget_labels(relabel);
    for (size_t at = 0; pitot_labels_next(block, &at, &name, &value) && !scratch->failed;) {
        size_t end = scratch->size;

        pt_buf_add_char(scratch, ',');
        add_label_name(relabel, name, is_quoted(block, name));
        if (scratch->failed)
            return;
        if (is_twice(relabel, end, count)) {
            scratch->size = end;
            relabel->dropped++;
            continue;
        }
        pt_buf_add(scratch, "=\"", 2);
        pt_buf_add_str(scratch, value);
        pt_buf_add_char(scratch, '"');
        count++;
    }
}

pitot_str pt_relabel_block(struct pt_relabel *relabel, pitot_str block)
{
    if (relabel->escaping == PITOT_ESCAPING_NONE || !has_quoted(block))
        return block;
    rewrite(relabel, block);
    if (relabel->scratch.failed)
        return (pitot_str){NULL, 0};
    return (pitot_str){relabel->scratch.at + 1, relabel->scratch.size - 1};
}
