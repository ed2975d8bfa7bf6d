/* SPDX-License-Identifier: MIT */
/*
 * number.h -- numbers to text, the same whatever the locale.
 *
 * A double is written with the fewest digits that read back as the same double, in the form of Go's
 * strconv.FormatFloat(v, 'g', -1, 64), which Prometheus and its client libraries use: `0.1`,
 * `1e+06`, `1e-05`, `1.7976931348623157e+308`, `NaN`, `+Inf`, `-Inf`, `-0`.
 */
#ifndef PT_BASE_NUMBER_H
#define PT_BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#define PT_NUMBER_MAX 32 /* bytes that any number below needs at the most */

/* All of them write to `out`, which has PT_NUMBER_MAX bytes, add no NUL, and return the size. */
size_t pt_number_u64(char *out, uint64_t n);
size_t pt_number_double(char *out, double v);

/* The same with ".0" where neither point nor exponent stands (OpenMetrics: `1.0`, `1e+06`). */
size_t pt_number_double_om(char *out, double v);

#endif
