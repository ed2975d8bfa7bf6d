/* SPDX-License-Identifier: MIT */
/*
 * collector.c -- the code that reads numbers from elsewhere, as its registry keeps it.
 *
 * Adding, removing, and the end. Who runs them: period.c and round.c.
 */
#include "snapshot/collector.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/fork.h"
#include "base/utf8.h"
#include "instrument/desc.h"
#include "snapshot/period.h"
#include "snapshot/run.h"

#include <string.h>

#define NAME_MAX_SIZE 256

void pt_collector_unref(struct pt_collectors *all, struct pt_collector *collector)
{
    if (--collector->refs > 0)
        return;
    pt_lock_give(&all->lock);
    if (collector->what.release)
        collector->what.release(collector->what.ctx);
    pt_part_unref(collector->last);
    pt_free((char *)collector->what.name);
    pt_free(collector);
    pt_lock_take(&all->lock);
}

static void start_conditions(struct pt_collectors *all)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&all->ended, &monotonic);
    pthread_cond_init(&all->due, &monotonic);
    pthread_cond_init(&all->work, &monotonic);
    pthread_cond_init(&all->answered, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

/* In a child of fork() there are no threads of ours, so what they were doing has ended; and nobody
 * waits for a condition any more, whatever it remembers. */
static void forget_threads(struct pt_collectors *all)
{
    start_conditions(all);
    all->rounds = NULL;
    all->has_period_thread = false;
    all->worker_count = all->idle = 0;
    for (struct pt_collector *c = all->first; c; c = c->next) {
        c->wanted = NULL;
        c->running = c->running && pt_run_is_of(c);
    }
    all->process = pt_fork_process();
}

void pt_collectors_lock(struct pt_collectors *all)
{
    pt_lock_take(&all->lock);
    if (all->process != pt_fork_process())
        forget_threads(all);
}

/* Under the lock: takes the entry out of the list and waits until it does not run. */
static void take_out(struct pt_collectors *all, struct pt_collector *collector)
{
    struct pt_collector **link = &all->first;

    while (*link != collector)
        link = &(*link)->next;
    *link = collector->next;
    collector->listed = false;
    pthread_cond_broadcast(&all->ended); /* snapshots look whom they still wait for */
    pthread_cond_broadcast(&all->answered);
    while (collector->running && !pt_run_is_of(collector))
        pt_lock_wait(&all->lock, &all->ended);
    pt_collector_unref(all, collector);
}

/* The registry's `detach`: no more runs, and everything of ours goes. A run that hangs is waited
 * for: it uses the context, and the code, that the host is about to take away. */
static void free_all(struct pt_collectors *all)
{
    pt_collectors_lock(all);
    all->stopping = true;
    pthread_cond_broadcast(&all->due);
    pthread_cond_broadcast(&all->work);
    pt_lock_give(&all->lock);
    if (all->has_period_thread)
        pthread_join(all->period_thread, NULL);
    for (size_t i = 0; i < all->worker_count; i++)
        pthread_join(all->workers[i], NULL);
    pt_lock_take(&all->lock);
    while (all->first)
        take_out(all, all->first);
    pt_lock_give(&all->lock);
    pthread_cond_destroy(&all->ended);
    pthread_cond_destroy(&all->due);
    pthread_cond_destroy(&all->work);
    pthread_cond_destroy(&all->answered);
    pt_lock_end(&all->lock);
    pt_free(all->workers);
    pt_free(all);
}

/* The registry's list, made on first use. Two threads may both make one; the loser frees its. */
static struct pt_collectors *list_of(pitot_registry *reg, pitot_error *err)
{
    struct pt_collectors *all = pt_collectors_of(reg);
    struct pt_collectors *none = NULL;

    if (all)
        return all;
    all = pt_alloc_zero(sizeof(*all), err);
    if (!all)
        return NULL;
    all->reg = reg;
    pt_lock_start(&all->lock);
    start_conditions(all);
    all->process = pt_fork_process();
    atomic_store(&reg->detach, free_all);
    if (atomic_compare_exchange_strong(&reg->collectors, &none, all))
        return all;
    free_all(all);
    return none;
}

static struct pt_collector *find(const struct pt_collectors *all, const char *name)
{
    struct pt_collector *collector = all->first;

    while (collector && strcmp(collector->what.name, name) != 0)
        collector = collector->next;
    return collector;
}

/* Under the lock. */
static bool list_collector(
    struct pt_collectors *all, struct pt_collector *collector, pitot_error *err)
{
    if (find(all, collector->what.name))
        return pt_fail(err, PITOT_EEXIST, "collector \"%s\" is there already; remove it first",
            collector->what.name);
    if (collector->what.period_ms && !pt_period_start(all, err))
        return false;
    struct pt_collector **link = &all->first; /* at the end: they run in the order of adding */
    while (*link)
        link = &(*link)->next;
    *link = collector;
    collector->listed = true;
    pthread_cond_signal(&all->due);
    return true;
}

bool pitot_collector_add(pitot_registry *reg, pitot_error *err, const pitot_collector *what)
{
    if (!reg)
        return false;
    if (!what || !what->name || !what->name[0])
        return pt_fail(err, PITOT_EINVAL, "a collector has no name; give it one");
    if (!what->collect)
        return pt_fail(err, PITOT_EINVAL, "collector \"%s\" has no .collect", what->name);
    /* Names become label values: repair or a cut must not make two of them the same. */
    if (strlen(what->name) > NAME_MAX_SIZE || !pt_utf8_valid(what->name, strlen(what->name)))
        return pt_fail(err, PITOT_EINVAL,
            "collector \"%.40s\": its name is not UTF-8, or longer than %d bytes", what->name,
            NAME_MAX_SIZE);
    if (!pt_reserved_are_zero(what->reserved_, 4, "collector", err) ||
        !pt_lock_may(&reg->lock, err))
        return false;
    struct pt_collectors *all = list_of(reg, err);
    struct pt_collector *collector = all ? pt_alloc_zero(sizeof(*collector), err) : NULL;
    char *name = collector ? pt_strdup(what->name, err) : NULL;
    if (!name) {
        pt_free(collector);
        return false;
    }
    collector->what = *what;
    collector->what.name = name;
    if (collector->what.samples_max == 0)
        collector->what.samples_max = PITOT_SAMPLES_MAX_DEFAULT;
    collector->refs = 1;
    collector->seconds = -1;
    collector->due_ns = pt_clock_ns();
    pt_collectors_lock(all);
    bool listed = list_collector(all, collector, err);
    pt_lock_give(&all->lock);
    if (!listed) {
        pt_free(name);
        pt_free(collector);
    }
    return listed;
}

bool pitot_collector_remove(pitot_registry *reg, pitot_error *err, const char *name)
{
    struct pt_collectors *all = reg ? pt_collectors_of(reg) : NULL;
    struct pt_collector *collector = NULL;

    if (!reg || !pt_lock_may(&reg->lock, err))
        return false;
    if (all && name) {
        pt_collectors_lock(all);
        collector = find(all, name);
        if (collector)
            take_out(all, collector);
        pt_lock_give(&all->lock);
    }
    if (!collector)
        return pt_fail(err, PITOT_ENOTFOUND, "there is no collector \"%s\"", name ? name : "");
    return true;
}
