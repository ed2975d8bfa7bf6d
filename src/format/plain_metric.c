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

#define WORDS 4
#define WORD_BYTES 64
#define BLOCK_MAX (WORDS * WORD_BYTES) /* bytes of a block */
#define SHORT_MAX 120                  /* a label of such a block is shorter than 128 bytes */

#define NS_PER_SECOND UINT64_C(1000000000)

/* The quotes of a block: bit i % 64 of word i / 64 is byte i. */
struct quotes {
    uint64_t words[WORDS];
    size_t count;
};

/* Which of 64 bytes are the character. */
static inline uint64_t places_of(const char *at, char character)
{
    uint64_t places = 0;
#ifdef __SSE2__
    const __m128i wanted = _mm_set1_epi8(character);

    for (int i = 0; i < WORD_BYTES; i += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(at + i));

        places |= (uint64_t)(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted)) << i;
    }
#else
    for (int i = 0; i < WORD_BYTES; i++)
        places |= (uint64_t)(at[i] == character) << i;
#endif
    return places;
}

/* The builtin is a call where the machine may lack the instruction. */
static inline size_t bits_of(uint64_t word)
{
    word -= word >> 1 & UINT64_C(0x5555555555555555);
    word = (word & UINT64_C(0x3333333333333333)) + (word >> 2 & UINT64_C(0x3333333333333333));
    word = (word + (word >> 4)) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    return (size_t)(word * UINT64_C(0x0101010101010101) >> 56);
}

/* The block has BLOCK_MAX bytes at most, and WORD_BYTES readable ones behind it. False when
 * anything in it is escaped. */
static inline bool find_quotes(struct quotes *quotes, pitot_str block)
{
    quotes->count = 0;
    for (size_t i = 0; i * WORD_BYTES < block.size; i++) {
        const char *at = block.at + i * WORD_BYTES;
        size_t left = block.size - i * WORD_BYTES;
        uint64_t mask = left < WORD_BYTES ? (UINT64_C(1) << left) - 1 : UINT64_MAX;

        if (places_of(at, '\\') & mask)
            return false;
        quotes->words[i] = places_of(at, '"') & mask;
        quotes->count += bits_of(quotes->words[i]);
    }
    return quotes->count % 2 == 0;
}

/* The same without their places, of a block of SHORT_MAX bytes at most. */
static inline bool count_quotes(size_t *count, pitot_str block)
{
#ifdef __SSE2__
    static const uint8_t tail[32] = {
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    const __m128i quote = _mm_set1_epi8('"'), escape = _mm_set1_epi8('\\');
    __m128i quotes = _mm_setzero_si128(), escapes = quotes;

    for (size_t i = 0; i < block.size; i += 16) {
        size_t left = block.size - i < 16 ? block.size - i : 16;
        __m128i mask = _mm_loadu_si128((const __m128i *)(const void *)(tail + 16 - left));
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(block.at + i));

        bytes = _mm_and_si128(bytes, mask);
        quotes = _mm_sub_epi8(quotes, _mm_cmpeq_epi8(bytes, quote));
        escapes = _mm_or_si128(escapes, _mm_cmpeq_epi8(bytes, escape));
    }
    quotes = _mm_sad_epu8(quotes, _mm_setzero_si128()); /* adds up eight bytes each */
    *count = (size_t)(_mm_cvtsi128_si32(quotes) + _mm_extract_epi16(quotes, 4));
    return !_mm_movemask_epi8(escapes) && *count % 2 == 0;
#else
    struct quotes quotes;
    bool plain = find_quotes(&quotes, block);

    *count = quotes.count;
    return plain;
#endif
}

/* Goes from one quote to the next; there must be one. */
struct place {
    const uint64_t *words;
    uint64_t word; /* what is left of the first of them */
    size_t base;
};

static inline size_t next_quote(struct place *place)
{
    while (!place->word) {
        place->word = *++place->words;
        place->base += WORD_BYTES;
    }
    size_t at = place->base + (size_t)__builtin_ctzll(place->word);
    place->word &= place->word - 1;
    return at;
}

static inline size_t size_of_label(size_t name, size_t value)
{
    return 2 + pt_wire_varint_size(name) + name + pt_wire_varint_size(value) + value;
}

/* What the labels take as fields of the metric. `name="value",` of a short block has 4 bytes that
 * are not text, the field 6. */
static inline size_t size_of_short(size_t quote_count, pitot_str block)
{
    return block.size ? block.size + quote_count + 1 : 0;
}

static inline size_t size_of_labels(const struct quotes *quotes, pitot_str block)
{
    struct place place = {quotes->words, quotes->count ? quotes->words[0] : 0, 0};
    size_t size = 0, start = 0;

    if (block.size <= SHORT_MAX)
        return size_of_short(quotes->count, block);
    for (size_t i = 0; i < quotes->count; i += 2) {
        size_t open = next_quote(&place), close = next_quote(&place);
        size_t label = size_of_label(open - 1 - start, close - open - 1);

        size += 1 + pt_wire_varint_size(label) + label;
        start = close + 2;
    }
    return size;
}

/* ---- Sizes ---- */

/* Seconds from 1978 on have five bytes, as long as 64 bits can hold their nanoseconds. */
static inline size_t size_of_start(const struct pt_family_values *values, size_t series)
{
    uint64_t start = (uint64_t)values->starts[series], nanos = start % NS_PER_SECOND;

    if (values->starts[series] == PITOT_TIME_NONE)
        return 0;
    size_t size = start >= (NS_PER_SECOND << 28) ? 5 : pt_wire_varint_size(start / NS_PER_SECOND);
    return 1 + size + (nanos ? 1 + pt_wire_varint_size(nanos) : 0);
}

/* Of the message that is the value; `start` is the size of the one that is its start, or 0. */
static inline size_t size_of_value(const struct pt_plain_metric *plain, size_t series, size_t start)
{
    const struct pt_family_values *values = plain->values;
    size_t size = start ? 2 + start : 0;

    if (!plain->bucketed)
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

/* Sizes of a message and of what it consists of. */
struct sizes {
    size_t labels, start, value, all;
};

static inline bool is_plain(const struct pt_plain_metric *plain, size_t series, pitot_str block)
{
    const struct pt_family_values *values = plain->values;
    size_t exemplars;

    if (!plain->possible || block.size > BLOCK_MAX)
        return false;
    if (plain->bucketed && pt_kind_of(values, series) != PT_U64)
        return false;
    if (plain->starts && values->starts[series] < 0 && values->starts[series] != PITOT_TIME_NONE)
        return false;
    if (!values->exemplar_ends)
        return true;
    pt_exemplars_of(values, series, &exemplars);
    return exemplars == 0;
}

/* All but the labels, whose size is there. */
static inline void measure(const struct pt_plain_metric *plain, size_t series, struct sizes *sizes)
{
    sizes->start = plain->starts ? size_of_start(plain->values, series) : 0;
    sizes->value = size_of_value(plain, series, sizes->start);
    sizes->all = sizes->labels + 1 + pt_wire_varint_size(sizes->value) + sizes->value;
}

/* The block with readable bytes behind it: as it is, or a copy in `room`. */
static inline pitot_str with_slack(
    const struct pt_family_values *values, pitot_str block, char room[BLOCK_MAX + WORD_BYTES])
{
    if (values->text || block.size == 0)
        return block;
    memcpy(room, block.at, block.size);
    return (pitot_str){room, block.size};
}

size_t pt_plain_metric_size(const struct pt_plain_metric *plain, size_t series)
{
    pitot_str block = pt_labels_of(plain->values, series);
    char room[BLOCK_MAX + WORD_BYTES];
    struct quotes quotes;
    struct sizes sizes;

    if (!is_plain(plain, series, block))
        return 0;
    block = with_slack(plain->values, block, room);
    if (block.size <= SHORT_MAX) {
        if (!count_quotes(&quotes.count, block))
            return 0;
        sizes.labels = size_of_short(quotes.count, block);
    } else {
        if (!find_quotes(&quotes, block))
            return 0;
        sizes.labels = size_of_labels(&quotes, block);
    }
    measure(plain, series, &sizes);
    return sizes.all;
}

/* ---- Writing ---- */

/* The bytes of n < 2^35 as a varint, the first in the low one. */
static inline uint64_t varint_of(uint64_t n, size_t size)
{
    uint64_t spread = (n & 0x7f) | (n & 0x3f80) << 1 | (n & 0x1fc000) << 2 | (n & 0xfe00000) << 3 |
                      (n & UINT64_C(0x7f0000000)) << 4;

    return spread | (UINT64_C(0x80808080) & ((UINT64_C(1) << 8 * (size - 1)) - 1));
}

static inline char *put_varint(char *at, uint64_t n)
{
    if (n < 0x80) {
        *at = (char)n;
        return at + 1;
    }
    if (n < UINT64_C(1) << 35) {
        size_t size = pt_wire_varint_size(n);

        pt_digits_store(at, varint_of(n, size));
        return at + size;
    }
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

static inline char *put_labels(char *at, const struct quotes *quotes, pitot_str block)
{
    struct place place = {quotes->words, quotes->count ? quotes->words[0] : 0, 0};
    size_t start = 0;

    for (size_t i = 0; i < quotes->count; i += 2) {
        size_t open = next_quote(&place), close = next_quote(&place);
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

static inline char *put_start(char *at, unsigned field, uint64_t start, size_t size)
{
    if (!size)
        return at;
    at = put_length(at, field, size);
    at = put_u64(at, TIMESTAMP_SECONDS, (uint64_t)(start / NS_PER_SECOND));
    return start % NS_PER_SECOND ? put_u64(at, TIMESTAMP_NANOS, (uint64_t)(start % NS_PER_SECOND))
                                 : at;
}

/* Field, length, count: one word, if the count is small. */
static inline char *put_bucket(char *at, uint64_t count, const char bound[PT_PLAIN_BOUND])
{
    size_t size = pt_wire_varint_size(count);

    if (count < UINT64_C(1) << 35) {
        const unsigned head =
            (HISTOGRAM_BUCKET << 3 | PT_WIRE_BYTES) | (BUCKET_COUNT << 3 | PT_WIRE_VARINT) << 16;

        pt_digits_store(at, head | (10 + size) << 8 | varint_of(count, size) << 24);
        at += 3 + size;
    } else {
        at = put_length(at, HISTOGRAM_BUCKET, 10 + size);
        at = put_u64(at, BUCKET_COUNT, count);
    }
    memcpy(at, bound, PT_PLAIN_BOUND);
    return at + 9;
}

static inline char *put_histogram(
    char *at, const struct pt_plain_metric *plain, size_t series, size_t start)
{
    const struct pt_family_values *values = plain->values;
    const uint64_t *words = pt_values_of(values, series);
    size_t bound_count = values->bound_count;
    uint64_t count = 0, total = 0;

    for (size_t i = 0; i <= bound_count; i++)
        total += words[i];
    at = put_u64(at, HISTOGRAM_COUNT, total);
    at = put_double(at, HISTOGRAM_SUM, pt_wire_as_double(words[bound_count + 1]));
    for (size_t i = 0; i <= bound_count; i++) {
        count += words[i];
        at = put_bucket(at, count, plain->bounds[i]);
    }
    return put_start(at, HISTOGRAM_CREATED, (uint64_t)pt_start_of(values, series), start);
}

static inline char *put_scalar(
    char *at, const struct pt_family_values *values, size_t series, size_t start)
{
    uint64_t word = pt_values_of(values, series)[0];
    bool is_integer = pt_kind_of(values, series) == PT_U64;

    at = put_double(at, COUNTER_VALUE, is_integer ? (double)word : pt_wire_as_double(word));
    return put_start(at, COUNTER_CREATED, (uint64_t)pt_start_of(values, series), start);
}

void pt_plain_metric_open(
    struct pt_plain_metric *plain, const struct pt_family_values *values, unsigned field)
{
    plain->values = values;
    plain->field = field;
    plain->bucketed = pt_type_is_bucketed(values->type);
    plain->starts = values->starts && (plain->bucketed || values->type == PITOT_COUNTER);
    plain->possible = values->type != PITOT_SUMMARY && !values->quoted && !values->times &&
                      !values->natives && values->bound_count < PT_PLAIN_BOUNDS_MAX;
    if (!plain->possible || !plain->bucketed)
        return;
    for (size_t i = 0; i <= values->bound_count; i++)
        put_double(plain->bounds[i], BUCKET_UPPER_BOUND,
            i < values->bound_count ? values->bounds[i] : (double)INFINITY);
}

bool pt_plain_metric_write(const struct pt_plain_metric *plain, struct pt_out *out, size_t series)
{
    const struct pt_family_values *values = plain->values;
    pitot_str block = pt_labels_of(values, series);
    char room[BLOCK_MAX + WORD_BYTES];
    struct quotes quotes;
    struct sizes sizes;

    if (!is_plain(plain, series, block))
        return false;
    block = with_slack(values, block, room);
    if (!find_quotes(&quotes, block))
        return false;
    sizes.labels = size_of_labels(&quotes, block);
    measure(plain, series, &sizes);
    char *at = pt_out_room(out, sizes.all + PT_WIRE_VARINT_MAX + 2 * PT_OUT_MOVE);
    if (!at)
        return false;
    at = put_length(at, FAMILY_METRIC, sizes.all);
    at = put_labels(at, &quotes, block);
    at = put_length(at, plain->field, sizes.value);
    at = plain->bucketed ? put_histogram(at, plain, series, sizes.start)
                         : put_scalar(at, values, series, sizes.start);
    pt_out_claim(out, at);
    return true;
}
