/* SPDX-License-Identifier: MIT */
/*
 * hammer.c -- eight threads that record, and make and remove series, while they are scraped.
 *
 *     hammer ADDRESS SECONDS
 *
 * Each thread keeps its own books. When the time is up, the sums of the books are printed, and the
 * program goes on serving: what the page says then must be the same to the last digit.
 */
#include "serve.h"

#include <inttypes.h>
#include <pthread.h>

#define THREADS 8
#define OBSERVED_MAX 12 /* whole numbers, so that their sum is exact in any order */

struct metrics {
    pitot_counter *events;
    pitot_counter_vec *by_key;   /* new series for as long as the program runs */
    pitot_counter_vec *capped;   /* soon full */
    pitot_counter_vec *churning; /* made and removed: not in the books */
    pitot_histogram *sizes;
    pitot_histogram_vec *sizes_by_key;
    pitot_gauge *level;
};

struct worker {
    pthread_t thread;
    int number;
    double seconds;
    const struct metrics *metrics;
    uint64_t events;
    uint64_t observed;
    int64_t level;
};

static void make_metrics(struct metrics *m, pitot_registry *reg, pitot_error *err)
{
    m->events = pitot_counter_new(
        reg, err, &(pitot_desc){.name = "hammer_events_total", .help = "All events."});
    m->by_key = pitot_counter_vec_new(reg, err,
        &(pitot_desc){
            .name = "hammer_keys_total",
            .help = "All events, by thread and key.",
            .labels = PITOT_LABELS("thread", "key"),
            .series_max = 100000,
        });
    m->capped = pitot_counter_vec_new(reg, err,
        &(pitot_desc){
            .name = "hammer_capped_total",
            .help = "All events, by a key of which there are too many.",
            .labels = PITOT_LABELS("key"),
            .series_max = 50,
        });
    m->churning = pitot_counter_vec_new(reg, err,
        &(pitot_desc){
            .name = "hammer_churning_total",
            .help = "Series that come and go.",
            .labels = PITOT_LABELS("thread", "key"),
        });
    m->sizes = pitot_histogram_new(reg, err,
        &(pitot_desc){
            .name = "hammer_sizes", .help = "All events.", .bounds = PITOT_BOUNDS(1, 5, 10)});
    m->sizes_by_key = pitot_histogram_vec_new(reg, err,
        &(pitot_desc){
            .name = "hammer_key_sizes",
            .help = "All events, by key.",
            .labels = PITOT_LABELS("key"),
            .bounds = PITOT_BOUNDS(1, 5, 10),
        });
    m->level = pitot_gauge_new(
        reg, err, &(pitot_desc){.name = "hammer_level", .help = "What was added, less what went."});
}

/* `key` grows slowly: a new series every 256 events. */
static void record(struct worker *worker, uint64_t i)
{
    const struct metrics *m = worker->metrics;
    char thread[8], key[32], fresh[32];
    unsigned size = (unsigned)(i % OBSERVED_MAX);

    snprintf(thread, sizeof(thread), "%d", worker->number);
    snprintf(key, sizeof(key), "%" PRIu64, i / 256 % 100);
    snprintf(fresh, sizeof(fresh), "%d-%" PRIu64, worker->number, i / 16);
    pitot_counter_inc(m->events);
    pitot_counter_inc(pitot_counter_with(m->by_key, thread, key));
    pitot_counter_inc(pitot_counter_with(m->capped, fresh));
    pitot_histogram_observe(m->sizes, size);
    pitot_histogram_observe(pitot_histogram_with(m->sizes_by_key, key), size);
    pitot_gauge_add(m->level, i % 3 == 0 ? -1 : 1);
    worker->events++;
    worker->observed += size;
    worker->level += i % 3 == 0 ? -1 : 1;

    if (i % 16 != 0)
        return;
    pitot_counter_inc(pitot_counter_with(m->churning, thread, fresh));
    if (i % 64 == 0)
        pitot_counter_remove(m->churning, (const char *[]){thread, fresh}, 2);
    if (i % 1024 == 0)
        pitot_counter_remove_matching(
            m->churning, (const pitot_label[]){{"thread", thread}, {NULL, NULL}});
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    uint64_t start = pitot_now();

    for (uint64_t i = 0; pitot_seconds_since(start) < worker->seconds; i++)
        record(worker, i);
    return NULL;
}

static void run(const struct metrics *metrics, double seconds)
{
    struct worker workers[THREADS] = {0};
    struct worker sum = {0};

    for (int i = 0; i < THREADS; i++) {
        workers[i].number = i;
        workers[i].seconds = seconds;
        workers[i].metrics = metrics;
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            abort();
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        sum.events += workers[i].events;
        sum.observed += workers[i].observed;
        sum.level += workers[i].level;
    }
    printf("hammer: events=%" PRIu64 " observed=%" PRIu64 " level=%" PRId64 "\n", sum.events,
        sum.observed, sum.level);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    static struct metrics metrics;
    sigset_t signals;
    pitot_error err = {0};

    block_signals(&signals);
    pitot_registry *reg = pitot_registry_default();
    make_metrics(&metrics, reg, &err);
    demand(&err);
    pitot_server *server = serve(reg, argc > 1 ? argv[1] : "127.0.0.1:0");
    run(&metrics, argc > 2 ? atof(argv[2]) : 1);
    serve_until_sigterm(server, &signals);
    return EXIT_SUCCESS;
}
