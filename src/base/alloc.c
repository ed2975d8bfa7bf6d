/* SPDX-License-Identifier: MIT */
/*
 * alloc.c -- the only way to memory.
 *
 * One allocator for the whole library, malloc until the host chooses another. It is written once,
 * before anything is allocated, and only read from then on; that is why it needs no lock.
 */
#include "base/alloc.h"

#include "base/error.h"
#include "base/sys.h"

#include <stdlib.h>
#include <string.h>

static void *allocate_malloc(void *ctx, size_t size)
{
    (void)ctx;
    return malloc(size);
}

static void *reallocate_malloc(void *ctx, void *block, size_t size)
{
    (void)ctx;
    return realloc(block, size);
}

static void release_malloc(void *ctx, void *block)
{
    (void)ctx;
    free(block);
}

static pitot_allocator in_force = {
    .allocate = allocate_malloc,
    .reallocate = reallocate_malloc,
    .release = release_malloc,
};

void pt_alloc_use(const pitot_allocator *allocator)
{
    static const pitot_allocator with_malloc = {
        .allocate = allocate_malloc,
        .reallocate = reallocate_malloc,
        .release = release_malloc,
    };

    in_force = allocator ? *allocator : with_malloc;
}

pitot_allocator pt_alloc_in_force(void)
{
    return in_force;
}

void *pt_alloc(size_t size, pitot_error *err)
{
    void *block = pt_sys_alloc() ? in_force.allocate(in_force.ctx, size ? size : 1) : NULL;

    if (!block)
        pt_fail(err, PITOT_ENOMEM, "out of memory: %zu bytes", size);
    return block;
}

void *pt_alloc_zero(size_t size, pitot_error *err)
{
    void *block = pt_alloc(size, err);

    if (block)
        memset(block, 0, size);
    return block;
}

void *pt_realloc(void *block, size_t size, pitot_error *err)
{
    void *moved = pt_sys_alloc() ? in_force.reallocate(in_force.ctx, block, size ? size : 1) : NULL;

    if (!moved)
        pt_fail(err, PITOT_ENOMEM, "out of memory: %zu bytes", size);
    return moved;
}

void pt_free(void *block)
{
    if (block)
        in_force.release(in_force.ctx, block);
}

char *pt_strdup(const char *text, pitot_error *err)
{
    if (!text)
        return NULL;

    size_t size = strlen(text) + 1;
    char *copy = pt_alloc(size, err);

    if (copy)
        memcpy(copy, text, size);
    return copy;
}

bool pt_grow(void *items_ref, size_t count, size_t *capacity, size_t item_size, pitot_error *err)
{
    void *items;
    size_t wanted = *capacity ? *capacity * 2 : 8;

    if (count < *capacity)
        return true;
    if (wanted > SIZE_MAX / 2 / item_size) {
        pt_fail(err, PITOT_ENOMEM, "out of memory: %zu items", wanted);
        return false;
    }
    memcpy(&items, items_ref, sizeof(items));
    items = pt_realloc(items, wanted * item_size, err);
    if (!items)
        return false;
    memcpy(items_ref, &items, sizeof(items));
    *capacity = wanted;
    return true;
}
