/* SPDX-License-Identifier: MIT */
/*
 * squeeze.c -- a program that runs into the limit of its address space, and gets over it.
 *
 * It may have one MiB more. It makes series until none can be made, and goes on trying; a thread
 * that never recorded does so now; what exists is updated a million times. Then the limit goes, and
 * the page must be whole. Prints what was refused and what the library says of it, then serves
 * until standard input ends.
 */
#include "../e2e/serve.h"

#include <pthread.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define ROOM (1 << 20)
#define UPDATES 1000000
#define MORE 10000 /* tries after the first that was refused */

static pitot_counter *kept;
static pthread_barrier_t squeezed, recorded;

static void *record_late(void *arg)
{
    (void)arg;
    pthread_barrier_wait(&squeezed);
    for (int i = 0; i < UPDATES; i++)
        pitot_counter_inc(kept);
    pthread_barrier_wait(&recorded);
    return NULL;
}

static rlim_t address_space(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    if (!file || fscanf(file, "%lu", &pages) != 1)
        exit(EXIT_FAILURE);
    fclose(file);
    return pages * (rlim_t)sysconf(_SC_PAGESIZE);
}

static void try_series(pitot_counter_vec *vec, unsigned long *made, unsigned long *refused)
{
    char value[512];
    const char *values[] = {value};

    memset(value, 'v', sizeof(value));
    for (unsigned long i = 0; *refused < MORE; i++) {
        snprintf(value, sizeof(value), "%0500lu", i);
        pitot_counter *child = pitot_counter_child(vec, values, 1);
        pitot_counter_inc(child);
        if (child)
            ++*made;
        else
            ++*refused;
    }
}

int main(void)
{
    pitot_error err = {0};
    pthread_t late;
    struct rlimit limit;
    unsigned long made = 0;
    unsigned long refused = 0;
    pitot_registry *reg = pitot_registry_default();

    kept = pitot_counter_new(reg, &err, &(pitot_desc){.name = "kept_total", .help = "K."});
    pitot_counter_vec *vec = pitot_counter_vec_new(reg, &err,
        &(pitot_desc){.name = "tried_total",
            .help = "T.",
            .labels = PITOT_LABELS("n"),
            .series_max = 100000000});
    demand(&err);
    pitot_server *server = serve(reg, "127.0.0.1:0");
    pthread_barrier_init(&squeezed, NULL, 2);
    pthread_barrier_init(&recorded, NULL, 2);
    if (pthread_create(&late, NULL, record_late, NULL) != 0)
        return EXIT_FAILURE;
    getrlimit(RLIMIT_AS, &limit);
    const struct rlimit tight = {address_space() + ROOM, limit.rlim_max};
    if (setrlimit(RLIMIT_AS, &tight) != 0)
        return EXIT_FAILURE;
    try_series(vec, &made, &refused);
    pthread_barrier_wait(&squeezed);
    for (int i = 0; i < UPDATES; i++)
        pitot_counter_inc(kept);
    pthread_barrier_wait(&recorded);
    printf("squeezed: made=%lu refused=%lu kept=%.0f\n", made, refused, pitot_counter_value(kept));
    fflush(stdout);
    if (getchar() == EOF) /* the page is asked for with no memory */
        return EXIT_FAILURE;
    setrlimit(RLIMIT_AS, &limit);
    pthread_join(late, NULL);
    say("released");
    while (getchar() != EOF)
        ;
    pitot_server_stop(server);
    return EXIT_SUCCESS;
}
