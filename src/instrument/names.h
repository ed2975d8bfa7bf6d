/* SPDX-License-Identifier: MIT */
/*
 * names.h -- which names are taken on the page.
 *
 * A family takes more than its own name: a histogram `x` also writes `x_bucket`, `x_sum` and
 * `x_count`, and OpenMetrics calls the counter `x_total` the family `x`. Two families that share
 * any of these would make a page that some parser refuses, so the second one is refused instead. A
 * name that is not of the legacy set also takes what the escaping schemes make of it: `a.b` and
 * `a_b` are one family to a reader that asks for underscores.
 */
#ifndef PT_INSTRUMENT_NAMES_H
#define PT_INSTRUMENT_NAMES_H

#include "instrument/desc.h"

struct pt_name {
    char *text; /* NULL: free; a name whose owner is NULL was given back */
    size_t size;
    const void *owner;
    const char *family; /* the owner's name, for messages; lives as long as the owner */
};

/* A set of names under one lock, its owner's. Zeroed is empty. */
struct pt_names {
    struct pt_name *slots;
    size_t count, capacity; /* capacity is 0 or a power of two */
};

void pt_names_free(struct pt_names *names);

/* The owner of any name that a family `name` of this type would take; NULL when all are free.
 * `clash` (may be NULL) receives the name of the family that has it. */
const void *pt_names_owner(
    const struct pt_names *names, pitot_type type, pitot_str name, const char **clash);

/* The owner of exactly this name; NULL when it is free. */
const void *pt_names_find(const struct pt_names *names, pitot_str name);

/* Takes all names of a family for `owner`. They must be free. Nothing is taken on failure. */
bool pt_names_take(
    struct pt_names *names, pitot_type type, pitot_str name, const void *owner, pitot_error *err);

/* Gives back what `owner` took for that family. */
void pt_names_give_back(struct pt_names *names, pitot_type type, pitot_str name, const void *owner);

/* The name without the suffix that its type puts there (`_total`, `_info`): what OpenMetrics 1.0
 * calls the family. */
pitot_str pt_names_base(pitot_type type, pitot_str name);

#endif
