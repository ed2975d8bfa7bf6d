/* SPDX-License-Identifier: MIT */
/*
 * cell.h -- where numbers live.
 *
 * A cell is one number that any thread may add to at any time. Cells come from an arena in groups
 * and live as long as it, zero at first. Every operation here is lock-free, allocates nothing,
 * makes no system call, and is safe in a signal handler.
 */
#ifndef PT_STORAGE_CELL_H
#define PT_STORAGE_CELL_H

#include "base/lock.h"
#include "base/pool.h"

#include <stdatomic.h>
#include <string.h>

enum pt_kind { PT_U64, PT_DOUBLE }; /* what a word is: an integer, or the bits of a double */

/* 64 bits, of either kind. Who made it knows which. */
typedef _Atomic(uint64_t) pt_cell;

/* All cells of a registry. */
struct pt_arena {
    struct pt_lock lock; /* innermost: nothing is locked inside it */
    struct pt_pool pool;
};

void pt_arena_start(struct pt_arena *arena);
void pt_arena_free(struct pt_arena *arena);

/* `count` words next to each other, all 0, aligned to 16 bytes; NULL and PITOT_ENOMEM on failure.
 */
uint64_t *pt_arena_words(struct pt_arena *arena, size_t count, pitot_error *err);

static inline uint64_t pt_bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static inline double pt_double_of(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* Relaxed everywhere: a cell is a number on its own, and publishes no other memory. */
static inline void pt_cell_add(pt_cell *cell, uint64_t n)
{
    atomic_fetch_add_explicit(cell, n, memory_order_relaxed);
}

static inline uint64_t pt_cell_read(const pt_cell *cell)
{
    return atomic_load_explicit(cell, memory_order_relaxed);
}

static inline void pt_cell_set_double(pt_cell *cell, double value)
{
    atomic_store_explicit(cell, pt_bits_of(value), memory_order_relaxed);
}

static inline double pt_cell_read_double(const pt_cell *cell)
{
    return pt_double_of(pt_cell_read(cell));
}

static inline void pt_cell_add_double(pt_cell *cell, double delta)
{
    uint64_t old = pt_cell_read(cell);

    while (!atomic_compare_exchange_weak_explicit(cell, &old, pt_bits_of(pt_double_of(old) + delta),
        memory_order_relaxed, memory_order_relaxed))
        continue;
}

#endif
