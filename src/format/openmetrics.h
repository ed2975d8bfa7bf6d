/* SPDX-License-Identifier: MIT */
/* openmetrics.h -- what both versions of OpenMetrics have in common. */
#ifndef PT_FORMAT_OPENMETRICS_H
#define PT_FORMAT_OPENMETRICS_H

#include "format/lines.h"
#include "format/writer.h"

extern const struct pt_spelling pt_openmetrics_spelling;

/* A unit is of the characters of a name. */
bool pt_openmetrics_is_unit(pitot_str text);

/* Whether the family has a unit that can be written: an info and a stateset have none. */
bool pt_openmetrics_has_unit(const struct pt_family_values *family);

/* What the standard forbids to write: a counter below 0 or NaN, an info that is not 1, a state that
 * is neither 0 nor 1. */
bool pt_openmetrics_forbids(const struct pt_family_values *family, size_t series);

/* Quantiles are of 0 to 1, and their values not below 0. */
bool pt_openmetrics_forbids_quantile(double quantile, double value);

/* `# EOF`. */
void pt_openmetrics_end(struct pt_writer *writer);

#endif
