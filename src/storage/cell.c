/* SPDX-License-Identifier: MIT */
/*
 * cell.c -- where cells come from.
 *
 * Cut from a pool, next to each other. A removed series keeps its cells until the registry goes: a
 * thread that was about to add to them still may.
 */
#include "storage/cell.h"

void pt_arena_start(struct pt_arena *arena)
{
    pt_lock_start(&arena->lock);
}

void pt_arena_free(struct pt_arena *arena)
{
    pt_pool_free(&arena->pool);
    pt_lock_end(&arena->lock);
}

uint64_t *pt_arena_words(struct pt_arena *arena, size_t count, pitot_error *err)
{
    pt_lock_take(&arena->lock);
    uint64_t *words = pt_pool_alloc_zero(&arena->pool, count * sizeof(*words), err);
    pt_lock_give(&arena->lock);
    return words;
}
