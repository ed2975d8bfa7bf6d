/* SPDX-License-Identifier: MIT */
/* exchange.h -- one request and its answer, on libmicrohttpd. */
#ifndef PT_TRANSPORT_EXCHANGE_H
#define PT_TRANSPORT_EXCHANGE_H

#include "transport/hub.h"

/* The daemon that answers; it has no thread, and waits for pt_exchange_accept() and MHD_run(). NULL
 * with the reason in `err`. Its closure is `hub`, which must outlive it. */
struct MHD_Daemon *pt_exchange_open(struct pt_hub *hub, pitot_error *err);

/* Hands over an accepted socket, which is the daemon's (or closed) from then on. Where there is no
 * room for it another one is ended. */
void pt_exchange_accept(struct pt_hub *hub, struct MHD_Daemon *daemon, int fd, uint64_t now_ns);

/* Ends a connection whatever it is doing. */
void pt_exchange_kill(
    struct pt_hub *hub, struct pt_connection *connection, enum pt_tally_cut reason);

/* The time of a connection is up: who waits is told to come back, all others are ended. */
void pt_exchange_end(struct pt_hub *hub, struct pt_connection *connection, uint64_t now_ns);

/* Ends those who are slow to take the oldest snapshot while somebody waits for its place. True
 * while somebody still waits. */
bool pt_exchange_make_room(struct pt_hub *hub, uint64_t now_ns);

/* Lets go the requests whose passwords are hashed, or pages made. */
void pt_exchange_deliver(struct pt_hub *hub);

/* Closes every connection. Scrape and web must have been stopped. */
void pt_exchange_close(struct pt_hub *hub, struct MHD_Daemon *daemon);

#endif
