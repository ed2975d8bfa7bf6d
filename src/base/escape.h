/* SPDX-License-Identifier: MIT */
/*
 * escape.h -- names that an old reader does not know, as names that it does.
 *
 * A name is any UTF-8; `[a-zA-Z_][a-zA-Z0-9_]*` (of a metric also ':') is what was a name before,
 * the legacy set. The escaping schemes write the one as the other. Pure functions.
 */
#ifndef PT_BASE_ESCAPE_H
#define PT_BASE_ESCAPE_H

#include <pitot/export.h>

/* Bytes that a name of `size` bytes needs at most in any scheme: `_dot_` takes 5 for one, and a
 * byte that is not UTF-8 takes 6. */
#define PT_ESCAPE_ROOM(size) ((size)*6 + 3)

/* True when a name is of the legacy set, and so needs neither escaping nor quotes. Metric names
 * may have `colons`, label names may not. */
bool pt_escape_is_legacy(pitot_str name, bool colons);

/* Writes `name` as `scheme` has it; `out` has PT_ESCAPE_ROOM(name.size) bytes. Returns the size. A
 * legacy name, and any name where the scheme is NONE, is copied as it is. */
size_t pt_escape_name(char *out, pitot_str name, pitot_escaping scheme, bool colons);

/* Undoes `values`; `out` has escaped.size bytes. Returns the size, and 0 when this is not what the
 * scheme writes. Hex digits of either case will do. */
size_t pt_escape_undo(char *out, pitot_str escaped);

#endif
