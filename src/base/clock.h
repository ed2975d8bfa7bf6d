/* SPDX-License-Identifier: MIT */
/* clock.h -- intervals come from the monotonic clock, dates from the wall clock; never mixed. */
#ifndef PT_BASE_CLOCK_H
#define PT_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Nanoseconds on CLOCK_MONOTONIC. Only differences mean something. Safe in a signal handler. */
uint64_t pt_clock_ns(void);

/* A value of pt_clock_ns() as calls take it that wait until then. */
struct timespec pt_clock_timespec(uint64_t ns);

/* Nanoseconds that the calling thread was on a processor: a system call. */
uint64_t pt_clock_thread_ns(void);

/* Nanoseconds since 1970 UTC, as of the last tick of the kernel: 1 to 10 ms old, and cheap. Safe in
 * a signal handler. */
int64_t pt_clock_unix_ns_coarse(void);

/* Milliseconds and nanoseconds since 1970 UTC. */
int64_t pt_clock_unix_ms(void);
int64_t pt_clock_unix_ns(void);

/* Seconds from `start` to `end`, both pt_clock_ns(); 0 when end is before start. */
double pt_clock_seconds(uint64_t start, uint64_t end);

#endif
