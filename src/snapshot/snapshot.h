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
#include "storage/cell.h"

#include <pitot/export.h>
#include <stdatomic.h>
#include <string.h>

/*
 * One name and its series, in the order of their labels (or of the page they were read from). What
 * the words of a series are is told at pitot_series in export.h; they are U64 or DOUBLE as `kinds`
 * says, where NULL means all integers. Sums and quantile values are doubles in any case.
 *
 * All series of one struct share their bounds. A page may have a family whose series differ there;
 * it then is several of these in a row, alike in name, type, help and unit: pt_family_continues().
 *
 * The columns after `kinds` are NULL where no series has such a thing, which is the usual case.
 */
#define PT_TEXT_SLACK 64

struct pt_family_values {
    pitot_type type;
    pitot_str name, help, unit; /* unit may be empty; `.at` NULL: a page did not say */
    bool quoted;                /* the name or a label name is not of the legacy set */
    size_t bound_count;         /* histograms: without +Inf; summaries: quantiles */
    const double *bounds;
    size_t series_count;
    /* Per series the escaped block `a="1","b.c"="2"`, which may be empty: pt_labels_of(). Either a
     * column of them, or one text, where block i ends before text[ends[i]] and begins `gap` bytes
     * behind the end of block i - 1 (of the text, for the first). Whoever gives a text has at least
     * PT_TEXT_SLACK readable bytes behind its last block, so that it is copied in wide moves. */
    const pitot_str *labels;
    const char *text;
    const uint32_t *ends;
    uint32_t gap;
    uint64_t version; /* not 0: values of one registry with the same version are the same, names,
                       * labels, numbers and all */
    size_t words_per_series;
    const uint64_t *words;
    const uint8_t *kinds;
    const int64_t *starts; /* PITOT_TIME_NONE or ns since 1970 */
    const int64_t *times;
    const uint32_t *exemplar_ends; /* series i has exemplars[ends[i - 1]] up to ends[i] */
    const pitot_exemplar *exemplars;
    const pitot_native *natives; /* per series; schema PITOT_SCHEMA_NONE where one has none */
};

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

static inline bool pt_type_is_bucketed(pitot_type type)
{
    return type == PITOT_HISTOGRAM || type == PITOT_GAUGE_HISTOGRAM;
}

/* How many words a series has, as export.h lays them out. */
static inline size_t pt_words_per_series(pitot_type type, size_t bound_count)
{
    return pt_type_is_bucketed(type) || type == PITOT_SUMMARY ? bound_count + 2 : 1;
}

/* True when family i of the snapshot goes on with the one before it: no second head. */
static inline bool pt_family_continues(const pitot_snapshot *snap, size_t i)
{
    return i > 0 && pt_str_equal(snap->families[i]->name, snap->families[i - 1]->name) &&
           snap->families[i]->type == snap->families[i - 1]->type;
}

/* The label block of a series. */
static inline pitot_str pt_labels_of(const struct pt_family_values *family, size_t series)
{
    if (family->labels)
        return family->labels[series];
    size_t from = (series ? family->ends[series - 1] : 0) + family->gap;
    return (pitot_str){family->text + from, family->ends[series] - from};
}

static inline const uint64_t *pt_values_of(const struct pt_family_values *family, size_t series)
{
    return family->words + series * family->words_per_series;
}

static inline int64_t pt_start_of(const struct pt_family_values *family, size_t series)
{
    return family->starts ? family->starts[series] : PITOT_TIME_NONE;
}

static inline int64_t pt_time_of(const struct pt_family_values *family, size_t series)
{
    return family->times ? family->times[series] : PITOT_TIME_NONE;
}

/* The exemplars of a series; `count` receives how many. */
static inline const pitot_exemplar *pt_exemplars_of(
    const struct pt_family_values *family, size_t series, size_t *count)
{
    size_t from = series && family->exemplar_ends ? family->exemplar_ends[series - 1] : 0;

    *count = family->exemplar_ends ? family->exemplar_ends[series] - from : 0;
    return *count ? family->exemplars + from : NULL;
}

/* The native buckets of a series, or NULL. */
static inline const pitot_native *pt_native_of(const struct pt_family_values *family, size_t series)
{
    const pitot_native *native = family->natives ? &family->natives[series] : NULL;

    return native && native->schema != PITOT_SCHEMA_NONE ? native : NULL;
}

static inline enum pt_kind pt_kind_of(const struct pt_family_values *family, size_t series)
{
    return family->kinds ? (enum pt_kind)family->kinds[series] : PT_U64;
}

#endif
