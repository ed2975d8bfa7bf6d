/* SPDX-License-Identifier: MIT */
/*
 * queue.h -- paths on their way from the walker to the workers.
 *
 * Bounded: who puts waits for room, so a tree of any size takes a fixed amount of memory. It also
 * knows what has been taken and not yet finished, and so when a pass over the tree is over.
 */
#ifndef INDEXER_QUEUE_H
#define INDEXER_QUEUE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#define QUEUE_MAX 1024

struct queue {
    pthread_mutex_t lock;   /* over what follows */
    pthread_cond_t filled;  /* workers wait for a path */
    pthread_cond_t emptied; /* the walker waits for room, for the end of a pass, or for time */
    char *paths[QUEUE_MAX]; /* a ring */
    size_t first, count;
    size_t unfinished; /* put, and not yet said to be finished */
    bool stopping;
};

void queue_init(struct queue *queue);
void queue_destroy(struct queue *queue);

/* Takes over `path`, to be freed by who takes it. False when the queue is stopping. */
bool queue_put(struct queue *queue, char *path);

/* NULL when the queue is stopping. What was taken must be finished. */
char *queue_take(struct queue *queue);
void queue_finish(struct queue *queue);

/* Waits until all that was put is finished. False when the queue is stopping before that. */
bool queue_drain(struct queue *queue);

/* Sleeps, but not beyond a stop. False when the queue is stopping. */
bool queue_sleep(struct queue *queue, unsigned ms);

/* Everybody who waits returns, and so does everybody who comes later. */
void queue_stop(struct queue *queue);

size_t queue_length(struct queue *queue);

#endif
