/* SPDX-License-Identifier: MIT */
/*
 * handle.c -- from request to response.
 *
 * First the plan: which of a few routes, which format, which coding. A path is matched byte for
 * byte: nothing is decoded, so nothing can be confused. Then the run, of all but the
 * metrics: whole.c makes their page in one go, the server piece by piece. Every header value and
 * every error body is a constant; of the request nothing is ever sent back. Pure but for the
 * registry, any thread.
 */
#include "transport/handle.h"

#include "base/alloc.h"
#include "base/parse.h"
#include "transport/landing.h"
#include "transport/negotiate.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#define PLAIN "text/plain; charset=utf-8"
#define NO_CONTENT_POLICY "default-src 'none'; frame-ancestors 'none'" /* if taken for a page */
#define LANDING_SIZE_MAX 65536
#define TIMEOUT_S_MAX 3600
#define NS_PER_S 1e9
#define TIMEOUT_S_MIN 0.01
#define MARGIN_NS_MAX UINT64_C(500000000)
#define COLLECT_NS_MAX UINT64_C(10000000000) /* as long as the library waits by itself */

static const struct {
    const char *path;
    enum pt_handle_route route;
} routes[] = {
    {"/metrics", PT_HANDLE_METRICS},
    {"/", PT_HANDLE_LANDING},
    {"/-/healthy", PT_HANDLE_HEALTHY},
    {"/-/ready", PT_HANDLE_READY},
};

static const struct {
    int status;
    const char *body;
} refusals[] = {
    {400, "Bad request.\n"},
    {401, "Unauthorized.\n"},
    {403, "Forbidden: this server does not go by that name.\n"},
    {404, "Not found. The metrics are at /metrics.\n"},
    {405, "Method not allowed: GET and HEAD are.\n"},
    {414, "The request target is too long.\n"},
    {429, "Too many requests.\n"},
    {431, "The request headers are too large.\n"},
    {500, "Internal error: the page could not be made, probably for want of memory.\n"},
    {503, "Too many scrapes at once. Try again later.\n"},
    {505, "HTTP version not supported: 1.0 and 1.1 are.\n"},
};

/* Where both libraries are one static program they share the allocator already, and other threads
 * may be using it: then nothing is written. */
static void adopt_allocator(void)
{
    const pitot_allocator theirs = pitot_allocator_get();
    const pitot_allocator ours = pt_alloc_in_force();

    if (ours.allocate != theirs.allocate || ours.ctx != theirs.ctx)
        pt_alloc_use(&theirs);
}

void pt_handle_adopt_allocator(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, adopt_allocator);
}

const char *pt_handle_program_name(void)
{
    return program_invocation_short_name;
}

static enum pt_handle_route find_route(const char *target)
{
    size_t size = strcspn(target, "?");

    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        if (size == strlen(routes[i].path) && memcmp(target, routes[i].path, size) == 0)
            return routes[i].route;
    }
    return PT_HANDLE_REFUSE;
}

bool pt_handle_allows(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

/* The formats that libpitot writes: it may be older or newer than this library. */
static unsigned formats_for(const pitot_http_request *request)
{
    unsigned formats = 0;

    for (int i = 0; i < PITOT_FORMAT_COUNT; i++) {
        if (pitot_format_content_type((pitot_format)i))
            formats |= PT_NEGOTIATE_BIT(i);
    }
    if (!request->openmetrics2)
        formats &= ~PT_NEGOTIATE_BIT(PITOT_FORMAT_OPENMETRICS_2);
    return formats;
}

/* What is no positive number is as good as nothing. */
static uint64_t read_timeout(const char *text)
{
    double seconds;

    if (!text || !pt_parse_double(text, strlen(text), &seconds) || !(seconds > 0) || isinf(seconds))
        return 0;
    seconds = seconds < TIMEOUT_S_MIN ? TIMEOUT_S_MIN : seconds;
    return (uint64_t)((seconds < TIMEOUT_S_MAX ? seconds : TIMEOUT_S_MAX) * NS_PER_S);
}

static struct pt_handle_plan refuse_query(enum pt_query_result result)
{
    return (struct pt_handle_plan){.status = result == PT_QUERY_MALFORMED ? 400 : 500};
}

struct pt_handle_plan pt_handle_plan(const pitot_http_request *request)
{
    if (!request || !request->method || !request->target)
        return (struct pt_handle_plan){.status = 400};

    enum pt_handle_route route = find_route(request->target);
    if (route == PT_HANDLE_REFUSE)
        return (struct pt_handle_plan){.status = 404};
    if (!pt_handle_allows(request->method))
        return (struct pt_handle_plan){.status = 405};
    if (route != PT_HANDLE_METRICS && route != PT_HANDLE_LANDING)
        return (struct pt_handle_plan){.route = route, .status = 200};

    struct pt_negotiated found = pt_negotiate(request->accept, formats_for(request));
    struct pt_handle_plan plan = {
        .route = PT_HANDLE_METRICS,
        .status = 200,
        .negotiated = true,
        .format = found.format,
        .escaping = found.escaping,
        .content_type = pitot_format_content_type_with(found.format, found.escaping),
        .encoding = pt_encoding_choose(request->accept_encoding),
    };
    if (route == PT_HANDLE_LANDING && found.html) {
        plan.route = PT_HANDLE_LANDING;
        plan.content_type = "text/html; charset=utf-8";
        return plan;
    }
    enum pt_query_result result = pt_query_parse(request->target, &plan.query);
    if (result != PT_QUERY_FOUND)
        return refuse_query(result);
    plan.timeout_ns = read_timeout(request->scrape_timeout);
    return plan;
}

void pt_handle_plan_free(struct pt_handle_plan *plan)
{
    pt_query_release(plan->query);
    plan->query = NULL;
}

uint64_t pt_handle_collect_ns(const struct pt_handle_plan *plan)
{
    uint64_t margin_ns = plan->timeout_ns / 10;
    uint64_t collect_ns =
        plan->timeout_ns - (margin_ns < MARGIN_NS_MAX ? margin_ns : MARGIN_NS_MAX);

    return collect_ns < COLLECT_NS_MAX ? collect_ns : COLLECT_NS_MAX;
}

static void add_header(pitot_http_response *response, const char *name, const char *value)
{
    if (response->header_count < PITOT_HTTP_HEADERS_MAX)
        response->headers[response->header_count++] = (pitot_http_header){name, value};
}

static void begin(
    pitot_http_response *response, int status, const char *content_type, const char *policy)
{
    memset(response, 0, sizeof(*response));
    response->status = status;
    add_header(response, "Content-Type", content_type);
    add_header(response, "X-Content-Type-Options", "nosniff");
    add_header(response, "Cache-Control", "no-store");
    add_header(response, "Content-Security-Policy", policy);
}

static void answer_text(pitot_http_response *response, int status, const char *text)
{
    begin(response, status, PLAIN, NO_CONTENT_POLICY);
    response->body = text;
    response->body_size = strlen(text);
}

void pt_handle_refuse(int status, pitot_http_response *response)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (refusals[i].status == status) {
            answer_text(response, status, refusals[i].body);
            if (status == 401)
                add_header(response, "WWW-Authenticate", "Basic");
            if (status == 405)
                add_header(response, "Allow", "GET, HEAD");
            if (status == 503)
                add_header(response, "Retry-After", "1");
            return;
        }
    }
    pt_handle_refuse(500, response);
}

void pt_handle_page_head(
    const struct pt_handle_plan *plan, enum pt_encoding used, pitot_http_response *response)
{
    bool landing = plan->route == PT_HANDLE_LANDING;

    begin(response, plan->status, plan->content_type,
        landing ? PT_LANDING_POLICY : NO_CONTENT_POLICY);
    add_header(response, "Vary", "Accept, Accept-Encoding");
    if (pt_encoding_name(used))
        add_header(response, "Content-Encoding", pt_encoding_name(used));
}

void pt_handle_own_body(pitot_http_response *response, struct pt_buf *body)
{
    response->owned_ = body->at;
    response->body = body->at ? body->at : "";
    response->body_size = body->size;
    *body = pt_buf_new(body->max);
}

static void answer_landing(
    const struct pt_handle_plan *plan, const char *name, pitot_http_response *response)
{
    struct pt_buf page = pt_buf_new(LANDING_SIZE_MAX);

    pt_landing_write(&page, name);
    if (page.failed) {
        pt_buf_free(&page);
        pt_handle_refuse(500, response);
        return;
    }
    pt_handle_page_head(plan, PT_ENCODING_IDENTITY, response);
    pt_handle_own_body(response, &page);
}

void pt_handle_run(
    const struct pt_handle_plan *plan, const char *name, pitot_http_response *response)
{
    switch (plan->route) {
    case PT_HANDLE_LANDING:
        answer_landing(plan, name, response);
        return;
    case PT_HANDLE_HEALTHY:
        answer_text(response, 200, "Healthy.\n");
        return;
    case PT_HANDLE_READY:
        answer_text(response, 200, "Ready.\n");
        return;
    case PT_HANDLE_METRICS:
    case PT_HANDLE_REFUSE:
        break;
    }
    pt_handle_refuse(plan->status, response);
}
