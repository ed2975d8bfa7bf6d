/* SPDX-License-Identifier: MIT */
/*
 * inherit.c -- a socket that the service manager opened.
 *
 * The protocol of sd_listen_fds(3): LISTEN_PID is this process, LISTEN_FDS how many there are, from
 * fd 3 on, LISTEN_FDNAMES their names with colons between. The variables are left as they are: the
 * program may have other sockets among them. A copy is taken, so that a server can be stopped and
 * started again. Who reads the environment while others change it has lost already: call it early.
 */
#include "transport/inherit.h"

#include "base/error.h"
#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PREFIX "systemd"
#define FIRST_FD 3
#define FDS_MAX 4096

bool pt_inherit_is(const char *listen)
{
    size_t size = strlen(PREFIX);

    return listen && strncmp(listen, PREFIX, size) == 0 &&
           (listen[size] == '\0' || (listen[size] == ':' && listen[size + 1]));
}

/* The whole text is a number from 1 to `most`, or it is -1. */
static long number_of(const char *text, long most)
{
    char *end;

    if (text[0] < '1' || text[0] > '9')
        return -1;
    errno = 0;
    long n = strtol(text, &end, 10);
    return *end == '\0' && errno == 0 && n <= most ? n : -1;
}

/* How many sockets there are for this process; 0 with an error. */
static int count_fds(const char *listen, pitot_error *err)
{
    const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");

    if (!pid || !fds) {
        pt_fail(err, PITOT_EINVAL,
            "listen \"%s\": %s is not set; start the program from a .socket unit, or write an "
            "address such as \"127.0.0.1:9464\"",
            listen, pid ? "LISTEN_FDS" : "LISTEN_PID");
        return 0;
    }
    if (number_of(pid, INT32_MAX) != (long)getpid()) {
        pt_fail(err, PITOT_EINVAL,
            "listen \"%s\": LISTEN_PID is \"%.20s\" and this process is %ld; a shell or wrapper in "
            "between must exec the program",
            listen, pid, (long)getpid());
        return 0;
    }
    long count = number_of(fds, FDS_MAX);
    if (count < 0)
        pt_fail(err, PITOT_EINVAL,
            "listen \"%s\": LISTEN_FDS is \"%.20s\", not a number from 1 to %d; the .socket unit "
            "must have a ListenStream=",
            listen, fds, FDS_MAX);
    return count < 0 ? 0 : (int)count;
}

/* Which of the names, with colons between, is `name`; -1 for none. */
static int place_of(const char *names, const char *name)
{
    size_t size = strlen(name);

    for (int i = 0;; i++) {
        size_t here = strcspn(names, ":");

        if (here == size && memcmp(names, name, size) == 0)
            return i;
        if (names[here] == '\0')
            return -1;
        names += here + 1;
    }
}

static int find(const char *listen, int count, pitot_error *err)
{
    const char *name = strchr(listen, ':');
    const char *names = getenv("LISTEN_FDNAMES");

    if (!name) {
        if (count == 1)
            return FIRST_FD;
        pt_fail(err, PITOT_EINVAL,
            "listen \"%s\": LISTEN_FDS is %d; write \"systemd:NAME\" with the FileDescriptorName= "
            "of one",
            listen, count);
        return -1;
    }
    int place = names ? place_of(names, name + 1) : -1;
    if (place >= 0 && place < count)
        return FIRST_FD + place;
    pt_fail(err, PITOT_EINVAL,
        "listen \"%s\": LISTEN_FDNAMES is \"%.80s\"; set FileDescriptorName=%s in the .socket unit",
        listen, names ? names : "", name + 1);
    return -1;
}

static bool listens(const char *listen, int fd, pitot_error *err)
{
    int type = 0, accepts = 0;
    socklen_t size = sizeof(type), accepts_size = sizeof(accepts);

    if (pt_sys_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
        pt_sys_getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &accepts, &accepts_size) != 0)
        return pt_fail_errno(
            err, errno, "listen \"%s\": fd %d, which LISTEN_FDS announces", listen, fd);
    if (type != SOCK_STREAM || !accepts)
        return pt_fail(err, PITOT_EINVAL,
            "listen \"%s\": fd %d does not listen for connections; the .socket unit needs "
            "ListenStream= and Accept=no",
            listen, fd);
    return true;
}

int pt_inherit_open(const char *listen, pitot_error *err)
{
    int count = count_fds(listen, err);
    int from = count ? find(listen, count, err) : -1;

    if (from < 0 || !listens(listen, from, err))
        return -1;
    fcntl(from, F_SETFD, FD_CLOEXEC); /* as sd_listen_fds() does: children have no business there */
    int fd = pt_sys_dup(from, FIRST_FD);
    if (fd < 0 || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) != 0) {
        pt_fail_errno(err, errno, "listen \"%s\"", listen);
        if (fd >= 0)
            pt_sys_close(fd);
        return -1;
    }
    return fd;
}
