/* SPDX-License-Identifier: MIT */
/*
 * process.h -- a process whose metrics are collected, and which files they come from.
 *
 * A collector never runs twice at once, so nothing here needs a lock.
 */
#ifndef PT_COLLECT_PROCESS_H
#define PT_COLLECT_PROCESS_H

#include "collect/boot.h"
#include "collect/fds.h"

#include <pitot/pitot.h>

enum pt_process_source {
    PT_SOURCE_BOOT_TIME,
    PT_SOURCE_FD,
    PT_SOURCE_IO,
    PT_SOURCE_LIMITS,
    PT_SOURCE_STAT,
    PT_SOURCE_STATUS,
    PT_SOURCE_COUNT
};

struct pt_process {
    bool is_own;           /* this very process, seen through the real /proc */
    char *boot_path;       /* ROOT/stat */
    char *path;            /* ROOT/PID/, and then the name of the file that is read */
    size_t directory_size; /* of ROOT/PID/ */
    struct pt_boot boot;
    struct pt_fds fds;
    uint64_t unreadable[PT_SOURCE_COUNT]; /* scrapes in which the source was, so far */
};

/* The path of one file of the process, until the next call. */
const char *pt_process_path(struct pt_process *process, const char *name);

/* A pitot_collector's collect(): everything there is to say about the struct pt_process `ctx`. */
void pt_process_metrics_collect(pitot_sink *sink, void *ctx);

#endif
