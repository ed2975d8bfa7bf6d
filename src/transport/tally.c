/* SPDX-License-Identifier: MIT */
/*
 * tally.c -- what a server says about itself.
 *
 * Ordinary metrics, through the public interface, in the registry that is served. A server without
 * them serves all the same. Any thread.
 */
#include "transport/tally.h"

static const char *const cut_reasons[PT_TALLY_CUT_COUNT] = {
    [PT_TALLY_IDLE] = "idle",
    [PT_TALLY_HEADER] = "header",
    [PT_TALLY_SLOW] = "slow",
    [PT_TALLY_REPLACED] = "replaced",
    [PT_TALLY_BUSY] = "busy",
    [PT_TALLY_ADDRESS] = "address",
};

static const struct {
    int status;
    const char *code;
} codes[] = {
    {200, "200"},
    {400, "400"},
    {401, "401"},
    {403, "403"},
    {404, "404"},
    {405, "405"},
    {414, "414"},
    {429, "429"},
    {431, "431"},
    {500, "500"},
    {503, "503"},
    {505, "505"},
};

static pitot_counter *new_counter(pitot_registry *reg, const char *name, const char *help)
{
    return pitot_counter_new(reg, NULL, &(pitot_desc){.name = name, .help = help});
}

static void open_cut(struct pt_tally *tally, pitot_registry *reg)
{
    pitot_counter_vec *vec = pitot_counter_vec_new(reg, NULL,
        &(pitot_desc){.name = "pitot_http_connections_cut_total",
            .help = "Connections that the server ended, by reason.",
            .labels = PITOT_LABELS("reason")});

    for (int i = 0; i < PT_TALLY_CUT_COUNT; i++)
        tally->cut[i] = pitot_counter_with(vec, cut_reasons[i]);
}

void pt_tally_open(struct pt_tally *tally, pitot_registry *reg)
{
    tally->requests = pitot_counter_vec_new(reg, NULL,
        &(pitot_desc){.name = "pitot_http_requests_total",
            .help = "Requests answered, by status code.",
            .labels = PITOT_LABELS("code")});
    tally->scrape_seconds = pitot_summary_new(reg, NULL,
        &(pitot_desc){.name = "pitot_http_scrape_seconds",
            .help = "What a complete scrape cost: snapshot, rendering and compression, without "
                    "waits for collectors and for the client.",
            .unit = "seconds"});
    tally->sent_bytes = new_counter(
        reg, "pitot_http_sent_bytes_total", "Bytes of response bodies, as they were sent.");
    tally->connections = pitot_gauge_new(
        reg, NULL, &(pitot_desc){.name = "pitot_http_connections", .help = "Open connections."});
    tally->shared = new_counter(reg, "pitot_http_scrapes_shared_total",
        "Scrapes that got a snapshot which was taken for another one.");
    tally->refused = new_counter(reg, "pitot_http_scrapes_refused_total",
        "Scrapes that were told to come back, because too many were going on.");
    open_cut(tally, reg);
}

void pt_tally_request(struct pt_tally *tally, int status)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].status == status)
            pitot_counter_inc(pitot_counter_with(tally->requests, codes[i].code));
}
