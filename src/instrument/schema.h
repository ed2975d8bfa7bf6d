/* SPDX-License-Identifier: MIT */
/*
 * schema.h -- the buckets of native histograms.
 *
 * Bucket i of schema n takes what is above b^(i-1) and not above b^i, with b = 2^(2^-n); index 0
 * ends at 1. The bucket that MaxFloat64 falls into ends there, and the one after it takes the
 * infinities. Negative numbers have the same buckets, mirrored. Pure functions.
 */
#ifndef PT_INSTRUMENT_SCHEMA_H
#define PT_INSTRUMENT_SCHEMA_H

#include <pitot/export.h>

/* The zero bucket of those who do not say otherwise: 2^-128. */
#define PT_ZERO_THRESHOLD 0x1p-128

/* The coarsest schema whose buckets grow by no more than `factor`, which is above 1; 8 at most. */
int32_t pt_schema_of_factor(double factor);

/* The bucket of a number above 0, which may be +Inf. */
int32_t pt_schema_index(int32_t schema, double magnitude);

/* The upper bound of a bucket. */
double pt_schema_bound(int32_t schema, int32_t index);

/* The last bucket of finite numbers. */
int32_t pt_schema_last(int32_t schema);

/* The bucket of `coarse` that a bucket of the finer or same schema `fine` is part of. */
static inline int32_t pt_schema_coarser(int32_t index, int32_t fine, int32_t coarse)
{
    int32_t shift = fine - coarse;

    return (int32_t)(((int64_t)index + ((int64_t)1 << shift) - 1) >> shift);
}

#endif
