/* SPDX-License-Identifier: MIT */
/* error.h -- the only writer of a pitot_error. The first failure stays; later ones are silent. */
#ifndef PT_BASE_ERROR_H
#define PT_BASE_ERROR_H

#include <pitot/pitot.h>

/* `err` may be NULL. A message that is too long ends in "...". Never `%f`, `%g`, `%e`: the
 * locale must not reach a message. Returns false, so that a check can `return pt_fail(...)`. */
bool pt_fail(pitot_error *err, pitot_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same with PITOT_ESYSTEM, ending in ": " and the system's text for `error_number`. */
bool pt_fail_errno(pitot_error *err, int error_number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
