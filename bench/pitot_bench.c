/* SPDX-License-Identifier: MIT */
/*
 * pitot_bench.c -- what recording, look-ups, new series and reading cost with Pitot, measured like
 * its peers. pitot_scrape.c and pitot_serve.c are the rest.
 *
 * Public headers only, linked to the shared library as a program would be. With
 * GLIBC_TUNABLES=glibc.pthread.rseq=0 in the environment it measures the fallback.
 */
#include "pitot_series.h"

static const char *impl = "pitot";
static pitot_registry *reg;
static double values[BENCH_VALUES];

/* ---- recording ---- */

static void counter_inc_batch(void *ctx)
{
    pitot_counter *c = ctx;
    BENCH_UNROLL
    for (int i = 0; i < BENCH_BATCH; i++)
        pitot_counter_inc(c);
}

static void counter_add_double_batch(void *ctx)
{
    pitot_counter *c = ctx;
    BENCH_UNROLL
    for (int i = 0; i < BENCH_BATCH; i++)
        pitot_counter_add(c, values[i & (BENCH_VALUES - 1)]);
}

static void gauge_set_batch(void *ctx)
{
    pitot_gauge *g = ctx;
    BENCH_UNROLL
    for (int i = 0; i < BENCH_BATCH; i++)
        pitot_gauge_set(g, values[i & (BENCH_VALUES - 1)]);
}

static void observe_batch(void *ctx)
{
    pitot_histogram *h = ctx;
    BENCH_UNROLL
    for (int i = 0; i < BENCH_BATCH; i++)
        pitot_histogram_observe(h, values[i & (BENCH_VALUES - 1)]);
}

static void exemplar_batch(void *ctx)
{
    pitot_histogram *h = ctx;
    for (int i = 0; i < BENCH_BATCH; i++)
        pitot_histogram_observe_exemplar(h, values[i & (BENCH_VALUES - 1)],
            PITOT_EXEMPLAR("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"));
}

static void summary_batch(void *ctx)
{
    pitot_summary *s = ctx;
    BENCH_UNROLL
    for (int i = 0; i < BENCH_BATCH; i++)
        pitot_summary_observe(s, values[i & (BENCH_VALUES - 1)]);
}

static void timer_batch(void *ctx)
{
    pitot_histogram *h = ctx;
    for (int i = 0; i < BENCH_BATCH; i++) {
        uint64_t start = pitot_now();
        pitot_histogram_observe_since(h, start);
    }
}

static pitot_histogram *histogram(const char *name, size_t count, bool exemplars)
{
    pitot_error err = {0};
    double bounds[129];

    bench_bounds(bounds, count);
    bounds[count] = __builtin_inf();
    bench_values(values, bounds, count);
    pitot_histogram *h = pitot_histogram_new(reg, &err,
        &(pitot_desc){.name = name, .help = "Observed.", .bounds = bounds, .exemplars = exemplars});
    must(&err);
    return h;
}

/* Warm: what has been observed a while gets its rows at a scrape. */
static void warm(bench_batch *batch, void *metric)
{
    batch(metric);
    pitot_snapshot_free(pitot_snapshot_take(reg, NULL));
}

/* With the values of the histogram of 11 bounds, in `values` already. */
static void bench_exponential(const struct bench_opts *opts)
{
    pitot_error err = {0};
    pitot_histogram *native = pitot_histogram_new(reg, &err,
        &(pitot_desc){.name = "bench_native", .help = "Observed.", .native_factor = 1.1});
    pitot_summary *summary = pitot_summary_new(reg, &err,
        &(pitot_desc){
            .name = "bench_summary", .help = "Observed.", .bounds = PITOT_BOUNDS(0.5, 0.99)});

    must(&err);
    warm(observe_batch, native);
    bench_run(opts, "native_observe", impl, observe_batch, native);
    warm(summary_batch, summary);
    bench_run(opts, "summary_observe", impl, summary_batch, summary);
}

static void bench_recording(const struct bench_opts *opts)
{
    pitot_error err = {0};
    pitot_counter *c =
        pitot_counter_new(reg, &err, &(pitot_desc){.name = "bench_inc_total", .help = "Counted."});
    pitot_counter *d = pitot_counter_new(
        reg, &err, &(pitot_desc){.name = "bench_add_seconds_total", .help = "Added."});
    pitot_gauge *g =
        pitot_gauge_new(reg, &err, &(pitot_desc){.name = "bench_level", .help = "Set."});
    must(&err);

    bench_run(opts, "counter_inc", impl, counter_inc_batch, c);
    pitot_histogram *h = histogram("bench_11_seconds", 11, false); /* also sets `values` */
    bench_run(opts, "counter_add_double", impl, counter_add_double_batch, d);
    bench_run(opts, "gauge_set", impl, gauge_set_batch, g);
    bench_run(opts, "histogram_observe_11", impl, observe_batch, h);
    bench_run(opts, "timer", impl, timer_batch, h);
    h = histogram("bench_exemplars_seconds", 11, true);
    bench_run(opts, "exemplars_off_observe", impl, observe_batch, h);
    bench_run(opts, "exemplar_observe", impl, exemplar_batch, h);
    bench_exponential(opts);
    bench_run(opts, "histogram_observe_32", impl, observe_batch,
        histogram("bench_32_seconds", 32, false));
    bench_run(opts, "histogram_observe_128", impl, observe_batch,
        histogram("bench_128_seconds", 128, false));
}

/* ---- look-up ---- */

static const char *children[BENCH_CHILDREN][3];

static void lookup2_batch(void *ctx)
{
    pitot_counter_vec *vec = ctx;
    for (int i = 0; i < BENCH_BATCH; i++) {
        const char **v = children[i & (BENCH_CHILDREN - 1)];
        pitot_counter_inc(pitot_counter_with(vec, v[0], v[1]));
    }
}

static void lookup3_batch(void *ctx)
{
    pitot_counter_vec *vec = ctx;
    for (int i = 0; i < BENCH_BATCH; i++) {
        const char **v = children[i & (BENCH_CHILDREN - 1)];
        pitot_counter_inc(pitot_counter_with(vec, v[0], v[1], v[2]));
    }
}

static void lookup_literal_batch(void *ctx)
{
    pitot_counter_vec *vec = ctx;
    BENCH_UNROLL
    for (int i = 0; i < BENCH_BATCH; i++)
        pitot_counter_inc(pitot_counter_with(vec, "GET", "200"));
}

static void bench_lookup(const struct bench_opts *opts)
{
    pitot_error err = {0};
    pitot_counter_vec *two = pitot_counter_vec_new(reg, &err,
        &(pitot_desc){.name = "bench_two_total",
            .help = "Looked up.",
            .labels = PITOT_LABELS("method", "status")});
    pitot_counter_vec *three = pitot_counter_vec_new(reg, &err,
        &(pitot_desc){.name = "bench_three_total",
            .help = "Looked up.",
            .labels = PITOT_LABELS("method", "status", "handler")});
    must(&err);
    for (int i = 0; i < BENCH_CHILDREN; i++)
        bench_child(2, i, children[i]);
    bench_run(opts, "lookup2_inc", impl, lookup2_batch, two);
    bench_run(opts, "lookup_literal_inc", impl, lookup_literal_batch, two);
    for (int i = 0; i < BENCH_CHILDREN; i++)
        bench_child(3, i, children[i]);
    bench_run(opts, "lookup3_inc", impl, lookup3_batch, three);
}

/* ---- a million series ---- */

static void bench_create(const struct bench_opts *opts)
{
    bool wants_time = bench_wants(opts, "create_series");
    bool wants_memory = bench_wants(opts, "memory_per_series");

    if (!wants_time && !wants_memory)
        return;
    pitot_registry *own = pitot_registry_new(NULL);
    pitot_counter_vec *vec = series_vec(own, "bench_series_total", BENCH_CREATE);
    double before = bench_rss_bytes(), begin = bench_now();
    for (size_t i = 0; i < BENCH_CREATE; i++)
        series_counter(vec, i);
    double ns = (bench_now() - begin) * 1e9 / BENCH_CREATE;
    double bytes = (bench_rss_bytes() - before) / BENCH_CREATE;
    if (wants_time)
        bench_print("create_series", 1, impl, "ns", ns);
    if (wants_memory)
        bench_print("memory_per_series", 1, impl, "bytes", bytes);
    pitot_registry_free(own);
}

/* ---- reading ---- */

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    char *bytes = NULL;

    if (file && fseek(file, 0, SEEK_END) == 0) {
        *size = (size_t)ftell(file);
        rewind(file);
        bytes = malloc(*size + 1);
        if (bytes && fread(bytes, 1, *size, file) != *size) {
            free(bytes);
            bytes = NULL;
        }
    }
    if (file)
        fclose(file);
    return bytes;
}

static void bench_parse_text(const struct bench_opts *opts)
{
    size_t size = 0, turns = 0;
    double begin, end;

    if (!bench_wants(opts, "parse_text") || !opts->file)
        return;
    char *page = read_file(opts->file, &size);
    if (!page) {
        fprintf(stderr, "pitot_bench: cannot read %s\n", opts->file);
        exit(1);
    }
    begin = end = bench_now();
    for (; turns == 0 || end - begin < opts->seconds; turns++) {
        pitot_error err = {0};

        pitot_snapshot_free(pitot_decode(PITOT_FORMAT_TEXT, page, size, NULL, &err));
        must(&err);
        end = bench_now();
    }
    bench_print("parse_text", 1, impl, "mb_s", (double)(turns * size) / (end - begin) / 1e6);
    free(page);
}

int main(int argc, char **argv)
{
    struct bench_opts opts = bench_parse(argc, argv);
    const char *tunables = getenv("GLIBC_TUNABLES");
    pitot_error err = {0};

    if (tunables && strstr(tunables, "glibc.pthread.rseq=0"))
        impl = "pitot-fallback";
    reg = pitot_registry_new(&err);
    must(&err);
    bench_recording(&opts);
    bench_lookup(&opts);
    bench_create(&opts);
    bench_parse_text(&opts);
    pitot_registry_free(reg);
    return 0;
}
