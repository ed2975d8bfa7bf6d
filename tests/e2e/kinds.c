/* SPDX-License-Identifier: MIT */
/*
 * kinds.c -- a page with every type of metric, all that each can carry, and names that only UTF-8
 * has. What it records is always the same.
 *
 *     kinds ADDRESS
 *
 * test_kinds.py and test_expfmt.py know what has to come out.
 */
#include "serve.h"

#include <math.h>
#include <time.h>

#define APART_NS 30000000L

/* One exemplar is as new as another one of the same moment, and then a Prometheus takes but one. */
static void let_time_pass(void)
{
    nanosleep(&(struct timespec){.tv_nsec = APART_NS}, NULL);
}

static void make_counters(pitot_registry *reg, pitot_error *err)
{
    pitot_counter_vec *requests = pitot_counter_vec_new(reg, err,
        &(pitot_desc){
            .name = "kinds_requests_total",
            .help = "Counters with exemplars, a \"quote\",\na second line and a \\.",
            .labels = PITOT_LABELS("method", "path"),
            .const_labels = (const pitot_label[]){{"zone", "a \"b\"\\\n\xc3\xbc"}, {NULL, NULL}},
            .exemplars = true,
        });
    pitot_counter *most = pitot_counter_new(reg, err,
        &(pitot_desc){.name = "kinds_read_bytes_total", .help = "2^53 - 1.", .unit = "bytes"});

    pitot_counter_add_exemplar(
        pitot_counter_with(requests, "GET", "/"), 41.5, PITOT_EXEMPLAR("trace_id", "41"));
    pitot_counter_inc_exemplar(pitot_counter_with(requests, "PUT", "/\"\\\n"),
        PITOT_EXEMPLAR("trace_id", "put", "span_id", "\xe4\xb8\x96"));
    pitot_counter_inc(pitot_counter_with(requests, "GET", "/none"));
    pitot_counter_add_u64(most, (UINT64_C(1) << 53) - 1);
}

static void make_gauges(pitot_registry *reg, pitot_error *err)
{
    pitot_gauge_vec *levels = pitot_gauge_vec_new(reg, err,
        &(pitot_desc){.name = "kinds_level", .help = "Gauges.", .labels = PITOT_LABELS("which")});
    pitot_gauge *heat = pitot_gauge_new(reg, err,
        &(pitot_desc){.name = "kinds_heat_celsius", .help = "It is cold.", .unit = "celsius"});

    pitot_gauge_set(pitot_gauge_with(levels, "smallest"), 5e-324);
    pitot_gauge_set(pitot_gauge_with(levels, "third"), 1.0 / 3);
    pitot_gauge_set(pitot_gauge_with(levels, "nan"), NAN);
    pitot_gauge_set(pitot_gauge_with(levels, "low"), -INFINITY);
    pitot_gauge_set(pitot_gauge_with(levels, "\xf0\x9f\xa6\x80"), 1e300);
    pitot_gauge_set(heat, -273.15);
}

/* An exemplar in two buckets, none in the others. */
static void make_classic_histogram(pitot_registry *reg, pitot_error *err)
{
    pitot_histogram_vec *waits = pitot_histogram_vec_new(reg, err,
        &(pitot_desc){
            .name = "kinds_classic_seconds",
            .help = "Classic buckets.",
            .unit = "seconds",
            .labels = PITOT_LABELS("queue"),
            .bounds = PITOT_BOUNDS(-1, 0, 0.25, 1, 1e6),
            .exemplars = true,
        });
    pitot_histogram *wait = pitot_histogram_with(waits, "slow");

    pitot_histogram_observe(wait, -2);
    pitot_histogram_observe(wait, 0.25);
    pitot_histogram_observe_exemplar(wait, 0.5, PITOT_EXEMPLAR("trace_id", "half"));
    pitot_histogram_observe_exemplar(wait, 2e6, PITOT_EXEMPLAR("trace_id", "long"));
    (void)pitot_histogram_with(waits, "unused");
}

static void make_native_histograms(pitot_registry *reg, pitot_error *err)
{
    pitot_histogram *native = pitot_histogram_new(reg, err,
        &(pitot_desc){
            .name = "kinds_native_seconds",
            .help = "Native buckets of both signs.",
            .unit = "seconds",
            .native_factor = 1.1,
            .exemplars = true,
        });
    pitot_histogram *both = pitot_histogram_new(reg, err,
        &(pitot_desc){
            .name = "kinds_both_seconds",
            .help = "Native and classic buckets.",
            .unit = "seconds",
            .native_factor = 2,
            .native_zero_threshold = 0.001,
            .bounds = PITOT_BOUNDS(0.5, 2),
            .exemplars = true,
        });
    pitot_histogram_new(reg, err,
        &(pitot_desc){.name = "kinds_unused_seconds", .help = "None.", .native_factor = 1.5});

    for (int i = 1; i <= 100; i++)
        pitot_histogram_observe(native, i * 0.25);
    for (int i = 1; i <= 10; i++)
        pitot_histogram_observe(native, -i);
    for (int i = 0; i < 3; i++)
        pitot_histogram_observe(native, 0);
    pitot_histogram_observe_exemplar(native, 4096, PITOT_EXEMPLAR("trace_id", "native"));
    pitot_histogram_observe(both, 0.0005);
    pitot_histogram_observe(both, -3);
    pitot_histogram_observe_exemplar(both, 1.5, PITOT_EXEMPLAR("trace_id", "both"));
    let_time_pass();
    pitot_histogram_observe_exemplar(both, 3, PITOT_EXEMPLAR("trace_id", "three"));
}

static void make_summaries(pitot_registry *reg, pitot_error *err)
{
    pitot_summary_vec *plain = pitot_summary_vec_new(reg, err,
        &(pitot_desc){.name = "kinds_size_bytes",
            .help = "A summary without quantiles.",
            .unit = "bytes",
            .labels = PITOT_LABELS("file")});
    pitot_summary *quantiles = pitot_summary_new(reg, err,
        &(pitot_desc){.name = "kinds_turn_seconds",
            .help = "A summary with quantiles.",
            .unit = "seconds",
            .bounds = PITOT_BOUNDS(0.5, 0.99),
            .window_s = 86400});

    pitot_summary_observe(pitot_summary_with(plain, "large"), 1024);
    pitot_summary_observe(pitot_summary_with(plain, "large"), 0.5);
    for (int i = 1; i <= 1000; i++)
        pitot_summary_observe(quantiles, i);
}

static void make_states(pitot_registry *reg, pitot_error *err)
{
    pitot_stateset *state = pitot_stateset_new(reg, err,
        &(pitot_desc){.name = "kinds_state",
            .help = "One of three.",
            .states = PITOT_LABELS("starting", "up", "going down")});

    pitot_stateset_enum(state, "up");
    pitot_info_new(reg, err,
        &(pitot_desc){.name = "kinds_build_info",
            .help = "What it is.",
            .const_labels =
                (const pitot_label[]){{"version", "1.2.3"}, {"revision", "abc"}, {NULL, NULL}}});
}

static double read_answer(void *ctx)
{
    (void)ctx;
    return 42.25;
}

static void collect_ages(pitot_sink *sink, void *ctx)
{
    (void)ctx;
    pitot_sink_family(sink, PITOT_GAUGE_HISTOGRAM,
        &(pitot_desc){.name = "kinds_ages_days",
            .help = "How old they are.",
            .unit = "days",
            .labels = PITOT_LABELS("shelf"),
            .bounds = PITOT_BOUNDS(1, 7)});
    pitot_sink_histogram(
        sink, (const uint64_t[]){2, 3, 4}, 3, 60.5, (const char *const[]){"top"}, 1);
    pitot_sink_family(sink, PITOT_COUNTER,
        &(pitot_desc){.name = "kinds_collected_total", .help = "Since 1700000000."});
    pitot_sink_started(sink, INT64_C(1700000000250000000));
    pitot_sink_sample(sink, 12);
}

static void make_others(pitot_registry *reg, pitot_error *err)
{
    pitot_function_add(reg, err,
        &(pitot_function){.type = PITOT_UNKNOWN,
            .desc = {.name = "kinds_answer", .help = "Nobody knows."},
            .read = read_answer});
    pitot_collector_add(reg, err, &(pitot_collector){.name = "ages", .collect = collect_ages});
}

/* Names that are escaped for who does not ask for UTF-8. */
static void make_utf8_names(pitot_registry *reg, pitot_error *err)
{
    pitot_counter_vec *hits = pitot_counter_vec_new(reg, err,
        &(pitot_desc){.name = "kinds.h\xc3\xadts_total",
            .help = "A counter.",
            .labels = PITOT_LABELS("http.status", "plain")});
    pitot_histogram_vec *took = pitot_histogram_vec_new(reg, err,
        &(pitot_desc){.name = "kinds.took_seconds",
            .help = "A histogram.",
            .unit = "seconds",
            .labels = PITOT_LABELS("\xe4\xb8\x96\xe7\x95\x8c"),
            .bounds = PITOT_BOUNDS(1)});

    pitot_counter_add(pitot_counter_with(hits, "200", "yes"), 7);
    pitot_histogram_observe(pitot_histogram_with(took, "\xe7\x95\x8c"), 0.5);
    pitot_gauge_set(pitot_gauge_new(reg, err,
                        &(pitot_desc){.name = "kinds.\"quoted\" \\ name\n\xf0\x9f\xa6\x80",
                            .help = "A gauge."}),
        1);
}

int main(int argc, char **argv)
{
    sigset_t signals;
    pitot_error err = {0};

    block_signals(&signals);
    pitot_registry *reg = pitot_registry_new(&err);
    make_counters(reg, &err);
    make_gauges(reg, &err);
    make_classic_histogram(reg, &err);
    make_native_histograms(reg, &err);
    make_summaries(reg, &err);
    make_states(reg, &err);
    make_others(reg, &err);
    make_utf8_names(reg, &err);
    demand(&err);
    serve_until_sigterm(serve(reg, argc > 1 ? argv[1] : "127.0.0.1:0"), &signals);
    pitot_registry_free(reg);
    return EXIT_SUCCESS;
}
