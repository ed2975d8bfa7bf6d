/* SPDX-License-Identifier: MIT */
/*
 * server.c -- an HTTP server on threads of its own, from parts that are started in order and
 * stopped in the opposite one.
 *
 *     pitot-http     guard.c: accepts, keeps deadlines, drives libmicrohttpd (exchange.c)
 *                    and makes and compresses the pages (stream.c)
 *     pitot-scrape   scrape.c: runs collectors, takes the snapshots
 *     pitot-auth     auth.c: computes slow hashes of passwords; only where there are users
 *
 * Any thread may start and stop servers. The registry must outlive the server.
 */
#include <pitot/http.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/fork.h"
#include "base/sys.h"
#include "transport/guard.h"
#include "transport/handle.h"
#include "transport/listen.h"
#include "transport/mark.h"
#include "transport/panic.h"
#include "transport/ready.h"

#include <errno.h>
#include <sys/eventfd.h>

#define CONNECTIONS_DEFAULT 64
#define CONNECTIONS_LIMIT 4096
#define HEADER_TIMEOUT_MS 5000
#define IDLE_TIMEOUT_MS 75000
#define SEND_TIMEOUT_MS 30000
#define SHARE_MS 1000
#define SCRAPES_DEFAULT 64
#define RATE_MIN 16384
#define CPU_PERCENT 40
#define NS_PER_MS UINT64_C(1000000)

struct pitot_server {
    struct pitot_server *abandoned; /* the next of these */
    uint32_t process;               /* of who started it: a child has none of its threads */
    struct pt_listen listener;
    int wake_fd;
    char *name;
    struct pt_hub hub;
    struct MHD_Daemon *daemon;
    struct pt_guard guard;
};

static uint64_t ns_or(uint32_t ms, uint32_t otherwise_ms)
{
    return (ms ? ms : otherwise_ms) * NS_PER_MS;
}

static bool open_connections(
    struct pitot_server *server, const pitot_server_opts *opts, pitot_error *err)
{
    struct pt_connections_limits limits = {
        .live_max = opts->connections_max ? opts->connections_max : CONNECTIONS_DEFAULT,
        .header_ns = ns_or(opts->header_timeout_ms, HEADER_TIMEOUT_MS),
        .idle_ns = ns_or(opts->idle_timeout_ms, IDLE_TIMEOUT_MS),
        .send_ns = ns_or(opts->send_timeout_ms, SEND_TIMEOUT_MS),
        .rate_min = opts->rate_min ? opts->rate_min : RATE_MIN,
        .origin_max = opts->per_address_max,
        .loopback_counts = opts->per_address_max > 0,
    };

    if (limits.origin_max == 0)
        limits.origin_max = (limits.live_max + 1) / 2;
    if (limits.live_max > CONNECTIONS_LIMIT)
        return pt_fail(err, PITOT_EINVAL, "connections_max %zu: at most %d can be served",
            limits.live_max, CONNECTIONS_LIMIT);
    return pt_connections_open(&server->hub.connections, &limits, err);
}

static bool open_wake(struct pitot_server *server, pitot_error *err)
{
    server->wake_fd = pt_sys_eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    pt_mark_set(server->wake_fd);
    if (server->wake_fd < 0)
        return pt_fail_errno(err, errno, "cannot start the HTTP server");
    return true;
}

static bool open_all(struct pitot_server *server, pitot_registry *reg,
    const pitot_server_opts *opts, pitot_error *err)
{
    server->name = pt_strdup(opts->name ? opts->name : pt_handle_program_name(), err);
    if (!server->name || !open_connections(server, opts, err))
        return false;
    if (!pt_listen_open(&server->listener, opts->listen, err) || !open_wake(server, err))
        return false;
    if (!pt_web_open(&server->hub.web, reg, opts, server->wake_fd, err))
        return false;
    if (server->hub.web.tls)
        pt_listen_secure(&server->listener);
    if (server->listener.loopback &&
        !pt_hosts_open(&server->hub.hosts, opts->hosts, opts->host_count, err))
        return false;
    if (!pt_scrape_start(&server->hub.views.scrape, reg, server->wake_fd, err))
        return false;
    server->daemon = pt_exchange_open(&server->hub, err);
    if (!server->daemon)
        return false;
    pt_tally_open(&server->hub.tally, reg);
    server->hub.name = server->name;
    server->hub.openmetrics2 = opts->openmetrics2;
    server->hub.scrapes_max = opts->scrapes_max ? opts->scrapes_max : SCRAPES_DEFAULT;
    server->hub.views.share_ns = ns_or(opts->share_ms, SHARE_MS);
    server->guard.listen_fd = server->listener.fd;
    server->guard.wake_fd = server->wake_fd;
    server->guard.budget.percent = opts->cpu_percent_max ? opts->cpu_percent_max : CPU_PERCENT;
    server->guard.hub = &server->hub;
    server->guard.daemon = server->daemon;
    if (!pt_guard_start(&server->guard, err))
        return false;
    if (opts->notify_ready)
        pt_ready_notify();
    return true;
}

pitot_server *pitot_server_start(
    pitot_registry *reg, pitot_error *err, const pitot_server_opts *opts)
{
    const pitot_server_opts defaults = {0};

    if (!reg)
        return NULL;
    pt_handle_adopt_allocator();
    struct pitot_server *server = pt_alloc_zero(sizeof(*server), err);
    if (!server)
        return NULL;
    pt_fork_start();
    pt_panic_start();
    server->process = pt_fork_process();
    server->listener.fd = -1;
    server->wake_fd = -1;
    if (!open_all(server, reg, opts ? opts : &defaults, err)) {
        pitot_server_stop(server);
        return NULL;
    }
    return server;
}

uint16_t pitot_server_port(const pitot_server *server)
{
    return server ? server->listener.port : 0;
}

const char *pitot_server_url(const pitot_server *server)
{
    return server ? server->listener.url : NULL;
}

/* One that must not be taken down. In a child that would end the parent's connections, and its
 * memory is as the parent's threads left it; without its fds it would close those that have their
 * numbers now. So what is still ours is closed, and the memory stays, where a checker of leaks
 * finds it. */
static void abandon(struct pitot_server *server)
{
    static _Atomic(struct pitot_server *) all;

    pt_guard_close_fds(&server->guard);
    pt_mark_close(server->wake_fd);
    server->abandoned = atomic_load(&all);
    while (!atomic_compare_exchange_weak(&all, &server->abandoned, server))
        continue;
}

static void close_engine(void *arg)
{
    struct pitot_server *server = arg;

    pt_exchange_close(&server->hub, server->daemon);
}

bool pitot_server_error(pitot_server *server, pitot_error *err)
{
    return server && (pt_guard_error(&server->guard, err) || pt_web_error(&server->hub.web, err));
}

/* Also for one that did not start completely. */
void pitot_server_stop(pitot_server *server)
{
    if (!server)
        return;
    if (server->process != pt_fork_process()) {
        abandon(server);
        return;
    }
    pt_guard_stop(&server->guard);
    pt_scrape_stop(&server->hub.views.scrape);
    pt_web_stop(&server->hub.web);
    if (pt_guard_error(&server->guard, NULL)) {
        abandon(server);
        return;
    }
    pt_listen_close(&server->listener);
    if (server->daemon && !pt_panic_catch(close_engine, server)) {
        abandon(server);
        return;
    }
    pt_web_close(&server->hub.web);
    pt_views_close(&server->hub.views);
    pt_stream_bench_free(&server->hub.bench);
    pt_mark_close(server->wake_fd);
    pt_connections_close(&server->hub.connections);
    pt_hosts_close(&server->hub.hosts);
    pt_free(server->name);
    pt_free(server);
}
