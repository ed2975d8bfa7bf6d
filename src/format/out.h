/* SPDX-License-Identifier: MIT */
/*
 * out.h -- the bytes of an exposition on their way to a pitot_write_fn.
 *
 * They are gathered into one chunk and handed over when it is full. Once the receiver has said no,
 * everything that follows is ignored, so an encoder checks once, at its end.
 */
#ifndef PT_FORMAT_OUT_H
#define PT_FORMAT_OUT_H

#include "base/number.h"
#include "snapshot/snapshot.h"

#include <string.h>

#define PT_OUT_CHUNK (64 * 1024)

struct pt_out {
    char *chunk; /* PT_OUT_CHUNK bytes */
    size_t size;
    size_t flushes; /* how often the chunk began anew */
    pitot_write_fn *write;
    void *ctx;
    pitot_error *err;
    bool stopped; /* `write` returned false, or memory ran out and `err` says so */
};

/* Hands over what is there. */
void pt_out_flush(struct pt_out *out);

/* What does not fit into a chunk at once. */
void pt_out_add_large(struct pt_out *out, const char *bytes, size_t size);

static inline void pt_out_add(struct pt_out *out, const char *bytes, size_t size)
{
    if (size > PT_OUT_CHUNK - out->size) {
        pt_out_add_large(out, bytes, size);
        return;
    }
    memcpy(out->chunk + out->size, bytes, size);
    out->size += size;
}

static inline void pt_out_str(struct pt_out *out, pitot_str str)
{
    if (str.size)
        pt_out_add(out, str.at, str.size);
}

/* A string literal. */
#define PT_OUT_LITERAL(out, text) pt_out_add((out), "" text, sizeof(text) - 1)

static inline void pt_out_u64(struct pt_out *out, uint64_t n)
{
    char digits[PT_NUMBER_MAX];

    pt_out_add(out, digits, pt_number_u64(digits, n));
}

#endif
