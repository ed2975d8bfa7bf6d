/* SPDX-License-Identifier: MIT */
/* fds.h -- how many descriptors a process has open. */
#ifndef PT_COLLECT_FDS_H
#define PT_COLLECT_FDS_H

#include <stdbool.h>
#include <stdint.h>

struct pt_fds {
    bool size_is_count; /* proven: the size of the directory is the number of descriptors */
};

/* `path` is the process' fd directory, the same at each call. The descriptor that is opened for
 * counting does not count. False when the directory cannot be read. */
bool pt_fds_count(struct pt_fds *fds, const char *path, uint64_t *count);

#endif
