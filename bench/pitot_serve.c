/* SPDX-License-Identifier: MIT */
/*
 * pitot_serve.c -- what a scrape over HTTP costs with Pitot: time of the whole of it over loopback,
 * with a client that does nothing but read, and memory. Public headers only.
 */
#include "client.h"
#include "pitot_series.h"

#include <pitot/http.h>

#define WARM_SCRAPES 10
#define SCRAPES 1000
#define MEMORY_SERIES 1000000
#define GROWTH_SERIES 10000

/* A registry that is served, and a client of it. */
struct served {
    struct scraped *scraped;
    pitot_server *server;
    struct bench_client *client;
    const char *encoding; /* that the client asks for; may be NULL */
};

static struct served serve(size_t count)
{
    struct served served = {.scraped = scraped_counters(count)};
    pitot_error err = {0};

    served.server = pitot_server_start(
        served.scraped->reg, &err, &(pitot_server_opts){.listen = "127.0.0.1:0"});
    must(&err);
    served.client = bench_client_new(pitot_server_port(served.server));
    return served;
}

static void stop(struct served *served)
{
    bench_client_free(served->client);
    pitot_server_stop(served->server);
    scraped_free(served->scraped);
}

static size_t get(struct scraped *s, void *ctx)
{
    const struct served *served = ctx;

    (void)s;
    return bench_client_get(served->client, served->encoding);
}

static size_t handle_gzip(struct scraped *s, void *ctx)
{
    pitot_http_response response;

    (void)ctx;
    pitot_http_handle(s->reg,
        &(pitot_http_request){.method = "GET", .target = "/metrics", .accept_encoding = "gzip"},
        &response);
    size_t bytes = response.body_size;
    bench_client_demand(response.status == 200, "the answer is not 200");
    pitot_http_response_free(&response);
    return bytes;
}

static void bench_scrapes(const struct bench_opts *opts, size_t count)
{
    struct served served = serve(count);

    scraped_measure(opts, "scrape_gzip", served.scraped, true, handle_gzip, NULL);
    scraped_measure(opts, "scrape_http", served.scraped, true, get, &served);
    served.encoding = "gzip";
    scraped_measure(opts, "scrape_http_gzip", served.scraped, true, get, &served);
    scraped_measure(opts, "scrape_http_gzip_unchanged", served.scraped, false, get, &served);
    stop(&served);
}

static void bench_keepalive(const struct bench_opts *opts)
{
    if (!bench_wants(opts, "http_keepalive_1000"))
        return;
    struct served served = serve(1000);

    for (int i = 0; i < WARM_SCRAPES; i++)
        bench_client_get(served.client, NULL);
    bench_print(
        "http_keepalive_1000", 1, "pitot", "us", bench_client_p50(served.client, opts->seconds));
    stop(&served);
}

/* The most that is resident during a scrape, above what was before it. */
static double added_by_scrape(struct served *served)
{
    bench_reset_peak();
    double before = bench_rss_bytes();
    bench_client_get(served->client, NULL);
    double added = bench_peak_bytes() - before;
    return added > 0 ? added : 0;
}

static void bench_memory(const struct bench_opts *opts)
{
    if (!bench_wants(opts, "scrape_memory") && !bench_wants(opts, "scrape_memory_first"))
        return;
    struct served served = serve(MEMORY_SERIES);

    double first = added_by_scrape(&served);
    scraped_change(served.scraped);
    double second = added_by_scrape(&served);
    if (bench_wants(opts, "scrape_memory_first"))
        bench_print("scrape_memory_first", 1, "pitot", "bytes", first);
    if (bench_wants(opts, "scrape_memory"))
        bench_print("scrape_memory", 1, "pitot", "bytes", second);
    stop(&served);
}

static void change_and_get(struct served *served, int scrapes)
{
    for (int i = 0; i < scrapes; i++) {
        scraped_change(served->scraped);
        bench_client_get(served->client, i % 2 ? "gzip" : NULL);
    }
}

/* By how much the peak of many scrapes is above the peak of a few. */
static void bench_growth(const struct bench_opts *opts)
{
    if (!bench_wants(opts, "scrape_memory_growth"))
        return;
    struct served served = serve(GROWTH_SERIES);
    change_and_get(&served, WARM_SCRAPES);
    bench_reset_peak();
    change_and_get(&served, WARM_SCRAPES);
    double few = bench_peak_bytes();
    change_and_get(&served, SCRAPES);
    bench_print("scrape_memory_growth", 1, "pitot", "bytes", bench_peak_bytes() - few);
    stop(&served);
}

int main(int argc, char **argv)
{
    struct bench_opts opts = bench_parse(argc, argv);
    bool scrapes = bench_wants(&opts, "scrape_gzip") || bench_wants(&opts, "scrape_http") ||
                   bench_wants(&opts, "scrape_http_gzip") ||
                   bench_wants(&opts, "scrape_http_gzip_unchanged");

    for (int i = 0; scrapes && i < opts.series_count; i++)
        bench_scrapes(&opts, opts.series[i]);
    bench_keepalive(&opts);
    bench_memory(&opts);
    bench_growth(&opts);
    return 0;
}
