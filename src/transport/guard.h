/* SPDX-License-Identifier: MIT */
/* guard.h -- the server's thread: lets clients in, throws them out, and drives the HTTP engine. */
#ifndef PT_TRANSPORT_GUARD_H
#define PT_TRANSPORT_GUARD_H

#include "transport/budget.h"
#include "transport/exchange.h"

struct pt_guard {
    int listen_fd;
    int wake_fd; /* an eventfd: a page is done, or the thread is to end */
    struct pt_hub *hub;
    struct MHD_Daemon *daemon;
    int engine_fd;
    int reserve_fd;           /* given up to accept, and close, when the process has no fds left */
    uint64_t paused_until_ns; /* no accept before */
    struct pt_budget budget;
    uint64_t rest_ns;   /* before the next round */
    uint64_t second_ns; /* in which `came` were accepted; many_came: in the one before */
    uint32_t came;
    bool many_came;
    bool newcomers; /* somebody waits to be accepted */
    bool crowded;   /* somebody waits for a snapshot to go */
    pthread_t thread;
    bool started, closed;
    _Atomic bool stopping; /* set (release) by pt_guard_stop(), read (acquire) by the thread */
    _Atomic bool lost;     /* for ever: see pt_guard_error(); the thread has ended */
};

/* The fields above `engine_fd`, and the budget's share, are the caller's to fill. */
bool pt_guard_start(struct pt_guard *guard, pitot_error *err);

/* Ends the thread. Connections stay as they are. Does nothing to one that did not start. */
void pt_guard_stop(struct pt_guard *guard);

/* True with an error when the host closed the server's fds, or the engine gave up: nothing is
 * served any more, and the engine must not be called, which knows fds by their numbers alone. Any
 * thread.
 */
bool pt_guard_error(const struct pt_guard *guard, pitot_error *err);

/* Closes what is still ours of the fds, once: those of the connections, the engine's, the one that
 * listens. The thread does so when it is lost. */
void pt_guard_close_fds(struct pt_guard *guard);

#endif
