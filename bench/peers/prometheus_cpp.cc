/* SPDX-License-Identifier: MIT */
/*
 * prometheus_cpp.cc -- the operations of make bench with prometheus-cpp (Debian:
 * prometheus-cpp-dev).
 *
 * It has no timer: two readings of steady_clock around the work and an Observe, as its users write
 * it. A look-up is Family::Add with the labels, which returns the child that exists.
 */
#include <chrono>
#include <memory>
#include <ostream>
#include <streambuf>
#include <string>
#include <vector>

#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include "../client.h"

static const char *const impl = "prometheus-cpp";
static double values[BENCH_VALUES];

static void counter_inc_batch(void *ctx)
{
    auto *counter = static_cast<prometheus::Counter *>(ctx);
    BENCH_UNROLL
    for (int i = 0; i < BENCH_BATCH; i++)
        counter->Increment();
}

static void counter_add_batch(void *ctx)
{
    auto *counter = static_cast<prometheus::Counter *>(ctx);
    BENCH_UNROLL
    for (int i = 0; i < BENCH_BATCH; i++)
        counter->Increment(values[i & (BENCH_VALUES - 1)]);
}

static void gauge_set_batch(void *ctx)
{
    auto *gauge = static_cast<prometheus::Gauge *>(ctx);
    BENCH_UNROLL
    for (int i = 0; i < BENCH_BATCH; i++)
        gauge->Set(values[i & (BENCH_VALUES - 1)]);
}

static void observe_batch(void *ctx)
{
    auto *histogram = static_cast<prometheus::Histogram *>(ctx);
    BENCH_UNROLL
    for (int i = 0; i < BENCH_BATCH; i++)
        histogram->Observe(values[i & (BENCH_VALUES - 1)]);
}

static void timer_batch(void *ctx)
{
    auto *histogram = static_cast<prometheus::Histogram *>(ctx);
    for (int i = 0; i < BENCH_BATCH; i++) {
        auto start = std::chrono::steady_clock::now();
        auto stop = std::chrono::steady_clock::now();
        histogram->Observe(std::chrono::duration<double>(stop - start).count());
    }
}

struct lookup {
    prometheus::Family<prometheus::Counter> *family;
    std::string labels[BENCH_CHILDREN][3];
};

static void lookup2_batch(void *ctx)
{
    auto *l = static_cast<lookup *>(ctx);
    for (int i = 0; i < BENCH_BATCH; i++) {
        const std::string *v = l->labels[i & (BENCH_CHILDREN - 1)];
        l->family->Add({{"method", v[0]}, {"status", v[1]}}).Increment();
    }
}

static void lookup3_batch(void *ctx)
{
    auto *l = static_cast<lookup *>(ctx);
    for (int i = 0; i < BENCH_BATCH; i++) {
        const std::string *v = l->labels[i & (BENCH_CHILDREN - 1)];
        l->family->Add({{"method", v[0]}, {"status", v[1]}, {"handler", v[2]}}).Increment();
    }
}

static void lookup_literal_batch(void *ctx)
{
    auto *l = static_cast<lookup *>(ctx);
    for (int i = 0; i < BENCH_BATCH; i++)
        l->family->Add({{"method", "GET"}, {"status", "2xx"}}).Increment();
}

static prometheus::Histogram &make_histogram(prometheus::Registry &registry, size_t bounds_count)
{
    std::vector<double> bounds(bounds_count);
    bench_bounds(bounds.data(), bounds_count);
    bench_values(values, bounds.data(), bounds_count);
    return prometheus::BuildHistogram()
        .Name("bench_seconds_" + std::to_string(bounds_count))
        .Register(registry)
        .Add({}, bounds);
}

static void run_lookups(const bench_opts &opts, prometheus::Registry &registry)
{
    for (int labels = 2; labels <= 3; labels++) {
        lookup l;
        l.family = &prometheus::BuildCounter()
                        .Name("bench_requests_" + std::to_string(labels) + "_total")
                        .Register(registry);
        for (int i = 0; i < BENCH_CHILDREN; i++) {
            const char *v[3];
            bench_child(labels, i, v);
            for (int j = 0; j < 3; j++)
                l.labels[i][j] = v[j];
        }
        if (labels == 3) {
            bench_run(&opts, "lookup3_inc", impl, lookup3_batch, &l);
            continue;
        }
        bench_run(&opts, "lookup2_inc", impl, lookup2_batch, &l);
        bench_run(&opts, "lookup_literal_inc", impl, lookup_literal_batch, &l);
    }
}

static prometheus::Counter &add_series(prometheus::Family<prometheus::Counter> &family, size_t i)
{
    struct bench_series s;
    bench_series(&s, i);
    return family.Add({{"zone", s.zone}, {"host", s.host}, {"device", s.device}});
}

static void run_create(const bench_opts &opts)
{
    if (!bench_wants(&opts, "create_series") && !bench_wants(&opts, "memory_per_series"))
        return;
    prometheus::Registry registry;
    auto &family = prometheus::BuildCounter().Name("bench_series_total").Register(registry);
    double rss = bench_rss_bytes(), begin = bench_now();
    for (size_t i = 0; i < BENCH_CREATE; i++)
        add_series(family, i);
    double elapsed = bench_now() - begin;
    if (bench_wants(&opts, "create_series"))
        bench_print("create_series", 1, impl, "ns", elapsed * 1e9 / BENCH_CREATE);
    if (bench_wants(&opts, "memory_per_series"))
        bench_print(
            "memory_per_series", 1, impl, "bytes", (bench_rss_bytes() - rss) / BENCH_CREATE);
}

/* Counts what is written and forgets it. */
class counting_buf : public std::streambuf
{
  public:
    size_t size = 0;

  protected:
    std::streamsize xsputn(const char *, std::streamsize n) override
    {
        size += static_cast<size_t>(n);
        return n;
    }
    int overflow(int c) override
    {
        size++;
        return c == traits_type::eof() ? 0 : c;
    }
};

static void scrape(
    const bench_opts &opts, const char *op, prometheus::Registry &registry, size_t made)
{
    prometheus::TextSerializer serializer;
    size_t size = 0, turns = 0;
    double begin = bench_now(), end;
    do {
        counting_buf buf;
        std::ostream out(&buf);
        serializer.Serialize(out, registry.Collect());
        size = buf.size;
        turns++;
        end = bench_now();
    } while (end - begin < opts.seconds);
    bench_print_scrape(op, impl, made,
        (end - begin) * 1e9 / (static_cast<double>(turns) * static_cast<double>(made)), size);
}

/* As its users start it, but that a connection is kept, and its packets are sent at once. */
struct served {
    std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
    prometheus::Family<prometheus::Counter> &family =
        prometheus::BuildCounter().Name("bench_series_total").Register(*registry);
    prometheus::Exposer exposer{
        std::vector<std::string>{"listening_ports", "127.0.0.1:0", "num_threads", "2",
            "enable_keep_alive", "yes", "keep_alive_timeout_ms", "60000", "tcp_nodelay", "1"}};
    bench_client *client;

    served()
    {
        exposer.RegisterCollectable(registry);
        client = bench_client_new(exposer.GetListeningPorts().at(0));
    }
    ~served()
    {
        bench_client_free(client);
    }
};

static void get(
    const bench_opts &opts, const char *op, served &s, size_t made, const char *encoding)
{
    size_t size, turns = 0;

    if (!bench_wants(&opts, op))
        return;
    double begin = bench_now(), end;
    do {
        size = bench_client_get(s.client, encoding);
        turns++;
        end = bench_now();
    } while (end - begin < opts.seconds);
    bench_print_scrape(op, impl, made,
        (end - begin) * 1e9 / (static_cast<double>(turns) * static_cast<double>(made)), size);
}

static void run_http(const bench_opts &opts)
{
    if (bench_wants(&opts, "http_keepalive_1000")) {
        served s;
        for (size_t i = 0; i < 1000; i++)
            add_series(s.family, i).Increment(static_cast<double>(bench_series_value(i)));
        bench_print("http_keepalive_1000", 1, impl, "us", bench_client_p50(s.client, opts.seconds));
    }
    if (!bench_wants(&opts, "scrape_http") && !bench_wants(&opts, "scrape_http_gzip"))
        return;
    served s;
    size_t made = 0;
    for (int n = 0; n < opts.series_count; n++) {
        for (; made < opts.series[n]; made++)
            add_series(s.family, made).Increment(static_cast<double>(bench_series_value(made)));
        get(opts, "scrape_http", s, made, nullptr);
        get(opts, "scrape_http_gzip", s, made, "gzip");
    }
}

static void run_scrape(const bench_opts &opts)
{
    prometheus::Registry counters, histograms;
    auto &counter_family = prometheus::BuildCounter().Name("bench_series_total").Register(counters);
    auto &histogram_family =
        prometheus::BuildHistogram().Name("bench_series_seconds").Register(histograms);
    size_t made = 0;
    const std::vector<double> bounds(bench_bounds_11, bench_bounds_11 + 11);

    bench_values(values, bench_bounds_11, 11);
    for (int n = 0; bench_wants(&opts, "scrape_text") && n < opts.series_count; n++) {
        for (; made < opts.series[n]; made++)
            add_series(counter_family, made)
                .Increment(static_cast<double>(bench_series_value(made)));
        scrape(opts, "scrape_text", counters, made);
    }
    made = 0;
    for (int n = 0; bench_wants(&opts, "scrape_histogram_text") && n < opts.series_count; n++) {
        for (; made < opts.series[n]; made++) {
            struct bench_series s;
            bench_series(&s, made);
            auto &h = histogram_family.Add(
                {{"zone", s.zone}, {"host", s.host}, {"device", s.device}}, bounds);
            for (size_t place = 0; place < BENCH_OBSERVED; place++)
                h.Observe(bench_series_observed(values, made, place));
        }
        scrape(opts, "scrape_histogram_text", histograms, made);
    }
}

int main(int argc, char **argv)
{
    struct bench_opts opts = bench_parse(argc, argv);
    prometheus::Registry registry;
    auto &counter = prometheus::BuildCounter().Name("bench_total").Register(registry).Add({});
    auto &gauge = prometheus::BuildGauge().Name("bench_gauge").Register(registry).Add({});

    bench_values(values, bench_bounds_11, 11);
    bench_run(&opts, "counter_inc", impl, counter_inc_batch, &counter);
    bench_run(&opts, "counter_add_double", impl, counter_add_batch, &counter);
    bench_run(&opts, "gauge_set", impl, gauge_set_batch, &gauge);
    bench_run(&opts, "histogram_observe_128", impl, observe_batch, &make_histogram(registry, 128));
    bench_run(&opts, "histogram_observe_32", impl, observe_batch, &make_histogram(registry, 32));
    auto &histogram = make_histogram(registry, 11);
    bench_run(&opts, "histogram_observe_11", impl, observe_batch, &histogram);
    bench_run(&opts, "timer", impl, timer_batch, &histogram);
    run_lookups(opts, registry);
    run_create(opts);
    run_scrape(opts);
    run_http(opts);
    return 0;
}
