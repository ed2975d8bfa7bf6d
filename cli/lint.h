/* SPDX-License-Identifier: MIT */
/*
 * lint.h -- the groups of rules of `pitot lint`.
 *
 * Each is a pure function from a snapshot to findings; lint.c leaves out what nobody asked for.
 * A rule is called GROUP/RULE, for its group's name is one to switch it by.
 */
#ifndef CLI_LINT_H
#define CLI_LINT_H

#include "finding.h"
#include "options.h"

/* The rules and words of promlint, as in client_golang. */
void promlint_family(
    const pitot_snapshot *snap, size_t number, const pitot_family *family, struct findings *out);

/* The unit that a name has in it and the base unit it should have, as promlint sees them. The
 * first that is no base unit wins. False when it knows none. */
bool promlint_unit(pitot_str name, pitot_str *unit, const char **base);

/* Names and units. */
void advice_family(
    const pitot_snapshot *snap, size_t number, const pitot_family *family, struct findings *out);

/* Labels: how many values, and which. */
void labels_family(const pitot_snapshot *snap, size_t number, const pitot_family *family,
    const struct options *options, struct findings *out);

/* A label that is the same on every series of the page. */
void labels_page(const pitot_snapshot *snap, struct findings *out);

/* What a Prometheus with such limits would refuse. */
void limits_family(const pitot_snapshot *snap, size_t number, const pitot_family *family,
    const struct options *options, struct findings *out);
void limits_page(const pitot_snapshot *snap, size_t body_size, const struct options *options,
    struct findings *out);

/* What a value looks like that has no end of different ones: "a UUID"; NULL for all others. `many`
 * is set for what is suspect only when there are several. */
const char *suspect_value(pitot_str value, bool *many);

#endif
