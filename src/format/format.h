/* SPDX-License-Identifier: MIT */
/* format.h -- one encoder per wire format. Each is a pure function of the snapshot. */
#ifndef PT_FORMAT_FORMAT_H
#define PT_FORMAT_FORMAT_H

#include "format/out.h"

void pt_text_encode(const pitot_snapshot *snap, struct pt_out *out);
void pt_openmetrics_encode(const pitot_snapshot *snap, struct pt_out *out);

#endif
