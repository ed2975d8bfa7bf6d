/* SPDX-License-Identifier: MIT */
/*
 * table.c -- finding a child without a lock: the writer's side. Writers hold the owner's lock.
 *
 * A segment starts small and doubles up to SEGMENT_SLOTS; from then on it is split by one more bit
 * of the hash. Either way its items go to a new array, or to two, which the directory is pointed
 * to; the old array stays as it was until `moves` has changed, and then is spare.
 *
 * Invariant: at least a quarter of the slots of a segment is free, so every probe ends. A segment
 * of depth d is in every entry of the directory whose lower d bits are those of its items.
 */
#include "instrument/table.h"

#include "base/error.h"

#define SLOTS_FIRST 8
#define SEGMENT_SLOTS 2048 /* a family of the default cap is one segment */
#define REMOVED 1u         /* a slot whose item was taken out, and that others are found behind */
#define FAR 7u             /* from the start: this far or farther */
#define MASK_MAX 65535u    /* of slots and of the directory: 16 bits of the hash each */
#define ENTRIES_MAX 4      /* of the directory per segment; random hashes need 2 */

struct pt_block {
    struct pt_block *older;
};

struct pt_segment {
    struct pt_block block;
    struct pt_segment *spare;
    uint32_t mask;
    uint32_t depth; /* bits of the hash that all its items have in common */
    uint32_t used;  /* slots that are not free, given-back ones included */
    uint32_t live;  /* items that are in */
    _Atomic(uint64_t) slots[];
};

struct pt_directory {
    struct pt_block block;
    _Atomic(pt_table_ref) entries[];
};

static void *new_block(struct pt_table *table, size_t size, pitot_error *err)
{
    struct pt_block *block = pt_alloc_zero(size, err);

    if (!block)
        return NULL;
    if (((uint64_t)(uintptr_t)block + size) & ~PT_REF_ADDRESS) {
        pt_free(block);
        pt_fail(err, PITOT_ENOMEM, "the allocator returned an address of more than 48 bits");
        return NULL;
    }
    block->older = table->blocks;
    table->blocks = block;
    return block;
}

static pt_table_ref ref_of(const _Atomic(uint64_t) *words, uint64_t mask)
{
    return mask << 48 | (uint64_t)(uintptr_t)words;
}

static struct pt_segment *segment_of(const struct pt_table *table, uint32_t hash)
{
    pt_table_ref directory = atomic_load_explicit(&table->directory, memory_order_relaxed);
    char *slots = (char *)pt_table_words(atomic_load_explicit(
        &pt_table_words(directory)[hash >> 16 & directory >> 48], memory_order_relaxed));

    return (struct pt_segment *)(void *)(slots - offsetof(struct pt_segment, slots));
}

static void place(struct pt_segment *in, size_t start, uint64_t tag, const void *item)
{
    uint64_t before, away = 0;
    size_t at = start & in->mask;

    while (before = atomic_load_explicit(&in->slots[at], memory_order_relaxed),
        before != 0 && before != REMOVED) {
        at = (at + 1) & in->mask;
        away += away < FAR;
    }
    /* Pairs with the acquire in pt_probe_next: who sees the slot sees the item whole. */
    atomic_store_explicit(
        &in->slots[at], tag << 48 | (uint64_t)(uintptr_t)item | away, memory_order_release);
    in->used += before == 0;
    in->live++;
}

/* An empty segment, the newest spare one if that fits. A reader that is still in there and sees one
 * of these stores, or a later one, sees that `moves` has changed before. */
static struct pt_segment *new_segment(
    struct pt_table *table, uint32_t mask, uint32_t depth, pitot_error *err)
{
    struct pt_segment *segment = table->spare;

    if (segment && segment->mask == mask) {
        table->spare = segment->spare;
        for (size_t i = 0; i <= mask; i++)
            atomic_store_explicit(&segment->slots[i], 0, memory_order_release);
    } else {
        segment = new_block(
            table, sizeof(*segment) + (mask + (size_t)1) * sizeof(segment->slots[0]), err);
        if (!segment)
            return NULL;
    }
    segment->spare = NULL;
    segment->mask = mask;
    segment->depth = depth;
    segment->used = segment->live = 0;
    return segment;
}

static void put_aside(struct pt_table *table, struct pt_segment *segment)
{
    segment->spare = table->spare;
    table->spare = segment;
}

/* Only items that are far from their start, or go to a segment of another size, are read. */
static void move_items(const struct pt_segment *old, struct pt_segment *const to[2],
    uint32_t (*hash_of)(const void *item))
{
    bool same = to[0]->mask == old->mask;

    for (size_t i = 0; i <= old->mask; i++) {
        uint64_t word = atomic_load_explicit(&old->slots[i], memory_order_relaxed);
        uint64_t away = word & FAR, tag = word >> 48;
        const void *item = pt_slot_item(word);

        if (item)
            place(to[tag >> old->depth & 1], same && away < FAR ? i - away : hash_of(item), tag,
                item);
    }
}

/* Puts two segments, or twice the same one, in the place of the one where `hash` belongs. */
static void replace(struct pt_table *table, uint32_t hash, struct pt_segment *old,
    struct pt_segment *const by[2], uint32_t (*hash_of)(const void *item))
{
    pt_table_ref directory = atomic_load_explicit(&table->directory, memory_order_relaxed);
    size_t step = (size_t)1 << old->depth;

    move_items(old, by, hash_of);
    for (size_t i = hash >> 16 & (step - 1); i <= directory >> 48; i += step) {
        struct pt_segment *now = by[i >> old->depth & 1];

        atomic_store_explicit(
            &pt_table_words(directory)[i], ref_of(now->slots, now->mask), memory_order_release);
    }
    atomic_fetch_add_explicit(&table->moves, 1, memory_order_release);
    put_aside(table, old);
}

static bool resize(struct pt_table *table, uint32_t hash, struct pt_segment *old, uint32_t mask,
    uint32_t (*hash_of)(const void *item), pitot_error *err)
{
    struct pt_segment *by = new_segment(table, mask, old->depth, err);

    if (by)
        replace(table, hash, old, (struct pt_segment *const[2]){by, by}, hash_of);
    return by != NULL;
}

/* The old directory stays for readers; it shows them segments that may since have been replaced. */
static bool double_directory(struct pt_table *table, pitot_error *err)
{
    pt_table_ref old = atomic_load_explicit(&table->directory, memory_order_relaxed);
    size_t count = (size_t)(old >> 48) + 1;
    struct pt_directory *bigger =
        new_block(table, sizeof(*bigger) + 2 * count * sizeof(bigger->entries[0]), err);

    if (!bigger)
        return false;
    for (size_t i = 0; i < 2 * count; i++)
        atomic_store_explicit(&bigger->entries[i],
            atomic_load_explicit(&pt_table_words(old)[i & (count - 1)], memory_order_relaxed),
            memory_order_relaxed);
    atomic_store_explicit(
        &table->directory, ref_of(bigger->entries, 2 * count - 1), memory_order_release);
    return true;
}

static bool split(struct pt_table *table, uint32_t hash, struct pt_segment *old,
    uint32_t (*hash_of)(const void *item), pitot_error *err)
{
    struct pt_segment *low = new_segment(table, old->mask, old->depth + 1, err);
    struct pt_segment *high = low ? new_segment(table, old->mask, old->depth + 1, err) : NULL;

    if (low && !high)
        put_aside(table, low);
    if (!high)
        return false;
    replace(table, hash, old, (struct pt_segment *const[2]){low, high}, hash_of);
    table->segments++;
    return true;
}

static bool start(struct pt_table *table, pitot_error *err)
{
    struct pt_segment *segment = new_segment(table, SLOTS_FIRST - 1, 0, err);

    if (!segment)
        return false;
    table->segments = 1;
    /* A reader may look here before there is a directory. */
    atomic_store_explicit(
        &table->first, ref_of(segment->slots, segment->mask), memory_order_release);
    atomic_store_explicit(&table->directory, ref_of(&table->first, 0), memory_order_release);
    return true;
}

/* Whether the directory is large enough to tell the halves of a segment apart, or may become so.
 * Hashes that agree in many bits must not blow it up: their segment grows instead. */
static bool can_split(const struct pt_table *table, const struct pt_segment *segment)
{
    size_t mask = (size_t)(atomic_load_explicit(&table->directory, memory_order_relaxed) >> 48);

    return mask >> segment->depth ||
           (mask < MASK_MAX && 2 * (mask + 1) <= ENTRIES_MAX * table->segments);
}

static bool make_room(struct pt_table *table, uint32_t hash, struct pt_segment *full,
    uint32_t (*hash_of)(const void *item), pitot_error *err)
{
    size_t count = full->mask + (size_t)1;

    /* Much of it was taken out: it is enough to sweep. */
    if (full->live * (size_t)8 <= count * 5)
        return resize(table, hash, full, full->mask, hash_of, err);
    if (count >= SEGMENT_SLOTS && can_split(table, full)) {
        pt_table_ref directory = atomic_load_explicit(&table->directory, memory_order_relaxed);

        return (directory >> 48 >> full->depth || double_directory(table, err)) &&
               split(table, hash, full, hash_of, err);
    }
    if (full->mask == MASK_MAX)
        return pt_fail(err, PITOT_ENOMEM, "%u children whose hashes agree", full->live);
    return resize(table, hash, full, full->mask * 2 + 1, hash_of, err);
}

bool pt_table_add(struct pt_table *table, uint64_t hash, void *item,
    uint32_t (*hash_of)(const void *item), pitot_error *err)
{
    uint32_t low = (uint32_t)hash;

    if ((uint64_t)(uintptr_t)item & ~PT_SLOT_POINTER)
        return pt_fail(err, PITOT_ENOMEM, "the allocator returned an address of more than 48 bits");
    if (!table->segments && !start(table, err))
        return false;
    struct pt_segment *segment = segment_of(table, low);
    for (; segment->used >= segment->mask - segment->mask / 4; segment = segment_of(table, low))
        if (!make_room(table, low, segment, hash_of, err))
            return false;
    place(segment, low, low >> 16, item);
    return true;
}

/* Frees the slot, and the given-back ones before it, if it ends a run: no probe for another item
 * comes past it. */
static void give_back(struct pt_segment *in, size_t at)
{
    if (atomic_load_explicit(&in->slots[(at + 1) & in->mask], memory_order_relaxed) != 0) {
        atomic_store_explicit(&in->slots[at], REMOVED, memory_order_release);
        return;
    }
    do {
        atomic_store_explicit(&in->slots[at], 0, memory_order_release);
        in->used--;
        at = (at - 1) & in->mask;
    } while (atomic_load_explicit(&in->slots[at], memory_order_relaxed) == REMOVED);
}

void pt_table_remove(struct pt_table *table, uint32_t hash, const void *item)
{
    struct pt_segment *in = segment_of(table, hash);
    size_t at = hash & in->mask;
    uint64_t word;

    while ((word = atomic_load_explicit(&in->slots[at], memory_order_relaxed)) != 0) {
        if (pt_slot_item(word) == item) {
            give_back(in, at);
            in->live--;
            return;
        }
        at = (at + 1) & in->mask;
    }
}

void pt_table_free(struct pt_table *table)
{
    struct pt_block *block = table->blocks;

    *table = (struct pt_table){0};
    while (block) {
        struct pt_block *older = block->older;

        pt_free(block);
        block = older;
    }
}
