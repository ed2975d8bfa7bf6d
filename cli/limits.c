/* SPDX-License-Identifier: MIT */
/*
 * limits.c -- what a Prometheus would refuse that has such limits in its configuration.
 *
 * The limits are those of a scrape configuration and count as there: the name of a metric is one
 * more label, called __name__. What the Prometheus adds itself (job, instance and the like) is not
 * on the page, so the limits must have room for that. A limit of 0 is none.
 */
#include "lint.h"

#include <string.h>

static const pitot_str nothing = {"", 0};

struct widest {
    size_t labels, name, value, buckets; /* the most of any series of a family */
};

static bool is_classic(const pitot_family *family, const pitot_series *series)
{
    bool histogram = family->type == PITOT_HISTOGRAM || family->type == PITOT_GAUGE_HISTOGRAM;

    return histogram && (series->bound_count > 0 || !series->native);
}

/* How many samples a Prometheus makes of a series. */
static size_t samples_of(const pitot_family *family, const pitot_series *series)
{
    if (is_classic(family, series))
        return series->bound_count + 3;
    return family->type == PITOT_SUMMARY ? series->bound_count + 2 : 1;
}

static void widen(size_t *widest, size_t width)
{
    if (width > *widest)
        *widest = width;
}

static struct widest widest_of(
    const pitot_snapshot *snap, size_t number, const pitot_family *family)
{
    struct widest widest = {.name = strlen("__name__"), .value = family->name.size};
    pitot_series series;
    pitot_str name, value;

    for (size_t i = 0; pitot_snapshot_series(snap, number, i, &series); i++) {
        bool bounded = is_classic(family, &series) ||
                       (family->type == PITOT_SUMMARY && series.bound_count > 0);
        size_t labels = 1 + bounded; /* le or quantile */
        for (size_t at = 0; pitot_labels_next(series.labels, &at, &name, &value); labels++) {
            widen(&widest.name, name.size);
            widen(&widest.value, value.size);
        }
        widen(&widest.labels, labels);
        if (series.native)
            widen(&widest.buckets, series.native->positive_count + series.native->negative_count);
    }
    return widest;
}

static void compare(const struct options *options, enum limit limit, const char *rule,
    const char *what, size_t width, pitot_str family, struct findings *out)
{
    uint64_t most = options->limits[limit];

    if (most > 0 && width > most)
        findings_add(out, SEVERITY_WARNING, rule, family, nothing, "%zu %s, more than %llu", width,
            what, (unsigned long long)most);
}

void limits_family(const pitot_snapshot *snap, size_t number, const pitot_family *family,
    const struct options *options, struct findings *out)
{
    struct widest widest = widest_of(snap, number, family);

    compare(options, LIMIT_LABEL, "limits/label", "labels on a sample, its name included",
        widest.labels, family->name, out);
    compare(options, LIMIT_LABEL_NAME_LENGTH, "limits/label-name-length",
        "bytes in the name of a label", widest.name, family->name, out);
    compare(options, LIMIT_LABEL_VALUE_LENGTH, "limits/label-value-length",
        "bytes in the value of a label or in the name", widest.value, family->name, out);
    compare(options, LIMIT_NATIVE_HISTOGRAM_BUCKET, "limits/native-histogram-bucket",
        "buckets in a native histogram", widest.buckets, family->name, out);
}

void limits_page(const pitot_snapshot *snap, size_t body_size, const struct options *options,
    struct findings *out)
{
    size_t samples = 0;
    pitot_family family;
    pitot_series series;

    for (size_t i = 0; pitot_snapshot_family(snap, i, &family); i++)
        for (size_t j = 0; pitot_snapshot_series(snap, i, j, &series); j++)
            samples += samples_of(&family, &series);
    compare(options, LIMIT_SAMPLE, "limits/sample", "samples on the page", samples, nothing, out);
    compare(options, LIMIT_BODY_SIZE, "limits/body-size", "bytes of a page, unpacked", body_size,
        nothing, out);
}
