/* SPDX-License-Identifier: MIT */
/*
 * snapshot.c -- everything, frozen at one moment.
 *
 * A part is filled by one thread and shared once it is full; a snapshot is sealed once and never
 * changes after that. Both go with their last reference.
 */
#include "snapshot/snapshot.h"

#include "base/alloc.h"
#include "instrument/column.h"
#include "instrument/registry.h"

#include <string.h>

struct pt_part *pt_part_new(pitot_error *err)
{
    struct pt_part *part = pt_alloc_zero(sizeof(*part), err);

    if (part)
        atomic_init(&part->refs, 1);
    return part;
}

void pt_part_ref(struct pt_part *part)
{
    atomic_fetch_add_explicit(&part->refs, 1, memory_order_relaxed); /* the caller holds one */
}

void pt_part_unref(struct pt_part *part)
{
    /* Release what we read of the part; acquire what others did before it goes. */
    if (!part || atomic_fetch_sub_explicit(&part->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < part->column_count; i++)
        pt_column_unref(part->columns[i]);
    pt_free(part->columns);
    pt_pool_free(&part->pool);
    pt_free(part->families);
    pt_free(part);
}

struct pt_family_values *pt_part_family(struct pt_part *part, pitot_error *err)
{
    if (!pt_grow(&part->families, part->count, &part->capacity, sizeof(*part->families), err))
        return NULL;
    struct pt_family_values *family = &part->families[part->count++];
    memset(family, 0, sizeof(*family));
    return family;
}

struct pt_column *pt_part_hold(struct pt_part *part, struct pt_column *column, pitot_error *err)
{
    if (!column)
        return NULL;
    if (!pt_grow(&part->columns, part->column_count, &part->column_capacity, sizeof(*part->columns),
            err)) {
        pt_column_unref(column);
        return NULL;
    }
    part->columns[part->column_count++] = column;
    return column;
}

pitot_snapshot *pt_snapshot_new(pitot_error *err)
{
    return pt_alloc_zero(sizeof(pitot_snapshot), err);
}

bool pt_snapshot_add(pitot_snapshot *snap, struct pt_part *part, pitot_error *err)
{
    if (!pt_grow(&snap->parts, snap->part_count, &snap->part_capacity, sizeof(*snap->parts), err))
        return false;
    pt_part_ref(part);
    snap->parts[snap->part_count++] = part;
    return true;
}

static bool is_before(const struct pt_family_values *a, const struct pt_family_values *b)
{
    size_t common = a->name.size < b->name.size ? a->name.size : b->name.size;
    int order = memcmp(a->name.at, b->name.at, common);

    if (order == 0 && a->name.size == b->name.size)
        return a < b; /* one family in several of these: they stand side by side in their part */
    return order < 0 || (order == 0 && a->name.size < b->name.size);
}

/* Heap sort: in place, and no worse for input that is sorted already. */
static void sift_down(const struct pt_family_values **items, size_t root, size_t count)
{
    for (size_t child; (child = root * 2 + 1) < count; root = child) {
        const struct pt_family_values *item = items[root];

        if (child + 1 < count && is_before(items[child], items[child + 1]))
            child++;
        if (!is_before(item, items[child]))
            return;
        items[root] = items[child];
        items[child] = item;
    }
}

static void sort(const struct pt_family_values **items, size_t count)
{
    for (size_t i = count / 2; i-- > 0;)
        sift_down(items, i, count);
    for (size_t last = count; last-- > 1;) {
        const struct pt_family_values *largest = items[0];

        items[0] = items[last];
        items[last] = largest;
        sift_down(items, 0, last);
    }
}

static bool find_starts(pitot_snapshot *snap, pitot_error *err)
{
    size_t n = 0;

    snap->starts = pt_alloc((snap->family_count - snap->continued + 1) * sizeof(size_t), err);
    snap->before = pt_alloc(snap->family_count * sizeof(size_t), err);
    if (!snap->starts || !snap->before)
        return false;
    for (size_t i = 0; i < snap->family_count; i++) {
        bool goes_on = pt_family_continues(snap, i);

        if (!goes_on)
            snap->starts[n++] = i;
        snap->before[i] = goes_on ? snap->before[i - 1] + snap->families[i - 1]->series_count : 0;
    }
    snap->starts[n] = snap->family_count;
    return true;
}

bool pt_snapshot_seal(pitot_snapshot *snap, pitot_error *err)
{
    size_t count = 0;

    for (size_t i = 0; i < snap->part_count; i++)
        count += snap->parts[i]->count;
    snap->families = pt_alloc(count * sizeof(*snap->families), err);
    if (!snap->families)
        return false;
    for (size_t i = 0; i < snap->part_count; i++)
        for (size_t j = 0; j < snap->parts[i]->count; j++)
            snap->families[snap->family_count++] = &snap->parts[i]->families[j];
    sort(snap->families, snap->family_count);
    return pt_snapshot_index(snap, err);
}

bool pt_snapshot_index(pitot_snapshot *snap, pitot_error *err)
{
    for (size_t i = 0; i < snap->family_count; i++)
        snap->continued += pt_family_continues(snap, i);
    return snap->continued == 0 || find_starts(snap, err);
}

void pitot_snapshot_free(pitot_snapshot *snap)
{
    if (!snap)
        return;
    for (size_t i = 0; i < snap->part_count; i++)
        pt_part_unref(snap->parts[i]);
    pt_free(snap->parts);
    pt_free(snap->families);
    pt_free(snap->starts);
    pt_free(snap->before);
    if (snap->reg)
        pt_registry_unref(snap->reg);
    pt_free(snap);
}

size_t pitot_snapshot_series_count(const pitot_snapshot *snap)
{
    size_t count = 0;

    for (size_t i = 0; snap && i < snap->family_count; i++)
        count += snap->families[i]->series_count;
    return count;
}
