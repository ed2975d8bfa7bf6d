/* SPDX-License-Identifier: MIT */
/*
 * parse.h -- text to numbers, the same whatever the locale. The other direction is number.h.
 *
 * A double is the one nearest to what stands there, ties to even, however long it is. The syntax is
 * that of Go's strconv.ParseFloat without its underscores and other bases, which is also that of
 * OpenMetrics: `1`, `+1.5`, `.5`, `5.`, `1e-3`, and in any case of letters `inf`, `-infinity`,
 * `nan` (which has no sign). The whole text must be the number.
 */
#ifndef PT_BASE_PARSE_H
#define PT_BASE_PARSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False when it is no number, or one that is too large for a double: 1e400 is not infinite. */
bool pt_parse_double(const char *at, size_t size, double *out);

/* Digits only. False also when it does not fit. */
bool pt_parse_u64(const char *at, size_t size, uint64_t *out);

/* The same with an optional '-' or '+'. */
bool pt_parse_i64(const char *at, size_t size, int64_t *out);

/* Seconds, in the syntax of a finite double, to nanoseconds: exactly, where there are no more than
 * nine decimals; more are rounded half up. False when it is no number or does not fit. */
bool pt_parse_seconds(const char *at, size_t size, int64_t *ns);

#endif
