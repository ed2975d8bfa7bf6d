/* SPDX-License-Identifier: MIT */
/*
 * web.c -- the web configuration in force, and the next one.
 *
 * Before a connection or a request is looked at, but once in a second at most, the files are: four
 * stat() calls. Whoever comes later than that after a change meets the new configuration, without a
 * thread or a timer that runs while nobody comes. All is loaded before anything is replaced.
 * Connections keep the certificate they began with, which is freed by a later reload.
 *
 * What a file was is noted before it is read, so a change while it is read is seen the next time.
 * What failed is tried again when a file changes, or after a minute: the reason may lie elsewhere.
 */
#include "transport/web.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/sys.h"
#include "transport/web_source.h"

#include <string.h>

#define LOOK_NS UINT64_C(1000000000)
#define RETRY_NS (60 * LOOK_NS)

/* ---- Files ---- */

static bool differs(const struct stat *a, const struct stat *b)
{
    return a->st_dev != b->st_dev || a->st_ino != b->st_ino || a->st_size != b->st_size ||
           a->st_mtim.tv_sec != b->st_mtim.tv_sec || a->st_mtim.tv_nsec != b->st_mtim.tv_nsec ||
           a->st_ctim.tv_sec != b->st_ctim.tv_sec || a->st_ctim.tv_nsec != b->st_ctim.tv_nsec;
}

/* All zero for what is not there. */
static struct stat look_at(const char *path)
{
    struct stat status = {0};

    if (pt_sys_stat(path, &status) != 0)
        return (struct stat){0};
    return status;
}

static bool has_changed(const struct pt_web *web)
{
    for (size_t i = 0; i < PT_WEB_FILES; i++) {
        if (!web->files[i].path)
            continue;
        struct stat now = look_at(web->files[i].path);
        if (differs(&now, &web->files[i].status))
            return true;
    }
    return false;
}

static bool watch(struct pt_web_file *file, const char *path, pitot_error *err)
{
    char *copy = NULL;

    if (path && *path) {
        copy = pt_strdup(path, err);
        if (!copy)
            return false;
        file->status = look_at(copy);
    }
    pt_free(file->path);
    file->path = copy;
    return true;
}

/* ---- Loading ---- */

static bool watch_all(struct pt_web *web, const struct pt_web_config *config, pitot_error *err)
{
    return watch(&web->files[1], config->values[PT_WEB_CERT_FILE].text, err) &&
           watch(&web->files[2], config->values[PT_WEB_KEY_FILE].text, err) &&
           watch(&web->files[3], config->values[PT_WEB_CLIENT_CA_FILE].text, err);
}

/* Takes over what `config` says, which is checked. On failure nothing changes. */
static bool apply(struct pt_web *web, const struct pt_web_config *config, pitot_error *err)
{
    struct pt_tls *tls = NULL;

    if (!watch_all(web, config, err))
        return false;
    if (config->tls) {
        tls = pt_tls_new(config, err);
        if (!tls)
            return false;
    }
    if (!pt_auth_set_users(&web->auth, &config->lists[PT_WEB_USERS], err)) {
        pt_tls_free(tls);
        return false;
    }
    pt_tls_retire(&web->old, web->tls);
    web->tls = tls;
    return true;
}

static bool reload_file(struct pt_web *web, pitot_error *err)
{
    struct pt_web_config fresh = {0};

    web->files[0].status = look_at(web->path);
    bool ok = pt_web_source_read(&fresh, web->path, err);
    if (ok && fresh.tls != web->config.tls)
        ok = pt_web_fail(&fresh, fresh.sections[PT_WEB_TLS], err,
            "TLS cannot be turned on or off while the server runs; restart it");
    if (!ok || !apply(web, &fresh, err)) {
        pt_web_config_free(&fresh);
        return false;
    }
    pt_web_config_free(&web->config);
    web->config = fresh;
    return true;
}

static void reload(struct pt_web *web)
{
    pitot_error err = {0};
    bool ok = web->path ? reload_file(web, &err) : apply(web, &web->config, &err);

    pitot_counter_inc(ok ? web->successes : web->failures);
    pthread_mutex_lock(&web->lock);
    web->error = err;
    pthread_mutex_unlock(&web->lock);
}

void pt_web_poll(struct pt_web *web, uint64_t now_ns)
{
    if (!web->open || now_ns - web->looked_ns < LOOK_NS)
        return;
    web->looked_ns = now_ns;
    /* `error` is written by this thread alone, so it may read it without the lock */
    bool retry = web->error.code && now_ns - web->reloaded_ns >= RETRY_NS;
    if (!retry && !has_changed(web))
        return;
    web->reloaded_ns = now_ns;
    reload(web);
}

/* ---- Requests ---- */

int pt_web_admit(struct pt_web *web, struct pt_auth_job *job, size_t authorization_count,
    const char *authorization, uint64_t now_ns)
{
    if (!web->open)
        return 200;
    pt_web_poll(web, now_ns);
    if (!pt_rate_take(&web->rate, now_ns))
        return 429;
    return pt_auth_check(&web->auth, job, authorization_count, authorization);
}

const char *pt_web_header(const struct pt_web *web, const char *name)
{
    const struct pt_web_items *items = &web->config.lists[PT_WEB_HEADERS];

    for (size_t i = 0; i < items->count; i++)
        if (strcmp(items->at[i].name.text, name) == 0)
            return items->at[i].value.text;
    return NULL;
}

bool pt_web_error(struct pt_web *web, pitot_error *err)
{
    if (!web->open)
        return false;
    pthread_mutex_lock(&web->lock);
    bool failed = web->error.code != PITOT_OK;
    if (failed && err)
        *err = web->error;
    pthread_mutex_unlock(&web->lock);
    return failed;
}

/* ---- Its life ---- */

static bool count_reloads(struct pt_web *web, pitot_registry *reg, pitot_error *err)
{
    static const char *const labels[] = {"result", NULL};
    pitot_counter_vec *reloads = pitot_counter_vec_new(reg, err,
        &(pitot_desc){.name = "pitot_http_config_reloads_total",
            .help = "Changes of the web configuration or its certificates, taken over or not.",
            .labels = labels});

    web->successes = pitot_counter_with(reloads, "success");
    web->failures = pitot_counter_with(reloads, "failure");
    return reloads != NULL;
}

static bool start(struct pt_web *web, const pitot_server_opts *opts, pitot_error *err)
{
    if (opts->web) {
        if (!pt_web_source_copy(&web->config, opts->web, err))
            return false;
    } else {
        web->path = pt_strdup(opts->web_config_file, err);
        if (!web->path || !watch(&web->files[0], web->path, err) ||
            !pt_web_source_read(&web->config, web->path, err))
            return false;
    }
    if (!apply(web, &web->config, err))
        return false;
    web->rate = pt_rate_new(web->config.interval_ns, web->config.burst);
    web->looked_ns = pt_clock_ns();
    return true;
}

bool pt_web_open(struct pt_web *web, pitot_registry *reg, const pitot_server_opts *opts,
    int wake_fd, pitot_error *err)
{
    if (!opts->web && !opts->web_config_file)
        return true;
    if (opts->web && opts->web_config_file)
        return pt_fail(err, PITOT_EINVAL,
            "both web and web_config_file \"%s\" are set; keep one of them", opts->web_config_file);
    pthread_mutex_init(&web->lock, NULL);
    web->open = true;
    return pt_auth_open(&web->auth, wake_fd, err) && start(web, opts, err) &&
           count_reloads(web, reg, err);
}

void pt_web_stop(struct pt_web *web)
{
    if (web->open)
        pt_auth_close(&web->auth);
}

void pt_web_close(struct pt_web *web)
{
    if (!web->open)
        return;
    pt_tls_free(web->tls);
    pt_tls_free_all(&web->old);
    for (size_t i = 0; i < PT_WEB_FILES; i++)
        pt_free(web->files[i].path);
    pt_free(web->path);
    pt_web_config_free(&web->config);
    pthread_mutex_destroy(&web->lock);
    web->open = false;
}
