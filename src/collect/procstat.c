/* SPDX-License-Identifier: MIT */
/*
 * procstat.c -- /proc/PID/stat, whatever the process is called.
 *
 * `4711 (a) R 1 (x) S 1 ...`: the name is field 2 and may hold blanks, parentheses and what looks
 * like the fields after it. It is the only field that can, so the fields are counted from the last
 * ')' of the text. A pure function.
 */
#include "collect/procstat.h"

#include "collect/procfile.h"

#include <string.h>

void pt_procstat_parse(struct pt_procstat *stat, const char *text, size_t size)
{
    const char *end = text + size;
    const char *at = size ? memrchr(text, ')', size) : NULL;

    *stat = (struct pt_procstat){0};
    if (!at)
        return;
    at++;
    for (int field = 3; field < PT_STAT_FIELDS && at < end && *at == ' '; field++) {
        uint64_t number;
        const char *after = pt_procfile_number(++at, end, &number);

        /* A number at the very end of the text may have been cut. */
        if (after && after < end && (*after == ' ' || *after == '\n')) {
            stat->number[field] = number;
            stat->good[field] = true;
        }
        while (at < end && *at != ' ')
            at++;
    }
}
