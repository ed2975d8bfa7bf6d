/* SPDX-License-Identifier: MIT */
/*
 * export.h -- for who ships the numbers: a registry frozen at one moment, and the bytes of it.
 *
 * The rules at the top of pitot.h hold here too. A snapshot is immutable: any number of threads may
 * encode one at the same time, and nobody who records ever waits for them.
 */
#ifndef PITOT_EXPORT_H
#define PITOT_EXPORT_H

#include <pitot/pitot.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* Every family and series of a registry at one moment. */
typedef struct pitot_snapshot pitot_snapshot;

/* Runs the collectors that run at scrape, then reads every series. A series is read once, so a
 * counter never goes back between two snapshots taken one after the other, and a histogram's
 * count always equals the sum of its buckets. */
pitot_snapshot *pitot_snapshot_take(pitot_registry *reg, pitot_error *err);

void pitot_snapshot_free(pitot_snapshot *snap);

/* Series in the snapshot: label sets, not lines of text. */
size_t pitot_snapshot_series_count(const pitot_snapshot *snap);

typedef enum pitot_format {
    PITOT_FORMAT_TEXT = 0,       /* Prometheus text 0.0.4 */
    PITOT_FORMAT_OPENMETRICS = 1 /* OpenMetrics 1.0.0 text */
} pitot_format;

/* Takes the next `size` bytes; false stops the encoding. */
typedef bool pitot_write_fn(void *ctx, const char *bytes, size_t size);

/* Writes the snapshot in `format`, in pieces, in a stable order (families by name, series by
 * their labels), whatever the locale. False when `write` said so, or memory ran out. */
bool pitot_encode(const pitot_snapshot *snap, pitot_format format, pitot_write_fn *write, void *ctx,
    pitot_error *err);

/* The Content-Type of what pitot_encode() writes; NULL for a format that does not exist. */
const char *pitot_format_content_type(pitot_format format);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
