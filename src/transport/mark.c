/* SPDX-License-Identifier: MIT */
/*
 * mark.c -- which fds are still the server's.
 *
 * The mark is the signal that the kernel would send for I/O on the file, if it were asked to send
 * any, which it is not. Nobody else asks for this one, and reading it is one cheap system call that
 * works for every kind of file. (An inode's number would not do: all eventfds share one.)
 */
#include "transport/mark.h"

#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

#define MARK 61 /* a signal's number, of those for real time */

static _Atomic(bool)
    is_refused; /* by a kernel that has no such signals: all fds are taken for ours */

void pt_mark_set(int fd)
{
    if (fd >= 0 && fcntl(fd, F_SETSIG, MARK) != 0 && errno == EINVAL)
        atomic_store_explicit(&is_refused, true, memory_order_relaxed);
}

bool pt_mark_has(int fd)
{
    if (fd < 0)
        return false;
    return fcntl(fd, F_GETSIG) == MARK || atomic_load_explicit(&is_refused, memory_order_relaxed);
}

void pt_mark_close(int fd)
{
    if (pt_mark_has(fd))
        pt_sys_close(fd);
}

void pt_mark_wake(int fd)
{
    if (!pt_mark_has(fd))
        return;
    while (pt_sys_eventfd_write(fd, 1) != 0 && errno == EINTR)
        continue;
}
