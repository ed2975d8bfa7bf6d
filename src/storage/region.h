/* SPDX-License-Identifier: MIT */
/*
 * region.h -- address space that is handed out once.
 *
 * A piece that has been handed out is readable and writable until the region goes, whoever still
 * has its address. Emptying one gives its memory back to the kernel and keeps the address: it reads
 * as zeros from then on and is never handed out again. So memory can be reclaimed from under
 * readers that nobody can wait for, as long as zeros do not mislead them.
 */
#ifndef PT_STORAGE_REGION_H
#define PT_STORAGE_REGION_H

#include "base/lock.h"

struct pt_region_chunk {
    struct pt_region_chunk *older;
    char *base;
    size_t size, used;
};

struct pt_region {
    struct pt_lock lock;            /* innermost: nothing is locked inside it */
    struct pt_region_chunk *chunks; /* newest first; only the newest has room */
    char *small, *small_end;        /* the rest of the pages that small pieces are cut from */
    size_t reserved;                /* bytes of address space, all chunks */
};

#define PT_REGION_SMALL 4096 /* pieces below that share pages and cannot be emptied */

void pt_region_start(struct pt_region *region);
void pt_region_free(struct pt_region *region);

/* `size` bytes, all 0, aligned to 64 bytes; from PT_REGION_SMALL on a whole number of pages, which
 * `*taken` tells. NULL and PITOT_ENOMEM when there is no address space. */
void *pt_region_take(struct pt_region *region, size_t size, size_t *taken, pitot_error *err);

/* Gives back the memory of a piece of at least PT_REGION_SMALL bytes; `taken` is what
 * pt_region_take() told. */
void pt_region_empty(void *piece, size_t taken);

#endif
