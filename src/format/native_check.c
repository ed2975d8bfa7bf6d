/* SPDX-License-Identifier: MIT */
/* native_check.c -- whether the native buckets of a page agree with themselves. Pure functions. */
#include "format/native_check.h"

#include "base/error.h"

#include <math.h>

static bool fails(pitot_error *why, const char *side, const char *what, size_t i)
{
    return pt_fail(why, PITOT_EPARSE, "%s %s %zu", side, what, i + 1);
}

static bool check_spans(
    const char *side, pitot_span *spans, size_t *span_count, size_t bucket_count, pitot_error *why)
{
    uint64_t buckets = 0;
    int64_t index = 0, gap = 0;
    size_t kept = 0;

    for (size_t i = 0; i < *span_count; i++) {
        pitot_span span = spans[i];

        if (i > 0 && span.offset < 0)
            return fails(why, side, "buckets overlap: the offset is below 0 in span", i);
        buckets += span.length;
        index += span.offset + (int64_t)span.length;
        gap += span.offset;
        if (index > INT32_MAX)
            return fails(why, side, "buckets go past the last one there is with span", i);
        if (span.length == 0)
            continue;
        span.offset = (int32_t)gap;
        gap = 0;
        spans[kept++] = span;
    }
    *span_count = kept;
    return buckets == bucket_count ||
           pt_fail(why, PITOT_EPARSE, "the %s spans have %llu buckets, but %zu have a count", side,
               (unsigned long long)buckets, bucket_count);
}

static bool add_up(const char *side, const pitot_number *counts, size_t count, bool is_double,
    pitot_number *sum, pitot_error *why)
{
    for (size_t i = 0; i < count; i++) {
        if (is_double && !(counts[i].f64 >= 0))
            return fails(why, side, "counts are 0 or more, but not that of bucket", i);
        if (is_double)
            sum->f64 += counts[i].f64;
        else if (__builtin_add_overflow(sum->u64, counts[i].u64, &sum->u64))
            return fails(why, side, "counts are too large together: from bucket", i);
    }
    return true;
}

bool pt_native_check(pitot_native *native, pitot_span *positive, pitot_span *negative,
    bool is_double, pitot_number count, double sum, pitot_error *why)
{
    pitot_number all = native->zero_count;

    if (native->schema < PITOT_SCHEMA_MIN || native->schema > PITOT_SCHEMA_MAX)
        return pt_fail(why, PITOT_EPARSE,
            "the schema of the native buckets is %d, not one of %d to %d", (int)native->schema,
            PITOT_SCHEMA_MIN, PITOT_SCHEMA_MAX);
    if (!(native->zero_threshold >= 0))
        return pt_fail(why, PITOT_EPARSE, "the zero threshold is below 0, or no number");
    if (is_double && !(all.f64 >= 0))
        return pt_fail(why, PITOT_EPARSE, "the count of the zero bucket is below 0, or no number");
    if (!check_spans(
            "positive", positive, &native->positive_span_count, native->positive_count, why) ||
        !check_spans(
            "negative", negative, &native->negative_span_count, native->negative_count, why) ||
        !add_up("positive", native->positive, native->positive_count, is_double, &all, why) ||
        !add_up("negative", native->negative, native->negative_count, is_double, &all, why))
        return false;
    native->positive_spans = positive;
    native->negative_spans = negative;
    if (is_double || all.u64 == count.u64 || (isnan(sum) && all.u64 < count.u64))
        return true; /* doubles may have been rounded */
    return pt_fail(why, PITOT_EPARSE, "the native buckets have %llu observations, and all is %llu",
        (unsigned long long)all.u64, (unsigned long long)count.u64);
}
