/* SPDX-License-Identifier: MIT */
/*
 * guide.h -- finding the bucket of a value in about a nanosecond, however many there are.
 *
 * The upper bits of a double (sign, exponent and a few of the mantissa) pick an entry of a table,
 * which says how many bounds lie below all such values; one or two comparisons do the rest.
 * Building it is here, using it is pitot_bucket_() in pitot.h.
 */
#ifndef PT_INSTRUMENT_GUIDE_H
#define PT_INSTRUMENT_GUIDE_H

#include "base/pool.h"

/* For `count` increasing finite bounds, followed by +Inf. They must live as long as the guide. */
const struct pitot_guide_ *pt_guide_new(
    struct pt_pool *pool, const double *bounds, size_t count, pitot_error *err);

#endif
