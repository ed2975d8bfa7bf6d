/* SPDX-License-Identifier: MIT */
/*
 * family.c -- one name and its series.
 *
 * Invariant: a series is in the table exactly when it is in `series`, and `removed` exactly when it
 * is in neither. The overflow child is in `series` only: no label set finds it. Finding a
 * child takes no lock; making and removing one take the family's.
 */
#include "instrument/family.h"

#include "base/error.h"
#include "instrument/labels.h"

#include <string.h>

#define OVERFLOW_VALUE "__overflow__"

static size_t cells_of(const struct pt_desc *desc)
{
    if (desc->type == PITOT_HISTOGRAM)
        return desc->bound_count + 2;
    return desc->type == PITOT_COUNTER ? 2 : 1;
}

struct pt_family *pt_family_new(struct pitot_registry *reg, pitot_type type, bool is_vec,
    const pitot_desc *desc, pitot_error *err)
{
    struct pt_family *family = pt_alloc_zero(sizeof(*family), err);

    if (!family)
        return NULL;
    family->reg = reg;
    pthread_mutex_init(&family->lock, NULL);
    if (!pt_desc_copy(&family->desc, &family->pool, type, is_vec, desc, err)) {
        pt_family_free(family);
        return NULL;
    }
    family->cell_count = cells_of(&family->desc);
    return family;
}

void pt_family_free(struct pt_family *family)
{
    if (!family)
        return;
    pt_table_free(&family->table);
    pt_free(family->series);
    pt_pool_free(&family->pool);
    pthread_mutex_destroy(&family->lock);
    pt_free(family);
}

/* Makes a series and puts it into `series`. Under the family's lock, or before it is shared. */
static struct pt_series *make_series(
    struct pt_family *family, pitot_str block, uint64_t hash, pitot_error *err)
{
    struct pt_series *series = pt_pool_alloc_zero(&family->pool, sizeof(*series), err);
    char *text = pt_pool_text(&family->pool, block.size, err);

    if (!series || !text ||
        !pt_grow(&family->series, family->count, &family->capacity, sizeof(series), err))
        return NULL;
    if (block.size)
        memcpy(text, block.at, block.size);
    series->family = family;
    series->labels = text;
    series->labels_size = (uint32_t)block.size;
    series->hash = hash;
    series->escaped = pt_labels_escaped(block);
    series->cells = pt_arena_cells(&family->reg->arena, family->cell_count, err);
    if (!series->cells)
        return NULL;
    family->series[family->count++] = series;
    return series;
}

bool pt_family_start(struct pt_family *family, pitot_error *err)
{
    return family->desc.is_vec || make_series(family, family->desc.const_labels, 0, err) != NULL;
}

struct pt_series *pt_family_single(struct pt_family *family)
{
    return family && !family->desc.is_vec ? family->series[0] : NULL;
}

static uint64_t hash_values(const struct pt_family *family, const pitot_str *values)
{
    struct pt_hash_key key = family->reg->hash_key;
    uint64_t hash = key.a;

    for (size_t i = 0; i < family->desc.label_count; i++)
        hash = pt_hash_add(key, hash, values[i].at, values[i].size);
    return hash;
}

static uint64_t hash_of(const void *item)
{
    return ((const struct pt_series *)item)->hash;
}

/* Whether the series says exactly these values. Without a backslash in the block no value needs
 * unescaping, and bytes compare as they are: a value with a quote or a newline in it cannot fit,
 * because the block has just the quotes that its own labels need. */
static bool says(const struct pt_series *series, const pitot_str *values)
{
    const struct pt_desc *desc = &series->family->desc;
    const char *at = series->labels + desc->const_labels.size;
    const char *end = series->labels + series->labels_size;

    if (series->escaped)
        return pt_labels_equal(desc, (pitot_str){series->labels, series->labels_size}, values);
    for (size_t i = 0; i < desc->label_count; i++) {
        size_t prefix = desc->label_prefixes[i].size;

        if ((size_t)(end - at) < prefix + values[i].size + 1 ||
            memcmp(at, desc->label_prefixes[i].at, prefix) != 0)
            return false;
        at += prefix;
        if (values[i].size && memcmp(at, values[i].at, values[i].size) != 0)
            return false;
        if (at[values[i].size] != '"')
            return false;
        at += values[i].size + 1;
    }
    return at == end;
}

static struct pt_series *find(
    struct pt_family *family, uint64_t hash, const pitot_str *values, struct pt_probe *probe)
{
    for (*probe = pt_probe_start(&family->table, hash); pt_probe_next(probe);)
        if (says(probe->item, values))
            return probe->item;
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
static size_t reread(const struct pt_desc *desc, pitot_str block, char *room, pitot_str *values)
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
    return (size_t)(to - room);
}

/* Under the lock: finds the child once more, by the repaired values this time, or makes it. */
static struct pt_series *find_or_make(
    struct pt_family *family, pitot_str block, char *room, pitot_error *err)
{
    pitot_str values[PITOT_LABELS_MAX];
    struct pt_probe probe;

    reread(&family->desc, block, room, values);
    uint64_t hash = hash_values(family, values);
    struct pt_series *series = find(family, hash, values, &probe);
    if (series)
        return series;
    if (is_overflow(values, family->desc.label_count))
        return overflow_child(family, err);
    size_t children = family->count - (atomic_load(&family->overflow) ? 1 : 0);
    if (children >= family->desc.series_max) {
        pt_registry_drop(family->reg, PT_DROP_SERIES_LIMIT);
        return overflow_child(family, err);
    }
    series = make_series(family, block, hash, err);
    if (series && !pt_table_add(&family->table, hash, series, hash_of, err)) {
        family->count--; /* make_series put it last */
        return NULL;
    }
    return series;
}

static struct pt_series *make_child(struct pt_family *family, const pitot_str *values)
{
    struct pt_buf block = pt_buf_new(SIZE_MAX);
    struct pt_series *series = NULL;
    pitot_error err = {0};

    pt_labels_write(&block, &family->desc, values, &family->reg->drops);
    char *room = block.failed ? NULL : pt_alloc(block.size, &err);
    if (room) {
        pthread_mutex_lock(&family->lock);
        series = find_or_make(family, (pitot_str){block.at, block.size}, room, &err);
        pthread_mutex_unlock(&family->lock);
    }
    pt_free(room);
    pt_buf_free(&block);
    if (!series)
        pt_registry_drop(family->reg, PT_DROP_MEMORY);
    return series;
}

struct pt_series *pt_family_child(struct pt_family *family, const pitot_str *values, size_t count)
{
    struct pt_probe probe;

    if (!family)
        return NULL;
    if (count != family->desc.label_count) {
        pt_registry_drop(family->reg, PT_DROP_LABELS);
        return NULL;
    }
    struct pt_series *series = find(family, hash_values(family, values), values, &probe);
    return series ? series : make_child(family, values);
}

static void unlink_series(struct pt_family *family, struct pt_series *series)
{
    if (series == atomic_load(&family->overflow)) {
        atomic_store_explicit(&family->overflow, NULL, memory_order_release);
    } else {
        struct pt_probe probe = pt_probe_start(&family->table, series->hash);

        while (pt_probe_next(&probe))
            if (probe.item == series)
                pt_table_remove(&probe);
    }
    atomic_store_explicit(&series->removed, true, memory_order_relaxed);
}

size_t pt_family_remove(
    struct pt_family *family, bool (*fits)(const struct pt_series *, const void *), const void *ctx)
{
    size_t kept = 0, sorted = 0;

    if (!family || !family->desc.is_vec)
        return 0;
    pthread_mutex_lock(&family->lock);
    size_t before = family->count;
    for (size_t i = 0; i < before; i++) {
        struct pt_series *series = family->series[i];

        if (fits(series, ctx)) {
            unlink_series(family, series);
            continue;
        }
        sorted += i < family->sorted;
        family->series[kept++] = series;
    }
    family->count = kept;
    family->sorted = sorted;
    pthread_mutex_unlock(&family->lock);
    return before - kept;
}

static bool is_before(const struct pt_series *a, const struct pt_series *b)
{
    uint32_t common = a->labels_size < b->labels_size ? a->labels_size : b->labels_size;
    int order = common ? memcmp(a->labels, b->labels, common) : 0;

    return order < 0 || (order == 0 && a->labels_size < b->labels_size);
}

static void merge(struct pt_series **to, struct pt_series **a, size_t a_count, struct pt_series **b,
    size_t b_count)
{
    while (a_count && b_count) {
        if (is_before(*b, *a)) {
            *to++ = *b++;
            b_count--;
        } else {
            *to++ = *a++;
            a_count--;
        }
    }
    memcpy(to, a, a_count * sizeof(*a)); /* one of the two is empty */
    memcpy(to + a_count, b, b_count * sizeof(*b));
}

/* Merge sort of `items`, with as much room in `scratch`. */
static void sort(struct pt_series **items, struct pt_series **scratch, size_t count)
{
    if (count < 2)
        return;
    size_t half = count / 2;
    sort(items, scratch, half);
    sort(items + half, scratch, count - half);
    if (!is_before(items[half], items[half - 1]))
        return;
    merge(scratch, items, half, items + half, count - half);
    memcpy(items, scratch, count * sizeof(*items));
}

void pt_family_sort(struct pt_family *family)
{
    size_t added = family->count - family->sorted;

    if (family->count == 1)
        family->sorted = 1; /* pt_family_single() reads it without the lock: do not write it */
    if (added == 0 || family->count == 1)
        return;
    struct pt_series **scratch = pt_alloc(family->count * sizeof(*scratch), NULL);
    if (!scratch)
        return; /* the page is valid in any order; the next scrape tries again */
    sort(family->series + family->sorted, scratch, added);
    merge(scratch, family->series, family->sorted, family->series + family->sorted, added);
    memcpy(family->series, scratch, family->count * sizeof(*scratch));
    family->sorted = family->count;
    pt_free(scratch);
}
