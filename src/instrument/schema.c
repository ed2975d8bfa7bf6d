/* SPDX-License-Identifier: MIT */
/* schema.c -- the buckets of native histograms. Numbers are compared, never their logarithms. */
#include "instrument/schema.h"

#include "instrument/fractions.h"

#include <float.h>
#include <math.h>

#define FINEST_BITS 8 /* pt_fractions is that schema's */

int32_t pt_schema_of_factor(double factor)
{
    for (int32_t schema = PITOT_SCHEMA_MIN; schema < PITOT_SCHEMA_MAX; schema++)
        if (pt_schema_bound(schema, 1) <= factor)
            return schema;
    return PITOT_SCHEMA_MAX;
}

int32_t pt_schema_last(int32_t schema)
{
    return schema < 0 ? DBL_MAX_EXP >> -schema : DBL_MAX_EXP << schema;
}

/* How many of the schema's fractions are below `fraction`, which is in [0.5, 1). */
static int32_t fractions_below(int32_t schema, double fraction)
{
    int32_t from = 0, to = 1 << schema;

    while (from < to) {
        int32_t middle = from + (to - from) / 2;

        if (pt_fractions[middle << (FINEST_BITS - schema)] < fraction)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

int32_t pt_schema_index(int32_t schema, double magnitude)
{
    int exponent;

    if (isinf(magnitude))
        return pt_schema_last(schema) + 1;
    double fraction = frexp(magnitude, &exponent);
    if (schema > 0)
        return fractions_below(schema, fraction) + (exponent - 1) * (1 << schema);
    return pt_schema_coarser(exponent - (fraction == 0.5), 0, schema);
}

double pt_schema_bound(int32_t schema, int32_t index)
{
    if (index == pt_schema_last(schema))
        return DBL_MAX;
    if (schema < 0)
        return ldexp(1, index * (1 << -schema));
    int32_t part = index & ((1 << schema) - 1);
    return ldexp(pt_fractions[part << (FINEST_BITS - schema)], (index >> schema) + 1);
}
