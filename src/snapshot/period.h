/* SPDX-License-Identifier: MIT */
/* period.h -- the thread of a registry that runs its collectors with a `.period_ms`. */
#ifndef PT_SNAPSHOT_PERIOD_H
#define PT_SNAPSHOT_PERIOD_H

#include "snapshot/collector.h"

/* Under the lock. Does nothing when the thread is there. */
bool pt_period_start(struct pt_collectors *all, pitot_error *err);

#endif
