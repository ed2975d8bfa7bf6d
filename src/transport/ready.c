/* SPDX-License-Identifier: MIT */
/*
 * ready.c -- tells the service manager that the service is ready.
 *
 * The protocol of sd_notify(3): one datagram to the unix socket that NOTIFY_SOCKET names, whose
 * first character may be an @, for the NUL of an abstract one.
 */
#include "transport/ready.h"

#include "base/sys.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MESSAGE "READY=1"

bool pt_ready_notify(void)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const char *name = getenv("NOTIFY_SOCKET");
    size_t size = name ? strlen(name) : 0;

    if (size < 2 || size >= sizeof(to.sun_path) || (name[0] != '/' && name[0] != '@'))
        return false;
    memcpy(to.sun_path, name, size);
    if (name[0] == '@')
        to.sun_path[0] = '\0';
    int fd = pt_sys_socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    bool sent =
        pt_sys_sendto(fd, MESSAGE, strlen(MESSAGE), MSG_NOSIGNAL, (const struct sockaddr *)&to,
            (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)) >= 0;
    pt_sys_close(fd);
    return sent;
}
