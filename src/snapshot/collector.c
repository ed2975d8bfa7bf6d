/* SPDX-License-Identifier: MIT */
/*
 * collector.c -- running the code that reads numbers from elsewhere.
 *
 * One list per registry, under one lock that is never held while a collector runs. An entry has a
 * reference from the list and one from everybody who looks at it; it goes, and its context is
 * released, with the last one. Collectors with a period run on one thread, made with the first.
 */
#include "snapshot/collector.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/utf8.h"
#include "snapshot/sink.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_SIZE 256

struct pt_collector {
    struct pt_collector *next; /* in the list; what follows is under the list's lock too */
    size_t refs;
    bool listed, running;
    uint64_t failures;
    double seconds;
    uint64_t due_ns;      /* of the next run on the period */
    struct pt_part *last; /* result of the last run on the period */
    pitot_collector what; /* never changes; .name is a copy */
};

struct pt_collectors {
    pthread_mutex_t lock;
    pthread_cond_t changed; /* a run ended, an entry came or went, or it is time to stop */
    struct pt_collector *first;
    pitot_registry *reg;
    pthread_t thread;
    pid_t pid; /* of who started the thread */
    bool has_thread, stopping;
};

/* The collectors that this thread is running right now, innermost first. */
struct run {
    const struct pt_collector *collector;
    struct run *outer;
};
static __thread struct run *runs_here;

static bool runs_on_this_thread(const struct pt_collector *collector)
{
    for (struct run *run = runs_here; run; run = run->outer)
        if (run->collector == collector)
            return true;
    return false;
}

/* Under the lock, which is given up while the context is released. */
static void unref(struct pt_collectors *all, struct pt_collector *collector)
{
    if (--collector->refs > 0)
        return;
    pthread_mutex_unlock(&all->lock);
    if (collector->what.release)
        collector->what.release(collector->what.ctx);
    pt_part_unref(collector->last);
    pt_free((char *)collector->what.name);
    pt_free(collector);
    pthread_mutex_lock(&all->lock);
}

/* Under the lock, which is given up during the run. Returns the part, or NULL when it failed or was
 * removed while another run of it was waited for. */
static struct pt_part *run_once(struct pt_collectors *all, struct pt_collector *collector)
{
    struct run run = {collector, runs_here};
    struct pitot_sink sink;
    struct pt_part *part = NULL;

    while (collector->running)
        pthread_cond_wait(&all->changed, &all->lock);
    if (!collector->listed)
        return NULL;
    collector->running = true;
    pthread_mutex_unlock(&all->lock);
    uint64_t start = pt_clock_ns();
    runs_here = &run;
    if (pt_sink_start(&sink, &all->reg->drops)) {
        collector->what.collect(&sink, collector->what.ctx);
        part = pt_sink_finish(&sink);
    }
    runs_here = run.outer;
    double seconds = pt_clock_seconds(start, pt_clock_ns());
    pthread_mutex_lock(&all->lock);
    collector->running = false;
    collector->seconds = seconds;
    collector->failures += part == NULL;
    pthread_cond_broadcast(&all->changed);
    return part;
}

/* Under the lock: the collector on the period that is due first. */
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
    struct pt_part *part = run_once(all, collector);
    struct pt_part *old = collector->last;
    collector->last = part;
    pt_part_unref(old);
    /* On the beat, but never twice to catch up: a late run delays the ones after it. */
    uint64_t now = pt_clock_ns();
    collector->due_ns += period_ns;
    if (collector->due_ns < now)
        collector->due_ns = now + period_ns;
    unref(all, collector);
}

static void *period_thread(void *arg)
{
    struct pt_collectors *all = arg;

    pthread_mutex_lock(&all->lock);
    while (!all->stopping) {
        struct pt_collector *due = next_due(all);
        uint64_t now = pt_clock_ns();

        if (!due) {
            pthread_cond_wait(&all->changed, &all->lock);
        } else if (due->due_ns <= now) {
            run_on_period(all, due);
        } else {
            struct timespec until = {
                .tv_sec = (time_t)(due->due_ns / 1000000000u),
                .tv_nsec = (long)(due->due_ns % 1000000000u),
            };
            pthread_cond_timedwait(&all->changed, &all->lock, &until);
        }
    }
    pthread_mutex_unlock(&all->lock);
    return NULL;
}

/* Under the lock. The thread takes no signal: they are the host's. */
static bool start_thread(struct pt_collectors *all, pitot_error *err)
{
    sigset_t every, before;

    if (all->has_thread)
        return true;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, &before);
    int failure = pthread_create(&all->thread, NULL, period_thread, all);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failure)
        return pt_fail_errno(err, failure, "collectors: cannot start a thread for .period_ms");
    pthread_setname_np(all->thread, "pitot-collect");
    all->has_thread = true;
    all->pid = getpid();
    return true;
}

/* Under the lock: takes the entry out of the list and waits until it does not run. */
static void take_out(struct pt_collectors *all, struct pt_collector *collector)
{
    struct pt_collector **link = &all->first;

    while (*link != collector)
        link = &(*link)->next;
    *link = collector->next;
    collector->listed = false;
    pthread_cond_broadcast(&all->changed);
    while (collector->running && !runs_on_this_thread(collector))
        pthread_cond_wait(&all->changed, &all->lock);
    unref(all, collector);
}

/* The registry's `detach`: no more runs, and everything of ours goes. */
static void free_all(struct pt_collectors *all)
{
    pthread_mutex_lock(&all->lock);
    all->stopping = true;
    pthread_cond_broadcast(&all->changed);
    pthread_mutex_unlock(&all->lock);
    if (all->has_thread && all->pid == getpid()) /* a child of fork() has no such thread */
        pthread_join(all->thread, NULL);
    pthread_mutex_lock(&all->lock);
    while (all->first)
        take_out(all, all->first);
    pthread_mutex_unlock(&all->lock);
    pthread_cond_destroy(&all->changed);
    pthread_mutex_destroy(&all->lock);
    pt_free(all);
}

/* The registry's list, made on first use. Two threads may both make one; the loser frees its. */
static struct pt_collectors *list_of(pitot_registry *reg, pitot_error *err)
{
    struct pt_collectors *all = atomic_load_explicit(&reg->collectors, memory_order_acquire);
    struct pt_collectors *none = NULL;
    pthread_condattr_t monotonic;

    if (all)
        return all;
    all = pt_alloc_zero(sizeof(*all), err);
    if (!all)
        return NULL;
    all->reg = reg;
    pthread_mutex_init(&all->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&all->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
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
    if (collector->what.period_ms && !start_thread(all, err))
        return false;
    struct pt_collector **link = &all->first; /* at the end: they run in the order of adding */
    while (*link)
        link = &(*link)->next;
    *link = collector;
    collector->listed = true;
    pthread_cond_broadcast(&all->changed);
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
    if (!pt_reserved_are_zero(what->reserved_, 4, "collector", err))
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
    collector->refs = 1;
    collector->seconds = -1;
    collector->due_ns = pt_clock_ns();
    pthread_mutex_lock(&all->lock);
    bool listed = list_collector(all, collector, err);
    pthread_mutex_unlock(&all->lock);
    if (!listed) {
        pt_free(name);
        pt_free(collector);
    }
    return listed;
}

bool pitot_collector_remove(pitot_registry *reg, pitot_error *err, const char *name)
{
    struct pt_collectors *all = reg ? atomic_load(&reg->collectors) : NULL;
    struct pt_collector *collector = NULL;

    if (!reg)
        return false;
    if (all && name) {
        pthread_mutex_lock(&all->lock);
        collector = find(all, name);
        if (collector)
            take_out(all, collector);
        pthread_mutex_unlock(&all->lock);
    }
    if (!collector)
        return pt_fail(err, PITOT_ENOTFOUND, "there is no collector \"%s\"", name ? name : "");
    return true;
}

/* Under the lock: a reference to every entry there is. */
static bool list_items(
    struct pt_collectors *all, struct pt_collection *collection, pitot_error *err)
{
    size_t capacity = 0;

    for (struct pt_collector *c = all->first; c; c = c->next) {
        if (!pt_grow(
                &collection->items, collection->count, &capacity, sizeof(*collection->items), err))
            return false;
        c->refs++;
        collection->items[collection->count++] = (struct pt_collected){.of = c};
    }
    return true;
}

bool pt_collectors_run(pitot_registry *reg, struct pt_collection *collection, pitot_error *err)
{
    struct pt_collectors *all = atomic_load_explicit(&reg->collectors, memory_order_acquire);

    *collection = (struct pt_collection){0};
    if (!all)
        return true;
    pthread_mutex_lock(&all->lock);
    bool listed = list_items(all, collection, err);
    for (size_t i = 0; listed && i < collection->count; i++) {
        struct pt_collected *item = &collection->items[i];
        struct pt_collector *collector = item->of;

        if (collector->what.period_ms && collector->last) {
            item->part = collector->last;
            pt_part_ref(item->part);
        } else if (!collector->what.period_ms && collector->listed &&
                   !(collector->running && runs_here)) {
            /* Inside a collector, one that runs is missing: two could wait for each other. */
            item->part = run_once(all, collector);
        }
        item->name = (pitot_str){collector->what.name, strlen(collector->what.name)};
        item->failures = collector->failures;
        item->seconds = collector->seconds;
    }
    pthread_mutex_unlock(&all->lock);
    return listed;
}

void pt_collector_refuse(pitot_registry *reg, struct pt_collected *collected)
{
    struct pt_collectors *all = atomic_load_explicit(&reg->collectors, memory_order_acquire);

    pt_part_unref(collected->part);
    collected->part = NULL;
    pthread_mutex_lock(&all->lock);
    collected->failures = ++collected->of->failures;
    pthread_mutex_unlock(&all->lock);
}

void pt_collection_free(pitot_registry *reg, struct pt_collection *collection)
{
    struct pt_collectors *all = atomic_load_explicit(&reg->collectors, memory_order_acquire);

    for (size_t i = 0; i < collection->count; i++)
        pt_part_unref(collection->items[i].part);
    if (all) {
        pthread_mutex_lock(&all->lock);
        for (size_t i = 0; i < collection->count; i++)
            unref(all, collection->items[i].of);
        pthread_mutex_unlock(&all->lock);
    }
    pt_free(collection->items);
    *collection = (struct pt_collection){0};
}
