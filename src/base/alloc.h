/* SPDX-License-Identifier: MIT */
/* alloc.h -- the only way to memory. Everything goes through the allocator the host chose. */
#ifndef PT_BASE_ALLOC_H
#define PT_BASE_ALLOC_H

#include <pitot/pitot.h>

/* NULL and PITOT_ENOMEM in `err` when there is none. `size` may be 0 for pt_realloc only. */
void *pt_alloc(size_t size, pitot_error *err);
void *pt_alloc_zero(size_t size, pitot_error *err);

/* The block keeps its old size and place when this fails. */
void *pt_realloc(void *block, size_t size, pitot_error *err);

void pt_free(void *block);

/* A copy that ends in NUL; NULL for a NULL `text` too, without an error. */
char *pt_strdup(const char *text, pitot_error *err);

/* Grows an array of `count` items to hold one more, doubling its capacity. False on failure. */
bool pt_grow(void *items_ref, size_t count, size_t *capacity, size_t item_size, pitot_error *err);

/* Replaces the allocator; NULL restores malloc. Each shared object of this library has its own copy
 * of this file: libpitot's follows pitot_allocator_set(), the others take over libpitot's. */
void pt_alloc_use(const pitot_allocator *allocator);
pitot_allocator pt_alloc_in_force(void);

#endif
