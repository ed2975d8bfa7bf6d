/* SPDX-License-Identifier: MIT */
/*
 * body.c -- the body of a response while it is written: compressed only when that is worth it.
 *
 * Bytes are kept plain until there are PT_BODY_COMPRESSED_MIN of them; from then on they are
 * compressed, a piece at a time. So the size of a page need not be known before it is written, and
 * it is never held twice. One thread at a time.
 */
#include "transport/body.h"

#define PIECE_SIZE ((size_t)64 << 10)

void pt_body_open(struct pt_body *body, enum pt_encoding wanted)
{
    *body = (struct pt_body){
        .out = pt_buf_new(PT_BODY_SIZE_MAX),
        .plain = pt_buf_new(PIECE_SIZE),
        .wanted = wanted,
    };
}

static bool code_piece(struct pt_body *body)
{
    struct pt_coding_end piece;
    bool ok = pt_coding_piece(
        &body->coder, body->coding, body->plain.at, body->plain.size, &body->out, &piece);

    if (ok)
        pt_coding_join(&body->total, &piece);
    body->plain.size = 0;
    return ok;
}

static bool add(struct pt_body *body, const char *bytes, size_t size)
{
    while (size > 0) {
        size_t room = PIECE_SIZE - body->plain.size;
        size_t step = size < room ? size : room;

        if (!pt_buf_write(&body->plain, bytes, step))
            return false;
        if (body->plain.size == PIECE_SIZE && !code_piece(body))
            return false;
        bytes += step;
        size -= step;
    }
    return true;
}

static bool start_compressing(struct pt_body *body)
{
    body->plain = body->out;
    body->plain.max = PIECE_SIZE;
    body->out = pt_buf_new(PT_BODY_SIZE_MAX);
    body->coding = body->wanted;
    return pt_coding_begin(body->coding, &body->out);
}

bool pt_body_write(void *ctx, const char *bytes, size_t size)
{
    struct pt_body *body = ctx;

    if (body->coding != PT_ENCODING_IDENTITY)
        return add(body, bytes, size);
    if (body->wanted == PT_ENCODING_IDENTITY || body->out.size + size < PT_BODY_COMPRESSED_MIN)
        return pt_buf_write(&body->out, bytes, size);
    return start_compressing(body) && add(body, bytes, size);
}

bool pt_body_finish(struct pt_body *body, enum pt_encoding *used)
{
    *used = body->coding;
    if (body->coding != PT_ENCODING_IDENTITY &&
        !(code_piece(body) && pt_coding_finish(body->coding, &body->total, &body->out)))
        return false;
    return !body->out.failed;
}

void pt_body_close(struct pt_body *body)
{
    pt_coder_free(&body->coder);
    pt_buf_free(&body->plain);
    pt_buf_free(&body->out);
}
