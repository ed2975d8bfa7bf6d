/* SPDX-License-Identifier: MIT */
/*
 * family.c -- one name and its series.
 *
 * Invariant: a series that lies in a batch is in the table exactly when it has not been removed,
 * but for the overflow child: no label set finds it. Finding a child takes no lock; making and
 * removing one take the family's. Who looks for a child may meet one that has been removed, whose
 * memory may read as zeros by then; it takes it for another and looks again under the lock.
 */
#include "instrument/family.h"

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/fork.h"
#include "instrument/batch.h"
#include "instrument/exemplars.h"
#include "instrument/expiry.h"
#include "instrument/guide.h"
#include "instrument/labels.h"
#include "instrument/native.h"
#include "instrument/stateset.h"

#include <string.h>

#define OVERFLOW_VALUE "__overflow__"

static pitot_registry registry_of_none = {
    .lock = PT_LOCK_INITIALIZER, .rows = {.ladder = {.rung = PT_RUNG_SINGLE}}};

struct pt_family pt_family_of_none = {
    .reg = &registry_of_none, .lock = PT_LOCK_INITIALIZER, .idle = PTHREAD_COND_INITIALIZER};

/* Even, so that a bucket's pair stays aligned wherever its group is. */
static size_t words_of(const struct pt_desc *desc)
{
    if (desc->type == PITOT_INFO)
        return 0;
    if (desc->native.on)
        return pt_native_words(desc);
    return desc->type == PITOT_HISTOGRAM ? (desc->bound_count + 1) * 2 : 2;
}

/* No two families, in any registry of this process, ever have the same epoch. */
static uint64_t new_epoch(void)
{
    static _Atomic(uint64_t) last;

    return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

struct pt_family *pt_family_new(struct pitot_registry *reg, pitot_type type, bool is_vec,
    const pitot_desc *desc, pitot_error *err)
{
    struct pt_family *family = pt_alloc_zero(sizeof(*family), err);
    pitot_error failure = {0};

    if (!family)
        return NULL;
    family->reg = reg;
    pt_lock_start(&family->lock);
    pthread_cond_init(&family->idle, NULL);
    family->process = pt_fork_process();
    if (!pt_desc_copy(&family->desc, &family->pool, type, is_vec, desc, err)) {
        pt_family_free(family);
        return NULL;
    }
    family->word_count = words_of(&family->desc);
    if (family->desc.exemplars)
        pt_exemplars_plan(family);
    family->stride = family->word_count + pt_exemplars_words(family);
    family->face.epoch = new_epoch();
    if (pt_type_has_pairs(type) && !family->desc.native.on)
        family->face.guide = pt_guide_new(&family->pool, family->desc.bounds,
            type == PITOT_HISTOGRAM ? family->desc.bound_count : 0, &failure);
    if (failure.code) {
        pt_fail(err, failure.code, "%s", failure.message);
        pt_family_free(family);
        return NULL;
    }
    return family;
}

void pt_family_free(struct pt_family *family)
{
    if (!family)
        return;
    for (struct pt_batch *batch = family->batches; batch && family->desc.native.on;
         batch = batch->next)
        for (size_t i = 0; i < batch->made; i++)
            pt_window_clear(pt_series_native(&batch->series[i])->window, 0);
    pt_batch_close(family);
    pt_table_free(&family->table);
    pt_order_free(&family->order);
    pt_pool_free(&family->pool);
    if (family->process == pt_fork_process()) /* or it would wait for threads of the parent */
        pthread_cond_destroy(&family->idle);
    pt_lock_end(&family->lock);
    pt_free(family);
}

/* What threads of the parent were doing has ended here. */
static void forget_threads(struct pt_family *family)
{
    pthread_cond_init(&family->idle, NULL);
    family->reading = 0;
    family->readers = 0;
    family->process = pt_fork_process();
}

bool pt_family_lock(struct pt_family *family)
{
    if (!pt_lock_may(&family->lock, NULL))
        return false;
    pt_lock_take(&family->lock);
    if (family->process != pt_fork_process())
        forget_threads(family);
    return true;
}

void pt_family_unlock(struct pt_family *family)
{
    pt_lock_give(&family->lock);
}

/* In front of a block stand the sizes of its values, as they are escaped: 16 bits each, unaligned.
 */
static void write_sizes(const struct pt_desc *desc, char *to, const char *block)
{
    const char *at = block + desc->const_labels.size;

    for (size_t i = 0; i < desc->label_count; i++) {
        const char *start = at + desc->label_prefixes[i].size;

        for (at = start; *at != '"'; at++)
            at += *at == '\\';
        uint16_t size = (uint16_t)(at++ - start);
        memcpy(to + i * sizeof(size), &size, sizeof(size));
    }
}

/* The last step fails or succeeds as a whole: who fails leaves the room that the series had. */
static bool start_series(struct pt_series *series, pitot_error *err)
{
    struct pt_family *family = pt_series_family(series);

    if (family->desc.native.on && !pt_native_start(series, err))
        return false;
    if (pt_type_accumulates(family->desc.type))
        pt_batch_set_start(series, pt_clock_unix_ns());
    else
        series->hot.row = series->cold; /* the last set wins: there is one cell, for all */
    if (pt_type_accumulates(family->desc.type) && !family->desc.is_vec)
        pt_series_promote(series);
    return true;
}

/* Makes a series; keep_series() puts it into the family. Under the family's lock, or before it is
 * shared. */
static struct pt_series *make_series(
    struct pt_family *family, pitot_str block, uint64_t hash, pitot_error *err)
{
    size_t sizes = family->desc.label_count * sizeof(uint16_t);
    size_t states = pt_stateset_text_size(&family->desc, block);
    struct pt_batch *batch = pt_batch_with_room(family, sizes + block.size + states, err);
    char *text;

    if (!batch)
        return NULL;
    struct pt_series *series = pt_batch_next(batch, family->stride, sizes + block.size, &text);
    if (block.size)
        memcpy(text + sizes, block.at, block.size);
    write_sizes(&family->desc, text, text + sizes);
    pt_stateset_write_text(&family->desc, block, text + sizes + block.size);
    series->hot.family = &family->face;
    series->hot.flags = pt_labels_escaped(block) ? PT_SERIES_ESCAPED : 0;
    series->labels = text + sizes;
    series->labels_size = (uint32_t)block.size;
    series->hash = (uint32_t)hash;
    return start_series(series, err) ? series : NULL;
}

static void keep_series(struct pt_family *family, struct pt_series *series)
{
    size_t states =
        pt_stateset_text_size(&family->desc, (pitot_str){series->labels, series->labels_size});

    pt_batch_keep(
        series->batch, family->desc.label_count * sizeof(uint16_t) + series->labels_size + states);
    family->count++;
    pt_order_add(&family->order, series);
}

bool pt_family_start(struct pt_family *family, pitot_error *err)
{
    if (family->desc.is_vec)
        return true;
    struct pt_series *series = make_series(family, family->desc.const_labels, 0, err);
    if (series)
        keep_series(family, series);
    return series != NULL;
}

struct pt_series *pt_family_single(struct pt_family *family)
{
    return family && !family->desc.is_vec ? &family->batches->series[0] : NULL;
}

static uint64_t hash_values(const struct pt_family *family, const pitot_str *values)
{
    struct pt_hash_key key = family->reg->hash_key;
    uint64_t hash = key.a;

    for (size_t i = 0; i < family->desc.label_count; i++)
        hash = pt_hash_add(key, hash, values[i].at, values[i].size);
    return pt_hash_end(key, hash);
}

static uint32_t hash_of(const void *item)
{
    return ((const struct pt_series *)item)->hash;
}

/* Whether the series says exactly these values. Without a backslash in the block, values stand in
 * it as they are, so equal sizes and equal bytes are equal values. */
static inline __attribute__((always_inline)) bool says(
    const struct pt_desc *desc, const struct pt_series *series, const pitot_str *values)
{
    const char *labels = __atomic_load_n(&series->labels, __ATOMIC_RELAXED);

    if (!labels)
        return false;
    const char *at = labels + desc->const_labels.size;
    const char *sizes = labels - desc->label_count * sizeof(uint16_t);

    if (pt_series_flags(series) & PT_SERIES_ESCAPED)
        return pt_labels_equal(desc, (pitot_str){labels, series->labels_size}, values);
    for (size_t i = 0; i < desc->label_count; i++) {
        uint16_t size;

        memcpy(&size, sizes + i * sizeof(size), sizeof(size));
        at += desc->label_prefixes[i].size;
        if (size != values[i].size || !pt_bytes_equal(at, values[i].at, size))
            return false;
        at += size + 1;
    }
    return __atomic_load_n(&series->labels, __ATOMIC_RELAXED) != NULL; /* it was no text of zeros */
}

static inline __attribute__((always_inline)) struct pt_series *find(
    const struct pt_family *family, uint64_t hash, const pitot_str *values)
{
    for (struct pt_probe probe = pt_probe_start(&family->table, hash); pt_probe_next(&probe);)
        if (says(&family->desc, probe.item, values))
            return probe.item;
    return NULL;
}

/* Under the lock. The child that all label sets past the cap share. It does not count as one. */
static struct pt_series *overflow_child(struct pt_family *family, pitot_error *err)
{
    struct pt_series *series = atomic_load_explicit(&family->overflow, memory_order_relaxed);
    pitot_str values[PITOT_LABELS_MAX];
    struct pt_buf block = pt_buf_new(SIZE_MAX);

    if (series)
        return series;
    for (size_t i = 0; i < family->desc.label_count; i++)
        values[i] = (pitot_str){OVERFLOW_VALUE, sizeof(OVERFLOW_VALUE) - 1};
    pt_labels_write(&block, &family->desc, values, &family->reg->drops);
    if (!block.failed)
        series = make_series(family, (pitot_str){block.at, block.size}, 0, err);
    if (series)
        keep_series(family, series);
    pt_buf_free(&block);
    atomic_store_explicit(&family->overflow, series, memory_order_release);
    return series;
}

/* Somebody may use our word: it must not become a second series with the same labels. */
static bool is_overflow(const pitot_str *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (values[i].size != sizeof(OVERFLOW_VALUE) - 1 ||
            memcmp(values[i].at, OVERFLOW_VALUE, values[i].size) != 0)
            return false;
    return true;
}

/* The values as the block has them after repair, so that a look-up by them finds the series. */
static void reread(const struct pt_desc *desc, pitot_str block, char *room, pitot_str *values)
{
    const char *at = block.at + desc->const_labels.size;
    char *to = room;

    for (size_t i = 0; i < desc->label_count; i++) {
        at += desc->label_prefixes[i].size;
        values[i].at = to;
        for (; *at != '"'; at++) {
            if (*at != '\\')
                *to++ = *at;
            else
                *to++ = *++at == 'n' ? '\n' : *at;
        }
        at++;
        values[i].size = (size_t)(to - values[i].at);
    }
}

static size_t children_of(const struct pt_family *family)
{
    return family->count - (atomic_load(&family->overflow) ? 1 : 0);
}

/* The child for those past a limit. Label sets that are plainly new find it without the lock from
 * then on, until the family may have room again: for the registry's limit, until a snapshot. */
static struct pt_series *overflow(struct pt_family *family, enum pt_drop reason, pitot_error *err)
{
    struct pt_series *series = overflow_child(family, err);

    pt_registry_drop(family->reg, reason);
    __atomic_store_n(&family->full_reason, reason, __ATOMIC_RELAXED);
    /* Where children expire, each new one asks again whether some did. */
    atomic_store_explicit(&family->full, series && family->desc.idle_s == 0, memory_order_release);
    return series;
}

/* Under the lock: finds the child once more, as somebody may have made it meanwhile, or makes it.
 */
static struct pt_series *find_or_make(struct pt_family *family, pitot_str block, uint64_t hash,
    const pitot_str *values, pitot_error *err)
{
    struct pt_series *series = find(family, hash, values);

    if (series)
        return series;
    if (is_overflow(values, family->desc.label_count))
        return overflow_child(family, err);
    if (children_of(family) >= family->desc.series_max) {
        pt_expiry_run(family); /* some may have been idle for long enough */
        if (children_of(family) >= family->desc.series_max)
            return overflow(family, PT_DROP_SERIES_LIMIT, err);
    }
    if (!pt_registry_has_room(family->reg))
        return overflow(family, PT_DROP_MEMORY_LIMIT, err);
    series = make_series(family, block, hash, err);
    if (!series)
        return NULL;
    if (!pt_table_add(&family->table, hash, series, hash_of, err))
        return NULL;
    keep_series(family, series);
    return series;
}

static struct pt_series *find_or_make_locked(struct pt_family *family, pitot_str block,
    uint64_t hash, const pitot_str *values, pitot_error *err)
{
    if (!pt_family_lock(family))
        return NULL;
    struct pt_series *series = find_or_make(family, block, hash, values, err);
    pt_family_unlock(family);
    return series;
}

/* Values that had to be repaired or cut are looked up again as what they have become. */
static struct pt_series *find_or_make_repaired(
    struct pt_family *family, pitot_str block, pitot_error *err)
{
    pitot_str values[PITOT_LABELS_MAX];
    char *room = pt_alloc(block.size, err);

    if (!room)
        return NULL;
    reread(&family->desc, block, room, values);
    struct pt_series *series =
        find_or_make_locked(family, block, hash_values(family, values), values, err);
    pt_free(room);
    return series;
}

/* The overflow child for label sets that cannot be in a full family: a stranger who makes up ever
 * new values neither allocates nor takes the lock. NULL for those that repair might find after all.
 */
static struct pt_series *overflow_at_once(struct pt_family *family, const pitot_str *values)
{
    if (!atomic_load_explicit(&family->full, memory_order_acquire))
        return NULL;
    for (size_t i = 0; i < family->desc.label_count; i++)
        if (!pt_labels_plain(values[i]))
            return NULL;
    struct pt_series *series = atomic_load_explicit(&family->overflow, memory_order_acquire);
    if (series)
        pt_registry_drop(family->reg, __atomic_load_n(&family->full_reason, __ATOMIC_RELAXED));
    return series;
}

static struct pt_series *make_child(
    struct pt_family *family, uint64_t hash, const pitot_str *values)
{
    struct pt_series *at_once = overflow_at_once(family, values);
    if (at_once || !pt_lock_may(&family->lock, NULL)) /* nor may the allocator be asked there */
        return at_once;

    struct pt_buf text = pt_buf_new(SIZE_MAX);
    struct pt_series *series = NULL;
    pitot_error err = {0};

    bool changed = pt_labels_write(&text, &family->desc, values, &family->reg->drops);
    pitot_str block = {text.at, text.size};
    if (!text.failed)
        series = changed ? find_or_make_repaired(family, block, &err)
                         : find_or_make_locked(family, block, hash, values, &err);
    pt_buf_free(&text);
    if (!series)
        pt_registry_drop(family->reg, PT_DROP_MEMORY);
    return series;
}

static struct pt_series *refuse(struct pt_family *family)
{
    pt_registry_drop(family->reg, PT_DROP_LABELS);
    return NULL;
}

struct pt_series *pt_family_child_str(
    struct pt_family *family, const pitot_str *values, size_t count)
{
    struct pt_hash_key key = family->reg->hash_key;
    uint64_t hash = key.a;

    if (count != family->desc.label_count || (!values && count))
        return refuse(family);
    for (size_t i = 0; i < count; i++) {
        if (!values[i].at && values[i].size)
            return refuse(family);
        hash = pt_hash_add(key, hash, values[i].at, values[i].size);
    }
    hash = pt_hash_end(key, hash);
    struct pt_series *series = find(family, hash, values);
    return series ? series : make_child(family, hash, values);
}

/* The same loop once more: this is the path that every look-up of a program takes, and measuring
 * and hashing a value while it is at hand saves a sixth of its time. */
struct pt_series *pt_family_child(struct pt_family *family, const char *const *values, size_t count)
{
    struct pt_hash_key key = family->reg->hash_key;
    uint64_t hash = key.a;
    pitot_str strs[PITOT_LABELS_MAX];

    if (count != family->desc.label_count || (!values && count))
        return refuse(family);
    for (size_t i = 0; i < count; i++) {
        if (!values[i])
            return refuse(family);
        strs[i] = (pitot_str){values[i], strlen(values[i])};
        hash = pt_hash_add(key, hash, strs[i].at, strs[i].size);
    }
    hash = pt_hash_end(key, hash);
    struct pt_series *series = find(family, hash, strs);
    return series ? series : make_child(family, hash, strs);
}

static void unlink_series(struct pt_family *family, struct pt_series *series)
{
    if (series == atomic_load(&family->overflow))
        atomic_store_explicit(&family->overflow, NULL, memory_order_release);
    else
        pt_table_remove(&family->table, series->hash, series);
    pt_series_remove(series);
    family->count--;
    pt_batch_lose(series->batch);
    family->over += series->batch->live == 0;
}

/* Some may have gone: there is room, and whoever remembers a child by the epoch (PITOT_SITE_) has
 * to look it up again. */
static void tidy_up(struct pt_family *family, size_t removed)
{
    if (removed) {
        atomic_store_explicit(&family->full, false, memory_order_release);
        pt_order_sweep(&family->order);
    }
    pt_batch_reap(family);
    __atomic_store_n(&family->face.epoch, new_epoch(), __ATOMIC_RELEASE);
}

size_t pt_family_remove_locked(
    struct pt_family *family, bool (*fits)(struct pt_series *, const void *), const void *ctx)
{
    size_t before = family->count;

    for (struct pt_batch *batch = family->batches; batch; batch = batch->next)
        for (size_t i = 0; i < batch->made && batch->live; i++)
            if (!pt_series_is_removed(&batch->series[i]) && fits(&batch->series[i], ctx))
                unlink_series(family, &batch->series[i]);
    size_t removed = before - family->count;
    tidy_up(family, removed);
    return removed;
}

size_t pt_family_remove(
    struct pt_family *family, bool (*fits)(struct pt_series *, const void *), const void *ctx)
{
    if (!family || !family->desc.is_vec || !pt_family_lock(family))
        return 0;
    size_t removed = pt_family_remove_locked(family, fits, ctx);
    pt_family_unlock(family);
    return removed;
}

/* The child that a block is the labels of, however they came to be it. Under the lock. */
static struct pt_series *find_block(struct pt_family *family, pitot_str block, char *room)
{
    pitot_str values[PITOT_LABELS_MAX];

    reread(&family->desc, block, room, values);
    if (is_overflow(values, family->desc.label_count))
        return atomic_load(&family->overflow);
    return find(family, hash_values(family, values), values);
}

size_t pt_family_remove_block(struct pt_family *family, pitot_str block)
{
    if (!pt_lock_may(&family->lock, NULL))
        return 0;
    char *room = pt_alloc(block.size + 1, NULL);
    if (!room) {
        pt_registry_drop(family->reg, PT_DROP_MEMORY);
        return 0;
    }
    pt_family_lock(family);
    struct pt_series *series = find_block(family, block, room);
    if (series)
        unlink_series(family, series);
    tidy_up(family, series != NULL);
    pt_family_unlock(family);
    pt_free(room);
    return series != NULL;
}

void pt_family_settle(struct pt_family *family)
{
    pt_expiry_run(family);
    pt_batch_reap(family);
    if (family->full_reason == PT_DROP_MEMORY_LIMIT)
        atomic_store_explicit(&family->full, false, memory_order_release);
}

void pt_family_reset(struct pt_series *series)
{
    struct pt_family *family = pt_series_family(series);

    if (!pt_family_lock(family))
        return;
    pt_series_reset(series);
    pt_family_unlock(family);
}
