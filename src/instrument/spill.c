/* SPDX-License-Identifier: MIT */
/* spill.c -- pairs by key: open addressing, linear probing, and nothing is ever taken out. */
#include "instrument/spill.h"

/* A key is at most so far from where it belongs; a table that has no room so near counts as full.
 * So a recording takes no longer for there being many keys. */
#define PROBES_MAX 64

static size_t probes_of(const struct pt_spill *table)
{
    return table->slots < PROBES_MAX ? table->slots : PROBES_MAX;
}

static size_t slot_of(const struct pt_spill *table, uint64_t key)
{
    return (size_t)((key * 0x9e3779b97f4a7c15u) >> 32) & (table->slots - 1);
}

uint64_t *pt_spill_claim(struct pt_spill *table, uint64_t key)
{
    size_t slot = slot_of(table, key);

    for (size_t i = 0; i < probes_of(table); i++, slot = (slot + 1) & (table->slots - 1)) {
        uint64_t there = pt_spill_key(table, slot);

        /* Relaxed: a key publishes nothing but itself, as the pairs were 0 before the table was. */
        if (there == 0 && __atomic_compare_exchange_n(&table->words[slot], &there, key, false,
                              __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            return pt_spill_pair(table, slot);
        if (there == key)
            return pt_spill_pair(table, slot);
    }
    return NULL;
}

uint64_t *pt_spill_find(struct pt_spill *newest, uint64_t key)
{
    for (struct pt_spill *table = newest; table; table = table->older) {
        size_t slot = slot_of(table, key);

        for (size_t i = 0; i < probes_of(table); i++, slot = (slot + 1) & (table->slots - 1)) {
            uint64_t there = pt_spill_key(table, slot);

            if (there == key)
                return pt_spill_pair(table, slot);
            if (there == 0)
                break;
        }
    }
    return NULL;
}

size_t pt_spill_used(const struct pt_spill *table)
{
    size_t used = 0;

    for (size_t slot = 0; slot < table->slots; slot++)
        used += pt_spill_key(table, slot) != 0;
    return used;
}
