/* SPDX-License-Identifier: MIT */
/*
 * format.h -- one file per wire format, both directions in it or beside it.
 *
 * An encoder is a pure function of the snapshot and its options. A decoder is a pure function of
 * the bytes: it puts families and series into a builder, and tells every problem it finds.
 */
#ifndef PT_FORMAT_FORMAT_H
#define PT_FORMAT_FORMAT_H

#include "format/out.h"
#include "snapshot/build.h"

/* What a decoder works on. */
struct pt_page {
    const char *bytes;
    size_t size;
    bool lenient;
    struct pt_builder *builder;
    struct pt_problems *problems;
};

/* The problems found so far; the first one becomes the error of a strict pitot_decode(). */
struct pt_problems {
    const pitot_decode_opts *opts;
    size_t count, max;
    pitot_error first;
};

/* Tells of a problem. False when enough were told: the decoder then gives up. */
bool pt_problem(struct pt_problems *problems, size_t line, size_t column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Encoders. `opts` is never NULL. */
void pt_text_encode(const pitot_snapshot *snap, const pitot_encode_opts *opts, struct pt_out *out);
void pt_openmetrics_encode(
    const pitot_snapshot *snap, const pitot_encode_opts *opts, struct pt_out *out);
void pt_openmetrics2_encode(
    const pitot_snapshot *snap, const pitot_encode_opts *opts, struct pt_out *out);
void pt_protobuf_encode(
    const pitot_snapshot *snap, const pitot_encode_opts *opts, struct pt_out *out);
void pt_json_encode(const pitot_snapshot *snap, const pitot_encode_opts *opts, struct pt_out *out);

/* Decoders. They return when the page ends, or when the builder failed, or enough problems were
 * told. Whoever called them looks at both. */
void pt_protobuf_decode(const struct pt_page *page);
void pt_json_decode(const struct pt_page *page);
void pt_text_decode(const struct pt_page *page);
void pt_openmetrics_decode(const struct pt_page *page);
void pt_openmetrics2_decode(const struct pt_page *page);

#endif
