/* SPDX-License-Identifier: MIT */
/*
 * metrics.h -- what the indexer says about itself.
 *
 * Every label value is known beforehand, so each child is looked up once, here, and kept in an
 * array that an enum indexes: recording is one call on a handle, with no look-up. When set-up
 * failed the handles are NULL and every call on them does nothing.
 */
#ifndef INDEXER_METRICS_H
#define INDEXER_METRICS_H

#include <pitot/pitot.h>

enum step { STEP_WALK, STEP_READ, STEP_TOKENIZE, STEP_WRITE, STEP_COUNT };
enum result { RESULT_INDEXED, RESULT_SKIPPED, RESULT_FAILED, RESULT_COUNT };
enum skip { SKIP_NOT_REGULAR, SKIP_EMPTY, SKIP_BINARY, SKIP_TOO_LARGE, SKIP_TOO_DEEP, SKIP_COUNT };

#define CAUSES_MAX 16 /* errno values that have a name of their own, and "other" */

struct metrics {
    pitot_histogram *seconds[STEP_COUNT];
    pitot_counter *files[RESULT_COUNT];
    pitot_counter *bytes[RESULT_COUNT];
    pitot_counter *skips[SKIP_COUNT];
    pitot_counter *errors[CAUSES_MAX];
    pitot_counter *words_refused;
    pitot_gauge *in_flight;
    pitot_gauge *height;
    pitot_gauge *words;
    pitot_gauge *index_bytes;
    pitot_gauge *pass_finished;
};

/* Only the first failure is in `err`; what could not be made is NULL. */
void metrics_init(struct metrics *m, pitot_registry *reg, pitot_error *err);

/* Counts a system call's failure by its errno. */
void metrics_error(const struct metrics *m, int error_number);

#endif
