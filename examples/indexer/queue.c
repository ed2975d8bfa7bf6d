/* SPDX-License-Identifier: MIT */
/*
 * queue.c -- a ring of paths under one lock.
 *
 * One thread puts and drains, any number take and finish. Each side has a condition of its own, so
 * a put wakes one worker, and only a full queue or the end of a pass wakes the walker.
 */
#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

void queue_init(struct queue *queue)
{
    pthread_condattr_t monotonic;

    *queue = (struct queue){.lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&queue->emptied, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_cond_init(&queue->filled, NULL);
}

void queue_destroy(struct queue *queue)
{
    while (queue->count > 0) {
        free(queue->paths[queue->first]);
        queue->first = (queue->first + 1) % QUEUE_MAX;
        queue->count--;
    }
    pthread_cond_destroy(&queue->emptied);
    pthread_cond_destroy(&queue->filled);
    pthread_mutex_destroy(&queue->lock);
}

bool queue_put(struct queue *queue, char *path)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->count == QUEUE_MAX && !queue->stopping)
        pthread_cond_wait(&queue->emptied, &queue->lock);
    bool accepted = !queue->stopping;
    if (accepted) {
        queue->paths[(queue->first + queue->count) % QUEUE_MAX] = path;
        queue->count++;
        queue->unfinished++;
        pthread_cond_signal(&queue->filled);
    }
    pthread_mutex_unlock(&queue->lock);
    if (!accepted)
        free(path);
    return accepted;
}

char *queue_take(struct queue *queue)
{
    char *path = NULL;

    pthread_mutex_lock(&queue->lock);
    while (queue->count == 0 && !queue->stopping)
        pthread_cond_wait(&queue->filled, &queue->lock);
    if (!queue->stopping) {
        path = queue->paths[queue->first];
        queue->first = (queue->first + 1) % QUEUE_MAX;
        queue->count--;
        if (queue->count == QUEUE_MAX / 2) /* not at every path: that is a switch of threads each */
            pthread_cond_signal(&queue->emptied);
    }
    pthread_mutex_unlock(&queue->lock);
    return path;
}

void queue_finish(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->unfinished--;
    if (queue->unfinished == 0)
        pthread_cond_signal(&queue->emptied);
    pthread_mutex_unlock(&queue->lock);
}

bool queue_drain(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    while (queue->unfinished > 0 && !queue->stopping)
        pthread_cond_wait(&queue->emptied, &queue->lock);
    bool drained = queue->unfinished == 0;
    pthread_mutex_unlock(&queue->lock);
    return drained;
}

bool queue_sleep(struct queue *queue, unsigned ms)
{
    struct timespec until;
    int result = 0;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&queue->lock);
    while (!queue->stopping && result != ETIMEDOUT)
        result = pthread_cond_timedwait(&queue->emptied, &queue->lock, &until);
    bool stopping = queue->stopping;
    pthread_mutex_unlock(&queue->lock);
    return !stopping;
}

void queue_stop(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->stopping = true;
    pthread_cond_broadcast(&queue->filled);
    pthread_cond_broadcast(&queue->emptied);
    pthread_mutex_unlock(&queue->lock);
}

size_t queue_length(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t length = queue->count;
    pthread_mutex_unlock(&queue->lock);
    return length;
}
