/* SPDX-License-Identifier: MIT */
/* handle.h -- from request to response in steps, so that a server can put threads in between. */
#ifndef PT_TRANSPORT_HANDLE_H
#define PT_TRANSPORT_HANDLE_H

#include <pitot/export.h>
#include <pitot/http.h>

#include "base/buf.h"
#include "transport/encoding.h"
#include "transport/query.h"

enum pt_handle_route {
    PT_HANDLE_REFUSE = 0, /* a constant answer: `status` */
    PT_HANDLE_METRICS,    /* a snapshot of the registry; slow if a collector is */
    PT_HANDLE_LANDING,
    PT_HANDLE_HEALTHY,
    PT_HANDLE_READY
};

/* All that a response depends on but the registry and the program's name. */
struct pt_handle_plan {
    enum pt_handle_route route;
    int status;
    bool negotiated;
    pitot_format format;
    pitot_escaping escaping;
    const char *content_type; /* static text */
    enum pt_encoding encoding;
    struct pt_query *query; /* METRICS: the part that is wanted; NULL is all */
    uint64_t timeout_ns;    /* METRICS: how long the client waits; 0 when it does not say */
};

/* GET and HEAD. */
bool pt_handle_allows(const char *method);

/* To be freed. Without memory it is the plan of a 500. */
struct pt_handle_plan pt_handle_plan(const pitot_http_request *request);
void pt_handle_plan_free(struct pt_handle_plan *plan);

/* How long collectors may take, so that who waits for timeout_ns gets the page in time: less half a
 * second, or a tenth if that is shorter, and at most 10 s. 0 when the client does not say. */
uint64_t pt_handle_collect_ns(const struct pt_handle_plan *plan);

/* Always fills `response`. For all routes but METRICS. */
void pt_handle_run(
    const struct pt_handle_plan *plan, const char *name, pitot_http_response *response);

/* The answer to METRICS, but for its body, which is in the coding `used`. */
void pt_handle_page_head(
    const struct pt_handle_plan *plan, enum pt_encoding used, pitot_http_response *response);

/* The bytes are the response's from now on; `body` is empty. */
void pt_handle_own_body(pitot_http_response *response, struct pt_buf *body);

/* The constant answer for an HTTP status that is an error; needs no memory. */
void pt_handle_refuse(int status, pitot_http_response *response);

/* The name of this program; static text. */
const char *pt_handle_program_name(void);

/* Makes this shared object use the allocator that the host gave to libpitot. */
void pt_handle_adopt_allocator(void);

#endif
