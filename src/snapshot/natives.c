/* SPDX-License-Identifier: MIT */
/*
 * natives.c -- the buckets of a sketch as a snapshot has them: spans and counts.
 *
 * One or two empty buckets are filled in, because a new span costs more than they do.
 */
#include "snapshot/natives.h"

#define FILLED_MAX 2

/* Empty buckets between bucket i and the one before it. */
static int64_t gap_before(const struct pt_side *side, size_t i)
{
    return (int64_t)side->buckets[i].index - side->buckets[i - 1].index - 1;
}

static bool begins_span(const struct pt_side *side, size_t i)
{
    return i == 0 || gap_before(side, i) > FILLED_MAX;
}

static void measure(const struct pt_side *side, size_t *spans, size_t *buckets)
{
    *spans = 0;
    *buckets = side->count;
    for (size_t i = 0; i < side->count; i++) {
        if (begins_span(side, i))
            ++*spans;
        else
            *buckets += (size_t)gap_before(side, i);
    }
}

static bool write_side(const struct pt_side *side, struct pt_pool *pool, const pitot_span **spans,
    size_t *span_count, const pitot_number **counts, size_t *count, pitot_error *err)
{
    measure(side, span_count, count);
    if (side->count == 0)
        return true;
    pitot_span *span = pt_pool_alloc(pool, *span_count * sizeof(*span), err);
    pitot_number *number = pt_pool_alloc(pool, *count * sizeof(*number), err);
    if (!span || !number)
        return false;
    *spans = span;
    *counts = number;
    for (size_t i = 0; i < side->count; i++) {
        if (begins_span(side, i)) {
            int64_t offset = i == 0 ? side->buckets[0].index : gap_before(side, i);

            *span++ = (pitot_span){.offset = (int32_t)offset};
        } else {
            for (int64_t empty = gap_before(side, i); empty > 0; empty--) {
                *number++ = (pitot_number){.u64 = 0};
                span[-1].length++;
            }
        }
        *number++ = (pitot_number){.u64 = side->buckets[i].count};
        span[-1].length++;
    }
    return true;
}

bool pt_natives_write(
    pitot_native *out, const struct pt_sketch *sketch, struct pt_pool *pool, pitot_error *err)
{
    *out = (pitot_native){
        .schema = sketch->schema,
        .zero_threshold = sketch->zero_threshold,
        .zero_count = {.u64 = sketch->zero_count},
    };
    return write_side(&sketch->sides[PT_POSITIVE], pool, &out->positive_spans,
               &out->positive_span_count, &out->positive, &out->positive_count, err) &&
           write_side(&sketch->sides[PT_NEGATIVE], pool, &out->negative_spans,
               &out->negative_span_count, &out->negative, &out->negative_count, err);
}
