/* SPDX-License-Identifier: MIT */
/*
 * relabel.h -- a block of labels under the names that the reader asked for.
 *
 * A label whose name is not of the legacy set gets the name that the escaping has for it. One that
 * then has the name of another one before it is left out and counted.
 */
#ifndef PT_FORMAT_RELABEL_H
#define PT_FORMAT_RELABEL_H

#include "base/buf.h"
#include "base/pool.h"
#include "format/nameset.h"

#include <pitot/export.h>

struct pt_relabel {
    pitot_escaping escaping;
    size_t dropped;

    /* Its own. */
    struct pt_buf scratch;
    struct pt_nameset labels; /* of the block in the scratch, once they are many */
    struct pt_pool pool;      /* their text */
};

static inline struct pt_relabel pt_relabel_new(pitot_escaping escaping)
{
    return (struct pt_relabel){.escaping = escaping, .scratch = pt_buf_new(SIZE_MAX / 2)};
}

/* The block as it is to be written, valid until the next call; itself where nothing is to be done.
 * `.at` is NULL without memory, and from then on. */
pitot_str pt_relabel_block(struct pt_relabel *relabel, pitot_str block);

void pt_relabel_free(struct pt_relabel *relabel);

#endif
