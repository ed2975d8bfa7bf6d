/* SPDX-License-Identifier: MIT */
/* native_check.h -- whether the native buckets that a page has agree with themselves. */
#ifndef PT_FORMAT_NATIVE_CHECK_H
#define PT_FORMAT_NATIVE_CHECK_H

#include <pitot/export.h>

/*
 * The rules of "Native Histograms" in the Prometheus documentation: a known schema, spans in order
 * and with as many buckets as have a count, counts of 0 and more that add up to `count` (a NaN
 * observation is in no bucket, and makes the sum NaN). Spans without a bucket go: their gap is part
 * of the next one's. The spans of `native` are the two given. False, with a sentence in `why`.
 */
bool pt_native_check(pitot_native *native, pitot_span *positive, pitot_span *negative,
    bool is_double, pitot_number count, double sum, pitot_error *why);

#endif
