/* SPDX-License-Identifier: MIT */
/*
 * select.c -- some of the series of a family.
 *
 * Column by column. A column that a family does not have, it does not get; only label blocks that
 * were one text become a column.
 */
#include "snapshot/select.h"

struct selection {
    struct pt_pool *pool;
    pitot_error *err;
    const bool *kept;
    size_t count, left; /* series before and after */
    bool failed;
};

static void *take(struct selection *s, size_t count, size_t item_size)
{
    void *room = pt_pool_alloc(s->pool, (count + 1) * item_size, s->err);

    s->failed |= room == NULL;
    return room;
}

/* A column of `item_size` bytes of each series. */
static void *gather(struct selection *s, const void *column, size_t item_size)
{
    char *out = column && !s->failed ? take(s, s->left, item_size) : NULL;
    char *at = out;

    for (size_t i = 0; out && i < s->count; i++)
        if (s->kept[i]) {
            memcpy(at, (const char *)column + i * item_size, item_size);
            at += item_size;
        }
    return out;
}

static pitot_str *gather_labels(struct selection *s, const struct pt_family_values *family)
{
    pitot_str *out = s->failed ? NULL : take(s, s->left, sizeof(*out));

    for (size_t i = 0, n = 0; out && i < s->count; i++)
        if (s->kept[i])
            out[n++] = pt_labels_of(family, i);
    return out;
}

/* The exemplars' column is of uneven lengths. */
static void gather_exemplars(struct selection *s, struct pt_family_values *family)
{
    if (!family->exemplar_ends || s->count == 0 || s->failed)
        return;
    uint32_t *ends = take(s, s->left, sizeof(*ends));
    pitot_exemplar *exemplars = take(s, family->exemplar_ends[s->count - 1], sizeof(*exemplars));
    if (s->failed)
        return;
    uint32_t used = 0;
    for (size_t i = 0, n = 0; i < s->count; i++) {
        size_t of_series;
        const pitot_exemplar *from = pt_exemplars_of(family, i, &of_series);

        if (!s->kept[i])
            continue;
        for (size_t j = 0; j < of_series; j++)
            exemplars[used++] = from[j];
        ends[n++] = used;
    }
    family->exemplar_ends = ends;
    family->exemplars = exemplars;
}

bool pt_select(
    struct pt_family_values *family, const bool *kept, struct pt_pool *pool, pitot_error *err)
{
    struct selection s = {.pool = pool, .err = err, .kept = kept, .count = family->series_count};

    for (size_t i = 0; i < s.count; i++)
        s.left += kept[i];
    gather_exemplars(&s, family);
    family->labels = gather_labels(&s, family);
    family->words = gather(&s, family->words, family->words_per_series * sizeof(*family->words));
    family->kinds = gather(&s, family->kinds, sizeof(*family->kinds));
    family->starts = gather(&s, family->starts, sizeof(*family->starts));
    family->times = gather(&s, family->times, sizeof(*family->times));
    family->natives = gather(&s, family->natives, sizeof(*family->natives));
    family->series_count = s.left;
    family->version = 0;
    return !s.failed;
}
