/* SPDX-License-Identifier: MIT */
/*
 * zstandard.c -- bytes in, one frame of Zstandard out.
 *
 * Level 2: on pages it is as fast as level 1 and up to a sixth smaller; level 3 gains nothing more
 * and takes more memory. No checksum: TCP has one, and a client that wants more has TLS.
 */
#include "transport/zstandard.h"

#include "base/alloc.h"

#ifdef PITOT_HAS_ZSTD

/* For the host's allocator. The function it declares has been in the shared library since 1.0. */
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>

#define LEVEL 2

/* There is no struct pt_zstandard: it is libzstd's context under another name. */
static ZSTD_CCtx *context_of(struct pt_zstandard *zstandard)
{
    return (ZSTD_CCtx *)zstandard;
}

static void *allocate(void *opaque, size_t size)
{
    (void)opaque;
    return pt_alloc(size, NULL);
}

static void release(void *opaque, void *block)
{
    (void)opaque;
    pt_free(block);
}

struct pt_zstandard *pt_zstandard_new(void)
{
    const ZSTD_customMem memory = {.customAlloc = allocate, .customFree = release};
    ZSTD_CCtx *context = ZSTD_createCCtx_advanced(memory);

    if (context && ZSTD_isError(ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL))) {
        ZSTD_freeCCtx(context);
        return NULL;
    }
    return (struct pt_zstandard *)context;
}

bool pt_zstandard_piece(
    struct pt_zstandard *zstandard, const char *bytes, size_t size, struct pt_buf *out)
{
    size_t room_size = ZSTD_compressBound(size);
    char *room = pt_buf_reserve(out, room_size);

    if (!room)
        return false;
    size_t used = ZSTD_compress2(context_of(zstandard), room, room_size, bytes, size);
    if (ZSTD_isError(used))
        return false;
    out->size += used;
    return true;
}

void pt_zstandard_free(struct pt_zstandard *zstandard)
{
    ZSTD_freeCCtx(context_of(zstandard));
}

#else

struct pt_zstandard *pt_zstandard_new(void)
{
    return NULL;
}

bool pt_zstandard_piece(
    struct pt_zstandard *zstandard, const char *bytes, size_t size, struct pt_buf *out)
{
    (void)zstandard;
    (void)bytes;
    (void)size;
    (void)out;
    return false;
}

void pt_zstandard_free(struct pt_zstandard *zstandard)
{
    (void)zstandard;
}

#endif
