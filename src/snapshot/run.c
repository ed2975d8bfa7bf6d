/* SPDX-License-Identifier: MIT */
/*
 * run.c -- one run of a collector, on the thread that calls.
 *
 * A collector may take a snapshot, in which others run inside of it; so each thread knows which
 * ones it is in.
 */
#include "snapshot/run.h"

#include "base/clock.h"
#include "snapshot/sink.h"

/* The collectors that this thread is running right now, innermost first. */
struct run {
    const struct pt_collector *collector;
    struct run *outer;
};
static __thread struct run *runs_here;

bool pt_run_is_of(const struct pt_collector *collector)
{
    for (struct run *run = runs_here; run; run = run->outer)
        if (run->collector == collector)
            return true;
    return false;
}

bool pt_run_is_here(void)
{
    return runs_here != NULL;
}

struct pt_part *pt_run(struct pt_collectors *all, struct pt_collector *collector)
{
    struct run run = {collector, runs_here};
    struct pitot_sink sink;
    struct pt_part *part = NULL;
    uint64_t start = pt_clock_ns();

    collector->running = true;
    collector->began_ns = start;
    pt_lock_give(&all->lock);
    runs_here = &run;
    if (pt_sink_start(&sink, &all->reg->drops, collector->what.samples_max)) {
        collector->what.collect(&sink, collector->what.ctx);
        part = pt_sink_finish(&sink);
    }
    runs_here = run.outer;
    pt_collectors_lock(all); /* it may have forked */
    collector->running = false;
    collector->seconds = pt_clock_seconds(start, pt_clock_ns());
    collector->failures += part == NULL;
    pthread_cond_broadcast(&all->ended);
    return part;
}
