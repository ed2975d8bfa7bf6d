/* SPDX-License-Identifier: MIT */
/*
 * table.c -- finding a child without a lock: the writer's side.
 *
 * Invariant: at least a quarter of the slots is free, so every probe ends. Writers hold the
 * owner's lock.
 */
#include "instrument/table.h"

#include "base/error.h"

#define SLOTS_FIRST 8

/* A slot whose item was taken out serves again: readers walk on past it either way. Returns whether
 * the slot was free before. */
static bool place(struct pt_slots *in, uint64_t hash, void *item)
{
    size_t at = hash & in->mask;
    uint64_t before;

    while ((before = atomic_load_explicit(&in->slots[at], memory_order_relaxed)) != 0 &&
           (before & PT_SLOT_POINTER) != PT_SLOT_REMOVED)
        at = (at + 1) & in->mask;
    /* Pairs with the acquire in pt_probe_next: who sees the slot sees the item whole. */
    atomic_store_explicit(
        &in->slots[at], (hash >> 48) << 48 | (uint64_t)(uintptr_t)item, memory_order_release);
    return before == 0;
}

/* Twice the size, or the same when what fills the table is mostly what was taken out of it. */
static size_t next_count(const struct pt_table *table, const struct pt_slots *old)
{
    if (!old)
        return SLOTS_FIRST;
    return table->live > table->used / 2 ? (old->mask + 1) * 2 : old->mask + 1;
}

static bool grow(struct pt_table *table, uint32_t (*hash_of)(const void *item), pitot_error *err)
{
    struct pt_slots *old = atomic_load_explicit(&table->now, memory_order_relaxed);
    size_t count = next_count(table, old);
    struct pt_slots *bigger =
        pt_alloc_zero(sizeof(*bigger) + count * sizeof(bigger->slots[0]), err);

    if (!bigger)
        return false;
    bigger->mask = count - 1;
    bigger->older = old;
    table->used = 0;
    for (size_t i = 0; old && i <= old->mask; i++) {
        uint64_t word = atomic_load_explicit(&old->slots[i], memory_order_relaxed);
        void *item = (void *)(uintptr_t)(word & PT_SLOT_POINTER);

        if (word == 0 || (word & PT_SLOT_POINTER) == PT_SLOT_REMOVED)
            continue;
        place(bigger, (word >> 48) << 48 | hash_of(item), item);
        table->used++;
    }
    atomic_store_explicit(&table->now, bigger, memory_order_release);
    return true;
}

bool pt_table_add(struct pt_table *table, uint64_t hash, void *item,
    uint32_t (*hash_of)(const void *item), pitot_error *err)
{
    struct pt_slots *now = atomic_load_explicit(&table->now, memory_order_relaxed);

    if ((uint64_t)(uintptr_t)item & ~PT_SLOT_POINTER)
        return pt_fail(err, PITOT_ENOMEM, "the allocator returned an address of more than 48 bits");
    if (!now || (table->used + 1) * 4 > (now->mask + 1) * 3) {
        if (!grow(table, hash_of, err))
            return false;
        now = atomic_load_explicit(&table->now, memory_order_relaxed);
    }
    table->used += place(now, hash, item);
    table->live++;
    return true;
}

void pt_table_remove(struct pt_table *table, uint32_t hash, const void *item)
{
    struct pt_slots *now = atomic_load_explicit(&table->now, memory_order_relaxed);
    size_t at = hash & now->mask;
    uint64_t word;

    while ((word = atomic_load_explicit(&now->slots[at], memory_order_relaxed)) != 0) {
        if ((word & PT_SLOT_POINTER) == (uint64_t)(uintptr_t)item) {
            atomic_store_explicit(
                &now->slots[at], (word & ~PT_SLOT_POINTER) | PT_SLOT_REMOVED, memory_order_release);
            table->live--;
            return;
        }
        at = (at + 1) & now->mask;
    }
}

void pt_table_free(struct pt_table *table)
{
    struct pt_slots *slots = atomic_exchange(&table->now, NULL);

    while (slots) {
        struct pt_slots *older = slots->older;

        pt_free(slots);
        slots = older;
    }
}
