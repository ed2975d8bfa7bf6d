/* SPDX-License-Identifier: MIT */
/*
 * counter.c -- how often, how much in total.
 *
 * Two cells: whole numbers are added to an integer, so they stay exact to 2^64; what has a fraction
 * goes to a double beside it. The value is their sum. Any thread, any signal handler.
 */
#include "instrument/layout.h"

#include <math.h>

/* From here on a double is a whole number, and 2^64 is the first that a uint64_t cannot hold. */
#define TWO_TO_64 18446744073709551616.0

pitot_counter *pitot_counter_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_counter *)pt_family_single(
        pt_registry_family(reg, PITOT_COUNTER, false, desc, NULL, NULL, err));
}

pitot_counter_vec *pitot_counter_vec_new(
    pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_counter_vec *)pt_registry_family(reg, PITOT_COUNTER, true, desc, NULL, NULL, err);
}

void pitot_counter_inc(pitot_counter *c)
{
    pitot_counter_add_u64(c, 1);
}

void pitot_counter_add_u64(pitot_counter *c, uint64_t n)
{
    struct pt_series *series = (struct pt_series *)c;

    if (series)
        pt_cell_add(&series->cells[PT_COUNTER_WHOLE], n);
}

void pitot_counter_add(pitot_counter *c, double n)
{
    struct pt_series *series = (struct pt_series *)c;

    if (!series)
        return;
    if (n >= 0 && n < TWO_TO_64 && (double)(uint64_t)n == n)
        pt_cell_add(&series->cells[PT_COUNTER_WHOLE], (uint64_t)n);
    else if (n >= 0 && n <= 1.7976931348623157e308)
        pt_cell_add_double(&series->cells[PT_COUNTER_FRACTION], n);
    else
        pt_registry_drop(series->family->reg,
            n < 0 && n >= -1.7976931348623157e308 ? PT_DROP_NEGATIVE : PT_DROP_NOT_FINITE);
}

double pitot_counter_value(const pitot_counter *c)
{
    const struct pt_series *series = (const struct pt_series *)c;

    if (!series)
        return 0;
    return (double)pt_cell_read(&series->cells[PT_COUNTER_WHOLE]) +
           pt_cell_read_double(&series->cells[PT_COUNTER_FRACTION]);
}
