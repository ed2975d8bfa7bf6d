/* SPDX-License-Identifier: MIT */
/*
 * spill.h -- pairs by key: where observations of a native histogram go that no layout has.
 *
 * A table has a fixed number of slots, a key and a pair {sum, count} each. Any thread, any signal
 * handler claims a slot by one compare-and-swap; a slot keeps its key for ever, so an address that
 * was found stays right. A table that is full gets a newer one in front; all of them count.
 */
#ifndef PT_INSTRUMENT_SPILL_H
#define PT_INSTRUMENT_SPILL_H

#include "storage/pair.h"

struct pt_spill {
    struct pt_spill *older;
    uint64_t slots;   /* a power of 2 */
    uint64_t words[]; /* a key each, 0 while it is free; then a pair each */
};

/* Words that a table of so many slots takes, which must be 0 at first and aligned to 16 bytes. */
static inline size_t pt_spill_words(size_t slots)
{
    return sizeof(struct pt_spill) / sizeof(uint64_t) + slots * 3;
}

static inline uint64_t pt_spill_key(const struct pt_spill *table, size_t slot)
{
    return __atomic_load_n(&table->words[slot], __ATOMIC_RELAXED);
}

static inline uint64_t *pt_spill_pair(struct pt_spill *table, size_t slot)
{
    return table->words + table->slots + slot * 2;
}

/* The pair of the key, which is not 0; NULL when the table is full of others, or as good as that.
 */
uint64_t *pt_spill_claim(struct pt_spill *table, uint64_t key);

/* The same in all of the tables, claiming nothing. */
uint64_t *pt_spill_find(struct pt_spill *newest, uint64_t key);

/* Slots that are in use, or free, of one table. */
size_t pt_spill_used(const struct pt_spill *table);

#endif
