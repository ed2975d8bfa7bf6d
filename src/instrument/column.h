/* SPDX-License-Identifier: MIT */
/*
 * column.h -- the numbers of a batch, frozen.
 *
 * What a snapshot shows of the series of a batch, as words side by side. It never changes; it is
 * counted, and pins the texts and start times of its batch, so a snapshot that shows it may be sent
 * for as long as that takes. The batch keeps the newest: when nothing has changed since, the
 * next snapshot shows the same one, under the same version.
 */
#ifndef PT_INSTRUMENT_COLUMN_H
#define PT_INSTRUMENT_COLUMN_H

#include "instrument/batch.h"

struct pt_desc;

struct pt_column {
    _Atomic(size_t) refs;
    struct pt_batch *batch;
    uint64_t version;      /* no two columns of a process have the same */
    const int64_t *starts; /* of the batch */
    uint32_t count;        /* of series; 0 in one that only pins its batch */
    const uint8_t *kinds;  /* an enum pt_kind for each; NULL: all are integers */
    uint64_t words[];      /* pt_column_width() for each, as export.h lays them out */
};

/* How many words of a snapshot a series of the family has. */
size_t pt_column_width(const struct pt_desc *desc);

/* The words of one series. Not for one with exponential buckets, nor for statesets. */
enum pt_kind pt_column_series(const struct pt_series *series, uint64_t *words);

/* Under the family's lock: the numbers of a batch all of whose series are live. `scratch` has room
 * for the words of PT_BATCH_MAX series and for as many bytes. A reference is the caller's. */
struct pt_column *pt_column_take(
    struct pt_family *family, struct pt_batch *batch, uint64_t *scratch, pitot_error *err);

/* Under the family's lock: one that has no numbers and pins the batch. */
struct pt_column *pt_column_pin(struct pt_batch *batch, pitot_error *err);

/* Any thread. */
void pt_column_unref(struct pt_column *column);

#endif
