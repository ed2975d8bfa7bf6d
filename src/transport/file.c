/* SPDX-License-Identifier: MIT */
/* file.c -- the bytes of a small file. Any thread; it keeps nothing. */
#include "transport/file.h"

#include "base/alloc.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static char *read_fd(int fd, size_t *size, int *error_number)
{
    const size_t room = PT_FILE_MAX + 1;
    char *bytes = pt_alloc(room + 1, NULL);
    ssize_t got = 1;

    *size = 0;
    *error_number = bytes ? 0 : ENOMEM;
    while (bytes && got > 0 && *size < room) {
        got = pt_sys_read(fd, bytes + *size, room - *size);
        if (got > 0)
            *size += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
        else if (got < 0)
            *error_number = errno;
    }
    if (*error_number == 0 && *size == room)
        *error_number = EFBIG;
    if (bytes && *error_number) {
        explicit_bzero(bytes, *size);
        pt_free(bytes);
        return NULL;
    }
    if (bytes)
        bytes[*size] = '\0';
    return bytes;
}

/* Never waits: a FIFO, say, is no file. */
char *pt_file_read(const char *path, size_t *size, int *error_number)
{
    struct stat status;
    char *bytes = NULL;
    int fd;

    do
        fd = pt_sys_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        *error_number = errno;
        return NULL;
    }
    *error_number = pt_sys_fstat(fd, &status) != 0 ? errno
                    : S_ISDIR(status.st_mode)      ? EISDIR
                                                   : EINVAL;
    if (*error_number == EINVAL && S_ISREG(status.st_mode))
        bytes = read_fd(fd, size, error_number);
    pt_sys_close(fd);
    return bytes;
}
