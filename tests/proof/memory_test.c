/* SPDX-License-Identifier: MIT */
/*
 * memory_test.c -- what a million series take, all told, on this machine and on one with 128 CPUs.
 *
 * Every measurement is the growth of a process of its own. The 128 CPUs are pretended: the registry
 * is told of so many rows. A cold series is recorded on 128 times, which goes to its cold words
 * whatever the CPU; when a series has rows, each of them is written to, as its CPU would.
 */
#include "proof.h"

#include "instrument/series.h"

#include <sys/wait.h>

#define SERIES 1000000
#define BYTES_MAX 220
#define CPUS 128

struct measurement {
    uint32_t cpus; /* 0: the machine's own */
    bool hot;      /* every series gets rows, as long as there are any to be had */
};

static double resident_bytes(void)
{
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "re");

    if (fscanf(statm, "%*d %ld", &pages) != 1)
        pages = 0;
    fclose(statm);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

static void record(pitot_counter *c, const struct measurement *what)
{
    struct pt_series *series = (struct pt_series *)c;
    const uint32_t cpus = what->cpus ? what->cpus : 1;

    for (uint32_t i = 0; i < (what->hot ? 1 : cpus); i++)
        pitot_counter_inc(c);
    if (what->hot)
        pt_series_promote(series);
    uint64_t *group = pt_series_rows(series);
    for (uint32_t cpu = 0; group && cpu < cpus; cpu++)
        pt_cell_add((pt_cell *)pt_rows_word(group, cpu, PT_COUNTER_WHOLE), 1);
}

/* Three labels with 64 bytes of values. */
static pitot_counter *child(pitot_counter_vec *vec, unsigned i)
{
    char zone[17], host[25], device[25];

    snprintf(zone, sizeof(zone), "zone-%011u", i % 10);
    snprintf(host, sizeof(host), "host-%019u", i / 10 % 1000);
    snprintf(device, sizeof(device), "device-%017u", i);
    return pitot_counter_with(vec, zone, host, device);
}

static double measure_here(const struct measurement *what)
{
    if (what->cpus)
        pt_ladder_pretend((struct pt_ladder){PT_RUNG_RSEQ, what->cpus, true});
    double before = resident_bytes();
    pitot_registry *reg = pitot_registry_new(NULL);
    pitot_counter_vec *vec = pitot_counter_vec_new(reg, NULL,
        &(pitot_desc){.name = "x_total",
            .help = "H.",
            .labels = PITOT_LABELS("zone", "host", "device"),
            .series_max = SERIES});

    for (unsigned i = 0; i < SERIES; i++) {
        pitot_counter *c = child(vec, i);

        if (!c)
            return 0;
        record(c, what);
    }
    return (resident_bytes() - before) / SERIES;
}

/* Bytes of a series. */
static double measure(struct measurement what)
{
    double bytes = 0;
    int pipes[2], status;

    assert_int_equal(pipe(pipes), 0);
    pid_t process = fork();
    if (process == 0) {
        bytes = measure_here(&what);
        _exit(write(pipes[1], &bytes, sizeof(bytes)) == sizeof(bytes) ? 0 : 1);
    }
    assert_int_equal(read(pipes[0], &bytes, sizeof(bytes)), sizeof(bytes));
    assert_int_equal(waitpid(process, &status, 0), process);
    assert_int_equal(status, 0);
    close(pipes[0]);
    close(pipes[1]);
    assert_true(bytes > 0);
    return bytes;
}

static double cold_here; /* measured by the first test */

static void a_cold_series_takes_at_most_220_bytes(void **state)
{
    (void)state;

    cold_here = measure((struct measurement){.cpus = 0});
    print_message("a cold series with 3 labels: %.1f bytes\n", cold_here);
    assert_true(cold_here <= BYTES_MAX);
}

static void a_series_written_by_128_cpus_takes_at_most_half_as_much_again(void **state)
{
    (void)state;

    double bytes = measure((struct measurement){.cpus = CPUS});
    print_message("the same, written from %d CPUs: %.1f bytes\n", CPUS, bytes);
    assert_true(bytes <= cold_here * 1.5);
}

static void so_does_a_million_of_which_all_are_hot(void **state)
{
    (void)state;

    double bytes = measure((struct measurement){.cpus = CPUS, .hot = true});
    print_message("the same, as hot as can be: %.1f bytes\n", bytes);
    assert_true(bytes <= cold_here * 1.5);
}

static bool is_measurable(void)
{
#if defined(THREAD_SANITIZER) || defined(ADDRESS_SANITIZER)
    return false;
#else
    return !proof_is_small();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cold_series_takes_at_most_220_bytes),
        cmocka_unit_test(a_series_written_by_128_cpus_takes_at_most_half_as_much_again),
        cmocka_unit_test(so_does_a_million_of_which_all_are_hot),
    };

    if (!is_measurable()) {
        printf("skipped: sanitizers and simulators take memory of their own\n");
        return 0;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
