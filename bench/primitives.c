/* SPDX-License-Identifier: MIT */
/*
 * primitives.c -- the machine's own cost: what a metric or a scrape costs when there is no library.
 *
 *     counter_inc            plain_add (not shared), lock_xadd
 *     counter_add_double     cas_double, the loop of std::atomic<double> and of Go's Float64bits
 *     scrape_text            memcpy, of text that is ready into one 64 KiB chunk
 *     scrape_histogram_text  the same
 *     scrape_gzip            zlib6, of text that is ready
 */
#include "harness.h"

#include <zlib.h>

#define CHUNK ((size_t)64 * 1024)

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

/* ---- scrapes: of text that is ready ---- */

#define LINE_MAX_SIZE 160
#define HISTOGRAM_LINES 14

struct text {
    char *bytes;
    size_t size;
};

static char *write_counter(char *at, const struct bench_series *s, size_t i)
{
    return at + sprintf(at, "bench_series_total{zone=\"%s\",host=\"%s\",device=\"%s\"} %llu\n",
                    s->zone, s->host, s->device, (unsigned long long)bench_series_value(i));
}

static char *write_histogram(char *at, const struct bench_series *s, size_t i)
{
    double sum = 0;

    for (size_t bucket = 0; bucket <= 11; bucket++) {
        int count = 0;
        char bound[32] = "+Inf";

        if (bucket < 11)
            snprintf(bound, sizeof(bound), "%g", bench_bounds_11[bucket]);
        for (size_t place = 0; place < BENCH_OBSERVED; place++)
            count +=
                bucket == 11 || bench_series_observed(values, i, place) <= bench_bounds_11[bucket];
        at += sprintf(at,
            "bench_series_seconds_bucket{zone=\"%s\",host=\"%s\",device=\"%s\",le=\"%s\"} %d\n",
            s->zone, s->host, s->device, bound, count);
    }
    for (size_t place = 0; place < BENCH_OBSERVED; place++)
        sum += bench_series_observed(values, i, place);
    at += sprintf(at, "bench_series_seconds_sum{zone=\"%s\",host=\"%s\",device=\"%s\"} %.17g\n",
        s->zone, s->host, s->device, sum);
    return at + sprintf(at,
                    "bench_series_seconds_count{zone=\"%s\",host=\"%s\",device=\"%s\"} %d\n",
                    s->zone, s->host, s->device, BENCH_OBSERVED);
}

/* The caller frees the bytes. */
static struct text series_text(size_t count, bool histograms)
{
    char *text = malloc(count * LINE_MAX_SIZE * (histograms ? HISTOGRAM_LINES : 1)), *at = text;
    if (!text)
        abort();
    for (size_t i = 0; i < count; i++) {
        struct bench_series s;
        bench_series(&s, i);
        at = histograms ? write_histogram(at, &s, i) : write_counter(at, &s, i);
    }
    return (struct text){text, (size_t)(at - text)};
}

/* Copies all of it, from wherever it is, into the same 64 KiB. */
static size_t copy(const struct text *text, void *ctx)
{
    static char chunk[CHUNK];

    (void)ctx;
    for (size_t at = 0; at < text->size; at += CHUNK) {
        size_t left = text->size - at;
        memcpy(chunk, text->bytes + at, left < CHUNK ? left : CHUNK);
        __asm__ volatile("" : : "r"(chunk) : "memory");
    }
    return text->size;
}

/* zlib's level 6, which gzip and the peers have, 64 KiB at a time. */
static size_t deflate_all(const struct text *text, void *ctx)
{
    static unsigned char out[CHUNK];
    z_stream *stream = ctx;

    deflateReset(stream);
    for (size_t at = 0; at < text->size; at += CHUNK) {
        size_t left = text->size - at;
        bool last = left <= CHUNK;

        stream->next_in = (unsigned char *)text->bytes + at;
        stream->avail_in = last ? (unsigned)left : CHUNK;
        do {
            stream->next_out = out;
            stream->avail_out = CHUNK;
            deflate(stream, last ? Z_FINISH : Z_NO_FLUSH);
        } while (stream->avail_out == 0);
    }
    return stream->total_out;
}

static void bench_text(const struct bench_opts *opts, const char *op, const char *impl,
    size_t count, size_t work(const struct text *text, void *ctx), void *ctx)
{
    size_t bytes, turns = 0;

    if (!bench_wants(opts, op))
        return;
    struct text text = series_text(count, !strcmp(op, "scrape_histogram_text"));
    double begin = bench_now(), end;
    do {
        bytes = work(&text, ctx);
        turns++;
        end = bench_now();
    } while (end - begin < opts->seconds);
    bench_print_scrape(
        op, impl, count, (end - begin) * 1e9 / ((double)turns * (double)count), bytes);
    free(text.bytes);
}

static void bench_scrapes(const struct bench_opts *opts)
{
    z_stream gzip;

    memset(&gzip, 0, sizeof(gzip));
    if (deflateInit2(&gzip, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    for (int i = 0; i < opts->series_count; i++) {
        bench_text(opts, "scrape_text", "memcpy", opts->series[i], copy, NULL);
        bench_text(opts, "scrape_gzip", "zlib6", opts->series[i], deflate_all, &gzip);
        bench_text(opts, "scrape_histogram_text", "memcpy", opts->series[i], copy, NULL);
    }
    deflateEnd(&gzip);
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
    bench_scrapes(&opts);
    return 0;
}
