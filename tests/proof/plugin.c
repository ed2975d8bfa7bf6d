/* SPDX-License-Identifier: MIT */
/*
 * plugin.c -- a module that a host opens, uses and closes again; what it records stays.
 *
 * Its code is compiled for a shared library, so it calls libpitot out of line without being told.
 */
#include <pitot/pitot.h>

__attribute__((visibility("default"))) void plugin_record(pitot_registry *reg, int rounds);

void plugin_record(pitot_registry *reg, int rounds)
{
    pitot_counter *counter =
        pitot_counter_new(reg, NULL, &(pitot_desc){.name = "plugin_total", .help = "H."});
    pitot_histogram *histogram =
        pitot_histogram_new(reg, NULL, &(pitot_desc){.name = "plugin_sizes", .help = "H."});
    pitot_counter_vec *vec = pitot_counter_vec_new(
        reg, NULL, &(pitot_desc){.name = "calls_total", .help = "H.", .labels = PITOT_LABELS("a")});

    for (int i = 0; i < rounds; i++) {
        pitot_counter_inc(counter);
        pitot_counter_add(counter, 0.5);
        pitot_histogram_observe(histogram, 0.5);
        pitot_counter_inc(pitot_counter_with(vec, "literal"));
    }
}
