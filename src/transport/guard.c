/* SPDX-License-Identifier: MIT */
/*
 * guard.c -- the server's thread: lets clients in, throws them out, and drives the HTTP engine.
 *
 * One loop: end what is overdue, accept, pass on pages that can be sent, let the engine read and
 * write (which makes the pages), rest if many are there and it took more than its share of a
 * processor, sleep until something happens. The engine has no thread and no
 * timeout of its own, so a connection is touched by this thread alone, and an fd can never be shut
 * down after it was closed and given to somebody else.
 *
 * A host may have closed our fds and opened others of the same numbers. That is looked at before
 * each round, which only calls the engine, and uses a number, if all are there; else the thread
 * ends.
 *
 * Nothing that accept() may answer ends the loop. When fds or memory run out it pauses, so that it
 * does not spin; the waiting clients are accepted on a reserve fd and closed, so that they know.
 */
#include "transport/guard.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/thread.h"
#include "transport/mark.h"
#include "transport/panic.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#define ACCEPT_BATCH 16
#define PAUSE_NS UINT64_C(100000000)
#define CROWDED_NS UINT64_C(100000000) /* how often it is looked who is in the way */
#define KEEP_NS UINT64_C(30000000)
#define MANY 8 /* connections; the usual scrapers are one or two */
#define MANY_A_SECOND 100
#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_SECOND UINT64_C(1000000000)

/* The address sanitizer does not know that the frames of a cancelled thread are gone. */
#define CANCELLED_HERE __attribute__((no_sanitize("address")))

static int open_reserve(void)
{
    int fd = pt_sys_open("/dev/null", O_RDONLY | O_CLOEXEC);

    pt_mark_set(fd);
    return fd;
}

static void end_overdue(struct pt_guard *guard, uint64_t now_ns)
{
    struct pt_connection *connection;

    while ((connection = pt_connections_overdue(&guard->hub->connections, now_ns)) != NULL)
        pt_exchange_end(guard->hub, connection, now_ns);
}

/* Out of fds: lets one waiting client know by closing its connection. */
static void turn_away(struct pt_guard *guard)
{
    if (guard->reserve_fd < 0)
        return;
    pt_mark_close(guard->reserve_fd);
    int fd = pt_sys_accept4(guard->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        pt_sys_close(fd);
    guard->reserve_fd = open_reserve();
}

static void pause_accepting(struct pt_guard *guard, int error_number)
{
    if (error_number == EMFILE || error_number == ENFILE) {
        for (int i = 0; i < ACCEPT_BATCH; i++)
            turn_away(guard);
    }
    guard->paused_until_ns = pt_clock_ns() + PAUSE_NS;
}

static bool has_room(const struct pt_guard *guard)
{
    return guard->hub->connections.used < guard->hub->connections.capacity;
}

static void admit(struct pt_guard *guard, int fd, uint64_t now_ns)
{
    const int on = 1;

    guard->came++;
    pt_mark_set(fd);
    pt_sys_setsockopt(
        fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* fails for a unix socket: fine */
    pt_exchange_accept(guard->hub, guard->daemon, fd, now_ns);
}

static void accept_some(struct pt_guard *guard, uint64_t now_ns)
{
    if (!guard->newcomers || now_ns < guard->paused_until_ns)
        return;
    if (guard->reserve_fd < 0)
        guard->reserve_fd = open_reserve();
    for (int i = 0; i < ACCEPT_BATCH && has_room(guard); i++) {
        int fd = pt_sys_accept4(guard->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            admit(guard, fd, now_ns);
            continue;
        }
        switch (errno) {
        case EAGAIN:
            return;
        case ECONNABORTED: /* and what Linux passes on of a client that is gone already */
        case EINTR:
        case EPROTO:
        case ENETDOWN:
        case ENETUNREACH:
        case EHOSTDOWN:
        case EHOSTUNREACH:
            break;
        default:
            pause_accepting(guard, errno);
            return;
        }
    }
}

/* Milliseconds to sleep, rounded up; -1 for ever. */
static int timeout_ms(const struct pt_guard *guard, uint64_t now_ns)
{
    uint64_t until_ns = pt_connections_deadline(&guard->hub->connections);
    uint64_t views_ns = pt_views_deadline(&guard->hub->views);
    MHD_UNSIGNED_LONG_LONG engine_ms = 0;

    if (MHD_get_timeout(guard->daemon, &engine_ms) == MHD_YES && engine_ms == 0)
        return 0;
    if (views_ns < until_ns)
        until_ns = views_ns;
    if (guard->paused_until_ns > now_ns && guard->paused_until_ns < until_ns)
        until_ns = guard->paused_until_ns;
    if (guard->crowded && until_ns > now_ns + CROWDED_NS)
        until_ns = now_ns + CROWDED_NS;
    if (until_ns == UINT64_MAX)
        return -1;
    if (until_ns <= now_ns)
        return 0;
    uint64_t ms = (until_ns - now_ns + NS_PER_MS - 1) / NS_PER_MS;
    return ms < 3600000 ? (int)ms : 3600000;
}

static void drain_wake(struct pt_guard *guard)
{
    eventfd_t wakes;

    if (pt_mark_has(guard->wake_fd))
        pt_sys_eventfd_read(guard->wake_fd, &wakes);
}

CANCELLED_HERE static void sleep_until_needed(struct pt_guard *guard)
{
    uint64_t now_ns = pt_clock_ns();
    bool accepts = now_ns >= guard->paused_until_ns && has_room(guard);

    struct pollfd fds[] = {
        {.fd = guard->wake_fd, .events = POLLIN},
        {.fd = guard->engine_fd, .events = POLLIN},
        {.fd = accepts ? guard->listen_fd : -1, .events = POLLIN},
    };

    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL); /* see pt_guard_stop() */
    pt_sys_poll(fds, 3, timeout_ms(guard, now_ns));
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    if (fds[0].revents)
        drain_wake(guard);
    guard->newcomers = fds[2].revents != 0;
}

/* Looked at before every round: who closes fds that he does not know closes all of these. */
static bool has_its_fds(const struct pt_guard *guard)
{
    return pt_mark_has(guard->wake_fd) && pt_mark_has(guard->engine_fd) &&
           pt_mark_has(guard->listen_fd);
}

static bool are_many(struct pt_guard *guard, uint64_t now_ns)
{
    if (now_ns - guard->second_ns >= NS_PER_SECOND) {
        guard->second_ns = now_ns;
        guard->many_came = guard->came >= MANY_A_SECOND;
        guard->came = 0;
    }
    return guard->hub->connections.used >= MANY || guard->many_came || guard->came >= MANY_A_SECOND;
}

/* While there is more to do than there may be time for, snapshots are kept for who comes next. */
static void account(struct pt_guard *guard)
{
    uint64_t now_ns = pt_clock_ns();

    guard->rest_ns =
        pt_budget_spend(&guard->budget, now_ns, pt_clock_thread_ns(), are_many(guard, now_ns));
    if (guard->rest_ns > 0)
        guard->hub->views.keep_until_ns = now_ns + guard->rest_ns + KEEP_NS;
}

static void go_round(void *arg)
{
    struct pt_guard *guard = arg;
    uint64_t now_ns = pt_clock_ns();

    end_overdue(guard, now_ns);
    accept_some(guard, now_ns);
    pt_exchange_deliver(guard->hub);
    guard->crowded = pt_exchange_make_room(guard->hub, now_ns);
    MHD_run(guard->daemon);
    account(guard);
}

/* Whoever wants something waits so long; but for a page that is done, or the end. */
static void rest(const struct pt_guard *guard)
{
    struct pollfd wake = {.fd = guard->wake_fd, .events = POLLIN};

    if (guard->rest_ns > 0)
        pt_sys_poll(&wake, 1, (int)((guard->rest_ns + NS_PER_MS - 1) / NS_PER_MS));
}

CANCELLED_HERE static void *run(void *arg)
{
    struct pt_guard *guard = arg;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    while (!atomic_load_explicit(&guard->stopping, memory_order_acquire)) {
        if (!has_its_fds(guard) || !pt_panic_catch(go_round, guard)) {
            pt_guard_close_fds(guard); /* who waits for an answer is not to wait in vain */
            atomic_store_explicit(&guard->lost, true, memory_order_release);
            break;
        }
        rest(guard);
        sleep_until_needed(guard);
    }
    return NULL;
}

bool pt_guard_start(struct pt_guard *guard, pitot_error *err)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(guard->daemon, MHD_DAEMON_INFO_EPOLL_FD);

    if (!info || info->epoll_fd < 0)
        return pt_fail(err, PITOT_ESYSTEM, "cannot start the HTTP engine: it does not use epoll");
    guard->engine_fd = info->epoll_fd;
    pt_mark_set(guard->engine_fd);
    guard->reserve_fd = open_reserve();
    atomic_init(&guard->stopping, false);
    atomic_init(&guard->lost, false);
    guard->started = pt_thread_start(&guard->thread, "pitot-http", run, guard, err);
    if (!guard->started)
        pt_mark_close(guard->reserve_fd);
    return guard->started;
}

static bool guard_is_lost(const struct pt_guard *guard)
{
    return atomic_load_explicit(&guard->lost, memory_order_acquire);
}

void pt_guard_stop(struct pt_guard *guard)
{
    if (!guard->started)
        return;
    bool was_lost = guard_is_lost(guard) || !has_its_fds(guard);
    atomic_store_explicit(&guard->stopping, true, memory_order_release);
    if (was_lost)
        pthread_cancel(guard->thread); /* it may sleep on fds that nobody can wake it through */
    pt_mark_wake(guard->wake_fd);
    pthread_join(guard->thread, NULL);
    if (was_lost)
        atomic_store_explicit(&guard->lost, true, memory_order_release);
    if (!was_lost)
        pt_mark_close(guard->reserve_fd);
    guard->started = false;
}

bool pt_guard_error(const struct pt_guard *guard, pitot_error *err)
{
    if (!guard_is_lost(guard))
        return false;
    pt_fail(err, PITOT_ESYSTEM,
        "the HTTP server does not serve any more: the program closed its file descriptors, or the "
        "system refused to change its epoll set; start it after closefrom() or daemon()");
    return true;
}

void pt_guard_close_fds(struct pt_guard *guard)
{
    const struct pt_connections *connections = &guard->hub->connections;

    if (guard->closed)
        return;
    guard->closed = true;
    for (size_t i = 0; i < connections->capacity; i++)
        if (connections->at[i].state != PT_CONNECTION_NONE)
            pt_mark_close(connections->at[i].fd);
    pt_mark_close(guard->engine_fd);
    pt_mark_close(guard->listen_fd);
    pt_mark_close(guard->reserve_fd);
}
