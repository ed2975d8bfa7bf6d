/* SPDX-License-Identifier: MIT */
/*
 * pitot_rows.c -- memory of a million series on a machine with 128 CPUs, simulated.
 *
 * Linked with the internals: the ladder is told that there are 128 rows. Every series is recorded
 * on 128 times, once for each CPU, which goes to its cold words whatever the CPU; a series that has
 * rows after that gets each of them written to, as its CPU would.
 */
#include "harness.h"
#include "instrument/series.h"

#define CPUS 128

static pitot_counter *child(pitot_counter_vec *vec, size_t i)
{
    struct bench_series s;

    bench_series(&s, i);
    return pitot_counter_with(vec, s.zone, s.host, s.device);
}

static void write_from_all(pitot_counter *c)
{
    struct pt_series *series = (struct pt_series *)c;

    for (int cpu = 0; cpu < CPUS; cpu++)
        pitot_counter_inc(c);
    uint64_t *group = pt_series_rows(series);
    for (uint32_t cpu = 0; group && cpu < CPUS; cpu++)
        __atomic_fetch_add(pt_rows_word(group, cpu, 0), 1, __ATOMIC_RELAXED);
}

int main(int argc, char **argv)
{
    struct bench_opts opts = bench_parse(argc, argv);

    if (!bench_wants(&opts, "memory_per_series_128cpus"))
        return 0;
    pt_ladder_pretend((struct pt_ladder){PT_RUNG_RSEQ, CPUS, true});
    pitot_registry *reg = pitot_registry_new(NULL);
    pitot_counter_vec *vec = pitot_counter_vec_new(reg, NULL,
        &(pitot_desc){.name = "bench_series_total",
            .help = "One of many.",
            .labels = PITOT_LABELS("zone", "host", "device"),
            .series_max = BENCH_CREATE});
    double before = bench_rss_bytes();
    for (size_t i = 0; i < BENCH_CREATE; i++)
        write_from_all(child(vec, i));
    bench_print("memory_per_series_128cpus", 1, "pitot", "bytes",
        (bench_rss_bytes() - before) / BENCH_CREATE);
    pitot_registry_free(reg);
    return 0;
}
