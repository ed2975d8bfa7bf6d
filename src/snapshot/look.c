/* SPDX-License-Identifier: MIT */
/*
 * look.c -- a snapshot as its public face shows it.
 *
 * Several struct pt_family_values in a row may be one family; here they are one again. Pure
 * functions of the snapshot, any thread.
 */
#include "snapshot/snapshot.h"

/* Where the values of family number `family` begin, or family_count. */
static size_t start_of(const pitot_snapshot *snap, size_t family)
{
    size_t i = 0;

    /* Almost always no family continues, and this is a guess that is right at once. */
    if (family < snap->family_count && !snap->continued)
        return family;
    for (; i < snap->family_count; i++)
        if (!pt_family_continues(snap, i) && family-- == 0)
            break;
    return i;
}

size_t pitot_snapshot_family_count(const pitot_snapshot *snap)
{
    return snap ? snap->family_count - snap->continued : 0;
}

bool pitot_snapshot_family(const pitot_snapshot *snap, size_t family, pitot_family *out)
{
    size_t i = snap ? start_of(snap, family) : 0;

    if (!snap || i >= snap->family_count)
        return false;
    const struct pt_family_values *values = snap->families[i];
    *out = (pitot_family){values->type, values->name, values->help, values->unit, 0};
    do
        out->series_count += snap->families[i++]->series_count;
    while (i < snap->family_count && pt_family_continues(snap, i));
    return true;
}

bool pitot_snapshot_series(
    const pitot_snapshot *snap, size_t family, size_t series, pitot_series *out)
{
    size_t i = snap ? start_of(snap, family) : 0;

    if (!snap || i >= snap->family_count)
        return false;
    while (series >= snap->families[i]->series_count) {
        series -= snap->families[i++]->series_count;
        if (i >= snap->family_count || !pt_family_continues(snap, i))
            return false;
    }
    const struct pt_family_values *values = snap->families[i];
    *out = (pitot_series){
        .labels = values->labels[series],
        .is_double = pt_kind_of(values, series) == PT_DOUBLE,
        .numbers = (const pitot_number *)(const void *)pt_values_of(values, series),
        .bounds = values->bounds,
        .bound_count = values->bound_count,
        .start = pt_start_of(values, series),
        .time = pt_time_of(values, series),
        .native = pt_native_of(values, series),
    };
    out->exemplars = pt_exemplars_of(values, series, &out->exemplar_count);
    return true;
}
