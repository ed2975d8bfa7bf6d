/* SPDX-License-Identifier: MIT */
/*
 * moment.c -- a moment that is cheap to take.
 *
 * Moments come from the monotonic clock until the counter's rate is known, which needs nobody to
 * wait: the first moment that is taken RATE_NS after the start tells it. From then on they are the
 * start plus the counted ticks at that rate. The line goes through both points, so moments do not
 * jump when it takes over; the rate never changes after that, so they never go back. An error of
 * 100 ns in 100 ms makes durations wrong by one in a million.
 */
#include "base/moment.h"

#include "base/clock.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#define RATE_NS 100000000u
#define GAP_TICKS 4000 /* one or two microseconds; reading the clock takes some 50 ns */
#define TRIES_MAX 100

enum { UNKNOWN, STARTING, UNUSABLE, USABLE };
static _Atomic(int) state; /* one of these */
/* The counter and the clock at the same moment. Written before `state` says USABLE. */
static _Atomic(uint64_t) start_ticks, start_ns;
static _Atomic(uint64_t) rate; /* 2^-32 nanoseconds per tick; 0: not known yet */

#ifdef __x86_64__
#include <cpuid.h>

static inline uint64_t read_counter(void)
{
    return __builtin_ia32_rdtsc();
}

/* "Invariant TSC" in the manuals of both makers: one rate in all power states. */
static bool is_constant(void)
{
    unsigned a, b, c, d;

    return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & 1u << 8);
}
#else
static inline uint64_t read_counter(void)
{
    return 0;
}

static bool is_constant(void)
{
    return false;
}
#endif

/* The counter and the clock at the same moment. */
struct reading {
    uint64_t ticks, ns;
};

/* False when something came between the readings: the counter ran on by more than the clock takes.
 */
static bool read_both(struct reading *both)
{
    uint64_t before = read_counter();

    both->ns = pt_clock_ns();
    uint64_t gap = read_counter() - before;
    both->ticks = before + gap / 2;
    return gap < GAP_TICKS;
}

/* The kernel watches the counter, and stops using it when CPUs disagree about it. */
static bool kernel_trusts_it(void)
{
    char name[32] = {0};
    int fd = pt_sys_open(
        "/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? pt_sys_read(fd, name, sizeof(name) - 1) : -1;

    if (fd >= 0)
        pt_sys_close(fd);
    return size > 0 && (strcmp(name, "tsc\n") == 0 || strcmp(name, "kvm-clock\n") == 0);
}

void pt_moment_start(void)
{
    int saved = errno, unknown = UNKNOWN;

    /* One thread starts it; the others use the clock until it has. */
    if (!atomic_compare_exchange_strong_explicit(
            &state, &unknown, STARTING, memory_order_relaxed, memory_order_relaxed))
        return;
    bool usable = is_constant() && kernel_trusts_it();
    struct reading start;
    for (int tries = 0; usable && !read_both(&start); tries++)
        usable = tries < TRIES_MAX;
    if (usable) {
        atomic_store_explicit(&start_ns, start.ns, memory_order_relaxed);
        atomic_store_explicit(&start_ticks, start.ticks, memory_order_relaxed);
    }
    /* Release: who sees USABLE sees the start. */
    atomic_store_explicit(&state, usable ? USABLE : UNUSABLE, memory_order_release);
    errno = saved;
}

static uint64_t ticks_since_start(void)
{
    return read_counter() - atomic_load_explicit(&start_ticks, memory_order_relaxed);
}

/* Whoever comes first after RATE_NS sets the rate, for good; so a pair that was interrupted between
 * its readings must not be the one. */
static void learn(void)
{
    struct reading now;
    uint64_t none = 0;

    if (!read_both(&now))
        return;
    uint64_t ticks = now.ticks - atomic_load_explicit(&start_ticks, memory_order_relaxed);
    uint64_t ns = now.ns - atomic_load_explicit(&start_ns, memory_order_relaxed);
    if (ns < RATE_NS || ns > UINT64_MAX / 2 || ticks == 0)
        return;
    __extension__ unsigned __int128 scaled = (unsigned __int128)ns << 32;
    atomic_compare_exchange_strong_explicit(
        &rate, &none, (uint64_t)(scaled / ticks), memory_order_relaxed, memory_order_relaxed);
}

uint64_t pt_moment_now(void)
{
    uint64_t scale = atomic_load_explicit(&rate, memory_order_relaxed);

    if (scale != 0) {
        __extension__ unsigned __int128 ns = (unsigned __int128)ticks_since_start() * scale;

        return atomic_load_explicit(&start_ns, memory_order_relaxed) + (uint64_t)(ns >> 32);
    }
    uint64_t now = pt_clock_ns();
    if (atomic_load_explicit(&state, memory_order_acquire) == USABLE)
        learn();
    return now;
}

double pt_moment_seconds(uint64_t start)
{
    return pt_clock_seconds(start, pt_moment_now());
}
