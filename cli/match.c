/* SPDX-License-Identifier: MIT */
/*
 * match.c -- which families and series of two snapshots are the same.
 *
 * Each thing gets a key: a family its name; a series its labels, sorted by name, as a length and
 * the bytes of each name and value, so that no value can look like the border between two. Keys are
 * sorted and merged. They take about as much memory as the label text of one family.
 */
#include "match.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define LABELS_MAX 1024 /* of one series; what is beyond is not compared */

struct key {
    size_t start, size; /* in keys.bytes */
    size_t number;
};

struct keys {
    struct key *all;
    size_t count;
    char *bytes;
    size_t size, room;
};

static bool append(struct keys *keys, const void *bytes, size_t size)
{
    if (size > keys->room - keys->size) {
        size_t room = 2 * (keys->size + size) + 256;
        char *more = realloc(keys->bytes, room);
        if (!more)
            return false;
        keys->bytes = more;
        keys->room = room;
    }
    if (size)
        memcpy(keys->bytes + keys->size, bytes, size);
    keys->size += size;
    return true;
}

static int compare_labels(const void *a, const void *b)
{
    const pitot_str *x = a, *y = b;
    size_t least = x->size < y->size ? x->size : y->size;
    int order = memcmp(x->at, y->at, least);

    return order ? order : (x->size > y->size) - (x->size < y->size);
}

static bool append_labels(struct keys *keys, pitot_str block)
{
    struct {
        pitot_str name, value;
    } labels[LABELS_MAX];
    size_t count = 0, at = 0;
    pitot_str name, value;
    bool good = true;

    while (count < LABELS_MAX && pitot_labels_next(block, &at, &name, &value)) {
        if (value.size == 0)
            continue;
        labels[count].name = name;
        labels[count++].value = value;
    }
    qsort(labels, count, sizeof(*labels), compare_labels);
    for (size_t i = 0; i < count && good; i++)
        good = append(keys, &labels[i].name.size, sizeof(size_t)) &&
               append(keys, labels[i].name.at, labels[i].name.size) &&
               append(keys, &labels[i].value.size, sizeof(size_t)) &&
               append(keys, labels[i].value.at, labels[i].value.size);
    return good;
}

static int compare_keys(const void *a, const void *b, void *ctx)
{
    const struct key *x = a, *y = b;
    const struct keys *const *both = ctx;
    size_t least = x->size < y->size ? x->size : y->size;
    int order = least ? memcmp(both[0]->bytes + x->start, both[1]->bytes + y->start, least) : 0;

    return order ? order : (x->size > y->size) - (x->size < y->size);
}

/* Sorted, and without doubles: an invalid page that was read leniently may have some. */
static void sort(struct keys *keys)
{
    const struct keys *both[] = {keys, keys};
    size_t kept = 0;

    if (keys->count)
        qsort_r(keys->all, keys->count, sizeof(*keys->all), compare_keys, both);
    for (size_t i = 0; i < keys->count; i++)
        if (kept == 0 || compare_keys(&keys->all[kept - 1], &keys->all[i], both) != 0)
            keys->all[kept++] = keys->all[i];
    keys->count = kept;
}

static bool keys_of_families(struct keys *keys, const pitot_snapshot *snap)
{
    size_t count = pitot_snapshot_family_count(snap);
    pitot_family family;

    keys->all = calloc(count + 1, sizeof(*keys->all));
    if (!keys->all)
        return false;
    for (size_t i = 0; i < count && pitot_snapshot_family(snap, i, &family); i++) {
        keys->all[keys->count++] = (struct key){keys->size, family.name.size, i};
        if (!append(keys, family.name.at, family.name.size))
            return false;
    }
    sort(keys);
    return true;
}

static bool keys_of_series(struct keys *keys, const pitot_snapshot *snap, size_t number)
{
    pitot_family family;
    pitot_series series;

    if (!pitot_snapshot_family(snap, number, &family))
        return false;
    keys->all = calloc(family.series_count + 1, sizeof(*keys->all));
    if (!keys->all)
        return false;
    for (size_t i = 0; pitot_snapshot_series(snap, number, i, &series); i++) {
        size_t start = keys->size;
        if (!append_labels(keys, series.labels))
            return false;
        keys->all[keys->count++] = (struct key){start, keys->size - start, i};
    }
    sort(keys);
    return true;
}

static bool merge(const struct keys *before, const struct keys *after, struct matches *matches)
{
    const struct keys *both[] = {before, after};
    size_t i = 0, j = 0;

    matches->count = 0;
    matches->all = calloc(before->count + after->count + 1, sizeof(*matches->all));
    if (!matches->all)
        return false;
    while (i < before->count || j < after->count) {
        int order = i == before->count  ? 1
                    : j == after->count ? -1
                                        : compare_keys(&before->all[i], &after->all[j], both);
        struct match *match = &matches->all[matches->count++];
        match->before = order <= 0 ? before->all[i++].number : MATCH_NONE;
        match->after = order >= 0 ? after->all[j++].number : MATCH_NONE;
    }
    return true;
}

static void keys_free(struct keys *keys)
{
    free(keys->all);
    free(keys->bytes);
}

bool match_families(
    const pitot_snapshot *before, const pitot_snapshot *after, struct matches *matches)
{
    struct keys a = {0}, b = {0};
    bool good =
        keys_of_families(&a, before) && keys_of_families(&b, after) && merge(&a, &b, matches);

    keys_free(&a);
    keys_free(&b);
    return good;
}

bool match_series(const pitot_snapshot *before, size_t family_before, const pitot_snapshot *after,
    size_t family_after, struct matches *matches)
{
    struct keys a = {0}, b = {0};
    bool good = keys_of_series(&a, before, family_before) &&
                keys_of_series(&b, after, family_after) && merge(&a, &b, matches);

    keys_free(&a);
    keys_free(&b);
    return good;
}

void matches_free(struct matches *matches)
{
    free(matches->all);
    *matches = (struct matches){0};
}
