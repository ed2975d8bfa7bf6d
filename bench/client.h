/* SPDX-License-Identifier: MIT */
/*
 * client.h -- the HTTP client of the benchmarks in C and C++: GET over one connection that is kept,
 * read as fast as the system hands the bytes out, and thrown away. It knows bodies with a
 * Content-Length and chunked ones, and ends the program at anything else.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include "harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

struct bench_client {
    int fd;
    size_t at, end; /* what of `buffer` is received and not consumed yet */
    char buffer[256 * 1024];
};

static inline void bench_client_demand(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench: HTTP: %s\n", what);
    exit(1);
}

static inline struct bench_client *bench_client_new(int port)
{
    struct bench_client *c = (struct bench_client *)calloc(1, sizeof(*c));
    struct sockaddr_in address;
    int on = 1;

    bench_client_demand(c != NULL, "out of memory");
    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_port = htons((uint16_t)port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_client_demand(
        c->fd >= 0 && connect(c->fd, (struct sockaddr *)&address, sizeof(address)) == 0,
        "cannot connect");
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return c;
}

static inline void bench_client_free(struct bench_client *c)
{
    close(c->fd);
    free(c);
}

static inline void bench_client_receive(struct bench_client *c)
{
    if (c->at == c->end)
        c->at = c->end = 0;
    bench_client_demand(c->end < sizeof(c->buffer), "a line is too long");
    ssize_t n = recv(c->fd, c->buffer + c->end, sizeof(c->buffer) - c->end, 0);
    bench_client_demand(n > 0, "the server has gone");
    c->end += (size_t)n;
}

/* The next line, without its end, NUL-terminated; valid until the next call. */
static inline char *bench_client_line(struct bench_client *c)
{
    char *found;

    if (c->at > 0) { /* or a line that is cut by the end of the buffer never fits */
        memmove(c->buffer, c->buffer + c->at, c->end - c->at);
        c->end -= c->at;
        c->at = 0;
    }
    while (!(found = (char *)memchr(c->buffer, '\n', c->end)))
        bench_client_receive(c);
    *found = '\0';
    if (found > c->buffer && found[-1] == '\r')
        found[-1] = '\0';
    c->at = (size_t)(found + 1 - c->buffer);
    return c->buffer;
}

static inline void bench_client_skip(struct bench_client *c, size_t size)
{
    while (size > 0) {
        if (c->at == c->end)
            bench_client_receive(c);
        size_t take = c->end - c->at < size ? c->end - c->at : size;
        c->at += take;
        size -= take;
    }
}

static inline size_t bench_client_chunks(struct bench_client *c)
{
    size_t bytes = 0, size;

    while ((size = strtoul(bench_client_line(c), NULL, 16)) > 0) {
        bench_client_skip(c, size + 2);
        bytes += size;
    }
    while (*bench_client_line(c)) /* trailers */
        continue;
    return bytes;
}

/* GETs /metrics; `encoding` is the Accept-Encoding, or NULL. Returns the size of the body. */
static inline size_t bench_client_get(struct bench_client *c, const char *encoding)
{
    char request[256], *line;
    size_t length = 0;
    bool chunked = false;
    int size = snprintf(request, sizeof(request),
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain;version=0.0.4\r\n"
        "%s%s%s\r\n",
        encoding ? "Accept-Encoding: " : "", encoding ? encoding : "", encoding ? "\r\n" : "");

    bench_client_demand(send(c->fd, request, (size_t)size, MSG_NOSIGNAL) == size, "cannot send");
    bench_client_demand(
        !strncmp(bench_client_line(c), "HTTP/1.1 200", 12), "the answer is not 200");
    while (*(line = bench_client_line(c))) {
        if (!strncasecmp(line, "Content-Length:", 15))
            length = strtoul(line + 15, NULL, 10);
        chunked |= !strcasecmp(line, "Transfer-Encoding: chunked");
    }
    if (chunked)
        return bench_client_chunks(c);
    bench_client_skip(c, length);
    return length;
}

/* The median time of a GET, in microseconds. */
static inline double bench_client_p50(struct bench_client *c, double seconds)
{
    enum { TIMES_MAX = 100000 };
    double *times = (double *)malloc(TIMES_MAX * sizeof(*times));
    size_t count = 0;
    double begin = bench_now();

    bench_client_demand(times != NULL, "out of memory");
    while (count < 101 || (count < TIMES_MAX && bench_now() - begin < seconds)) {
        double start = bench_now();

        bench_client_get(c, NULL);
        times[count++] = (bench_now() - start) * 1e6;
    }
    qsort(times, count, sizeof(*times), bench_by_value);
    double median = times[count / 2];
    free(times);
    return median;
}

#endif
