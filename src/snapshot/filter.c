/* SPDX-License-Identifier: MIT */
/*
 * filter.c -- a part of a snapshot.
 */
#include "base/error.h"
#include "snapshot/snapshot.h"

pitot_snapshot *pitot_snapshot_filter(
    const pitot_snapshot *snap, const pitot_filter *filter, pitot_error *err)
{
    (void)filter;
    if (snap)
        pt_fail(err, PITOT_ENOTFOUND, "filter: not made yet");
    return NULL;
}
