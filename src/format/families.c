/* SPDX-License-Identifier: MIT */
/*
 * families.c -- the families of a page, under the names that the reader asked for.
 *
 * All that goes by one name (pt_family_continues) shares one set of label blocks, so that two
 * series are never one on the page. The same series twice in a row, at two times, is no collision.
 */
#include "format/families.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/hash.h"
#include "format/relabel.h"
#include "snapshot/block.h"
#include "snapshot/select.h"

#define FORGET_MAX 1024 /* slots that are cleared and not given back */

struct met_text {
    uint64_t hash; /* 0: the slot is free */
    pitot_str text;
};

/* Texts that were met: names, or label blocks. */
struct set {
    struct met_text *slots;
    size_t count, capacity; /* a power of two, or 0 */
    bool (*equal)(pitot_str a, pitot_str b);
};

enum met { NEW, MET, NO_MEMORY };

/* What exists while families are rewritten. */
struct rewriting {
    const pitot_snapshot *snap;
    struct pt_pool *pool;
    struct pt_relabel relabel;
    struct pt_hash_key key;
    struct set names, blocks; /* of all families; of the present name */
    bool collides, rewrites;  /* the present name; it, or a label under it */
    bool failed;
    pitot_str name; /* the present one, as it is written */
};

static void *stop(struct rewriting *rewriting)
{
    rewriting->failed = true;
    return NULL;
}

/* ---- What was met ---- */

static struct met_text *slot_of(struct set *set, uint64_t hash, pitot_str text)
{
    for (size_t i = (size_t)hash;; i++) {
        struct met_text *slot = &set->slots[i & (set->capacity - 1)];

        if (!slot->hash || (slot->hash == hash && set->equal(slot->text, text)))
            return slot;
    }
}

static bool grow(struct set *set)
{
    struct set larger = *set;

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
static void forget(struct set *set)
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
static enum met meet(struct set *set, uint64_t hash, pitot_str text)
{
    if (set->count * 2 >= set->capacity && !grow(set))
        return NO_MEMORY;
    hash |= 1;
    struct met_text *slot = slot_of(set, hash, text);
    if (slot->hash)
        return MET;
    *slot = (struct met_text){hash, text};
    set->count++;
    return NEW;
}

/* ---- Names ---- */

/* What a family is called; false when the page has that name already. */
static bool rename_family(struct rewriting *rewriting, const struct pt_family_values *family)
{
    pitot_str name = family->name;

    if (family->quoted && !pt_escape_is_legacy(name, true)) {
        char *room = pt_pool_text(rewriting->pool, PT_ESCAPE_ROOM(name.size), NULL);
        if (!room)
            return stop(rewriting);
        name = (pitot_str){room, pt_escape_name(room, name, rewriting->relabel.escaping, true)};
    }
    rewriting->name = name;
    enum met met = meet(&rewriting->names, pt_hash_one(rewriting->key, name.at, name.size), name);
    if (met == NO_MEMORY)
        return stop(rewriting);
    rewriting->relabel.dropped += met == MET;
    return met == NEW;
}

/* The first family of a name: is it on the page, and is anything of it rewritten? */
static void begin_name(struct rewriting *rewriting, size_t i)
{
    const pitot_snapshot *snap = rewriting->snap;

    forget(&rewriting->blocks);
    rewriting->rewrites = snap->families[i]->quoted;
    for (size_t j = i + 1; j < snap->family_count && pt_family_continues(snap, j); j++)
        rewriting->rewrites |= snap->families[j]->quoted;
    rewriting->collides = !rename_family(rewriting, snap->families[i]);
}

/* ---- Series ---- */

static pitot_str block_of(struct rewriting *rewriting, pitot_str block)
{
    pitot_str written = pt_relabel_block(&rewriting->relabel, block);

    rewriting->failed |= rewriting->relabel.scratch.failed;
    if (written.at == block.at || rewriting->failed)
        return written;
    written = pt_pool_copy(rewriting->pool, written.at, written.size, NULL);
    rewriting->failed |= !written.at;
    return written;
}

/* Renames the blocks of a family; `kept` receives which are the first of their kind. True when all
 * are. */
static bool rename_blocks(struct rewriting *rewriting, const struct pt_family_values *family,
    pitot_str *blocks, bool *kept)
{
    bool all = true;

    for (size_t i = 0; i < family->series_count; i++) {
        if (i > 0 && pt_str_equal(pt_labels_of(family, i), pt_labels_of(family, i - 1))) {
            blocks[i] = blocks[i - 1];
            kept[i] = kept[i - 1]; /* another point of the same series */
            continue;
        }
        blocks[i] = block_of(rewriting, pt_labels_of(family, i));
        if (rewriting->failed)
            return false;
        enum met met =
            meet(&rewriting->blocks, pt_block_hash(blocks[i], rewriting->key), blocks[i]);
        rewriting->failed |= met == NO_MEMORY;
        rewriting->relabel.dropped += met == MET;
        kept[i] = met == NEW;
        all &= kept[i];
    }
    return all;
}

/* The family rewritten; NULL without memory. What it depends on is no longer itself alone. */
static const struct pt_family_values *rewrite_family(
    struct rewriting *rewriting, const struct pt_family_values *family)
{
    size_t count = family->series_count;
    struct pt_family_values *out = pt_pool_alloc(rewriting->pool, sizeof(*out), NULL);
    pitot_str *blocks = pt_pool_alloc(rewriting->pool, (count + 1) * sizeof(*blocks), NULL);
    bool *kept = pt_alloc_zero(count + 1, NULL);

    if (out && blocks && kept) {
        *out = *family;
        out->name = rewriting->name;
        out->quoted = false;
        out->version = 0;
        bool all = rename_blocks(rewriting, family, blocks, kept);
        out->labels = blocks;
        out->text = NULL;
        out->ends = NULL;
        if (!all && !rewriting->failed)
            rewriting->failed = !pt_select(out, kept, rewriting->pool, NULL);
    } else {
        stop(rewriting);
    }
    pt_free(kept);
    return rewriting->failed ? NULL : out;
}

/* ---- All of them ---- */

static bool any_is_quoted(const pitot_snapshot *snap)
{
    for (size_t i = 0; i < snap->family_count; i++)
        if (snap->families[i]->quoted)
            return true;
    return false;
}

static void rewrite_all(struct pt_families *families, struct rewriting *rewriting)
{
    const pitot_snapshot *snap = families->snap;
    const struct pt_family_values **at =
        pt_pool_alloc(&families->pool, snap->family_count * sizeof(*at), NULL);
    size_t *origins = pt_pool_alloc(&families->pool, snap->family_count * sizeof(*origins), NULL);

    rewriting->failed = !at || !origins;
    families->at = at;
    families->origins = origins;
    families->count = 0;
    for (size_t i = 0; i < snap->family_count && !rewriting->failed; i++) {
        if (!pt_family_continues(snap, i))
            begin_name(rewriting, i);
        if (rewriting->failed || rewriting->collides)
            continue;
        origins[families->count] = i;
        at[families->count++] =
            rewriting->rewrites ? rewrite_family(rewriting, snap->families[i]) : snap->families[i];
    }
}

bool pt_families_prepare(struct pt_families *families, const pitot_snapshot *snap,
    pitot_escaping escaping, size_t *dropped, pitot_error *err)
{
    *families =
        (struct pt_families){.at = snap->families, .count = snap->family_count, .snap = snap};
    *dropped = 0;
    if (escaping == PITOT_ESCAPING_NONE || !any_is_quoted(snap))
        return true;
    struct rewriting rewriting = {
        .snap = snap,
        .pool = &families->pool,
        .relabel = pt_relabel_new(escaping),
        .key = pt_hash_key_random(),
        .names = {.equal = pt_str_equal},
        .blocks = {.equal = pt_block_equal},
    };
    rewrite_all(families, &rewriting);
    *dropped = rewriting.relabel.dropped;
    pt_free(rewriting.names.slots);
    pt_free(rewriting.blocks.slots);
    pt_relabel_free(&rewriting.relabel);
    return !rewriting.failed ||
           pt_fail(err, PITOT_ENOMEM, "encode: no memory to rename what is not a legacy name");
}

void pt_families_free(struct pt_families *families)
{
    pt_pool_free(&families->pool);
}

bool pt_families_continue(const struct pt_families *families, size_t i)
{
    return i > 0 && pt_str_equal(families->at[i]->name, families->at[i - 1]->name) &&
           families->at[i]->type == families->at[i - 1]->type;
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

const struct pt_family_values *pt_families_sibling(
    const struct pt_families *families, size_t i, const char *suffix, const char *other)
{
    const pitot_snapshot *snap = families->snap;
    pitot_str base = snap->families[families->origins ? families->origins[i] : i]->name;
    const pitot_str end = {other, strlen(other)};
    size_t size = strlen(suffix), low = 0, high = snap->family_count;

    if (base.size <= size || memcmp(base.at + base.size - size, suffix, size) != 0)
        return NULL;
    base.size -= size;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(snap->families[middle]->name, base, end);

        if (order == 0)
            return snap->families[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}
