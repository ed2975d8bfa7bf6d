/* SPDX-License-Identifier: MIT */
/*
 * host.c -- the program that is tortured: a server with its default limits, and work of its own.
 *
 *     host [series=N] [value=BYTES] [sleep=SECONDS] [garbage=1] [spin=1]
 *
 * It serves N gauges whose label value has so many bytes; one collector that sleeps at each scrape
 * and one that returns nonsense, if asked. The canary is a thread that counts, sleeps a millisecond
 * and remembers its worst delay: what the host's own latency suffers. (How long it waited for a
 * CPU, as the kernel says, is left out: the attackers need CPUs too.) The spinner counts as fast as
 * it can, alone on CPU 0, and leaves the others to the server and its clients.
 *
 * `report` on standard input is answered by what they saw since the last report. Memory, threads
 * and fds are looked up in /proc by whoever tortures it.
 */
#define _GNU_SOURCE /* the affinity of threads */

#include "../e2e/serve.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NAP_NS 1000000

static struct {
    unsigned long series, value, sleep, garbage, spin;
} options;

static pitot_counter *canary_counter;
static pitot_histogram *canary_sleeps;
static pitot_counter *spun;
static _Atomic(uint64_t) spun_cpu_ns; /* CPU time of the spinner: others may use its CPU, too */
static _Atomic(uint64_t) stall_ns;    /* the canary's worst delay since the last report */
static _Atomic(uint64_t) collections; /* scrapes that ran the collectors */
static sem_t singing;                 /* the canary has all fds that it will have */

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* How long this thread has waited for a CPU; 0 where the kernel does not say. */
static uint64_t waited_ns(int fd)
{
    char text[128];
    unsigned long long ran, waited;
    ssize_t size = pread(fd, text, sizeof(text) - 1, 0);

    if (size <= 0)
        return 0;
    text[size] = '\0';
    return sscanf(text, "%llu %llu", &ran, &waited) == 2 ? waited : 0;
}

static void *sing(void *arg)
{
    const struct timespec nap = {0, NAP_NS};
    int schedstat = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);

    (void)arg;
    sem_post(&singing);
    for (;;) {
        uint64_t begin = now_ns() - waited_ns(schedstat);
        uint64_t start = pitot_now();
        pitot_counter_inc(canary_counter);
        nanosleep(&nap, NULL);
        pitot_histogram_observe_since(canary_sleeps, start);
        uint64_t took = now_ns() - waited_ns(schedstat) - begin;
        if (took > NAP_NS && took - NAP_NS > atomic_load(&stall_ns))
            atomic_store(&stall_ns, took - NAP_NS);
    }
    return NULL;
}

static void *spin(void *arg)
{
    cpu_set_t first;

    (void)arg;
    CPU_ZERO(&first);
    CPU_SET(0, &first);
    pthread_setaffinity_np(pthread_self(), sizeof(first), &first);
    for (;;) {
        struct timespec used;
        for (int i = 0; i < 100000; i++)
            pitot_counter_inc(spun);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
        atomic_store(&spun_cpu_ns, (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec);
    }
    return NULL;
}

static void leave_cpu_0(void)
{
    cpu_set_t rest;

    sched_getaffinity(0, sizeof(rest), &rest);
    CPU_CLR(0, &rest);
    if (CPU_COUNT(&rest) > 0)
        sched_setaffinity(0, sizeof(rest), &rest);
}

static void collect_count(pitot_sink *sink, void *ctx)
{
    (void)sink;
    (void)ctx;
    atomic_fetch_add(&collections, 1);
}

static void collect_slowly(pitot_sink *sink, void *ctx)
{
    const struct timespec nap = {(time_t)options.sleep, 0};

    (void)ctx;
    nanosleep(&nap, NULL);
    pitot_sink_family(
        sink, PITOT_GAUGE, &(pitot_desc){.name = "torture_slow", .help = "From who sleeps."});
    pitot_sink_sample(sink, 1);
}

static void collect_garbage(pitot_sink *sink, void *ctx)
{
    (void)ctx;
    pitot_sink_family(
        sink, PITOT_COUNTER, &(pitot_desc){.name = "9\xff\n} bad", .help = "\xc3\x28"});
    pitot_sink_sample(sink, -1, "too", "many\n", "\"values\"");
}

static void fill(pitot_registry *reg)
{
    pitot_error err = {0};
    char *value = malloc(options.value + 32);
    pitot_gauge_vec *vec = pitot_gauge_vec_new(reg, &err,
        &(pitot_desc){.name = "torture_value",
            .help = "One of many.",
            .labels = PITOT_LABELS("n"),
            .series_max = 1000000});

    demand(&err);
    for (unsigned long i = 0; value && i < options.series; i++) {
        memset(value, 'x', options.value);
        snprintf(value + options.value, 32, "%lu", i);
        pitot_gauge_set(pitot_gauge_with(vec, value), (double)i);
    }
    free(value);
}

static void add_collectors(pitot_registry *reg)
{
    pitot_error err = {0};

    pitot_collector_add(
        reg, &err, &(pitot_collector){.name = "counting", .collect = collect_count});
    if (options.sleep)
        pitot_collector_add(
            reg, &err, &(pitot_collector){.name = "sleeping", .collect = collect_slowly});
    if (options.garbage)
        pitot_collector_add(
            reg, &err, &(pitot_collector){.name = "garbage", .collect = collect_garbage});
    demand(&err);
}

static void parse(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (sscanf(argv[i], "series=%lu", &options.series) != 1 &&
            sscanf(argv[i], "value=%lu", &options.value) != 1 &&
            sscanf(argv[i], "sleep=%lu", &options.sleep) != 1 &&
            sscanf(argv[i], "garbage=%lu", &options.garbage) != 1 &&
            sscanf(argv[i], "spin=%lu", &options.spin) != 1) {
            fprintf(stderr, "unknown option: %s\n", argv[i]);
            exit(EXIT_FAILURE);
        }
    }
}

/* Until the canary has its fd, for whoever counts those of this program. */
static void wait_for_canary(void)
{
    const struct timespec nap = {0, NAP_NS};

    while (pitot_counter_value(canary_counter) == 0)
        nanosleep(&nap, NULL);
}

static void start_thread(void *(*body)(void *))
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, body, NULL) != 0)
        exit(EXIT_FAILURE);
    pthread_detach(thread);
}

static void answer(unsigned number)
{
    printf("report %u: stall_ns=%llu collections=%llu spun=%.0f cpu_ns=%llu at_ns=%llu\n", number,
        (unsigned long long)atomic_exchange(&stall_ns, 0), (unsigned long long)collections,
        pitot_counter_value(spun), (unsigned long long)spun_cpu_ns, (unsigned long long)now_ns());
    fflush(stdout);
}

int main(int argc, char **argv)
{
    pitot_error err = {0};
    char line[64];

    sem_init(&singing, 0, 0);
    parse(argc, argv);
    end_with_input();
    pitot_registry *reg = pitot_registry_default();
    canary_counter =
        pitot_counter_new(reg, &err, &(pitot_desc){.name = "canary_total", .help = "Naps taken."});
    canary_sleeps = pitot_histogram_new(
        reg, &err, &(pitot_desc){.name = "canary_seconds", .help = "How long each nap was."});
    spun = pitot_counter_new(reg, &err, &(pitot_desc){.name = "spun_total", .help = "Turns."});
    demand(&err);
    fill(reg);
    add_collectors(reg);
    if (options.spin)
        leave_cpu_0();
    pitot_server *server =
        pitot_server_start(reg, &err, &(pitot_server_opts){.listen = "127.0.0.1:0"});
    demand(&err);
    start_thread(sing);
    sem_wait(&singing);
    if (options.spin)
        start_thread(spin);
    wait_for_canary();
    printf("Serving metrics on %s/metrics\n", pitot_server_url(server));
    fflush(stdout);
    for (unsigned number = 1; fgets(line, sizeof(line), stdin); number++)
        answer(number);
    pitot_server_stop(server);
    return EXIT_SUCCESS;
}
