/* SPDX-License-Identifier: MIT */
/*
 * slot.c -- room for one record: a short text, a number and a time, which change together.
 *
 * The words are stored with release and loaded with acquire. So who has loaded a word of a later
 * record also sees the turn that was taken for it, and knows to try again; fences would say the
 * same, but the thread sanitizer does not understand those. On x86 both are plain moves.
 */
#include "storage/slot.h"

#define READ_TRIES 4

static void put(pt_cell *word, uint64_t bits)
{
    atomic_store_explicit(word, bits, memory_order_release);
}

static uint64_t get(const pt_cell *word)
{
    return atomic_load_explicit(word, memory_order_acquire);
}

struct pt_slot_head pt_slot_look(const struct pt_slot *slot)
{
    return (struct pt_slot_head){.turn = get(&slot->turn),
        .filled = get(&slot->used) != 0,
        .time = (int64_t)get(&slot->time),
        .value = pt_double_of(get(&slot->value))};
}

/* From even to odd. Acquire, so that what is stored next comes after what the last one stored. */
static bool take_turn(struct pt_slot *slot, uint64_t turn)
{
    return !(turn & 1) && atomic_compare_exchange_strong_explicit(&slot->turn, &turn, turn + 1,
                              memory_order_acquire, memory_order_relaxed);
}

bool pt_slot_write(struct pt_slot *slot, uint64_t turn, const struct pt_record *record)
{
    if (!take_turn(slot, turn))
        return false;
    put(&slot->used, record->size + 1);
    put(&slot->time, (uint64_t)record->time);
    put(&slot->value, pt_bits_of(record->value));
    for (size_t at = 0; at < record->size; at += 8) {
        uint64_t word = 0;

        memcpy(&word, record->text + at, record->size - at < 8 ? record->size - at : 8);
        put(&slot->text[at / 8], word);
    }
    put(&slot->turn, turn + 2);
    return true;
}

void pt_slot_clear(struct pt_slot *slot)
{
    uint64_t turn = get(&slot->turn);

    if (!take_turn(slot, turn))
        return;
    put(&slot->used, 0);
    put(&slot->turn, turn + 2);
}

static bool read_once(const struct pt_slot *slot, struct pt_record *record, uint64_t *used)
{
    uint64_t turn = get(&slot->turn);

    *used = get(&slot->used);
    record->time = (int64_t)get(&slot->time);
    record->value = pt_double_of(get(&slot->value));
    record->size = *used ? *used - 1 : 0;
    for (size_t at = 0; at < record->size; at += 8) {
        uint64_t word = get(&slot->text[at / 8]);

        memcpy(record->text + at, &word, 8);
    }
    return !(turn & 1) && turn == atomic_load_explicit(&slot->turn, memory_order_relaxed);
}

bool pt_slot_read(const struct pt_slot *slot, struct pt_record *record)
{
    struct pt_record found;
    uint64_t used = 0;
    int tries = 0;

    while (!read_once(slot, &found, &used))
        if (++tries == READ_TRIES)
            return false;
    if (used)
        *record = found;
    return used != 0;
}
