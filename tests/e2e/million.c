/* SPDX-License-Identifier: MIT */
/*
 * million.c -- a program with a million counters, whose values tell who they are.
 *
 *     million ADDRESS [COUNT]
 *
 * Counter i has the labels shard (i modulo 100), slot (i / 100 modulo 100) and id (i in seven
 * digits), and has counted 7919 i + 1. They are all there when it says where it serves.
 */
#include "serve.h"

#define SHARDS 100
#define SLOTS 100

static void count_up(pitot_counter_vec *vec, unsigned i)
{
    char shard[16], slot[16], id[16];

    snprintf(shard, sizeof(shard), "%02u", i % SHARDS);
    snprintf(slot, sizeof(slot), "%02u", i / SHARDS % SLOTS);
    snprintf(id, sizeof(id), "%07u", i);
    pitot_counter_add_u64(pitot_counter_with(vec, shard, slot, id), UINT64_C(7919) * i + 1);
}

int main(int argc, char **argv)
{
    sigset_t signals;
    pitot_error err = {0};
    unsigned count = argc > 2 ? (unsigned)atoi(argv[2]) : 1000000;

    block_signals(&signals);
    pitot_registry *reg = pitot_registry_new(&err);
    pitot_counter_vec *vec = pitot_counter_vec_new(reg, &err,
        &(pitot_desc){
            .name = "million_total",
            .help = "One of a million.",
            .labels = PITOT_LABELS("shard", "slot", "id"),
            .series_max = count,
        });
    demand(&err);
    for (unsigned i = 0; i < count; i++)
        count_up(vec, i);
    serve_until_sigterm(serve(reg, argc > 1 ? argv[1] : "127.0.0.1:0"), &signals);
    pitot_registry_free(reg);
    return EXIT_SUCCESS;
}
