/* SPDX-License-Identifier: MIT */
/*
 * pool.h -- memory that is taken piece by piece and given back all at once.
 *
 * What lives exactly as long as something else (the text of a registry, the values of a snapshot)
 * comes from that thing's pool: no header per piece, no free per piece. A zeroed pool is valid and
 * empty. A pool belongs to one thread at a time, or to who holds its owner's lock.
 */
#ifndef PT_BASE_POOL_H
#define PT_BASE_POOL_H

#include <pitot/pitot.h>

struct pt_pool_chunk;

struct pt_pool {
    struct pt_pool_chunk *chunks; /* newest first; only the newest has room */
    size_t used;                  /* bytes of the newest chunk */
    size_t bytes;                 /* taken from the allocator, all chunks */
};

void pt_pool_free(struct pt_pool *pool);

/* Aligned for any type, not zeroed. NULL and PITOT_ENOMEM on failure. */
void *pt_pool_alloc(struct pt_pool *pool, size_t size, pitot_error *err);
void *pt_pool_alloc_zero(struct pt_pool *pool, size_t size, pitot_error *err);

/* `size` bytes without alignment, for text. */
char *pt_pool_text(struct pt_pool *pool, size_t size, pitot_error *err);

/* A copy that ends in NUL, as a pitot_str without it. {NULL, 0} on failure. */
pitot_str pt_pool_copy(struct pt_pool *pool, const char *text, size_t size, pitot_error *err);

#endif
