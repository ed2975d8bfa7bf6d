/* SPDX-License-Identifier: MIT */
/*
 * batch.c -- series that were made one after the other, and their numbers, side by side.
 *
 * A family begins with a small batch and goes on with larger ones. Those of full size are whole
 * pages, of which the untouched cost nothing, so they have room for texts that are longer than
 * the first; one whose texts are longer still is closed early.
 */
#include "instrument/batch.h"

#include "base/alloc.h"
#include "instrument/column.h"
#include "instrument/exemplars.h"
#include "instrument/family.h"
#include "instrument/native.h"

#include <string.h>

#define FIRST 8 /* series of a vec's first batch */
#define SECOND 64
#define LEAST 64 /* series of one of full size, where each makes many lines on a page */

/* Start times that were current before a reset, while snapshots showed them. */
struct pt_batch_starts {
    struct pt_batch_starts *older;
    int64_t at[];
};

/* About as many as make 64 KiB of a page. */
static uint32_t full_capacity(const struct pt_desc *desc)
{
    size_t lines = pt_type_has_pairs(desc->type) ? desc->bound_count + 3 : 1, capacity = LEAST;

    while (capacity * 2 * lines <= PT_BATCH_MAX)
        capacity *= 2;
    return (uint32_t)capacity;
}

static uint32_t next_capacity(const struct pt_family *family)
{
    if (!family->desc.is_vec)
        return 1;
    if (!family->batches)
        return FIRST;
    return family->last->capacity < SECOND ? SECOND : full_capacity(&family->desc);
}

/* Recorders of the other kinds find what they need in their cells, and would be misled by zeros. On
 * shared rows a recorder looks twice. */
static bool can_empty(const struct pt_family *family, size_t taken)
{
    const struct pt_desc *desc = &family->desc;

    return taken >= PT_REGION_SMALL && desc->is_vec && !desc->native.on && !desc->exemplars &&
           family->reg->rows.ladder.rung == PT_RUNG_RSEQ;
}

static size_t aligned(size_t size)
{
    return (size + 15) & ~(size_t)15;
}

/* Where the parts of a batch are, from its front; the last is its size. */
struct plan {
    size_t cells, starts, seen, seen_s, ends, text, size, text_capacity;
};

static struct plan plan_of(const struct pt_family *family, size_t capacity, size_t text_size)
{
    struct plan plan;
    bool expires = family->desc.idle_s > 0;

    plan.text_capacity = text_size * capacity;
    if (capacity > 1) /* other texts may be longer */
        plan.text_capacity += plan.text_capacity / (capacity > SECOND ? 1 : 4);
    plan.cells = aligned(sizeof(struct pt_batch) + capacity * sizeof(struct pt_series));
    plan.starts = plan.cells + capacity * family->stride * sizeof(uint64_t);
    plan.seen = plan.starts + capacity * sizeof(int64_t);
    plan.seen_s = plan.seen + (expires ? capacity * sizeof(uint64_t) : 0);
    plan.ends = plan.seen_s + (expires ? capacity * sizeof(uint32_t) : 0);
    plan.text = plan.ends + capacity * sizeof(uint32_t);
    plan.size = plan.text + plan.text_capacity + PT_BATCH_SLACK;
    return plan;
}

static struct pt_batch *make(struct pt_family *family, size_t text_size, pitot_error *err)
{
    uint32_t capacity = next_capacity(family);
    struct plan plan = plan_of(family, capacity, text_size);
    size_t taken;
    char *at = pt_region_take(&family->reg->region, plan.size, &taken, err);

    if (!at)
        return NULL;
    pt_registry_take(family->reg, taken);
    struct pt_batch *batch = (struct pt_batch *)(void *)at;
    batch->taken = taken;
    batch->capacity = capacity;
    batch->text_capacity = (uint32_t)plan.text_capacity;
    batch->can_empty = can_empty(family, taken);
    batch->cells = (uint64_t *)(void *)(at + plan.cells);
    batch->starts = (int64_t *)(void *)(at + plan.starts);
    batch->ends = (uint32_t *)(void *)(at + plan.ends);
    batch->text = at + plan.text;
    if (family->desc.idle_s > 0) {
        batch->seen = (uint64_t *)(void *)(at + plan.seen);
        batch->seen_s = (uint32_t *)(void *)(at + plan.seen_s);
    }
    return batch;
}

struct pt_batch *pt_batch_with_room(struct pt_family *family, size_t text_size, pitot_error *err)
{
    struct pt_batch *last = family->last;

    if (last && last->made < last->capacity && text_size <= last->text_capacity - last->text_used)
        return last;
    struct pt_batch *batch = make(family, text_size, err);
    if (!batch)
        return NULL;
    if (last)
        last->next = batch;
    else
        family->batches = batch;
    family->last = batch;
    return batch;
}

struct pt_series *pt_batch_next(
    struct pt_batch *batch, size_t stride, size_t block_end, char **text)
{
    size_t i = batch->made;
    struct pt_series *series = &batch->series[i];

    memset(series, 0, sizeof(*series)); /* one before it may have failed half way */
    memset(batch->cells + i * stride, 0, stride * sizeof(uint64_t));
    __atomic_fetch_and(&batch->marks[i / 64], ~(UINT64_C(1) << (i % 64)), __ATOMIC_RELAXED);
    *text = batch->text + batch->text_used;
    batch->ends[i] = batch->text_used + (uint32_t)block_end;
    series->cold = stride ? batch->cells + i * stride : NULL;
    series->batch = batch;
    return series;
}

void pt_batch_keep(struct pt_batch *batch, size_t text_size)
{
    batch->text_used += (uint32_t)text_size;
    batch->made++;
    batch->live++;
}

static void forget_shown(struct pt_batch *batch)
{
    pt_column_unref(batch->shown);
    batch->shown = NULL;
}

void pt_batch_lose(struct pt_batch *batch)
{
    batch->live--;
    forget_shown(batch);
}

/* ---- Start times ---- */

static void free_copies(struct pt_batch_starts **from)
{
    while (*from) {
        struct pt_batch_starts *copy = *from;

        *from = copy->older;
        pt_free(copy);
    }
}

static bool is_pinned(const struct pt_batch *batch)
{
    return atomic_load_explicit(&batch->pins, memory_order_acquire) > 0;
}

/* Copies the starts when a snapshot shows them; false without memory. */
static bool unshare_starts(struct pt_batch *batch)
{
    if (!is_pinned(batch)) {
        if (batch->copies)
            free_copies(&batch->copies->older);
        return true;
    }
    struct pt_batch_starts *copy =
        pt_alloc(sizeof(*copy) + batch->capacity * sizeof(copy->at[0]), NULL);
    if (!copy)
        return false;
    memcpy(copy->at, batch->starts, batch->made * sizeof(copy->at[0]));
    copy->older = batch->copies;
    batch->copies = copy;
    batch->starts = copy->at;
    return true;
}

void pt_batch_set_start(struct pt_series *series, int64_t start)
{
    struct pt_batch *batch = series->batch;

    forget_shown(batch);
    if (unshare_starts(
            batch)) /* else it seems to go on from before: better than to show too late */
        batch->starts[pt_batch_index(batch, series)] = start;
}

/* ---- The end ---- */

/* Whether nobody will need it again: all its series are gone, and there will be no others. */
static bool is_over(const struct pt_family *family, const struct pt_batch *batch)
{
    return batch->can_empty && batch->live == 0 &&
           (batch != family->last || batch->made == batch->capacity) && !is_pinned(batch);
}

void pt_batch_reap(struct pt_family *family)
{
    struct pt_batch **link = &family->batches, *before = NULL;
    size_t over = 0;

    while (family->over > 0 && family->readers == 0 && *link) {
        struct pt_batch *batch = *link;
        size_t taken = batch->taken;

        if (!is_over(family, batch)) {
            over += batch->can_empty && batch->live == 0;
            before = batch;
            link = &batch->next;
            continue;
        }
        *link = batch->next;
        if (family->last == batch)
            family->last = before;
        free_copies(&batch->copies);
        pt_region_empty(batch, taken);
        pt_registry_release(family->reg, taken);
    }
    family->over = over;
}

void pt_batch_close(struct pt_family *family)
{
    for (struct pt_batch *batch = family->batches; batch; batch = batch->next) {
        forget_shown(batch);
        free_copies(&batch->copies);
    }
}
