/* SPDX-License-Identifier: MIT */
/*
 * rows.c -- numbers that every CPU has a part of.
 *
 * A chunk is PT_ROW_SIZE bytes per row, handed out from the front by an atomic add; it is never
 * unmapped before the registry goes, so an address that was handed out stays writable. Groups that
 * come back are zeroed behind a fence and kept by size.
 */
#include "storage/rows.h"

#include "base/alloc.h"
#include "base/sys.h"

#include <string.h>
#include <sys/mman.h>

static size_t chunk_size(const struct pt_rows *rows)
{
    return rows->ladder.rows * PT_ROW_SIZE;
}

/* Under the lock. Reserves address space; pages come when they are written to. */
static bool add_chunk(struct pt_rows *rows)
{
    size_t size = chunk_size(rows);

    if (rows->chunk_count > 0 && (rows->chunk_count + 1) * size > PT_ROWS_BYTES_MAX)
        return false;
    struct pt_chunk *chunk = pt_alloc_zero(sizeof(*chunk), NULL);
    if (!chunk)
        return false;
    void *base = pt_sys_mmap(
        NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        pt_free(chunk);
        return false;
    }
    /* A huge page would back the rows of several CPUs at once; advice may be refused. */
    pt_sys_madvise(base, size, MADV_NOHUGEPAGE);
    chunk->base = base;
    chunk->older = atomic_load_explicit(&rows->newest, memory_order_relaxed);
    rows->chunk_count++;
    /* Pairs with the acquire in pt_rows_take: who sees the chunk sees its base. */
    atomic_store_explicit(&rows->newest, chunk, memory_order_release);
    return true;
}

void pt_rows_start(struct pt_rows *rows)
{
    *rows = (struct pt_rows){.ladder = pt_ladder()};
    pt_lock_start(&rows->lock);
    if (rows->ladder.rung == PT_RUNG_SINGLE)
        return;
    pt_lock_take(&rows->lock);
    if (!add_chunk(rows))
        rows->ladder.rung = PT_RUNG_SINGLE;
    pt_lock_give(&rows->lock);
}

void pt_rows_free(struct pt_rows *rows)
{
    struct pt_chunk *chunk = atomic_load(&rows->newest);

    while (chunk) {
        struct pt_chunk *older = chunk->older;

        pt_sys_munmap(chunk->base, chunk_size(rows));
        pt_free(chunk);
        chunk = older;
    }
    for (size_t i = 0; i < rows->spare_sizes; i++)
        pt_free(rows->spares[i].groups);
    pt_free(rows->spares);
    pt_lock_end(&rows->lock);
}

uint64_t *pt_rows_take(struct pt_rows *rows, size_t words)
{
    struct pt_chunk *chunk = atomic_load_explicit(&rows->newest, memory_order_acquire);
    size_t size = words * sizeof(uint64_t);

    if (!chunk || size > PT_ROW_SIZE ||
        atomic_load_explicit(&chunk->used, memory_order_relaxed) + size > PT_ROW_SIZE)
        return NULL;
    size_t at = atomic_fetch_add_explicit(&chunk->used, size, memory_order_relaxed);
    return at + size <= PT_ROW_SIZE ? (uint64_t *)(void *)(chunk->base + at) : NULL;
}

/* Under the lock: where groups of this size are kept, or NULL. */
static struct pt_spares *spares_of(struct pt_rows *rows, size_t words)
{
    for (size_t i = 0; i < rows->spare_sizes; i++)
        if (rows->spares[i].words == words)
            return &rows->spares[i];
    return NULL;
}

void pt_rows_refill(struct pt_rows *rows)
{
    if (rows->ladder.rung == PT_RUNG_SINGLE)
        return;
    pt_lock_take(&rows->lock);
    struct pt_chunk *chunk = atomic_load_explicit(&rows->newest, memory_order_relaxed);
    if (!chunk || atomic_load_explicit(&chunk->used, memory_order_relaxed) > PT_ROW_SIZE / 8 * 7)
        add_chunk(rows);
    pt_lock_give(&rows->lock);
}

uint64_t *pt_rows_make(struct pt_rows *rows, size_t words)
{
    uint64_t *group = NULL;

    if (rows->ladder.rung == PT_RUNG_SINGLE)
        return NULL;
    pt_lock_take(&rows->lock);
    struct pt_spares *spares = spares_of(rows, words);
    if (spares && spares->count > 0)
        group = spares->groups[--spares->count];
    pt_lock_give(&rows->lock);
    if (!group)
        group = pt_rows_take(rows, words);
    if (!group) {
        pt_rows_refill(rows);
        group = pt_rows_take(rows, words);
    }
    return group;
}

/* Only words that are not 0 are written: a page that no CPU wrote to stays unpopulated. */
void pt_rows_zero(const struct pt_rows *rows, uint64_t *group, size_t words)
{
    for (uint32_t r = 0; r < rows->ladder.rows; r++)
        for (size_t w = 0; w < words; w++)
            if (*pt_rows_word(group, r, w) != 0)
                *pt_rows_word(group, r, w) = 0;
}

void pt_rows_give_back(struct pt_rows *rows, uint64_t *group, size_t words)
{
    /* Threads on the striped rung cannot be waited for: what they may still find is not reused. */
    if (rows->ladder.rung != PT_RUNG_RSEQ || !pt_ladder_fence())
        return;
    pt_rows_zero(rows, group, words);
    pt_lock_take(&rows->lock);
    struct pt_spares *spares = spares_of(rows, words);
    if (!spares && pt_grow(&rows->spares, rows->spare_sizes, &rows->spare_capacity,
                       sizeof(*rows->spares), NULL)) {
        spares = &rows->spares[rows->spare_sizes++];
        *spares = (struct pt_spares){.words = words};
    }
    if (spares &&
        pt_grow(&spares->groups, spares->count, &spares->capacity, sizeof(*spares->groups), NULL))
        spares->groups[spares->count++] = group;
    pt_lock_give(&rows->lock);
}
