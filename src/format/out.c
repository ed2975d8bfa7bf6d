/* SPDX-License-Identifier: MIT */
/*
 * out.c -- the bytes of an exposition on their way out: the rare paths.
 *
 * Invariant: size <= PT_OUT_CHUNK. One thread.
 */
#include "format/out.h"

void pt_out_flush(struct pt_out *out)
{
    if (out->size && !out->stopped)
        out->stopped = !out->write(out->ctx, out->chunk, out->size);
    out->size = 0;
}

void pt_out_add_large(struct pt_out *out, const char *bytes, size_t size)
{
    while (size > 0) {
        size_t room = PT_OUT_CHUNK - out->size;
        size_t piece = size < room ? size : room;

        memcpy(out->chunk + out->size, bytes, piece);
        out->size += piece;
        bytes += piece;
        size -= piece;
        if (out->size == PT_OUT_CHUNK)
            pt_out_flush(out);
    }
}
