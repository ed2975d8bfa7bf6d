/* SPDX-License-Identifier: MIT */
/*
 * round.c -- the collectors of one snapshot.
 *
 * A round is on the stack of who takes the snapshot. Workers, threads that are made when they are
 * needed and stay with the registry, take the items of all rounds in order. Usually one worker runs
 * them all, one after the other. While some wait for their turn another one joins every
 * PATIENCE_NS, so that a collector that hangs keeps its own thread and nobody else's numbers.
 *
 * A worker brings its result to the item that the collector is `wanted` for. Who gives up waiting
 * takes himself out there, and the late result is thrown away: nobody could say how old it is.
 */
#include "snapshot/round.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/thread.h"
#include "snapshot/run.h"

#include <string.h>

#define PATIENCE_NS UINT64_C(100000000)

struct pt_round {
    struct pt_round *next;
    struct pt_collection *collection;
    uint64_t timeout_ns, deadline_ns;
    size_t left; /* items that are waited for */
};

/* The next item whose turn it is: its collector is still there, and does not run for others. */
static struct pt_collected *next_of(struct pt_round *round)
{
    for (size_t i = 0; i < round->collection->count; i++) {
        struct pt_collected *item = &round->collection->items[i];

        if (item->round && !item->begun && item->of->listed && !item->of->running)
            return item;
    }
    return NULL;
}

static struct pt_collected *next_of_all(struct pt_collectors *all)
{
    struct pt_collected *item = NULL;

    for (struct pt_round *round = all->rounds; round && !item; round = round->next)
        item = next_of(round);
    return item;
}

/* Under the lock, which is given up meanwhile; after that the item may be gone. */
static void run_item(struct pt_collectors *all, struct pt_collected *item)
{
    struct pt_collector *collector = item->of;

    item->begun = true;
    collector->wanted = item;
    collector->refs++;
    struct pt_part *part = pt_run(all, collector);
    item = collector->wanted;
    collector->wanted = NULL;
    if (item) {
        struct pt_round *round = item->round;

        item->part = part;
        item->round = NULL;
        if (round->left > 0 && --round->left == 0)
            pthread_cond_broadcast(&all->answered);
    } else {
        pt_part_unref(part);
    }
    pt_collector_unref(all, collector);
}

/* ---- Workers ---- */

static void *work(void *arg)
{
    struct pt_collectors *all = arg;

    pt_lock_take(&all->lock);
    while (!all->stopping) {
        struct pt_collected *item = next_of_all(all);

        if (item) {
            run_item(all, item);
        } else {
            all->idle++;
            pt_lock_wait(&all->lock, &all->work);
            all->idle--;
        }
    }
    pt_lock_give(&all->lock);
    return NULL;
}

/* There need never be more workers than collectors. */
static bool has_enough_workers(const struct pt_collectors *all)
{
    size_t count = 0;

    for (const struct pt_collector *c = all->first; c && count <= all->worker_count; c = c->next)
        count += c->what.period_ms == 0;
    return all->worker_count >= count;
}

/* Sets another worker to work. False when there is none that is free, and none could be made. */
static bool call_worker(struct pt_collectors *all)
{
    if (all->idle > 0) {
        pthread_cond_signal(&all->work);
        return true;
    }
    if (has_enough_workers(all))
        return true;
    if (!pt_grow(
            &all->workers, all->worker_count, &all->worker_capacity, sizeof(*all->workers), NULL) ||
        !pt_thread_start(&all->workers[all->worker_count], "pitot-collect", work, all, NULL))
        return false;
    all->worker_count++;
    return true;
}

/* ---- Rounds ---- */

/* Until when an item is waited for. Nobody waits longer for a run than his own time limit, whoever
 * began it: so one that hangs holds up nobody twice. */
static uint64_t deadline_of(const struct pt_collected *item)
{
    const struct pt_round *round = item->round;

    if (!item->begun && item->of->running &&
        item->of->began_ns + round->timeout_ns < round->deadline_ns)
        return item->of->began_ns + round->timeout_ns;
    return round->deadline_ns;
}

/* How many items are still waited for; `until` receives when that has to be looked at again. */
static size_t count_left(struct pt_round *round, uint64_t now, uint64_t *until)
{
    size_t left = 0;

    *until = UINT64_MAX;
    for (size_t i = 0; i < round->collection->count; i++) {
        struct pt_collected *item = &round->collection->items[i];

        if (!item->round || (!item->begun && !item->of->listed))
            continue;
        uint64_t deadline = deadline_of(item);
        if (deadline <= now)
            continue;
        left++;
        if (deadline < *until)
            *until = deadline;
    }
    return left;
}

/* Everybody gets his turn, even if all the others hang. */
static uint64_t patience(const struct pt_round *round)
{
    uint64_t share = round->timeout_ns / (round->collection->count + 1);

    return share < PATIENCE_NS ? share : PATIENCE_NS;
}

static void await_workers(struct pt_collectors *all, struct pt_round *round)
{
    struct pt_round **link = &all->rounds;
    uint64_t now = pt_clock_ns(), until, call_ns = now + patience(round);

    while (*link)
        link = &(*link)->next;
    *link = round;
    while ((round->left = count_left(round, now, &until)) > 0) {
        if (call_ns <= now) {
            if (next_of(round))
                call_worker(all);
            call_ns = now + patience(round);
        }
        pt_lock_wait_until(&all->lock, &all->answered, until < call_ns ? until : call_ns);
        now = pt_clock_ns();
    }
    for (link = &all->rounds; *link != round;)
        link = &(*link)->next;
    *link = round->next;
}

/* Runs them on this thread. Inside a collector, one that runs is missing: two could wait for each
 * other. */
static void run_here(struct pt_collectors *all, struct pt_round *round)
{
    bool nested = pt_run_is_here();

    for (size_t i = 0; i < round->collection->count; i++) {
        struct pt_collected *item = &round->collection->items[i];

        if (!item->round)
            continue;
        while (
            !nested && item->of->listed && item->of->running && pt_clock_ns() < deadline_of(item))
            pt_lock_wait_until(&all->lock, &all->ended, deadline_of(item));
        if (item->of->listed && !item->of->running) {
            run_item(all, item);
            if (next_of_all(all)) /* somebody else waited for this one */
                call_worker(all);
        } else if (nested) {
            item->round = NULL;
        }
    }
}

/* Nobody waits for these any more. */
static void give_up(struct pt_collection *collection)
{
    for (size_t i = 0; i < collection->count; i++) {
        struct pt_collected *item = &collection->items[i];

        if (!item->round)
            continue;
        item->round = NULL;
        if (item->of->wanted == item)
            item->of->wanted = NULL;
        item->of->timeouts += item->of->listed;
    }
}

/* A reference to every entry there is. Returns false when memory ran out; `*at_scrape` receives how
 * many are to run. */
static bool list_items(
    struct pt_collectors *all, struct pt_round *round, size_t *at_scrape, pitot_error *err)
{
    struct pt_collection *collection = round->collection;
    size_t capacity = 0;

    *at_scrape = 0;
    for (struct pt_collector *c = all->first; c; c = c->next) {
        if (!pt_grow(
                &collection->items, collection->count, &capacity, sizeof(*collection->items), err))
            return false;
        struct pt_collected *item = &collection->items[collection->count++];
        *item = (struct pt_collected){
            .of = c,
            .name = {c->what.name, strlen(c->what.name)},
            .part = c->last,
            .round = c->what.period_ms ? NULL : round,
        };
        c->refs++;
        if (c->last)
            pt_part_ref(c->last);
        *at_scrape += item->round != NULL;
    }
    return true;
}

bool pt_round_run(
    pitot_registry *reg, uint32_t timeout_ms, struct pt_collection *collection, pitot_error *err)
{
    struct pt_collectors *all = pt_collectors_of(reg);
    struct pt_round round = {
        .collection = collection, .timeout_ns = timeout_ms * UINT64_C(1000000)};
    size_t at_scrape;

    *collection = (struct pt_collection){0};
    if (!all)
        return true;
    pt_collectors_lock(all);
    round.deadline_ns = pt_clock_ns() + round.timeout_ns;
    bool listed = list_items(all, &round, &at_scrape, err);
    if (listed && at_scrape > 0) {
        if (timeout_ms == UINT32_MAX || pt_run_is_here() || !call_worker(all))
            run_here(all, &round);
        else
            await_workers(all, &round);
        give_up(collection);
    }
    for (size_t i = 0; i < collection->count; i++) {
        struct pt_collected *item = &collection->items[i];

        item->failures = item->of->failures;
        item->timeouts = item->of->timeouts;
        item->seconds = item->of->seconds;
    }
    pt_lock_give(&all->lock);
    return listed;
}

void pt_round_refuse(pitot_registry *reg, struct pt_collected *collected)
{
    struct pt_collectors *all = pt_collectors_of(reg);

    pt_part_unref(collected->part);
    collected->part = NULL;
    pt_collectors_lock(all);
    collected->failures = ++collected->of->failures;
    pt_lock_give(&all->lock);
}

void pt_collection_free(pitot_registry *reg, struct pt_collection *collection)
{
    struct pt_collectors *all = pt_collectors_of(reg);

    for (size_t i = 0; i < collection->count; i++)
        pt_part_unref(collection->items[i].part);
    if (all) {
        pt_collectors_lock(all);
        for (size_t i = 0; i < collection->count; i++)
            pt_collector_unref(all, collection->items[i].of);
        pt_lock_give(&all->lock);
    }
    pt_free(collection->items);
    *collection = (struct pt_collection){0};
}
