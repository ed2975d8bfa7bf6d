/* SPDX-License-Identifier: MIT */
/*
 * coding.c -- a body in a content coding, made of pieces that are coded one by one.
 *
 * gzip: one member. Its head, then each piece as deflate blocks that begin and end at a byte and
 * refer to nothing outside, then an empty last block, the CRC of everything (combined from the
 * pieces' own) and its size. zstd: each piece is a frame.
 *
 * Pure functions apart from the coder's memory; any thread.
 */
#include "transport/coding.h"

#include "transport/deflate.h"
#include "transport/zstandard.h"

#include <zlib.h>

/* Deflate, no flags, no time, made for speed, on an unknown system (RFC 1952, 2.3). */
static const unsigned char gzip_head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255};

/* The last block, of fixed codes, with nothing in it but its end (RFC 1951, 3.2.6). */
static const unsigned char gzip_last_block[] = {3, 0};

/* A frame with nothing in it: magic number, size 0 in a byte, an empty last block (RFC 8878). */
static const unsigned char zstd_nothing[] = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0};

void pt_coder_free(struct pt_coder *coder)
{
    pt_deflate_free(coder->deflate);
    pt_zstandard_free(coder->zstandard);
    *coder = (struct pt_coder){0};
}

bool pt_coding_begin(enum pt_encoding coding, struct pt_buf *out)
{
    if (coding == PT_ENCODING_GZIP)
        pt_buf_add(out, gzip_head, sizeof(gzip_head));
    return !out->failed;
}

static bool deflate_piece(
    struct pt_coder *coder, const char *bytes, size_t size, struct pt_buf *out, uint32_t *crc)
{
    if (!coder->deflate)
        coder->deflate = pt_deflate_new();
    return coder->deflate && pt_deflate_piece(coder->deflate, bytes, size, out, crc);
}

static bool zstandard_piece(
    struct pt_coder *coder, const char *bytes, size_t size, struct pt_buf *out)
{
    if (!coder->zstandard)
        coder->zstandard = pt_zstandard_new();
    return coder->zstandard && pt_zstandard_piece(coder->zstandard, bytes, size, out);
}

static bool code(struct pt_coder *coder, enum pt_encoding coding, const char *bytes, size_t size,
    struct pt_buf *out, uint32_t *crc)
{
    switch (coding) {
    case PT_ENCODING_GZIP:
        return deflate_piece(coder, bytes, size, out, crc);
    case PT_ENCODING_ZSTD:
        return zstandard_piece(coder, bytes, size, out);
    case PT_ENCODING_IDENTITY:
        break;
    }
    return pt_buf_write(out, bytes, size);
}

bool pt_coding_piece(struct pt_coder *coder, enum pt_encoding coding, const char *bytes,
    size_t size, struct pt_buf *out, struct pt_coding_end *piece)
{
    size_t before = out->size;
    uint32_t crc = 0;

    if (out->failed || size > PT_CODING_PIECE_MAX)
        return false;
    if (size > 0 && !code(coder, coding, bytes, size, out, &crc)) {
        out->size = before;
        return false;
    }
    *piece = (struct pt_coding_end){.crc = crc, .size = size};
    return true;
}

void pt_coding_join(struct pt_coding_end *total, const struct pt_coding_end *piece)
{
    if (total->crc || piece->crc) /* else the CRC of both is 0, or there is none */
        total->crc = (uint32_t)crc32_combine(total->crc, piece->crc, (z_off_t)piece->size);
    total->size += piece->size;
}

static void add_u32(struct pt_buf *out, uint32_t value)
{
    const unsigned char bytes[] = {(unsigned char)value, (unsigned char)(value >> 8),
        (unsigned char)(value >> 16), (unsigned char)(value >> 24)};

    pt_buf_add(out, bytes, sizeof(bytes));
}

bool pt_coding_finish(
    enum pt_encoding coding, const struct pt_coding_end *total, struct pt_buf *out)
{
    if (coding == PT_ENCODING_GZIP) {
        pt_buf_add(out, gzip_last_block, sizeof(gzip_last_block));
        add_u32(out, total->crc);
        add_u32(out, (uint32_t)total->size); /* modulo 2^32, as gzip has it */
    }
    if (coding == PT_ENCODING_ZSTD && total->size == 0)
        pt_buf_add(out, zstd_nothing, sizeof(zstd_nothing));
    return !out->failed;
}
