/* SPDX-License-Identifier: MIT */
/* exchange.h -- one request and its answer, on libmicrohttpd. */
#ifndef PT_TRANSPORT_EXCHANGE_H
#define PT_TRANSPORT_EXCHANGE_H

#include <microhttpd.h>

#include "transport/connections.h"
#include "transport/scrape.h"

/* What the callbacks of one server work on. */
struct pt_exchange_hub {
    struct pt_connections connections;
    struct pt_scrape scrape;
    struct pt_connection *arriving; /* the connection that is being handed over */
    bool openmetrics2;              /* as in pitot_server_opts */
};

/* The daemon that answers; it has no thread, and waits for pt_exchange_accept() and MHD_run(). NULL
 * with the reason in `err`. Its closure is `hub`, which must outlive it. */
struct MHD_Daemon *pt_exchange_open(struct pt_exchange_hub *hub, pitot_error *err);

/* Hands over an accepted socket, which is the daemon's (or closed) from then on. */
void pt_exchange_accept(
    struct pt_exchange_hub *hub, struct MHD_Daemon *daemon, int fd, uint64_t now_ns);

/* Ends a connection whatever it is doing. */
void pt_exchange_kill(struct pt_exchange_hub *hub, struct pt_connection *connection);

/* Lets go the requests whose pages are done. */
void pt_exchange_deliver(struct pt_exchange_hub *hub);

/* Closes every connection. The scrape must have been stopped. */
void pt_exchange_close(struct pt_exchange_hub *hub, struct MHD_Daemon *daemon);

#endif
