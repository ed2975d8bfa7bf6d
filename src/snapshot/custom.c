/* SPDX-License-Identifier: MIT */
/* custom.c -- a classic histogram as a native one with custom buckets: empty ones left out. */
#include "snapshot/custom.h"

#include "base/error.h"

static bool is_empty(enum pt_kind kind, uint64_t word)
{
    double value;

    memcpy(&value, &word, sizeof(value));
    return kind == PT_U64 ? word == 0 : value == 0;
}

bool pt_custom_write(pitot_native *out, const struct pt_family_values *family, size_t series,
    struct pt_pool *pool, pitot_error *err)
{
    const uint64_t *words = pt_values_of(family, series);
    enum pt_kind kind = pt_kind_of(family, series);
    size_t buckets = family->bound_count + 1, next = 0;

    if (!pt_type_is_bucketed(family->type) || family->bound_count == 0)
        return pt_fail(err, PITOT_EINVAL, "metric \"%.*s\" has no classic buckets",
            (int)family->name.size, family->name.at);
    pitot_span *spans = pt_pool_alloc(pool, buckets * sizeof(*spans), err);
    pitot_number *counts = pt_pool_alloc(pool, buckets * sizeof(*counts), err);
    if (!spans || !counts)
        return false;
    *out = (pitot_native){.schema = PT_SCHEMA_CUSTOM, .positive_spans = spans, .positive = counts};
    for (size_t i = 0; i < buckets; i++) {
        if (is_empty(kind, words[i]))
            continue;
        if (out->positive_span_count == 0 || i > next)
            spans[out->positive_span_count++] = (pitot_span){.offset = (int32_t)(i - next)};
        spans[out->positive_span_count - 1].length++;
        memcpy(&counts[out->positive_count++], &words[i], sizeof(words[i]));
        next = i + 1;
    }
    return true;
}
