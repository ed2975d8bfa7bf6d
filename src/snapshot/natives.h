/* SPDX-License-Identifier: MIT */
/* natives.h -- the buckets of a sketch as a snapshot has them: spans and counts. */
#ifndef PT_SNAPSHOT_NATIVES_H
#define PT_SNAPSHOT_NATIVES_H

#include "instrument/sketch.h"
#include "snapshot/snapshot.h"

bool pt_natives_write(
    pitot_native *out, const struct pt_sketch *sketch, struct pt_pool *pool, pitot_error *err);

#endif
