/* SPDX-License-Identifier: MIT */
/*
 * custom.h -- a classic histogram as a native one with custom buckets (schema -53).
 *
 * What remote write 2 may carry instead of a series for each bucket: the bounds without +Inf are
 * the custom values, and bucket i ends at bound i. Never in an exposition format. There is no zero
 * bucket, and nothing negative.
 */
#ifndef PT_SNAPSHOT_CUSTOM_H
#define PT_SNAPSHOT_CUSTOM_H

#include "snapshot/snapshot.h"

#define PT_SCHEMA_CUSTOM (-53)

/* The custom values of the series are family->bounds. False when memory ran out, and for a series
 * without classic buckets. */
bool pt_custom_write(pitot_native *out, const struct pt_family_values *family, size_t series,
    struct pt_pool *pool, pitot_error *err);

#endif
