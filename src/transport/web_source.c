/* SPDX-License-Identifier: MIT */
/*
 * web_source.c -- the two ways to a web configuration: a file, and the program's struct.
 *
 * Both fill the table of web_config.h, and end with the same check. Any thread, each with a table
 * of its own.
 */
#include "transport/web_source.h"

#include "base/alloc.h"
#include "base/error.h"
#include "transport/file.h"
#include "transport/web_check.h"
#include "transport/web_yaml.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A path in a file is seen from the folder of that file. */
static bool resolve(struct pt_web_config *config, enum pt_web_key key, pitot_error *err)
{
    char **text = &config->values[key].text;
    const char *slash = strrchr(config->path, '/');

    if (!*text || **text == '/' || !slash)
        return true;
    size_t size = (size_t)(slash + 1 - config->path) + strlen(*text) + 1;
    char *path = pt_alloc(size, err);
    if (!path)
        return false;
    snprintf(path, size, "%.*s%s", (int)(slash + 1 - config->path), config->path, *text);
    pt_free(*text);
    *text = path;
    return true;
}

bool pt_web_source_parse(struct pt_web_config *config, const char *path, const char *bytes,
    size_t size, pitot_error *err)
{
    config->path = pt_strdup(path, err);
    return config->path && pt_web_yaml_read(config, bytes, size, err) &&
           resolve(config, PT_WEB_CERT_FILE, err) && resolve(config, PT_WEB_KEY_FILE, err) &&
           resolve(config, PT_WEB_CLIENT_CA_FILE, err) && pt_web_check(config, err);
}

bool pt_web_source_read(struct pt_web_config *config, const char *path, pitot_error *err)
{
    int error_number = 0;
    size_t size = 0;
    char *bytes = pt_file_read(path, &size, &error_number);

    if (!bytes && error_number == EFBIG)
        return pt_fail(
            err, PITOT_ELIMIT, "web_config_file \"%s\": larger than %d bytes", path, PT_FILE_MAX);
    if (!bytes)
        return pt_fail_errno(err, error_number, "cannot read web_config_file \"%s\"", path);
    bool ok = pt_web_source_parse(config, path, bytes, size, err);
    explicit_bzero(bytes, size);
    pt_free(bytes);
    return ok;
}

/* ---- From the program ---- */

static bool set(
    struct pt_web_config *config, enum pt_web_key key, const char *text, pitot_error *err)
{
    config->values[key].text = pt_strdup(text, err);
    return !text || config->values[key].text;
}

static bool set_number(struct pt_web_config *config, enum pt_web_key key, uint32_t n,
    const char *unit, pitot_error *err)
{
    char text[16];

    if (n == 0)
        return true;
    snprintf(text, sizeof(text), "%u%s", n, unit);
    return set(config, key, text, err);
}

static bool add_words(struct pt_web_config *config, enum pt_web_list list, const char *const *words,
    size_t count, pitot_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (!pt_web_config_add(config, list, NULL, words[i] ? words[i] : "", err))
            return false;
    return true;
}

static bool add_pair(struct pt_web_config *config, enum pt_web_list list, const char *name,
    const char *value, pitot_error *err)
{
    const struct pt_web_items *items = &config->lists[list];

    name = name ? name : "";
    for (size_t i = 0; i < items->count; i++)
        if (strcmp(items->at[i].name.text, name) == 0)
            return pt_web_fail(config, items->place, err,
                "%s: an entry is there twice; keep one of them", pt_web_list_name(list));
    return pt_web_config_add(config, list, name, value ? value : "", err);
}

bool pt_web_source_copy(
    struct pt_web_config *config, const pitot_web_config *from, pitot_error *err)
{
    bool ok =
        set(config, PT_WEB_CERT_FILE, from->cert_file, err) &&
        set(config, PT_WEB_KEY_FILE, from->key_file, err) &&
        set(config, PT_WEB_CLIENT_CA_FILE, from->client_ca_file, err) &&
        set(config, PT_WEB_CLIENT_AUTH_TYPE, from->client_auth_type, err) &&
        set(config, PT_WEB_MIN_VERSION, from->min_version, err) &&
        set(config, PT_WEB_MAX_VERSION, from->max_version, err) &&
        set(config, PT_WEB_PREFER_SERVER, from->prefer_client_cipher_suites ? "false" : NULL,
            err) &&
        set_number(config, PT_WEB_INTERVAL, from->rate_interval_ms, "ms", err) &&
        set_number(config, PT_WEB_BURST, from->rate_burst, "", err) &&
        add_words(
            config, PT_WEB_SANS, from->client_allowed_sans, from->client_allowed_san_count, err) &&
        add_words(config, PT_WEB_SUITES, from->cipher_suites, from->cipher_suite_count, err) &&
        add_words(
            config, PT_WEB_CURVES, from->curve_preferences, from->curve_preference_count, err);

    for (size_t i = 0; ok && i < from->header_count; i++)
        ok = add_pair(config, PT_WEB_HEADERS, from->headers[i].name, from->headers[i].value, err);
    for (size_t i = 0; ok && i < from->user_count; i++)
        ok = add_pair(config, PT_WEB_USERS, from->users[i].name, from->users[i].hash, err);
    return ok && pt_web_check(config, err);
}
