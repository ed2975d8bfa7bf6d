/* SPDX-License-Identifier: MIT */
/*
 * period.c -- the thread of a registry that runs its collectors with a `.period_ms`.
 *
 * One after the other, whichever is due first. It lives until the registry goes.
 */
#include "snapshot/period.h"

#include "base/clock.h"
#include "base/thread.h"
#include "snapshot/run.h"

static struct pt_collector *next_due(struct pt_collectors *all)
{
    struct pt_collector *due = NULL;

    for (struct pt_collector *c = all->first; c; c = c->next)
        if (c->what.period_ms && (!due || c->due_ns < due->due_ns))
            due = c;
    return due;
}

static void run_on_period(struct pt_collectors *all, struct pt_collector *collector)
{
    uint64_t period_ns = collector->what.period_ms * (uint64_t)1000000;

    collector->refs++;
    struct pt_part *part = pt_run(all, collector);
    struct pt_part *old = collector->last;
    collector->last = part;
    pt_part_unref(old);
    /* On the beat, but never twice to catch up: a late run delays the ones after it. */
    uint64_t now = pt_clock_ns();
    collector->due_ns += period_ns;
    if (collector->due_ns < now)
        collector->due_ns = now + period_ns;
    pt_collector_unref(all, collector);
}

static void *period_thread(void *arg)
{
    struct pt_collectors *all = arg;

    pt_lock_take(&all->lock);
    while (!all->stopping) {
        struct pt_collector *due = next_due(all);

        if (!due) {
            pt_lock_wait(&all->lock, &all->due);
        } else if (due->due_ns <= pt_clock_ns()) {
            run_on_period(all, due);
        } else {
            pt_lock_wait_until(&all->lock, &all->due, due->due_ns);
        }
    }
    pt_lock_give(&all->lock);
    return NULL;
}

bool pt_period_start(struct pt_collectors *all, pitot_error *err)
{
    if (!all->has_period_thread)
        all->has_period_thread =
            pt_thread_start(&all->period_thread, "pitot-collect", period_thread, all, err);
    return all->has_period_thread;
}
