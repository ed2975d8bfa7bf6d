/* SPDX-License-Identifier: MIT */
/*
 * compress.c -- bytes in, a gzip stream at the end of a buffer out.
 *
 * Level 1: the higher levels take four to nine times as long for pages 5 to 12 % smaller, on the
 * thread everybody waits for. The window is flushed into the buffer as it fills, so that a page is
 * never held twice. One thread at a time.
 */
#include "transport/compress.h"

#include "base/alloc.h"

#define LEVEL 1
#define WINDOW_BITS (15 + 16) /* the largest window; 16 asks for gzip's frame */
#define MEMORY_LEVEL 8
#define ROOM_SIZE 16384

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

bool pt_compress_open(struct pt_compress *gz, struct pt_buf *out)
{
    *gz = (struct pt_compress){.out = out, .stream = {.zalloc = allocate, .zfree = release}};
    gz->open = deflateInit2(&gz->stream, LEVEL, Z_DEFLATED, WINDOW_BITS, MEMORY_LEVEL,
                   Z_DEFAULT_STRATEGY) == Z_OK;
    return gz->open;
}

/* Runs deflate until it has taken its input and, for Z_FINISH, given all of its output. */
static bool drain(struct pt_compress *gz, int flush)
{
    int result;

    do {
        char *room = pt_buf_reserve(gz->out, ROOM_SIZE);
        if (!room)
            return false;
        gz->stream.next_out = (Bytef *)room;
        gz->stream.avail_out = ROOM_SIZE;
        result = deflate(&gz->stream, flush);
        gz->out->size += ROOM_SIZE - gz->stream.avail_out;
        if (result == Z_STREAM_ERROR)
            return false;
    } while (gz->stream.avail_out == 0 && result != Z_STREAM_END);
    return flush != Z_FINISH || result == Z_STREAM_END;
}

bool pt_compress_add(struct pt_compress *gz, const char *bytes, size_t size)
{
    const size_t step_max = 1u << 30; /* zlib counts in unsigned int */

    while (size > 0) {
        size_t step = size < step_max ? size : step_max;

        gz->stream.next_in = (Bytef *)(uintptr_t)bytes;
        gz->stream.avail_in = (uInt)step;
        if (!drain(gz, Z_NO_FLUSH))
            return false;
        bytes += step;
        size -= step;
    }
    return true;
}

bool pt_compress_finish(struct pt_compress *gz)
{
    gz->stream.next_in = NULL;
    gz->stream.avail_in = 0;
    return drain(gz, Z_FINISH);
}

void pt_compress_close(struct pt_compress *gz)
{
    if (gz->open)
        deflateEnd(&gz->stream);
    gz->open = false;
}
