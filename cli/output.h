/* SPDX-License-Identifier: MIT */
/*
 * output.h -- a snapshot, printed in a format.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "losses.h"

struct output {
    size_t size;    /* bytes printed */
    size_t dropped; /* families, series and exemplars that could not be written */
    struct losses losses;
};

/* To standard output. A pipe that nobody reads any more is no failure. `opts.dropped` is ours. */
bool output_print(const pitot_snapshot *snap, pitot_format format, pitot_encode_opts opts,
    struct output *output, pitot_error *err);

#endif
