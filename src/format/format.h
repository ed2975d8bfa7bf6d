/* SPDX-License-Identifier: MIT */
/*
 * format.h -- one file per wire format, both directions in it or beside it.
 *
 * An encoder is pure functions of the snapshot and its options. A decoder is a pure function of
 * the bytes: it puts families and series into a builder, and tells every problem it finds.
 */
#ifndef PT_FORMAT_FORMAT_H
#define PT_FORMAT_FORMAT_H

#include "format/writer.h"
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

/*
 * How a format writes a page, in parts: of each family its head, unless it goes on with the one
 * before it, and its series, any run of them at a time; then the end. Each part is a function of
 * the families alone, so whoever writes all of them in order has the page.
 */
struct pt_encoder {
    void (*head)(struct pt_writer *writer, size_t family);
    void (*series)(struct pt_writer *writer, size_t family, size_t from, size_t to);
    void (*end)(struct pt_writer *writer); /* NULL: there is none */
    /* Whether nothing else on the page has a part in the bytes of a family's series, and of its
     * head if `head`. NULL: nothing ever has. */
    bool (*stands_alone)(const struct pt_families *families, size_t family, bool head);
    bool any_name; /* nothing is escaped */
    bool lines;    /* a histogram and a summary are lines with the labels in each */
};

extern const struct pt_encoder pt_text_encoder, pt_openmetrics_encoder, pt_openmetrics2_encoder,
    pt_protobuf_encoder, pt_json_encoder;

/* NULL for a format that does not exist. */
const struct pt_encoder *pt_format_encoder(pitot_format format);

/* Decoders. They return when the page ends, or when the builder failed, or enough problems were
 * told. Whoever called them looks at both. */
void pt_protobuf_decode(const struct pt_page *page);
void pt_json_decode(const struct pt_page *page);
void pt_text_decode(const struct pt_page *page);
void pt_openmetrics_decode(const struct pt_page *page);
void pt_openmetrics2_decode(const struct pt_page *page);

#endif
