/* SPDX-License-Identifier: MIT */
/*
 * histogram.c -- how long, how big, how spread.
 *
 * Every bucket is a pair {sum, count} that changes as one. The count of a histogram is the sum of
 * the counts and its sum the sum of the sums, so neither can disagree with the buckets. Recording:
 * any thread, any signal handler.
 */
#include "instrument/exemplars.h"
#include "instrument/native.h"
#include "instrument/recording.h"

pitot_histogram *pitot_histogram_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_histogram *)pt_family_single(
        pt_registry_family(reg, PITOT_HISTOGRAM, false, desc, NULL, NULL, err));
}

pitot_histogram_vec *pitot_histogram_vec_new(
    pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_histogram_vec *)pt_registry_family(
        reg, PITOT_HISTOGRAM, true, desc, NULL, NULL, err);
}

void pitot_histogram_slow_(struct pitot_hot_ *hot, size_t bucket, double value)
{
    struct pt_series *series = (struct pt_series *)hot;
    const struct pitot_guide_ *guide = pt_series_family(series)->face.guide;

    if (!guide)
        return; /* removed long ago */
    if (value != value) {
        pt_registry_drop(pt_series_family(series)->reg, PT_DROP_NOT_FINITE);
        return;
    }
    uint64_t *words = pt_recording_stripe(hot);
    if (!words && !pitot_row_observe_(hot, guide, bucket, value) &&
        !pitot_row_observe_(hot, guide, bucket, value))
        words = pt_recording_cold(series);
    if (words)
        pt_pair_add(words + bucket * 2, value);
}

void pitot_histogram_observe(pitot_histogram *h, double value)
{
    struct pitot_hot_ *hot = (struct pitot_hot_ *)h;

    if (!h)
        return;
    const struct pitot_guide_ *guide = pt_series_family((struct pt_series *)h)->face.guide;
    if (guide)
        pitot_histogram_slow_(hot, value == value ? pitot_bucket_(guide, value) : 0, value);
    else if (__atomic_load_n(&hot->family, __ATOMIC_RELAXED)) /* else it was removed long ago */
        pitot_histogram_native_(hot, value);
}

/* The bucket that an observation is counted in: the first whose bound is not below it. */
static uint32_t bucket_of(const struct pt_desc *desc, double value)
{
    size_t first = 0, end = desc->bound_count;

    while (first < end) {
        size_t middle = first + (end - first) / 2;

        if (desc->bounds[middle] < value)
            first = middle + 1;
        else
            end = middle;
    }
    return (uint32_t)first;
}

void pitot_histogram_observe_exemplar(pitot_histogram *h, double value, const pitot_label *labels)
{
    struct pt_series *series = (struct pt_series *)h;

    pitot_histogram_observe(h, value);
    if (h && value == value)
        pt_exemplars_observe(
            series, value, bucket_of(&pt_series_family(series)->desc, value), labels);
}

void pitot_histogram_observe_since(pitot_histogram *h, uint64_t start)
{
    pitot_histogram_observe(h, pitot_seconds_since(start));
}

void pitot_histogram_reset(pitot_histogram *h)
{
    struct pt_series *series = (struct pt_series *)h;

    if (series)
        pt_family_reset(series);
}

/* Reads all buckets under the family's lock, which keeps the rows where they are. */
static void read_all(const pitot_histogram *h, uint64_t *count, double *sum)
{
    const struct pt_series *series = (const struct pt_series *)h;
    *count = 0;
    *sum = 0;
    if (!series)
        return;
    struct pt_family *family = pt_series_family(series);
    if (!pt_family_lock(family))
        return;
    if (!pt_series_is_removed(series) && family->desc.native.on)
        pt_native_total(series, count, sum);
    else if (!pt_series_is_removed(series))
        *count = pt_series_count(series, sum);
    pt_family_unlock(family);
}

uint64_t pitot_histogram_count(const pitot_histogram *h)
{
    uint64_t count;
    double sum;

    read_all(h, &count, &sum);
    return count;
}

double pitot_histogram_sum(const pitot_histogram *h)
{
    uint64_t count;
    double sum;

    read_all(h, &count, &sum);
    return sum;
}
