/* SPDX-License-Identifier: MIT */
/* compress.h -- bytes in, a gzip stream at the end of a buffer out. */
#ifndef PT_TRANSPORT_COMPRESS_H
#define PT_TRANSPORT_COMPRESS_H

#include "base/buf.h"

#include <zlib.h>

/* Zeroed memory is one that is not open. */
struct pt_compress {
    z_stream stream;
    struct pt_buf *out;
    bool open;
};

/* False without memory. `out` must outlive it. */
bool pt_compress_open(struct pt_compress *gz, struct pt_buf *out);

/* False when `out` is full or memory ran out. */
bool pt_compress_add(struct pt_compress *gz, const char *bytes, size_t size);

/* Writes the end of the stream. */
bool pt_compress_finish(struct pt_compress *gz);

void pt_compress_close(struct pt_compress *gz);

#endif
