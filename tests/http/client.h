/* SPDX-License-Identifier: MIT */
/* client.h -- a client made of a raw socket, for tests: sends any bytes, reads one response at a
 * time. */
#ifndef TESTS_HTTP_CLIENT_H
#define TESTS_HTTP_CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#ifndef PATIENCE_MS
#define PATIENCE_MS 20000 /* what ought to happen at once is given this long */
#endif
#define GET(target) "GET " target " HTTP/1.1\r\nHost: localhost\r\n\r\n"
#define GET_CLOSE(target) "GET " target " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"

/* What came back, always with a NUL behind it. */
struct reply {
    int status; /* 0: the connection ended without a response */
    char head[4096];
    char *body;
    size_t body_size;
    size_t body_capacity;
    size_t chunks;
    bool complete; /* all that was announced came */
};

static inline int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void sleep_ms(int ms)
{
    poll(NULL, 0, ms);
}

static inline int connect_to(const struct sockaddr *address, socklen_t size)
{
    const int on = 1;
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* no matter if it is no TCP */
    if (fd >= 0 && connect(fd, address, size) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

/* -1 when it is refused. */
static inline int connect_port(uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };

    return connect_to((const struct sockaddr *)&address, sizeof(address));
}

static inline int connect_port6(uint16_t port)
{
    const struct sockaddr_in6 address = {
        .sin6_family = AF_INET6,
        .sin6_port = htons(port),
        .sin6_addr = IN6ADDR_LOOPBACK_INIT,
    };

    return connect_to((const struct sockaddr *)&address, sizeof(address));
}

static inline int connect_path(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    return connect_to((const struct sockaddr *)&address, sizeof(address));
}

/* False when the other side is gone. */
static inline bool send_bytes(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL);
        if (sent < 0)
            return false;
        bytes += sent;
        size -= (size_t)sent;
    }
    return true;
}

static inline bool send_text(int fd, const char *text)
{
    return send_bytes(fd, text, strlen(text));
}

/* Like recv(), but gives up: -1 with ETIMEDOUT. */
static inline ssize_t receive(int fd, char *bytes, size_t size, int timeout_ms)
{
    struct pollfd waiting = {.fd = fd, .events = POLLIN};

    if (poll(&waiting, 1, timeout_ms) == 0) {
        errno = ETIMEDOUT;
        return -1;
    }
    return recv(fd, bytes, size, 0);
}

/* How long until the other side ends the connection; -1 if it does not. What it sends is dropped.
 */
static inline int64_t ms_until_closed(int fd, int timeout_ms)
{
    int64_t start = now_ms();
    char bytes[65536];

    for (;;) {
        int64_t left = timeout_ms - (now_ms() - start);
        ssize_t size = left > 0 ? receive(fd, bytes, sizeof(bytes), (int)left) : -1;
        if (left <= 0 || (size < 0 && errno == ETIMEDOUT))
            return -1;
        if (size <= 0)
            return now_ms() - start;
    }
}

/* Up to the empty line, one byte at a time: what follows belongs to somebody else. */
static inline bool read_head(int fd, struct reply *reply)
{
    size_t size = 0;

    while (size < sizeof(reply->head) - 1) {
        if (receive(fd, reply->head + size, 1, PATIENCE_MS) != 1)
            return false;
        size++;
        reply->head[size] = '\0';
        if (size >= 4 && strcmp(reply->head + size - 4, "\r\n\r\n") == 0)
            return true;
    }
    return false;
}

/* The value of a header in a buffer that the next call of this thread overwrites; NULL if there is
 * none. */
static inline const char *header_of(const struct reply *reply, const char *name)
{
    static _Thread_local char value[512];
    size_t name_size = strlen(name);
    const char *line = reply->head;

    while ((line = strstr(line, "\r\n")) != NULL) {
        line += 2;
        if (strncasecmp(line, name, name_size) == 0 && line[name_size] == ':') {
            line += name_size + 1;
            line += strspn(line, " ");
            snprintf(value, sizeof(value), "%.*s", (int)strcspn(line, "\r"), line);
            return value;
        }
    }
    return NULL;
}

/* More of the body; false when the connection ends before. */
static inline bool read_more(int fd, struct reply *reply, size_t size)
{
    if (reply->body_size + size >= reply->body_capacity) {
        reply->body_capacity = 2 * (reply->body_size + size) + 1;
        reply->body = realloc(reply->body, reply->body_capacity);
        assert_non_null(reply->body);
    }
    reply->body[reply->body_size] = '\0';
    while (size > 0) {
        ssize_t got = receive(fd, reply->body + reply->body_size, size, PATIENCE_MS);
        if (got <= 0)
            return false;
        reply->body_size += (size_t)got;
        reply->body[reply->body_size] = '\0';
        size -= (size_t)got;
    }
    return true;
}

static inline bool read_line_end(int fd)
{
    char end[2];

    return receive(fd, end, 1, PATIENCE_MS) == 1 && receive(fd, end + 1, 1, PATIENCE_MS) == 1 &&
           memcmp(end, "\r\n", 2) == 0;
}

/* The line that says how long a chunk is; -1 when the connection ends before. */
static inline long read_chunk_size(int fd)
{
    char line[32] = "";

    for (size_t size = 0; size < sizeof(line) - 1; size++) {
        if (receive(fd, line + size, 1, PATIENCE_MS) != 1)
            return -1;
        if (line[size] == '\n')
            return strtol(line, NULL, 16);
    }
    return -1;
}

/* What the head announces: a length, chunks, or (with neither) nothing. */
static inline void read_body(int fd, struct reply *reply)
{
    const char *length = header_of(reply, "Content-Length");
    long size = length ? strtol(length, NULL, 10) : 0;

    if (!header_of(reply, "Transfer-Encoding")) {
        reply->complete = read_more(fd, reply, (size_t)size);
        return;
    }
    while ((size = read_chunk_size(fd)) > 0) {
        if (!read_more(fd, reply, (size_t)size) || !read_line_end(fd))
            return;
        reply->chunks++;
    }
    reply->complete = size == 0 && read_line_end(fd) && read_more(fd, reply, 0);
}

/* One response, whose body is `has_body` only if the request was not a HEAD. */
static inline struct reply read_reply(int fd, bool has_body)
{
    struct reply reply = {0};

    if (!read_head(fd, &reply))
        return (struct reply){0};
    assert_int_equal(sscanf(reply.head, "HTTP/1.1 %d ", &reply.status), 1);
    if (has_body)
        read_body(fd, &reply);
    else
        reply.complete = read_more(fd, &reply, 0);
    if (!reply.complete) {
        free(reply.body);
        return (struct reply){0};
    }
    return reply;
}

/* A request on a connection of its own. */
static inline struct reply fetch(uint16_t port, const char *request)
{
    struct reply reply = {0};
    int fd = connect_port(port);

    if (fd < 0)
        return reply;
    if (send_text(fd, request))
        reply = read_reply(fd, strncmp(request, "HEAD", 4) != 0);
    close(fd);
    return reply;
}

static inline int fetch_status(uint16_t port, const char *request)
{
    struct reply reply = fetch(port, request);

    free(reply.body);
    return reply.status;
}

static inline int count_entries(const char *path)
{
    DIR *dir = opendir(path);
    int count = 0;

    assert_non_null(dir);
    for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
        count += entry->d_name[0] != '.';
    closedir(dir);
    return count;
}

/* File descriptors of this process, the one that counts them left out. */
static inline int count_fds(void)
{
    return count_entries("/proc/self/fd") - 1;
}

/* All smaller ones are in use: as a limit, it leaves no file descriptor to be had. */
static inline int lowest_free_fd(void)
{
    int fd = dup(0);

    close(fd);
    return fd;
}

static inline int count_threads(void)
{
    return count_entries("/proc/self/task");
}

/* `value`, of `size` bytes with its NUL, is made long and unlike that of any other `n`. */
static inline void write_long_value(char *value, size_t size, unsigned n)
{
    memset(value, 'x', size - 1);
    value[size - 1] = '\0';
    for (size_t at = size - 2; n > 0; n /= 10)
        value[at--] = (char)('0' + n % 10);
}

/* What is true in the end need not be true at once. */
#define ASSERT_SOON(condition)                                                                     \
    do {                                                                                           \
        int64_t deadline_ = now_ms() + PATIENCE_MS;                                                \
        while (!(condition) && now_ms() < deadline_)                                               \
            sleep_ms(5);                                                                           \
        assert_true(condition);                                                                    \
    } while (0)

#endif
