/* SPDX-License-Identifier: MIT */
/* scrape.h -- one thread that makes pages, so that a slow collector delays pages and nothing else.
 */
#ifndef PT_TRANSPORT_SCRAPE_H
#define PT_TRANSPORT_SCRAPE_H

#include <pthread.h>

#include "transport/answer.h"
#include "transport/handle.h"

/* Where a job is. Only under the lock of its scrape, but for whoever pushed it: NEW before it is
 * pushed, and DONE or CANCELLED after it came back. */
enum pt_scrape_state {
    PT_SCRAPE_NEW = 0,
    PT_SCRAPE_QUEUED,
    PT_SCRAPE_RUNNING,
    PT_SCRAPE_DONE,
    PT_SCRAPE_CANCELLED
};

struct pt_scrape_job {
    struct pt_scrape_job *next;
    struct pt_handle_plan plan;
    enum pt_scrape_state state;
    struct pt_answer *answer; /* when DONE, for the pusher to release; NULL without memory */
    void *owner;
};

struct pt_scrape {
    pitot_registry *reg;
    const char *name;
    int wake_fd; /* an eventfd that is written when a job is done */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock; /* innermost; guards what follows */
    pthread_cond_t changed;
    struct pt_scrape_job *queue; /* oldest first */
    struct pt_scrape_job *done;
    bool stopping;
};

bool pt_scrape_start(
    struct pt_scrape *scrape, pitot_registry *reg, const char *name, int wake_fd, pitot_error *err);

/* The job is the worker's until it comes back through pt_scrape_done(), or is cancelled. */
void pt_scrape_push(struct pt_scrape *scrape, struct pt_scrape_job *job);

/* True when nobody had begun the job: it is CANCELLED and the caller's again. */
bool pt_scrape_cancel(struct pt_scrape *scrape, struct pt_scrape_job *job);

/* The jobs that were done since the last call, as a list. */
struct pt_scrape_job *pt_scrape_done(struct pt_scrape *scrape);

/* Waits for the page that is being made, then ends the thread. Jobs that are still queued or done
 * stay so. Does nothing to zeroed memory. */
void pt_scrape_stop(struct pt_scrape *scrape);

#endif
