/* SPDX-License-Identifier: MIT */
/*
 * coding.h -- a body in a content coding, made of pieces that are coded one by one.
 *
 * Coded pieces depend on nothing but their own bytes. So no connection needs a compressor of its
 * own, and a coded piece may stand in several bodies, today and later: keep its bytes and its end.
 *
 *     struct pt_coding_end total = {0}, piece;
 *     pt_coding_begin(coding, out);
 *     for each piece: pt_coding_piece(&coder, coding, bytes, size, out, &piece)
 *                     pt_coding_join(&total, &piece);
 *     pt_coding_finish(coding, &total, out);
 */
#ifndef PT_TRANSPORT_CODING_H
#define PT_TRANSPORT_CODING_H

#include "base/buf.h"
#include "transport/encoding.h"

#define PT_CODING_PIECE_MAX ((size_t)1 << 30) /* bytes; larger ones are refused */

/* What the end of a body has to say about the plain bytes before it. Zeroed: there were none. */
struct pt_coding_end {
    uint32_t crc; /* gzip's CRC-32; 0 in the other codings, which have no use for it */
    uint64_t size;
};

/* The memory that compressors work in, made when it is first needed: up to 0.7 MB for pieces of 64
 * KiB. Zeroed memory is one that has none yet. One thread at a time; who has many bodies to code
 * keeps one. */
struct pt_coder {
    struct pt_deflate *deflate;
    struct pt_zstandard *zstandard;
};

/* Gives the memory back; the coder can be used again. */
void pt_coder_free(struct pt_coder *coder);

/* Adds what stands before the first piece. False when `out` can not grow. */
bool pt_coding_begin(enum pt_encoding coding, struct pt_buf *out);

/* Adds `size` bytes, coded, and says in `piece` what they were: of this piece alone. An empty piece
 * adds nothing. The same bytes always become the same; the identity copies. False when memory ran
 * out, `out` would grow past its limit, or the piece is too large; then `out` ends where it did and
 * `piece` is untouched. */
bool pt_coding_piece(struct pt_coder *coder, enum pt_encoding coding, const char *bytes,
    size_t size, struct pt_buf *out, struct pt_coding_end *piece);

/* Adds a piece to what is known of all before it. About 0.5 us, whatever its size. */
void pt_coding_join(struct pt_coding_end *total, const struct pt_coding_end *piece);

/* Adds what stands behind the last piece. False when `out` can not grow. */
bool pt_coding_finish(
    enum pt_encoding coding, const struct pt_coding_end *total, struct pt_buf *out);

#endif
