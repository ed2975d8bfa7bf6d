/* SPDX-License-Identifier: MIT */
/*
 * compare.h -- the rules between two expositions of one process, the older one first.
 */
#ifndef CLI_COMPARE_H
#define CLI_COMPARE_H

#include "finding.h"

struct exposition {
    const pitot_snapshot *snap;
    pitot_format format;
};

/* Errors: what never may happen. Warnings: what should not. Notes: what came and went. The findings
 * point into the snapshots. */
void compare_expositions(
    const struct exposition *before, const struct exposition *after, struct findings *findings);

#endif
