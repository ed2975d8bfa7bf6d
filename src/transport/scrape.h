/* SPDX-License-Identifier: MIT */
/* scrape.h -- one thread that takes snapshots and prepares pages of them, so that a slow collector
 * delays pages and nothing else. */
#ifndef PT_TRANSPORT_SCRAPE_H
#define PT_TRANSPORT_SCRAPE_H

#include <pthread.h>
#include <stdatomic.h>

#include "transport/query.h"

/* A snapshot that several pages are made of. The worker's, but for the first two fields, from the
 * push of the first of its jobs on; who pushed may read it when that is done. */
struct pt_take {
    const struct pt_query *query;
    uint64_t collect_by_ns;    /* when the collectors have to be done; 0: the default */
    _Atomic uint64_t began_ns; /* 0 until the worker begins; relaxed: it guards nothing */
    pitot_snapshot *snap;      /* NULL without memory */
};

/* Where a job is. Only under the lock of its scrape, but for whoever pushed it: NEW before it is
 * pushed, and DONE or CANCELLED after it came back. */
enum pt_scrape_state {
    PT_SCRAPE_NEW = 0,
    PT_SCRAPE_QUEUED,
    PT_SCRAPE_RUNNING,
    PT_SCRAPE_DONE,
    PT_SCRAPE_CANCELLED
};

/* One page. The worker takes the snapshot first if it is not there. */
struct pt_scrape_job {
    struct pt_scrape_job *next;
    struct pt_take *take;
    pitot_format format;
    pitot_escaping escaping;
    enum pt_scrape_state state;
    pitot_page *page; /* when DONE; NULL without memory */
    double work_s;    /* when DONE: that the snapshot and the page took */
    void *owner;
};

struct pt_scrape {
    pitot_registry *reg;
    int wake_fd; /* an eventfd that is written when a job is done */
    pthread_t thread;
    bool started;         /* there is the thread */
    bool opened;          /* there is the lock */
    pthread_mutex_t lock; /* innermost; guards what follows */
    pthread_cond_t changed;
    struct pt_scrape_job *queue; /* oldest first */
    struct pt_scrape_job *done;
    bool stopping;
};

bool pt_scrape_start(struct pt_scrape *scrape, pitot_registry *reg, int wake_fd, pitot_error *err);

/* The job is the worker's until it comes back through pt_scrape_done(), or is cancelled. */
void pt_scrape_push(struct pt_scrape *scrape, struct pt_scrape_job *job);

/* True when nobody had begun the job: it is CANCELLED and the caller's again. */
bool pt_scrape_cancel(struct pt_scrape *scrape, struct pt_scrape_job *job);

/* The jobs that were done since the last call, as a list. */
struct pt_scrape_job *pt_scrape_done(struct pt_scrape *scrape);

/* Waits for the page that is being made, then ends the thread. Jobs that are still queued or done
 * stay so. Does nothing to zeroed memory. */
void pt_scrape_stop(struct pt_scrape *scrape);

/* Ends what pt_scrape_start() began, even if that failed. Nobody may use it any more. */
void pt_scrape_close(struct pt_scrape *scrape);

/* A snapshot of what `query` wants; NULL without memory. */
pitot_snapshot *pt_scrape_take(
    pitot_registry *reg, const struct pt_query *query, uint32_t collect_timeout_ms);

#endif
