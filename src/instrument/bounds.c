/* SPDX-License-Identifier: MIT */
/*
 * bounds.c -- the usual ways to lay out classic buckets.
 *
 * Pure functions over the caller's array. What they return is always accepted as `.bounds`: finite,
 * strictly increasing, +Inf last.
 */
#include "base/error.h"

#include <math.h>

static bool check_count(const double *bounds, size_t count, pitot_error *err)
{
    if (!bounds)
        return pt_fail(err, PITOT_EINVAL, "bounds: the array is NULL");
    if (count < 2 || count > PITOT_BOUNDS_MAX)
        return pt_fail(err, PITOT_EINVAL,
            "bounds: count is %zu; it includes +Inf and is from 2 to %d", count, PITOT_BOUNDS_MAX);
    return true;
}

/* Ends the list, and refuses one that rounding or overflow has spoilt. */
static const double *finish(double *bounds, size_t count, pitot_error *err)
{
    bounds[count - 1] = INFINITY;
    for (size_t i = 0; i + 1 < count; i++) {
        if (isfinite(bounds[i]) && bounds[i] < bounds[i + 1])
            continue;
        pt_fail(err, PITOT_EINVAL,
            "bounds: number %zu of %zu is not below the next one; take fewer or wider ones", i,
            count);
        return NULL;
    }
    return bounds;
}

const double *pitot_bounds_linear(
    double *bounds, size_t count, pitot_error *err, double start, double width)
{
    if (!check_count(bounds, count, err))
        return NULL;
    if (!(width > 0)) {
        pt_fail(err, PITOT_EINVAL, "bounds: the width is not above 0");
        return NULL;
    }
    for (size_t i = 0; i + 1 < count; i++)
        bounds[i] = start + width * (double)i;
    return finish(bounds, count, err);
}

const double *pitot_bounds_exponential(
    double *bounds, size_t count, pitot_error *err, double start, double factor)
{
    if (!check_count(bounds, count, err))
        return NULL;
    if (!(start > 0) || !(factor > 1)) {
        pt_fail(err, PITOT_EINVAL, "bounds: %s",
            start > 0 ? "the factor is not above 1" : "the start is not above 0");
        return NULL;
    }
    for (size_t i = 0; i + 1 < count; i++, start *= factor)
        bounds[i] = start;
    return finish(bounds, count, err);
}

const double *pitot_bounds_exponential_range(
    double *bounds, size_t count, pitot_error *err, double min, double max)
{
    if (!check_count(bounds, count, err))
        return NULL;
    if (!(min > 0) || !(max > min) || count < 3) {
        pt_fail(err, PITOT_EINVAL, "bounds: %s",
            count < 3 ? "a range needs a count of at least 3"
            : min > 0 ? "max is not above min"
                      : "min is not above 0");
        return NULL;
    }
    for (size_t i = 0; i + 2 < count; i++)
        bounds[i] = min * pow(max / min, (double)i / (double)(count - 2));
    bounds[count - 2] = max; /* exactly, whatever pow rounds */
    return finish(bounds, count, err);
}
