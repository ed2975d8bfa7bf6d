/* SPDX-License-Identifier: MIT */
/* body.h -- the body of a response while it is written: compressed only when that is worth it. */
#ifndef PT_TRANSPORT_BODY_H
#define PT_TRANSPORT_BODY_H

#include "transport/coding.h"

#define PT_BODY_COMPRESSED_MIN 1024        /* below that, compression saves less than it costs */
#define PT_BODY_SIZE_MAX ((size_t)1 << 30) /* a larger page is an error */

struct pt_body {
    struct pt_buf out;
    struct pt_buf plain; /* of a piece that is not compressed yet */
    struct pt_coder coder;
    struct pt_coding_end total;
    enum pt_encoding wanted;
    enum pt_encoding coding; /* of `out`; the identity until it is long enough */
};

void pt_body_open(struct pt_body *body, enum pt_encoding wanted);

/* A pitot_write_fn whose `ctx` is a struct pt_body. */
bool pt_body_write(void *body, const char *bytes, size_t size);

/* All is in `body->out` now, in the coding it returns through `used`. */
bool pt_body_finish(struct pt_body *body, enum pt_encoding *used);

void pt_body_close(struct pt_body *body);

#endif
