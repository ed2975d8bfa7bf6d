/* SPDX-License-Identifier: MIT */
/*
 * harness.h -- what every benchmark program in C and C++ shares: command line, threads, timing,
 * data.
 *
 *     PROGRAM [--op OP[,OP...]] [--threads N] [--seconds S] [--series N[,N...]] [--file PATH]
 *
 * One JSON line per measurement: {"op":"counter_inc","threads":1,"impl":"pitot","ns":0.55}. "ns" is
 * the wall time of one operation as one thread sees it: elapsed / operations of that thread, the
 * mean over the threads. Without --threads an operation is measured with 1 thread, then with 2
 * threads on the same metric. Thread t is pinned to CPU t.
 *
 * The programs of the other languages hold the same constants and the same generator
 * (peers/go/harness.go, peers/rust_prometheus/src/harness.rs): change all of them or none.
 */
#ifndef BENCH_HARNESS_H
#define BENCH_HARNESS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BENCH_BATCH 16384 /* operations between two looks at the clock */
#define BENCH_VALUES 4096 /* values to observe, cycled over */
#define BENCH_CHILDREN 64 /* existing children that a look-up cycles over */
#define BENCH_THREADS_MAX 64
#define BENCH_SERIES_MAX 8   /* sizes in one --series */
#define BENCH_CREATE 1000000 /* series made by create_series and memory_per_series */

/* Put before a `for`: eight operations per turn, so that the loop itself costs next to nothing. */
#define BENCH_UNROLL _Pragma("GCC unroll 8")

struct bench_opts {
    const char *ops;                 /* comma-separated, NULL: all */
    int threads;                     /* 0: 1, then 2 */
    double seconds;                  /* for one measurement */
    const char *file;                /* for parse_text */
    size_t series[BENCH_SERIES_MAX]; /* for scrapes, ascending */
    int series_count;
};

/* One batch: BENCH_BATCH operations. Called by several threads at once. */
typedef void bench_batch(void *ctx);

static inline double bench_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* For qsort() of doubles. */
static inline int bench_by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* ---- command line and output ---- */

static inline void bench_parse_series(struct bench_opts *opts, const char *text)
{
    opts->series_count = 0;
    while (*text && opts->series_count < BENCH_SERIES_MAX) {
        char *end;
        opts->series[opts->series_count++] = strtoul(text, &end, 10);
        text = *end == ',' ? end + 1 : end + strlen(end);
    }
}

static inline struct bench_opts bench_parse(int argc, char **argv)
{
    struct bench_opts opts;
    memset(&opts, 0, sizeof(opts));
    opts.seconds = 0.2;
    bench_parse_series(&opts, "1000,10000,100000,1000000");
    for (int i = 1; i + 1 < argc; i += 2) {
        if (!strcmp(argv[i], "--op")) {
            opts.ops = argv[i + 1];
        } else if (!strcmp(argv[i], "--threads")) {
            opts.threads = atoi(argv[i + 1]);
        } else if (!strcmp(argv[i], "--seconds")) {
            opts.seconds = atof(argv[i + 1]);
        } else if (!strcmp(argv[i], "--series")) {
            bench_parse_series(&opts, argv[i + 1]);
        } else if (!strcmp(argv[i], "--file")) {
            opts.file = argv[i + 1];
        } else {
            fprintf(stderr, "%s: %s is not known\n", argv[0], argv[i]);
            exit(2);
        }
    }
    if (argc % 2 == 0 || opts.threads < 0 || opts.threads > BENCH_THREADS_MAX) {
        fprintf(stderr,
            "usage: %s [--op OP[,OP...]] [--threads N] [--seconds S] "
            "[--series N[,N...]] [--file PATH]\n",
            argv[0]);
        exit(2);
    }
    return opts;
}

static inline bool bench_wants(const struct bench_opts *opts, const char *op)
{
    size_t n = strlen(op);
    for (const char *p = opts->ops; p; p = strchr(p, ',')) {
        p += *p == ',';
        if (!strncmp(p, op, n) && (p[n] == ',' || p[n] == '\0'))
            return true;
    }
    return !opts->ops;
}

static inline void bench_print(
    const char *op, int threads, const char *impl, const char *unit, double v)
{
    printf(
        "{\"op\":\"%s\",\"threads\":%d,\"impl\":\"%s\",\"%s\":%.4g}\n", op, threads, impl, unit, v);
    fflush(stdout);
}

static inline void bench_print_scrape(
    const char *op, const char *impl, size_t series, double ns, size_t bytes)
{
    printf("{\"op\":\"%s\",\"threads\":1,\"impl\":\"%s\",\"series\":%zu,\"ns\":%.4g,\"text_bytes\":"
           "%zu}\n",
        op, impl, series, ns, bytes);
    fflush(stdout);
}

/* ---- timing ---- */

struct bench_thread {
    pthread_t id;
    pthread_barrier_t *start;
    int cpu;
    double seconds;
    bench_batch *batch;
    void *ctx;
    double ns; /* result */
};

static inline void bench_pin(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    (void)sched_setaffinity(0, sizeof(set), &set); /* a machine that refuses is measured unpinned */
}

static inline void *bench_thread_main(void *arg)
{
    struct bench_thread *t = (struct bench_thread *)arg;
    bench_pin(t->cpu);
    t->batch(t->ctx); /* warm up */
    pthread_barrier_wait(t->start);

    double begin = bench_now(), end = begin;
    size_t batches = 0;
    while (end - begin < t->seconds) {
        t->batch(t->ctx);
        batches++;
        end = bench_now();
    }
    t->ns = (end - begin) * 1e9 / ((double)batches * BENCH_BATCH);
    return NULL;
}

/* ns per operation with that many threads on the same `ctx`. */
static inline double bench_time(int threads, double seconds, bench_batch *batch, void *ctx)
{
    struct bench_thread t[BENCH_THREADS_MAX];
    pthread_barrier_t start;
    double sum = 0;
    int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);

    pthread_barrier_init(&start, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++) {
        t[i].start = &start;
        t[i].cpu = i % cpus;
        t[i].seconds = seconds;
        t[i].batch = batch;
        t[i].ctx = ctx;
        if (pthread_create(&t[i].id, NULL, bench_thread_main, &t[i]) != 0)
            abort();
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(t[i].id, NULL);
        sum += t[i].ns;
    }
    pthread_barrier_destroy(&start);
    return sum / threads;
}

/* Measures one operation as the options ask and prints it. */
static inline void bench_run(
    const struct bench_opts *opts, const char *op, const char *impl, bench_batch *batch, void *ctx)
{
    if (!bench_wants(opts, op))
        return;
    int first = opts->threads ? opts->threads : 1, last = opts->threads ? opts->threads : 2;
    for (int n = first; n <= last; n++)
        bench_print(op, n, impl, "ns", bench_time(n, opts->seconds, batch, ctx));
}

static inline double bench_rss_bytes(void)
{
    unsigned long size = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%lu %lu", &size, &resident) != 2)
        abort();
    fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static inline double bench_peak_bytes(void)
{
    char line[256];
    unsigned long kib = 0;
    FILE *f = fopen("/proc/self/status", "r");
    if (!f)
        abort();
    while (fgets(line, sizeof(line), f) && sscanf(line, "VmHWM: %lu kB", &kib) != 1)
        continue;
    fclose(f);
    return (double)kib * 1024;
}

/* The peak starts again from what is resident now. */
static inline void bench_reset_peak(void)
{
    FILE *f = fopen("/proc/self/clear_refs", "w");
    if (!f || fputs("5", f) < 0 || fclose(f) != 0)
        abort();
}

/* ---- data ---- */

static const double bench_bounds_11[11] = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

/* `out` gets `n` bounds: the 11 defaults, 32 from 0.0001 by 1.5 (to 28), 128 from 0.000001 by 1.15
 * (to 51). */
static inline void bench_bounds(double *out, size_t n)
{
    double bound = n == 32 ? 0.0001 : 0.000001, factor = n == 32 ? 1.5 : 1.15;
    if (n == 11) {
        memcpy(out, bench_bounds_11, sizeof(bench_bounds_11));
        return;
    }
    for (size_t i = 0; i < n; i++, bound *= factor)
        out[i] = bound;
}

/* splitmix64 */
static inline uint64_t bench_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/*
 * Values to observe: a bucket drawn evenly (the one to +Inf too, up to twice the last bound), then
 * a place in it drawn evenly. So every bucket is hit as often as any other, and no branch in a
 * search is easy to predict.
 */
static inline void bench_values(double out[BENCH_VALUES], const double *bounds, size_t n)
{
    uint64_t state = 42;
    for (size_t i = 0; i < BENCH_VALUES; i++) {
        size_t bucket = (size_t)((bench_random(&state) >> 40) % (n + 1));
        double place = (double)(bench_random(&state) >> 11) * 0x1p-53;
        double low = bucket ? bounds[bucket - 1] : 0;
        double high = bucket < n ? bounds[bucket] : 2 * bounds[n - 1];
        out[i] = low + (high - low) * place;
    }
}

/* Label values of child i of the 64 that look-ups cycle over; 2 labels: method, status; 3: and
 * handler. */
static inline void bench_child(int labels, int i, const char *out[3])
{
    static const char *methods[] = {
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"};
    static const char *statuses[] = {"200", "201", "204", "301", "304", "400", "404", "500"};
    static const char *handlers[] = {"/", "/metrics", "/api/v1/query", "/api/v1/write"};
    out[0] = labels == 2 ? methods[i & 7] : methods[i & 3];
    out[1] = labels == 2 ? statuses[i >> 3] : statuses[i >> 2 & 3];
    out[2] = handlers[i >> 4];
}

/*
 * Label values of series i, 64 bytes in all: 10 zones, 1000 hosts, a device that no other series
 * has. Made in the loop that creates the series, as a program would. Each is NUL-terminated.
 */
struct bench_series {
    char zone[17];
    char host[25];
    char device[25];
};

static inline void bench_digits(char *end, size_t n)
{
    *end = '\0';
    for (; n; n /= 10)
        *--end = (char)('0' + n % 10);
}

static inline void bench_series(struct bench_series *s, size_t i)
{
    memcpy(s->zone, "zone-00000000000", 17);
    memcpy(s->host, "host-0000000000000000000", 25);
    memcpy(s->device, "device-00000000000000000", 25);
    bench_digits(s->zone + 16, i % 10);
    bench_digits(s->host + 24, i / 10 % 1000);
    bench_digits(s->device + 24, i);
}

/* The value of counter i in a scrape. */
static inline uint64_t bench_series_value(size_t i)
{
    return (uint64_t)i * 7919 % 1000003;
}

/* Histogram i in a scrape has observed these: place 0 to BENCH_OBSERVED - 1 of the values. */
#define BENCH_OBSERVED 8

static inline double bench_series_observed(
    const double values[BENCH_VALUES], size_t i, size_t place)
{
    return values[(i * BENCH_OBSERVED + place) & (BENCH_VALUES - 1)];
}

#endif
