/* SPDX-License-Identifier: MIT */
/* file.h -- the bytes of a small file: a configuration, a certificate, a key. */
#ifndef PT_TRANSPORT_FILE_H
#define PT_TRANSPORT_FILE_H

#include <stddef.h>

#define PT_FILE_MAX 1048576 /* bytes */

/* A file's bytes, with a NUL behind them, to be wiped and freed by the caller; NULL with errno in
 * `error_number`, EFBIG for one that is larger than PT_FILE_MAX. */
char *pt_file_read(const char *path, size_t *size, int *error_number);

#endif
