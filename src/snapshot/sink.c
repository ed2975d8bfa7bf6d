/* SPDX-License-Identifier: MIT */
/*
 * sink.c -- where code that is not the registry's puts families and samples.
 *
 * The open family grows in columns on the heap; closing it sorts the series, refuses label
 * sets that stand there twice, and copies the columns into the part's pool.
 */
#include "snapshot/sink.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"
#include "instrument/labels.h"
#include "storage/cell.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_PER_SAMPLE 256
#define TEXT_MORE ((size_t)1024 * 1024)

bool pt_sink_start(struct pitot_sink *sink, struct pt_drops *drops, size_t samples_max)
{
    *sink =
        (struct pitot_sink){.drops = drops, .start = PITOT_TIME_NONE, .samples_max = samples_max};
    sink->part = pt_part_new(&sink->err);
    return sink->part != NULL;
}

static const pitot_str nothing = {NULL, 0};

static bool failed(const struct pitot_sink *sink)
{
    return !sink || sink->err.code != PITOT_OK;
}

/* Bounds what a run keeps, whatever the collector does; `more` samples are about to come. */
static bool check_limits(struct pitot_sink *sink, size_t more)
{
    if (more > sink->samples_max - sink->samples)
        return pt_fail(&sink->err, PITOT_ELIMIT,
            "metric \"%s\": the collector brings more than %zu samples; raise its .samples_max",
            sink->desc.name.at, sink->samples_max);
    if (sink->part->pool.bytes > sink->samples_max * TEXT_PER_SAMPLE + TEXT_MORE)
        return pt_fail(&sink->err, PITOT_ELIMIT,
            "metric \"%s\": the collector's text takes more than %d bytes for each of %zu samples; "
            "raise its .samples_max",
            sink->desc.name.at, TEXT_PER_SAMPLE, sink->samples_max);
    sink->samples += more;
    return true;
}

static int compare_labels(pitot_str a, pitot_str b)
{
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.at, b.at, common) : 0;

    return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* Sorts `order`, indexes into the labels, by heap: in place, whatever the collector sends. */
static void sift_down(const pitot_str *labels, uint32_t *order, size_t root, size_t count)
{
    for (size_t child; (child = root * 2 + 1) < count; root = child) {
        uint32_t item = order[root];

        if (child + 1 < count && compare_labels(labels[order[child]], labels[order[child + 1]]) < 0)
            child++;
        if (compare_labels(labels[item], labels[order[child]]) >= 0)
            return;
        order[root] = order[child];
        order[child] = item;
    }
}

static void sort_order(const pitot_str *labels, uint32_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (size_t i = count / 2; i-- > 0;)
        sift_down(labels, order, i, count);
    for (size_t last = count; last-- > 1;) {
        uint32_t largest = order[0];

        order[0] = order[last];
        order[last] = largest;
        sift_down(labels, order, 0, last);
    }
}

/* The open family's columns into the pool, in `order`. */
static void copy_columns(struct pitot_sink *sink, const uint32_t *order)
{
    struct pt_pool *pool = &sink->part->pool;
    pitot_error *err = &sink->err;
    size_t count = sink->count, wide = pt_words_per_series(sink->desc.type, sink->desc.bound_count);
    pitot_str *labels = pt_pool_alloc(pool, count * sizeof(*labels), err);
    uint64_t *words = pt_pool_alloc(pool, count * wide * sizeof(*words), err);
    uint8_t *kinds = pt_pool_alloc(pool, count, err);
    int64_t *starts = sink->has_starts ? pt_pool_alloc(pool, count * sizeof(*starts), err) : NULL;
    bool good = labels && words && kinds && (starts || !sink->has_starts);
    struct pt_family_values *family = good ? pt_part_family(sink->part, err) : NULL;

    if (!family)
        return;
    for (size_t i = 0; i < count; i++) {
        uint32_t from = order[i];

        labels[i] = sink->labels[from];
        kinds[i] = sink->kinds[from];
        if (starts)
            starts[i] = sink->starts[from];
        memcpy(words + i * wide, sink->words + from * wide, wide * sizeof(*words));
        if (i > 0 && compare_labels(labels[i - 1], labels[i]) == 0)
            pt_fail(err, PITOT_EINVAL, "metric \"%s\": two samples with the labels {%s}",
                sink->desc.name.at, labels[i].at);
    }
    *family = (struct pt_family_values){
        .type = sink->desc.type,
        .name = sink->desc.name,
        .quoted = sink->desc.quoted,
        .help = sink->desc.help,
        .unit = sink->desc.unit,
        .bound_count = sink->desc.bound_count,
        .bounds = sink->desc.bounds,
        .series_count = count,
        .labels = labels,
        .words_per_series = wide,
        .words = words,
        .kinds = kinds,
        .starts = starts,
    };
}

static void close_family(struct pitot_sink *sink)
{
    if (sink->open && sink->count > 0 && !failed(sink)) {
        uint32_t *order = pt_alloc(sink->count * sizeof(*order), &sink->err);

        if (order) {
            sort_order(sink->labels, order, sink->count);
            copy_columns(sink, order);
        }
        pt_free(order);
    }
    pt_free(sink->labels);
    pt_free(sink->words);
    pt_free(sink->kinds);
    pt_free(sink->starts);
    sink->labels = NULL;
    sink->words = NULL;
    sink->kinds = NULL;
    sink->starts = NULL;
    sink->count = sink->capacity = 0;
    sink->start = PITOT_TIME_NONE;
    sink->has_starts = false;
    sink->open = false;
}

void pitot_sink_family(pitot_sink *sink, pitot_type type, const pitot_desc *desc)
{
    const char *clash = NULL;

    if (failed(sink))
        return;
    close_family(sink);
    if ((unsigned)type > PITOT_GAUGE_HISTOGRAM) {
        pt_fail(&sink->err, PITOT_EINVAL, "there is no type %d of families", (int)type);
        return;
    }
    bool is_vec = desc && desc->labels && desc->labels[0];
    if (!pt_desc_copy(&sink->desc, &sink->part->pool, type, is_vec, desc, &sink->err) ||
        !check_limits(sink, 0))
        return;
    if (type == PITOT_HISTOGRAM && sink->desc.native.on) {
        pt_fail(&sink->err, PITOT_EINVAL,
            "metric \"%s\": a collector gives no native buckets; leave .native_factor out",
            sink->desc.name.at);
        return;
    }
    if (pt_names_owner(&sink->names, type, sink->desc.name, &clash)) {
        pt_fail(&sink->err, PITOT_EEXIST, "metric \"%s\": the same collector emits \"%s\"",
            sink->desc.name.at, clash);
        return;
    }
    sink->open = pt_names_take(&sink->names, type, sink->desc.name, sink, &sink->err);
}

/* What a sample of a family is given as. */
enum shape { VALUE, BUCKETS, QUANTILES, STATES };

static enum shape shape_of(pitot_type type)
{
    if (pt_type_is_bucketed(type))
        return BUCKETS;
    return type == PITOT_SUMMARY ? QUANTILES : type == PITOT_STATESET ? STATES : VALUE;
}

/* Checks that the sample fits the open family. */
static bool check_sample(
    struct pitot_sink *sink, enum shape shape, const char *const *values, size_t count)
{
    const char *name = sink->desc.name.at;

    if (failed(sink))
        return false;
    if (!sink->open)
        return pt_fail(&sink->err, PITOT_EINVAL, "a sample before any pitot_sink_family()");
    if (shape != shape_of(sink->desc.type))
        return pt_fail(&sink->err, PITOT_EINVAL, "metric \"%s\": a %s takes another kind of sample",
            name, pt_type_text(sink->desc.type));
    if (count != sink->desc.label_count)
        return pt_fail(&sink->err, PITOT_EINVAL,
            "metric \"%s\": a sample has %zu label values, its family has %zu labels", name, count,
            sink->desc.label_count);
    for (size_t i = 0; i < count; i++)
        if (!values || !values[i])
            return pt_fail(
                &sink->err, PITOT_EINVAL, "metric \"%s\": label value %zu is NULL", name, i);
    return true;
}

static bool make_room(struct pitot_sink *sink)
{
    size_t wide = pt_words_per_series(sink->desc.type, sink->desc.bound_count);
    size_t labels = sink->capacity, words = sink->capacity, kinds = sink->capacity;
    size_t starts = sink->capacity;

    /* They grow by the same rule from the same size, so they stay alike. */
    if (!pt_grow(&sink->labels, sink->count, &labels, sizeof(*sink->labels), &sink->err) ||
        !pt_grow(&sink->words, sink->count, &words, wide * sizeof(*sink->words), &sink->err) ||
        !pt_grow(&sink->kinds, sink->count, &kinds, sizeof(*sink->kinds), &sink->err) ||
        !pt_grow(&sink->starts, sink->count, &starts, sizeof(*sink->starts), &sink->err))
        return false;
    sink->capacity = labels;
    return true;
}

/* Appends a series with these labels, and `more` behind them; returns where its words go, or NULL.
 */
static uint64_t *add_series(struct pitot_sink *sink, enum pt_kind kind, const char *const *values,
    size_t count, pitot_str more)
{
    pitot_str strs[PITOT_LABELS_MAX];
    struct pt_buf block = pt_buf_new(SIZE_MAX);

    size_t wide = pt_words_per_series(sink->desc.type, sink->desc.bound_count);

    if (!check_limits(sink, wide) || !make_room(sink))
        return NULL;
    for (size_t i = 0; i < count; i++)
        strs[i] = (pitot_str){values[i], strlen(values[i])};
    pt_labels_write(&block, &sink->desc, strs, sink->drops);
    if (block.size && more.size)
        pt_buf_add_char(&block, ',');
    pt_buf_add_str(&block, more);
    pitot_str labels = {NULL, 0};
    if (block.failed)
        pt_fail(&sink->err, PITOT_ENOMEM, "out of memory for labels");
    else
        labels = pt_pool_copy(&sink->part->pool, block.at, block.size, &sink->err);
    pt_buf_free(&block);
    if (!labels.at)
        return NULL;
    sink->labels[sink->count] = labels;
    sink->kinds[sink->count] = (uint8_t)kind;
    sink->starts[sink->count] = sink->start;
    sink->has_starts |= sink->start != PITOT_TIME_NONE;
    return sink->words + sink->count++ * wide;
}

void pitot_sink_started(pitot_sink *sink, int64_t ns)
{
    if (failed(sink))
        return;
    if (!sink->open || !pt_type_accumulates(sink->desc.type)) {
        pt_fail(&sink->err, PITOT_EINVAL, "only counters, histograms and summaries have a start");
        return;
    }
    sink->start = ns;
}

/* One number as a series; what the type forbids is refused. */
static void add_value(struct pitot_sink *sink, enum pt_kind kind, double value, uint64_t word,
    const char *const *values, size_t count)
{
    const char *name = sink->desc.name.at;

    if (!check_sample(sink, VALUE, values, count))
        return;
    if (sink->desc.type == PITOT_COUNTER && !(value >= 0 && value < INFINITY)) {
        pt_fail(
            &sink->err, PITOT_EINVAL, "metric \"%s\": a counter is finite and not below 0", name);
        return;
    }
    if (sink->desc.type == PITOT_INFO) {
        if (value != 1) {
            pt_fail(&sink->err, PITOT_EINVAL, "metric \"%s\": the value of an info is 1", name);
            return;
        }
        kind = PT_U64;
        word = 1;
    }
    uint64_t *to = add_series(sink, kind, values, count, nothing);
    if (to)
        *to = word;
}

void pitot_sink_value(pitot_sink *sink, double value, const char *const *values, size_t count)
{
    if (sink)
        add_value(sink, PT_DOUBLE, value, pt_bits_of(value), values, count);
}

void pitot_sink_value_u64(pitot_sink *sink, uint64_t value, const char *const *values, size_t count)
{
    if (sink)
        add_value(sink, PT_U64, (double)value, value, values, count);
}

void pitot_sink_histogram(pitot_sink *sink, const uint64_t *buckets, size_t bucket_count,
    double sum, const char *const *values, size_t count)
{
    if (!sink || !check_sample(sink, BUCKETS, values, count))
        return;
    if (!buckets || bucket_count != sink->desc.bound_count + 1) {
        pt_fail(&sink->err, PITOT_EINVAL, "metric \"%s\": %zu buckets for %zu bounds and +Inf",
            sink->desc.name.at, bucket_count, sink->desc.bound_count);
        return;
    }
    uint64_t *words = add_series(sink, PT_U64, values, count, nothing);
    if (!words)
        return;
    memcpy(words, buckets, bucket_count * sizeof(*words));
    words[bucket_count] = pt_bits_of(sum);
}

void pitot_sink_summary(pitot_sink *sink, const double *quantiles, size_t quantile_count,
    uint64_t observations, double sum, const char *const *values, size_t count)
{
    if (!sink || !check_sample(sink, QUANTILES, values, count))
        return;
    if (quantile_count != sink->desc.bound_count || (!quantiles && quantile_count)) {
        pt_fail(&sink->err, PITOT_EINVAL, "metric \"%s\": %zu values for %zu quantiles",
            sink->desc.name.at, quantile_count, sink->desc.bound_count);
        return;
    }
    uint64_t *words = add_series(sink, PT_U64, values, count, nothing);
    if (!words)
        return;
    for (size_t i = 0; i < quantile_count; i++)
        words[i] = pt_bits_of(quantiles[i]);
    words[quantile_count] = observations;
    words[quantile_count + 1] = pt_bits_of(sum);
}

void pitot_sink_stateset(pitot_sink *sink, uint64_t states, const char *const *values, size_t count)
{
    if (!sink || !check_sample(sink, STATES, values, count))
        return;
    if (sink->desc.state_count < 64 && states >> sink->desc.state_count) {
        pt_fail(&sink->err, PITOT_EINVAL, "metric \"%s\": a bit is set above its %zu states",
            sink->desc.name.at, sink->desc.state_count);
        return;
    }
    for (size_t i = 0; i < sink->desc.state_count; i++) {
        uint64_t *word = add_series(sink, PT_U64, values, count, sink->desc.state_labels[i]);

        if (!word)
            return;
        *word = states >> i & 1;
    }
}

void pitot_sink_fail(pitot_sink *sink, const char *format, ...)
{
    char message[sizeof(sink->err.message)];
    va_list args;

    if (failed(sink))
        return;
    va_start(args, format);
    vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    pt_fail(&sink->err, PITOT_ESYSTEM, "%s", message);
}

struct pt_part *pt_sink_finish(struct pitot_sink *sink)
{
    struct pt_part *part = sink->part;

    close_family(sink);
    pt_names_free(&sink->names);
    sink->part = NULL;
    if (!failed(sink))
        return part;
    pt_part_unref(part);
    return NULL;
}
