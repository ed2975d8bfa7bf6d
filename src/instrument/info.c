/* SPDX-License-Identifier: MIT */
/*
 * info.c -- what does not change while it is there: a version, a device's model.
 *
 * The labels are the information, and the value is always 1, so a series of an info has no cell:
 * that it exists is all.
 */
#include "instrument/family.h"

pitot_info *pitot_info_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_info *)pt_family_single(
        pt_registry_family(reg, PITOT_INFO, false, desc, NULL, NULL, err));
}

pitot_info_vec *pitot_info_vec_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_info_vec *)pt_registry_family(reg, PITOT_INFO, true, desc, NULL, NULL, err);
}
