/* SPDX-License-Identifier: MIT */
/*
 * names.c -- which names are taken on the page.
 *
 * An open-addressing table of names; each has one owner. A name that is given back keeps its slot
 * with no owner, so that probing goes on past it. Used under the lock of whoever owns the table.
 *
 * A family takes all its names in up to four spellings: as they are, and as each escaping scheme
 * writes them for readers that know legacy names only.
 */
#include "instrument/names.h"

#include "base/alloc.h"
#include "base/escape.h"

#include <string.h>

#define SUFFIXES_MAX 6
#define SPELLINGS 4
#define NAME_ROOM (PT_ESCAPE_ROOM(PT_NAME_MAX) + 16)

/* What each type writes, in any format, after the family's base name. */
static const char *const suffixes[][SUFFIXES_MAX] = {
    [PITOT_UNKNOWN] = {""},
    [PITOT_COUNTER] = {"", "_total", "_created"},
    [PITOT_GAUGE] = {""},
    [PITOT_HISTOGRAM] = {"", "_bucket", "_count", "_sum", "_created"},
    [PITOT_SUMMARY] = {"", "_count", "_sum", "_created"},
    [PITOT_INFO] = {"", "_info"},
    [PITOT_STATESET] = {""},
    [PITOT_GAUGE_HISTOGRAM] = {"", "_bucket", "_gcount", "_gsum"},
};

void pt_names_free(struct pt_names *names)
{
    for (size_t i = 0; i < names->capacity; i++)
        pt_free(names->slots[i].text);
    pt_free(names->slots);
    *names = (struct pt_names){0};
}

pitot_str pt_names_base(pitot_type type, pitot_str name)
{
    const char *suffix = type == PITOT_COUNTER ? "_total" : type == PITOT_INFO ? "_info" : "";
    size_t size = strlen(suffix);

    if (size && name.size > size && memcmp(name.at + name.size - size, suffix, size) == 0)
        name.size -= size;
    return name;
}

/* Writes the name with suffix `i` of its type to `out`; 0 when there is no such suffix. A counter
 * that was not called `_total` does not write `_total` and `_created` either. */
static size_t member(pitot_type type, pitot_str name, size_t i, char *out)
{
    pitot_str base = pt_names_base(type, name);
    const char *suffix = i < SUFFIXES_MAX ? suffixes[type][i] : NULL;

    if (!suffix || (type == PITOT_COUNTER && i > 0 && base.size == name.size))
        return 0;
    memcpy(out, base.at, base.size);
    memcpy(out + base.size, suffix, strlen(suffix));
    return base.size + strlen(suffix);
}

/* A walk over all names that a family takes. */
struct walk {
    pitot_type type;
    pitot_str name, spelled; /* the family's; the same in the spelling that the walk is at */
    size_t spelling, suffix; /* spelling 0 is as it is, the others are the schemes */
    size_t size;             /* of `text` */
    char escaped[NAME_ROOM], text[NAME_ROOM];
};

static void walk_start(struct walk *walk, pitot_type type, pitot_str name)
{
    walk->type = type;
    walk->name = walk->spelled = name;
    walk->spelling = walk->suffix = 0;
}

/* The next name is `text`; false at the end. Legacy names have one spelling. */
static bool walk_next(struct walk *walk)
{
    for (;;) {
        walk->size = member(walk->type, walk->spelled, walk->suffix++, walk->text);
        if (walk->size)
            return true;
        if (walk->spelling == 0 && pt_escape_is_legacy(walk->name, true))
            return false;
        if (++walk->spelling == SPELLINGS)
            return false;
        walk->spelled.at = walk->escaped;
        walk->spelled.size =
            pt_escape_name(walk->escaped, walk->name, (pitot_escaping)(walk->spelling - 1), true);
        walk->suffix = 0;
    }
}

static uint64_t hash(const char *text, size_t size)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a: names are the program's own, not a stranger's */

    for (size_t i = 0; i < size; i++)
        h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
    return h ^ h >> 32;
}

/* The slot that has the name, or the first free one. The table must have a free slot. */
static struct pt_name *slot_of(const struct pt_names *names, const char *text, size_t size)
{
    size_t mask = names->capacity - 1;

    for (size_t i = hash(text, size) & mask;; i = (i + 1) & mask) {
        struct pt_name *slot = &names->slots[i];

        if (!slot->text || (slot->size == size && memcmp(slot->text, text, size) == 0))
            return slot;
    }
}

const void *pt_names_owner(
    const struct pt_names *names, pitot_type type, pitot_str name, const char **clash)
{
    struct walk walk;

    if (names->capacity == 0)
        return NULL;
    for (walk_start(&walk, type, name); walk_next(&walk);) {
        const struct pt_name *slot = slot_of(names, walk.text, walk.size);

        if (slot->text && slot->owner) {
            if (clash)
                *clash = slot->family;
            return slot->owner;
        }
    }
    return NULL;
}

const void *pt_names_find(const struct pt_names *names, pitot_str name)
{
    const struct pt_name *slot = names->capacity ? slot_of(names, name.at, name.size) : NULL;

    return slot && slot->text ? slot->owner : NULL;
}

/* Room for one family more, at no more than half full. */
static bool make_room(struct pt_names *names, pitot_error *err)
{
    struct pt_names bigger = {.capacity = names->capacity ? names->capacity : 64};
    size_t owned = SUFFIXES_MAX * SPELLINGS;

    if ((names->count + SUFFIXES_MAX * SPELLINGS) * 2 <= names->capacity)
        return true;
    for (size_t i = 0; i < names->capacity; i++)
        owned += names->slots[i].owner != NULL;
    while (owned * 4 > bigger.capacity) /* not for names that were given back */
        bigger.capacity *= 2;
    bigger.slots = pt_alloc_zero(bigger.capacity * sizeof(*bigger.slots), err);
    if (!bigger.slots)
        return false;
    for (size_t i = 0; i < names->capacity; i++) {
        struct pt_name *slot = &names->slots[i];

        if (slot->text && slot->owner) {
            *slot_of(&bigger, slot->text, slot->size) = *slot;
            bigger.count++;
        } else {
            pt_free(slot->text);
        }
    }
    pt_free(names->slots);
    *names = bigger;
    return true;
}

bool pt_names_take(
    struct pt_names *names, pitot_type type, pitot_str name, const void *owner, pitot_error *err)
{
    struct walk walk;

    if (!make_room(names, err))
        return false;
    for (walk_start(&walk, type, name); walk_next(&walk);) {
        struct pt_name *slot = slot_of(names, walk.text, walk.size);

        if (!slot->text) {
            slot->text = pt_alloc(walk.size, err);
            if (!slot->text) {
                pt_names_give_back(names, type, name, owner);
                return false;
            }
            memcpy(slot->text, walk.text, walk.size);
            slot->size = walk.size;
            names->count++;
        }
        slot->owner = owner;
        slot->family = name.at;
    }
    return true;
}

void pt_names_give_back(struct pt_names *names, pitot_type type, pitot_str name, const void *owner)
{
    struct walk walk;

    for (walk_start(&walk, type, name); walk_next(&walk);) {
        struct pt_name *slot = slot_of(names, walk.text, walk.size);

        if (slot->text && slot->owner == owner)
            slot->owner = NULL;
    }
}
