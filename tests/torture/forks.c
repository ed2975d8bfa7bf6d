/* SPDX-License-Identifier: MIT */
/*
 * forks.c -- a storm of children beside threads that record, make series and scrape.
 *
 *     forks CHILDREN
 *
 * Eight threads work while the main one makes children: most by fork(), one in ten by a raw
 * clone(), one in ten by posix_spawn(), one in ten as a daemon is made, by a fork in a fork. A
 * child records 100 times, and makes a series and a page where it may. One that takes longer than
 * CHILD_SECONDS hangs, and is ended by its alarm. Prints what came of them, and what the parent's
 * numbers lack.
 */
#include "../e2e/serve.h"

#include <pitot/export.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8
#define CHILD_SECONDS 20 /* long, because a machine may be busy: a hang is for ever */

static pitot_registry *reg;
static pitot_server *server;
static pitot_counter *counter;
static pitot_counter_vec *vec;
static _Atomic(bool) stop;
static uint64_t recorded[THREADS];

static bool count_bytes(void *ctx, const char *bytes, size_t size)
{
    (void)bytes;
    *(size_t *)ctx += size;
    return true;
}

static bool scrape(void)
{
    size_t size = 0;
    pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);
    bool good = snap && pitot_encode(snap, PITOT_FORMAT_TEXT, count_bytes, &size, NULL);

    pitot_snapshot_free(snap);
    return good && size > 0;
}

static void *work(void *arg)
{
    uint64_t *mine = arg;
    size_t number = (size_t)(mine - recorded);
    char key[32];

    while (!atomic_load(&stop)) {
        for (int i = 0; i < 100; i++)
            pitot_counter_inc(counter);
        *mine += 100;
        snprintf(key, sizeof(key), "%zu-%u", number, (unsigned)(*mine / 100 % 64));
        pitot_counter_inc(pitot_counter_with(vec, key));
        if (number < 2)
            scrape();
        if (number == 2)
            pitot_counter_clear(vec);
        nanosleep(&(struct timespec){0, 100000}, NULL);
    }
    return NULL;
}

/* In a child: 0 when all is as it must be. */
static int live(bool raw)
{
    alarm(CHILD_SECONDS);
    double before = raw ? 0 : pitot_counter_value(counter);
    for (int i = 0; i < 100; i++)
        pitot_counter_inc(counter);
    pitot_counter *own = pitot_counter_with(vec, "a child's own");
    if (raw)
        return own || pitot_snapshot_take(reg, NULL) ? 1 : 0;
    if (pitot_counter_value(counter) != before + 100)
        return 2;
    pitot_counter_inc(own);
    if (pitot_counter_value(own) != 1)
        return 3;
    if (!scrape())
        return 4;
    pitot_server_stop(server);
    return 0;
}

static int live_as_daemon(void)
{
    int status = -1;
    pid_t second = fork();

    if (second == 0)
        _exit(setsid() < 0 ? 5 : live(false));
    alarm(CHILD_SECONDS);
    waitpid(second, &status, 0);
    return status == 0 ? 0 : 6;
}

static int spawn_one(void)
{
    char name[] = "true";
    char *const arguments[] = {name, NULL};
    char *const environment[] = {NULL};
    pid_t child;
    int status = -1;

    if (posix_spawnp(&child, "true", NULL, NULL, arguments, environment) != 0)
        return -1;
    waitpid(child, &status, 0);
    return status;
}

static int make_child(unsigned i)
{
    int status = -1;
    unsigned kind = i % 10; /* 0: raw, 1: spawned, 2: daemon */

    if (kind == 1)
        return spawn_one();
    pid_t child = kind == 0 ? (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0) : fork();
    if (child == 0)
        _exit(kind == 2 ? live_as_daemon() : live(kind == 0));
    waitpid(child, &status, 0);
    return status;
}

int main(int argc, char **argv)
{
    unsigned count = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 100, hung = 0, wrong = 0;
    pitot_error err = {0};
    pthread_t threads[THREADS];
    uint64_t sum = 0;

    reg = pitot_registry_new(&err);
    counter = pitot_counter_new(reg, &err, &(pitot_desc){.name = "n_total", .help = "H."});
    vec = pitot_counter_vec_new(
        reg, &err, &(pitot_desc){.name = "v_total", .help = "H.", .labels = PITOT_LABELS("k")});
    demand(&err);
    server = serve(reg, "127.0.0.1:0");
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, &recorded[i]);
    for (unsigned i = 0; i < count; i++) {
        int status = make_child(i);

        hung += WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM;
        wrong += status != 0;
    }
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        sum += recorded[i];
    }
    double lacks = (double)sum - pitot_counter_value(counter);
    printf("storm: children=%u hung=%u wrong=%u lacks=%.0f waitable=%d\n", count, hung, wrong,
        lacks, waitpid(-1, NULL, WNOHANG) >= 0);
    fflush(stdout);
    getchar(); /* until it was looked at */
    pitot_server_stop(server);
    pitot_registry_free(reg);
}
