/* SPDX-License-Identifier: MIT */
/* layout.h -- which cell of a series is what. The calls are those of pitot.h. */
#ifndef PT_INSTRUMENT_LAYOUT_H
#define PT_INSTRUMENT_LAYOUT_H

#include "instrument/family.h"

enum { PT_COUNTER_WHOLE, PT_COUNTER_FRACTION }; /* a counter's cells: an integer, a double */
enum { PT_GAUGE_VALUE };                        /* a gauge's cell: a double */

/* A histogram's: a count per bucket, +Inf last, then the sum as a double. */
static inline size_t pt_histogram_sum_cell(const struct pt_desc *desc)
{
    return desc->bound_count + 1;
}

#endif
