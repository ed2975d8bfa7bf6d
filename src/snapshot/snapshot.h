/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h -- everything, frozen at one moment: the waist of the library.
 *
 * Plain data. What made it (a registry, a collector, a decoder) is to the left and has finished;
 * what reads it (an encoder, a merge) is to the right and sees nothing but this. Label text is
 * pinned, not copied; values are columns of words, which those of a large family share with the
 * snapshot before as long as they are the same.
 *
 * A snapshot is a list of parts. A part owns the memory of its families: the registry's own values
 * are one part, each collector's result is another, which several snapshots may share.
 */
#ifndef PT_SNAPSHOT_SNAPSHOT_H
#define PT_SNAPSHOT_SNAPSHOT_H

#include "base/bytes.h"
#include "base/pool.h"
#include "snapshot/values.h"

#include <pitot/export.h>
#include <stdatomic.h>
#include <string.h>

struct pt_column;

struct pt_part {
    _Atomic(size_t) refs; /* one per snapshot, and one of who made it */
    struct pt_pool pool;
    struct pt_column **columns; /* what its families show of a registry without copying it */
    size_t column_count, column_capacity;
    struct pt_family_values *families;
    size_t count, capacity;
};

struct pitot_snapshot {
    struct pt_part **parts;
    size_t part_count, part_capacity;
    const struct pt_family_values **families; /* of all parts, in the order of their names */
    size_t family_count, continued;           /* of those, how many go on with the one before */
    /* Only where some do, so that looking is not a search: where family n begins, with the end of
     * all behind the last; and how many series of its family come before those of values n. */
    size_t *starts, *before;
    pitot_registry *reg; /* a reference to whom the pinned text belongs to; NULL for a page */
};

/* An empty part with one reference; NULL on failure. pt_part_unref(NULL) does nothing. */
struct pt_part *pt_part_new(pitot_error *err);
void pt_part_ref(struct pt_part *part);
void pt_part_unref(struct pt_part *part);

/* Room for one more family in the part, zeroed. NULL on failure. */
struct pt_family_values *pt_part_family(struct pt_part *part, pitot_error *err);

/* The part lets the column go when it goes itself; on failure at once. NULL without a column. */
struct pt_column *pt_part_hold(struct pt_part *part, struct pt_column *column, pitot_error *err);

pitot_snapshot *pt_snapshot_new(pitot_error *err);

/* Takes a reference to the part. */
bool pt_snapshot_add(pitot_snapshot *snap, struct pt_part *part, pitot_error *err);

/* Lists the families of all parts by name. To be called once, when the last part is in. */
bool pt_snapshot_seal(pitot_snapshot *snap, pitot_error *err);

/* Notes which of the families, in the order of their names, go on with the one before. The last
 * step of sealing, and for who listed the families himself. */
bool pt_snapshot_index(pitot_snapshot *snap, pitot_error *err);

/* True when family i of the snapshot goes on with the one before it: no second head. */
static inline bool pt_family_continues(const pitot_snapshot *snap, size_t i)
{
    return i > 0 && pt_str_equal(snap->families[i]->name, snap->families[i - 1]->name) &&
           snap->families[i]->type == snap->families[i - 1]->type;
}

#endif
