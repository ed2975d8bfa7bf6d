/* SPDX-License-Identifier: MIT */
/*
 * plain_metric.c -- the protobuf message of a series with nothing unusual about it.
 *
 * Labels are found by where the quotes of their block are, a bit for each byte, and copied from
 * there. What is written here and what protobuf.c writes is the same.
 */
#include "format/plain_metric.h"

#include "format/protobuf.h"
#include "format/wire.h"

#include <math.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define STEP 16
#define WORDS 4
#define BLOCK_MAX (WORDS * 64 - STEP) /* bytes of a block */
#define SHORT_MAX 120                 /* a label of such a block is shorter than 128 bytes */
#define BUCKET_MAX 24

#define NS_PER_SECOND 1000000000

/* The quotes of a block: bit i % 64 of word i / 64 is byte i. */
struct quotes {
    uint64_t words[WORDS];
    size_t count;
};

/* The one byte or the 16 bytes at `at`: which are quotes; `escapes` grows by which are `\`. */
#ifdef __SSE2__
static inline uint64_t quotes_of_step(const char *at, uint64_t *escapes)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)at);

    *escapes = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')));
}
#else
static inline uint64_t quotes_of_step(const char *at, uint64_t *escapes)
{
    uint64_t found = 0;

    *escapes = 0;
    for (size_t i = 0; i < STEP; i++) {
        found |= (uint64_t)(at[i] == '"') << i;
        *escapes |= (uint64_t)(at[i] == '\\') << i;
    }
    return found;
}
#endif

/* The block has BLOCK_MAX bytes at most, and STEP readable ones behind it. False when anything in
 * it is escaped. */
static inline bool find_quotes(struct quotes *quotes, pitot_str block)
{
    *quotes = (struct quotes){.count = 0};
    for (size_t i = 0; i < block.size; i += STEP) {
        size_t left = block.size - i;
        uint64_t mask = left < STEP ? (UINT64_C(1) << left) - 1 : 0xffff;
        uint64_t escapes, found = quotes_of_step(block.at + i, &escapes) & mask;

        if (escapes & mask)
            return false;
        quotes->words[i / 64] |= found << i % 64;
        quotes->count += (size_t)__builtin_popcountll(found);
    }
    return quotes->count % 2 == 0;
}

/* The place of the next quote. */
static inline size_t next_quote(struct quotes *quotes)
{
    size_t i = 0;

    while (!quotes->words[i])
        i++;
    size_t bit = (size_t)__builtin_ctzll(quotes->words[i]);
    quotes->words[i] &= quotes->words[i] - 1;
    return i * 64 + bit;
}

static inline size_t size_of_label(size_t name, size_t value)
{
    return 2 + pt_wire_varint_size(name) + name + pt_wire_varint_size(value) + value;
}

/* What the labels take as fields of the metric. */
static inline size_t size_of_labels(struct quotes quotes, pitot_str block)
{
    size_t size = 0, start = 0;

    if (block.size == 0)
        return 0;
    if (block.size <= SHORT_MAX) /* `name="value",` takes 4 bytes that are not text, the field 6 */
        return block.size + quotes.count + 1;
    for (size_t i = 0; i < quotes.count; i += 2) {
        size_t open = next_quote(&quotes), close = next_quote(&quotes);
        size_t label = size_of_label(open - 1 - start, close - open - 1);

        size += 1 + pt_wire_varint_size(label) + label;
        start = close + 2;
    }
    return size;
}

/* ---- Sizes ---- */

static inline size_t size_of_start(const struct pt_family_values *values, size_t series)
{
    int64_t start = pt_start_of(values, series);
    int64_t nanos = start % NS_PER_SECOND;

    if (start == PITOT_TIME_NONE)
        return 0;
    return 1 + pt_wire_varint_size((uint64_t)(start / NS_PER_SECOND)) +
           (nanos ? 1 + pt_wire_varint_size((uint64_t)nanos) : 0);
}

/* Of the message that is the value; `start` is the size of the one that is its start, or 0. */
static inline size_t size_of_value(
    const struct pt_family_values *values, size_t series, size_t start)
{
    size_t size = start ? 2 + start : 0;

    if (!pt_type_is_bucketed(values->type))
        return size + 9;
    const uint64_t *counts = pt_values_of(values, series);
    uint64_t count = 0;
    size += 12 * (values->bound_count + 1) + 10;
    for (size_t i = 0; i <= values->bound_count; i++) {
        count += counts[i];
        size += pt_wire_varint_size(count);
    }
    return size + pt_wire_varint_size(count);
}

/* Sizes of a message and of what it consists of, and where its labels are. */
struct sizes {
    size_t labels, start, value, all;
    struct quotes quotes;
};

static inline bool is_plain(const struct pt_plain_metric *plain, size_t series, pitot_str block)
{
    const struct pt_family_values *values = plain->values;
    size_t exemplars;

    if (!plain->possible || block.size > BLOCK_MAX)
        return false;
    if (pt_type_is_bucketed(values->type) && pt_kind_of(values, series) != PT_U64)
        return false;
    if (__builtin_expect(values->starts != NULL, true) && values->starts[series] < 0 &&
        values->starts[series] != PITOT_TIME_NONE)
        return false;
    if (!values->exemplar_ends)
        return true;
    pt_exemplars_of(values, series, &exemplars);
    return exemplars == 0;
}

static inline bool measure(
    const struct pt_plain_metric *plain, size_t series, pitot_str block, struct sizes *sizes)
{
    const struct pt_family_values *values = plain->values;
    bool starts =
        values->starts && (values->type == PITOT_COUNTER || values->type == PITOT_HISTOGRAM ||
                              values->type == PITOT_GAUGE_HISTOGRAM);

    if (!find_quotes(&sizes->quotes, block))
        return false;
    sizes->labels = size_of_labels(sizes->quotes, block);
    sizes->start = starts ? size_of_start(values, series) : 0;
    sizes->value = size_of_value(values, series, sizes->start);
    sizes->all = sizes->labels + 1 + pt_wire_varint_size(sizes->value) + sizes->value;
    return true;
}

/* The block with readable bytes behind it: as it is, or a copy in `room`. */
static inline pitot_str with_slack(
    const struct pt_family_values *values, pitot_str block, char room[BLOCK_MAX + PT_OUT_MOVE])
{
    if (values->text || block.size == 0)
        return block;
    memcpy(room, block.at, block.size);
    return (pitot_str){room, block.size};
}

struct pt_plain_metric pt_plain_metric_open(const struct pt_family_values *values, unsigned field)
{
    bool possible = values->type != PITOT_SUMMARY && !values->quoted && !values->times &&
                    !values->natives && values->bound_count * BUCKET_MAX < PT_OUT_CHUNK / 2;

    return (struct pt_plain_metric){values, field, possible};
}

size_t pt_plain_metric_size(const struct pt_plain_metric *plain, size_t series)
{
    pitot_str block = pt_labels_of(plain->values, series);
    char room[BLOCK_MAX + PT_OUT_MOVE];
    struct sizes sizes;

    if (!is_plain(plain, series, block))
        return 0;
    return measure(plain, series, with_slack(plain->values, block, room), &sizes) ? sizes.all : 0;
}

/* ---- Writing ---- */

static inline char *put_varint(char *at, uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        *at++ = (char)(n | 0x80);
    *at++ = (char)n;
    return at;
}

static inline char *put_length(char *at, unsigned field, size_t size)
{
    *at++ = (char)(field << 3 | PT_WIRE_BYTES);
    return put_varint(at, size);
}

static inline char *put_u64(char *at, unsigned field, uint64_t n)
{
    *at++ = (char)(field << 3 | PT_WIRE_VARINT);
    return put_varint(at, n);
}

static inline char *put_double(char *at, unsigned field, double value)
{
    uint64_t word;

    memcpy(&word, &value, sizeof(word));
    *at++ = (char)(field << 3 | PT_WIRE_FIXED64);
    pt_digits_store(at, word);
    return at + sizeof(word);
}

static inline char *put_labels(char *at, struct quotes *quotes, pitot_str block)
{
    size_t start = 0;

    for (size_t i = 0; i < quotes->count; i += 2) {
        size_t open = next_quote(quotes), close = next_quote(quotes);
        size_t name = open - 1 - start, value = close - open - 1;

        at = put_length(at, METRIC_LABEL, size_of_label(name, value));
        at = put_length(at, LABEL_NAME, name);
        at = pt_out_copy(at, block.at + start, name);
        at = put_length(at, LABEL_VALUE, value);
        at = pt_out_copy(at, block.at + open + 1, value);
        start = close + 2;
    }
    return at;
}

static inline char *put_start(char *at, unsigned field, int64_t start, size_t size)
{
    if (!size)
        return at;
    at = put_length(at, field, size);
    at = put_u64(at, TIMESTAMP_SECONDS, (uint64_t)(start / NS_PER_SECOND));
    return start % NS_PER_SECOND ? put_u64(at, TIMESTAMP_NANOS, (uint64_t)(start % NS_PER_SECOND))
                                 : at;
}

static inline char *put_histogram(
    char *at, const struct pt_family_values *values, size_t series, size_t start)
{
    const uint64_t *words = pt_values_of(values, series);
    size_t bound_count = values->bound_count;
    uint64_t count = 0, total = 0;

    for (size_t i = 0; i <= bound_count; i++)
        total += words[i];
    at = put_u64(at, HISTOGRAM_COUNT, total);
    at = put_double(at, HISTOGRAM_SUM, pt_wire_as_double(words[bound_count + 1]));
    for (size_t i = 0; i <= bound_count; i++) {
        count += words[i];
        at = put_length(at, HISTOGRAM_BUCKET, 10 + pt_wire_varint_size(count));
        at = put_u64(at, BUCKET_COUNT, count);
        at = put_double(
            at, BUCKET_UPPER_BOUND, i < bound_count ? values->bounds[i] : (double)INFINITY);
    }
    return put_start(at, HISTOGRAM_CREATED, pt_start_of(values, series), start);
}

static inline char *put_scalar(
    char *at, const struct pt_family_values *values, size_t series, size_t start)
{
    uint64_t word = pt_values_of(values, series)[0];
    bool is_integer = pt_kind_of(values, series) == PT_U64;

    at = put_double(at, COUNTER_VALUE, is_integer ? (double)word : pt_wire_as_double(word));
    return put_start(at, COUNTER_CREATED, pt_start_of(values, series), start);
}

bool pt_plain_metric_write(const struct pt_plain_metric *plain, struct pt_out *out, size_t series)
{
    const struct pt_family_values *values = plain->values;
    pitot_str block = pt_labels_of(values, series);
    char room[BLOCK_MAX + PT_OUT_MOVE];
    struct sizes sizes;

    if (!is_plain(plain, series, block))
        return false;
    block = with_slack(values, block, room);
    if (!measure(plain, series, block, &sizes))
        return false;
    char *at = pt_out_room(out, sizes.all + PT_WIRE_VARINT_MAX + 2 * PT_OUT_MOVE);
    if (!at)
        return false;
    at = put_length(at, FAMILY_METRIC, sizes.all);
    at = put_labels(at, &sizes.quotes, block);
    at = put_length(at, plain->field, sizes.value);
    at = pt_type_is_bucketed(values->type) ? put_histogram(at, values, series, sizes.start)
                                           : put_scalar(at, values, series, sizes.start);
    pt_out_claim(out, at);
    return true;
}
