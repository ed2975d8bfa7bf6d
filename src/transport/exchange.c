/* SPDX-License-Identifier: MIT */
/*
 * exchange.c -- one request and its answer, on libmicrohttpd.
 *
 * The daemon parses; here it is decided what is refused and what is answered. What needs no
 * collector is answered at once. A page is made by the scrape thread: meanwhile the connection is
 * suspended, and resumed when the page is done, or when its time is up before anybody began with
 * it. Everything runs on the server's thread, but the release of an answer's bytes, which any may
 * do.
 */
#include "transport/exchange.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#if MHD_VERSION < 0x00097302
#error "libmicrohttpd 0.9.73 or newer is needed"
#endif

#define HEADERS_SIZE_MAX 8192
#define HEADERS_MAX 64
#define TARGET_SIZE_MAX 2048
#define MEMORY_SIZE 20480 /* of a connection: the headers, and as much again for the answer's */

struct exchange {
    struct pt_scrape_job job;
    struct MHD_Connection *mhd;
    bool suspended;
};

/* The headers that matter; a list that came in several lines is joined, as RFC 9110 5.3 has it. */
struct headers {
    size_t count;
    size_t hosts;
    size_t lengths;
    bool body, chunked, malformed;
    char accept[HEADERS_SIZE_MAX];
    char accept_encoding[HEADERS_SIZE_MAX];
};

static struct pt_connection *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

/* Every line is longer than what is added for it, so `HEADERS_SIZE_MAX` holds them all; if it did
 * not, the rest would be left out. */
static void join(char *list, const char *value)
{
    size_t size = strlen(list);

    if (size + 2 + strlen(value) < HEADERS_SIZE_MAX)
        snprintf(list + size, HEADERS_SIZE_MAX - size, "%s%s", size ? ", " : "", value);
}

/* RFC 9110, 5.6.2. "Content-Length " with a blank is no header that we do not know but an attempt
 * to have one that others see. */
static bool is_token(const char *name)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz";

    return *name && name[strspn(name, token)] == '\0';
}

static enum MHD_Result read_header(
    void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct headers *headers = cls;

    (void)kind;
    headers->count++;
    headers->malformed |= !is_token(name);
    if (!value)
        value = "";
    if (strcasecmp(name, "Host") == 0) {
        headers->hosts++;
    } else if (strcasecmp(name, "Accept") == 0) {
        join(headers->accept, value);
    } else if (strcasecmp(name, "Accept-Encoding") == 0) {
        join(headers->accept_encoding, value);
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        headers->chunked = headers->body = true;
    } else if (strcasecmp(name, "Content-Length") == 0) {
        headers->lengths++;
        headers->body |= strcmp(value, "0") != 0;
    }
    return MHD_YES;
}

/* The status that refuses what libmicrohttpd lets pass; 0 for a sound request. A request with a
 * body is refused because nobody here reads bodies, and what is not read must not be taken for the
 * next request. */
static int check(struct MHD_Connection *mhd, const char *method, const char *version,
    const struct headers *headers)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    const struct pt_connection *connection = connection_of(mhd);

    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        return 505;
    if (connection && connection->target_size > TARGET_SIZE_MAX)
        return 414;
    if (headers->count > HEADERS_MAX || (info && info->header_size > HEADERS_SIZE_MAX))
        return 431;
    if (headers->malformed || headers->lengths > 1 || headers->hosts > 1 ||
        (headers->chunked && headers->lengths > 0))
        return 400;
    if (headers->body)
        return pt_handle_allows(method) ? 400 : 405;
    return 0;
}

static void release_answer(void *answer)
{
    pt_answer_release(answer);
}

/* Sends `answer`, whose bytes must stay until libmicrohttpd releases `held`. */
static enum MHD_Result send_response(
    struct MHD_Connection *mhd, const pitot_http_response *answer, struct pt_answer *held)
{
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
        answer->body_size, (void *)(uintptr_t)answer->body, held ? release_answer : NULL, held);
    bool ok = response != NULL;

    if (!response) {
        pt_answer_release(held);
        return MHD_NO;
    }
    for (size_t i = 0; ok && i < answer->header_count; i++)
        ok = MHD_add_response_header(response, answer->headers[i].name, answer->headers[i].value) ==
             MHD_YES;
    if (ok)
        ok = MHD_queue_response(mhd, (unsigned)answer->status, response) == MHD_YES;
    MHD_destroy_response(response);
    return ok ? MHD_YES : MHD_NO;
}

static enum MHD_Result refuse(struct MHD_Connection *mhd, int status)
{
    pitot_http_response response;

    pt_handle_refuse(status, &response);
    return send_response(mhd, &response, NULL);
}

static enum MHD_Result send_answer(struct MHD_Connection *mhd, struct pt_answer *answer)
{
    if (!answer)
        return refuse(mhd, 500);
    return send_response(mhd, &answer->response, answer);
}

static enum MHD_Result answer_now(struct pt_exchange_hub *hub, struct exchange *exchange)
{
    struct pt_answer *answer = pt_answer_new();

    if (answer)
        pt_handle_run(hub->scrape.reg, &exchange->job.plan, hub->scrape.name, &answer->response);
    return send_answer(exchange->mhd, answer);
}

static enum MHD_Result answer_later(struct pt_exchange_hub *hub, struct exchange *exchange)
{
    exchange->suspended = true;
    MHD_suspend_connection(exchange->mhd);
    pt_scrape_push(&hub->scrape, &exchange->job);
    return MHD_YES;
}

/* The headers are there. libmicrohttpd closes a connection that is answered at this point, whether
 * it wants to send a body or not: right for a refusal. All others wait for the next call. */
static enum MHD_Result begin(struct MHD_Connection *mhd, const pitot_http_request *line,
    const char *version, struct exchange **state)
{
    struct headers headers;
    pitot_http_request request = *line;

    memset(&headers, 0, offsetof(struct headers, accept));
    headers.accept[0] = '\0';
    headers.accept_encoding[0] = '\0';
    MHD_get_connection_values(mhd, MHD_HEADER_KIND, read_header, &headers);
    int status = check(mhd, line->method, version, &headers);
    if (status)
        return refuse(mhd, status);
    if (headers.accept[0])
        request.accept = headers.accept;
    if (headers.accept_encoding[0])
        request.accept_encoding = headers.accept_encoding;

    struct exchange *exchange = pt_alloc_zero(sizeof(*exchange), NULL);
    if (!exchange)
        return refuse(mhd, 500);
    exchange->job.plan = pt_handle_plan(&request);
    exchange->job.owner = exchange;
    exchange->mhd = mhd;
    *state = exchange;
    return MHD_YES;
}

/* Called when the headers are there, when the request is complete, and when it was resumed. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size, void **state)
{
    struct pt_connection *connection = connection_of(mhd);
    struct exchange *exchange = *state;
    const struct pt_exchange_hub *hub = cls;
    const pitot_http_request line = {
        .method = method, .target = url, .openmetrics2 = hub->openmetrics2};

    (void)upload;
    (void)upload_size;
    if (!connection || connection->state == PT_CONNECTION_DYING)
        return MHD_NO;
    if (!exchange) {
        pt_connections_enter(connection, PT_CONNECTION_ANSWERING, pt_clock_ns());
        enum MHD_Result result = begin(mhd, &line, version, &exchange);
        connection->exchange = *state = exchange;
        return result;
    }
    switch (exchange->job.state) {
    case PT_SCRAPE_NEW:
        if (exchange->job.plan.route == PT_HANDLE_METRICS)
            return answer_later(cls, exchange);
        return answer_now(cls, exchange);
    case PT_SCRAPE_DONE: {
        struct pt_answer *answer = exchange->job.answer;
        exchange->job.answer = NULL;
        return send_answer(mhd, answer);
    }
    default:
        return MHD_NO;
    }
}

/* Called when the request line is there, with all of its target. */
static void *on_target(void *cls, const char *target, struct MHD_Connection *mhd)
{
    struct pt_connection *connection = connection_of(mhd);

    (void)cls;
    if (connection) {
        connection->target_size = strlen(target);
        pt_connections_enter(connection, PT_CONNECTION_READING, pt_clock_ns());
    }
    return NULL;
}

static void on_completed(
    void *cls, struct MHD_Connection *mhd, void **state, enum MHD_RequestTerminationCode code)
{
    struct pt_connection *connection = connection_of(mhd);
    struct exchange *exchange = *state;

    (void)cls;
    (void)code;
    if (connection) {
        connection->exchange = NULL;
        pt_connections_enter(connection, PT_CONNECTION_IDLE, pt_clock_ns());
    }
    if (exchange) {
        pt_answer_release(exchange->job.answer);
        pt_free(exchange);
    }
    *state = NULL;
}

static void on_connection(
    void *cls, struct MHD_Connection *mhd, void **context, enum MHD_ConnectionNotificationCode code)
{
    struct pt_exchange_hub *hub = cls;

    (void)mhd;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        *context = hub->arriving;
        hub->arriving = NULL;
    } else if (*context) {
        pt_connections_remove(&hub->connections, *context);
        *context = NULL;
    }
}

/* Paths are matched as they come: nothing is decoded. */
static size_t leave_escaped(void *cls, struct MHD_Connection *mhd, char *text)
{
    (void)cls;
    (void)mhd;
    return strlen(text);
}

struct MHD_Daemon *pt_exchange_open(struct pt_exchange_hub *hub, pitot_error *err)
{
    errno = 0;
    struct MHD_Daemon *daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
        on_request, hub, MHD_OPTION_CONNECTION_LIMIT, (unsigned)hub->connections.capacity,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_SIZE, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, hub, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        hub, MHD_OPTION_URI_LOG_CALLBACK, on_target, hub, MHD_OPTION_UNESCAPE_CALLBACK,
        leave_escaped, NULL, MHD_OPTION_END);

    if (!daemon)
        pt_fail_errno(err, errno ? errno : ENOMEM, "cannot start the HTTP engine");
    return daemon;
}

void pt_exchange_accept(
    struct pt_exchange_hub *hub, struct MHD_Daemon *daemon, int fd, uint64_t now_ns)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof(address);

    if (getpeername(fd, (struct sockaddr *)&address, &size) != 0) {
        size = sizeof(address); /* it left already; the engine will find out */
        address.ss_family = AF_UNIX;
    }
    hub->arriving = pt_connections_add(&hub->connections, fd, now_ns);
    struct pt_connection *connection = hub->arriving;
    /* The engine closes `fd` when it fails; it may have told so through on_connection() by then. */
    MHD_add_connection(daemon, fd, (struct sockaddr *)&address, size);
    if (hub->arriving && connection)
        pt_connections_remove(&hub->connections, connection);
    hub->arriving = NULL;
}

static void resume(struct exchange *exchange)
{
    exchange->suspended = false;
    MHD_resume_connection(exchange->mhd);
}

void pt_exchange_kill(struct pt_exchange_hub *hub, struct pt_connection *connection)
{
    struct exchange *exchange = connection->exchange;

    pt_connections_kill(&hub->connections, connection);
    if (exchange && exchange->suspended && pt_scrape_cancel(&hub->scrape, &exchange->job))
        resume(exchange);
}

void pt_exchange_deliver(struct pt_exchange_hub *hub)
{
    struct pt_scrape_job *job = pt_scrape_done(&hub->scrape);

    while (job) {
        struct pt_scrape_job *next = job->next;
        resume(job->owner);
        job = next;
    }
}

void pt_exchange_close(struct pt_exchange_hub *hub, struct MHD_Daemon *daemon)
{
    for (size_t i = 0; i < hub->connections.capacity; i++) {
        struct pt_connection *connection = &hub->connections.at[i];
        struct exchange *exchange = connection->exchange;

        if (exchange && exchange->suspended)
            resume(exchange);
    }
    MHD_stop_daemon(daemon);
}
