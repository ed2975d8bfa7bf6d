/* SPDX-License-Identifier: MIT */
/* stream.h -- a page on its way: made and coded piece by piece, when the bytes are wanted. */
#ifndef PT_TRANSPORT_STREAM_H
#define PT_TRANSPORT_STREAM_H

#include <pitot/export.h>

#include <sys/types.h>

#include "transport/cache.h"
#include "transport/coding.h"

#define PT_STREAM_CODED_MIN 1024 /* below that, a coding saves less than it costs */

/* What making a piece needs. Streams of one thread share one. Zeroed memory has no cache. */
struct pt_stream_bench {
    struct pt_buf plain; /* the piece that is being made */
    struct pt_coder coder;
    struct pt_cache *cache; /* of coded pieces of one registry; may be NULL */
};

/* Frees the cache too. */
void pt_stream_bench_free(struct pt_stream_bench *bench);

struct pt_stream {
    const pitot_page *page;
    pitot_format format; /* of the page */
    pitot_escaping escaping;
    struct pt_stream_bench *bench;
    enum pt_encoding coding;
    bool shared;  /* others read the same page: what is coded will be wanted */
    size_t piece; /* the next to be made */
    size_t piece_count;
    struct pt_coding_end end;
    struct pt_buf ready; /* made, and not read yet from `read` on */
    size_t read;
    uint64_t work_ns; /* spent here on making and coding */
    bool ended;       /* all has been made; what is ready is the rest */
};

/*
 * Makes the beginning: all of a page that is not much longer than `size` bytes, so that its length
 * is known before it is sent; else about so many of them. What is shorter than PT_STREAM_CODED_MIN
 * is not coded: `coding` says what was done. The caller has filled in what stands above `piece`;
 * page and bench must outlive the stream. False when memory ran out; it is to be closed then, too.
 */
bool pt_stream_open(struct pt_stream *stream, size_t size);

/* The next bytes, at most `room`: how many, 0 at the end, -1 when memory ran out. */
ssize_t pt_stream_read(struct pt_stream *stream, char *at, size_t room);

/* Does nothing to zeroed memory. */
void pt_stream_close(struct pt_stream *stream);

#endif
