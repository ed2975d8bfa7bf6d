/* SPDX-License-Identifier: MIT */
/* serve.h -- how each program of this folder starts and ends: it says where it serves, as the
 * examples do, and serves until SIGTERM. */
#ifndef PITOT_TESTS_E2E_SERVE_H
#define PITOT_TESTS_E2E_SERVE_H

#include <pitot/http.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

/* Before the first thread. */
static inline void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, signals, NULL);
}

/* For a program that the end of its input ends: whoever ends it sends SIGTERM right behind, and the
 * end would not be a sound one, which shows leaks. */
static inline void end_with_input(void)
{
    signal(SIGTERM, SIG_IGN);
}

/* What a failure means for a test: nothing after it can be believed. */
static inline void demand(const pitot_error *err)
{
    if (!err->code)
        return;
    fprintf(stderr, "unexpected error %d: %s\n", (int)err->code, err->message);
    exit(EXIT_FAILURE);
}

static inline void say(const char *line)
{
    puts(line);
    fflush(stdout);
}

/* The time to send is long, because a page may take long with a sanitizer on a busy machine. `file`
 * is a web configuration; NULL for none. */
static inline pitot_server *serve_by(pitot_registry *reg, const char *address, const char *file)
{
    pitot_error err = {0};
    const pitot_server_opts opts = {
        .listen = address, .send_timeout_ms = 300000, .web_config_file = file};
    pitot_server *server = pitot_server_start(reg, &err, &opts);

    demand(&err);
    printf("Serving metrics on %s/metrics\n", pitot_server_url(server));
    fflush(stdout);
    return server;
}

static inline pitot_server *serve(pitot_registry *reg, const char *address)
{
    return serve_by(reg, address, NULL);
}

static inline void serve_until_sigterm(pitot_server *server, const sigset_t *signals)
{
    int number;

    sigwait(signals, &number);
    pitot_server_stop(server);
}

#endif
