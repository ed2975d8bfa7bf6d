/* SPDX-License-Identifier: MIT */
/*
 * exemplars.h -- one observation that stands for many: its labels, its value and when it was.
 *
 * A series of a family with exemplars has slots (storage/slot.h) behind its cold words: a counter
 * one, a histogram one per bucket, +Inf last, which each keep the newest; then those of the native
 * buckets, which keep few that lie far apart. What finds its slot taken is lost, and is no matter:
 * the observation itself has been counted before.
 */
#ifndef PT_INSTRUMENT_EXEMPLARS_H
#define PT_INSTRUMENT_EXEMPLARS_H

#include "instrument/series.h"
#include "storage/slot.h"

#include <pitot/export.h>

/* Slots of the native buckets of one series, and for how long one is worth more than a new one. */
#define PT_EXEMPLARS_NATIVE 10
#define PT_EXEMPLARS_TTL_NS (300 * INT64_C(1000000000))

/* How many slots the series of a family with exemplars will have. Before there are any. */
void pt_exemplars_plan(struct pt_family *family);

/* How many slots the family's series have, native ones included, and how many words those take. */
size_t pt_exemplars_slots(const struct pt_family *family);
size_t pt_exemplars_words(const struct pt_family *family);

/*
 * Keeps `labels` as the exemplar of a value that has been counted in `bucket` (0 for a counter,
 * PITOT_EXEMPLAR_NATIVE where there is no classic bucket), and of the native buckets if the family
 * has them. Labels that cannot be an exemplar are counted as dropped. Nothing happens when `labels`
 * is NULL or the family has no exemplars. Any thread, any signal handler.
 */
void pt_exemplars_observe(
    struct pt_series *series, double value, uint32_t bucket, const pitot_label *labels);

/* Puts the record into one of PT_EXEMPLARS_NATIVE slots: an empty one; else the oldest, if it has
 * expired; else the older of the two that lie closest, the new one counted. */
void pt_exemplars_spread(struct pt_slot *slots, const struct pt_record *record);

/* What slot `i` has, and of which bucket it is; false when there is nothing. */
bool pt_exemplars_read(
    const struct pt_series *series, size_t i, struct pt_record *record, uint32_t *bucket);

/* Forgets them all. */
void pt_exemplars_clear(struct pt_series *series);

#endif
