/* SPDX-License-Identifier: MIT */
/* utf8.h -- is this UTF-8, and if not, where does it break (Unicode 15, table 3-7). */
#ifndef PT_BASE_UTF8_H
#define PT_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#define PT_UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Bytes of the well-formed character at `at`, of which `size` bytes are there: 1 to 4. When it is
 * not well-formed, 0, and `*bad` (if given) is the size of the ill-formed run that one U+FFFD
 * stands for: the maximal subpart, as the Unicode standard recommends. */
size_t pt_utf8_char(const char *at, size_t size, size_t *bad);

/* True when all `size` bytes are well-formed. NUL is a character like any other. */
bool pt_utf8_valid(const char *at, size_t size);

/* The offset of the first byte that is not well-formed; `size` when all are. */
size_t pt_utf8_error(const char *at, size_t size);

#endif
