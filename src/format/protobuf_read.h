/* SPDX-License-Identifier: MIT */
/*
 * protobuf_read.h -- what the readers of protobuf messages share.
 *
 * A reader goes over a message field by field. What it does not know it skips; a field twice counts
 * as the last one.
 */
#ifndef PT_FORMAT_PROTOBUF_READ_H
#define PT_FORMAT_PROTOBUF_READ_H

#include "format/draft.h"
#include "format/format.h"
#include "format/wire.h"

struct pt_protobuf_bucket {
    double upper_bound, count_float;
    uint64_t count;
    bool has_float, has_exemplar;
    pitot_exemplar exemplar;
};

struct pt_protobuf_read {
    const struct pt_page *page;
    size_t message; /* its number, from 1 */
    pitot_str name; /* of the family */
    bool stop;      /* enough problems */
    bool bad;       /* the series being read is to be left out */
    struct pt_draft draft;
    PT_LIST(struct pt_protobuf_bucket) buckets;
    PT_LIST(pitot_number) floats[2]; /* native counts that are doubles: positive, negative */
};

/* Tells of a problem at a byte of the page. Returns false. */
bool pt_protobuf_read_problem(struct pt_protobuf_read *read, const char *at, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* The same of something without which the series is worth nothing; of whatever it is part. */
#define PT_PROTOBUF_REFUSE(read, ...)                                                              \
    ((read)->bad = true, pt_protobuf_read_problem((read), __VA_ARGS__))

/* The next field of a message. False at its end, and where it is broken: then it has been told. */
bool pt_protobuf_read_next(
    struct pt_protobuf_read *read, struct pt_wire_in *in, struct pt_wire_field *field);

/* True when the field is of the type it has to be; otherwise it has been told. */
bool pt_protobuf_read_is(
    struct pt_protobuf_read *read, const struct pt_wire_field *field, enum pt_wire_type type);

/* google.protobuf.Timestamp, in ns; PITOT_TIME_NONE when it is none. */
int64_t pt_protobuf_read_time(struct pt_protobuf_read *read, const struct pt_wire_field *field);

/* False when it is to be left out. */
bool pt_protobuf_read_exemplar(struct pt_protobuf_read *read, const struct pt_wire_field *field,
    uint32_t bucket, pitot_exemplar *out);

/* Fills in all but the labels and the time. */
void pt_protobuf_read_histogram(
    struct pt_protobuf_read *read, struct pt_wire_in in, pitot_series *series);

#endif
