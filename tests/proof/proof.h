/* SPDX-License-Identifier: MIT */
/* proof.h -- what the proofs share: how large they may be, crews of threads, problems, CPUs. */
#ifndef PITOT_TESTS_PROOF_PROOF_H
#define PITOT_TESTS_PROOF_PROOF_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for CPU sets */
#endif

#include "../api/test.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZER 1
#elif defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define THREAD_SANITIZER 1
#elif __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER 1
#endif
#endif

/* Where instructions are simulated: PROOF_SMALL=1 leaves out what would only take longer. */
static inline bool proof_is_small(void)
{
    return getenv("PROOF_SMALL") != NULL;
}

/* `n` in a plain build, less of it where a step costs more. */
static inline int proof_share(int n)
{
#if defined(THREAD_SANITIZER)
    n /= 10;
#elif defined(ADDRESS_SANITIZER)
    n /= 3;
#endif
    return proof_is_small() ? n / 20 : n;
}

static inline void sleep_us(long us)
{
    nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL);
}

static inline double seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* ---- Problems: the first that any thread found; only the test's own thread may fail ---- */

static _Atomic(const char *) problem_seen;

static inline void note_problem(const char *problem)
{
    const char *none = NULL;

    if (problem)
        atomic_compare_exchange_strong(&problem_seen, &none, problem);
}

static inline void assert_no_problem(void)
{
    const char *problem = atomic_exchange(&problem_seen, NULL);

    if (problem)
        fail_msg("%s", problem);
}

/* ---- Crews: `work` on `count` threads, each with its number ---- */

#define CREW_MAX 300

struct crew {
    void (*work)(void *shared, int number);
    void *shared;
    _Atomic(int) next;
    int count;
    pthread_t threads[CREW_MAX];
};

static inline void *crew_run_one(void *arg)
{
    struct crew *crew = arg;

    crew->work(crew->shared, atomic_fetch_add(&crew->next, 1));
    return NULL;
}

static inline void crew_start(
    struct crew *crew, int count, void (*work)(void *shared, int number), void *shared)
{
    pthread_attr_t attributes;

    crew->work = work;
    crew->shared = shared;
    crew->count = count;
    atomic_init(&crew->next, 0);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 512 * 1024);
    for (int i = 0; i < count; i++)
        assert_int_equal(pthread_create(&crew->threads[i], &attributes, crew_run_one, crew), 0);
    pthread_attr_destroy(&attributes);
}

static inline void crew_join(struct crew *crew)
{
    for (int i = 0; i < crew->count; i++)
        pthread_join(crew->threads[i], NULL);
}

/* ---- CPUs ---- */

/* The numbers of the first `most` CPUs that this process may run on; returns how many there are. */
static inline int usable_cpus(int *cpus, int most)
{
    cpu_set_t set;
    int count = 0;

    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof(set), &set);
    for (unsigned cpu = 0; cpu < CPU_SETSIZE && count < most; cpu++)
        if (CPU_ISSET(cpu, &set))
            cpus[count++] = (int)cpu;
    return count;
}

static inline bool pin(pid_t thread, int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((unsigned)cpu, &set);
    return sched_setaffinity(thread, sizeof(set), &set) == 0;
}

#endif
