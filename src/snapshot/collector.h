/* SPDX-License-Identifier: MIT */
/*
 * collector.h -- running the code that reads numbers from elsewhere.
 *
 * A collector never runs twice at once: a scrape that finds it running waits for it. It runs with
 * no lock of the library held, so it may register, record, and even take a snapshot, in which it is
 * then missing.
 */
#ifndef PT_SNAPSHOT_COLLECTOR_H
#define PT_SNAPSHOT_COLLECTOR_H

#include "instrument/registry.h"
#include "snapshot/snapshot.h"

/* What a collector gave for one snapshot, and how it fares. */
struct pt_collected {
    pitot_str name;       /* NUL-terminated; valid as long as this */
    struct pt_part *part; /* a reference, or NULL when it failed or has no result yet */
    uint64_t failures;    /* so far */
    double seconds;       /* that its last run took; negative before the first */
    struct pt_collector *of;
};

struct pt_collection {
    struct pt_collected *items;
    size_t count;
};

/* Runs the collectors of a registry that run at scrape, and gathers the last results of the others.
 * False when memory ran out. Free the collection in either case. */
bool pt_collectors_run(pitot_registry *reg, struct pt_collection *collection, pitot_error *err);

/* Counts a failure that showed only after the run: its families clash with others. */
void pt_collector_refuse(pitot_registry *reg, struct pt_collected *collected);

void pt_collection_free(pitot_registry *reg, struct pt_collection *collection);

#endif
