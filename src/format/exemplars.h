/* SPDX-License-Identifier: MIT */
/*
 * exemplars.h -- ` # {labels} value time`, behind a sample of OpenMetrics.
 */
#ifndef PT_FORMAT_EXEMPLARS_H
#define PT_FORMAT_EXEMPLARS_H

#include "format/lines.h"

/* Of each bucket of one series, the exemplar that is written; a counter has one bucket. */
struct pt_exemplars {
    struct pt_walk *walk;
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
void pt_exemplars_choose(
    struct pt_exemplars *exemplars, const struct pt_lines *lines, size_t series);

/* The exemplar of a bucket, if there is one. */
void pt_exemplars_write(const struct pt_exemplars *exemplars, size_t bucket);

/* For OpenMetrics 2: all that have a time. The others are dropped and counted. */
void pt_exemplars_write_all(struct pt_walk *walk, const struct pt_lines *lines, size_t series);

/* Where nothing of the kind is allowed: drops and counts. */
void pt_exemplars_drop(struct pt_walk *walk, const struct pt_lines *lines, size_t series);

static inline struct pt_exemplars pt_exemplars_open(struct pt_walk *walk)
{
    return (struct pt_exemplars){.walk = walk};
}

void pt_exemplars_close(struct pt_exemplars *exemplars);

#endif
