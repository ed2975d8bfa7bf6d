/* SPDX-License-Identifier: MIT */
/*
 * table.h -- finding a child without a lock.
 *
 * Extendible hashing: a directory, indexed by some bits of the hash, of segments, which are small
 * tables of open addressing. A segment that is full is split in two, so that no addition ever moves
 * more than one segment. 32 bits of the hash count: the lower 16 are where to start in the segment;
 * the upper 16 are the tag, which stands in the slot and whose lower bits choose the segment. A
 * slot has 8 bytes: the tag, the pointer, and below it, where the pointer's bits are 0, how far
 * from its start the item is. So a segment is split without reading the items, which are far apart
 * in memory.
 *
 * A writer, under its owner's lock, publishes a slot with one release store; readers walk with
 * acquire loads and never wait. Nothing that readers may be in is ever freed before the owner goes,
 * but a segment that was replaced serves again as another one. `moves` counts them: a reader that
 * finds nothing, and sees that it has changed, looks again. So an item that was in before the
 * reader started, and still is, is never missed. An item that a reader gets may have been taken out
 * meanwhile: whoever frees or clears items must let such a reader survive.
 */
#ifndef PT_INSTRUMENT_TABLE_H
#define PT_INSTRUMENT_TABLE_H

#include "base/alloc.h"

#include <stdatomic.h>

/* The address of an array of words, in the lower 48 bits, below a mask for indices into it. */
typedef uint64_t pt_table_ref;

struct pt_segment;
struct pt_block;

/* All zeros is an empty table. It stays where it is. */
struct pt_table {
    _Atomic(pt_table_ref) directory; /* to references to segments: &first at first */
    _Atomic(uint64_t) moves;         /* segments replaced; changes before what was in them does */
    _Atomic(pt_table_ref) first;     /* the segment of a table that has one; 0 while empty */
    size_t segments;
    struct pt_segment *spare; /* replaced segments, newest first */
    struct pt_block *blocks;  /* all memory */
};

/* A walk over the items whose hash may be `hash`:
 *
 *     for (struct pt_probe p = pt_probe_start(table, hash); pt_probe_next(&p);)
 *         if (is_it(p.item)) ...
 *
 * It may offer an item twice.
 */
struct pt_probe {
    const struct pt_table *table;
    const _Atomic(uint64_t) *slots;
    uint64_t moves;
    size_t mask, at;
    uint32_t hash;
    void *item;
};

#define PT_REF_ADDRESS 0x0000ffffffffffffu
#define PT_SLOT_POINTER 0x0000fffffffffff8u

static inline _Atomic(uint64_t) *pt_table_words(pt_table_ref ref)
{
    return (_Atomic(uint64_t) *)(uintptr_t)(ref & PT_REF_ADDRESS);
}

static inline void *pt_slot_item(uint64_t word)
{
    return (void *)(uintptr_t)(word & PT_SLOT_POINTER);
}

static inline struct pt_probe pt_probe_start(const struct pt_table *table, uint64_t hash)
{
    struct pt_probe p = {.table = table, .hash = (uint32_t)hash};
    pt_table_ref segment;

    /* First of all: who sees this number sees the directory that goes with it, or a later one. */
    p.moves = atomic_load_explicit(&table->moves, memory_order_acquire);
    pt_table_ref directory = atomic_load_explicit(&table->directory, memory_order_acquire);
    if (directory >> 48)
        segment = atomic_load_explicit(
            &pt_table_words(directory)[p.hash >> 16 & directory >> 48], memory_order_acquire);
    else /* the same, but known before the hash is */
        segment = atomic_load_explicit(&table->first, memory_order_acquire);
    p.slots = pt_table_words(segment);
    p.mask = (size_t)(segment >> 48);
    p.at = p.hash & p.mask;
    return p;
}

static inline bool pt_probe_next(struct pt_probe *p)
{
    if (!p->slots)
        return false;
    for (;;) {
        uint64_t word = atomic_load_explicit(&p->slots[p->at], memory_order_acquire);

        if (word == 0) {
            /* Ordered behind the loads of the slots, as those acquire. */
            if (atomic_load_explicit(&p->table->moves, memory_order_relaxed) == p->moves)
                return false;
            *p = pt_probe_start(p->table, p->hash);
            continue;
        }
        p->at = (p->at + 1) & p->mask;
        if (word >> 48 != p->hash >> 16 || !pt_slot_item(word))
            continue;
        p->item = pt_slot_item(word);
        return true;
    }
}

/* Under the owner's lock. `item` is aligned to 8 bytes; `hash_of` tells the lower half of the hash
 * of one that is in. Moves at most one segment; false and PITOT_ENOMEM when there is no memory, and
 * nothing has changed. */
bool pt_table_add(struct pt_table *table, uint64_t hash, void *item,
    uint32_t (*hash_of)(const void *item), pitot_error *err);

/* Under the owner's lock: takes out an item that is in. `hash` is the lower half of its own. */
void pt_table_remove(struct pt_table *table, uint32_t hash, const void *item);

void pt_table_free(struct pt_table *table);

#endif
