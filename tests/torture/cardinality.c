/* SPDX-License-Identifier: MIT */
/*
 * cardinality.c -- a program that takes label values from strangers.
 *
 *     cardinality SETS
 *
 * Given a line, eight threads count so many different label sets together in a vec that is capped
 * at 2,000. At the end it says how long the slow ones of a thousand look-ups took, once the vec was
 * full, and serves its page until standard input ends.
 */
#include "../e2e/serve.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#define THREADS 8
#define SERIES_MAX 2000
#define TIMED_EVERY 64
#define NS_MAX 1000000 /* of the table of times, a microsecond a row */

static pitot_counter_vec *users;
static unsigned long sets;
static _Atomic(uint64_t) took_us[NS_MAX / 1000];

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void *count(void *arg)
{
    unsigned long thread = (unsigned long)(uintptr_t)arg;
    char name[32];
    const char *values[] = {name};

    for (unsigned long i = thread; i < sets; i += THREADS) {
        snprintf(name, sizeof(name), "user-%lu", i);
        bool timed = i > (unsigned long)2 * SERIES_MAX && i / THREADS % TIMED_EVERY == 0;
        uint64_t begin = timed ? now_ns() : 0;
        pitot_counter_inc(pitot_counter_child(users, values, 1));
        if (!timed)
            continue;
        uint64_t us = (now_ns() - begin) / 1000;
        atomic_fetch_add(&took_us[us < NS_MAX / 1000 ? us : NS_MAX / 1000 - 1], 1);
    }
    return NULL;
}

static unsigned quantile_us(double q)
{
    uint64_t total = 0;
    uint64_t seen = 0;

    for (size_t us = 0; us < NS_MAX / 1000; us++)
        total += took_us[us];
    for (unsigned us = 0; us < NS_MAX / 1000; us++) {
        seen += took_us[us];
        if ((double)seen >= q * (double)total)
            return us + 1;
    }
    return NS_MAX / 1000;
}

int main(int argc, char **argv)
{
    pitot_error err = {0};
    pthread_t threads[THREADS];

    sets = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
    users = pitot_counter_vec_new(pitot_registry_default(), &err,
        &(pitot_desc){.name = "users_total",
            .help = "Requests of each user.",
            .labels = PITOT_LABELS("user"),
            .series_max = SERIES_MAX});
    demand(&err);
    pitot_server *server = serve(pitot_registry_default(), "127.0.0.1:0");
    if (getchar() == EOF)
        return EXIT_FAILURE;
    for (uintptr_t i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, count, (void *)i) != 0)
            return EXIT_FAILURE;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("counted: p50_us=%u p99_us=%u\n", quantile_us(0.5), quantile_us(0.99));
    fflush(stdout);
    while (getchar() != EOF)
        ;
    pitot_server_stop(server);
    return EXIT_SUCCESS;
}
