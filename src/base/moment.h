/* SPDX-License-Identifier: MIT */
/*
 * moment.h -- a moment that is cheap to take, for timing what takes microseconds.
 *
 * The processor's time stamp counter where it runs at a constant rate and the kernel itself trusts
 * it, the monotonic clock elsewhere. A moment means something only to pt_moment_seconds().
 */
#ifndef PT_BASE_MOMENT_H
#define PT_BASE_MOMENT_H

#include <stdint.h>

/* Finds out whether the counter can be used. May make system calls; more calls do nothing. */
void pt_moment_start(void);

/* Learns the counter's rate better the longer ago pt_moment_start() is. */
void pt_moment_refine(void);

/* Now. Signal-safe. */
uint64_t pt_moment_now(void);

/* Seconds from `start` to now; never negative. Signal-safe. */
double pt_moment_seconds(uint64_t start);

#endif
