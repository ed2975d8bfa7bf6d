/* SPDX-License-Identifier: MIT */
/*
 * deflate.h -- bytes in, a run of deflate blocks out that knows nothing of what came before it.
 *
 * One of two files is behind this: deflate_isal.c where the build has ISA-L, else deflate_zlib.c.
 * Which one is seen in the time it takes (a fourth), and in nothing that a client could notice.
 */
#ifndef PT_TRANSPORT_DEFLATE_H
#define PT_TRANSPORT_DEFLATE_H

#include "base/buf.h"

/* What one compressor works in: 166 KiB (ISA-L) or 262 KiB (zlib). One thread at a time; nothing
 * of a piece stays in it. */
struct pt_deflate;

/* NULL without memory. */
struct pt_deflate *pt_deflate_new(void);

/* Adds the blocks to `out`, flushed to a whole byte, so that such runs can stand in any order; and
 * says the CRC-32 of the plain bytes, as gzip has it. `size` is at most 1 GiB. False when `out` can
 * not grow; what is behind its old end is then undefined. */
bool pt_deflate_piece(
    struct pt_deflate *deflate, const char *bytes, size_t size, struct pt_buf *out, uint32_t *crc);

void pt_deflate_free(struct pt_deflate *deflate);

#endif
