/* SPDX-License-Identifier: MIT */
/* connections.h -- who is connected, what each is doing, and whose time is up. */
#ifndef PT_TRANSPORT_CONNECTIONS_H
#define PT_TRANSPORT_CONNECTIONS_H

#include <pitot/pitot.h>

enum pt_connection_state {
    PT_CONNECTION_NONE = 0,
    PT_CONNECTION_READING, /* its request is not complete */
    PT_CONNECTION_WAITING, /* its request is complete, its answer has not begun */
    PT_CONNECTION_SENDING, /* its answer has begun, the last byte is not sent */
    PT_CONNECTION_IDLE,    /* between two requests */
    PT_CONNECTION_DYING    /* shut down; its owner has not closed it yet */
};

struct pt_connection {
    enum pt_connection_state state;
    int fd;
    uint64_t since_ns;   /* when the state began */
    uint64_t checked_ns; /* IDLE, SENDING: when it was last looked at */
    uint64_t bytes;      /* IDLE: what had been received by then; SENDING: acknowledged at first */
    uint64_t handed;     /* SENDING: bytes of this answer that were given to the system */
    uint64_t work_ns;    /* SENDING: `work_ns` of the table when it began */
    uint64_t timeout_ns; /* WAITING, SENDING: how long each may last; the client may have asked */
    uint64_t origin;     /* who counts as one; 0 is nobody */
    uint64_t head_bytes; /* of all its requests so far; UINT64_MAX when what arrives is not that */
    void *exchange;      /* the request that is being answered */
    struct pt_tls *tls;  /* its certificate; NULL: plain HTTP */
};

struct pt_connections_limits {
    size_t live_max;
    size_t origin_max;    /* of one origin; none of origin 0 */
    bool loopback_counts; /* as an origin */
    uint64_t header_ns;
    uint64_t idle_ns;
    uint64_t send_ns;
    uint32_t rate_min; /* bytes a second */
};

struct pt_connections {
    struct pt_connection *at;
    size_t capacity;  /* twice live_max: as many may be dying */
    size_t live;      /* not DYING */
    size_t used;      /* not NONE */
    uint64_t work_ns; /* that the thread spent on making pages: no client can help that */
    struct pt_connections_limits limits;
};

bool pt_connections_open(
    struct pt_connections *table, const struct pt_connections_limits *limits, pitot_error *err);
void pt_connections_close(struct pt_connections *table);

/* NULL when there is no room, even for one that would be evicted at once. */
struct pt_connection *pt_connections_add(
    struct pt_connections *table, int fd, uint64_t origin, uint64_t now_ns);
void pt_connections_remove(struct pt_connections *table, struct pt_connection *connection);

/* A connection that is dying stays so. */
void pt_connections_enter(
    struct pt_connection *connection, enum pt_connection_state state, uint64_t now_ns);

/* A head of so many bytes was read. Of an encrypted connection it cannot be told what else came. */
void pt_connections_note_head(struct pt_connection *connection, size_t size, bool encrypted);

/* SENDING from now on; `timeout_ns` must be set. */
void pt_connections_send(
    const struct pt_connections *table, struct pt_connection *connection, uint64_t now_ns);

/* Whether it is SENDING for longer than `age_ns`, at less than the least rate. Counted are bytes
 * that the other side acknowledged, and time that the thread did not spend on making pages. */
bool pt_connections_slow(const struct pt_connections *table, const struct pt_connection *connection,
    uint64_t age_ns, uint64_t now_ns);

/* Ends both directions; the fd stays open and is its owner's to close. An answer that is being sent
 * is broken off so that nobody can take it for a complete one. */
void pt_connections_kill(struct pt_connections *table, struct pt_connection *connection);

/* The one to go when a newcomer needs room: the one that has been idle or incomplete for longest;
 * when all are being answered, the one that has been at it for longest. NULL while there is room.
 */
struct pt_connection *pt_connections_victim(const struct pt_connections *table);

/* The same among those of the newcomer's origin; NULL while that has room for one more. */
struct pt_connection *pt_connections_victim_of(const struct pt_connections *table, uint64_t origin);

/* One whose time is up, or NULL. */
struct pt_connection *pt_connections_overdue(struct pt_connections *table, uint64_t now_ns);

/* When pt_connections_overdue() wants to be called next; UINT64_MAX for never. */
uint64_t pt_connections_deadline(const struct pt_connections *table);

#endif
