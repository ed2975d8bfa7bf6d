/* SPDX-License-Identifier: MIT */
/*
 * crawl.c -- one walker fills the queue, workers empty it.
 *
 * Each file ends in exactly one result, in the metrics and in the program's own books alike.
 * Nothing in the tree is trusted: symbolic links are not followed, a pipe cannot make a worker
 * wait, and a file that grows while it is read is cut off at its limit.
 */
#define _GNU_SOURCE /* scandirat */
#include "crawl.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BATCH 512         /* words between two steps of a file */
#define BINARY_PROBE 8000 /* a NUL among the first bytes: not a text */
#define PASS_PAUSE_MS 100 /* so that an empty tree does not take a whole CPU */

/* What one worker keeps from file to file. */
struct worker {
    struct crawl *crawl;
    char *text; /* FILE_SIZE_MAX + 1 bytes */
    struct token batch[BATCH];
};

static void count_result(struct crawl *crawl, enum result result, uint64_t bytes)
{
    struct crawl_counts *counts = &crawl->counts;

    pitot_counter_inc(crawl->metrics->files[result]);
    pitot_counter_add_u64(crawl->metrics->bytes[result], bytes);
    if (result == RESULT_INDEXED) {
        atomic_fetch_add(&counts->files, 1);
        atomic_fetch_add(&counts->bytes, bytes);
    } else {
        atomic_fetch_add(result == RESULT_SKIPPED ? &counts->skipped : &counts->failed, 1);
    }
}

static void count_skip(struct crawl *crawl, enum skip reason, uint64_t bytes)
{
    pitot_counter_inc(crawl->metrics->skips[reason]);
    count_result(crawl, RESULT_SKIPPED, bytes);
}

static void count_failure(struct crawl *crawl, int error_number, uint64_t bytes)
{
    metrics_error(crawl->metrics, error_number);
    count_result(crawl, RESULT_FAILED, bytes);
}

static void count_change(struct crawl *crawl, const struct index_change *change)
{
    pitot_gauge_add(crawl->metrics->words, (double)change->words);
    pitot_gauge_add(crawl->metrics->index_bytes, (double)change->bytes);
    pitot_counter_add_u64(crawl->metrics->words_refused, change->refused);
    atomic_fetch_add(&crawl->counts.words, change->words);
}

/* ---- Workers ---- */

/* An open file into worker->text. False with errno; `size` is what was read in either case. */
static bool read_all(struct worker *worker, int fd, size_t *size)
{
    PITOT_TIME_SCOPE(worker->crawl->metrics->seconds[STEP_READ]);

    while (*size <= FILE_SIZE_MAX) {
        ssize_t got = read(fd, worker->text + *size, FILE_SIZE_MAX + 1 - *size);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got == 0;
        *size += (size_t)got;
    }
    return true;
}

/* Two steps by turns, so the words of a file never need more memory than a batch. Each step is
 * observed once per file, with its time in all. */
static void index_text(struct worker *worker, size_t size)
{
    struct crawl *crawl = worker->crawl;
    struct tokens tokens = {worker->text, worker->text + size};
    uint64_t file = atomic_fetch_add(&crawl->file_ids, 1) + 1;
    uint64_t pass = atomic_load(&crawl->pass);
    double tokenize_seconds = 0, write_seconds = 0;
    size_t count;

    do {
        uint64_t start = pitot_now();
        count = tokens_next(&tokens, worker->batch, BATCH);
        tokenize_seconds += pitot_seconds_since(start);

        start = pitot_now();
        struct index_change change = index_write(crawl->index, pass, file, worker->batch, count);
        write_seconds += pitot_seconds_since(start);
        count_change(crawl, &change);
    } while (count > 0);
    pitot_histogram_observe(crawl->metrics->seconds[STEP_TOKENIZE], tokenize_seconds);
    pitot_histogram_observe(crawl->metrics->seconds[STEP_WRITE], write_seconds);
}

static void index_open_file(struct worker *worker, int fd)
{
    struct crawl *crawl = worker->crawl;
    struct stat status;
    size_t size = 0;

    if (fstat(fd, &status) != 0) {
        count_failure(crawl, errno, 0);
    } else if (!S_ISREG(status.st_mode)) { /* it was when it was listed */
        count_skip(crawl, SKIP_NOT_REGULAR, 0);
    } else if (status.st_size > (off_t)FILE_SIZE_MAX) {
        count_skip(crawl, SKIP_TOO_LARGE, 0);
    } else if (!read_all(worker, fd, &size)) {
        count_failure(crawl, errno, size);
    } else if (size == 0) {
        count_skip(crawl, SKIP_EMPTY, 0);
    } else if (size > FILE_SIZE_MAX) { /* it grew */
        count_skip(crawl, SKIP_TOO_LARGE, size);
    } else if (memchr(worker->text, '\0', size < BINARY_PROBE ? size : BINARY_PROBE)) {
        count_skip(crawl, SKIP_BINARY, size);
    } else {
        index_text(worker, size);
        count_result(crawl, RESULT_INDEXED, size);
    }
}

static void index_file(struct worker *worker, const char *path)
{
    PITOT_IN_FLIGHT(worker->crawl->metrics->in_flight);

    /* Nonblocking: what is a pipe by now must not make us wait for its writer. */
    int fd = openat(
        worker->crawl->root_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        count_failure(worker->crawl, errno, 0);
        return;
    }
    index_open_file(worker, fd);
    close(fd);
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    char *path;

    while ((path = queue_take(&worker->crawl->queue)) != NULL) {
        index_file(worker, path);
        free(path);
        queue_finish(&worker->crawl->queue);
    }
    free(worker->text);
    free(worker);
    return NULL;
}

/* ---- The walker ---- */

static int not_dots(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

/* The names in a directory, in a stable order. -1 with errno. */
static int list(struct crawl *crawl, const char *path, struct dirent ***entries)
{
    PITOT_TIME_SCOPE(crawl->metrics->seconds[STEP_WALK]);

    int fd = openat(crawl->root_fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int count = scandirat(fd, ".", entries, not_dots, alphasort);
    int failure = errno;
    close(fd);
    errno = failure;
    return count;
}

/* Some file systems do not say what an entry is. DT_UNKNOWN with errno when asking fails too. */
static unsigned char type_of(struct crawl *crawl, const char *path, const struct dirent *entry)
{
    struct stat status;

    if (entry->d_type != DT_UNKNOWN)
        return entry->d_type;
    if (fstatat(crawl->root_fd, path, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return DT_UNKNOWN;
    return (unsigned char)IFTODT(status.st_mode);
}

static bool put(struct crawl *crawl, const char *path)
{
    char *copy = strdup(path);

    if (copy)
        return queue_put(&crawl->queue, copy);
    count_failure(crawl, errno, 0);
    return true;
}

static bool walk(struct crawl *crawl, const char *path, int depth);

static bool visit(struct crawl *crawl, const char *directory, const struct dirent *entry, int depth)
{
    char path[PATH_MAX];
    int size = snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);

    if (size >= (int)sizeof(path)) {
        count_failure(crawl, ENAMETOOLONG, 0);
        return true;
    }
    switch (type_of(crawl, path, entry)) {
    case DT_REG:
        return put(crawl, path);
    case DT_DIR:
        if (depth < DEPTH_MAX)
            return walk(crawl, path, depth + 1);
        pitot_counter_inc(crawl->metrics->skips[SKIP_TOO_DEEP]);
        return true;
    case DT_UNKNOWN:
        count_failure(crawl, errno, 0);
        return true;
    default:
        count_skip(crawl, SKIP_NOT_REGULAR, 0);
        return true;
    }
}

/* False when it is time to stop. A directory that cannot be read is counted, and passed over. */
static bool walk(struct crawl *crawl, const char *path, int depth)
{
    struct dirent **entries;
    int count = list(crawl, path, &entries);
    bool going = true;

    if (count < 0) {
        metrics_error(crawl->metrics, errno);
        return true;
    }
    for (int i = 0; i < count; i++) {
        going = going && visit(crawl, path, entries[i], depth);
        free(entries[i]);
    }
    free(entries);
    return going;
}

static void *walk_for_ever(void *arg)
{
    struct crawl *crawl = arg;
    uint64_t pass = 0;

    do {
        atomic_store(&crawl->pass, ++pass);
        if (!walk(crawl, ".", 0) || !queue_drain(&crawl->queue))
            break;
        struct index_change change = index_sweep(crawl->index, pass);
        count_change(crawl, &change);
        atomic_store(&crawl->counts.passes, pass);
        pitot_gauge_set(crawl->metrics->height, (double)pass);
        pitot_gauge_set_to_current_time(crawl->metrics->pass_finished);
    } while (pass != crawl->passes_max && queue_sleep(&crawl->queue, PASS_PAUSE_MS));
    return NULL;
}

/* ---- From outside ---- */

int crawl_open(struct crawl *crawl, const char *directory)
{
    *crawl = (struct crawl){.root_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (crawl->root_fd < 0)
        return errno;
    queue_init(&crawl->queue);
    crawl->index = index_new();
    return crawl->index ? 0 : ENOMEM;
}

static int start_worker(struct crawl *crawl)
{
    struct worker *worker = calloc(1, sizeof(*worker));
    int failure = ENOMEM;

    if (!worker)
        return ENOMEM;
    worker->crawl = crawl;
    worker->text = malloc(FILE_SIZE_MAX + 1);
    if (worker->text)
        failure = pthread_create(&crawl->workers[crawl->worker_count], NULL, work, worker);
    if (failure) {
        free(worker->text);
        free(worker);
        return failure;
    }
    crawl->worker_count++;
    return 0;
}

int crawl_start(
    struct crawl *crawl, const struct metrics *metrics, int threads, uint64_t passes_max)
{
    int failure = 0;

    crawl->metrics = metrics;
    crawl->passes_max = passes_max;
    for (int i = 0; i < threads && !failure; i++)
        failure = start_worker(crawl);
    if (!failure)
        failure = pthread_create(&crawl->walker, NULL, walk_for_ever, crawl);
    crawl->has_walker = !failure;
    return failure;
}

double crawl_queue_length(void *crawl)
{
    return (double)queue_length(&((struct crawl *)crawl)->queue);
}

void crawl_stop(struct crawl *crawl)
{
    queue_stop(&crawl->queue);
    if (crawl->has_walker)
        pthread_join(crawl->walker, NULL);
    while (crawl->worker_count > 0)
        pthread_join(crawl->workers[--crawl->worker_count], NULL);
    crawl->has_walker = false;
}

void crawl_close(struct crawl *crawl)
{
    index_free(crawl->index);
    queue_destroy(&crawl->queue);
    close(crawl->root_fd);
}
