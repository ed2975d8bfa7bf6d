/* SPDX-License-Identifier: MIT */
/* run.h -- one run of a collector, on the thread that calls. */
#ifndef PT_SNAPSHOT_RUN_H
#define PT_SNAPSHOT_RUN_H

#include "snapshot/collector.h"

/* Under the lock, which is given up meanwhile; the collector is not running, and the caller has a
 * reference to it. Returns the part, or NULL when the collector failed, which is counted. */
struct pt_part *pt_run(struct pt_collectors *all, struct pt_collector *collector);

/* Whether this thread is inside that collector, or inside any. */
bool pt_run_is_of(const struct pt_collector *collector);
bool pt_run_is_here(void);

#endif
