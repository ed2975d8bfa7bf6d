/* SPDX-License-Identifier: MIT */
/* boot.h -- when the system started, on the wall clock. */
#ifndef PT_COLLECT_BOOT_H
#define PT_COLLECT_BOOT_H

#include <stdbool.h>
#include <stdint.h>

struct pt_boot {
    bool known;
    uint64_t seconds;  /* since 1970, as the kernel said */
    int64_t offset_ns; /* from the clock since boot to the wall clock, when it said so */
};

/* `path` is the file "stat" of the proc root, the same at each call. False when it cannot be read.
 */
bool pt_boot_time(struct pt_boot *boot, const char *path, uint64_t *seconds);

#endif
