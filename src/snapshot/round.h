/* SPDX-License-Identifier: MIT */
/*
 * round.h -- the collectors of one snapshot.
 *
 * Those that run at scrape run on threads of the registry, so that the snapshot can go on without
 * one that is not done in time; of the others the last result is taken.
 */
#ifndef PT_SNAPSHOT_ROUND_H
#define PT_SNAPSHOT_ROUND_H

#include "snapshot/collector.h"

/* What a collector gave for one snapshot, and how it fares. */
struct pt_collected {
    pitot_str name;              /* NUL-terminated; valid as long as this */
    struct pt_part *part;        /* a reference, or NULL when it failed or has no result yet */
    uint64_t failures, timeouts; /* so far */
    double seconds;              /* that its last run took; negative before the first */
    struct pt_collector *of;
    struct pt_round *round; /* while it waits for the collector, which runs at scrape; else NULL */
    bool begun;             /* and is it its turn? */
};

struct pt_collection {
    struct pt_collected *items;
    size_t count;
};

/* Runs the collectors of a registry that run at scrape, for `timeout_ms` at most, and gathers the
 * last results of the others. With UINT32_MAX they run on this thread, however long it takes. False
 * when memory ran out. Free the collection in either case. */
bool pt_round_run(
    pitot_registry *reg, uint32_t timeout_ms, struct pt_collection *collection, pitot_error *err);

/* Counts a failure that showed only after the run: its families clash with others. */
void pt_round_refuse(pitot_registry *reg, struct pt_collected *collected);

void pt_collection_free(pitot_registry *reg, struct pt_collection *collection);

#endif
