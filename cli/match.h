/* SPDX-License-Identifier: MIT */
/*
 * match.h -- which families and series of two snapshots are the same.
 *
 * Families match by name, series by their set of labels, in any order; a label with an empty value
 * counts as none.
 */
#ifndef CLI_MATCH_H
#define CLI_MATCH_H

#include <pitot/export.h>

#include <stdbool.h>
#include <stddef.h>

#define MATCH_NONE SIZE_MAX

struct match {
    size_t before, after; /* numbers of families or series, or MATCH_NONE */
};

struct matches {
    struct match *all;
    size_t count;
};

/* Every family, or every series of two families, each once, in the order of their keys. False when
 * memory ran out. */
bool match_families(
    const pitot_snapshot *before, const pitot_snapshot *after, struct matches *matches);
bool match_series(const pitot_snapshot *before, size_t family_before, const pitot_snapshot *after,
    size_t family_after, struct matches *matches);
void matches_free(struct matches *matches);

#endif
