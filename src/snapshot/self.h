/* SPDX-License-Identifier: MIT */
/* self.h -- what a registry says about itself: `pitot_*` metrics, on every page. */
#ifndef PT_SNAPSHOT_SELF_H
#define PT_SNAPSHOT_SELF_H

#include "snapshot/round.h"

/* The registry's own metrics as a part. `series` counts those of its families. NULL on failure. */
struct pt_part *pt_self_part(
    pitot_registry *reg, size_t series, const struct pt_collection *collection, pitot_error *err);

#endif
