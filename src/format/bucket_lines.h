/* SPDX-License-Identifier: MIT */
/*
 * bucket_lines.h -- the lines of histograms of one family: `name_bucket{…,le="…"}`, one per bucket,
 * cumulative; the sum; the count.
 *
 * All series of a family have the same bounds, so their text is made once. Of a series, what its
 * lines begin with is put together once, and then copied.
 */
#ifndef PT_FORMAT_BUCKET_LINES_H
#define PT_FORMAT_BUCKET_LINES_H

#include "format/lines.h"

struct pt_exemplar_lines;

#define PT_BUCKET_LINES_MAX 64 /* bounds whose text is kept; of more it is made each time */

struct pt_bucket_lines {
    const struct pt_lines *lines;
    const char *sum_suffix, *count_suffix;
    bool prepared; /* all below is there */
    struct pt_lines_prefix bucket, sum, count;
    uint8_t le_sizes[PT_BUCKET_LINES_MAX + 1];
    char les[PT_BUCKET_LINES_MAX + 1][PT_OUT_MOVE]; /* `0.005"} ` */
};

/* `lines` must live as long. The suffixes are literals. */
void pt_bucket_lines_open(struct pt_bucket_lines *buckets, const struct pt_lines *lines,
    const char *sum_suffix, const char *count_suffix);

/* Returns the count of all. `exemplars` are those of the buckets, or NULL. */
struct pt_lines_total pt_bucket_lines_write(const struct pt_bucket_lines *buckets, size_t series,
    const struct pt_exemplar_lines *exemplars);

void pt_bucket_lines_sum(const struct pt_bucket_lines *buckets, size_t series);
void pt_bucket_lines_count(
    const struct pt_bucket_lines *buckets, size_t series, struct pt_lines_total count);

#endif
