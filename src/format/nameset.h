/* SPDX-License-Identifier: MIT */
/*
 * nameset.h -- names that were there so far, of families on a page or of labels of a series, to
 * find one that comes twice.
 *
 * The text stays with its owner. Zeroed memory is a valid empty set.
 */
#ifndef PT_FORMAT_NAMESET_H
#define PT_FORMAT_NAMESET_H

#include "base/hash.h"

#include <pitot/pitot.h>

struct pt_nameset {
    pitot_str *names; /* open addressing; a power of two, at most half full */
    size_t count, room;
    struct pt_hash_key key;
};

enum pt_nameset_added { PT_NAMESET_NEW, PT_NAMESET_OLD, PT_NAMESET_FAILED };

/* FAILED: memory. */
enum pt_nameset_added pt_nameset_add(struct pt_nameset *set, pitot_str name);

/* Empties it, in time that what was in it has paid for. */
void pt_nameset_forget(struct pt_nameset *set);

void pt_nameset_free(struct pt_nameset *set);

#endif
