/* SPDX-License-Identifier: MIT */
/*
 * long.c -- a host program with a page of many megabytes.
 *
 *     long ADDRESS SERIES [FILE]      with a web configuration file
 */
#include "serve.h"

int main(int argc, char **argv)
{
    sigset_t signals;
    pitot_error err = {0};
    char path[128];
    int series = argc > 2 ? atoi(argv[2]) : 100000;

    block_signals(&signals);
    pitot_registry *reg = pitot_registry_new(&err);
    pitot_counter_vec *vec = pitot_counter_vec_new(reg, &err,
        &(pitot_desc){
            .name = "long_total",
            .help = "Many of them.",
            .labels = PITOT_LABELS("path", "method"),
            .series_max = (uint32_t)series,
        });
    demand(&err);
    for (int i = 0; i < series; i++) {
        snprintf(path, sizeof(path),
            "/a/path/that/is/much/longer/than/it/had/to/be/for/the/sake/of/it/%d/and/some/more", i);
        pitot_counter_add_u64(pitot_counter_with(vec, path, "GET"), (uint64_t)i);
    }
    pitot_server *server =
        serve_by(reg, argc > 1 ? argv[1] : "127.0.0.1:0", argc > 3 ? argv[3] : NULL);
    serve_until_sigterm(server, &signals);
    pitot_registry_free(reg);
    return EXIT_SUCCESS;
}
