/* SPDX-License-Identifier: MIT */
/*
 * scrape.c -- one thread that takes snapshots and prepares pages of them.
 *
 * Jobs wait in a queue, the oldest goes first. Jobs of one snapshot share it, whoever comes first
 * takes it. There are never more jobs than there are requests. The pusher owns the memory of a job
 * throughout, and of what it makes.
 */
#include "transport/scrape.h"

#include "base/clock.h"
#include "base/sys.h"
#include "base/thread.h"
#include "transport/mark.h"

#define NS_PER_MS UINT64_C(1000000)

pitot_snapshot *pt_scrape_take(
    pitot_registry *reg, const struct pt_query *query, uint32_t collect_timeout_ms)
{
    const pitot_snapshot_opts opts = {.collect_timeout_ms = collect_timeout_ms};
    pitot_snapshot *snap = pitot_snapshot_take_with(reg, &opts, NULL);

    if (!snap || !query)
        return snap;
    pitot_snapshot *part = pitot_snapshot_filter(snap, &query->filter, NULL);
    pitot_snapshot_free(snap);
    return part;
}

static uint32_t collect_timeout_ms(const struct pt_take *take, uint64_t now_ns)
{
    if (take->collect_by_ns == 0)
        return 0;
    if (take->collect_by_ns <= now_ns + NS_PER_MS)
        return 1;
    return (uint32_t)((take->collect_by_ns - now_ns) / NS_PER_MS);
}

static void take_snapshot(struct pt_scrape *scrape, struct pt_take *take)
{
    uint64_t now_ns = pt_clock_ns();

    atomic_store_explicit(&take->began_ns, now_ns, memory_order_relaxed);
    take->snap = pt_scrape_take(scrape->reg, take->query, collect_timeout_ms(take, now_ns));
}

/* Time on the processor is what it cost: a collector that waits for something costs nothing. */
static void run_job(struct pt_scrape *scrape, struct pt_scrape_job *job)
{
    struct pt_take *take = job->take;
    const pitot_encode_opts opts = {.escaping = job->escaping};
    uint64_t start_ns = pt_clock_thread_ns();

    if (!take->snap)
        take_snapshot(scrape, take);
    if (take->snap)
        job->page = pitot_page_new(take->snap, job->format, &opts, NULL);
    job->work_s = pt_clock_seconds(start_ns, pt_clock_thread_ns());
}

static void *run(void *arg)
{
    struct pt_scrape *scrape = arg;

    pthread_mutex_lock(&scrape->lock);
    while (!scrape->stopping) {
        if (!scrape->queue) {
            pthread_cond_wait(&scrape->changed, &scrape->lock);
            continue;
        }
        struct pt_scrape_job *job = scrape->queue;
        scrape->queue = job->next;
        job->state = PT_SCRAPE_RUNNING;
        pthread_mutex_unlock(&scrape->lock);
        run_job(scrape, job);
        pthread_mutex_lock(&scrape->lock);
        job->state = PT_SCRAPE_DONE;
        job->next = scrape->done;
        scrape->done = job;
        pt_mark_wake(scrape->wake_fd);
    }
    pthread_mutex_unlock(&scrape->lock);
    return NULL;
}

bool pt_scrape_start(struct pt_scrape *scrape, pitot_registry *reg, int wake_fd, pitot_error *err)
{
    *scrape = (struct pt_scrape){.reg = reg, .wake_fd = wake_fd};
    pt_mark_set(wake_fd);
    pthread_mutex_init(&scrape->lock, NULL);
    pthread_cond_init(&scrape->changed, NULL);
    scrape->started = pt_thread_start(&scrape->thread, "pitot-scrape", run, scrape, err);
    scrape->opened = true;
    return scrape->started;
}

void pt_scrape_push(struct pt_scrape *scrape, struct pt_scrape_job *job)
{
    struct pt_scrape_job **link = &scrape->queue;

    pthread_mutex_lock(&scrape->lock);
    while (*link)
        link = &(*link)->next;
    job->next = NULL;
    job->state = PT_SCRAPE_QUEUED;
    *link = job;
    pthread_cond_signal(&scrape->changed);
    pthread_mutex_unlock(&scrape->lock);
}

bool pt_scrape_cancel(struct pt_scrape *scrape, struct pt_scrape_job *job)
{
    struct pt_scrape_job **link = &scrape->queue;

    pthread_mutex_lock(&scrape->lock);
    bool queued = job->state == PT_SCRAPE_QUEUED;
    while (queued && *link != job)
        link = &(*link)->next;
    if (queued) {
        *link = job->next;
        job->state = PT_SCRAPE_CANCELLED;
    }
    pthread_mutex_unlock(&scrape->lock);
    return queued;
}

struct pt_scrape_job *pt_scrape_done(struct pt_scrape *scrape)
{
    pthread_mutex_lock(&scrape->lock);
    struct pt_scrape_job *done = scrape->done;
    scrape->done = NULL;
    pthread_mutex_unlock(&scrape->lock);
    return done;
}

void pt_scrape_stop(struct pt_scrape *scrape)
{
    if (!scrape->started)
        return;
    pthread_mutex_lock(&scrape->lock);
    scrape->stopping = true;
    pthread_cond_signal(&scrape->changed);
    pthread_mutex_unlock(&scrape->lock);
    pthread_join(scrape->thread, NULL);
    scrape->started = false;
}

void pt_scrape_close(struct pt_scrape *scrape)
{
    if (!scrape->opened)
        return;
    pthread_cond_destroy(&scrape->changed);
    pthread_mutex_destroy(&scrape->lock);
    scrape->opened = false;
}
