/* SPDX-License-Identifier: MIT */
/*
 * slot.h -- room for one record: a short text, a number and a time, which change together.
 *
 * A sequence lock without waiting. `turn` is odd while somebody writes. A writer who finds it so,
 * or loses the race for it, gives up: a thread never waits for another, and a signal handler never
 * for what it interrupted. So a record may be lost; it is never half of one and half of another.
 * A thread that ends in the middle (killed, or left behind by a fork) leaves its slot taken for
 * good. A slot is zero at first, which is empty. Every word of it is accessed atomically.
 */
#ifndef PT_STORAGE_SLOT_H
#define PT_STORAGE_SLOT_H

#include "storage/cell.h"

struct pt_slot {
    pt_cell turn;
    pt_cell used; /* 0: empty; else 1 more than the size of the text */
    pt_cell time;
    pt_cell value; /* the bits of a double */
    pt_cell text[PITOT_EXEMPLAR_BYTES / 8];
};

#define PT_SLOT_WORDS (sizeof(struct pt_slot) / sizeof(uint64_t))

struct pt_record {
    int64_t time; /* ns since 1970 */
    double value;
    size_t size;
    char text[PITOT_EXEMPLAR_BYTES];
};

/* What decides whether a slot is the one to be written. It may be torn, but then its turn has
 * passed, and pt_slot_write() refuses it. */
struct pt_slot_head {
    uint64_t turn;
    bool filled;
    int64_t time;
    double value;
};

struct pt_slot_head pt_slot_look(const struct pt_slot *slot);

/* Replaces what the slot has. False when somebody else has written, or is writing, since `turn` was
 * looked at. Signal-safe. */
bool pt_slot_write(struct pt_slot *slot, uint64_t turn, const struct pt_record *record);

/* False when the slot is empty, or is being written all the time. */
bool pt_slot_read(const struct pt_slot *slot, struct pt_record *record);

/* Empties the slot, unless somebody is writing to it. */
void pt_slot_clear(struct pt_slot *slot);

#endif
