/* SPDX-License-Identifier: MIT */
/*
 * exchange.c -- one request and its answer, on libmicrohttpd.
 *
 * The daemon parses; here its callbacks become a plan, which answer.c carries out for who may come
 * in, and connections are let go, ended and resumed. Everything runs on the server's thread.
 */
#include "transport/exchange.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/sys.h"
#include "transport/address.h"
#include "transport/answer.h"
#include "transport/headers.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#if MHD_VERSION < 0x00097302
#error "libmicrohttpd 0.9.73 or newer is needed"
#endif

/* What 0.9.75 is strict about it answers itself, or closes; left alone, it is refused by headers.c,
 * with an answer like all others. Later ones can be as strict as it takes. */
#if MHD_VERSION < 0x00097700
#define STRICTNESS_OPTION MHD_OPTION_STRICT_FOR_CLIENT
#define STRICTNESS 0
#else
#define STRICTNESS_OPTION MHD_OPTION_CLIENT_DISCIPLINE_LVL
#define STRICTNESS 1
#endif

/* Of a connection: the request's headers, as much again for the answer's, and a chunk. */
#define MEMORY_SIZE (20480 + CHUNK_SIZE)
#define CHUNK_SIZE 66560                 /* a piece, and what a chunk has around it */
#define BUSY_AGE_NS UINT64_C(1000000000) /* so long nobody has to give way */

static struct pt_connection *connection_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

static bool is_encrypted(struct MHD_Connection *mhd)
{
    return MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION) != NULL;
}

/* The headers are there. libmicrohttpd closes a connection that is answered at this point, whether
 * it wants to send a body or not: right for a refusal. All others wait for the next call. */
static enum MHD_Result begin(struct pt_exchange *exchange, const char *method, const char *version)
{
    const struct pt_head_line line = {method, exchange->target_at, exchange->target_size, version};
    struct pt_connections *connections = &exchange->hub->connections;
    struct pt_headers headers;

    pt_headers_read(&headers, exchange->mhd, &line);
    pt_connections_note_head(exchange->connection, headers.size, is_encrypted(exchange->mhd));
    exchange->planned = true;
    exchange->authorizations = headers.authorizations;
    exchange->head = strcmp(method, "HEAD") == 0;
    exchange->connection->timeout_ns = connections->limits.send_ns;
    int status = pt_headers_check(&headers, &line, exchange->target);
    if (!status)
        status = pt_hosts_check(&exchange->hub->hosts, headers.host);
    if (status)
        return pt_answer_refuse(exchange, status);
    exchange->plan = pt_handle_plan(&(pitot_http_request){
        .method = method,
        .target = exchange->target,
        .accept = headers.accept[0] ? headers.accept : NULL,
        .accept_encoding = headers.accept_encoding[0] ? headers.accept_encoding : NULL,
        .openmetrics2 = exchange->hub->openmetrics2,
        .scrape_timeout = headers.scrape_timeout,
    });
    if (exchange->plan.timeout_ns > connections->limits.send_ns)
        exchange->connection->timeout_ns = exchange->plan.timeout_ns;
    return MHD_YES;
}

/* The status that refuses who may not come in, 200 for who may; 0: it takes a while, and the
 * request comes back here. */
static int admit(struct pt_exchange *exchange)
{
    struct pt_web *web = &exchange->hub->web;
    int status;

    if (exchange->admitted)
        return 200;
    if (exchange->login.state == PT_AUTH_NEW)
        status = pt_web_admit(web, &exchange->login, exchange->authorizations,
            MHD_lookup_connection_value(exchange->mhd, MHD_HEADER_KIND, "Authorization"),
            pt_clock_ns());
    else
        status = pt_auth_finish(&web->auth, &exchange->login);
    exchange->admitted = status == 200;
    return status;
}

/* Called when the headers are there, when the request is complete, and when it was resumed. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_size, void **state)
{
    struct pt_connection *connection = connection_of(mhd);
    struct pt_exchange *exchange = *state;

    (void)url;
    (void)upload;
    (void)upload_size;
    if (!connection || connection->state == PT_CONNECTION_DYING)
        return MHD_NO;
    if (!exchange)
        return pt_answer_refuse_poor(cls, mhd, connection);
    if (!exchange->planned) {
        pt_connections_enter(exchange->connection, PT_CONNECTION_WAITING, pt_clock_ns());
        return begin(exchange, method, version);
    }
    int status = exchange->refused ? 503 : admit(exchange);
    if (status == 0) {
        exchange->suspended = true;
        MHD_suspend_connection(mhd);
        return MHD_YES;
    }
    if (status != 200)
        return pt_answer_refuse(exchange, status);
    if (exchange->plan.route == PT_HANDLE_METRICS)
        return pt_answer_scrape(exchange);
    return pt_answer_run(exchange);
}

/* Called when the request line is there, with all of its target, which does not stay. */
static void *on_target(void *cls, const char *target, struct MHD_Connection *mhd)
{
    struct pt_connection *connection = connection_of(mhd);
    size_t size = strlen(target);

    if (!connection)
        return NULL;
    pt_connections_enter(connection, PT_CONNECTION_READING, pt_clock_ns());
    struct pt_exchange *exchange = pt_alloc_zero(sizeof(*exchange) + size + 1, NULL);
    if (!exchange)
        return NULL;
    exchange->hub = cls;
    exchange->mhd = mhd;
    exchange->connection = connection;
    exchange->login.owner = exchange;
    exchange->target_at = target;
    exchange->target_size = size;
    memcpy(exchange->target, target, size + 1);
    connection->exchange = exchange;
    return exchange;
}

static void on_completed(
    void *cls, struct MHD_Connection *mhd, void **state, enum MHD_RequestTerminationCode code)
{
    struct pt_hub *hub = cls;
    struct pt_connection *connection = connection_of(mhd);
    struct pt_exchange *exchange = *state;

    (void)code;
    *state = NULL;
    if (connection) {
        pitot_counter_add_u64(hub->tally.sent_bytes, connection->handed);
        connection->handed = 0;
        connection->exchange = NULL;
        pt_connections_enter(connection, PT_CONNECTION_IDLE, pt_clock_ns());
    }
    if (!exchange)
        return;
    pt_answer_end(exchange);
    pt_handle_plan_free(&exchange->plan);
    pt_free(exchange);
}

/* Before the handshake: what is in force now holds for this connection to its end. */
static void greet(struct pt_hub *hub, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);

    if (hub->web.tls && info && pt_tls_attach(hub->web.tls, info->tls_session))
        hub->arriving->tls = hub->web.tls;
}

static void on_connection(
    void *cls, struct MHD_Connection *mhd, void **context, enum MHD_ConnectionNotificationCode code)
{
    struct pt_hub *hub = cls;

    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        if (hub->arriving)
            greet(hub, mhd);
        *context = hub->arriving;
        hub->arriving = NULL;
        pitot_gauge_add(hub->tally.connections, *context ? 1 : 0);
    } else if (*context) {
        pitot_gauge_add(hub->tally.connections, -1);
        pt_tls_detach(((struct pt_connection *)*context)->tls);
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

static void resume(struct pt_exchange *exchange)
{
    if (exchange->suspended)
        MHD_resume_connection(exchange->mhd);
    exchange->suspended = false;
}

static void resume_reader(struct pt_reader *reader)
{
    resume(reader->owner);
}

struct MHD_Daemon *pt_exchange_open(struct pt_hub *hub, pitot_error *err)
{
    /* The callback has no certificate: greet() gives each connection its own. */
    const struct MHD_OptionItem tls[] = {
        {hub->web.tls ? MHD_OPTION_HTTPS_CERT_CALLBACK : MHD_OPTION_END, 0,
            pt_tls_no_certificate()},
        {MHD_OPTION_END, 0, NULL},
    };
    unsigned flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME |
                     (hub->web.tls ? MHD_USE_TLS : 0);

    hub->bench.cache = pt_cache_new(PT_CACHE_BYTES_DEFAULT); /* none, without memory for it */
    hub->views.changed = resume_reader;
    errno = 0;
    struct MHD_Daemon *daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, hub,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)hub->connections.capacity,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_SIZE, STRICTNESS_OPTION, STRICTNESS,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, hub, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        hub, MHD_OPTION_URI_LOG_CALLBACK, on_target, hub, MHD_OPTION_UNESCAPE_CALLBACK,
        leave_escaped, NULL, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);

    if (!daemon)
        pt_fail_errno(err, errno ? errno : ENOMEM, "cannot start the HTTP engine");
    return daemon;
}

static void make_room_for(struct pt_hub *hub, uint64_t origin)
{
    struct pt_connection *victim = pt_connections_victim_of(&hub->connections, origin);

    if (victim)
        pt_exchange_kill(hub, victim, PT_TALLY_ADDRESS);
    else if ((victim = pt_connections_victim(&hub->connections)) != NULL)
        pt_exchange_kill(hub, victim, PT_TALLY_REPLACED);
}

void pt_exchange_accept(struct pt_hub *hub, struct MHD_Daemon *daemon, int fd, uint64_t now_ns)
{
    struct sockaddr_storage address = {0};
    socklen_t size = sizeof(address);

    if (pt_sys_getpeername(fd, (struct sockaddr *)&address, &size) != 0) {
        size = sizeof(address); /* it left already; the engine will find out */
        address.ss_family = AF_UNIX;
    }
    pt_web_poll(&hub->web, now_ns);
    uint64_t origin = pt_address_origin(&address);
    if (!hub->connections.limits.loopback_counts && pt_address_is_loopback(&address))
        origin = 0;
    make_room_for(hub, origin);
    hub->arriving = pt_connections_add(&hub->connections, fd, origin, now_ns);
    struct pt_connection *connection = hub->arriving;
    /* The engine closes `fd` when it fails; it may have told so through on_connection() by then. */
    MHD_add_connection(daemon, fd, (struct sockaddr *)&address, size);
    if (hub->arriving && connection)
        pt_connections_remove(&hub->connections, connection);
    hub->arriving = NULL;
}

/* Nothing is waited for any more, but for a hash that is being computed: it is not cut short, and
 * pt_exchange_deliver() resumes then. */
static void give_up(struct pt_exchange *exchange)
{
    pt_answer_end(exchange);
    if (exchange->admitted || pt_auth_cancel(&exchange->hub->web.auth, &exchange->login))
        resume(exchange);
}

void pt_exchange_kill(
    struct pt_hub *hub, struct pt_connection *connection, enum pt_tally_cut reason)
{
    struct pt_exchange *exchange = connection->exchange;

    pt_connections_kill(&hub->connections, connection);
    pitot_counter_inc(hub->tally.cut[reason]);
    if (exchange)
        give_up(exchange);
}

void pt_exchange_end(struct pt_hub *hub, struct pt_connection *connection, uint64_t now_ns)
{
    struct pt_exchange *exchange = connection->exchange;

    if (connection->state == PT_CONNECTION_WAITING && exchange && exchange->suspended) {
        exchange->refused = true;
        pitot_counter_inc(hub->tally.refused);
        pt_connections_send(&hub->connections, connection, now_ns);
        give_up(exchange);
        return;
    }
    enum pt_tally_cut reason = PT_TALLY_HEADER;
    if (connection->state == PT_CONNECTION_IDLE)
        reason = PT_TALLY_IDLE;
    else if (connection->state == PT_CONNECTION_SENDING)
        reason = PT_TALLY_SLOW;
    pt_exchange_kill(hub, connection, reason);
}

static struct pt_connection *find_in_the_way(struct pt_hub *hub, uint64_t now_ns)
{
    const struct pt_view *oldest = pt_views_oldest(&hub->views);

    for (size_t i = 0; oldest && i < hub->connections.capacity; i++) {
        struct pt_connection *connection = &hub->connections.at[i];
        const struct pt_exchange *exchange = connection->exchange;

        if (exchange && exchange->reader.page && exchange->reader.page->view == oldest &&
            pt_connections_slow(&hub->connections, connection, BUSY_AGE_NS, now_ns))
            return connection;
    }
    return NULL;
}

bool pt_exchange_make_room(struct pt_hub *hub, uint64_t now_ns)
{
    struct pt_connection *connection;

    while (hub->views.waiting && (connection = find_in_the_way(hub, now_ns)) != NULL)
        pt_exchange_kill(hub, connection, PT_TALLY_BUSY);
    return hub->views.waiting != NULL;
}

void pt_exchange_deliver(struct pt_hub *hub)
{
    struct pt_auth_job *login = pt_auth_done(&hub->web.auth);

    while (login) {
        struct pt_auth_job *next = login->next;

        resume(login->owner);
        login = next;
    }
    pt_views_deliver(&hub->views, pt_clock_ns());
}

void pt_exchange_close(struct pt_hub *hub, struct MHD_Daemon *daemon)
{
    for (size_t i = 0; i < hub->connections.capacity; i++) {
        struct pt_exchange *exchange = hub->connections.at[i].exchange;

        if (exchange)
            resume(exchange);
    }
    MHD_stop_daemon(daemon);
}
