/* SPDX-License-Identifier: MIT */
/*
 * primitives.c -- the machine's own cost of recording: what a metric costs when there is no
 * library.
 *
 *     counter_inc         plain_add (not shared), lock_xadd
 *     counter_add_double  cas_double, the loop that std::atomic<double> and Go's math.Float64bits
 * give scrape_text         memcpy, of text that is ready into one 64 KiB chunk
 */
#include "harness.h"

static uint64_t shared_word __attribute__((aligned(128)));
static uint64_t shared_double __attribute__((aligned(128))); /* the bits of a double */
static _Thread_local uint64_t own_word __attribute__((aligned(128)));
static double values[BENCH_VALUES];

static void plain_add_batch(void *ctx)
{
    (void)ctx;
    BENCH_UNROLL
    for (int i = 0; i < BENCH_BATCH; i++) {
        own_word++;
        __asm__ volatile("" : "+m"(own_word)); /* or the compiler adds BENCH_BATCH once */
    }
}

static void lock_xadd_batch(void *ctx)
{
    (void)ctx;
    BENCH_UNROLL
    for (int i = 0; i < BENCH_BATCH; i++) {
#ifdef __x86_64__
        uint64_t one =
            1; /* compilers turn an unused fetch_add into `lock add`: this is the other one */
        __asm__ volatile("lock xaddq %0, %1" : "+r"(one), "+m"(shared_word) : : "memory");
#else
        __atomic_fetch_add(&shared_word, 1, __ATOMIC_RELAXED);
#endif
    }
}

static void cas_double_batch(void *ctx)
{
    (void)ctx;
    BENCH_UNROLL
    for (int i = 0; i < BENCH_BATCH; i++) {
        uint64_t old = __atomic_load_n(&shared_double, __ATOMIC_RELAXED), new;
        do {
            double v;
            memcpy(&v, &old, sizeof(v));
            v += values[i & (BENCH_VALUES - 1)];
            memcpy(&new, &v, sizeof(v));
        } while (!__atomic_compare_exchange_n(
            &shared_double, &old, new, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    }
}

/* The text of `count` series; the caller frees it. */
static char *series_text(size_t count, size_t *size)
{
    enum { LINE_MAX_SIZE = 160 };
    char *text = malloc(count * LINE_MAX_SIZE), *p = text;
    if (!text)
        abort();
    for (size_t i = 0; i < count; i++) {
        struct bench_series s;
        bench_series(&s, i);
        p += sprintf(p, "bench_series_total{zone=\"%s\",host=\"%s\",device=\"%s\"} %llu\n", s.zone,
            s.host, s.device, (unsigned long long)bench_series_value(i));
    }
    *size = (size_t)(p - text);
    return text;
}

static void bench_memcpy(const struct bench_opts *opts, size_t count)
{
    static char chunk[64 * 1024];
    size_t size, turns = 0;
    char *text = series_text(count, &size);
    double begin = bench_now(), end;
    do {
        for (size_t at = 0; at < size; at += sizeof(chunk)) {
            size_t left = size - at;
            memcpy(chunk, text + at, left < sizeof(chunk) ? left : sizeof(chunk));
            __asm__ volatile("" : : "r"(chunk) : "memory");
        }
        turns++;
        end = bench_now();
    } while (end - begin < opts->seconds);
    bench_print_scrape("scrape_text", "memcpy", count,
        (end - begin) * 1e9 / ((double)turns * (double)count), size);
    free(text);
}

int main(int argc, char **argv)
{
    struct bench_opts opts = bench_parse(argc, argv);
    bench_values(values, bench_bounds_11, 11);
    if (opts.threads <= 1 && bench_wants(&opts, "counter_inc"))
        bench_print("counter_inc", 1, "plain_add", "ns",
            bench_time(1, opts.seconds, plain_add_batch, NULL));
    bench_run(&opts, "counter_inc", "lock_xadd", lock_xadd_batch, NULL);
    bench_run(&opts, "counter_add_double", "cas_double", cas_double_batch, NULL);
    if (bench_wants(&opts, "scrape_text"))
        for (int i = 0; i < opts.series_count; i++)
            bench_memcpy(&opts, opts.series[i]);
    return 0;
}
