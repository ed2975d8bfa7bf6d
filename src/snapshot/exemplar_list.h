/* SPDX-License-Identifier: MIT */
/*
 * exemplar_list.h -- the exemplars of one family, on their way into a snapshot.
 *
 * Recording counts an observation first and leaves its exemplar second; so who reads the exemplar
 * first and the counts second never shows one that is not counted yet. What a reset took the counts
 * of meanwhile goes in pt_exemplar_list_match(). Series by series, under the family's lock.
 */
#ifndef PT_SNAPSHOT_EXEMPLAR_LIST_H
#define PT_SNAPSHOT_EXEMPLAR_LIST_H

#include "instrument/family.h"
#include "snapshot/snapshot.h"

struct pt_exemplar_list {
    struct pt_pool *pool; /* texts, and in the end everything */
    size_t slots;         /* of a series; 0 means that there is nothing to do */
    size_t buckets;       /* of a series: counts among its words */
    uint32_t *ends;
    size_t series;
    pitot_exemplar *items;
    size_t count, capacity;
    bool failed;
};

struct pt_exemplar_list pt_exemplar_list_start(
    const struct pt_family *family, size_t count, struct pt_pool *pool, pitot_error *err);

/* The next series, before its words are read. */
void pt_exemplar_list_read(
    struct pt_exemplar_list *list, const struct pt_series *series, pitot_error *err);

/* The same series' words: exemplars of a bucket that counts nothing are taken out. */
void pt_exemplar_list_match(struct pt_exemplar_list *list, const uint64_t *words);

/* Gives the columns to `values`, unless there was no exemplar at all, and frees the list. False
 * when memory ran out at any time. */
bool pt_exemplar_list_finish(
    struct pt_exemplar_list *list, struct pt_family_values *values, pitot_error *err);

#endif
