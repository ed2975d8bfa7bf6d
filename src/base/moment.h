/* SPDX-License-Identifier: MIT */
/*
 * moment.h -- a moment that is cheap to take, for timing what takes microseconds.
 *
 * Nanoseconds, from the processor's time stamp counter where it runs at a constant rate and the
 * kernel itself trusts it, else from the monotonic clock. Only differences mean something.
 */
#ifndef PT_BASE_MOMENT_H
#define PT_BASE_MOMENT_H

#include <stdint.h>

/* Finds out whether the counter can be used. May make system calls; more calls do nothing. */
void pt_moment_start(void);

/* Now. Signal-safe. */
uint64_t pt_moment_now(void);

/* Seconds from `start` to now; never negative. Signal-safe. */
double pt_moment_seconds(uint64_t start);

#endif
