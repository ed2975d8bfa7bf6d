/* SPDX-License-Identifier: MIT */
/*
 * clock.c -- the two clocks, and a thread's own.
 *
 * All calls but that of the thread's are vDSO reads: no system call. All: any thread, any signal
 * handler, errno kept (none of these clocks can fail on Linux).
 */
#include "base/clock.h"

#include <time.h>

uint64_t pt_clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t pt_clock_thread_ns(void)
{
    struct timespec used;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

int64_t pt_clock_unix_ns_coarse(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t pt_clock_unix_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t pt_clock_unix_ms(void)
{
    return pt_clock_unix_ns() / 1000000;
}

double pt_clock_seconds(uint64_t start, uint64_t end)
{
    return end > start ? (double)(end - start) * 1e-9 : 0;
}
