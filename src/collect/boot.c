/* SPDX-License-Identifier: MIT */
/*
 * boot.c -- when the system started, on the wall clock.
 *
 * The kernel says it in /proc/stat, where it first adds up every interrupt of every CPU: that takes
 * milliseconds on a large machine. The answer changes only when somebody sets the wall clock, and
 * that shows in its distance to the clock since boot, so the file is read again only then.
 * Used by one thread at a time.
 */
#include "collect/boot.h"

#include "collect/procfile.h"

#include <time.h>

#define NS_PER_S 1000000000
#define STEP_NS (NS_PER_S / 2) /* far above the time between two readings of a clock */

static int64_t read_clock(clockid_t clock)
{
    struct timespec now = {0};

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * NS_PER_S + now.tv_nsec;
}

bool pt_boot_time(struct pt_boot *boot, const char *path, uint64_t *seconds)
{
    int64_t offset_ns = read_clock(CLOCK_REALTIME) - read_clock(CLOCK_BOOTTIME);
    int64_t moved_ns = offset_ns - boot->offset_ns;
    struct pt_procline line = {.key = "btime"};

    if (!boot->known || moved_ns > STEP_NS || moved_ns < -STEP_NS) {
        if (!pt_procfile_lines(path, &line, 1) || !line.found)
            return false;
        *boot = (struct pt_boot){true, line.number, offset_ns};
    }
    *seconds = boot->seconds;
    return true;
}
