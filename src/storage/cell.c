/* SPDX-License-Identifier: MIT */
/*
 * cell.c -- where cells come from.
 *
 * One atomic word per number, cut from a pool. A removed series keeps its cells until the registry
 * goes, so a handle that outlives its series writes where nobody reads.
 */
#include "storage/cell.h"

void pt_arena_start(struct pt_arena *arena)
{
    pthread_mutex_init(&arena->lock, NULL);
}

void pt_arena_free(struct pt_arena *arena)
{
    pt_pool_free(&arena->pool);
    pthread_mutex_destroy(&arena->lock);
}

pt_cell *pt_arena_cells(struct pt_arena *arena, size_t count, pitot_error *err)
{
    pthread_mutex_lock(&arena->lock);
    pt_cell *cells = pt_pool_alloc_zero(&arena->pool, count * sizeof(pt_cell), err);
    pthread_mutex_unlock(&arena->lock);
    return cells;
}
