/* SPDX-License-Identifier: MIT */
/*
 * rpc.c -- a server whose label values come from strangers, as the method names of electrs do.
 *
 *     rpc ADDRESS [SERIES_MAX]
 *
 * Each line of standard input is a method that somebody calls; all bytes of it are the label
 * value. At the end of input it says how many there were.
 */
#include "serve.h"

#include <inttypes.h>

static uint64_t count_calls(pitot_histogram_vec *seconds, pitot_counter_vec *calls)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    uint64_t count = 0;

    while ((length = getline(&line, &size, stdin)) > 0) {
        pitot_str method = {line, (size_t)length - (line[length - 1] == '\n')};

        pitot_histogram_observe(pitot_histogram_child_str(seconds, &method, 1), 0.25);
        pitot_counter_inc(pitot_counter_child_str(calls, &method, 1));
        count++;
    }
    free(line);
    return count;
}

int main(int argc, char **argv)
{
    sigset_t signals;
    pitot_error err = {0};
    uint32_t series_max = argc > 2 ? (uint32_t)atoi(argv[2]) : 0;

    block_signals(&signals);
    pitot_registry *reg = pitot_registry_new(&err);
    pitot_histogram_vec *seconds = pitot_histogram_vec_new(reg, &err,
        &(pitot_desc){
            .name = "electrum_rpc",
            .help = "Electrum RPC latency (seconds)",
            .labels = PITOT_LABELS("method"),
            .series_max = series_max,
        });
    pitot_counter_vec *calls = pitot_counter_vec_new(reg, &err,
        &(pitot_desc){
            .name = "electrum_calls_total",
            .help = "Electrum RPCs, by method.",
            .labels = PITOT_LABELS("method"),
            .series_max = series_max,
        });
    demand(&err);
    pitot_server *server = serve(reg, argc > 1 ? argv[1] : "127.0.0.1:0");
    printf("counted %" PRIu64 " calls\n", count_calls(seconds, calls));
    fflush(stdout);
    serve_until_sigterm(server, &signals);
    pitot_registry_free(reg);
    return EXIT_SUCCESS;
}
