/* SPDX-License-Identifier: MIT */
/*
 * cache.h -- coded pieces that may be sent again, within a budget of bytes.
 *
 * Belongs to one thread, and so do the pieces that it gave out: counts are plain numbers.
 */
#ifndef PT_TRANSPORT_CACHE_H
#define PT_TRANSPORT_CACHE_H

#include "transport/coding.h"

#include <pitot/export.h>

#define PT_CACHE_BYTES_DEFAULT ((size_t)6 << 20) /* with a snapshot of 10^6 series, below 16 MB */

/* What coded bytes depend on. */
struct pt_cache_key {
    uint64_t id; /* pitot_page_piece_id(), of one registry; 0 is in no cache */
    pitot_format format;
    pitot_escaping escaping;
    enum pt_encoding coding;
};

/* A piece as it is sent. It stays as it is while it is held, also when the cache has long dropped
 * it, or is gone. */
struct pt_cached {
    struct pt_coding_end end; /* for pt_coding_join() */
    size_t size;
    const char *bytes;
};

struct pt_cache;

/* NULL without memory. It never takes more than `bytes_max`, its own tables included; pieces that
 * it has dropped and somebody still holds are not counted. */
struct pt_cache *pt_cache_new(size_t bytes_max);

/* NULL gives a cache that has nothing and keeps nothing. */
const struct pt_cached *pt_cache_get(struct pt_cache *cache, const struct pt_cache_key *key);

/* Gives back what pt_cache_get() gave; NULL does nothing. */
void pt_cached_release(const struct pt_cached *piece);

/* Offers a copy of a piece that was not found; `wanted` when somebody else is about to ask for it.
 * The cache may not want it before it is offered again, may have it already, and may find no
 * memory: nobody needs to know. */
void pt_cache_put(struct pt_cache *cache, const struct pt_cache_key *key, const char *bytes,
    size_t size, const struct pt_coding_end *end, bool wanted);

/* What it takes now, its tables included. */
size_t pt_cache_bytes(const struct pt_cache *cache);

void pt_cache_free(struct pt_cache *cache);

#endif
