/* SPDX-License-Identifier: MIT */
/*
 * exemplar_lines.h -- ` # {labels} value time`, behind a sample of OpenMetrics.
 */
#ifndef PT_FORMAT_EXEMPLAR_LINES_H
#define PT_FORMAT_EXEMPLAR_LINES_H

#include "format/lines.h"
#include "format/writer.h"

/* Of each bucket of one series, the exemplar that is written; a counter has one bucket. */
struct pt_exemplar_lines {
    struct pt_writer *writer;
    const struct pt_lines *lines;
    const pitot_exemplar *at;
    uint32_t *chosen; /* per bucket: its place in `at` and 1, or 0 */
    size_t capacity;
};

/*
 * For OpenMetrics 1: at most one for each bucket, the latest; in its bounds; of at most 128 code
 * points. One that belongs to no classic bucket goes where its value belongs, if nothing is there.
 * The others are dropped and counted. The choice is valid until the next one.
 */
void pt_exemplar_lines_choose(
    struct pt_exemplar_lines *exemplars, const struct pt_lines *lines, size_t series);

/* The exemplar of a bucket, if there is one. */
void pt_exemplar_lines_write(const struct pt_exemplar_lines *exemplars, size_t bucket);

/* For OpenMetrics 2: all that have a time. The others are dropped and counted. */
void pt_exemplar_lines_write_all(
    struct pt_writer *writer, const struct pt_lines *lines, size_t series);

/* Where nothing of the kind is allowed: drops and counts. */
void pt_exemplar_lines_drop(struct pt_writer *writer, const struct pt_lines *lines, size_t series);

static inline struct pt_exemplar_lines pt_exemplar_lines_open(struct pt_writer *writer)
{
    return (struct pt_exemplar_lines){.writer = writer};
}

void pt_exemplar_lines_close(struct pt_exemplar_lines *exemplars);

#endif
