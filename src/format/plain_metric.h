/* SPDX-License-Identifier: MIT */
/*
 * plain_metric.h -- the protobuf message of a series with nothing unusual about it.
 *
 * A message says its length before itself. Of a plain one that is a sum of what is known: the size
 * of the label block, how many labels are in it, the digits of the counts. So it is not made twice,
 * and it is written with one look at the room. Plain is a single value or a classic histogram of
 * integers, with neither exemplar nor time, whose labels are short and not escaped: almost all.
 */
#ifndef PT_FORMAT_PLAIN_METRIC_H
#define PT_FORMAT_PLAIN_METRIC_H

#include "format/out.h"

#define PT_PLAIN_BOUNDS_MAX 64 /* of a histogram that is plain */
#define PT_PLAIN_BOUND 16      /* bytes of a move that takes the field of a bound */

/* What the metrics of one family have in common. */
struct pt_plain_metric {
    const struct pt_family_values *values;
    unsigned field;                  /* of the metric: where the value is */
    bool possible, bucketed, starts; /* the value says when it began */
    char bounds[PT_PLAIN_BOUNDS_MAX][PT_PLAIN_BOUND];
};

void pt_plain_metric_open(
    struct pt_plain_metric *plain, const struct pt_family_values *values, unsigned field);

/* The size of the message; 0 when it is no plain one. */
size_t pt_plain_metric_size(const struct pt_plain_metric *plain, size_t series);

/* Writes it, as a field of its family. False when it is no plain one. */
bool pt_plain_metric_write(const struct pt_plain_metric *plain, struct pt_out *out, size_t series);

#endif
