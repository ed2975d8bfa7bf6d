/* SPDX-License-Identifier: MIT */
/*
 * losses.h -- what a format has no place for.
 */
#ifndef CLI_LOSSES_H
#define CLI_LOSSES_H

#include <pitot/export.h>

#define LOSSES_MAX 12

struct loss {
    size_t count;
    const char *what; /* "exemplars" */
};

struct losses {
    struct loss all[LOSSES_MAX];
    size_t count;
};

/* Of this snapshot, written in this format with these options. */
struct losses losses_of(
    const pitot_snapshot *snap, pitot_format format, const pitot_encode_opts *opts);

#endif
