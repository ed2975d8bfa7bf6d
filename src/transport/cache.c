/* SPDX-License-Identifier: MIT */
/*
 * cache.c -- coded pieces that may be sent again, within a budget of bytes.
 *
 * A table of chains to find a piece, and a list of all of them, the one used last in front. Most
 * pieces change from scrape to scrape, and nobody asks for them again: to keep them would cost the
 * whole budget for nothing. So a piece is kept when it is offered for the second time; of those
 * offered once only a mark is kept, for a while. Pages
 * are read from end to end, over and over: from a cache that takes everything and drops what was
 * used longest ago, a page larger than the budget would never get a piece. So a full cache takes
 * one piece of ADMIT_ONE_OF that it is offered, at random. Of a page half as large again as the
 * budget, 61 of 100 pieces are then found (67 would fit); pieces that change with every scrape,
 * which nobody will ask for again, can push out an eighth of their own number at most, and since
 * they are used only once, what they push out is mostly each other.
 *
 * Invariant: the pieces in the list are those in the table; `bytes` is the sum of what they and
 * the cache take, and at most `bytes_max`. Each piece is held by the cache while it is in the list,
 * and by whoever got it. One thread.
 */
#include "transport/cache.h"

#include "base/alloc.h"
#include "base/hash.h"

#define CHAINS 2048
#define ADMIT_ONE_OF 8
#define HEAP_BYTES 16  /* what a heap takes for a block beside it */
#define MARK_SETS 8192 /* of two marks each: a page of 10^6 series has 2000 pieces */

struct entry {
    struct pt_cached piece; /* first: what is given out */
    struct pt_cache_key key;
    size_t holders;
    struct entry *next_in_chain;
    struct entry *newer, *older; /* in the list */
    char bytes[];
};

struct pt_cache {
    size_t bytes, bytes_max;
    struct entry *newest, *oldest;
    uint64_t random;
    struct entry *chains[CHAINS];
    uint32_t marks[MARK_SETS][2]; /* of pieces that were offered once */
};

struct pt_cache *pt_cache_new(size_t bytes_max)
{
    struct pt_cache *cache = pt_alloc_zero(sizeof(*cache), NULL);

    if (!cache)
        return NULL;
    cache->bytes = sizeof(*cache) + HEAP_BYTES;
    cache->bytes_max = bytes_max;
    return cache;
}

size_t pt_cache_bytes(const struct pt_cache *cache)
{
    return cache ? cache->bytes : 0;
}

static size_t bytes_of(size_t size)
{
    return sizeof(struct entry) + size + HEAP_BYTES;
}

/* Ids are numbers of ours, so the hash needs no secret. */
static uint64_t hash_of(const struct pt_cache_key *key)
{
    uint64_t kind =
        (uint64_t)key->format << 32 | (uint64_t)key->escaping << 16 | (uint64_t)key->coding;

    return pt_hash_fold(key->id ^ 0x9e3779b97f4a7c15, kind ^ 0xd6e8feb86659fd93);
}

static struct entry **chain_of(struct pt_cache *cache, const struct pt_cache_key *key)
{
    return &cache->chains[hash_of(key) % CHAINS];
}

static uint64_t next_random(struct pt_cache *cache)
{
    cache->random = cache->random * 6364136223846793005 + 1442695040888963407;
    return cache->random >> 32;
}

/* Whether it was offered before, as far as that is remembered; it is now. */
static bool was_offered(struct pt_cache *cache, const struct pt_cache_key *key)
{
    uint64_t hash = hash_of(key);
    uint32_t mark = (uint32_t)(hash >> 32) | 1, *set = cache->marks[hash % MARK_SETS];

    if (set[0] == mark || set[1] == mark)
        return true;
    set[next_random(cache) % 2] = mark;
    return false;
}

static bool is_same(const struct pt_cache_key *a, const struct pt_cache_key *b)
{
    return a->id == b->id && a->format == b->format && a->escaping == b->escaping &&
           a->coding == b->coding;
}

static void unlink_from_list(struct pt_cache *cache, struct entry *entry)
{
    *(entry->newer ? &entry->newer->older : &cache->newest) = entry->older;
    *(entry->older ? &entry->older->newer : &cache->oldest) = entry->newer;
}

static void link_as_newest(struct pt_cache *cache, struct entry *entry)
{
    entry->newer = NULL;
    entry->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = entry;
    cache->newest = entry;
}

static struct entry *find(struct pt_cache *cache, const struct pt_cache_key *key)
{
    struct entry *entry = *chain_of(cache, key);

    while (entry && !is_same(&entry->key, key))
        entry = entry->next_in_chain;
    return entry;
}

const struct pt_cached *pt_cache_get(struct pt_cache *cache, const struct pt_cache_key *key)
{
    struct entry *entry = cache && key->id ? find(cache, key) : NULL;

    if (!entry)
        return NULL;
    unlink_from_list(cache, entry);
    link_as_newest(cache, entry);
    entry->holders++;
    return &entry->piece;
}

static void release(struct entry *entry)
{
    if (--entry->holders == 0)
        pt_free(entry);
}

void pt_cached_release(const struct pt_cached *piece)
{
    if (piece)
        release((struct entry *)(uintptr_t)piece);
}

static void drop(struct pt_cache *cache, struct entry *entry)
{
    struct entry **at = chain_of(cache, &entry->key);

    while (*at != entry)
        at = &(*at)->next_in_chain;
    *at = entry->next_in_chain;
    unlink_from_list(cache, entry);
    cache->bytes -= bytes_of(entry->piece.size);
    release(entry);
}

/* Room for `wanted` more bytes, if the cache wants to make it. */
static bool make_room(struct pt_cache *cache, size_t wanted)
{
    if (wanted > cache->bytes_max || cache->bytes_max - wanted < sizeof(*cache) + HEAP_BYTES)
        return false;
    if (cache->bytes <= cache->bytes_max - wanted)
        return true;
    if (next_random(cache) % ADMIT_ONE_OF != 0)
        return false;
    while (cache->bytes > cache->bytes_max - wanted)
        drop(cache, cache->oldest);
    return true;
}

void pt_cache_put(struct pt_cache *cache, const struct pt_cache_key *key, const char *bytes,
    size_t size, const struct pt_coding_end *end, bool wanted)
{
    if (!cache || key->id == 0 || find(cache, key) || size > cache->bytes_max ||
        !(wanted || was_offered(cache, key)) || !make_room(cache, bytes_of(size)))
        return;
    struct entry *entry = pt_alloc(sizeof(*entry) + size, NULL);
    if (!entry)
        return;
    struct entry **chain = chain_of(cache, key);
    *entry = (struct entry){
        .piece = {.end = *end, .size = size, .bytes = entry->bytes},
        .key = *key,
        .holders = 1,
        .next_in_chain = *chain,
    };
    if (size)
        memcpy(entry->bytes, bytes, size);
    *chain = entry;
    link_as_newest(cache, entry);
    cache->bytes += bytes_of(size);
}

void pt_cache_free(struct pt_cache *cache)
{
    if (!cache)
        return;
    while (cache->oldest)
        drop(cache, cache->oldest);
    pt_free(cache);
}
