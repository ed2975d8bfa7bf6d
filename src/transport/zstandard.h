/* SPDX-License-Identifier: MIT */
/* zstandard.h -- bytes in, one frame of Zstandard out; frames in a row are a stream (RFC 8878). */
#ifndef PT_TRANSPORT_ZSTANDARD_H
#define PT_TRANSPORT_ZSTANDARD_H

#include "base/buf.h"

/* What one compressor works in: 0.4 MB for pieces of 64 KiB. One thread at a time; nothing of a
 * piece stays in it. */
struct pt_zstandard;

/* NULL without memory, and always where the build has no libzstd. */
struct pt_zstandard *pt_zstandard_new(void);

/* Adds the frame to `out`. False when `out` can not grow, or memory ran out. */
bool pt_zstandard_piece(
    struct pt_zstandard *zstandard, const char *bytes, size_t size, struct pt_buf *out);

void pt_zstandard_free(struct pt_zstandard *zstandard);

#endif
