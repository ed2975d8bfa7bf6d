/* SPDX-License-Identifier: MIT */
/*
 * pool.c -- memory that is taken piece by piece and given back all at once.
 *
 * A list of chunks. Pieces are cut from the newest; a piece that is large for a chunk gets a chunk
 * of its own behind the newest, so that the room in the newest is not lost.
 */
#include "base/pool.h"

#include "base/alloc.h"
#include "base/error.h"

#include <stdalign.h>
#include <string.h>

#define CHUNK_SIZE_MIN 1024
#define CHUNK_SIZE_MAX (64 * 1024)
#define LARGE(chunk_size) ((chunk_size) / 4)

struct pt_pool_chunk {
    struct pt_pool_chunk *older;
    size_t size; /* of `bytes` */
    alignas(max_align_t) char bytes[];
};

void pt_pool_free(struct pt_pool *pool)
{
    struct pt_pool_chunk *chunk = pool->chunks;

    while (chunk) {
        struct pt_pool_chunk *older = chunk->older;

        pt_free(chunk);
        chunk = older;
    }
    *pool = (struct pt_pool){0};
}

static struct pt_pool_chunk *new_chunk(struct pt_pool *pool, size_t size, pitot_error *err)
{
    struct pt_pool_chunk *chunk = NULL;

    if (size < SIZE_MAX - sizeof(*chunk))
        chunk = pt_alloc(sizeof(*chunk) + size, err);
    else
        pt_fail(err, PITOT_ENOMEM, "out of memory: %zu bytes", size);
    if (chunk) {
        chunk->size = size;
        pool->bytes += sizeof(*chunk) + size;
    }
    return chunk;
}

/* Chunks double with the pool, so that a small registry stays small. */
static size_t next_chunk_size(const struct pt_pool *pool)
{
    size_t size = CHUNK_SIZE_MIN;

    while (size < CHUNK_SIZE_MAX && size < pool->bytes)
        size *= 2;
    return size;
}

static void *take(struct pt_pool *pool, size_t size, size_t align, pitot_error *err)
{
    size_t start = (pool->used + align - 1) & ~(align - 1);
    struct pt_pool_chunk *chunk = pool->chunks;

    if (chunk && start <= chunk->size && size <= chunk->size - start) {
        pool->used = start + size;
        return chunk->bytes + start;
    }
    size_t chunk_size = next_chunk_size(pool);
    bool alone = pool->chunks && size > LARGE(chunk_size);
    chunk = new_chunk(pool, alone || size > chunk_size ? size : chunk_size, err);
    if (!chunk)
        return NULL;
    if (alone) {
        chunk->older = pool->chunks->older;
        pool->chunks->older = chunk;
        return chunk->bytes;
    }
    chunk->older = pool->chunks;
    pool->chunks = chunk;
    pool->used = size;
    return chunk->bytes;
}

void *pt_pool_alloc(struct pt_pool *pool, size_t size, pitot_error *err)
{
    return take(pool, size, alignof(max_align_t), err);
}

void *pt_pool_alloc_zero(struct pt_pool *pool, size_t size, pitot_error *err)
{
    void *piece = pt_pool_alloc(pool, size, err);

    if (piece)
        memset(piece, 0, size);
    return piece;
}

char *pt_pool_text(struct pt_pool *pool, size_t size, pitot_error *err)
{
    return take(pool, size, 1, err);
}

pitot_str pt_pool_copy(struct pt_pool *pool, const char *text, size_t size, pitot_error *err)
{
    char *copy = pt_pool_text(pool, size + 1, err);

    if (!copy)
        return (pitot_str){NULL, 0};
    if (size)
        memcpy(copy, text, size);
    copy[size] = '\0';
    return (pitot_str){copy, size};
}
