/* SPDX-License-Identifier: MIT */
/*
 * counter.c -- how often, how much in total.
 *
 * Whole numbers are added to an integer, so they stay exact to 2^64; what has a fraction goes to a
 * double beside it. The value is their sum. Recording: any thread, any signal handler.
 */
#include "instrument/exemplars.h"
#include "instrument/recording.h"

/* From here on a double is a whole number, and 2^64 is the first that a uint64_t cannot hold. */
#define TWO_TO_64 18446744073709551616.0
#define DOUBLE_MAX 1.7976931348623157e308

pitot_counter *pitot_counter_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_counter *)pt_family_single(
        pt_registry_family(reg, PITOT_COUNTER, false, desc, NULL, NULL, err));
}

pitot_counter_vec *pitot_counter_vec_new(
    pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_counter_vec *)pt_registry_family(reg, PITOT_COUNTER, true, desc, NULL, NULL, err);
}

/* What neither a sequence nor a stripe took. */
static __attribute__((noinline)) void add_cold(struct pitot_hot_ *hot, uint64_t n)
{
    uint64_t *words;

    if (pitot_row_add_(hot, n) || pitot_row_add_(hot, n))
        return;
    words = pt_recording_cold((struct pt_series *)hot);
    if (words)
        __atomic_fetch_add(&words[PT_COUNTER_WHOLE], n, __ATOMIC_RELAXED);
}

void pitot_counter_slow_(struct pitot_hot_ *hot, uint64_t n)
{
    uint64_t *stripe = pt_recording_stripe(hot);

    if (stripe)
        __atomic_fetch_add(&stripe[PT_COUNTER_WHOLE], n, __ATOMIC_RELAXED);
    else
        add_cold(hot, n);
}

void pitot_counter_slow_double_(struct pitot_hot_ *hot, double n)
{
    struct pt_series *series = (struct pt_series *)hot;
    uint64_t *words;

    if (!(n >= 0 && n <= DOUBLE_MAX)) {
        pt_registry_drop(pt_series_family(series)->reg,
            n < 0 && n >= -DOUBLE_MAX ? PT_DROP_NEGATIVE : PT_DROP_NOT_FINITE);
        return;
    }
    if (n < TWO_TO_64 && (double)(uint64_t)n == n) {
        pitot_counter_slow_(hot, (uint64_t)n);
        return;
    }
    words = pt_recording_stripe(hot);
    if (!words && !pitot_row_add_double_(hot, n) && !pitot_row_add_double_(hot, n))
        words = pt_recording_cold(series);
    if (words)
        pt_cell_add_double((pt_cell *)&words[PT_COUNTER_FRACTION], n);
}

void pitot_counter_inc(pitot_counter *c)
{
    pitot_counter_add_u64(c, 1);
}

void pitot_counter_add_u64(pitot_counter *c, uint64_t n)
{
    struct pitot_hot_ *hot = (struct pitot_hot_ *)c;

    if (!c)
        return;
    if (pitot_is_shared_(hot))
        __atomic_fetch_add(pitot_stripe_(hot), n, __ATOMIC_RELAXED);
    else if (!pitot_row_add_(hot, n))
        pitot_counter_slow_(hot, n);
}

void pitot_counter_add(pitot_counter *c, double n)
{
    if (c)
        pitot_counter_slow_double_((struct pitot_hot_ *)c, n);
}

void pitot_counter_add_exemplar(pitot_counter *c, double n, const pitot_label *labels)
{
    pitot_counter_add(c, n);
    if (c && n >= 0 && n <= DOUBLE_MAX)
        pt_exemplars_observe((struct pt_series *)c, n, 0, labels);
}

void pitot_counter_inc_exemplar(pitot_counter *c, const pitot_label *labels)
{
    pitot_counter_add_exemplar(c, 1, labels);
}

void pitot_counter_reset(pitot_counter *c)
{
    struct pt_series *series = (struct pt_series *)c;

    if (series)
        pt_family_reset(series);
}

double pitot_counter_value(const pitot_counter *c)
{
    const struct pt_series *series = (const struct pt_series *)c;

    if (!series)
        return 0;
    struct pt_family *family = pt_series_family(series);
    double value = 0;
    if (!pt_family_lock(family)) /* rows must not be taken away while they are read */
        return value;
    if (!pt_series_is_removed(series))
        value = (double)pt_series_whole(series) + pt_series_fraction(series);
    pt_family_unlock(family);
    return value;
}
