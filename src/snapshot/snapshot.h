/* SPDX-License-Identifier: MIT */
/*
 * snapshot.h -- everything, frozen at one moment: the waist of the library.
 *
 * Plain data. What made it (a registry, a collector, a decoder) is to the left and has finished;
 * what reads it (an encoder, a merge) is to the right and sees nothing but this. Label text is
 * pinned, not copied; values are columns of words.
 *
 * A snapshot is a list of parts. A part owns the memory of its families: the registry's own values
 * are one part, each collector's result is another, which several snapshots may share.
 */
#ifndef PT_SNAPSHOT_SNAPSHOT_H
#define PT_SNAPSHOT_SNAPSHOT_H

#include "base/pool.h"

#include <pitot/export.h>
#include <stdatomic.h>

enum pt_kind { PT_U64, PT_DOUBLE }; /* what a value word is: an integer, or the bits of a double */

/*
 * One name and its series, in the order of their labels. A family of single values (every type but
 * the ones below) has one word per series, and `kinds` says of which kind; NULL means all integers.
 * A histogram or gauge histogram has, per series, bound_count + 1 counts that are not cumulative,
 * and then its sum as a double.
 */
struct pt_family_values {
    pitot_type type;
    pitot_str name, help, unit; /* unit may be empty */
    size_t bound_count;         /* histograms: without +Inf */
    const double *bounds;
    size_t series_count;
    const pitot_str *labels; /* per series: the escaped block `a="1",b="2"`, may be empty */
    size_t words_per_series;
    const uint64_t *words;
    const uint8_t *kinds;
};

struct pt_part {
    _Atomic(size_t) refs; /* one per snapshot, and one of who made it */
    struct pt_pool pool;
    struct pt_family_values *families;
    size_t count, capacity;
};

struct pitot_snapshot {
    struct pt_part **parts;
    size_t part_count, part_capacity;
    const struct pt_family_values **families; /* of all parts, in the order of their names */
    size_t family_count;
    void (*release)(void *owner); /* lets go of whom the pinned text belongs to; may be NULL */
    void *owner;
};

/* An empty part with one reference; NULL on failure. pt_part_unref(NULL) does nothing. */
struct pt_part *pt_part_new(pitot_error *err);
void pt_part_ref(struct pt_part *part);
void pt_part_unref(struct pt_part *part);

/* Room for one more family in the part, zeroed. NULL on failure. */
struct pt_family_values *pt_part_family(struct pt_part *part, pitot_error *err);

pitot_snapshot *pt_snapshot_new(pitot_error *err);

/* Takes a reference to the part. */
bool pt_snapshot_add(pitot_snapshot *snap, struct pt_part *part, pitot_error *err);

/* Lists the families of all parts by name. To be called once, when the last part is in. */
bool pt_snapshot_seal(pitot_snapshot *snap, pitot_error *err);

static inline bool pt_type_is_bucketed(pitot_type type)
{
    return type == PITOT_HISTOGRAM || type == PITOT_GAUGE_HISTOGRAM;
}

/* The words of one series, as struct pt_family_values lays them out. */
static inline size_t pt_words_per_series(pitot_type type, size_t bound_count)
{
    return pt_type_is_bucketed(type) ? bound_count + 2 : 1;
}

static inline const uint64_t *pt_values_of(const struct pt_family_values *family, size_t series)
{
    return family->words + series * family->words_per_series;
}

static inline enum pt_kind pt_kind_of(const struct pt_family_values *family, size_t series)
{
    return family->kinds ? (enum pt_kind)family->kinds[series] : PT_U64;
}

#endif
