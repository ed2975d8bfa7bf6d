/* SPDX-License-Identifier: MIT */
/*
 * clock.c -- the two clocks, and a thread's own.
 *
 * All calls but that of the thread's are vDSO reads: no system call. All: any thread, any signal
 * handler, errno kept (none of these clocks can fail on Linux).
 */
#include "base/clock.h"

static int64_t read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

uint64_t pt_clock_ns(void)
{
    return (uint64_t)read_clock(CLOCK_MONOTONIC);
}

struct timespec pt_clock_timespec(uint64_t ns)
{
    return (struct timespec){(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
}

uint64_t pt_clock_thread_ns(void)
{
    return (uint64_t)read_clock(CLOCK_THREAD_CPUTIME_ID);
}

int64_t pt_clock_unix_ns_coarse(void)
{
    return read_clock(CLOCK_REALTIME_COARSE);
}

int64_t pt_clock_unix_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t pt_clock_unix_ms(void)
{
    return pt_clock_unix_ns() / 1000000;
}

double pt_clock_seconds(uint64_t start, uint64_t end)
{
    return end > start ? (double)(end - start) * 1e-9 : 0;
}
