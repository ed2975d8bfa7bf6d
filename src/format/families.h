/* SPDX-License-Identifier: MIT */
/*
 * families.h -- the families of a page: those of a snapshot, under the names that the reader asked
 * for.
 *
 * Where a name is not of the legacy set and the escaping has another one for it, families and
 * blocks are rewritten, and no encoder ever knows. What then has the name of something that came
 * before is left out and counted. Only this needs memory: where nothing is to be renamed, these are
 * the snapshot's own families. Immutable once made; any thread.
 */
#ifndef PT_FORMAT_FAMILIES_H
#define PT_FORMAT_FAMILIES_H

#include "snapshot/snapshot.h"

struct pt_families {
    const struct pt_family_values *const *at;
    size_t count;
    const pitot_snapshot *snap;

    /* Its own. */
    const size_t *origins; /* which of the snapshot each is, where some are rewritten; or NULL */
    struct pt_pool pool;   /* of all that is rewritten */
};

/* `dropped` receives what was left out. False without memory; to be freed in any case. */
bool pt_families_prepare(struct pt_families *families, const pitot_snapshot *snap,
    pitot_escaping escaping, size_t *dropped, pitot_error *err);

void pt_families_free(struct pt_families *families);

/* True when family i goes on with the one before it: no second head. */
bool pt_families_continue(const struct pt_families *families, size_t i);

/* The family that the snapshot calls like family i, but for `other` in the place of its ending
 * `suffix`; NULL when there is none, or no such ending. */
const struct pt_family_values *pt_families_sibling(
    const struct pt_families *families, size_t i, const char *suffix, const char *other);

#endif
