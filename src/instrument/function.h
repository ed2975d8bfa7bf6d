/* SPDX-License-Identifier: MIT */
/*
 * function.h -- metrics whose value is read by a call of the host's.
 *
 * The call runs with no lock held, and never again once pitot_unregister() has returned.
 */
#ifndef PT_INSTRUMENT_FUNCTION_H
#define PT_INSTRUMENT_FUNCTION_H

#include "instrument/family.h"

/* Calls the function. False when the family is unregistered by now, or this thread is inside it. */
bool pt_function_read(struct pt_family *family, double *value);

/* Lets no more calls begin, and waits for those that run on other threads. */
void pt_function_stop(struct pt_family *family);

#endif
