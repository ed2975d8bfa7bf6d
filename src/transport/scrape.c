/* SPDX-License-Identifier: MIT */
/*
 * scrape.c -- one thread that makes pages.
 *
 * Jobs wait in a queue. The worker takes the oldest together with all those that want the very same
 * bytes: they arrived before its snapshot is taken, so one page answers them all, and a crowd
 * of scrapers costs as much as one. A job is a client's connection, so there are never more of them
 * than connections. The pusher owns the memory of a job throughout.
 */
#include "transport/scrape.h"

#include "transport/thread.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Takes the oldest job and its like out of the queue; they are RUNNING from then on. */
static struct pt_scrape_job *take_group(struct pt_scrape *scrape)
{
    struct pt_scrape_job *first = scrape->queue;
    struct pt_scrape_job **group_end = &first->next;
    struct pt_scrape_job **link = &scrape->queue;

    *link = first->next;
    first->state = PT_SCRAPE_RUNNING;
    *group_end = NULL;
    while (*link) {
        struct pt_scrape_job *job = *link;

        if (!pt_handle_plan_same(&job->plan, &first->plan)) {
            link = &job->next;
            continue;
        }
        *link = job->next;
        job->next = NULL;
        job->state = PT_SCRAPE_RUNNING;
        *group_end = job;
        group_end = &job->next;
    }
    return first;
}

static struct pt_answer *make_answer(struct pt_scrape *scrape, const struct pt_handle_plan *plan)
{
    struct pt_answer *answer = pt_answer_new();

    if (answer)
        pt_handle_run(scrape->reg, plan, scrape->name, &answer->response);
    return answer;
}

static void give_back(
    struct pt_scrape *scrape, struct pt_scrape_job *group, struct pt_answer *answer)
{
    while (group) {
        struct pt_scrape_job *job = group;

        group = job->next;
        job->answer = answer ? pt_answer_hold(answer) : NULL;
        job->state = PT_SCRAPE_DONE;
        job->next = scrape->done;
        scrape->done = job;
    }
}

static void wake(int fd)
{
    const uint64_t one = 1;
    ssize_t written;

    do
        written = write(fd, &one, sizeof(one));
    while (written < 0 && errno == EINTR);
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
        struct pt_scrape_job *group = take_group(scrape);
        pthread_mutex_unlock(&scrape->lock);
        struct pt_answer *answer = make_answer(scrape, &group->plan);
        pthread_mutex_lock(&scrape->lock);
        give_back(scrape, group, answer);
        pt_answer_release(answer);
        wake(scrape->wake_fd);
    }
    pthread_mutex_unlock(&scrape->lock);
    return NULL;
}

bool pt_scrape_start(
    struct pt_scrape *scrape, pitot_registry *reg, const char *name, int wake_fd, pitot_error *err)
{
    *scrape = (struct pt_scrape){.reg = reg, .name = name, .wake_fd = wake_fd};
    pthread_mutex_init(&scrape->lock, NULL);
    pthread_cond_init(&scrape->changed, NULL);
    scrape->started = pt_thread_start(&scrape->thread, "pitot-scrape", run, scrape, err);
    if (!scrape->started) {
        pthread_cond_destroy(&scrape->changed);
        pthread_mutex_destroy(&scrape->lock);
    }
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
    pthread_cond_destroy(&scrape->changed);
    pthread_mutex_destroy(&scrape->lock);
    scrape->started = false;
}
