/* SPDX-License-Identifier: MIT */
/*
 * plain.h -- text of strangers, for a terminal.
 */
#ifndef CLI_PLAIN_H
#define CLI_PLAIN_H

#include <stddef.h>
#include <stdio.h>

/* Writes the text with its control characters as `\x1b`, so that a page cannot move the cursor, set
 * colours or begin a line of its own. */
void plain_write(FILE *out, const char *text, size_t size);
void plain_string(FILE *out, const char *text);

#endif
