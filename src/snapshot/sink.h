/* SPDX-License-Identifier: MIT */
/*
 * sink.h -- where code that is not the registry's puts families and samples.
 *
 * A sink fills one part and validates like the registry does. It is sticky: after the first thing
 * that is wrong it ignores the rest, and nothing of it is used. One thread, one run of a collector.
 */
#ifndef PT_SNAPSHOT_SINK_H
#define PT_SNAPSHOT_SINK_H

#include "instrument/desc.h"
#include "instrument/drop.h"
#include "instrument/names.h"
#include "snapshot/snapshot.h"

struct pitot_sink {
    struct pt_part *part;
    struct pt_drops *drops; /* whom repaired label values are counted for */
    pitot_error err;        /* the first failure */
    struct pt_names names;  /* what this sink's families take */
    size_t samples, samples_max;
    /* The open family; `open` is false before the first one. */
    bool open;
    struct pt_desc desc;
    int64_t start;          /* of the samples that come, or PITOT_TIME_NONE */
    bool has_starts;        /* of any of them */
    size_t count, capacity; /* its series so far, in columns that grow alike */
    pitot_str *labels;
    uint64_t *words;
    uint8_t *kinds;
    int64_t *starts;
};

/* Makes a new part to fill, with `samples_max` numbers at most. */
bool pt_sink_start(struct pitot_sink *sink, struct pt_drops *drops, size_t samples_max);

/* Closes the last family. Returns the part, with its reference, or NULL when anything failed: then
 * sink->err says what. The sink holds nothing afterwards. */
struct pt_part *pt_sink_finish(struct pitot_sink *sink);

#endif
