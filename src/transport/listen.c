/* SPDX-License-Identifier: MIT */
/*
 * listen.c -- from "127.0.0.1:9464" to a socket that listens.
 *
 * A name is resolved to all of its addresses, IPv4 first (what "localhost" means to most scrapers),
 * and the first that can be bound wins; when none can, the first reason is reported. An empty host
 * is every address of both families, through one IPv6 socket that takes IPv4 too, or an IPv4 socket
 * where the system has no IPv6.
 *
 * A unix socket is made for owner and group (0660): who may scrape is a matter of the group. A path
 * that is taken is only taken over if it is a socket that nobody listens on any more. One that the
 * service manager opened is described the same way, and never removed (inherit.c).
 */
#include "transport/listen.h"

#include "base/error.h"
#include "base/sys.h"
#include "transport/address.h"
#include "transport/inherit.h"
#include "transport/mark.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#define BACKLOG SOMAXCONN /* the system takes its own limit where that is lower */
#define SOCKET_FLAGS (SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK)
#define UNIX_MODE 0660

static bool parse_unix(const char *path, struct pt_listen_address *out, pitot_error *err)
{
    if (path[0] != '/')
        return pt_fail(err, PITOT_EINVAL,
            "listen \"unix:%s\": the path must be absolute, as in \"unix:/run/app/metrics.sock\"",
            path);
    if (strlen(path) >= sizeof(out->path))
        return pt_fail(err, PITOT_EINVAL, "listen \"unix:%s\": the path is longer than %zu bytes",
            path, sizeof(out->path) - 1);
    memcpy(out->path, path, strlen(path) + 1);
    return true;
}

static bool is_port(const char *text)
{
    unsigned n = 0;
    size_t i = 0;

    for (; text[i] >= '0' && text[i] <= '9' && i < 5; i++)
        n = n * 10 + (unsigned)(text[i] - '0');
    return i > 0 && text[i] == '\0' && n <= UINT16_MAX;
}

bool pt_listen_parse(const char *text, struct pt_listen_address *out, pitot_error *err)
{
    struct pt_listen_address address = {0};

    if (!text || !*text)
        text = PT_LISTEN_DEFAULT;
    if (strncmp(text, "unix:", 5) == 0) {
        if (!parse_unix(text + 5, &address, err))
            return false;
        *out = address;
        return true;
    }

    const char *colon = strrchr(text, ':');
    if (!colon || strchr(colon, ']'))
        return pt_fail(err, PITOT_EINVAL,
            "listen \"%s\": no port; write \"%s:9464\", or \":9464\" for any address", text, text);
    if (!is_port(colon + 1))
        return pt_fail(err, PITOT_EINVAL,
            "listen \"%s\": \"%s\" is not a port; it is a number from 0 (any free one) to 65535",
            text, colon + 1);

    const char *host = text;
    size_t host_size = (size_t)(colon - text);
    bool bracketed = host_size >= 2 && host[0] == '[' && host[host_size - 1] == ']';
    if (bracketed) {
        host++;
        host_size -= 2;
    }
    if (!bracketed && memchr(host, ':', host_size))
        return pt_fail(err, PITOT_EINVAL,
            "listen \"%s\": an IPv6 address goes in brackets, as in \"[::1]:9464\"", text);
    if (host_size >= sizeof(address.host) || (bracketed && host_size == 0))
        return pt_fail(err, PITOT_EINVAL, "listen \"%s\": that is not a host", text);
    memcpy(address.host, host, host_size);
    memcpy(address.port, colon + 1, strlen(colon + 1) + 1);
    *out = address;
    return true;
}

/* Closes `fd` but leaves errno as it was. -1 always. */
static int give_up(int fd)
{
    int error_number = errno;

    pt_sys_close(fd);
    errno = error_number;
    return -1;
}

/* A socket that listens, or -1 and errno. */
static int bind_tcp(int family, const struct sockaddr *address, socklen_t size, bool both)
{
    const int on = 1;
    const int off = 0;
    int fd = pt_sys_socket(family, SOCKET_FLAGS, IPPROTO_TCP);

    if (fd < 0)
        return -1;
    if (pt_sys_setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
        return give_up(fd);
    if (both && pt_sys_setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) != 0)
        return give_up(fd);
    if (pt_sys_bind(fd, address, size) != 0 || pt_sys_listen(fd, BACKLOG) != 0)
        return give_up(fd);
    return fd;
}

static int bind_any(in_port_t port)
{
    const struct sockaddr_in6 any6 = {
        .sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = IN6ADDR_ANY_INIT};
    const struct sockaddr_in any4 = {
        .sin_family = AF_INET, .sin_port = port, .sin_addr.s_addr = htonl(INADDR_ANY)};
    int fd = bind_tcp(AF_INET6, (const struct sockaddr *)&any6, sizeof(any6), true);

    if (fd < 0 && errno != EADDRINUSE && errno != EACCES)
        fd = bind_tcp(AF_INET, (const struct sockaddr *)&any4, sizeof(any4), false);
    return fd;
}

static int bind_first(const struct addrinfo *list, int family, int *first_errno)
{
    for (const struct addrinfo *info = list; info; info = info->ai_next) {
        if (info->ai_family != family)
            continue;
        int fd = bind_tcp(info->ai_family, info->ai_addr, info->ai_addrlen, false);
        if (fd >= 0)
            return fd;
        if (*first_errno == 0)
            *first_errno = errno;
    }
    return -1;
}

static int bind_host(const char *text, const struct pt_listen_address *address, pitot_error *err)
{
    const struct addrinfo hints = {
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
        .ai_family = AF_UNSPEC,
        .ai_socktype = SOCK_STREAM,
    };
    struct addrinfo *list = NULL;
    int first_errno = 0;
    int result = pt_sys_getaddrinfo(address->host, address->port, &hints, &list);

    if (result == EAI_SYSTEM) {
        pt_fail_errno(err, errno, "cannot listen on \"%s\"", text);
        return -1;
    }
    if (result != 0) {
        pt_fail(err, PITOT_ESYSTEM, "cannot listen on \"%s\": %s", text, gai_strerror(result));
        return -1;
    }
    int fd = bind_first(list, AF_INET, &first_errno);
    if (fd < 0)
        fd = bind_first(list, AF_INET6, &first_errno);
    freeaddrinfo(list);
    if (fd < 0)
        pt_fail_errno(
            err, first_errno ? first_errno : EADDRNOTAVAIL, "cannot listen on \"%s\"", text);
    return fd;
}

/* What a person or a scraper on this machine can open. */
static bool describe_tcp(struct pt_listen *listener)
{
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof(bound);
    char host[INET6_ADDRSTRLEN + 1 + 16]; /* with a scope */
    char port[6];

    if (pt_sys_getsockname(listener->fd, (struct sockaddr *)&bound, &size) != 0)
        return false;
    if (pt_sys_getnameinfo((struct sockaddr *)&bound, size, host, sizeof(host), port, sizeof(port),
            NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        errno = EADDRNOTAVAIL;
        return false;
    }
    bool six = bound.ss_family == AF_INET6;
    listener->loopback = pt_address_is_loopback(&bound);
    listener->port = ntohs(six ? ((struct sockaddr_in6 *)&bound)->sin6_port
                               : ((struct sockaddr_in *)&bound)->sin_port);
    if (strcmp(host, "::") == 0 || strcmp(host, "0.0.0.0") == 0)
        snprintf(listener->url, sizeof(listener->url), "http://localhost:%s", port);
    else
        snprintf(listener->url, sizeof(listener->url), six ? "http://[%s]:%s" : "http://%s:%s",
            host, port);
    return true;
}

static bool open_tcp(struct pt_listen *listener, const char *text,
    const struct pt_listen_address *address, pitot_error *err)
{
    if (address->host[0] == '\0') {
        listener->fd = bind_any(htons((uint16_t)strtoul(address->port, NULL, 10)));
        if (listener->fd < 0)
            return pt_fail_errno(err, errno, "cannot listen on \"%s\"", text);
    } else {
        listener->fd = bind_host(text, address, err);
        if (listener->fd < 0)
            return false;
    }
    if (!describe_tcp(listener))
        return pt_fail_errno(err, errno, "cannot listen on \"%s\"", text);
    return true;
}

/* True when `address` is a socket that was left behind: it is there, and nobody listens. */
static bool is_stale(const struct sockaddr_un *address)
{
    struct stat status;

    if (pt_sys_lstat(address->sun_path, &status) != 0 || !S_ISSOCK(status.st_mode))
        return false;
    int fd = pt_sys_socket(AF_UNIX, SOCKET_FLAGS, 0);
    if (fd < 0)
        return false;
    bool refused = pt_sys_connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
                   errno == ECONNREFUSED;
    pt_sys_close(fd);
    return refused;
}

static int bind_unix(const struct sockaddr_un *address)
{
    int fd = pt_sys_socket(AF_UNIX, SOCKET_FLAGS, 0);

    if (fd < 0)
        return -1;
    if (pt_sys_bind(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
        return fd;
    if (errno != EADDRINUSE)
        return give_up(fd);
    if (!is_stale(address) || pt_sys_unlink(address->sun_path) != 0) {
        errno = EADDRINUSE;
        return give_up(fd);
    }
    if (pt_sys_bind(fd, (const struct sockaddr *)address, sizeof(*address)) != 0)
        return give_up(fd);
    return fd;
}

static bool open_unix(
    struct pt_listen *listener, const char *text, const char *path, pitot_error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat status;

    memcpy(address.sun_path, path, strlen(path) + 1);
    listener->fd = bind_unix(&address);
    if (listener->fd < 0)
        return pt_fail_errno(err, errno, "cannot listen on \"%s\"", text);
    memcpy(listener->path, path, strlen(path) + 1);
    if (pt_sys_lstat(path, &status) == 0) {
        listener->device = status.st_dev;
        listener->inode = status.st_ino;
    }
    /* Nobody can connect before listen(), so nobody slips in while the mode is the umask's. */
    if (pt_sys_chmod(path, UNIX_MODE) != 0 || pt_sys_listen(listener->fd, BACKLOG) != 0)
        return pt_fail_errno(err, errno, "cannot listen on \"%s\"", text);
    snprintf(listener->url, sizeof(listener->url), "unix:%s", path);
    return true;
}

/* A path is for who opens it, not for us to remove. */
static bool open_inherited(struct pt_listen *listener, const char *text, pitot_error *err)
{
    struct sockaddr_un address = {0};
    socklen_t size = sizeof(address);

    listener->fd = pt_inherit_open(text, err);
    if (listener->fd < 0)
        return false;
    if (pt_sys_getsockname(listener->fd, (struct sockaddr *)&address, &size) == 0 &&
        address.sun_family == AF_UNIX) {
        snprintf(listener->url, sizeof(listener->url), "unix:%.*s", PT_LISTEN_PATH_MAX - 1,
            address.sun_path);
        return true;
    }
    if (!describe_tcp(listener))
        return pt_fail_errno(err, errno, "listen \"%s\"", text);
    return true;
}

static bool finish(struct pt_listen *listener, bool ok)
{
    pt_mark_set(listener->fd);
    if (!ok)
        pt_listen_close(listener);
    return ok;
}

bool pt_listen_open(struct pt_listen *listener, const char *text, pitot_error *err)
{
    struct pt_listen_address address;
    bool ok;

    *listener = (struct pt_listen){.fd = -1};
    if (pt_inherit_is(text)) {
        ok = open_inherited(listener, text, err);
        return finish(listener, ok);
    }
    if (!pt_listen_parse(text, &address, err))
        return false;
    if (!text || !*text)
        text = PT_LISTEN_DEFAULT;
    if (address.path[0])
        ok = open_unix(listener, text, address.path, err);
    else
        ok = open_tcp(listener, text, &address, err);
    return finish(listener, ok);
}

void pt_listen_secure(struct pt_listen *listener)
{
    if (strncmp(listener->url, "http:", 5) != 0 ||
        strlen(listener->url) + 2 > sizeof(listener->url))
        return;
    memmove(listener->url + 5, listener->url + 4, strlen(listener->url + 4) + 1);
    listener->url[4] = 's';
}

void pt_listen_close(struct pt_listen *listener)
{
    struct stat status;

    if (!pt_mark_has(listener->fd))
        return;
    if (listener->path[0] && pt_sys_lstat(listener->path, &status) == 0 &&
        status.st_dev == listener->device && status.st_ino == listener->inode)
        pt_sys_unlink(listener->path);
    pt_sys_close(listener->fd);
    listener->fd = -1;
}
