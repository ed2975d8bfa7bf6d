/* SPDX-License-Identifier: MIT */
/*
 * walk.c -- the families of a snapshot under the names that the reader asked for.
 *
 * All that goes by one name (pt_family_continues) shares one set of label blocks, so that two
 * series are never one on the page. The same series twice in a row, at two times, is no collision.
 * One thread.
 */
#include "format/walk.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/escape.h"
#include "snapshot/block.h"

#define FORGET_MAX 1024 /* slots that are cleared and not given back */
#define PAIRS_MAX 16    /* labels that are compared each with each */

struct pt_walk_met {
    uint64_t hash; /* 0: the slot is free */
    pitot_str text;
};

enum met { NEW, MET, NO_MEMORY };

struct pt_walk pt_walk_open(
    const pitot_snapshot *snap, const pitot_encode_opts *opts, struct pt_out *out)
{
    struct pt_walk walk = {
        .snap = snap, .opts = opts, .out = out, .scratch = pt_buf_new(SIZE_MAX / 2)};

    if (opts->escaping == PITOT_ESCAPING_NONE)
        return walk;
    for (size_t i = 0; i < snap->family_count && !walk.renames; i++)
        walk.renames = snap->families[i]->quoted;
    if (!walk.renames)
        return walk;
    walk.key = pt_hash_key_random();
    walk.names.equal = pt_str_equal;
    walk.blocks.equal = pt_block_equal;
    return walk;
}

void pt_walk_close(struct pt_walk *walk)
{
    pt_free(walk->names.slots);
    pt_free(walk->blocks.slots);
    pt_pool_free(&walk->names_pool);
    pt_pool_free(&walk->pool);
    pt_nameset_free(&walk->labels);
    pt_pool_free(&walk->labels_pool);
    pt_buf_free(&walk->scratch);
}

static void *stop(struct pt_walk *walk)
{
    pt_fail(walk->out->err, PITOT_ENOMEM, "encode: no memory to rename what is not a legacy name");
    walk->out->stopped = true;
    return NULL;
}

/* ---- What was met ---- */

static struct pt_walk_met *slot_of(struct pt_walk_set *set, uint64_t hash, pitot_str text)
{
    for (size_t i = (size_t)hash;; i++) {
        struct pt_walk_met *slot = &set->slots[i & (set->capacity - 1)];

        if (!slot->hash || (slot->hash == hash && set->equal(slot->text, text)))
            return slot;
    }
}

static bool grow(struct pt_walk_set *set)
{
    struct pt_walk_set larger = *set;

    larger.capacity = set->capacity ? set->capacity * 2 : 64;
    larger.slots = pt_alloc_zero(larger.capacity * sizeof(*larger.slots), NULL);
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < set->capacity; i++)
        if (set->slots[i].hash)
            *slot_of(&larger, set->slots[i].hash, set->slots[i].text) = set->slots[i];
    pt_free(set->slots);
    *set = larger;
    return true;
}

/* A large table goes, or each small family after it would have to clear it. */
static void forget(struct pt_walk_set *set)
{
    if (set->capacity > FORGET_MAX) {
        pt_free(set->slots);
        set->slots = NULL;
        set->capacity = 0;
    } else if (set->count) {
        memset(set->slots, 0, set->capacity * sizeof(*set->slots));
    }
    set->count = 0;
}

/* Whether the text was there before; it is now. */
static enum met meet(struct pt_walk_set *set, uint64_t hash, pitot_str text)
{
    if (set->count * 2 >= set->capacity && !grow(set))
        return NO_MEMORY;
    hash |= 1;
    struct pt_walk_met *slot = slot_of(set, hash, text);
    if (slot->hash)
        return MET;
    *slot = (struct pt_walk_met){hash, text};
    set->count++;
    return NEW;
}

/* ---- Names and blocks ---- */

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
static void add_label_name(struct pt_walk *walk, pitot_str name, bool quoted)
{
    size_t start = walk->scratch.size;
    char *plain = quoted ? pt_buf_reserve(&walk->scratch, name.size) : NULL;

    if (!quoted) {
        pt_buf_add_str(&walk->scratch, name);
        return;
    }
    if (!plain)
        return;
    size_t size = pitot_labels_unescape(plain, name);
    walk->scratch.size += size;
    char *room = pt_buf_reserve(&walk->scratch, PT_ESCAPE_ROOM(size));
    if (!room)
        return;
    const pitot_str from = {walk->scratch.at + start, size};
    size = pt_escape_name(room, from, walk->opts->escaping, false);
    memmove(walk->scratch.at + start, room, size);
    walk->scratch.size = start + size;
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
static bool note_label(struct pt_walk *walk, pitot_str name)
{
    name = pt_pool_copy(&walk->labels_pool, name.at, name.size, walk->out->err);
    enum pt_nameset_added added = name.at ? pt_nameset_add(&walk->labels, name) : PT_NAMESET_FAILED;

    walk->scratch.failed |= added == PT_NAMESET_FAILED;
    return added == PT_NAMESET_OLD;
}

/* Whether the part of the scratch before `end`, which has `count` labels, has one with the name
 * that stands behind it. */
static bool is_twice(struct pt_walk *walk, size_t end, size_t count)
{
    const pitot_str wanted = {walk->scratch.at + end + 1, walk->scratch.size - end - 1};
    const pitot_str block = {walk->scratch.at, end};
    pitot_str name, value;

    if (count < PAIRS_MAX)
        return has_label(block, wanted);
    for (size_t at = 0; count == PAIRS_MAX && pitot_labels_next(block, &at, &name, &value);)
        note_label(walk, name);
    return note_label(walk, wanted);
}

static void forget_labels(struct pt_walk *walk)
{
    if (!walk->labels.count)
        return;
    pt_nameset_forget(&walk->labels);
    pt_pool_free(&walk->labels_pool);
}

/* Writes the block into the scratch. */
static void rewrite(struct pt_walk *walk, pitot_str block)
{
    struct pt_buf *scratch = &walk->scratch;
    pitot_str name, value;
    size_t count = 0;

    scratch->size = 0;
    forget_labels(walk);
    for (size_t at = 0; pitot_labels_next(block, &at, &name, &value) && !scratch->failed;) {
        size_t end = scratch->size;

        pt_buf_add_char(scratch, ',');
        add_label_name(walk, name, is_quoted(block, name));
        if (scratch->failed)
            return;
        if (is_twice(walk, end, count)) {
            scratch->size = end;
            pt_walk_drop(walk);
            continue;
        }
        pt_buf_add(scratch, "=\"", 2);
        pt_buf_add_str(scratch, value);
        pt_buf_add_char(scratch, '"');
        count++;
    }
}

pitot_str pt_walk_block(struct pt_walk *walk, pitot_str block)
{
    if (walk->opts->escaping == PITOT_ESCAPING_NONE || !has_quoted(block))
        return block;
    rewrite(walk, block);
    if (walk->scratch.failed) {
        stop(walk);
        return (pitot_str){NULL, 0};
    }
    return (pitot_str){walk->scratch.at + 1, walk->scratch.size - 1};
}

/* ---- Families ---- */

/* What a family is called; false when the page has that name already. */
static bool rename_family(struct pt_walk *walk, const struct pt_family_values *family)
{
    pitot_str name = family->name;

    if (family->quoted && !pt_escape_is_legacy(name, true)) {
        char *room = pt_pool_text(&walk->names_pool, PT_ESCAPE_ROOM(name.size), walk->out->err);
        if (!room)
            return stop(walk);
        name = (pitot_str){room, pt_escape_name(room, name, walk->opts->escaping, true)};
    }
    walk->name = name;
    enum met met =
        meet(&walk->names, pt_hash_add(walk->key, walk->key.a, name.at, name.size), name);
    if (met == NO_MEMORY)
        return stop(walk);
    if (met == MET)
        pt_walk_drop(walk);
    return met == NEW;
}

/* The first family of a name: is it on the page, and is anything of it rewritten? */
static void begin_name(struct pt_walk *walk, size_t i)
{
    pt_pool_free(&walk->pool);
    forget(&walk->blocks);
    walk->rewrites = walk->snap->families[i]->quoted;
    for (size_t j = i + 1; j < walk->snap->family_count && pt_family_continues(walk->snap, j); j++)
        walk->rewrites |= walk->snap->families[j]->quoted;
    walk->collides = !rename_family(walk, walk->snap->families[i]);
}

/* A column of which some series are left out. `item_size` bytes of each series. */
static void *keep(struct pt_walk *walk, const void *column, const bool *kept, size_t item_size)
{
    size_t count = walk->family.series_count;
    char *out = column ? pt_pool_alloc(&walk->pool, count * item_size + 1, walk->out->err) : NULL;
    char *at = out;

    if (!column)
        return NULL;
    if (!out)
        return stop(walk);
    for (size_t i = 0; i < count; i++)
        if (kept[i]) {
            memcpy(at, (const char *)column + i * item_size, item_size);
            at += item_size;
        }
    return out;
}

/* The exemplars' column is of uneven lengths. */
static void keep_exemplars(struct pt_walk *walk, const bool *kept)
{
    struct pt_family_values *family = &walk->family;
    size_t count = family->series_count;

    if (!family->exemplar_ends || count == 0)
        return;
    uint32_t *ends = pt_pool_alloc(&walk->pool, count * sizeof(*ends), walk->out->err);
    pitot_exemplar *exemplars = pt_pool_alloc(
        &walk->pool, (family->exemplar_ends[count - 1] + 1) * sizeof(*exemplars), walk->out->err);
    if (!ends || !exemplars) {
        stop(walk);
        return;
    }
    uint32_t used = 0;
    for (size_t i = 0, series = 0; i < count; i++) {
        size_t of_series;
        const pitot_exemplar *from = pt_exemplars_of(family, i, &of_series);

        if (!kept[i])
            continue;
        for (size_t j = 0; j < of_series; j++)
            exemplars[used++] = from[j];
        ends[series++] = used;
    }
    family->exemplar_ends = ends;
    family->exemplars = exemplars;
}

static void keep_columns(struct pt_walk *walk, const bool *kept)
{
    struct pt_family_values *family = &walk->family;
    size_t left = 0;

    keep_exemplars(walk, kept);
    family->labels = keep(walk, family->labels, kept, sizeof(*family->labels));
    family->words =
        keep(walk, family->words, kept, family->words_per_series * sizeof(*family->words));
    family->kinds = keep(walk, family->kinds, kept, sizeof(*family->kinds));
    family->starts = keep(walk, family->starts, kept, sizeof(*family->starts));
    family->times = keep(walk, family->times, kept, sizeof(*family->times));
    family->natives = keep(walk, family->natives, kept, sizeof(*family->natives));
    for (size_t i = 0; i < family->series_count; i++)
        left += kept[i];
    family->series_count = left;
}

static pitot_str block_of(struct pt_walk *walk, pitot_str block)
{
    pitot_str written = pt_walk_block(walk, block);

    if (written.at == block.at || walk->out->stopped)
        return written;
    written = pt_pool_copy(&walk->pool, written.at, written.size, walk->out->err);
    if (!written.at)
        stop(walk);
    return written;
}

/* Renames the blocks of a family; `kept` receives which are the first of their kind. True when all
 * are. */
static bool rename_blocks(struct pt_walk *walk, pitot_str *blocks, bool *kept)
{
    const struct pt_family_values *family = &walk->family;
    bool all = true;

    for (size_t i = 0; i < family->series_count && !walk->out->stopped; i++) {
        if (i > 0 && pt_str_equal(pt_labels_of(family, i), pt_labels_of(family, i - 1))) {
            blocks[i] = blocks[i - 1];
            kept[i] = kept[i - 1]; /* another point of the same series */
            continue;
        }
        blocks[i] = block_of(walk, pt_labels_of(family, i));
        enum met met = meet(&walk->blocks, pt_block_hash(blocks[i], walk->key), blocks[i]);
        if (met == NO_MEMORY)
            stop(walk);
        kept[i] = met == NEW;
        if (met == MET)
            pt_walk_drop(walk);
        all &= kept[i];
    }
    return all;
}

/* The family rewritten; NULL without memory. */
static const struct pt_family_values *rewrite_family(
    struct pt_walk *walk, const struct pt_family_values *family)
{
    size_t count = family->series_count;
    pitot_str *blocks = pt_pool_alloc(&walk->pool, (count + 1) * sizeof(*blocks), walk->out->err);
    bool *kept = pt_pool_alloc_zero(&walk->pool, (count + 1) * sizeof(*kept), walk->out->err);

    if (!blocks || !kept)
        return stop(walk);
    walk->family = *family;
    walk->family.name = walk->name;
    walk->family.quoted = false;
    bool all = rename_blocks(walk, blocks, kept);
    walk->family.labels = blocks;
    if (!all && !walk->out->stopped)
        keep_columns(walk, kept);
    return walk->out->stopped ? NULL : &walk->family;
}

const struct pt_family_values *pt_walk_next(struct pt_walk *walk)
{
    while (walk->next < walk->snap->family_count && !walk->out->stopped) {
        size_t i = walk->next++;
        const struct pt_family_values *family = walk->snap->families[i];

        walk->continues = pt_family_continues(walk->snap, i);
        if (!walk->renames)
            return family;
        if (!walk->continues)
            begin_name(walk, i);
        if (!walk->collides)
            return walk->rewrites ? rewrite_family(walk, family) : family;
    }
    return NULL;
}

/* ---- Other families ---- */

/* As memcmp(): a name against another one in two parts, in the order of the snapshot's families. */
static int compare(pitot_str name, pitot_str base, pitot_str end)
{
    size_t common = name.size < base.size ? name.size : base.size;
    int order = memcmp(name.at, base.at, common);

    if (order != 0 || name.size < base.size)
        return order != 0 ? order : -1;
    size_t rest = name.size - base.size;
    order = memcmp(name.at + base.size, end.at, rest < end.size ? rest : end.size);
    if (order != 0 || rest == end.size)
        return order;
    return rest < end.size ? -1 : 1;
}

const struct pt_family_values *pt_walk_sibling(
    const struct pt_walk *walk, const char *suffix, const char *other)
{
    pitot_str base = walk->snap->families[walk->next - 1]->name;
    const pitot_str end = {other, strlen(other)};
    size_t size = strlen(suffix), low = 0, high = walk->snap->family_count;

    if (base.size <= size || memcmp(base.at + base.size - size, suffix, size) != 0)
        return NULL;
    base.size -= size;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(walk->snap->families[middle]->name, base, end);

        if (order == 0)
            return walk->snap->families[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
