/* SPDX-License-Identifier: MIT */
/*
 * deflate_zlib.c -- deflate with zlib, where there is nothing faster.
 *
 * Level 1: level 6 takes three to four times as long for pages 13 to 17 % smaller, on the thread
 * everybody waits for. The largest window, because zlib slows down with every smaller one.
 */
#include "base/alloc.h"
#include "transport/deflate.h"

#include <zlib.h>

#define LEVEL 1
#define WINDOW_BITS (-15) /* negative: bare blocks, no frame around them */
#define MEMORY_LEVEL 8
#define ROOM_SIZE 16384 /* most pieces of 64 KiB fit into it */

struct pt_deflate {
    z_stream stream;
};

static voidpf allocate(voidpf opaque, uInt items, uInt size)
{
    (void)opaque;
    return pt_alloc((size_t)items * size, NULL);
}

static void release(voidpf opaque, voidpf block)
{
    (void)opaque;
    pt_free(block);
}

struct pt_deflate *pt_deflate_new(void)
{
    struct pt_deflate *deflate = pt_alloc_zero(sizeof(*deflate), NULL);

    if (!deflate)
        return NULL;
    deflate->stream.zalloc = allocate;
    deflate->stream.zfree = release;
    if (deflateInit2(&deflate->stream, LEVEL, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
            Z_DEFAULT_STRATEGY) != Z_OK) {
        pt_free(deflate);
        return NULL;
    }
    return deflate;
}

bool pt_deflate_piece(
    struct pt_deflate *within, const char *bytes, size_t size, struct pt_buf *out, uint32_t *crc)
{
    z_stream *stream = &within->stream;

    if (deflateReset(stream) != Z_OK)
        return false;
    stream->next_in = (Bytef *)(uintptr_t)bytes;
    stream->avail_in = (uInt)size;
    do {
        char *room = pt_buf_reserve(out, ROOM_SIZE);
        if (!room)
            return false;
        stream->next_out = (Bytef *)room;
        stream->avail_out = ROOM_SIZE;
        if (deflate(stream, Z_FULL_FLUSH) == Z_STREAM_ERROR)
            return false;
        out->size += ROOM_SIZE - stream->avail_out;
    } while (stream->avail_out == 0); /* room left over: all is flushed */
    *crc = (uint32_t)crc32(0, (const Bytef *)bytes, (uInt)size);
    return true;
}

void pt_deflate_free(struct pt_deflate *deflate)
{
    if (!deflate)
        return;
    deflateEnd(&deflate->stream);
    pt_free(deflate);
}
