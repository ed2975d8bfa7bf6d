/* SPDX-License-Identifier: MIT */
/*
 * table.h -- finding a child without a lock.
 *
 * Open addressing over 8-byte slots: 16 bits of the hash above a 48-bit pointer. A writer, under
 * its owner's lock, publishes a slot with one release store; readers walk with acquire loads and
 * never wait. When the table grows, the old one is kept until the owner goes, so a reader that is
 * still in it reads valid memory: the old ones together are at most as large as the new one.
 */
#ifndef PT_INSTRUMENT_TABLE_H
#define PT_INSTRUMENT_TABLE_H

#include "base/alloc.h"

#include <stdatomic.h>

struct pt_slots {
    struct pt_slots *older;
    size_t mask;
    _Atomic(uint64_t) slots[];
};

struct pt_table {
    _Atomic(struct pt_slots *) now; /* writers release, readers acquire; NULL while empty */
    size_t used;                    /* slots that are not free, given-back ones included */
    size_t live;                    /* items that are in */
};

/* A walk over the items whose hash may be `hash`:
 *
 *     for (struct pt_probe p = pt_probe_start(table, hash); pt_probe_next(&p);)
 *         if (is_it(p.item)) ...
 */
struct pt_probe {
    struct pt_slots *in;
    size_t at;
    uint64_t tag;
    void *item;
};

#define PT_SLOT_POINTER 0x0000ffffffffffffu
#define PT_SLOT_REMOVED 1u /* no item has this address */

static inline struct pt_probe pt_probe_start(const struct pt_table *table, uint64_t hash)
{
    struct pt_slots *in = atomic_load_explicit(&table->now, memory_order_acquire);

    return (struct pt_probe){in, in ? hash & in->mask : 0, hash >> 48, NULL};
}

static inline bool pt_probe_next(struct pt_probe *p)
{
    if (!p->in)
        return false;
    for (;;) {
        uint64_t word = atomic_load_explicit(&p->in->slots[p->at], memory_order_acquire);

        if (word == 0)
            return false;
        p->at = (p->at + 1) & p->in->mask;
        if (word >> 48 != p->tag || (word & PT_SLOT_POINTER) == PT_SLOT_REMOVED)
            continue;
        p->item = (void *)(uintptr_t)(word & PT_SLOT_POINTER);
        return true;
    }
}

/* Under the owner's lock. `hash_of` tells the lower half of an item's hash when the table grows. */
bool pt_table_add(struct pt_table *table, uint64_t hash, void *item,
    uint32_t (*hash_of)(const void *item), pitot_error *err);

/* Under the owner's lock: takes out an item that is in. `hash` is the lower half of its own. */
void pt_table_remove(struct pt_table *table, uint32_t hash, const void *item);

void pt_table_free(struct pt_table *table);

#endif
