/* SPDX-License-Identifier: MIT */
/*
 * stateset.h -- which of a few states something is in.
 *
 * A series of a stateset is one word with a bit per state, and as many series on the page, told
 * apart by a label that is called like the family. Their blocks are written when the series is
 * made, behind its own block, so a snapshot only points to them.
 */
#ifndef PT_INSTRUMENT_STATESET_H
#define PT_INSTRUMENT_STATESET_H

#include "instrument/desc.h"
#include "instrument/series.h"

/* What the blocks of the states of a series with this block take; 0 when it is no stateset. */
size_t pt_stateset_text_size(const struct pt_desc *desc, pitot_str block);
void pt_stateset_write_text(const struct pt_desc *desc, pitot_str block, char *to);

/* The block and the value, 0 or 1, of each state, in the order of the blocks; both have room for
 * all states of the family. */
void pt_stateset_read(const struct pt_series *series, pitot_str *labels, uint64_t *words);

#endif
