/* SPDX-License-Identifier: MIT */
/*
 * protobuf_read_histogram.c -- io.prometheus.client.Histogram: classic buckets, native ones, both.
 *
 * Counts are integers or doubles, in different fields, and only the whole message tells which; so
 * all of it is gathered first. Classic counts, which are cumulative there, come out as what each
 * bucket has; native ones, which are differences, as what they add up to. Native buckets that
 * contradict themselves are left out, and the series with them when it has no others.
 */
#include "format/native_check.h"
#include "format/protobuf.h"
#include "format/protobuf_read.h"

#include <math.h>

/* The single fields, and where it all begins. */
struct histogram {
    uint64_t count, zero_count;
    double count_float, zero_count_float, sum, zero_threshold;
    int64_t schema;
    bool has_count, has_float, has_zero_float, is_double;
    const char *at;
};

/* ---- Gathering ---- */

static void read_bucket(struct pt_protobuf_read *read, const struct pt_wire_field *message)
{
    struct pt_protobuf_bucket bucket = {0};
    struct pt_wire_in in = message->body;
    struct pt_wire_field field;

    if (!pt_protobuf_read_is(read, message, PT_WIRE_BYTES))
        return;
    while (pt_protobuf_read_next(read, &in, &field)) {
        if (field.number == BUCKET_COUNT && pt_protobuf_read_is(read, &field, PT_WIRE_VARINT))
            bucket.count = field.n;
        if (field.number == BUCKET_UPPER_BOUND &&
            pt_protobuf_read_is(read, &field, PT_WIRE_FIXED64))
            bucket.upper_bound = pt_wire_as_double(field.n);
        if (field.number == BUCKET_COUNT_FLOAT &&
            pt_protobuf_read_is(read, &field, PT_WIRE_FIXED64)) {
            bucket.count_float = pt_wire_as_double(field.n);
            bucket.has_float = true;
        }
        if (field.number == BUCKET_EXEMPLAR)
            bucket.has_exemplar = pt_protobuf_read_exemplar(
                read, &field, (uint32_t)read->buckets.count, &bucket.exemplar);
    }
    (void)PT_DRAFT_ADD(&read->draft, read->buckets, bucket);
}

static void read_span(
    struct pt_protobuf_read *read, struct pt_draft_side *side, const struct pt_wire_field *message)
{
    struct pt_wire_in in = message->body;
    struct pt_wire_field field;
    pitot_span span = {0, 0};

    if (!pt_protobuf_read_is(read, message, PT_WIRE_BYTES))
        return;
    while (pt_protobuf_read_next(read, &in, &field)) {
        if (field.number == SPAN_OFFSET && pt_protobuf_read_is(read, &field, PT_WIRE_VARINT))
            span.offset = (int32_t)pt_wire_zigzag(field.n);
        if (field.number == SPAN_LENGTH && pt_protobuf_read_is(read, &field, PT_WIRE_VARINT))
            span.length = (uint32_t)field.n;
    }
    (void)PT_DRAFT_ADD(&read->draft, side->spans, span);
}

/* Repeated numbers stand one by one or, packed, in one field. */
static void read_deltas(
    struct pt_protobuf_read *read, struct pt_draft_side *side, const struct pt_wire_field *field)
{
    struct pt_wire_in in = field->body;
    uint64_t n;

    if (field->type == PT_WIRE_VARINT) {
        pitot_number delta = {.u64 = (uint64_t)pt_wire_zigzag(field->n)};

        (void)PT_DRAFT_ADD(&read->draft, side->counts, delta);
        return;
    }
    if (!pt_protobuf_read_is(read, field, PT_WIRE_BYTES))
        return;
    while (in.at < in.end && !read->stop) {
        if (!pt_wire_next_varint(&in, &n)) {
            PT_PROTOBUF_REFUSE(read, in.at, "the message is broken here: %s", in.wrong);
            return;
        }
        pitot_number delta = {.u64 = (uint64_t)pt_wire_zigzag(n)};
        (void)PT_DRAFT_ADD(&read->draft, side->counts, delta);
    }
}

static void read_floats(struct pt_protobuf_read *read, int side, const struct pt_wire_field *field)
{
    size_t size = (size_t)(field->body.end - field->body.at);

    if (field->type == PT_WIRE_FIXED64) {
        (void)PT_DRAFT_ADD(&read->draft, read->floats[side], (pitot_number){.u64 = field->n});
        return;
    }
    if (!pt_protobuf_read_is(read, field, PT_WIRE_BYTES))
        return;
    if (size % sizeof(double) != 0)
        PT_PROTOBUF_REFUSE(read, field->at, "%zu bytes are no whole number of doubles", size);
    for (size_t i = 0; i + sizeof(double) <= size; i += sizeof(double)) {
        pitot_number number = {.u64 = pt_wire_load64(field->body.at + i)};

        (void)PT_DRAFT_ADD(&read->draft, read->floats[side], number);
    }
}

static void read_native_exemplar(struct pt_protobuf_read *read, const struct pt_wire_field *field)
{
    pitot_exemplar exemplar;

    if (!pt_protobuf_read_exemplar(read, field, PITOT_EXEMPLAR_NATIVE, &exemplar))
        return;
    if (exemplar.time == PITOT_TIME_NONE)
        pt_protobuf_read_problem(
            read, field->at, "an exemplar of a native histogram must have a timestamp");
    else
        (void)PT_DRAFT_ADD(&read->draft, read->draft.native_exemplars, exemplar);
}

static void read_single(
    struct pt_protobuf_read *read, struct histogram *histogram, const struct pt_wire_field *field)
{
    static const enum pt_wire_type wire_types[] = {
        [HISTOGRAM_COUNT] = PT_WIRE_VARINT,
        [HISTOGRAM_SUM] = PT_WIRE_FIXED64,
        [HISTOGRAM_COUNT_FLOAT] = PT_WIRE_FIXED64,
        [HISTOGRAM_SCHEMA] = PT_WIRE_VARINT,
        [HISTOGRAM_ZERO_THRESHOLD] = PT_WIRE_FIXED64,
        [HISTOGRAM_ZERO_COUNT] = PT_WIRE_VARINT,
        [HISTOGRAM_ZERO_COUNT_FLOAT] = PT_WIRE_FIXED64,
    };
    double value = pt_wire_as_double(field->n);

    if (!pt_protobuf_read_is(read, field, wire_types[field->number]))
        return;
    switch (field->number) {
    case HISTOGRAM_COUNT:
        histogram->count = field->n;
        histogram->has_count = true;
        break;
    case HISTOGRAM_SUM:
        histogram->sum = value;
        break;
    case HISTOGRAM_COUNT_FLOAT:
        histogram->count_float = value;
        histogram->has_float = true;
        break;
    case HISTOGRAM_SCHEMA:
        histogram->schema = pt_wire_zigzag(field->n);
        break;
    case HISTOGRAM_ZERO_THRESHOLD:
        histogram->zero_threshold = value;
        break;
    case HISTOGRAM_ZERO_COUNT:
        histogram->zero_count = field->n;
        break;
    default:
        histogram->zero_count_float = value;
        histogram->has_float = histogram->has_zero_float = true;
    }
}

static void gather(struct pt_protobuf_read *read, struct histogram *histogram, struct pt_wire_in in,
    pitot_series *series)
{
    struct pt_draft_side *positive = &read->draft.sides[0], *negative = &read->draft.sides[1];
    struct pt_wire_field field;

    read->buckets.count = read->floats[0].count = read->floats[1].count = 0;
    while (pt_protobuf_read_next(read, &in, &field)) {
        switch (field.number) {
        case HISTOGRAM_BUCKET:
            read_bucket(read, &field);
            break;
        case HISTOGRAM_NEGATIVE_SPAN:
        case HISTOGRAM_POSITIVE_SPAN:
            read_span(read, field.number == HISTOGRAM_NEGATIVE_SPAN ? negative : positive, &field);
            break;
        case HISTOGRAM_NEGATIVE_DELTA:
        case HISTOGRAM_POSITIVE_DELTA:
            read_deltas(
                read, field.number == HISTOGRAM_NEGATIVE_DELTA ? negative : positive, &field);
            break;
        case HISTOGRAM_NEGATIVE_COUNT:
        case HISTOGRAM_POSITIVE_COUNT:
            read_floats(read, field.number == HISTOGRAM_NEGATIVE_COUNT, &field);
            break;
        case HISTOGRAM_CREATED:
            if (pt_protobuf_read_is(read, &field, PT_WIRE_BYTES))
                series->start = pt_protobuf_read_time(read, &field);
            break;
        case HISTOGRAM_EXEMPLAR:
            read_native_exemplar(read, &field);
            break;
        default:
            if (field.number < HISTOGRAM_CREATED)
                read_single(read, histogram, &field);
        }
    }
}

/* A double overrides its integer if it is above 0; when all are 0, it is a matter of which are
 * there at all. */
static bool is_double(const struct pt_protobuf_read *read, const struct histogram *histogram)
{
    bool has_float = histogram->has_float;
    bool above = histogram->count_float > 0 || histogram->zero_count_float > 0;

    for (size_t i = 0; i < read->buckets.count; i++) {
        has_float |= read->buckets.items[i].has_float;
        above |= read->buckets.items[i].count_float > 0;
    }
    for (int i = 0; i < 2; i++)
        has_float |= read->floats[i].count > 0;
    return above || (has_float && !histogram->has_count);
}

/* ---- Classic buckets ---- */

/* The cumulative count, in the kind that the histogram has. */
static pitot_number cumulative(const struct pt_protobuf_bucket *bucket, bool doubles)
{
    if (!doubles)
        return (pitot_number){.u64 = bucket->count};
    return (pitot_number){.f64 = bucket->has_float ? bucket->count_float : (double)bucket->count};
}

static bool is_less(pitot_number a, pitot_number b, bool doubles)
{
    return doubles ? !(a.f64 >= b.f64) : a.u64 < b.u64; /* NaN is less than anything */
}

static void add_count(
    struct pt_protobuf_read *read, pitot_number count, pitot_number before, bool doubles)
{
    if (doubles)
        count.f64 -= before.f64;
    else
        count.u64 -= before.u64;
    (void)PT_DRAFT_ADD(&read->draft, read->draft.numbers, count);
}

static void convert_buckets(struct pt_protobuf_read *read, const struct histogram *histogram)
{
    bool doubles = histogram->is_double, ended = false;
    pitot_number before = {.u64 = 0}, count = {.u64 = histogram->count};

    if (doubles)
        count.f64 = histogram->count_float > 0 || !histogram->has_count ? histogram->count_float
                                                                        : (double)histogram->count;
    for (size_t i = 0; i < read->buckets.count && !read->bad; i++) {
        const struct pt_protobuf_bucket *bucket = &read->buckets.items[i];
        pitot_number so_far = cumulative(bucket, doubles);
        size_t bounds = read->draft.bounds.count;

        if (isnan(bucket->upper_bound))
            PT_PROTOBUF_REFUSE(read, histogram->at, "bucket %zu has NaN as its bound", i + 1);
        else if (ended || (bounds && bucket->upper_bound <= read->draft.bounds.items[bounds - 1]))
            PT_PROTOBUF_REFUSE(
                read, histogram->at, "the bound of bucket %zu is not above the one before", i + 1);
        else if (is_less(so_far, before, doubles))
            PT_PROTOBUF_REFUSE(read, histogram->at,
                "the count of bucket %zu is less than the one before; they are cumulative", i + 1);
        if (read->bad)
            return;
        if (bucket->has_exemplar)
            (void)PT_DRAFT_ADD(&read->draft, read->draft.exemplars, bucket->exemplar);
        ended = bucket->upper_bound == (double)INFINITY;
        if (ended && (is_less(so_far, count, doubles) || is_less(count, so_far, doubles)))
            PT_PROTOBUF_REFUSE(
                read, histogram->at, "the +Inf bucket has not the count of the whole histogram");
        if (!ended && PT_DRAFT_ADD(&read->draft, read->draft.bounds, bucket->upper_bound)) {
            add_count(read, so_far, before, doubles);
            before = so_far;
        }
    }
    if (is_less(count, before, doubles))
        PT_PROTOBUF_REFUSE(
            read, histogram->at, "the count of the whole histogram is less than that of a bucket");
    add_count(read, count, before, doubles);
}

/* ---- Native buckets ---- */

/* The counts of one sign. Integers come as differences, whose sum wraps back to what it is. */
static const pitot_number *absolute(
    struct pt_protobuf_read *read, int side, bool doubles, size_t *count)
{
    pitot_number *counts = read->draft.sides[side].counts.items;

    *count = doubles ? read->floats[side].count : read->draft.sides[side].counts.count;
    for (size_t i = 1; i < *count && !doubles; i++)
        counts[i].u64 += counts[i - 1].u64;
    return doubles ? read->floats[side].items : counts;
}

static bool is_native(const struct pt_protobuf_read *read, const struct histogram *histogram)
{
    return read->draft.sides[0].spans.count || read->draft.sides[1].spans.count ||
           histogram->zero_threshold > 0 || histogram->zero_count > 0 ||
           histogram->zero_count_float > 0;
}

static void convert_native(
    struct pt_protobuf_read *read, const struct histogram *histogram, pitot_series *series)
{
    struct pt_draft_side *positive = &read->draft.sides[0], *negative = &read->draft.sides[1];
    bool doubles = histogram->is_double;
    pitot_native *native = &read->draft.native;
    pitot_error why = {0};

    *native = (pitot_native){.zero_threshold = histogram->zero_threshold,
        .zero_count.u64 = histogram->zero_count,
        .positive_span_count = positive->spans.count,
        .negative_span_count = negative->spans.count};
    native->schema = histogram->schema < INT32_MIN || histogram->schema > INT32_MAX
                         ? PITOT_SCHEMA_NONE
                         : (int32_t)histogram->schema;
    if (doubles)
        native->zero_count.f64 =
            histogram->has_zero_float ? histogram->zero_count_float : (double)histogram->zero_count;
    native->positive = absolute(read, 0, doubles, &native->positive_count);
    native->negative = absolute(read, 1, doubles, &native->negative_count);
    if (pt_native_check(native, positive->spans.items, negative->spans.items, doubles,
            (pitot_number){.u64 = histogram->count}, histogram->sum, &why)) {
        series->native = native;
        return;
    }
    pt_protobuf_read_problem(read, histogram->at, "%s", why.message);
    read->bad |= read->draft.bounds.count == 0;
}

/* ---- All of it ---- */

void pt_protobuf_read_histogram(
    struct pt_protobuf_read *read, struct pt_wire_in in, pitot_series *series)
{
    struct histogram histogram = {.at = in.at};

    gather(read, &histogram, in, series);
    if (read->bad || read->stop)
        return;
    histogram.is_double = is_double(read, &histogram);
    series->is_double = histogram.is_double;
    convert_buckets(read, &histogram);
    for (size_t i = 0; i < read->draft.native_exemplars.count; i++)
        (void)PT_DRAFT_ADD(
            &read->draft, read->draft.exemplars, read->draft.native_exemplars.items[i]);
    (void)PT_DRAFT_ADD(&read->draft, read->draft.numbers, (pitot_number){.f64 = histogram.sum});
    if (!read->bad && is_native(read, &histogram))
        convert_native(read, &histogram, series);
}
