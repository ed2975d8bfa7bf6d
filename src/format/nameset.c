/* SPDX-License-Identifier: MIT */
/* nameset.c -- names that were there so far. One thread. */
#include "format/nameset.h"

#include "base/alloc.h"
#include "base/bytes.h"

#include <string.h>

#define FORGET_MAX 1024 /* places that are cleared and not given back */

static pitot_str *place_of(const struct pt_nameset *set, pitot_str name)
{
    size_t at = (size_t)pt_hash_one(set->key, name.at, name.size) & (set->room - 1);

    while (set->names[at].at && !pt_str_equal(set->names[at], name))
        at = (at + 1) & (set->room - 1);
    return &set->names[at];
}

static bool grow(struct pt_nameset *set)
{
    struct pt_nameset larger = *set;

    larger.room = set->room ? set->room * 2 : 64;
    larger.names = pt_alloc_zero(larger.room * sizeof(*larger.names), NULL);
    if (!larger.names)
        return false;
    if (!set->room)
        larger.key = pt_hash_key_random();
    for (size_t i = 0; i < set->room; i++)
        if (set->names[i].at)
            *place_of(&larger, set->names[i]) = set->names[i];
    pt_free(set->names);
    *set = larger;
    return true;
}

enum pt_nameset_added pt_nameset_add(struct pt_nameset *set, pitot_str name)
{
    if (set->count * 2 >= set->room && !grow(set))
        return PT_NAMESET_FAILED;
    pitot_str *place = place_of(set, name);
    if (place->at)
        return PT_NAMESET_OLD;
    *place = name;
    set->count++;
    return PT_NAMESET_NEW;
}

void pt_nameset_forget(struct pt_nameset *set)
{
    if (set->room > FORGET_MAX) {
        pt_nameset_free(set);
    } else if (set->count) {
        memset(set->names, 0, set->room * sizeof(*set->names));
        set->count = 0;
    }
}

void pt_nameset_free(struct pt_nameset *set)
{
    pt_free(set->names);
    *set = (struct pt_nameset){0};
}
