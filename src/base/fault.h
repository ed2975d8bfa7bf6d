/* SPDX-License-Identifier: MIT */
/*
 * fault.h -- which call of the table in sys.h fails. Only with PITOT_FAULTS.
 *
 * A site is a name of the table, or "*" for all of them with one numbering. PITOT_FAULT=site:N in
 * the environment fails its N-th call, counted from 1, and site:N:forever all from that one on: it
 * is read before the first call. A text that is none of these fails every call, so that it shows.
 * Any thread. Each shared object has a table of its own; a program that is linked statically, one.
 */
#ifndef PT_BASE_FAULT_H
#define PT_BASE_FAULT_H

#include "base/sys.h"

#include <stddef.h>

#define PT_FAULT_SITE(result, name, ...) PT_FAULT_##name,
enum pt_fault_site { PT_SYS_CALLS(PT_FAULT_SITE) PT_FAULT_SITES };
#undef PT_FAULT_SITE

enum pt_fault { PT_FAULT_NONE, PT_FAULT_ONCE, PT_FAULT_LASTING };

/* Counts a call, and says whether it fails. */
enum pt_fault pt_fault_next(enum pt_fault_site site);

/* Counts anew from here; the `n`-th call fails, none for 0. False when there is no such site. */
bool pt_fault_arm(const char *site, size_t n, bool for_ever);

/* Calls since then; 0 when there is no such site. */
size_t pt_fault_count(const char *site);

/* The names of the sites; NULL behind the last one. */
const char *pt_fault_name(size_t site);

#endif
