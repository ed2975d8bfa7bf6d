/* SPDX-License-Identifier: MIT */
/*
 * pitot_scrape.c -- what a scrape costs with Pitot, from the live metrics to bytes that nobody
 * looks at, and what it costs those who record meanwhile. Public headers only, measured like the
 * peers, except that every series changes between two scrapes: who keeps what has not changed must
 * not shine by that.
 */
#include "pitot_series.h"

#define PAIRS 9 /* of times that recording is measured alone, and beside somebody */

static bool count_bytes(void *ctx, const char *bytes, size_t size)
{
    (void)bytes;
    *(size_t *)ctx += size;
    return true;
}

static size_t encode(const pitot_snapshot *snap, pitot_format format)
{
    pitot_error err = {0};
    size_t bytes = 0;

    pitot_encode(snap, format, count_bytes, &bytes, &err);
    must(&err);
    return bytes;
}

static size_t scrape(struct scraped *s, void *ctx)
{
    pitot_error err = {0};
    pitot_snapshot *snap = pitot_snapshot_take(s->reg, &err);

    must(&err);
    size_t bytes = encode(snap, *(const pitot_format *)ctx);
    pitot_snapshot_free(snap);
    return bytes;
}

static size_t render(struct scraped *s, void *ctx)
{
    (void)s;
    return encode(ctx, PITOT_FORMAT_TEXT);
}

static void bench_counters(const struct bench_opts *opts, size_t count)
{
    pitot_format text = PITOT_FORMAT_TEXT, openmetrics = PITOT_FORMAT_OPENMETRICS;
    pitot_format protobuf = PITOT_FORMAT_PROTOBUF;
    struct scraped *s = scraped_counters(count);
    pitot_snapshot *snap = pitot_snapshot_take(s->reg, NULL);

    scraped_measure(opts, "render_text", s, false, render, snap);
    pitot_snapshot_free(snap);
    scraped_measure(opts, "scrape_text", s, true, scrape, &text);
    scraped_measure(opts, "scrape_openmetrics", s, true, scrape, &openmetrics);
    scraped_measure(opts, "scrape_proto", s, true, scrape, &protobuf);
    scraped_free(s);
}

static void bench_histograms(const struct bench_opts *opts, size_t count)
{
    pitot_format text = PITOT_FORMAT_TEXT;
    struct scraped *s = scraped_histograms(count);

    scraped_measure(opts, "scrape_histogram_text", s, true, scrape, &text);
    scraped_free(s);
}

/* ---- recording while somebody scrapes ---- */

static void counter_inc_batch(void *ctx)
{
    pitot_counter *c = ctx;
    BENCH_UNROLL
    for (int i = 0; i < BENCH_BATCH; i++)
        pitot_counter_inc(c);
}

/* A thread on CPU 1 that does the same again and again, while CPU 0 is measured. */
struct neighbour {
    void (*work)(void *ctx);
    void *ctx;
    pthread_t thread;
    bool stopped; /* atomic: relaxed, it carries nothing */
    pthread_barrier_t started;
};

static void *neighbour_main(void *arg)
{
    struct neighbour *n = arg;

    bench_pin(1);
    pthread_barrier_wait(&n->started);
    while (!__atomic_load_n(&n->stopped, __ATOMIC_RELAXED))
        n->work(n->ctx);
    return NULL;
}

static double time_beside(struct neighbour *n, double seconds, pitot_counter *c)
{
    n->stopped = false;
    pthread_barrier_init(&n->started, NULL, 2);
    if (pthread_create(&n->thread, NULL, neighbour_main, n) != 0)
        abort();
    pthread_barrier_wait(&n->started);
    double ns = bench_time(1, seconds, counter_inc_batch, c);
    __atomic_store_n(&n->stopped, true, __ATOMIC_RELAXED);
    pthread_join(n->thread, NULL);
    pthread_barrier_destroy(&n->started);
    return ns;
}

static void scrape_text(void *ctx)
{
    pitot_format text = PITOT_FORMAT_TEXT;

    scrape(ctx, &text);
}

/* What the machine itself takes from a thread when the other CPU copies as much as a scrape. */
#define COPIED ((size_t)100 << 20)

static void copy_memory(void *ctx)
{
    static char chunk[64 * 1024];

    for (size_t at = 0; at < COPIED; at += sizeof(chunk)) {
        memcpy(chunk, (const char *)ctx + at, sizeof(chunk));
        __asm__ volatile("" : : "r"(chunk) : "memory");
    }
}

static double ratio_beside(const struct bench_opts *opts, struct neighbour *n, pitot_counter *c)
{
    double ratios[PAIRS];

    for (int i = 0; i < PAIRS; i++) {
        double alone = bench_time(1, opts->seconds, counter_inc_batch, c);
        ratios[i] = alone / time_beside(n, opts->seconds, c);
    }
    qsort(ratios, PAIRS, sizeof(ratios[0]), bench_by_value);
    return ratios[PAIRS / 2];
}

static void bench_recording(const struct bench_opts *opts)
{
    pitot_error err = {0};

    if (!bench_wants(opts, "recording_while_scraping") || sysconf(_SC_NPROCESSORS_ONLN) < 2)
        return;
    struct scraped *s = scraped_counters(opts->series[opts->series_count - 1]);
    pitot_counter *c = pitot_counter_new(
        s->reg, &err, &(pitot_desc){.name = "bench_inc_total", .help = "Counted."});
    char *memory = malloc(COPIED);

    must(&err);
    if (!memory)
        abort();
    memset(memory, 1, COPIED);
    struct neighbour scraper = {.work = scrape_text, .ctx = s};
    struct neighbour copier = {.work = copy_memory, .ctx = memory};
    time_beside(&scraper, opts->seconds, c); /* the counter gets its rows */
    bench_print("recording_while_scraping", 1, "pitot", "ratio", ratio_beside(opts, &scraper, c));
    bench_print("recording_while_scraping", 1, "memcpy", "ratio", ratio_beside(opts, &copier, c));
    free(memory);
    scraped_free(s);
}

int main(int argc, char **argv)
{
    struct bench_opts opts = bench_parse(argc, argv);
    bool counters = bench_wants(&opts, "scrape_text") || bench_wants(&opts, "render_text") ||
                    bench_wants(&opts, "scrape_openmetrics") || bench_wants(&opts, "scrape_proto");

    for (int i = 0; counters && i < opts.series_count; i++)
        bench_counters(&opts, opts.series[i]);
    for (int i = 0; bench_wants(&opts, "scrape_histogram_text") && i < opts.series_count; i++)
        bench_histograms(&opts, opts.series[i]);
    bench_recording(&opts);
    return 0;
}
