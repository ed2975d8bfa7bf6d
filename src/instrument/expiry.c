/* SPDX-License-Identifier: MIT */
/*
 * expiry.c -- children that nothing was recorded on for a while go.
 *
 * Recorders leave no trace but the value, so who looks remembers the value and when it was new.
 * Time is monotonic: a clock that is set expires nothing.
 */
#include "instrument/expiry.h"

#include "base/clock.h"
#include "instrument/family.h"
#include "instrument/native.h"

#define NS_PER_SECOND UINT64_C(1000000000)

/* A number that every recording changes. */
static uint64_t activity_of(const struct pt_series *series)
{
    const struct pt_family *family = pt_series_family(series);
    uint64_t count;
    double sum;

    if (pt_series_is_native(series)) {
        pt_native_total(series, &count, &sum);
        return count;
    }
    if (pt_type_has_pairs(family->desc.type))
        return pt_series_count(series, &sum);
    if (family->desc.type == PITOT_COUNTER)
        return pt_series_whole(series) ^ pt_bits_of(pt_series_fraction(series));
    return series->cold ? pt_cell_read((const pt_cell *)series->cold) : 0;
}

static bool is_idle(struct pt_series *series, const void *now)
{
    const struct pt_family *family = pt_series_family(series);
    struct pt_batch *batch = series->batch;
    size_t i = pt_batch_index(batch, series);
    uint64_t activity = activity_of(series);
    uint32_t now_s = *(const uint32_t *)now;

    if (batch->seen_s[i] == 0 || activity != batch->seen[i]) {
        batch->seen[i] = activity;
        batch->seen_s[i] = now_s;
        return false;
    }
    return now_s - batch->seen_s[i] >= family->desc.idle_s;
}

void pt_expiry_run(struct pt_family *family)
{
    /* From 1 on: 0 is a child that was never looked at. */
    uint32_t now_s = (uint32_t)(pt_clock_ns() / NS_PER_SECOND) + 1;

    if (family->desc.idle_s == 0 || now_s == family->expired_s)
        return;
    family->expired_s = now_s;
    size_t removed = pt_family_remove_locked(family, is_idle, &now_s);
    pt_cell_add(&family->reg->expired, removed);
}
