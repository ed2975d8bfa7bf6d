/* SPDX-License-Identifier: MIT */
/*
 * values.h -- one family of a snapshot: a name, and its series as columns.
 *
 * Plain data, which nobody changes once the snapshot is sealed. It belongs to a part: snapshot.h.
 */
#ifndef PT_SNAPSHOT_VALUES_H
#define PT_SNAPSHOT_VALUES_H

#include "storage/cell.h"

#include <pitot/export.h>

#define PT_TEXT_SLACK 64 /* readable bytes behind the last block of a text */

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

static inline bool pt_type_is_bucketed(pitot_type type)
{
    return type == PITOT_HISTOGRAM || type == PITOT_GAUGE_HISTOGRAM;
}

/* How many words a series has, as export.h lays them out. */
static inline size_t pt_words_per_series(pitot_type type, size_t bound_count)
{
    return pt_type_is_bucketed(type) || type == PITOT_SUMMARY ? bound_count + 2 : 1;
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
