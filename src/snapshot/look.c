/* SPDX-License-Identifier: MIT */
/*
 * look.c -- a snapshot as its public face shows it.
 *
 * Several struct pt_family_values in a row may be one family; here they are one again. Pure
 * functions of the snapshot, any thread.
 */
#include "snapshot/snapshot.h"

/* Where the values of family number `family` begin; it may be one behind the last. */
static size_t start_of(const pitot_snapshot *snap, size_t family)
{
    return snap->continued ? snap->starts[family] : family;
}

/* The values that series number `series` of the family is among. */
static size_t values_of(const pitot_snapshot *snap, size_t family, size_t series)
{
    size_t low = start_of(snap, family), high = start_of(snap, family + 1);

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (snap->before[middle] <= series)
            low = middle;
        else
            high = middle;
    }
    return low;
}

size_t pitot_snapshot_family_count(const pitot_snapshot *snap)
{
    return snap ? snap->family_count - snap->continued : 0;
}

bool pitot_snapshot_family(const pitot_snapshot *snap, size_t family, pitot_family *out)
{
    if (family >= pitot_snapshot_family_count(snap))
        return false;
    size_t last = start_of(snap, family + 1) - 1;
    const struct pt_family_values *values = snap->families[start_of(snap, family)];
    *out = (pitot_family){values->type, values->name, values->help, values->unit, 0};
    out->series_count =
        snap->families[last]->series_count + (snap->continued ? snap->before[last] : 0);
    return true;
}

bool pitot_snapshot_series(
    const pitot_snapshot *snap, size_t family, size_t series, pitot_series *out)
{
    if (family >= pitot_snapshot_family_count(snap))
        return false;
    size_t i = values_of(snap, family, series);
    const struct pt_family_values *values = snap->families[i];
    if (snap->continued)
        series -= snap->before[i];
    if (series >= values->series_count)
        return false;
    *out = (pitot_series){
        .labels = pt_labels_of(values, series),
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
