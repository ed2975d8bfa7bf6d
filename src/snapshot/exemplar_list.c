/* SPDX-License-Identifier: MIT */
/*
 * exemplar_list.c -- the exemplars of one family, on their way into a snapshot.
 *
 * They grow in an array of their own, as nobody knows how many there are, and move to the pool when
 * the last series is through.
 */
#include "snapshot/exemplar_list.h"

#include "base/alloc.h"
#include "instrument/exemplars.h"

struct pt_exemplar_list pt_exemplar_list_start(
    const struct pt_family *family, size_t count, struct pt_pool *pool, pitot_error *err)
{
    struct pt_exemplar_list list = {
        .pool = pool, .slots = pt_exemplars_slots(family), .buckets = family->desc.bound_count + 1};

    if (!list.slots)
        return list;
    list.ends = pt_pool_alloc(pool, count * sizeof(*list.ends), err);
    list.failed = !list.ends;
    return list;
}

static bool add(struct pt_exemplar_list *list, const struct pt_record *record, uint32_t bucket,
    pitot_error *err)
{
    pitot_str labels = pt_pool_copy(list->pool, record->text, record->size, err);

    if (!labels.at ||
        !pt_grow(&list->items, list->count, &list->capacity, sizeof(*list->items), err))
        return false;
    list->items[list->count++] = (pitot_exemplar){labels, record->value, record->time, bucket};
    return true;
}

void pt_exemplar_list_read(
    struct pt_exemplar_list *list, const struct pt_series *series, pitot_error *err)
{
    struct pt_record record;
    uint32_t bucket;

    for (size_t i = 0; i < list->slots && !list->failed; i++)
        if (pt_exemplars_read(series, i, &record, &bucket))
            list->failed = !add(list, &record, bucket, err);
}

void pt_exemplar_list_match(struct pt_exemplar_list *list, const uint64_t *words)
{
    if (!list->slots || list->failed)
        return;
    size_t kept = list->series ? list->ends[list->series - 1] : 0;
    uint64_t any = 0;
    for (size_t i = 0; i < list->buckets; i++)
        any |= words[i];
    for (size_t i = kept; i < list->count; i++) {
        uint32_t bucket = list->items[i].bucket;

        /* A counter of 0 is 0 as an integer and as a double. */
        if (bucket == PITOT_EXEMPLAR_NATIVE ? any : words[bucket])
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
    list->ends[list->series++] = (uint32_t)kept;
}

bool pt_exemplar_list_finish(
    struct pt_exemplar_list *list, struct pt_family_values *values, pitot_error *err)
{
    if (list->count && !list->failed) {
        size_t size = list->count * sizeof(*list->items);
        pitot_exemplar *items = pt_pool_alloc(list->pool, size, err);

        list->failed = !items;
        if (items) {
            memcpy(items, list->items, size);
            values->exemplars = items;
            values->exemplar_ends = list->ends;
        }
    }
    pt_free(list->items);
    return !list->failed;
}
