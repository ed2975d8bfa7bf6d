/* SPDX-License-Identifier: MIT */
/*
 * out.h -- the bytes of an exposition on their way to a pitot_write_fn.
 *
 * They are gathered into one chunk and handed over when it is full. Once the receiver has said no,
 * everything that follows is ignored, so an encoder checks once, at its end.
 */
#ifndef PT_FORMAT_OUT_H
#define PT_FORMAT_OUT_H

#include "base/digits.h"
#include "base/number.h"
#include "snapshot/snapshot.h"

#include <string.h>

#define PT_OUT_CHUNK (64 * 1024)

struct pt_out {
    char *chunk; /* PT_OUT_CHUNK bytes */
    size_t size;
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

/*
 * Where the next bytes go, with room for `size` of them in one row; NULL when no chunk has that.
 * They are claimed by pt_out_claim() with their end. So a whole line needs one look at the room.
 */
static inline char *pt_out_room(struct pt_out *out, size_t size)
{
    if (__builtin_expect(size > PT_OUT_CHUNK - out->size, false)) {
        if (size > PT_OUT_CHUNK)
            return NULL;
        pt_out_flush(out);
    }
    return out->chunk + out->size;
}

static inline void pt_out_claim(struct pt_out *out, const char *end)
{
    out->size = (size_t)(end - out->chunk);
}

/* Copies in moves of PT_OUT_MOVE bytes, and so reads and writes up to so many past the end; both
 * sides must have them. Returns the end of what was asked for. */
#define PT_OUT_MOVE 32

static inline char *pt_out_copy(char *to, const char *from, size_t size)
{
    for (size_t i = 0; i < size; i += PT_OUT_MOVE)
        memcpy(to + i, from + i, PT_OUT_MOVE);
    return to + size;
}

/* A string literal. */
#define PT_OUT_LITERAL(out, text) pt_out_add((out), "" text, sizeof(text) - 1)

static inline void pt_out_u64(struct pt_out *out, uint64_t n)
{
    char digits[PT_NUMBER_MAX];

    pt_out_add(out, digits, pt_number_u64(digits, n));
}

#endif
