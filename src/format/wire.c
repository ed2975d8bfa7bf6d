/* SPDX-License-Identifier: MIT */
/*
 * wire.c -- what a protobuf message is made of ("Encoding" of the Protocol Buffers documentation).
 *
 * Writing: what is small goes straight into the chunk. Reading: whatever the bytes are, a cursor
 * moves forward and stops at its end. Any thread.
 */
#include "format/wire.h"

#define FIELD_NUMBER_MAX ((UINT64_C(1) << 29) - 1)

/* `size` bytes in the chunk, claimed; at most PT_WIRE_VARINT_MAX. */
static char *room(struct pt_wire *wire, size_t size)
{
    struct pt_out *out = wire->out;

    if (PT_OUT_CHUNK - out->size < size)
        pt_out_flush(out);
    char *at = out->chunk + out->size;
    out->size += size;
    return at;
}

void pt_wire_long_varint(struct pt_wire *wire, uint64_t n)
{
    size_t size = pt_wire_varint_size(n);

    wire->size += size;
    if (!wire->out)
        return;
    for (char *at = room(wire, size); size > 0; size--, n >>= 7)
        *at++ = (char)((n & 0x7f) | (size > 1 ? 0x80 : 0));
}

void pt_wire_add(struct pt_wire *wire, const char *bytes, size_t size)
{
    wire->size += size;
    if (wire->out && size)
        pt_out_add(wire->out, bytes, size);
}

void pt_wire_u64(struct pt_wire *wire, unsigned field, uint64_t n)
{
    pt_wire_tag(wire, field, PT_WIRE_VARINT);
    pt_wire_varint(wire, n);
}

void pt_wire_sint(struct pt_wire *wire, unsigned field, int64_t n)
{
    pt_wire_u64(wire, field, (uint64_t)n << 1 ^ (uint64_t)(n >> 63));
}

void pt_wire_double(struct pt_wire *wire, unsigned field, double value)
{
    uint64_t word;

    pt_wire_tag(wire, field, PT_WIRE_FIXED64);
    wire->size += sizeof(word);
    if (!wire->out)
        return;
    memcpy(&word, &value, sizeof(word));
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(room(wire, sizeof(word)), &word, sizeof(word));
}

void pt_wire_str(struct pt_wire *wire, unsigned field, pitot_str str)
{
    pt_wire_tag(wire, field, PT_WIRE_BYTES);
    pt_wire_varint(wire, str.size);
    pt_wire_add(wire, str.at, str.size);
}

size_t pt_wire_count(pt_wire_fn *fields, const void *message)
{
    struct pt_wire counted = {0};

    fields(&counted, message);
    return counted.size;
}

void pt_wire_counted_message(
    struct pt_wire *wire, unsigned field, pt_wire_fn *fields, const void *message, size_t size)
{
    pt_wire_tag(wire, field, PT_WIRE_BYTES);
    pt_wire_varint(wire, size);
    if (wire->out)
        fields(wire, message);
    else
        wire->size += size;
}

void pt_wire_message(struct pt_wire *wire, unsigned field, pt_wire_fn *fields, const void *message)
{
    pt_wire_counted_message(wire, field, fields, message, pt_wire_count(fields, message));
}

/* ---- Reading ---- */

static bool fails(struct pt_wire_in *in, const char *wrong)
{
    in->wrong = wrong;
    return false;
}

bool pt_wire_next_varint(struct pt_wire_in *in, uint64_t *n)
{
    uint64_t value = 0;

    for (unsigned shift = 0; in->at + shift / 7 < in->end; shift += 7) {
        uint8_t byte = (uint8_t)in->at[shift / 7];

        if (shift == 63 && byte > 1)
            return fails(in, "a varint goes past 64 bits");
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte & 0x80)
            continue;
        in->at += shift / 7 + 1;
        *n = value;
        return true;
    }
    return fails(in, "it ends inside a varint");
}

static bool next_fixed(struct pt_wire_in *in, size_t size, uint64_t *n)
{
    if ((size_t)(in->end - in->at) < size)
        return fails(in, "it ends inside a number");
    *n = 0;
    for (size_t i = 0; i < size; i++)
        *n |= (uint64_t)(uint8_t)in->at[i] << (8 * i);
    in->at += size;
    return true;
}

static bool next_bytes(struct pt_wire_in *in, struct pt_wire_field *field)
{
    const char *start = in->at;

    if (!pt_wire_next_varint(in, &field->n))
        return false;
    if (field->n > (size_t)(in->end - in->at)) {
        in->at = start;
        return fails(in, "a length goes past the end of its message");
    }
    field->body = (struct pt_wire_in){.at = in->at, .end = in->at + field->n};
    in->at += field->n;
    return true;
}

bool pt_wire_next(struct pt_wire_in *in, struct pt_wire_field *field)
{
    uint64_t tag;

    if (in->wrong || in->at >= in->end)
        return false;
    field->at = in->at;
    if (!pt_wire_next_varint(in, &tag))
        return false;
    if (tag >> 3 == 0 || tag >> 3 > FIELD_NUMBER_MAX) {
        in->at = field->at;
        return fails(in, "a field has a number that there cannot be");
    }
    field->number = (unsigned)(tag >> 3);
    field->type = (enum pt_wire_type)(tag & 7);
    switch (field->type) {
    case PT_WIRE_VARINT:
        return pt_wire_next_varint(in, &field->n);
    case PT_WIRE_FIXED64:
        return next_fixed(in, 8, &field->n);
    case PT_WIRE_FIXED32:
        return next_fixed(in, 4, &field->n);
    case PT_WIRE_BYTES:
        return next_bytes(in, field);
    }
    in->at = field->at;
    return fails(in, (tag & 7) <= 4 ? "there are no groups in these messages"
                                    : "a field has a type that there is not");
}
