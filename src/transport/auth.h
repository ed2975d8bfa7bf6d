/* SPDX-License-Identifier: MIT */
/*
 * auth.h -- who may come in by name and password (RFC 7617), without making others wait.
 *
 * What was right before is known at once, by a keyed hash; everything else is a job for a thread
 * that computes one slow hash after the other, and for which a few may wait.
 */
#ifndef PT_TRANSPORT_AUTH_H
#define PT_TRANSPORT_AUTH_H

#include "base/sip.h"
#include "transport/budget.h"
#include "transport/web_config.h"

#include <pthread.h>

#define PT_AUTH_QUEUE_MAX 4
#define PT_AUTH_PASSWORD_MAX 256 /* bytes */

enum pt_auth_state {
    PT_AUTH_NEW = 0,
    PT_AUTH_QUEUED,
    PT_AUTH_RUNNING,
    PT_AUTH_DONE /* by the thread, or cancelled */
};

/* One attempt; the fields are auth.c's. Zeroed memory is a valid one. */
struct pt_auth_job {
    enum pt_auth_state state; /* under the lock */
    struct pt_auth_job *next;
    void *owner; /* the caller's */
    bool known;  /* there is such a user; else the hash is computed all the same */
    bool passed;
    struct pt_sip name;
    struct pt_sip credential;
    char hash[PT_WEB_HASH_SIZE + 1];
    char password[PT_AUTH_PASSWORD_MAX + 1];
};

struct pt_auth_user {
    struct pt_sip name;
    struct pt_sip good; /* of the credential that was right; never of one that was not */
    bool has_good;
    char hash[PT_WEB_HASH_SIZE + 1];
};

struct pt_auth {
    struct pt_sip_key key;
    struct pt_auth_user *users; /* the caller's thread alone; so are the fields above */
    size_t user_count;
    size_t costliest; /* of the users: the hash for who is not among them */

    pthread_mutex_t lock; /* a leaf: no other is taken under it */
    pthread_cond_t changed;
    struct pt_auth_job *queue; /* first in, first out */
    size_t queued;
    struct pt_auth_job *done;
    bool stopping;

    int wake_fd;
    void *scratch;           /* the thread's */
    struct pt_budget budget; /* the thread's */
    pthread_t thread;
    bool open, started;
};

/* `wake_fd` is an eventfd, written to when a job is done. */
bool pt_auth_open(struct pt_auth *auth, int wake_fd, pitot_error *err);

/* Replaces the users; what was known of one whose name and hash stay the same stays known. With
 * none everybody may come in. On failure nothing changes. */
bool pt_auth_set_users(struct pt_auth *auth, const struct pt_web_items *users, pitot_error *err);

/* The HTTP status for a request with `count` Authorization headers, of which `header` is one: 200
 * for come in, 400, 401, 429 for too many at once; or 0, and then `job` comes out of pt_auth_done()
 * later. */
int pt_auth_check(struct pt_auth *auth, struct pt_auth_job *job, size_t count, const char *header);

/* The list, through `next`, of what was computed since. Each is for pt_auth_finish(). */
struct pt_auth_job *pt_auth_done(struct pt_auth *auth);

/* 200 or 401. */
int pt_auth_finish(struct pt_auth *auth, struct pt_auth_job *job);

/* True when the job was waiting, and does no longer; false when it will come out, or has. */
bool pt_auth_cancel(struct pt_auth *auth, struct pt_auth_job *job);

/* Joins the thread; jobs that wait are wiped and forgotten. Nobody comes in afterwards. Does
 * nothing to one that is not open. */
void pt_auth_close(struct pt_auth *auth);

#endif
