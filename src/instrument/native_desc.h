/* SPDX-License-Identifier: MIT */
/* native_desc.h -- what a description says about exponential buckets and windows, checked. */
#ifndef PT_INSTRUMENT_NATIVE_DESC_H
#define PT_INSTRUMENT_NATIVE_DESC_H

#include "instrument/desc.h"

/* Fills `desc->native` and the window. `desc` has its name, type and bounds already. */
bool pt_native_desc_copy(struct pt_desc *desc, const pitot_desc *from, pitot_error *err);

/* True when both say the same; else false with what differs in `err`. */
bool pt_native_desc_same(const struct pt_desc *have, const struct pt_desc *want, pitot_error *err);

#endif
