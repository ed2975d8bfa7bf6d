/* SPDX-License-Identifier: MIT */
/*
 * moment.c -- a moment that is cheap to take.
 *
 * A moment with the top bit set is a reading of the counter, else nanoseconds of the monotonic
 * clock. Moments come from the clock until the counter's rate is known, which needs nobody to wait:
 * the first moment that is taken RATE_NS after the start tells it. Words are published on their
 * own and are valid in any mixture: a rate is right whenever it was learnt.
 */
#include "base/moment.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define COUNTER_BIT ((uint64_t)1 << 63)
#define RATE_NS 20000000u /* a pair of readings is off by some 100 ns: 5 in a million */

enum { UNKNOWN, UNUSABLE, USABLE };
static _Atomic(int) state;            /* one of these */
static _Atomic(uint64_t) start_ticks; /* the counter and the clock at the same moment; 0: not yet */
static _Atomic(uint64_t) start_ns;
static _Atomic(uint64_t) rate; /* nanoseconds per tick, the bits of a double; 0: not known yet */

#ifdef __x86_64__
#include <cpuid.h>

static inline uint64_t read_counter(void)
{
    return __builtin_ia32_rdtsc() & ~COUNTER_BIT;
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

/* The kernel watches the counter, and stops using it when CPUs disagree about it. */
static bool kernel_trusts_it(void)
{
    char name[32] = {0};
    int fd = open(
        "/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, name, sizeof(name) - 1) : -1;

    if (fd >= 0)
        close(fd);
    return size > 0 && (strcmp(name, "tsc\n") == 0 || strcmp(name, "kvm-clock\n") == 0);
}

void pt_moment_start(void)
{
    int saved = errno;

    if (atomic_load_explicit(&state, memory_order_relaxed) != UNKNOWN)
        return;
    bool usable = is_constant() && kernel_trusts_it();
    if (usable) {
        atomic_store_explicit(&start_ns, pt_clock_ns(), memory_order_relaxed);
        atomic_store_explicit(&start_ticks, read_counter(), memory_order_relaxed);
    }
    /* Release: who sees USABLE sees the start. Two threads may both write one: either will do. */
    atomic_store_explicit(&state, usable ? USABLE : UNUSABLE, memory_order_release);
    errno = saved;
}

static void learn(uint64_t now_ns)
{
    uint64_t ticks = read_counter() - atomic_load_explicit(&start_ticks, memory_order_relaxed);
    uint64_t ns = now_ns - atomic_load_explicit(&start_ns, memory_order_relaxed);
    double learnt = (double)ns / (double)ticks;
    uint64_t bits;

    if (ns < RATE_NS || ns >= COUNTER_BIT || ticks == 0 || ticks >= COUNTER_BIT)
        return;
    memcpy(&bits, &learnt, sizeof(bits));
    atomic_store_explicit(&rate, bits, memory_order_relaxed);
}

void pt_moment_refine(void)
{
    if (atomic_load_explicit(&state, memory_order_acquire) == USABLE)
        learn(pt_clock_ns());
}

uint64_t pt_moment_now(void)
{
    if (atomic_load_explicit(&rate, memory_order_relaxed) != 0)
        return read_counter() | COUNTER_BIT;
    uint64_t now = pt_clock_ns();
    if (atomic_load_explicit(&state, memory_order_acquire) == USABLE)
        learn(now);
    return now;
}

double pt_moment_seconds(uint64_t start)
{
    double ns_per_tick;

    if (!(start & COUNTER_BIT))
        return pt_clock_seconds(start, pt_clock_ns());
    uint64_t now = read_counter() | COUNTER_BIT;
    uint64_t bits = atomic_load_explicit(&rate, memory_order_relaxed);
    memcpy(&ns_per_tick, &bits, sizeof(bits));
    return now > start ? (double)(now - start) * ns_per_tick * 1e-9 : 0;
}
