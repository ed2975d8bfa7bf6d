/* SPDX-License-Identifier: MIT */
/*
 * web.h -- the web configuration in force: who gets in, by which certificate, how often; and the
 * next one, when its files change.
 *
 * All but pt_web_error() is for the server's thread, once that runs.
 */
#ifndef PT_TRANSPORT_WEB_H
#define PT_TRANSPORT_WEB_H

#include "transport/auth.h"
#include "transport/rate.h"
#include "transport/tls.h"

#include <sys/stat.h>

/* A file, and what it was when it was read. */
struct pt_web_file {
    char *path;
    struct stat status;
};

#define PT_WEB_FILES 4 /* the configuration, certificate, key, authorities */

struct pt_web {
    struct pt_web_config config;
    struct pt_tls *tls; /* NULL: plain HTTP */
    struct pt_tls *old; /* those that connections still use */
    struct pt_auth auth;
    struct pt_rate rate; /* as it was at the start */
    char *path;          /* of the configuration; NULL for the program's struct */
    struct pt_web_file files[PT_WEB_FILES];
    uint64_t looked_ns;   /* at the files */
    uint64_t reloaded_ns; /* or tried to */
    pitot_counter *successes, *failures;
    pthread_mutex_t lock; /* a leaf; of `error` */
    pitot_error error;    /* of the last reload */
    bool open;
};

/* Without a configuration everybody gets in. `opts` and `reg` as for pitot_server_start(). */
bool pt_web_open(struct pt_web *web, pitot_registry *reg, const pitot_server_opts *opts,
    int wake_fd, pitot_error *err);

/* Looks at the files, once in a second at most, and takes over what changed. What is bad changes
 * nothing but the error and the counter. */
void pt_web_poll(struct pt_web *web, uint64_t now_ns);

/* The status for a request, as pt_auth_check() has it; 429 also for too many a second. */
int pt_web_admit(struct pt_web *web, struct pt_auth_job *job, size_t authorization_count,
    const char *authorization, uint64_t now_ns);

/* The value that is configured for a header; NULL for none. */
const char *pt_web_header(const struct pt_web *web, const char *name);

/* True with the reason when the last reload failed. Any thread. */
bool pt_web_error(struct pt_web *web, pitot_error *err);

/* First the thread, which may be busy with a job; then, once there is no session left, the rest.
 * For one that did not open, too. */
void pt_web_stop(struct pt_web *web);
void pt_web_close(struct pt_web *web);

#endif
