/* SPDX-License-Identifier: MIT */
/*
 * gauge.c -- how much at the moment.
 *
 * One cell with the bits of a double. Any value is a legal one, NaN and the infinities included.
 * The last set wins; an add is never lost. Any thread, any signal handler.
 */
#include "base/clock.h"
#include "instrument/layout.h"

pitot_gauge *pitot_gauge_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_gauge *)pt_family_single(
        pt_registry_family(reg, PITOT_GAUGE, false, desc, NULL, NULL, err));
}

pitot_gauge_vec *pitot_gauge_vec_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_gauge_vec *)pt_registry_family(reg, PITOT_GAUGE, true, desc, NULL, NULL, err);
}

void pitot_gauge_set(pitot_gauge *g, double value)
{
    struct pt_series *series = (struct pt_series *)g;

    if (series)
        pt_cell_set_double(&series->cells[PT_GAUGE_VALUE], value);
}

void pitot_gauge_add(pitot_gauge *g, double delta)
{
    struct pt_series *series = (struct pt_series *)g;

    if (series)
        pt_cell_add_double(&series->cells[PT_GAUGE_VALUE], delta);
}

void pitot_gauge_inc(pitot_gauge *g)
{
    pitot_gauge_add(g, 1);
}

void pitot_gauge_dec(pitot_gauge *g)
{
    pitot_gauge_add(g, -1);
}

void pitot_gauge_set_to_current_time(pitot_gauge *g)
{
    pitot_gauge_set(g, (double)pt_clock_unix_ms() / 1000);
}

void pitot_gauge_set_since(pitot_gauge *g, uint64_t start)
{
    pitot_gauge_set(g, pitot_seconds_since(start));
}

double pitot_gauge_value(const pitot_gauge *g)
{
    const struct pt_series *series = (const struct pt_series *)g;

    return series ? pt_cell_read_double(&series->cells[PT_GAUGE_VALUE]) : 0;
}
