/* SPDX-License-Identifier: MIT */
/* procfile.h -- small text files of the kernel, read without the heap and without a locale. */
#ifndef PT_COLLECT_PROCFILE_H
#define PT_COLLECT_PROCFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PT_PROCFILE_MAX 4096 /* bytes that are held at a time */

/* A line that is looked for: its key, blanks, and a whole number or "unlimited". */
struct pt_procline {
    const char *key; /* "rchar:", "Max open files" */
    uint64_t number;
    bool found;     /* the number is there */
    bool unlimited; /* that word is there instead */
};

/* Fills in the lines that the file has; the first of a kind counts. Lines that are longer than
 * PT_PROCFILE_MAX, are not ended, or do not hold a number that fits are as good as not there. False
 * when the file cannot be read. */
bool pt_procfile_lines(const char *path, struct pt_procline *lines, size_t count);

/* The whole file to `out`. Returns its size, or 0 when it cannot be read, is empty, or does not fit
 * in less than PT_PROCFILE_MAX bytes: half of it could be misread. */
size_t pt_procfile_read(const char *path, char out[PT_PROCFILE_MAX]);

/* The digits at `at` as a number. Returns where they end, or NULL when there are none or they pass
 * 2^64 - 1. */
const char *pt_procfile_number(const char *at, const char *end, uint64_t *number);

#endif
