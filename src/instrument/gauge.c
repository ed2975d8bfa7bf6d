/* SPDX-License-Identifier: MIT */
/*
 * gauge.c -- how much at the moment.
 *
 * One cell with the bits of a double. Any value is a legal one, NaN and the infinities included.
 * The last set wins; an add is never lost. Any thread, any signal handler.
 */
#include "base/clock.h"
#include "instrument/family.h"

pitot_gauge *pitot_gauge_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_gauge *)pt_family_single(
        pt_registry_family(reg, PITOT_GAUGE, false, desc, NULL, NULL, err));
}

pitot_gauge_vec *pitot_gauge_vec_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_gauge_vec *)pt_registry_family(reg, PITOT_GAUGE, true, desc, NULL, NULL, err);
}

/* The cell, which is `hot.row` so that the inlined set finds it; NULL when there is none any more.
 */
static pt_cell *cell_of(const pitot_gauge *g)
{
    return g ? (pt_cell *)pt_series_rows((const struct pt_series *)g) : NULL;
}

void pitot_gauge_set(pitot_gauge *g, double value)
{
    pt_cell *cell = cell_of(g);

    if (cell)
        pt_cell_set_double(cell, value);
}

void pitot_gauge_add(pitot_gauge *g, double delta)
{
    pt_cell *cell = cell_of(g);

    if (cell)
        pt_cell_add_double(cell, delta);
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
    const pt_cell *cell = cell_of(g);

    return cell ? pt_cell_read_double(cell) : 0;
}
