/* SPDX-License-Identifier: MIT */
/*
 * json_read.c -- a snapshot from JSON, as docs/json.md has it.
 *
 * Keys may come in any order, since tools sort them. So a family's series are passed over until all
 * that describes them is known, and then read; and of a series everything is gathered before it is
 * put together. One double among its counts makes all of a series doubles: tools write 2.0 as 2.
 */
#include "base/alloc.h"
#include "base/parse.h"
#include "format/draft.h"
#include "format/json_scan.h"
#include "format/native_check.h"
#include "format/shown.h"

#include <math.h>
#include <stdio.h>

/* An integer or a double, as it is spelt. */
struct number {
    pitot_number number;
    bool is_double;
};

typedef PT_LIST(struct number) number_list;

struct json_read {
    struct pt_json json;
    struct pt_draft draft;
    pitot_str name; /* of the family */
    pitot_type type;
    bool bad; /* the series being read is to be left out */
    number_list buckets, sides[2];
};

/* Of an object that is being read. */
struct members {
    size_t count;
    unsigned seen;  /* a bit per key */
    const char *at; /* the last key */
};

enum { VERSION, FAMILIES };
static const char *const page_keys[] = {"version", "families", NULL};

enum { NAME, TYPE, HELP, UNIT, SERIES };
static const char *const family_keys[] = {"name", "type", "help", "unit", "series", NULL};

enum { LABELS, VALUE, COUNT, SUM, BUCKETS, QUANTILES, NATIVE, START, TIME, EXEMPLARS };
static const char *const series_keys[] = {"labels", "value", "count", "sum", "buckets", "quantiles",
    "native", "start", "time", "exemplars", NULL};

enum { BUCKET_LE, BUCKET_COUNT };
static const char *const bucket_keys[] = {"le", "count", NULL};

enum { QUANTILE, QUANTILE_VALUE };
static const char *const quantile_keys[] = {"quantile", "value", NULL};

enum { EXEMPLAR_LABELS, EXEMPLAR_VALUE, EXEMPLAR_TIME, EXEMPLAR_BUCKET };
static const char *const exemplar_keys[] = {"labels", "value", "time", "bucket", NULL};

enum { SCHEMA, ZERO_THRESHOLD, ZERO_COUNT, POSITIVE, NEGATIVE };
static const char *const native_keys[] = {
    "schema", "zero_threshold", "zero_count", "positive", "negative", NULL};

enum { SPANS, COUNTS };
static const char *const side_keys[] = {"spans", "counts", NULL};

enum { OFFSET, LENGTH };
static const char *const span_keys[] = {"offset", "length", NULL};

/* ---- What all of it needs ---- */

/* Tells of a problem, and that the series is worth nothing with it. Returns false. */
static bool refuse(struct json_read *read, const char *at, const char *what)
{
    read->bad = true;
    read->json.stop |= read->draft.failed; /* then nothing is wrong with the page */
    if (read->name.size > 0)
        return pt_json_problem(&read->json, at, "%.*s: %s", PT_SHOWN(read->name), what);
    return pt_json_problem(&read->json, at, "%s", what);
}

static bool refuse_word(
    struct json_read *read, const char *at, const char *what, pitot_str word, const char *more)
{
    char text[PT_SHOWN_MAX + 120];

    snprintf(text, sizeof(text), "%s \"%.*s\"%s", what, PT_SHOWN(word), more);
    return refuse(read, at, text);
}

/* True when a value of this kind comes next. Another one has been told and passed over. */
static bool expect(struct json_read *read, enum pt_json_kind kind, const char *wanted)
{
    bool is_it = pt_json_next(&read->json) == kind;
    const char *at = read->json.at;

    if (is_it || !pt_json_skip(&read->json))
        return is_it;
    return refuse(read, at, wanted);
}

/* Steps to the next key that is known. */
static bool next_key(
    struct json_read *read, struct members *members, const char *const *keys, int *which)
{
    bool was_bad = read->bad;
    pitot_str key;

    while (pt_json_key(&read->json, &members->count, &key, &members->at)) {
        for (*which = 0; keys[*which]; ++*which)
            if (pt_str_equal(key, (pitot_str){keys[*which], strlen(keys[*which])}))
                break;
        if (keys[*which]) {
            if (members->seen & 1u << *which)
                refuse_word(read, members->at, "the key", key, " is there twice");
            members->seen |= 1u << *which;
            return true;
        }
        refuse_word(read, members->at, "there is no key", key, " here");
        read->bad = was_bad; /* it can be passed over */
        if (!pt_json_skip(&read->json))
            return false;
    }
    return false;
}

static bool has(const struct members *members, int key)
{
    return members->seen & 1u << key;
}

static bool read_text(struct json_read *read, pitot_str *out)
{
    return expect(read, PT_JSON_STRING, "a string was expected") &&
           pt_json_string(&read->json, out);
}

static bool number_of(pitot_str text, bool is_string, struct number *out)
{
    static const double specials[] = {NAN, INFINITY, -INFINITY};
    static const char *const words[] = {"NaN", "+Inf", "-Inf"};

    for (int i = 0; is_string && i < 3; i++)
        if (pt_str_equal(text, (pitot_str){words[i], strlen(words[i])})) {
            *out = (struct number){{.f64 = specials[i]}, true};
            return true;
        }
    out->is_double = false;
    if (pt_parse_u64(text.at, text.size, &out->number.u64))
        return true;
    out->is_double = true;
    return !is_string && pt_parse_double(text.at, text.size, &out->number.f64);
}

static struct number read_number(struct json_read *read)
{
    struct number number = {{.u64 = 0}, false};
    bool is_string = pt_json_next(&read->json) == PT_JSON_STRING;
    const char *at = read->json.at;
    pitot_str text;

    if (is_string ? !pt_json_string(&read->json, &text)
                  : !expect(read, PT_JSON_NUMBER, "a number was expected") ||
                        !pt_json_number(&read->json, &text))
        return number;
    if (!number_of(text, is_string, &number))
        refuse_word(read, at, "a number was expected, and not", text,
            is_string ? "; only NaN, +Inf, -Inf and integers may be strings"
                      : ", which is too large");
    return number;
}

static double as_double(struct number number)
{
    return number.is_double ? number.number.f64 : (double)number.number.u64;
}

static double read_double(struct json_read *read)
{
    return as_double(read_number(read));
}

static int64_t read_time(struct json_read *read)
{
    int64_t time = PITOT_TIME_NONE;
    pitot_str text;

    if (!expect(read, PT_JSON_NUMBER, "a time was expected: a number of seconds since 1970") ||
        !pt_json_number(&read->json, &text))
        return PITOT_TIME_NONE;
    if (!pt_parse_seconds(text.at, text.size, &time))
        refuse(read, text.at, "this time is not one between the years 1677 and 2262");
    return time;
}

/* A whole number; `least` where it is none of these. */
static int64_t read_integer(struct json_read *read, int64_t least, int64_t most)
{
    int64_t n = least;
    pitot_str text;

    if (!expect(read, PT_JSON_NUMBER, "a number was expected") ||
        !pt_json_number(&read->json, &text))
        return least;
    if (pt_parse_i64(text.at, text.size, &n) && n >= least && n <= most)
        return n;
    refuse_word(read, text.at, "the number", text, " is too large, too small or not whole");
    return least;
}

/* ---- Labels and exemplars ---- */

static void read_labels(struct json_read *read)
{
    pitot_str name, value;
    size_t count = 0;
    const char *at;

    pt_draft_begin_labels(&read->draft);
    if (!expect(read, PT_JSON_OBJECT, "labels were expected, which are an object"))
        return;
    while (pt_json_key(&read->json, &count, &name, &at)) {
        if (name.at != at + 1) /* it had escapes, and is where the value may be in a moment */
            name = pt_draft_keep(&read->draft, name);
        read->json.stop |= read->draft.failed;
        if (!read_text(read, &value))
            continue;
        const char *why = pt_draft_label(&read->draft, name, value);
        if (why)
            refuse(read, at, why);
    }
}

static void read_exemplar(struct json_read *read)
{
    bool was_bad = read->bad, bucketed = pt_type_is_bucketed(read->type);
    pitot_exemplar exemplar = {.time = PITOT_TIME_NONE};
    struct members members = {0};
    const char *start = read->json.at;
    int key;

    if (!expect(read, PT_JSON_OBJECT, "an exemplar was expected, which is an object"))
        return;
    read->bad = false;
    pt_draft_begin_labels(&read->draft);
    while (next_key(read, &members, exemplar_keys, &key)) {
        if (key == EXEMPLAR_LABELS)
            read_labels(read);
        else if (key == EXEMPLAR_VALUE)
            exemplar.value = read_double(read);
        else if (key == EXEMPLAR_TIME)
            exemplar.time = read_time(read);
        else
            exemplar.bucket = (uint32_t)read_integer(read, 0, UINT32_MAX - 1);
    }
    if (!has(&members, EXEMPLAR_VALUE))
        refuse(read, start, "an exemplar has no value");
    if (bucketed && !has(&members, EXEMPLAR_BUCKET))
        exemplar.bucket = PITOT_EXEMPLAR_NATIVE;
    bool good = !read->bad;
    read->bad = was_bad; /* an exemplar that is left out takes nothing with it */
    if (!good || read->json.stop)
        return;
    exemplar.labels = pt_draft_labels(&read->draft);
    if (exemplar.bucket == PITOT_EXEMPLAR_NATIVE)
        (void)PT_DRAFT_ADD(&read->draft, read->draft.native_exemplars, exemplar);
    else
        (void)PT_DRAFT_ADD(&read->draft, read->draft.exemplars, exemplar);
}

/* Those of classic buckets, in their order; then the others. */
static void order_exemplars(struct json_read *read, const char *at)
{
    struct pt_draft *draft = &read->draft;
    bool bucketed = pt_type_is_bucketed(read->type);
    size_t kept = 0;

    for (size_t i = 0; i < draft->exemplars.count; i++) {
        pitot_exemplar exemplar = draft->exemplars.items[i];
        bool was_bad = read->bad;

        if (exemplar.bucket > (bucketed ? draft->bounds.count : 0))
            refuse(read, at, "an exemplar is of a bucket that there is not");
        else if (bucketed && kept && exemplar.bucket <= draft->exemplars.items[kept - 1].bucket)
            refuse(read, at, "the exemplars are not in the order of their buckets, one for each");
        else
            draft->exemplars.items[kept++] = exemplar;
        read->bad = was_bad;
    }
    draft->exemplars.count = kept;
    for (size_t i = 0; i < draft->native_exemplars.count; i++)
        (void)PT_DRAFT_ADD(draft, draft->exemplars, draft->native_exemplars.items[i]);
}

/* ---- Histograms and summaries ---- */

static void read_bucket(struct json_read *read)
{
    size_t bounds = read->draft.bounds.count, buckets = read->buckets.count;
    struct members members = {0};
    struct number count = {0};
    const char *start = read->json.at;
    double bound = 0;
    int key;

    if (!expect(read, PT_JSON_OBJECT, "a bucket was expected, which is an object"))
        return;
    while (next_key(read, &members, bucket_keys, &key)) {
        if (key == BUCKET_LE)
            bound = read_double(read);
        else
            count = read_number(read);
    }
    if (!has(&members, BUCKET_LE) || !has(&members, BUCKET_COUNT))
        refuse(read, start, "a bucket has both a bound, \"le\", and a \"count\"");
    if (isnan(bound) || buckets > bounds ||
        (bounds && bound <= read->draft.bounds.items[bounds - 1]))
        refuse(read, start, "the bounds of buckets are numbers that rise");
    if (count.is_double && !(count.number.f64 >= 0))
        refuse(read, start, "the count of a bucket is 0 or more");
    (void)PT_DRAFT_ADD(&read->draft, read->buckets, count);
    if (bound != (double)INFINITY)
        (void)PT_DRAFT_ADD(&read->draft, read->draft.bounds, bound);
}

static void read_quantile(struct json_read *read)
{
    size_t bounds = read->draft.bounds.count;
    struct members members = {0};
    double quantile = 0, value = 0;
    const char *start = read->json.at;
    int key;

    if (!expect(read, PT_JSON_OBJECT, "a quantile was expected, which is an object"))
        return;
    while (next_key(read, &members, quantile_keys, &key)) {
        if (key == QUANTILE)
            quantile = read_double(read);
        else
            value = read_double(read);
    }
    if (!has(&members, QUANTILE) || !has(&members, QUANTILE_VALUE))
        refuse(read, start, "a quantile has both \"quantile\" and \"value\"");
    if (!(quantile >= 0 && quantile <= 1) ||
        (bounds && quantile <= read->draft.bounds.items[bounds - 1]))
        refuse(read, start, "quantiles are between 0 and 1, and rise");
    (void)PT_DRAFT_ADD(&read->draft, read->draft.bounds, quantile);
    (void)PT_DRAFT_ADD(&read->draft, read->draft.numbers, (pitot_number){.f64 = value});
}

static void read_span(struct json_read *read, int side)
{
    struct members members = {0};
    pitot_span span = {0, 0};
    int key;

    if (!expect(read, PT_JSON_OBJECT, "a span was expected, which is an object"))
        return;
    while (next_key(read, &members, span_keys, &key)) {
        if (key == OFFSET)
            span.offset = (int32_t)read_integer(read, INT32_MIN, INT32_MAX);
        else
            span.length = (uint32_t)read_integer(read, 0, UINT32_MAX);
    }
    (void)PT_DRAFT_ADD(&read->draft, read->draft.sides[side].spans, span);
}

static void read_side(struct json_read *read, int side)
{
    struct members members = {0};
    int key;

    read->draft.sides[side].spans.count = read->sides[side].count = 0;
    if (!expect(read, PT_JSON_OBJECT, "\"spans\" and \"counts\" were expected, in an object"))
        return;
    while (next_key(read, &members, side_keys, &key)) {
        size_t count = 0;

        if (!expect(read, PT_JSON_ARRAY, "an array was expected"))
            continue;
        while (pt_json_item(&read->json, &count)) {
            if (key == SPANS) {
                read_span(read, side);
                continue;
            }
            struct number number = read_number(read);
            (void)PT_DRAFT_ADD(&read->draft, read->sides[side], number);
        }
    }
}

/* Returns its zero count: what is in `draft.native` is put together later. */
static struct number read_native(struct json_read *read)
{
    pitot_native *native = &read->draft.native;
    struct number zero_count = {0};
    struct members members = {0};
    const char *start = read->json.at;
    int key;

    *native = (pitot_native){.schema = PITOT_SCHEMA_NONE};
    read->draft.sides[0].spans.count = read->draft.sides[1].spans.count = 0;
    read->sides[0].count = read->sides[1].count = 0;
    if (!expect(read, PT_JSON_OBJECT, "native buckets were expected, which are an object"))
        return zero_count;
    while (next_key(read, &members, native_keys, &key)) {
        if (key == SCHEMA)
            native->schema = (int32_t)read_integer(read, INT32_MIN, INT32_MAX);
        else if (key == ZERO_THRESHOLD)
            native->zero_threshold = read_double(read);
        else if (key == ZERO_COUNT)
            zero_count = read_number(read);
        else
            read_side(read, key == NEGATIVE);
    }
    if (!has(&members, SCHEMA))
        refuse(read, start, "native buckets have a \"schema\"");
    return zero_count;
}

/* ---- Putting a series together ---- */

/* What stands in a series but once. */
struct series {
    struct members members;
    const char *at;
    struct number value, count, zero_count;
    double sum;
    bool is_double;
    pitot_series made;
};

static bool has_double(const number_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].is_double)
            return true;
    return false;
}

static pitot_number in_kind(struct number number, bool is_double)
{
    return is_double ? (pitot_number){.f64 = as_double(number)} : number.number;
}

static void make_native(struct json_read *read, struct series *series)
{
    struct pt_draft *draft = &read->draft;
    pitot_native *native = &draft->native;
    pitot_error why = {0};

    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < read->sides[side].count; i++) {
            pitot_number number = in_kind(read->sides[side].items[i], series->is_double);

            (void)PT_DRAFT_ADD(draft, draft->sides[side].counts, number);
        }
    native->zero_count = in_kind(series->zero_count, series->is_double);
    native->positive = draft->sides[0].counts.items;
    native->negative = draft->sides[1].counts.items;
    native->positive_count = draft->sides[0].counts.count;
    native->negative_count = draft->sides[1].counts.count;
    native->positive_span_count = draft->sides[0].spans.count;
    native->negative_span_count = draft->sides[1].spans.count;
    if (draft->failed)
        return;
    if (pt_native_check(native, draft->sides[0].spans.items, draft->sides[1].spans.items,
            series->is_double, in_kind(series->count, series->is_double), series->sum, &why)) {
        series->made.native = native;
        return;
    }
    refuse(read, series->at, why.message);
    read->bad = draft->bounds.count == 0; /* classic buckets can do without */
}

static void make_histogram(struct json_read *read, struct series *series)
{
    struct pt_draft *draft = &read->draft;
    uint64_t sum = 0;
    bool fits = true;

    series->is_double = series->count.is_double || series->zero_count.is_double ||
                        has_double(&read->buckets) || has_double(&read->sides[0]) ||
                        has_double(&read->sides[1]);
    if (read->buckets.count == 0) /* it is all in +Inf */
        (void)PT_DRAFT_ADD(draft, read->buckets, series->count);
    if (read->buckets.count != draft->bounds.count + 1)
        refuse(read, series->at, "the last bucket is that of +Inf");
    if (!(as_double(series->count) >= 0))
        refuse(read, series->at, "the count of a histogram is 0 or more");
    for (size_t i = 0; i < read->buckets.count; i++) {
        pitot_number number = in_kind(read->buckets.items[i], series->is_double);

        fits &= series->is_double || !__builtin_add_overflow(sum, number.u64, &sum);
        (void)PT_DRAFT_ADD(draft, draft->numbers, number);
    }
    if (!series->is_double && (!fits || sum != series->count.number.u64))
        refuse(read, series->at, "the buckets do not add up to the \"count\"");
    (void)PT_DRAFT_ADD(draft, draft->numbers, (pitot_number){.f64 = series->sum});
    if (has(&series->members, NATIVE) && !read->bad)
        make_native(read, series);
}

static void make_numbers(struct json_read *read, struct series *series)
{
    struct pt_draft *draft = &read->draft;

    if (pt_type_is_bucketed(read->type)) {
        make_histogram(read, series);
        return;
    }
    if (read->type == PITOT_SUMMARY) {
        series->is_double = series->count.is_double;
        (void)PT_DRAFT_ADD(draft, draft->numbers, series->count.number);
        (void)PT_DRAFT_ADD(draft, draft->numbers, (pitot_number){.f64 = series->sum});
        return;
    }
    series->is_double = series->value.is_double;
    (void)PT_DRAFT_ADD(draft, draft->numbers, series->value.number);
}

/* Which keys a series of this type has to have, and which it may have besides. */
static void check_keys(struct json_read *read, const struct series *series)
{
    const unsigned any = 1u << LABELS | 1u << START | 1u << TIME | 1u << EXEMPLARS;
    unsigned must = 1u << VALUE, may = any;

    if (pt_type_is_bucketed(read->type)) {
        must = 1u << COUNT;
        may |= 1u << SUM | 1u << BUCKETS | 1u << NATIVE;
    } else if (read->type == PITOT_SUMMARY) {
        must = 1u << COUNT;
        may |= 1u << SUM | 1u << QUANTILES;
    }
    for (int key = 0; series_keys[key]; key++) {
        pitot_str word = {series_keys[key], strlen(series_keys[key])};

        if (must & 1u << key && !has(&series->members, key))
            refuse_word(read, series->at, "a series of this type has a", word, "");
        if (has(&series->members, key) && !((must | may) & 1u << key))
            refuse_word(read, series->at, "a series of this type has no", word, "");
    }
}

static void read_list(struct json_read *read, void (*item)(struct json_read *))
{
    size_t count = 0;

    if (expect(read, PT_JSON_ARRAY, "an array was expected"))
        while (pt_json_item(&read->json, &count))
            item(read);
}

static void read_member(struct json_read *read, struct series *series, int key)
{
    struct pt_draft *draft = &read->draft;

    switch (key) {
    case LABELS:
        read_labels(read);
        const char *why = pt_draft_reserved(draft, read->type);
        if (why)
            refuse(read, series->at, why);
        series->made.labels = pt_draft_labels(draft);
        break;
    case VALUE:
        series->value = read_number(read);
        break;
    case COUNT:
        series->count = read_number(read);
        break;
    case SUM:
        series->sum = read_double(read);
        break;
    case BUCKETS:
        read->buckets.count = draft->bounds.count = 0;
        read_list(read, read_bucket);
        break;
    case QUANTILES:
        draft->numbers.count = draft->bounds.count = 0;
        read_list(read, read_quantile);
        break;
    case NATIVE:
        series->zero_count = read_native(read);
        break;
    case START:
        series->made.start = read_time(read);
        break;
    case TIME:
        series->made.time = read_time(read);
        break;
    default:
        draft->exemplars.count = draft->native_exemplars.count = 0;
        read_list(read, read_exemplar);
    }
}

static void read_series(struct json_read *read)
{
    struct series series = {
        .sum = NAN, .made = {.start = PITOT_TIME_NONE, .time = PITOT_TIME_NONE, .labels = {"", 0}}};
    int key;

    read->bad = false;
    read->buckets.count = read->sides[0].count = read->sides[1].count = 0;
    pt_draft_begin_series(&read->draft);
    pt_json_next(&read->json);
    series.at = read->json.at;
    if (!expect(read, PT_JSON_OBJECT, "a series was expected, which is an object"))
        return;
    while (next_key(read, &series.members, series_keys, &key) && !read->draft.failed)
        read_member(read, &series, key);
    if (!read->json.stop && !read->bad)
        check_keys(read, &series);
    if (!read->json.stop && !read->bad)
        make_numbers(read, &series);
    if (!read->json.stop && !read->bad)
        order_exemplars(read, series.at);
    read->json.stop |= read->draft.failed;
    if (read->bad || read->json.stop)
        return;
    pt_draft_series(&read->draft, &series.made);
    series.made.is_double = series.is_double;
    switch (pt_builder_series(read->draft.builder, &series.made)) {
    case PT_ADDED:
        break;
    case PT_ADDED_BEFORE:
        refuse(read, series.at, "this label set was there before; a series must be there once");
        break;
    case PT_ADDED_FAILED:
        read->json.stop = true;
    }
}

/* ---- Families ---- */

static bool type_of(pitot_str word, pitot_type *type)
{
    static const char *const words[] = {"unknown", "counter", "gauge", "histogram", "summary",
        "info", "stateset", "gaugehistogram"}; /* in the order of pitot_type */

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (pt_str_equal(word, (pitot_str){words[i], strlen(words[i])})) {
            *type = (pitot_type)i;
            return true;
        }
    return false;
}

struct family {
    pitot_str texts[UNIT + 1]; /* by key; that of TYPE is not kept */
    const char *series;        /* where they begin */
};

static void read_family_member(struct json_read *read, struct family *family, int key)
{
    pitot_str text;

    if (key == SERIES) {
        pt_json_next(&read->json);
        family->series = read->json.at;
        pt_json_skip(&read->json);
        return;
    }
    const char *at = read->json.at;
    if (!read_text(read, &text))
        return;
    if (key != TYPE)
        family->texts[key] = pt_draft_keep(&read->draft, text);
    else if (!type_of(text, &read->type))
        refuse_word(read, at, "there is no type", text, "");
}

/* All but the series. False when that is not enough of a family. */
static bool read_head(struct json_read *read, struct family *family)
{
    struct members members = {0};
    const char *start = read->json.at;
    int key;

    read->bad = false;
    read->name = (pitot_str){NULL, 0};
    if (!expect(read, PT_JSON_OBJECT, "a family was expected, which is an object"))
        return false;
    while (next_key(read, &members, family_keys, &key))
        read_family_member(read, family, key);
    if (read->json.stop)
        return false;
    read->name = family->texts[NAME];
    if (read->name.size == 0)
        return refuse(read, start, "a family has a \"name\", which is not empty");
    if (!has(&members, TYPE))
        return refuse(read, start, "a family has a \"type\"");
    return !read->bad;
}

static void read_family(struct json_read *read)
{
    struct family family = {0};

    pt_json_next(&read->json);
    const char *start = read->json.at;
    if (!read_head(read, &family))
        return;
    enum pt_nameset_added added = pt_nameset_add(&read->draft.families, read->name);
    if (added == PT_NAMESET_FAILED)
        pt_draft_fail(&read->draft);
    read->json.stop |= read->draft.failed;
    if (added != PT_NAMESET_NEW) {
        refuse(read, start, "this family was there before; all of it must be in one place");
        return;
    }
    pt_builder_family(
        read->draft.builder, read->type, read->name, family.texts[HELP], family.texts[UNIT]);
    if (!family.series)
        return;
    const char *behind = read->json.at;
    read->json.at = family.series;
    read_list(read, read_series);
    if (!read->json.stop)
        read->json.at = behind;
}

static void read_page(struct json_read *read)
{
    struct members members = {0};
    int key;

    if (!expect(read, PT_JSON_OBJECT, "an object was expected: {\"families\":[...]}"))
        return;
    while (next_key(read, &members, page_keys, &key)) {
        const char *at = read->json.at;

        read->name = (pitot_str){NULL, 0}; /* what is wrong outside of families is of none */
        if (key == FAMILIES)
            read_list(read, read_family);
        else if (read_integer(read, 0, INT64_MAX) != 1)
            refuse(read, at, "the version of this schema is 1");
    }
    read->name = (pitot_str){NULL, 0};
    if (!has(&members, FAMILIES))
        refuse(read, read->json.page->bytes, "there are no \"families\"");
    if (pt_json_next(&read->json) != PT_JSON_END)
        refuse(read, read->json.at, "something follows the end of the page");
}

void pt_json_decode(const struct pt_page *page)
{
    struct json_read read = {
        .json = {.page = page,
            .at = page->bytes,
            .end = page->bytes + page->size,
            .text = pt_buf_new(SIZE_MAX / 2)},
        .draft = {.builder = page->builder, .labels = pt_buf_new(SIZE_MAX / 2)},
    };

    read_page(&read);
    pt_draft_free(&read.draft);
    pt_buf_free(&read.json.text);
    pt_free(read.buckets.items);
    pt_free(read.sides[0].items);
    pt_free(read.sides[1].items);
}
