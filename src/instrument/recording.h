/* SPDX-License-Identifier: MIT */
/*
 * recording.h -- where a recording goes that the inlined path could not place.
 *
 * Everything here may run in a signal handler: no lock, no allocation, no system call.
 */
#ifndef PT_INSTRUMENT_RECORDING_H
#define PT_INSTRUMENT_RECORDING_H

#include "instrument/family.h"

/* Builds without restartable sequences have no inlined path either, and never get rows of CPUs. */
#ifndef PITOT_INLINE_
static inline bool pitot_row_add_(struct pitot_hot_ *hot, uint64_t n)
{
    return (void)hot, (void)n, false;
}

static inline bool pitot_row_add_double_(struct pitot_hot_ *hot, double n)
{
    return (void)hot, (void)n, false;
}

static inline bool pitot_row_observe_(
    struct pitot_hot_ *hot, const struct pitot_guide_ *guide, size_t bucket, double value)
{
    return (void)hot, (void)guide, (void)bucket, (void)value, false;
}
#endif

/* This thread's stripe of a series that has stripes, to be added to atomically; else NULL. */
static inline uint64_t *pt_recording_stripe(const struct pitot_hot_ *hot)
{
    return pitot_is_shared_(hot) ? pitot_stripe_(hot) : NULL;
}

/* The cold words, to be added to atomically; NULL when the series has been removed. Where CPUs have
 * rows they take what was aborted twice, so that neither a debugger that steps nor a storm of
 * signals can keep a recording from ending. */
static inline uint64_t *pt_recording_cold(struct pt_series *series)
{
    uint64_t *cold = __atomic_load_n(&series->cold, __ATOMIC_RELAXED);

    if (!cold || (pt_series_flags(series) & PT_SERIES_REMOVED))
        return NULL;
    if (!pt_series_rows(series))
        pt_series_warm(series);
    return cold;
}

#endif
