/* SPDX-License-Identifier: MIT */
/*
 * region.c -- address space that is handed out once.
 *
 * Chunks are private mappings that the kernel populates page by page; they grow with the region, so
 * that a small registry reserves little. Pieces are cut from the front.
 */
#include "storage/region.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"

#include <sys/mman.h>

#define PAGE ((size_t)4096) /* a larger page of the machine only makes emptying do less */
#define ALIGNMENT ((size_t)64)
#define SMALL_PAGES_SIZE (4 * PAGE)
#define CHUNK_SIZE_MIN ((size_t)64 << 10)
#define CHUNK_SIZE_MAX ((size_t)4 << 20)

/* What the pieces point to is on the heap: a leak checker in the host has to know where to look. */
__attribute__((weak)) void __lsan_register_root_region(const void *at, size_t size);
__attribute__((weak)) void __lsan_unregister_root_region(const void *at, size_t size);

void pt_region_start(struct pt_region *region)
{
    *region = (struct pt_region){0};
    pt_lock_start(&region->lock);
}

void pt_region_free(struct pt_region *region)
{
    while (region->chunks) {
        struct pt_region_chunk *chunk = region->chunks;

        region->chunks = chunk->older;
        if (__lsan_unregister_root_region)
            __lsan_unregister_root_region(chunk->base, chunk->size);
        pt_sys_munmap(chunk->base, chunk->size);
        pt_free(chunk);
    }
    pt_lock_end(&region->lock);
}

static struct pt_region_chunk *add_chunk(struct pt_region *region, size_t least, pitot_error *err)
{
    size_t size = CHUNK_SIZE_MIN;

    while (size < CHUNK_SIZE_MAX && size < region->reserved)
        size *= 2;
    size = size < least ? least : size;
    struct pt_region_chunk *chunk = pt_alloc(sizeof(*chunk), err);
    if (!chunk)
        return NULL;
    void *base = pt_sys_mmap(
        NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED) {
        pt_free(chunk);
        pt_fail(err, PITOT_ENOMEM, "out of memory: %zu bytes of address space", size);
        return NULL;
    }
    if (__lsan_register_root_region)
        __lsan_register_root_region(base, size);
    *chunk = (struct pt_region_chunk){.older = region->chunks, .base = base, .size = size};
    region->chunks = chunk;
    region->reserved += size;
    return chunk;
}

/* Under the lock. */
static char *take_pages(struct pt_region *region, size_t size, pitot_error *err)
{
    struct pt_region_chunk *chunk = region->chunks;

    if (!chunk || chunk->size - chunk->used < size)
        chunk = add_chunk(region, size, err);
    if (!chunk)
        return NULL;
    chunk->used += size;
    return chunk->base + chunk->used - size;
}

/* Under the lock. */
static char *take_small(struct pt_region *region, size_t size, pitot_error *err)
{
    if ((size_t)(region->small_end - region->small) < size) {
        char *pages = take_pages(region, SMALL_PAGES_SIZE, err);

        if (!pages)
            return NULL;
        region->small = pages;
        region->small_end = pages + SMALL_PAGES_SIZE;
    }
    region->small += size;
    return region->small - size;
}

void *pt_region_take(struct pt_region *region, size_t size, size_t *taken, pitot_error *err)
{
    size_t unit = size < PT_REGION_SMALL ? ALIGNMENT : PAGE;

    if (size > SIZE_MAX - PAGE) {
        pt_fail(err, PITOT_ENOMEM, "out of memory: %zu bytes", size);
        return NULL;
    }
    *taken = (size + unit - 1) & ~(unit - 1);
    pt_lock_take(&region->lock);
    void *piece = unit == PAGE ? take_pages(region, *taken, err) : take_small(region, *taken, err);
    pt_lock_give(&region->lock);
    return piece;
}

void pt_region_empty(void *piece, size_t taken)
{
    pt_sys_madvise(piece, taken, MADV_DONTNEED);
}
