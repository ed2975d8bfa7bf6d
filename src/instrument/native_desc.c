/* SPDX-License-Identifier: MIT */
/* native_desc.c -- what a description says about exponential buckets and windows, checked. */
#include "instrument/native_desc.h"

#include "base/error.h"
#include "base/number.h"
#include "instrument/schema.h"

#include <math.h>

#define BUCKETS_MAX_DEFAULT 160
#define WINDOW_S_DEFAULT 600
#define WINDOW_PARTS_DEFAULT 5
#define SUMMARY_SCHEMA 6 /* a quantile is off by at most 0.55 % */

static bool copy_histogram(struct pt_desc *desc, const pitot_desc *from, pitot_error *err)
{
    const char *name = desc->name.at;
    double threshold = from->native_zero_threshold, widest = from->native_max_zero_threshold;
    char text[PT_NUMBER_MAX];

    if (!(from->native_factor > 1))
        return pt_fail(err, PITOT_EINVAL,
            "metric \"%s\": .native_factor is %.*s; buckets grow by more than 1, as 1.1", name,
            (int)pt_number_double(text, from->native_factor), text);
    if (!isfinite(threshold))
        return pt_fail(err, PITOT_EINVAL,
            "metric \"%s\": .native_zero_threshold is %.*s; it must be a number", name,
            (int)pt_number_double(text, threshold), text);
    if (!(widest >= 0 && isfinite(widest)))
        return pt_fail(err, PITOT_EINVAL,
            "metric \"%s\": .native_max_zero_threshold is %.*s; it must be a number from 0", name,
            (int)pt_number_double(text, widest), text);
    desc->native = (struct pt_native_desc){
        .on = true,
        .schema = pt_schema_of_factor(from->native_factor),
        .zero_threshold = threshold == 0 ? PT_ZERO_THRESHOLD : fmax(threshold, 0),
        .max_zero_threshold = widest,
        .buckets_max = from->native_buckets_max ? from->native_buckets_max : BUCKETS_MAX_DEFAULT,
        .min_reset_s = from->native_min_reset_s,
        .classic_count = desc->bound_count,
    };
    return true;
}

static bool copy_summary(struct pt_desc *desc, const pitot_desc *from, pitot_error *err)
{
    if (desc->bound_count == 0)
        return (!from->window_s && !from->window_parts) ||
               pt_fail(err, PITOT_EINVAL,
                   "metric \"%s\": a window without quantiles; add .bounds = PITOT_BOUNDS(0.5, "
                   "0.9)",
                   desc->name.at);
    if (from->window_parts > PITOT_WINDOW_PARTS_MAX)
        return pt_fail(err, PITOT_ELIMIT, "metric \"%s\": .window_parts is %u; at most %d",
            desc->name.at, from->window_parts, PITOT_WINDOW_PARTS_MAX);
    desc->window_s = from->window_s ? from->window_s : WINDOW_S_DEFAULT;
    desc->window_parts = from->window_parts ? from->window_parts : WINDOW_PARTS_DEFAULT;
    desc->native = (struct pt_native_desc){
        .on = true,
        .schema = SUMMARY_SCHEMA,
        .zero_threshold = PT_ZERO_THRESHOLD,
        .buckets_max = UINT32_MAX,
    };
    return true;
}

bool pt_native_desc_copy(struct pt_desc *desc, const pitot_desc *from, pitot_error *err)
{
    bool rest = from->native_zero_threshold != 0 || from->native_max_zero_threshold != 0 ||
                from->native_buckets_max || from->native_min_reset_s;

    if (desc->type != PITOT_HISTOGRAM && (from->native_factor != 0 || rest))
        return pt_fail(err, PITOT_EINVAL,
            "metric \"%s\": .native_factor and its kind are for histograms, not a %s",
            desc->name.at, pt_type_text(desc->type));
    if (desc->type != PITOT_SUMMARY && (from->window_s || from->window_parts))
        return pt_fail(err, PITOT_EINVAL,
            "metric \"%s\": .window_s and .window_parts are for summaries, not a %s", desc->name.at,
            pt_type_text(desc->type));
    if (desc->type == PITOT_SUMMARY)
        return copy_summary(desc, from, err);
    if (from->native_factor != 0)
        return copy_histogram(desc, from, err);
    return !rest || pt_fail(err, PITOT_EINVAL,
                        "metric \"%s\": native buckets without .native_factor; add it, as 1.1",
                        desc->name.at);
}

bool pt_native_desc_same(const struct pt_desc *have, const struct pt_desc *want, pitot_error *err)
{
    const struct pt_native_desc *a = &have->native, *b = &want->native;
    const char *differs = NULL;

    if (a->on != b->on || a->schema != b->schema)
        differs = "factor";
    else if (a->zero_threshold != b->zero_threshold)
        differs = "zero threshold";
    else if (a->max_zero_threshold != b->max_zero_threshold)
        differs = "widest zero threshold";
    else if (a->buckets_max != b->buckets_max)
        differs = "limit";
    else if (a->min_reset_s != b->min_reset_s)
        differs = "shortest time between resets";
    if (differs)
        return pt_fail(err, PITOT_EEXIST, "metric \"%s\" exists with native buckets of another %s",
            have->name.at, differs);
    if (have->window_s != want->window_s || have->window_parts != want->window_parts)
        return pt_fail(err, PITOT_EEXIST,
            "metric \"%s\" exists with a window of %u s in %u parts, not %u s in %u", have->name.at,
            have->window_s, have->window_parts, want->window_s, want->window_parts);
    return true;
}
