/* SPDX-License-Identifier: MIT */
/*
 * body.c -- the body of a response while it is written: compressed only when that is worth it.
 *
 * Bytes are kept plain until there are PT_BODY_COMPRESSED_MIN of them; then those and all that
 * follow go through the compressor. So the size of a page need not be known before it is written.
 * One thread at a time.
 */
#include "transport/body.h"

void pt_body_open(struct pt_body *body, enum pt_encoding wanted)
{
    *body = (struct pt_body){.out = pt_buf_new(PT_BODY_SIZE_MAX), .wanted = wanted};
}

static bool start_compressing(struct pt_body *body)
{
    struct pt_buf plain = body->out;

    body->out = pt_buf_new(PT_BODY_SIZE_MAX);
    bool ok =
        pt_compress_open(&body->gz, &body->out) && pt_compress_add(&body->gz, plain.at, plain.size);
    pt_buf_free(&plain);
    return ok;
}

bool pt_body_write(void *ctx, const char *bytes, size_t size)
{
    struct pt_body *body = ctx;

    if (body->gz.open)
        return pt_compress_add(&body->gz, bytes, size);
    if (body->wanted == PT_ENCODING_IDENTITY || body->out.size + size < PT_BODY_COMPRESSED_MIN)
        return pt_buf_write(&body->out, bytes, size);
    return start_compressing(body) && pt_compress_add(&body->gz, bytes, size);
}

bool pt_body_finish(struct pt_body *body, enum pt_encoding *used)
{
    *used = body->gz.open ? PT_ENCODING_GZIP : PT_ENCODING_IDENTITY;
    if (body->gz.open && !pt_compress_finish(&body->gz))
        return false;
    return !body->out.failed;
}

void pt_body_close(struct pt_body *body)
{
    pt_compress_close(&body->gz);
    pt_buf_free(&body->out);
}
