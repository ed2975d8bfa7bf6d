/* SPDX-License-Identifier: MIT */
/*
 * vec.c -- labelled instruments: the public calls that find, make and remove children.
 *
 * The three kinds share everything but their names, so each public call is one line into a shared
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

static struct pt_series *child(struct pt_family *family, const char *const *values, size_t count)
{
    pitot_str strs[PITOT_LABELS_MAX];

    if (!family || !to_strs(family, values, count, strs))
        return NULL;
    return pt_family_child(family, strs, count);
}

static struct pt_series *child_str(struct pt_family *family, const pitot_str *values, size_t count)
{
    bool good = values || count == 0;

    if (!family)
        return NULL;
    for (size_t i = 0; good && i < count; i++)
        good = values[i].at || values[i].size == 0;
    if (!good) {
        pt_registry_drop(family->reg, PT_DROP_LABELS);
        return NULL;
    }
    return pt_family_child(family, values, count);
}

static bool fits_all(const struct pt_series *series, const void *ctx)
{
    (void)series;
    (void)ctx;
    return true;
}

static bool fits_match(const struct pt_series *series, const void *ctx)
{
    pitot_str block = {series->labels, series->labels_size};

    for (const pitot_label *label = ctx; label && label->name; label++)
        if (!label->value || !pt_labels_have(block, label->name, label->value))
            return false;
    return true;
}

static bool fits_values(const struct pt_series *series, const void *ctx)
{
    pitot_str block = {series->labels, series->labels_size};

    return pt_labels_equal(&series->family->desc, block, ctx);
}

static size_t remove_one(struct pt_family *family, const char *const *values, size_t count)
{
    pitot_str strs[PITOT_LABELS_MAX];

    if (!family || !to_strs(family, values, count, strs))
        return 0;
    if (count != family->desc.label_count) {
        pt_registry_drop(family->reg, PT_DROP_LABELS);
        return 0;
    }
    return pt_family_remove(family, fits_values, strs);
}

static size_t remove_matching(struct pt_family *family, const pitot_label *match)
{
    return pt_family_remove(family, fits_match, match);
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
        return (pitot_##kind *)child((struct pt_family *)vec, values, count);                      \
    }                                                                                              \
    pitot_##kind *pitot_##kind##_child_str(                                                        \
        pitot_##kind##_vec *vec, const pitot_str *values, size_t count)                            \
    {                                                                                              \
        return (pitot_##kind *)child_str((struct pt_family *)vec, values, count);                  \
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
