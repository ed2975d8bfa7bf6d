/* SPDX-License-Identifier: MIT */
/* procstat.h -- /proc/PID/stat, whatever the process is called. */
#ifndef PT_COLLECT_PROCSTAT_H
#define PT_COLLECT_PROCSTAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fields by their number in proc(5), which counts from 1. */
enum pt_procstat_field {
    PT_STAT_MINOR_FAULTS = 10,
    PT_STAT_MAJOR_FAULTS = 12,
    PT_STAT_USER_TICKS = 14,
    PT_STAT_SYSTEM_TICKS = 15,
    PT_STAT_THREADS = 20,
    PT_STAT_START_TICKS = 22, /* since boot */
    PT_STAT_VIRTUAL_BYTES = 23,
    PT_STAT_RESIDENT_PAGES = 24,
    PT_STAT_FIELDS
};

struct pt_procstat {
    uint64_t number[PT_STAT_FIELDS];
    bool good[PT_STAT_FIELDS]; /* it stands there whole and is an unsigned number that fits */
};

/* What cannot be parsed is not good; never fails otherwise. */
void pt_procstat_parse(struct pt_procstat *stat, const char *text, size_t size);

#endif
