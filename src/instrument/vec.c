/* SPDX-License-Identifier: MIT */
/*
 * vec.c -- labelled instruments: the public calls that find, make and remove children.
 *
 * The kinds share everything but their names, so each public call is one line into a shared
 * one. Arguments become pitot_str here, and a NULL value is refused here.
 */
#include "instrument/family.h"
#include "instrument/labels.h"

#include <string.h>

/* False, and counted, when a value is NULL or there are too many to be right. */
static bool to_strs(
    struct pt_family *family, const char *const *values, size_t count, pitot_str *strs)
{
    bool good = count <= PITOT_LABELS_MAX && (values || count == 0);

    for (size_t i = 0; good && i < count; i++) {
        good = values[i] != NULL;
        if (good)
            strs[i] = (pitot_str){values[i], strlen(values[i])};
    }
    if (!good)
        pt_registry_drop(family->reg, PT_DROP_LABELS);
    return good;
}

static bool fits_all(struct pt_series *series, const void *ctx)
{
    (void)series;
    (void)ctx;
    return true;
}

static bool has_labels(struct pt_series *series, const void *wanted)
{
    return pt_labels_have(
        (pitot_str){series->labels, series->labels_size}, *(const pitot_str *)wanted);
}

static size_t remove_one(struct pt_family *family, const char *const *values, size_t count)
{
    pitot_str strs[PITOT_LABELS_MAX];
    struct pt_buf block = pt_buf_new(SIZE_MAX);
    struct pt_drops nobodys = {0};
    size_t removed = 0;

    if (!family || !to_strs(family, values, count, strs) || !pt_lock_may(&family->lock, NULL))
        return 0;
    if (count != family->desc.label_count) {
        pt_registry_drop(family->reg, PT_DROP_LABELS);
        return 0;
    }
    /* What a stranger sent finds the series that it made: both are what repair makes of it. */
    pt_labels_write(&block, &family->desc, strs, &nobodys);
    if (block.failed)
        pt_registry_drop(family->reg, PT_DROP_MEMORY);
    else if (family->desc.is_vec)
        removed = pt_family_remove_block(family, (pitot_str){block.at, block.size});
    pt_buf_free(&block);
    return removed;
}

static size_t remove_matching(struct pt_family *family, const pitot_label *match)
{
    struct pt_buf wanted = pt_buf_new(SIZE_MAX);

    if (!family || !pt_lock_may(&family->lock, NULL))
        return 0;
    for (; match && match->name; match++) {
        if (!match->value) { /* no series has that */
            pt_buf_free(&wanted);
            return 0;
        }
        pt_labels_write_one(&wanted, match->name, match->value);
    }
    pitot_str block = {wanted.at, wanted.size};
    size_t removed = 0;
    if (wanted.failed)
        pt_registry_drop(family->reg, PT_DROP_MEMORY);
    else
        removed = pt_family_remove(family, has_labels, &block);
    pt_buf_free(&wanted);
    return removed;
}

static size_t clear(struct pt_family *family)
{
    return pt_family_remove(family, fits_all, NULL);
}

/* One row per kind: the public functions are the shared ones under their own names. */
#define KIND(kind)                                                                                 \
    pitot_##kind *pitot_##kind##_child(                                                            \
        pitot_##kind##_vec *vec, const char *const *values, size_t count)                          \
    {                                                                                              \
        struct pt_family *family = (struct pt_family *)vec;                                        \
                                                                                                   \
        return family ? (pitot_##kind *)pt_family_child(family, values, count) : NULL;             \
    }                                                                                              \
    pitot_##kind *pitot_##kind##_child_str(                                                        \
        pitot_##kind##_vec *vec, const pitot_str *values, size_t count)                            \
    {                                                                                              \
        struct pt_family *family = (struct pt_family *)vec;                                        \
                                                                                                   \
        return family ? (pitot_##kind *)pt_family_child_str(family, values, count) : NULL;         \
    }                                                                                              \
    size_t pitot_##kind##_remove(pitot_##kind##_vec *vec, const char *const *values, size_t count) \
    {                                                                                              \
        return remove_one((struct pt_family *)vec, values, count);                                 \
    }                                                                                              \
    size_t pitot_##kind##_remove_matching(pitot_##kind##_vec *vec, const pitot_label *match)       \
    {                                                                                              \
        return remove_matching((struct pt_family *)vec, match);                                    \
    }                                                                                              \
    size_t pitot_##kind##_clear(pitot_##kind##_vec *vec)                                           \
    {                                                                                              \
        return clear((struct pt_family *)vec);                                                     \
    }

KIND(counter)
KIND(gauge)
KIND(histogram)
KIND(info)
KIND(stateset)
KIND(summary)
