/* SPDX-License-Identifier: MIT */
/*
 * openmetrics2_read.c -- reading OpenMetrics 2.0.0-rc0, experimental like the format.
 *
 * A sample has the name of its family; a histogram or summary is one composite value, whose fields
 * stand in one order and without blanks, in a lenient reading too. Pure function of the page.
 */
#include "base/alloc.h"
#include "base/parse.h"
#include "format/openmetrics_read.h"

#include <math.h>

/* A list that grows, of numbers or spans; its memory serves all samples of the page. */
struct list {
    struct pt_scan_number *numbers;
    double *bounds; /* of buckets and quantiles */
    size_t count, room, bounds_room;
};

struct spans {
    pitot_span *spans;
    size_t count, room;
};

struct om2_reader {
    struct pt_reader reader; /* first: this is what the page's reader hands back */
    struct list points, positive, negative;
    struct spans positive_spans, negative_spans;
    pitot_number *numbers[3]; /* the words of the series, its positive and its negative buckets */
    size_t numbers_room[3];
    pitot_exemplar *exemplars;
    size_t exemplar_count, exemplars_room;
    /* The composite value that is being read: */
    struct pt_scan_number count, zero_count;
    pitot_native native;
    bool has_native, has_points;
    double sum;
};

/* ---- The pieces of a composite value ---- */

static bool take(struct pt_scan *scan, const char *literal)
{
    size_t size = strlen(literal);

    if ((size_t)(scan->end - scan->at) < size || memcmp(scan->at, literal, size) != 0)
        return false;
    scan->at += size;
    return true;
}

static bool need(struct pt_scan *scan, const char *literal)
{
    return take(scan, literal) ||
           pt_scan_problem(scan, scan->at, "'%s' should follow in this composite value", literal);
}

/* Everything up to the next mark. */
static pitot_str word_of(struct pt_scan *scan)
{
    const char *from = scan->at;

    while (scan->at < scan->end && !strchr(",:[]{} ", *scan->at))
        scan->at++;
    return (pitot_str){from, (size_t)(scan->at - from)};
}

static bool take_number(struct pt_scan *scan, struct pt_scan_number *out)
{
    pitot_str word = word_of(scan);

    out->is_double = !pt_parse_u64(word.at, word.size, &out->number.u64);
    return !out->is_double || pt_parse_double(word.at, word.size, &out->number.f64) ||
           pt_scan_problem(scan, word.at, "'%.*s' is no number", PT_SHOWN(word));
}

static bool take_double(struct pt_scan *scan, double *out)
{
    struct pt_scan_number number;

    if (!take_number(scan, &number))
        return false;
    *out = pt_scan_double_of(number);
    return true;
}

/* A count; 5.0 is an integer here, as in OpenMetrics 1. */
static bool take_count(struct pt_scan *scan, struct pt_scan_number *out)
{
    const char *at = scan->at;

    if (!take_number(scan, out))
        return false;
    if (!out->is_double)
        return true;
    double v = out->number.f64;
    if (!(v >= 0) || isinf(v))
        return pt_scan_problem(scan, at, "a count is a number of 0 or more");
    if (v < 0x1p64 && v == floor(v))
        *out = (struct pt_scan_number){{.u64 = (uint64_t)v}, false};
    return true;
}

static bool take_int32(struct pt_scan *scan, int32_t *out)
{
    pitot_str word = word_of(scan);
    int64_t value;

    if (!pt_parse_i64(word.at, word.size, &value) || value < INT32_MIN || value > INT32_MAX)
        return pt_scan_problem(scan, word.at, "'%.*s' is no integer of 32 bits", PT_SHOWN(word));
    *out = (int32_t)value;
    return true;
}

/* `[bound:number,…]`; the numbers are counts, or (quantiles) any. */
static bool take_points(struct om2_reader *om2, struct list *list, bool counts)
{
    struct pt_scan *scan = &om2->reader.scan;
    const char *before = NULL;

    list->count = 0;
    if (!need(scan, "["))
        return false;
    if (take(scan, "]"))
        return true;
    do {
        size_t i = list->count;
        const char *at = scan->at;

        if (!pt_grow(&list->numbers, i, &list->room, sizeof(*list->numbers), NULL) ||
            !pt_grow(&list->bounds, i, &list->bounds_room, sizeof(*list->bounds), NULL))
            return pt_scan_fail(&om2->reader.scan);
        if (!take_double(scan, &list->bounds[i]) || !need(scan, ":") ||
            !(counts ? take_count(scan, &list->numbers[i]) : take_number(scan, &list->numbers[i])))
            return false;
        if (isnan(list->bounds[i]) || (i > 0 && list->bounds[i] <= list->bounds[i - 1]))
            return pt_scan_problem(scan, at, "the bounds of a sample are in rising order");
        if (counts && i > 0 &&
            pt_scan_double_of(list->numbers[i]) < pt_scan_double_of(list->numbers[i - 1]))
            return pt_scan_problem(
                scan, at, "a bucket counts all before it too: this one cannot count fewer");
        list->count++;
        before = at;
    } while (take(scan, ","));
    if (counts && list->bounds[list->count - 1] != HUGE_VAL)
        return pt_scan_problem(scan, before, "the last bucket is to be +Inf");
    return need(scan, "]");
}

/* `[count,…]` */
static bool take_counts(struct om2_reader *om2, struct list *list)
{
    struct pt_scan *scan = &om2->reader.scan;

    list->count = 0;
    if (!need(scan, "["))
        return false;
    if (take(scan, "]"))
        return true;
    do {
        if (!pt_grow(&list->numbers, list->count, &list->room, sizeof(*list->numbers), NULL))
            return pt_scan_fail(&om2->reader.scan);
        if (!take_count(scan, &list->numbers[list->count]))
            return false;
        list->count++;
    } while (take(scan, ","));
    return need(scan, "]");
}

/* `[offset:length,…]`. No bucket may lie where its index is no int32. */
static bool take_spans(struct om2_reader *om2, struct spans *list)
{
    struct pt_scan *scan = &om2->reader.scan;
    int64_t index = 0;

    list->count = 0;
    if (!need(scan, "["))
        return false;
    if (take(scan, "]"))
        return true;
    do {
        const char *at = scan->at;
        int32_t length;

        if (!pt_grow(&list->spans, list->count, &list->room, sizeof(*list->spans), NULL))
            return pt_scan_fail(&om2->reader.scan);
        pitot_span *span = &list->spans[list->count];
        if (!take_int32(scan, &span->offset) || !need(scan, ":") || !take_int32(scan, &length))
            return false;
        if (length < 0 || (list->count > 0 && span->offset < 0))
            return pt_scan_problem(
                scan, at, "only the first span may begin below the one before it");
        span->length = (uint32_t)length;
        index += span->offset;
        index += length;
        if (index > INT32_MAX)
            return pt_scan_problem(scan, at, "this span goes beyond the last bucket there can be");
        list->count++;
    } while (take(scan, ","));
    return need(scan, "]");
}

/* `,positive_spans:[…],positive_buckets:[…]` */
static bool take_side(struct om2_reader *om2, const char *spans_field, const char *buckets_field,
    struct spans *spans, struct list *buckets)
{
    struct pt_scan *scan = &om2->reader.scan;
    const char *at = scan->at;
    uint64_t length = 0;

    spans->count = buckets->count = 0;
    if (!take(scan, spans_field))
        return true;
    if (!take_spans(om2, spans))
        return false;
    if (!need(scan, buckets_field) || !take_counts(om2, buckets))
        return false;
    for (size_t i = 0; i < spans->count; i++)
        length += spans->spans[i].length;
    return length == buckets->count ||
           pt_scan_problem(scan, at, "the spans have room for %llu buckets, but there are %zu",
               (unsigned long long)length, buckets->count);
}

/* ---- Composite values ---- */

static bool take_native(struct om2_reader *om2)
{
    struct pt_scan *scan = &om2->reader.scan;
    pitot_native *native = &om2->native;
    const char *at = scan->at;

    om2->has_native = true;
    if (!take_int32(scan, &native->schema))
        return false;
    if (native->schema < PITOT_SCHEMA_MIN || native->schema > PITOT_SCHEMA_MAX)
        return pt_scan_problem(scan, at, "schema %d does not exist: -4 to 8 do", native->schema);
    if (!need(scan, ",zero_threshold:"))
        return false;
    at = scan->at;
    if (!take_double(scan, &native->zero_threshold))
        return false;
    if (!(native->zero_threshold >= 0))
        return pt_scan_problem(scan, at, "a zero threshold is 0 or more");
    return need(scan, ",zero_count:") && take_count(scan, &om2->zero_count) &&
           take_side(om2, ",negative_spans:", ",negative_buckets:", &om2->negative_spans,
               &om2->negative) &&
           take_side(
               om2, ",positive_spans:", ",positive_buckets:", &om2->positive_spans, &om2->positive);
}

/* Integers must add up; of doubles nobody can ask that. */
static bool adds_up(struct om2_reader *om2, const char *at)
{
    struct pt_scan *scan = &om2->reader.scan;
    uint64_t total = om2->zero_count.number.u64;
    bool is_double = om2->count.is_double || om2->zero_count.is_double;

    if (om2->has_points && om2->points.count &&
        pt_scan_double_of(om2->points.numbers[om2->points.count - 1]) !=
            pt_scan_double_of(om2->count))
        return pt_scan_problem(scan, at, "the bucket +Inf differs from the count");
    if (!om2->has_native)
        return true;
    for (size_t i = 0; i < om2->positive.count; i++) {
        is_double |= om2->positive.numbers[i].is_double;
        total += om2->positive.numbers[i].number.u64;
    }
    for (size_t i = 0; i < om2->negative.count; i++) {
        is_double |= om2->negative.numbers[i].is_double;
        total += om2->negative.numbers[i].number.u64;
    }
    uint64_t count = om2->count.number.u64;
    if (is_double || total == count || (isnan(om2->sum) && total < count))
        return true;
    return pt_scan_problem(scan, at, "the buckets add up to %llu, but the count is %llu",
        (unsigned long long)total, (unsigned long long)count);
}

static bool take_histogram(struct om2_reader *om2, bool gauge)
{
    struct pt_scan *scan = &om2->reader.scan;
    const char *at = scan->at;

    om2->has_native = om2->has_points = false;
    om2->points.count = om2->positive.count = om2->negative.count = 0;
    om2->positive_spans.count = om2->negative_spans.count = 0;
    om2->zero_count = (struct pt_scan_number){{.u64 = 0}, false};
    if (!need(scan, gauge ? "{gcount:" : "{count:") || !take_count(scan, &om2->count) ||
        !need(scan, gauge ? ",gsum:" : ",sum:") || !take_double(scan, &om2->sum))
        return false;
    if (take(scan, ",schema:") && !take_native(om2))
        return false;
    if (take(scan, ",bucket:")) {
        const char *bucket = scan->at;

        om2->has_points = true;
        if (!take_points(om2, &om2->points, true))
            return false;
        if (om2->points.count == 0)
            return pt_scan_problem(scan, bucket, "the bucket +Inf is to be there");
    }
    if (!om2->has_native && !om2->has_points)
        return pt_scan_problem(scan, scan->at, "',bucket:' or ',schema:' should follow");
    return need(scan, "}") && adds_up(om2, at);
}

static bool take_summary(struct om2_reader *om2)
{
    struct pt_scan *scan = &om2->reader.scan;
    const char *at;

    om2->has_native = false;
    if (!need(scan, "{count:") || !take_count(scan, &om2->count) || !need(scan, ",sum:") ||
        !take_double(scan, &om2->sum) || !need(scan, ",quantile:"))
        return false;
    at = scan->at;
    if (!take_points(om2, &om2->points, false) || !need(scan, "}"))
        return false;
    size_t n = om2->points.count;
    if (n && !scan->page->lenient &&
        !(om2->points.bounds[0] >= 0 && om2->points.bounds[n - 1] <= 1))
        return pt_scan_problem(scan, at, "a quantile is between 0 and 1");
    return true;
}

/* ---- To a series ---- */

static bool make_room(struct om2_reader *om2, size_t which, size_t count)
{
    for (size_t i = om2->numbers_room[which]; i < count; i = om2->numbers_room[which])
        if (!pt_grow(
                &om2->numbers[which], i, &om2->numbers_room[which], sizeof(pitot_number), NULL))
            return pt_scan_fail(&om2->reader.scan);
    return true;
}

static pitot_number as_kind(struct pt_scan_number n, bool is_double)
{
    return is_double ? (pitot_number){.f64 = pt_scan_double_of(n)} : n.number;
}

static bool any_double(const struct list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->numbers[i].is_double)
            return true;
    return false;
}

static bool fill_native(struct om2_reader *om2, pitot_series *series)
{
    pitot_native *native = &om2->native;

    if (!make_room(om2, 1, om2->positive.count) || !make_room(om2, 2, om2->negative.count))
        return false;
    for (size_t i = 0; i < om2->positive.count; i++)
        om2->numbers[1][i] = as_kind(om2->positive.numbers[i], series->is_double);
    for (size_t i = 0; i < om2->negative.count; i++)
        om2->numbers[2][i] = as_kind(om2->negative.numbers[i], series->is_double);
    native->zero_count = as_kind(om2->zero_count, series->is_double);
    native->positive_spans = om2->positive_spans.spans;
    native->positive_span_count = om2->positive_spans.count;
    native->negative_spans = om2->negative_spans.spans;
    native->negative_span_count = om2->negative_spans.count;
    native->positive = om2->numbers[1];
    native->positive_count = om2->positive.count;
    native->negative = om2->numbers[2];
    native->negative_count = om2->negative.count;
    series->native = native;
    return true;
}

static bool fill_histogram(struct om2_reader *om2, pitot_series *series)
{
    size_t n = om2->points.count ? om2->points.count : 1;
    struct pt_scan_number last = {{.u64 = 0}, false};

    series->is_double =
        om2->count.is_double || any_double(&om2->points) ||
        (om2->has_native && (om2->zero_count.is_double || any_double(&om2->positive) ||
                                any_double(&om2->negative)));
    if (!make_room(om2, 0, n + 1))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct pt_scan_number value = i + 1 < n ? om2->points.numbers[i] : om2->count;

        if (series->is_double)
            om2->numbers[0][i].f64 = pt_scan_double_of(value) - pt_scan_double_of(last);
        else
            om2->numbers[0][i].u64 = value.number.u64 - last.number.u64;
        last = value;
    }
    om2->numbers[0][n].f64 = om2->sum;
    series->bounds = om2->points.bounds;
    series->bound_count = n - 1;
    return !om2->has_native || fill_native(om2, series);
}

static bool fill_summary(struct om2_reader *om2, pitot_series *series)
{
    size_t n = om2->points.count;

    if (!make_room(om2, 0, n + 2))
        return false;
    for (size_t i = 0; i < n; i++)
        om2->numbers[0][i].f64 = pt_scan_double_of(om2->points.numbers[i]);
    om2->numbers[0][n] = om2->count.number;
    om2->numbers[0][n + 1].f64 = om2->sum;
    series->is_double = om2->count.is_double;
    series->bounds = om2->points.bounds;
    series->bound_count = n;
    return true;
}

/* The first bucket whose bound is not below the value. */
static uint32_t bucket_of(const pitot_series *series, double value)
{
    size_t low = 0, high = series->bound_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (series->bounds[middle] >= value)
            high = middle;
        else
            low = middle + 1;
    }
    return (uint32_t)low;
}

/* ---- Samples ---- */

static bool take_value(struct om2_reader *om2, const struct pt_head *head, struct pt_sample *sample,
    pitot_series *series)
{
    struct pt_scan *scan = &om2->reader.scan;

    sample->at = scan->at;
    if (pt_type_is_bucketed(head->type) || head->type == PITOT_SUMMARY) {
        bool summary = head->type == PITOT_SUMMARY;

        if (!(summary ? take_summary(om2)
                      : take_histogram(om2, head->type == PITOT_GAUGE_HISTOGRAM)) ||
            !(summary ? fill_summary(om2, series) : fill_histogram(om2, series)))
            return false;
    } else {
        if (!pt_scan_number(scan, &sample->value) ||
            !pt_openmetrics_keeps_rules(&om2->reader, sample) || !make_room(om2, 0, 1))
            return false;
        series->is_double = sample->value.is_double;
        om2->numbers[0][0] = sample->value.number;
    }
    series->numbers = om2->numbers[0];
    return true;
}

static bool take_times(struct om2_reader *om2, const struct pt_head *head, pitot_series *series)
{
    struct pt_scan *scan = &om2->reader.scan;

    if (pt_scan_is_done(scan))
        return true;
    if (!pt_scan_separator(scan, "a time"))
        return false;
    const char *at = scan->at;
    if (!take(scan, "st@")) {
        if (!pt_scan_seconds(scan, &series->time))
            return false;
        if (pt_scan_is_done(scan))
            return true;
        if (!pt_scan_separator(scan, "a start time"))
            return false;
        at = scan->at;
        if (!need(scan, "st@"))
            return false;
    }
    int64_t start;
    if (!pt_scan_seconds(scan, &start))
        return false;
    if (head->type == PITOT_COUNTER || head->type == PITOT_HISTOGRAM || head->type == PITOT_SUMMARY)
        series->start = start;
    else if (!scan->page->lenient)
        return pt_scan_problem(
            scan, at, "only counters, histograms and summaries have a start time: leave it out");
    return true;
}

static bool take_exemplars(
    struct om2_reader *om2, const struct pt_head *head, const pitot_series *series)
{
    struct pt_scan *scan = &om2->reader.scan;
    bool may = pt_type_is_bucketed(head->type) || head->type == PITOT_COUNTER;

    om2->exemplar_count = 0;
    while (pt_scan_has_exemplar(scan)) {
        const char *at = scan->at;
        pitot_exemplar exemplar;

        if (!pt_scan_separator(scan, "an exemplar") || !pt_scan_exemplar(scan, &exemplar))
            return false;
        if (!may && !scan->page->lenient)
            return pt_scan_problem(
                scan, at + 1, "only counters and histograms may have exemplars: leave it out");
        /* The standard says that one without a time is dropped and no reason to refuse the page. */
        if (!may || exemplar.time == PITOT_TIME_NONE)
            continue;
        if (pt_type_is_bucketed(head->type))
            exemplar.bucket = series->bound_count || !om2->has_native
                                  ? bucket_of(series, exemplar.value)
                                  : PITOT_EXEMPLAR_NATIVE;
        if (!pt_grow(&om2->exemplars, om2->exemplar_count, &om2->exemplars_room,
                sizeof(*om2->exemplars), NULL))
            return pt_scan_fail(&om2->reader.scan);
        om2->exemplars[om2->exemplar_count++] = exemplar;
    }
    return true;
}

static void read_sample(struct pt_reader *reader)
{
    struct om2_reader *om2 = (struct om2_reader *)reader;
    struct pt_scan *scan = &reader->scan;
    struct pt_sample sample = {.time = PITOT_TIME_NONE};
    pitot_series series = {.start = PITOT_TIME_NONE, .time = PITOT_TIME_NONE};

    if (!pt_reader_identity(reader, &sample) || !pt_scan_separator(scan, "the value"))
        return;
    const struct pt_head *head = pt_heads_open(&reader->heads);
    if (!take_value(om2, head, &sample, &series) || !take_times(om2, head, &series) ||
        !take_exemplars(om2, head, &series) || !pt_scan_line_end(scan) ||
        !pt_heads_begin(&reader->heads))
        return;
    series.labels = sample.labels;
    series.exemplars = om2->exemplars;
    series.exemplar_count = om2->exemplar_count;
    pt_gather_series(&reader->gather, &series);
}

void pt_openmetrics2_decode(const struct pt_page *page)
{
    struct om2_reader om2 = {.sum = 0};

    if (pt_reader_begin(&om2.reader, page, PT_DIALECT_OPENMETRICS_2))
        pt_openmetrics_page(&om2.reader, read_sample);
    pt_reader_end(&om2.reader);
    for (size_t i = 0; i < 3; i++)
        pt_free(om2.numbers[i]);
    pt_free(om2.points.numbers);
    pt_free(om2.points.bounds);
    pt_free(om2.positive.numbers);
    pt_free(om2.negative.numbers);
    pt_free(om2.positive_spans.spans);
    pt_free(om2.negative_spans.spans);
    pt_free(om2.exemplars);
}
