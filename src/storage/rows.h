/* SPDX-License-Identifier: MIT */
/*
 * rows.h -- numbers that every CPU has a part of.
 *
 * A group of words at address a has its part for row r at a + (r << PITOT_ROW_SHIFT_). Rows come in
 * chunks: one mapping per chunk, all rows of it side by side, populated by the kernel page by page
 * as CPUs write. Addresses within a chunk hold no pointer. The words of a registry are bounded.
 */
#ifndef PT_STORAGE_ROWS_H
#define PT_STORAGE_ROWS_H

#include "base/lock.h"
#include "storage/rung.h"

#include <pitot/pitot.h>
#include <stdatomic.h>

#define PT_ROW_SIZE ((size_t)1 << PITOT_ROW_SHIFT_)

/* Bytes that all rows of a registry may take together, touched or not. Past it, series stay on
 * their cold cells: slower when hot, never wrong. */
#define PT_ROWS_BYTES_MAX ((size_t)64 << 20)

struct pt_chunk {
    struct pt_chunk *older;
    char *base;           /* of row 0 */
    _Atomic(size_t) used; /* bytes of a row; may run past PT_ROW_SIZE, which means full */
};

struct pt_spares {
    size_t words; /* of each group */
    uint64_t **groups;
    size_t count, capacity;
};

struct pt_rows {
    struct pt_ladder ladder;
    _Atomic(struct pt_chunk *) newest; /* the one with room; any thread acquires it */
    struct pt_lock lock;               /* over what follows; nothing nests inside */
    size_t chunk_count;
    struct pt_spares *spares; /* groups that were given back, by size */
    size_t spare_sizes, spare_capacity;
};

void pt_rows_start(struct pt_rows *rows);
void pt_rows_free(struct pt_rows *rows);

/* A group of `words` (even), all 0 in every row; NULL when there is no room at the moment. It takes
 * no lock, allocates nothing and makes no system call: recording may call it. */
uint64_t *pt_rows_take(struct pt_rows *rows, size_t words);

/* The same, but uses what was given back, and maps more when the room is used up. Takes a lock. */
uint64_t *pt_rows_make(struct pt_rows *rows, size_t words);

/* Sees to it that pt_rows_take() finds room; called by who may make system calls. */
void pt_rows_refill(struct pt_rows *rows);

/* To be called once nobody finds the group any more. Waits for those who found it before, then
 * keeps it for pt_rows_make(). */
void pt_rows_give_back(struct pt_rows *rows, uint64_t *group, size_t words);

/* Sets a group to 0, once no sequence that adds to it is in flight. */
void pt_rows_zero(const struct pt_rows *rows, uint64_t *group, size_t words);

/* The part of word `w` of a group that is row r's. */
static inline uint64_t *pt_rows_word(uint64_t *group, uint32_t row, size_t w)
{
    return (uint64_t *)(void *)((char *)group + ((size_t)row << PITOT_ROW_SHIFT_)) + w;
}

#endif
