/* SPDX-License-Identifier: MIT */
/*
 * writer.h -- what writes one piece of a page: the families it is of, and where its bytes go.
 *
 * Made anew for each piece, so a piece depends on nothing that was written before. One thread.
 */
#ifndef PT_FORMAT_WRITER_H
#define PT_FORMAT_WRITER_H

#include "base/error.h"
#include "format/families.h"
#include "format/out.h"
#include "format/relabel.h"

struct pt_writer {
    const struct pt_families *families;
    bool created; /* as pitot_encode_opts has it */
    struct pt_out *out;
    struct pt_relabel relabel; /* counts all that is not on the page */
};

/* A block of labels as it is to be written, valid until the next call. For exemplars: the blocks of
 * a family are right as they are. */
static inline pitot_str pt_writer_block(struct pt_writer *writer, pitot_str block)
{
    pitot_str written = pt_relabel_block(&writer->relabel, block);

    if (__builtin_expect(writer->relabel.scratch.failed, false)) {
        pt_fail(writer->out->err, PITOT_ENOMEM, "encode: no memory to rename a label");
        writer->out->stopped = true;
    }
    return written;
}

/* So many more things are not on the page. */
static inline void pt_writer_drop(struct pt_writer *writer, size_t count)
{
    writer->relabel.dropped += count;
}

#endif
