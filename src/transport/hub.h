/* SPDX-License-Identifier: MIT */
/* hub.h -- what the requests of one server share, and what is kept of each. Both belong to the
 * server's thread. */
#ifndef PT_TRANSPORT_HUB_H
#define PT_TRANSPORT_HUB_H

#include <microhttpd.h>

#include "transport/connections.h"
#include "transport/handle.h"
#include "transport/host.h"
#include "transport/stream.h"
#include "transport/tally.h"
#include "transport/view.h"
#include "transport/web.h"

struct pt_hub {
    struct pt_connections connections;
    struct pt_views views;
    struct pt_web web;
    struct pt_tally tally;
    struct pt_stream_bench bench;
    struct pt_connection *arriving; /* the connection that is being handed over */
    const char *name;               /* for the landing page */
    size_t scrapes;                 /* that are going on */
    size_t scrapes_max;
    bool openmetrics2; /* as in pitot_server_opts */
    struct pt_hosts hosts;
};

/* From the request line to the last byte of the answer. */
struct pt_exchange {
    struct pt_hub *hub;
    struct MHD_Connection *mhd;
    struct pt_connection *connection;
    struct pt_auth_job login;
    size_t authorizations; /* headers of that name */
    struct pt_handle_plan plan;
    struct pt_reader reader;
    struct pt_stream stream;
    bool planned;   /* its headers are read */
    bool admitted;  /* by rate and password */
    bool suspended; /* until `login` is computed, then until `reader` is READY or FAILED */
    bool scraping;  /* one of the hub's scrapes */
    bool refused;   /* its time was up */
    bool head;
    const char *target_at; /* in the buffer of the HTTP engine, until the headers are read */
    size_t target_size;
    char target[];
};

#endif
