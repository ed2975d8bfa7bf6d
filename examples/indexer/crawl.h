/* SPDX-License-Identifier: MIT */
/* crawl.h -- the threads: one walks the tree again and again, the others index what it finds. */
#ifndef INDEXER_CRAWL_H
#define INDEXER_CRAWL_H

#include "index.h"
#include "metrics.h"
#include "queue.h"

#include <stdatomic.h>

#define THREADS_MAX 256
#define FILE_SIZE_MAX ((size_t)4 << 20) /* larger files are skipped */
#define DEPTH_MAX 64                    /* deeper directories are skipped */

/* The program's own books, kept apart from the metrics: any thread adds, main() reads. */
struct crawl_counts {
    _Atomic(uint64_t) files; /* indexed */
    _Atomic(uint64_t) bytes; /* indexed */
    _Atomic(uint64_t) skipped;
    _Atomic(uint64_t) failed;
    _Atomic(uint64_t) passes;
    _Atomic(int64_t) words; /* in the index */
};

struct crawl {
    int root_fd;
    uint64_t passes_max; /* then it rests; 0: never */
    const struct metrics *metrics;
    struct queue queue;
    struct index *index;
    struct crawl_counts counts;
    _Atomic(uint64_t) file_ids;
    _Atomic(uint64_t) pass; /* the one that is going on: the walker writes, workers read */
    pthread_t walker;
    pthread_t workers[THREADS_MAX];
    int worker_count; /* that have started */
    bool has_walker;
};

/* Opens the directory and prepares everything but the threads. 0, or an errno. */
int crawl_open(struct crawl *crawl, const char *directory);

/* Starts a walker and `threads` workers. 0, or an errno: then crawl_close() is still due. */
int crawl_start(
    struct crawl *crawl, const struct metrics *metrics, int threads, uint64_t passes_max);

/* Files in the queue, as a metric whose `ctx` is the crawl. */
double crawl_queue_length(void *crawl);

/* Stops and joins the threads: the counts are final when it returns. */
void crawl_stop(struct crawl *crawl);

void crawl_close(struct crawl *crawl);

#endif
