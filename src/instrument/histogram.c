/* SPDX-License-Identifier: MIT */
/*
 * histogram.c -- how long, how big, how spread.
 *
 * One count per bucket (not cumulative) and a sum. There is no cell for the count: it is the sum of
 * the buckets, so the two cannot disagree. Any thread, any signal handler.
 */
#include "instrument/layout.h"

pitot_histogram *pitot_histogram_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_histogram *)pt_family_single(
        pt_registry_family(reg, PITOT_HISTOGRAM, false, desc, NULL, NULL, err));
}

pitot_histogram_vec *pitot_histogram_vec_new(
    pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_histogram_vec *)pt_registry_family(
        reg, PITOT_HISTOGRAM, true, desc, NULL, NULL, err);
}

/* The index of the first bound that is not below the value; bound_count when all are. */
static size_t bucket_of(const struct pt_desc *desc, double value)
{
    size_t low = 0, count = desc->bound_count;

    while (count > 0) {
        size_t half = count / 2;

        if (desc->bounds[low + half] < value) {
            low += half + 1;
            count -= half + 1;
        } else {
            count = half;
        }
    }
    return low;
}

void pitot_histogram_observe(pitot_histogram *h, double value)
{
    struct pt_series *series = (struct pt_series *)h;

    if (!series)
        return;
    const struct pt_desc *desc = &series->family->desc;
    if (value != value) {
        pt_registry_drop(series->family->reg, PT_DROP_NOT_FINITE);
        return;
    }
    pt_cell_add_double(&series->cells[pt_histogram_sum_cell(desc)], value);
    pt_cell_add(&series->cells[bucket_of(desc, value)], 1);
}

void pitot_histogram_observe_since(pitot_histogram *h, uint64_t start)
{
    pitot_histogram_observe(h, pitot_seconds_since(start));
}

uint64_t pitot_histogram_count(const pitot_histogram *h)
{
    const struct pt_series *series = (const struct pt_series *)h;
    uint64_t count = 0;

    for (size_t i = 0; series && i <= series->family->desc.bound_count; i++)
        count += pt_cell_read(&series->cells[i]);
    return count;
}

double pitot_histogram_sum(const pitot_histogram *h)
{
    const struct pt_series *series = (const struct pt_series *)h;

    return series
               ? pt_cell_read_double(&series->cells[pt_histogram_sum_cell(&series->family->desc)])
               : 0;
}
