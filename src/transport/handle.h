/* SPDX-License-Identifier: MIT */
/* handle.h -- from request to response in two steps, so that a server can put a thread in between.
 */
#ifndef PT_TRANSPORT_HANDLE_H
#define PT_TRANSPORT_HANDLE_H

#include <pitot/export.h>
#include <pitot/http.h>

#include "transport/encoding.h"

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
};

/* GET and HEAD. */
bool pt_handle_allows(const char *method);

struct pt_handle_plan pt_handle_plan(const pitot_http_request *request);

/* Whether the same registry answers both with the same bytes. */
bool pt_handle_plan_same(const struct pt_handle_plan *a, const struct pt_handle_plan *b);

/* Always fills `response`, like pitot_http_handle(). */
void pt_handle_run(pitot_registry *reg, const struct pt_handle_plan *plan, const char *name,
    pitot_http_response *response);

/* The constant answer for an HTTP status that is an error; needs no memory. */
void pt_handle_refuse(int status, pitot_http_response *response);

/* The name of this program; static text. */
const char *pt_handle_program_name(void);

/* Makes this shared object use the allocator that the host gave to libpitot. */
void pt_handle_adopt_allocator(void);

#endif
