/* SPDX-License-Identifier: MIT */
/*
 * guess.h -- which format a page is in, when nobody says so.
 */
#ifndef CLI_GUESS_H
#define CLI_GUESS_H

#include <pitot/export.h>

/* From the end of the file's name, if that says it, then from the bytes. It always has an answer:
 * what looks like nothing else is text. `path` may be NULL. */
pitot_format guess_format(const char *path, const char *bytes, size_t size);

#endif
