/* SPDX-License-Identifier: MIT */
/*
 * auth.c -- who may come in by name and password, without making others wait.
 *
 * The credential (name, stored hash, password) is hashed with a secret key and compared with the
 * one that was right for that user, so a scraper that has come in once never waits again. What is
 * wrong is not remembered: guessers cannot push out anybody. What is not known goes to the thread,
 * which computes one bcrypt after the other, also for a user who does not exist (with the costliest
 * hash there is), so that the time does not tell which names exist. While more are waiting it takes
 * half of a processor. Comparisons take the same time whatever they compare.
 *
 * One thread calls everything here; the thread of its own sees only jobs in the queue. Passwords
 * are wiped as soon as they have been looked at.
 */
#include "transport/auth.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/sys.h"

#ifdef PITOT_HAS_CRYPT
#include "base/thread.h"
#include "transport/mark.h"

#include <crypt.h>
#endif

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <time.h>

#define CPU_PERCENT 50 /* while more are waiting */
#define CREDENTIAL_MAX (PT_WEB_NAME_MAX + 1 + PT_AUTH_PASSWORD_MAX)

/* ---- The header ---- */

static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : -1;
}

/* Base64 with its padding, RFC 4648. False when it is none, or of more than `room` bytes. */
static bool decode(const char *text, char *bytes, size_t room, size_t *size)
{
    size_t length = strlen(text);
    size_t padding = 0;
    size_t count = 0;

    while (padding < 2 && length > padding && text[length - padding - 1] == '=')
        padding++;
    if (length % 4 != 0 || length / 4 * 3 - padding > room)
        return false;
    uint32_t bits = 0;
    for (size_t i = 0; i < length - padding; i++) {
        int digit = digit_of(text[i]);

        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        if (i % 4 != 0)
            bytes[count++] = (char)(bits >> (6 - 2 * (i % 4)));
    }
    *size = count;
    return true;
}

/* "Basic " and base64 of "name:password". Points into `bytes`, which has room for a NUL more. */
static bool split(const char *header, char *bytes, const char **name, const char **password)
{
    size_t size = 0;

    if (!header || strncasecmp(header, "Basic ", 6) != 0)
        return false;
    if (!decode(header + 6, bytes, CREDENTIAL_MAX, &size) || memchr(bytes, '\0', size))
        return false;
    bytes[size] = '\0';
    char *colon = strchr(bytes, ':');
    if (!colon)
        return false;
    *colon = '\0';
    *name = bytes;
    *password = colon + 1;
    return strlen(*name) <= PT_WEB_NAME_MAX && strlen(*password) <= PT_AUTH_PASSWORD_MAX;
}

/* ---- What is known ---- */

static bool same(struct pt_sip a, struct pt_sip b)
{
    return ((a.low ^ b.low) | (a.high ^ b.high)) == 0;
}

static struct pt_sip hash_name(const struct pt_auth *auth, const char *name)
{
    return pt_sip(auth->key, name, strlen(name));
}

/* The sizes are part of it, so that no two credentials are one text. A name's is shorter. */
static struct pt_sip hash_credential(
    const struct pt_auth *auth, const char *name, const char *hash, const char *password)
{
    struct {
        uint32_t name_size, password_size;
        char hash[PT_WEB_HASH_SIZE + 1];
        char name[PT_WEB_NAME_MAX];
        char password[PT_AUTH_PASSWORD_MAX];
    } all;

    memset(&all, 0, sizeof(all));
    all.name_size = (uint32_t)strlen(name);
    all.password_size = (uint32_t)strlen(password);
    memcpy(all.hash, hash, sizeof(all.hash));
    memcpy(all.name, name, all.name_size);
    memcpy(all.password, password, all.password_size);
    struct pt_sip credential = pt_sip(auth->key, &all, sizeof(all));
    explicit_bzero(&all, sizeof(all));
    return credential;
}

/* Looks at every user, found or not. */
static size_t find_user(const struct pt_auth *auth, const char *name)
{
    struct pt_sip wanted = hash_name(auth, name);
    size_t found = auth->user_count;

    for (size_t i = 0; i < auth->user_count; i++)
        found = same(auth->users[i].name, wanted) ? i : found;
    return found;
}

/* ---- The thread ---- */

#ifdef PITOT_HAS_CRYPT

static bool hashes_to(const char *password, const char *hash, void *scratch)
{
    const char *result = crypt_rn(password, hash, scratch, (int)sizeof(struct crypt_data));
    bool sized = result && strlen(result) == PT_WEB_HASH_SIZE;
    unsigned char difference = 0;

    for (size_t i = 0; sized && i < PT_WEB_HASH_SIZE; i++)
        difference |= (unsigned char)(result[i] ^ hash[i]);
    explicit_bzero(scratch, sizeof(struct crypt_data));
    return sized && difference == 0;
}

/* Under the lock, which it gives up meanwhile. */
static void rest(struct pt_auth *auth)
{
    uint64_t now_ns = pt_clock_ns();
    uint64_t until_ns =
        now_ns + pt_budget_spend(&auth->budget, now_ns, pt_clock_thread_ns(), auth->queued > 0);
    const struct timespec until = pt_clock_timespec(until_ns);

    while (!auth->stopping && pt_clock_ns() < until_ns)
        pthread_cond_timedwait(&auth->changed, &auth->lock, &until);
}

static void *run(void *arg)
{
    struct pt_auth *auth = arg;

    pthread_mutex_lock(&auth->lock);
    while (!auth->stopping) {
        struct pt_auth_job *job = auth->queue;

        if (!job) {
            pthread_cond_wait(&auth->changed, &auth->lock);
            continue;
        }
        auth->queue = job->next;
        auth->queued--;
        job->state = PT_AUTH_RUNNING;
        pthread_mutex_unlock(&auth->lock);
        bool right = hashes_to(job->password, job->hash, auth->scratch);
        explicit_bzero(job->password, sizeof(job->password));
        pthread_mutex_lock(&auth->lock);
        job->passed = right && job->known;
        job->state = PT_AUTH_DONE;
        job->next = auth->done;
        auth->done = job;
        pt_mark_wake(auth->wake_fd);
        rest(auth);
    }
    pthread_mutex_unlock(&auth->lock);
    return NULL;
}

static bool start(struct pt_auth *auth, pitot_error *err)
{
    if (auth->started)
        return true;
    if (!auth->scratch)
        auth->scratch = pt_alloc_zero(sizeof(struct crypt_data), err);
    auth->started = auth->scratch && pt_thread_start(&auth->thread, "pitot-auth", run, auth, err);
    return auth->started;
}

#else

static bool start(struct pt_auth *auth, pitot_error *err)
{
    (void)auth;
    return pt_fail(err, PITOT_ENOTFOUND,
        "basic_auth_users: this libpitot-http was built without libcrypt; build it with, or leave "
        "the users out");
}

#endif

/* ---- Coming in ---- */

static bool push(struct pt_auth *auth, struct pt_auth_job *job)
{
    struct pt_auth_job **link = &auth->queue;

    pthread_mutex_lock(&auth->lock);
    bool room = auth->queued < PT_AUTH_QUEUE_MAX;
    if (room) {
        while (*link)
            link = &(*link)->next;
        job->next = NULL;
        job->state = PT_AUTH_QUEUED;
        *link = job;
        auth->queued++;
        pthread_cond_signal(&auth->changed);
    }
    pthread_mutex_unlock(&auth->lock);
    return room;
}

static int check(
    struct pt_auth *auth, struct pt_auth_job *job, const char *name, const char *password)
{
    size_t found = find_user(auth, name);
    const struct pt_auth_user *user =
        &auth->users[found < auth->user_count ? found : auth->costliest];

    job->known = found < auth->user_count;
    job->passed = false;
    job->name = user->name;
    job->credential = hash_credential(auth, name, user->hash, password);
    if (job->known && user->has_good && same(user->good, job->credential))
        return 200;
    memcpy(job->hash, user->hash, sizeof(job->hash));
    memcpy(job->password, password, strlen(password) + 1);
    if (push(auth, job))
        return 0;
    explicit_bzero(job->password, sizeof(job->password));
    return 429;
}

int pt_auth_check(struct pt_auth *auth, struct pt_auth_job *job, size_t count, const char *header)
{
    char bytes[CREDENTIAL_MAX + 1];
    const char *name, *password;
    int status = 401;

    if (!auth->open)
        return 401;
    if (auth->user_count == 0)
        return 200;
    if (count > 1)
        return 400;
    if (split(header, bytes, &name, &password))
        status = check(auth, job, name, password);
    explicit_bzero(bytes, sizeof(bytes));
    return status;
}

struct pt_auth_job *pt_auth_done(struct pt_auth *auth)
{
    if (!auth->started)
        return NULL;
    pthread_mutex_lock(&auth->lock);
    struct pt_auth_job *done = auth->done;
    auth->done = NULL;
    pthread_mutex_unlock(&auth->lock);
    return done;
}

/* The users may have changed meanwhile: only who still has the hash that was computed comes in. */
int pt_auth_finish(struct pt_auth *auth, struct pt_auth_job *job)
{
    int status = auth->open && auth->user_count == 0 ? 200 : 401;

    for (size_t i = 0; job->passed && i < auth->user_count; i++) {
        struct pt_auth_user *user = &auth->users[i];

        if (same(user->name, job->name) && strcmp(user->hash, job->hash) == 0) {
            user->good = job->credential;
            user->has_good = true;
            status = 200;
        }
    }
    return status;
}

bool pt_auth_cancel(struct pt_auth *auth, struct pt_auth_job *job)
{
    struct pt_auth_job **link = &auth->queue;

    if (!auth->started)
        return false;
    pthread_mutex_lock(&auth->lock);
    bool queued = job->state == PT_AUTH_QUEUED;
    while (queued && *link != job)
        link = &(*link)->next;
    if (queued) {
        *link = job->next;
        auth->queued--;
        job->state = PT_AUTH_DONE;
        explicit_bzero(job->password, sizeof(job->password));
    }
    pthread_mutex_unlock(&auth->lock);
    return queued;
}

/* ---- Its life ---- */

bool pt_auth_open(struct pt_auth *auth, int wake_fd, pitot_error *err)
{
    pthread_condattr_t monotonic;

    *auth = (struct pt_auth){.wake_fd = wake_fd, .budget.percent = CPU_PERCENT};
    pt_mark_set(wake_fd);
    if (pt_sys_getrandom(&auth->key, sizeof(auth->key), GRND_NONBLOCK) !=
        (ssize_t)sizeof(auth->key))
        return pt_fail_errno(err, errno, "no random numbers for a key");
    pthread_mutex_init(&auth->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&auth->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    auth->open = true;
    return true;
}

static void free_users(struct pt_auth *auth)
{
    if (auth->users)
        explicit_bzero(auth->users, auth->user_count * sizeof(*auth->users));
    pt_free(auth->users);
}

static void carry_over(const struct pt_auth *auth, struct pt_auth_user *user)
{
    for (size_t i = 0; i < auth->user_count; i++) {
        const struct pt_auth_user *old = &auth->users[i];

        if (same(old->name, user->name) && strcmp(old->hash, user->hash) == 0) {
            user->good = old->good;
            user->has_good = old->has_good;
        }
    }
}

/* "$2y$10$": the cost is two digits. */
static int compare_costs(const struct pt_auth_user *a, const struct pt_auth_user *b)
{
    return memcmp(a->hash + 4, b->hash + 4, 2);
}

bool pt_auth_set_users(struct pt_auth *auth, const struct pt_web_items *from, pitot_error *err)
{
    struct pt_auth_user *users = NULL;
    size_t costliest = 0;

    if (from->count > 0) {
        users = pt_alloc_zero(from->count * sizeof(*users), err);
        if (!users || !start(auth, err)) {
            pt_free(users);
            return false;
        }
    }
    for (size_t i = 0; i < from->count; i++) {
        users[i].name = hash_name(auth, from->at[i].name.text);
        memcpy(users[i].hash, from->at[i].value.text, sizeof(users[i].hash));
        carry_over(auth, &users[i]);
        if (compare_costs(&users[i], &users[costliest]) > 0)
            costliest = i;
    }
    free_users(auth);
    auth->users = users;
    auth->user_count = from->count;
    auth->costliest = costliest;
    return true;
}

void pt_auth_close(struct pt_auth *auth)
{
    if (!auth->open)
        return;
    if (auth->started) {
        pthread_mutex_lock(&auth->lock);
        auth->stopping = true;
        pthread_cond_signal(&auth->changed);
        pthread_mutex_unlock(&auth->lock);
        pthread_join(auth->thread, NULL);
    }
    for (struct pt_auth_job *job = auth->queue; job; job = job->next)
        explicit_bzero(job->password, sizeof(job->password));
    pthread_cond_destroy(&auth->changed);
    pthread_mutex_destroy(&auth->lock);
    free_users(auth);
    pt_free(auth->scratch);
    explicit_bzero(auth, sizeof(*auth));
}
