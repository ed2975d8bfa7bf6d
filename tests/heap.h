/* SPDX-License-Identifier: MIT */
/*
 * heap.h -- an allocator that fails on demand and knows what is not given back, for one thread.
 *
 * `pitot_allocator_set(&heap_allocator)` before anything else of the library, or pt_alloc_use() for
 * as long as what is made with it; then heap_fail().
 */
#ifndef PITOT_TESTS_HEAP_H
#define PITOT_TESTS_HEAP_H

#include <pitot/pitot.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

static struct {
    size_t calls;
    size_t fails_at; /* the number of the call that fails; 0 for none */
    bool for_ever;   /* that one and all after it */
    size_t failures;
    size_t live;
} heap;

/* From now on the n-th call fails, and all after it if `for_ever`; none if n is 0. */
static inline void heap_fail(size_t n, bool for_ever)
{
    heap.calls = heap.failures = 0;
    heap.fails_at = n;
    heap.for_ever = for_ever;
}

static bool heap_fails_now(void)
{
    heap.calls++;
    bool fails = heap.fails_at &&
                 (heap.for_ever ? heap.calls >= heap.fails_at : heap.calls == heap.fails_at);
    heap.failures += fails;
    return fails;
}

static void *heap_allocate(void *ctx, size_t size)
{
    (void)ctx;
    if (heap_fails_now())
        return NULL;
    heap.live++;
    return malloc(size);
}

static void *heap_reallocate(void *ctx, void *block, size_t size)
{
    (void)ctx;
    if (heap_fails_now())
        return NULL;
    heap.live += block == NULL;
    return realloc(block, size);
}

static void heap_release(void *ctx, void *block)
{
    (void)ctx;
    heap.live -= block != NULL;
    free(block);
}

static const pitot_allocator heap_allocator = {heap_allocate, heap_reallocate, heap_release, NULL};

#endif
