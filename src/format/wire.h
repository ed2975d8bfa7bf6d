/* SPDX-License-Identifier: MIT */
/*
 * wire.h -- what a protobuf message is made of: a field is a tag (its number and what follows), and
 * then a varint, eight or four bytes, or a length and so many bytes.
 *
 * A message says its length before itself, so it is made twice by the same code: a writer without
 * `out` only counts. Reading never goes past the end, and copies nothing.
 */
#ifndef PT_FORMAT_WIRE_H
#define PT_FORMAT_WIRE_H

#include "format/out.h"

#define PT_WIRE_VARINT_MAX 10 /* bytes of the longest varint */

enum pt_wire_type {
    PT_WIRE_VARINT = 0,
    PT_WIRE_FIXED64 = 1,
    PT_WIRE_BYTES = 2,
    PT_WIRE_FIXED32 = 5 /* 3 and 4 are groups, which nothing of ours has */
};

/* ---- Writing ---- */

struct pt_wire {
    struct pt_out *out; /* NULL: only count */
    size_t size;        /* of all that was written, or would have been */
};

/* Writes the fields of a message: the same ones each time. */
typedef void pt_wire_fn(struct pt_wire *wire, const void *message);

static inline size_t pt_wire_varint_size(uint64_t n)
{
    return ((size_t)(63 - __builtin_clzll(n | 1)) * 9 + 73) / 64;
}

void pt_wire_long_varint(struct pt_wire *wire, uint64_t n);

static inline void pt_wire_varint(struct pt_wire *wire, uint64_t n)
{
    if (n >= 0x80 || (wire->out && wire->out->size == PT_OUT_CHUNK)) {
        pt_wire_long_varint(wire, n);
        return;
    }
    wire->size++;
    if (wire->out)
        wire->out->chunk[wire->out->size++] = (char)n;
}

static inline void pt_wire_tag(struct pt_wire *wire, unsigned field, enum pt_wire_type type)
{
    pt_wire_varint(wire, (uint64_t)field << 3 | type);
}

void pt_wire_add(struct pt_wire *wire, const char *bytes, size_t size);

/* Whole fields. */
void pt_wire_u64(struct pt_wire *wire, unsigned field, uint64_t n);
void pt_wire_sint(struct pt_wire *wire, unsigned field, int64_t n); /* zigzag */
void pt_wire_double(struct pt_wire *wire, unsigned field, double value);
void pt_wire_str(struct pt_wire *wire, unsigned field, pitot_str str);
void pt_wire_message(struct pt_wire *wire, unsigned field, pt_wire_fn *fields, const void *message);

/* The same in two steps: how many bytes its fields take, and with that known. */
size_t pt_wire_count(pt_wire_fn *fields, const void *message);
void pt_wire_counted_message(
    struct pt_wire *wire, unsigned field, pt_wire_fn *fields, const void *message, size_t size);

/* ---- Reading ---- */

/* A message, or what is left of it. */
struct pt_wire_in {
    const char *at, *end;
    const char *wrong; /* what is, once pt_wire_next() found it; `at` is where */
};

struct pt_wire_field {
    unsigned number;
    enum pt_wire_type type;
    uint64_t n;             /* of the first two types and the last */
    struct pt_wire_in body; /* of PT_WIRE_BYTES */
    const char *at;         /* its tag */
};

/* Eight bytes, the low one first. */
static inline uint64_t pt_wire_load64(const char *at)
{
    uint64_t word = 0;

    for (int i = 7; i >= 0; i--)
        word = word << 8 | (uint8_t)at[i];
    return word;
}

/* A varint; false when it ends too early or goes past 64 bits. */
bool pt_wire_next_varint(struct pt_wire_in *in, uint64_t *n);

/* The next field; false at the end, and when something is wrong. */
bool pt_wire_next(struct pt_wire_in *in, struct pt_wire_field *field);

static inline int64_t pt_wire_zigzag(uint64_t n)
{
    return (int64_t)(n >> 1) ^ -(int64_t)(n & 1);
}

static inline double pt_wire_as_double(uint64_t n)
{
    double value;

    memcpy(&value, &n, sizeof(value));
    return value;
}

#endif
