/* SPDX-License-Identifier: MIT */
/*
 * block.h -- a series' labels as text: `method="GET","my.label"="a\"b"`.
 *
 * Values are escaped (backslash, quote, newline); a name that is not of the legacy set stands in
 * quotes, escaped too. Two blocks are the same label set when they have the same labels in any
 * order, where a label with an empty value is none. The public part is in export.h.
 */
#ifndef PT_SNAPSHOT_BLOCK_H
#define PT_SNAPSHOT_BLOCK_H

#include "base/buf.h"
#include "base/hash.h"

#include <pitot/export.h>

/* The same for every order of the labels. `*quoted` becomes true when a name stands in quotes. */
uint64_t pt_block_hash_quotes(pitot_str block, struct pt_hash_key key, bool *quoted);

static inline uint64_t pt_block_hash(pitot_str block, struct pt_hash_key key)
{
    bool quoted = false;

    return pt_block_hash_quotes(block, key, &quoted);
}

/* The value of a label, escaped; empty when the block does not have it. `name` is as it would stand
 * there, without quotes. */
pitot_str pt_block_value(pitot_str block, pitot_str name);

bool pt_block_equal(pitot_str a, pitot_str b);

/* Adds a label to a block that is being written, with its comma. Name and value are unescaped. */
void pt_block_add(struct pt_buf *block, pitot_str name, pitot_str value);

/* `[a-zA-Z_][a-zA-Z0-9_]*`, and with `colons` also ':' anywhere: names that need no quotes. */
bool pt_block_name_is_legacy(pitot_str name, bool colons);

#endif
