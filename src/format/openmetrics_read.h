/* SPDX-License-Identifier: MIT */
/* openmetrics_read.h -- what the readers of OpenMetrics 1 and 2 share: everything but the samples.
 */
#ifndef PT_FORMAT_OPENMETRICS_READ_H
#define PT_FORMAT_OPENMETRICS_READ_H

#include "format/reader.h"

/* The whole page, sample by sample. */
void pt_openmetrics_page(struct pt_reader *reader, void (*read_sample)(struct pt_reader *reader));

/* The rules on the values of each type, for samples of one value and for quantiles. */
bool pt_openmetrics_keeps_rules(struct pt_reader *reader, const struct pt_sample *sample);

#endif
