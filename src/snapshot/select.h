/* SPDX-License-Identifier: MIT */
/* select.h -- some of the series of a family. */
#ifndef PT_SNAPSHOT_SELECT_H
#define PT_SNAPSHOT_SELECT_H

#include "snapshot/snapshot.h"

/*
 * Leaves out the series that are not kept: every column is gathered anew in the pool, and
 * what the columns point to is shared. The family may be left without series. False when memory ran
 * out: then the family is not to be used.
 */
bool pt_select(
    struct pt_family_values *family, const bool *kept, struct pt_pool *pool, pitot_error *err);

#endif
