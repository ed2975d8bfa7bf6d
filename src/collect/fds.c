/* SPDX-License-Identifier: MIT */
/*
 * fds.c -- how many descriptors a process has open.
 *
 * Since Linux 6.2 the size of /proc/PID/fd is their number: one stat(), which takes no descriptor
 * and no time that grows with them. Older kernels say 0, so it is believed only after the entries
 * were listed once and were as many. A host that opens files meanwhile just postpones that.
 * Used by one thread at a time.
 */
#include "collect/fds.h"

#include "base/sys.h"
#include "collect/procfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <string.h>
#include <sys/stat.h>

/* True when the entry `name` of the directory open as `dir` is `dir` itself. */
static bool is_itself(int dir, const char *name, uint64_t number)
{
    struct stat self, entry;

    return number == (uint64_t)dir && pt_sys_fstat(dir, &self) == 0 &&
           pt_sys_fstatat(dir, name, &entry, 0) == 0 && self.st_dev == entry.st_dev &&
           self.st_ino == entry.st_ino;
}

/* Descriptors have numbers for names; `.` and `..` do not. */
static bool is_descriptor(int dir, const char *name)
{
    const char *end = name + strlen(name);
    uint64_t number;

    return pt_procfile_number(name, end, &number) == end && !is_itself(dir, name, number);
}

static bool list(const char *path, uint64_t *count)
{
    alignas(struct dirent64) char entries[PT_PROCFILE_MAX];
    uint64_t descriptors = 0;
    ssize_t got;
    int dir;

    do
        dir = pt_sys_open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (dir < 0 && errno == EINTR);
    if (dir < 0)
        return false;
    while ((got = pt_sys_getdents64(dir, entries, sizeof(entries))) > 0 ||
           (got < 0 && errno == EINTR)) {
        for (ssize_t i = 0; i < got;) {
            const struct dirent64 *entry = (const void *)(entries + i);

            descriptors += is_descriptor(dir, entry->d_name);
            i += entry->d_reclen;
        }
    }
    pt_sys_close(dir);
    if (got < 0)
        return false;
    *count = descriptors;
    return true;
}

bool pt_fds_count(struct pt_fds *fds, const char *path, uint64_t *count)
{
    struct stat directory;

    if (pt_sys_stat(path, &directory) != 0)
        return false;
    if (fds->size_is_count) {
        *count = (uint64_t)directory.st_size;
        return true;
    }
    if (!list(path, count))
        return false;
    fds->size_is_count = *count > 0 && (uint64_t)directory.st_size == *count;
    return true;
}
