/* SPDX-License-Identifier: MIT */
/*
 * collector.h -- the code that reads numbers from elsewhere, as its registry keeps it.
 *
 * One list per registry, under one lock that is never held while a collector runs. A collector
 * never runs twice at once. It runs with no lock of the library held, so it may register, record,
 * and even take a snapshot, in which it is then missing.
 *
 * An entry has a reference from the list and one from everybody who looks at it or runs it; it
 * goes, and its context is released, with the last one. A run ends before the list's reference
 * goes, unless the collector removed itself.
 */
#ifndef PT_SNAPSHOT_COLLECTOR_H
#define PT_SNAPSHOT_COLLECTOR_H

#include "instrument/registry.h"
#include "snapshot/snapshot.h"

#include <pthread.h>

struct pt_collected;
struct pt_round;

struct pt_collector {
    struct pt_collector *next; /* in the list; what follows is under the list's lock too */
    size_t refs;
    bool listed, running;
    uint64_t began_ns;           /* of the run, while it is running */
    struct pt_collected *wanted; /* what the run is for; NULL when nobody waits for it (any more) */
    uint64_t failures, timeouts;
    double seconds;       /* of the last run; negative before the first has ended */
    uint64_t due_ns;      /* of the next run on the period */
    struct pt_part *last; /* result of the last run on the period */
    pitot_collector what; /* never changes; .name is a copy */
};

struct pt_collectors {
    struct pt_lock lock;
    pthread_cond_t ended;    /* a run did */
    pthread_cond_t due;      /* another collector may be due first, or it is time to stop */
    pthread_cond_t work;     /* there is something for a worker to do, or it is time to stop */
    pthread_cond_t answered; /* nothing more is to come for a round */
    struct pt_collector *first;
    struct pt_round *rounds; /* whose collectors workers run; the oldest first */
    pitot_registry *reg;
    pthread_t period_thread;
    bool has_period_thread;
    pthread_t *workers;
    size_t worker_count, worker_capacity, idle; /* idle: of the workers, how many wait for work */
    uint32_t process;                           /* that the threads are in */
    bool stopping;
};

/* The registry's list, or NULL when it never had a collector. */
static inline struct pt_collectors *pt_collectors_of(const pitot_registry *reg)
{
    return atomic_load_explicit(&reg->collectors, memory_order_acquire);
}

/* Takes the lock, and in a child of fork() forgets threads that only the parent has. */
void pt_collectors_lock(struct pt_collectors *all);

/* Under the lock, which is given up while the context is released. */
void pt_collector_unref(struct pt_collectors *all, struct pt_collector *collector);

#endif
