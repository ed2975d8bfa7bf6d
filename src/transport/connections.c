/* SPDX-License-Identifier: MIT */
/*
 * connections.c -- who is connected, what each is doing, and whose time is up.
 *
 * A table, one entry for each connection. Deadlines are absolute: they count from the beginning of
 * a state, so a client that drips a byte a second gains nothing. A connection whose time is up is
 * shut down, not closed: the HTTP engine, which owns the fd, sees the end of it and closes. Until
 * then the entry is DYING; of those there may be live_max more.
 *
 * The engine does not tell when the first byte of a connection's second request arrives. So the
 * bytes are counted: a connection that received more than the heads that were read has begun its
 * next request, and an idle one is looked at twice in each header timeout. (Empty lines between
 * requests count as the beginning of one. A unix socket does not count its bytes; there, and for a
 * beginning that came encrypted together with the request before, the idle timeout alone holds.)
 *
 * Whoever takes an answer has to keep a least rate, or it would hold what is being sent for as long
 * as it likes.
 *
 * Everything here belongs to the server's thread.
 */
#include "transport/connections.h"

#include "base/alloc.h"
#include "base/sys.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <sys/socket.h>

#define NS_PER_S 1e9
#define LOOK_NS UINT64_C(1000000000)  /* how often somebody who is SENDING is looked at */
#define GRACE_NS UINT64_C(5000000000) /* before the least rate has to be kept */

bool pt_connections_open(
    struct pt_connections *table, const struct pt_connections_limits *limits, pitot_error *err)
{
    *table = (struct pt_connections){.limits = *limits, .capacity = limits->live_max * 2};
    table->at = pt_alloc_zero(table->capacity * sizeof(*table->at), err);
    return table->at != NULL;
}

void pt_connections_close(struct pt_connections *table)
{
    pt_free(table->at);
    *table = (struct pt_connections){0};
}

struct pt_connection *pt_connections_add(
    struct pt_connections *table, int fd, uint64_t origin, uint64_t now_ns)
{
    for (size_t i = 0; i < table->capacity; i++) {
        struct pt_connection *connection = &table->at[i];

        if (connection->state == PT_CONNECTION_NONE) {
            *connection = (struct pt_connection){
                .state = PT_CONNECTION_READING, .fd = fd, .origin = origin, .since_ns = now_ns};
            table->live++;
            table->used++;
            return connection;
        }
    }
    return NULL;
}

void pt_connections_remove(struct pt_connections *table, struct pt_connection *connection)
{
    if (connection->state != PT_CONNECTION_DYING)
        table->live--;
    table->used--;
    *connection = (struct pt_connection){.fd = -1};
}

/* False when the system does not say: for a unix socket. */
static bool get_info(int fd, struct tcp_info *info)
{
    socklen_t size = sizeof(*info);

    return pt_sys_getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &size) == 0 &&
           size >=
               offsetof(struct tcp_info, tcpi_bytes_received) + sizeof(info->tcpi_bytes_received);
}

/* Bytes that have arrived on a connection; 0 when the system does not say. */
static uint64_t bytes_received(int fd)
{
    struct tcp_info info;

    return get_info(fd, &info) ? info.tcpi_bytes_received : 0;
}

void pt_connections_enter(
    struct pt_connection *connection, enum pt_connection_state state, uint64_t now_ns)
{
    if (connection->state == PT_CONNECTION_DYING || connection->state == state)
        return;
    connection->state = state;
    connection->since_ns = now_ns;
    if (state == PT_CONNECTION_IDLE) {
        connection->checked_ns = now_ns;
        connection->bytes = bytes_received(connection->fd);
        if (connection->bytes > connection->head_bytes)
            connection->state = PT_CONNECTION_READING;
    }
}

void pt_connections_note_head(struct pt_connection *connection, size_t size, bool encrypted)
{
    connection->head_bytes = encrypted ? UINT64_MAX : connection->head_bytes + size;
}

void pt_connections_send(
    const struct pt_connections *table, struct pt_connection *connection, uint64_t now_ns)
{
    struct tcp_info info;

    pt_connections_enter(connection, PT_CONNECTION_SENDING, now_ns);
    connection->checked_ns = now_ns;
    connection->work_ns = table->work_ns;
    connection->handed = 0;
    connection->bytes = get_info(connection->fd, &info) ? info.tcpi_bytes_acked : 0;
}

/* Of a unix socket it is known only what the system took. */
static uint64_t bytes_taken(const struct pt_connection *connection)
{
    struct tcp_info info;

    return get_info(connection->fd, &info) ? info.tcpi_bytes_acked - connection->bytes
                                           : connection->handed;
}

/* How long it has been sending, without what the thread spent on making pages. */
static uint64_t sending_ns(
    const struct pt_connections *table, const struct pt_connection *connection, uint64_t now_ns)
{
    uint64_t not_counted_ns = connection->since_ns + table->work_ns - connection->work_ns;

    return now_ns > not_counted_ns ? now_ns - not_counted_ns : 0;
}

bool pt_connections_slow(const struct pt_connections *table, const struct pt_connection *connection,
    uint64_t age_ns, uint64_t now_ns)
{
    if (connection->state != PT_CONNECTION_SENDING)
        return false;
    uint64_t ns = sending_ns(table, connection, now_ns);
    return ns > age_ns &&
           (double)bytes_taken(connection) < table->limits.rate_min * ((double)ns / NS_PER_S);
}

/* A connection that is reset, instead of ended, drops what the client has not taken, and shows it
 * that there was more. Unix sockets cannot be. */
static bool reset(int fd)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};

    return pt_sys_connect(fd, &nobody, sizeof(nobody)) == 0;
}

void pt_connections_kill(struct pt_connections *table, struct pt_connection *connection)
{
    if (connection->state == PT_CONNECTION_DYING)
        return;
    if (connection->state != PT_CONNECTION_SENDING || !reset(connection->fd))
        pt_sys_shutdown(connection->fd, SHUT_RDWR);
    connection->state = PT_CONNECTION_DYING;
    table->live--;
}

static bool is_older(const struct pt_connection *a, const struct pt_connection *b)
{
    return !b || a->since_ns < b->since_ns;
}

/* The one that can be missed best. `origin` 0 is any. */
static struct pt_connection *choose(const struct pt_connections *table, uint64_t origin)
{
    struct pt_connection *waiting = NULL;
    struct pt_connection *answering = NULL;

    for (size_t i = 0; i < table->capacity; i++) {
        struct pt_connection *connection = &table->at[i];

        if (origin && connection->origin != origin)
            continue;
        switch (connection->state) {
        case PT_CONNECTION_READING:
        case PT_CONNECTION_IDLE:
            if (is_older(connection, waiting))
                waiting = connection;
            break;
        case PT_CONNECTION_WAITING:
        case PT_CONNECTION_SENDING:
            if (is_older(connection, answering))
                answering = connection;
            break;
        case PT_CONNECTION_NONE:
        case PT_CONNECTION_DYING:
            break;
        }
    }
    return waiting ? waiting : answering;
}

struct pt_connection *pt_connections_victim(const struct pt_connections *table)
{
    return table->live < table->limits.live_max ? NULL : choose(table, 0);
}

struct pt_connection *pt_connections_victim_of(const struct pt_connections *table, uint64_t origin)
{
    size_t count = 0;

    for (size_t i = 0; origin && i < table->capacity; i++) {
        const struct pt_connection *connection = &table->at[i];
        count += connection->origin == origin && connection->state != PT_CONNECTION_DYING;
    }
    return origin && count >= table->limits.origin_max ? choose(table, origin) : NULL;
}

/* When its time is up, if nothing changes; `*look` is when it is to be looked at before that. */
static uint64_t deadline_of(
    const struct pt_connections *table, const struct pt_connection *connection, uint64_t *look)
{
    *look = UINT64_MAX;
    switch (connection->state) {
    case PT_CONNECTION_READING:
        return connection->since_ns + table->limits.header_ns;
    case PT_CONNECTION_WAITING:
        return connection->since_ns + connection->timeout_ns;
    case PT_CONNECTION_SENDING:
        *look = connection->checked_ns + LOOK_NS;
        return connection->since_ns + connection->timeout_ns + table->work_ns - connection->work_ns;
    case PT_CONNECTION_IDLE:
        *look = connection->checked_ns + table->limits.header_ns / 2;
        return connection->since_ns + table->limits.idle_ns;
    case PT_CONNECTION_NONE:
    case PT_CONNECTION_DYING:
        break;
    }
    return UINT64_MAX;
}

/* False when it has to go. */
static bool look_at(
    const struct pt_connections *table, struct pt_connection *connection, uint64_t now_ns)
{
    connection->checked_ns = now_ns;
    if (connection->state == PT_CONNECTION_SENDING)
        return !pt_connections_slow(table, connection, GRACE_NS, now_ns);
    if (bytes_received(connection->fd) != connection->bytes)
        pt_connections_enter(connection, PT_CONNECTION_READING, now_ns);
    return true;
}

struct pt_connection *pt_connections_overdue(struct pt_connections *table, uint64_t now_ns)
{
    uint64_t look;

    for (size_t i = 0; i < table->capacity; i++) {
        struct pt_connection *connection = &table->at[i];

        if (now_ns >= deadline_of(table, connection, &look))
            return connection;
        if (now_ns >= look && !look_at(table, connection, now_ns))
            return connection;
    }
    return NULL;
}

uint64_t pt_connections_deadline(const struct pt_connections *table)
{
    uint64_t first = UINT64_MAX;
    uint64_t look;

    for (size_t i = 0; i < table->capacity; i++) {
        uint64_t deadline = deadline_of(table, &table->at[i], &look);

        if (look < deadline)
            deadline = look;
        if (deadline < first)
            first = deadline;
    }
    return first;
}
