/* SPDX-License-Identifier: MIT */
/*
 * desc.h -- what a metric is, checked and copied.
 *
 * Nothing that is not a valid description exists as a struct pt_desc, so whoever holds one (the
 * registry, the sink, the encoders) need not check again.
 */
#ifndef PT_INSTRUMENT_DESC_H
#define PT_INSTRUMENT_DESC_H

#include "base/pool.h"

/* Exponential buckets, of a native histogram or of a summary with quantiles. */
struct pt_native_desc {
    bool on;
    int32_t schema;
    double zero_threshold;
    double max_zero_threshold; /* how far the zero bucket may be widened */
    uint32_t buckets_max;
    uint32_t min_reset_s;
    size_t classic_count; /* bounds that make classic buckets: all of a histogram's */
};

struct pt_desc {
    pitot_type type;
    bool is_vec;
    pitot_str name;         /* every string below ends in NUL too */
    bool quoted;            /* the name or a label name is not of the legacy set */
    pitot_str help;         /* as given, valid UTF-8 */
    pitot_str unit;         /* empty when none */
    pitot_str const_labels; /* escaped: `cluster="a",zone="b"`; empty when none */
    size_t label_count;
    pitot_str *label_names;    /* label_count of them */
    pitot_str *label_prefixes; /* what stands before value i: `method="`, then `,status="` */
    size_t state_count;        /* statesets */
    pitot_str *states;
    pitot_str *state_labels; /* what a state adds to a block: `power="up"` */
    uint8_t *state_order;    /* the states in the order of those */
    size_t bound_count;      /* histograms: without +Inf; summaries: the quantiles */
    double *bounds;
    struct pt_native_desc native;
    uint32_t window_s, window_parts; /* summaries with quantiles */
    uint32_t series_max;
    uint32_t idle_s; /* 0: children stay */
    bool exemplars;
};

/* Checks `from` against every rule of the data model and copies it into `pool`. */
bool pt_desc_copy(struct pt_desc *desc, struct pt_pool *pool, pitot_type type, bool is_vec,
    const pitot_desc *from, pitot_error *err);

/* True when the two describe one metric; otherwise false with the field that differs in `err`. */
bool pt_desc_same(const struct pt_desc *have, const struct pt_desc *want, pitot_error *err);

/* True when the `count` words of a `.reserved_` are zero, as this version wants them. */
bool pt_reserved_are_zero(
    const uintptr_t *reserved, size_t count, const char *what, pitot_error *err);

/* True for what adds up from a start on, and is recorded on rows. The others are one cell, or none.
 */
static inline bool pt_type_accumulates(pitot_type type)
{
    return type == PITOT_COUNTER || type == PITOT_HISTOGRAM || type == PITOT_SUMMARY;
}

/* Whether the numbers of such a series are pairs {sum, count}. */
static inline bool pt_type_has_pairs(pitot_type type)
{
    return type == PITOT_HISTOGRAM || type == PITOT_SUMMARY;
}

/* "counter", "gauge", ... */
const char *pt_type_text(pitot_type type);

/* The longest name, label name or unit. */
#define PT_NAME_MAX 256

#endif
