/* SPDX-License-Identifier: MIT */
/*
 * walk.h -- the families of a snapshot, one after the other, under the names that the reader asked
 * for.
 *
 * Where a name is not of the legacy set and the escaping has another one for it, families and
 * blocks come out rewritten, and the encoder never knows. What then has the name of something that
 * came before is left out and counted. Only this needs memory: where nothing is to be renamed, the
 * snapshot's own families are given.
 */
#ifndef PT_FORMAT_WALK_H
#define PT_FORMAT_WALK_H

#include "base/buf.h"
#include "base/hash.h"
#include "base/pool.h"
#include "format/nameset.h"
#include "format/out.h"

/* Texts that were met: names, or label blocks. */
struct pt_walk_set {
    struct pt_walk_met *slots;
    size_t count, capacity; /* a power of two, or 0 */
    bool (*equal)(pitot_str a, pitot_str b);
};

struct pt_walk {
    const pitot_snapshot *snap;
    const pitot_encode_opts *opts;
    struct pt_out *out;
    bool continues; /* the family given last goes on with the one before it: no second head */

    /* Its own. */
    size_t next;
    bool renames, collides; /* something in the snapshot; the present name */
    bool rewrites;          /* the present name or a label under it */
    pitot_str name;         /* the present one, as it is written */
    struct pt_hash_key key;
    struct pt_walk_set names, blocks; /* of all families; of the present name */
    struct pt_pool names_pool, pool;  /* the same */
    struct pt_family_values family;
    struct pt_buf scratch;
    struct pt_nameset labels; /* of the block in the scratch, once they are many */
    struct pt_pool labels_pool;
};

/* `opts` is not NULL. Failures stop `out`. */
struct pt_walk pt_walk_open(
    const pitot_snapshot *snap, const pitot_encode_opts *opts, struct pt_out *out);

/* The next family, valid until the next call; NULL at the end, and when `out` has stopped. */
const struct pt_family_values *pt_walk_next(struct pt_walk *walk);

/* The family that the snapshot calls like the present one, but for `other` in the place of its
 * ending `suffix`; NULL when there is none, or no such ending. */
const struct pt_family_values *pt_walk_sibling(
    const struct pt_walk *walk, const char *suffix, const char *other);

/* A block of labels as it is to be written, valid until the next call. For exemplars: the blocks of
 * a family are right as they are. */
pitot_str pt_walk_block(struct pt_walk *walk, pitot_str block);

void pt_walk_close(struct pt_walk *walk);

/* One more thing that is not on the page. */
static inline void pt_walk_drop(struct pt_walk *walk)
{
    if (walk->opts->dropped)
        ++*walk->opts->dropped;
}

#endif
