/* SPDX-License-Identifier: MIT */
/*
 * labels.h -- label values to the text that stands in every exposition.
 *
 * A series' labels are kept once, as the block `method="GET",status="2xx"`: escaped (backslash,
 * quote, newline), valid UTF-8, without the braces. A name that is not of the legacy set stands in
 * quotes: `"http.method"="GET"`. The block is also the series' identity: two label sets are the
 * same exactly when their blocks are.
 */
#ifndef PT_INSTRUMENT_LABELS_H
#define PT_INSTRUMENT_LABELS_H

#include "base/buf.h"
#include "base/pool.h"
#include "instrument/desc.h"
#include "instrument/drop.h"

/* Writes a block of `count` labels into `pool`. The values must be valid UTF-8. */
bool pt_labels_block(pitot_str *block, struct pt_pool *pool, const pitot_str *names,
    const pitot_str *values, size_t count, pitot_error *err);

/*
 * Writes the block of a series: the const labels of `desc`, then its labels with `values`. What a
 * stranger may have sent is made harmless on the way, and counted in `drops`: bytes that are
 * not UTF-8, and NUL, become U+FFFD; a value past PITOT_LABEL_VALUE_MAX is cut at a character.
 * Returns true when that changed a value.
 */
bool pt_labels_write(struct pt_buf *out, const struct pt_desc *desc, const pitot_str *values,
    struct pt_drops *drops);

/* True when the block says exactly `values`, compared as they are, without making them harmless. */
bool pt_labels_equal(const struct pt_desc *desc, pitot_str block, const pitot_str *values);

/* Adds a label's name as it stands in a block: in quotes when it is not of the legacy set. */
void pt_labels_write_name(struct pt_buf *out, pitot_str name);

/* Adds `name="value"` to a block that is compared with others only, so nothing is counted. */
void pt_labels_write_one(struct pt_buf *out, const char *name, const char *value);

/* True when the block has every label of the block `wanted`. */
bool pt_labels_have(pitot_str block, pitot_str wanted);

/* True when a value stands in a block just as it is: short, ASCII, nothing to escape. */
bool pt_labels_plain(pitot_str value);

/* True when a block has a backslash: comparing it needs care. */
bool pt_labels_escaped(pitot_str block);

#endif
