/* SPDX-License-Identifier: MIT */
/*
 * same.h -- whether two snapshots say the same, through public headers only.
 *
 * Numbers are the same when their values are: most formats do not tell 1 from 1.0. Every NaN is one
 * NaN. Times, exemplars and native buckets must agree unless the caller says that the format in
 * between cannot carry them.
 */
#ifndef PITOT_TESTS_SAME_H
#define PITOT_TESTS_SAME_H

#include <pitot/export.h>
#include <stdio.h>
#include <string.h>

enum { SAME_NO_STARTS = 1, SAME_NO_EXEMPLARS = 2, SAME_NO_NATIVE = 4, SAME_NO_TYPES = 8 };

static inline bool same_str(pitot_str a, pitot_str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

static inline bool same_double(double a, double b)
{
    return a == b || (a != a && b != b);
}

static inline bool same_number(pitot_number a, bool a_double, pitot_number b, bool b_double)
{
    if (!a_double && !b_double)
        return a.u64 == b.u64;
    return same_double(a_double ? a.f64 : (double)a.u64, b_double ? b.f64 : (double)b.u64);
}

static inline bool same_native(
    const pitot_native *a, bool a_double, const pitot_native *b, bool b_double)
{
    if (!a || !b)
        return !a && !b;
    if (a->schema != b->schema || a->zero_threshold != b->zero_threshold ||
        !same_number(a->zero_count, a_double, b->zero_count, b_double) ||
        a->positive_span_count != b->positive_span_count ||
        a->negative_span_count != b->negative_span_count ||
        a->positive_count != b->positive_count || a->negative_count != b->negative_count)
        return false;
    for (size_t i = 0; i < a->positive_span_count; i++)
        if (a->positive_spans[i].offset != b->positive_spans[i].offset ||
            a->positive_spans[i].length != b->positive_spans[i].length)
            return false;
    for (size_t i = 0; i < a->negative_span_count; i++)
        if (a->negative_spans[i].offset != b->negative_spans[i].offset ||
            a->negative_spans[i].length != b->negative_spans[i].length)
            return false;
    for (size_t i = 0; i < a->positive_count; i++)
        if (!same_number(a->positive[i], a_double, b->positive[i], b_double))
            return false;
    for (size_t i = 0; i < a->negative_count; i++)
        if (!same_number(a->negative[i], a_double, b->negative[i], b_double))
            return false;
    return true;
}

static inline bool same_exemplars(const pitot_series *a, const pitot_series *b)
{
    if (a->exemplar_count != b->exemplar_count)
        return false;
    for (size_t i = 0; i < a->exemplar_count; i++) {
        const pitot_exemplar *x = &a->exemplars[i], *y = &b->exemplars[i];

        if (!same_str(x->labels, y->labels) || !same_double(x->value, y->value) ||
            x->time != y->time || x->bucket != y->bucket)
            return false;
    }
    return true;
}

/* What differs between two series, or NULL. */
static inline const char *series_differ(
    pitot_type type, const pitot_series *a, const pitot_series *b, int lost)
{
    bool bucketed = type == PITOT_HISTOGRAM || type == PITOT_GAUGE_HISTOGRAM;
    size_t n = bucketed || type == PITOT_SUMMARY ? a->bound_count + 2 : 1;

    if (!same_str(a->labels, b->labels))
        return "labels";
    if (a->bound_count != b->bound_count)
        return "number of bounds";
    for (size_t i = 0; i < a->bound_count; i++)
        if (a->bounds[i] != b->bounds[i])
            return "bounds";
    for (size_t i = 0; i < n; i++) {
        bool always = n > 1 && (i == n - 1 || (!bucketed && i < n - 2));

        if (!same_number(
                a->numbers[i], a->is_double || always, b->numbers[i], b->is_double || always))
            return "numbers";
    }
    if (a->time != b->time)
        return "time";
    if (!(lost & SAME_NO_STARTS) && a->start != b->start)
        return "start";
    if (!(lost & SAME_NO_EXEMPLARS) && !same_exemplars(a, b))
        return "exemplars";
    if (!(lost & SAME_NO_NATIVE) && !same_native(a->native, a->is_double, b->native, b->is_double))
        return "native buckets";
    return NULL;
}

/* True when both say the same; otherwise `why` names the first difference. `lost` is what the
 * format between them cannot carry. */
static inline bool snapshots_same(
    const pitot_snapshot *a, const pitot_snapshot *b, int lost, char *why, size_t size)
{
    if (pitot_snapshot_family_count(a) != pitot_snapshot_family_count(b)) {
        snprintf(why, size, "%zu families and %zu", pitot_snapshot_family_count(a),
            pitot_snapshot_family_count(b));
        return false;
    }
    for (size_t i = 0; i < pitot_snapshot_family_count(a); i++) {
        pitot_family x, y;
        const char *what = NULL;

        pitot_snapshot_family(a, i, &x);
        pitot_snapshot_family(b, i, &y);
        if (!same_str(x.name, y.name))
            what = "names";
        else if (!(lost & SAME_NO_TYPES) && x.type != y.type)
            what = "types";
        else if (!same_str(x.help, y.help))
            what = "help";
        else if (!(lost & SAME_NO_TYPES) && !same_str(x.unit, y.unit))
            what = "units";
        else if (x.series_count != y.series_count)
            what = "number of series";
        for (size_t j = 0; !what && j < x.series_count; j++) {
            pitot_series s, t;

            pitot_snapshot_series(a, i, j, &s);
            pitot_snapshot_series(b, i, j, &t);
            what = series_differ(x.type, &s, &t, lost);
        }
        if (what) {
            snprintf(why, size, "%.*s: %s differ", (int)x.name.size, x.name.at, what);
            return false;
        }
    }
    return true;
}

#endif
