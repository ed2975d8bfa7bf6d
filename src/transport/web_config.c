/* SPDX-License-Identifier: MIT */
/*
 * web_config.c -- TLS, passwords, headers and request rate, as configured: the table of what can be
 * set. web_source.c fills it, web_check.c adds what it means.
 *
 * Plain data without threads. What it holds is wiped before it is freed.
 */
#include "transport/web_config.h"

#include "base/alloc.h"
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define PATH_SHOWN 80 /* bytes of a path that a message has room for */

static const char *const section_names[PT_WEB_SECTION_COUNT] = {
    [PT_WEB_TLS] = "tls_server_config",
    [PT_WEB_HTTP] = "http_server_config",
    [PT_WEB_AUTH] = "basic_auth_users",
    [PT_WEB_RATE] = "rate_limit",
};

static const struct pt_web_row rows[] = {
    {PT_WEB_TLS, "cert", PT_WEB_CERT, -1},
    {PT_WEB_TLS, "cert_file", PT_WEB_CERT_FILE, -1},
    {PT_WEB_TLS, "key", PT_WEB_KEY, -1},
    {PT_WEB_TLS, "key_file", PT_WEB_KEY_FILE, -1},
    {PT_WEB_TLS, "client_ca", PT_WEB_CLIENT_CA, -1},
    {PT_WEB_TLS, "client_ca_file", PT_WEB_CLIENT_CA_FILE, -1},
    {PT_WEB_TLS, "client_auth_type", PT_WEB_CLIENT_AUTH_TYPE, -1},
    {PT_WEB_TLS, "client_allowed_sans", -1, PT_WEB_SANS},
    {PT_WEB_TLS, "min_version", PT_WEB_MIN_VERSION, -1},
    {PT_WEB_TLS, "max_version", PT_WEB_MAX_VERSION, -1},
    {PT_WEB_TLS, "cipher_suites", -1, PT_WEB_SUITES},
    {PT_WEB_TLS, "prefer_server_cipher_suites", PT_WEB_PREFER_SERVER, -1},
    {PT_WEB_TLS, "curve_preferences", -1, PT_WEB_CURVES},
    {PT_WEB_HTTP, "http2", PT_WEB_HTTP2, -1},
    {PT_WEB_HTTP, "headers", -1, PT_WEB_HEADERS},
    {PT_WEB_AUTH, "basic_auth_users", -1, PT_WEB_USERS},
    {PT_WEB_RATE, "interval", PT_WEB_INTERVAL, -1},
    {PT_WEB_RATE, "burst", PT_WEB_BURST, -1},
};
#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

const char *pt_web_key_name(enum pt_web_key key)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (rows[i].key == (int)key)
            return rows[i].name;
    return "";
}

const char *pt_web_list_name(enum pt_web_list list)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (rows[i].list == (int)list)
            return rows[i].name;
    return "";
}

const struct pt_web_row *pt_web_find_row(enum pt_web_section section, const char *name)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (rows[i].section == section && strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

int pt_web_find_section(const char *name)
{
    for (int i = 0; i < PT_WEB_SECTION_COUNT; i++)
        if (strcmp(section_names[i], name) == 0)
            return i;
    return -1;
}

const char *pt_web_section_name(enum pt_web_section section)
{
    return section_names[section];
}

/* The end of a long path says more than its beginning, and the reason must not be cut off. */
bool pt_web_fail(const struct pt_web_config *config, struct pt_web_place place, pitot_error *err,
    const char *format, ...)
{
    char message[sizeof(err->message) + 1];
    const char *path = config->path ? config->path : "web";
    size_t size = strlen(path);
    va_list args;

    va_start(args, format);
    if (vsnprintf(message, sizeof(message), format, args) < 0)
        message[0] = '\0';
    va_end(args);
    const char *dots = size > PATH_SHOWN ? "..." : "";
    path += size > PATH_SHOWN ? size - PATH_SHOWN : 0;
    if (place.line == 0)
        return pt_fail(err, PITOT_EINVAL, "%s%s: %s", dots, path, message);
    return pt_fail(
        err, PITOT_EINVAL, "%s%s:%u:%u: %s", dots, path, place.line, place.column, message);
}

/* ---- Filling and emptying it ---- */

struct pt_web_item *pt_web_config_add(struct pt_web_config *config, enum pt_web_list list,
    const char *name, const char *value, pitot_error *err)
{
    struct pt_web_items *items = &config->lists[list];

    if (items->count == PT_WEB_ITEMS_MAX) {
        pt_web_fail(config, items->place, err, "%s: more than %d entries; that is the limit",
            pt_web_list_name(list), PT_WEB_ITEMS_MAX);
        return NULL;
    }
    if (!pt_grow(&items->at, items->count, &items->capacity, sizeof(*items->at), err))
        return NULL;

    struct pt_web_item *item = &items->at[items->count];
    *item = (struct pt_web_item){0};
    items->count++; /* half a one is freed with the others */
    item->name.text = pt_strdup(name, err);
    item->value.text = pt_strdup(value, err);
    if ((name && !item->name.text) || (value && !item->value.text))
        return NULL;
    return item;
}

static void wipe(struct pt_web_value *value)
{
    if (value->text)
        explicit_bzero(value->text, strlen(value->text));
    pt_free(value->text);
}

void pt_web_config_free(struct pt_web_config *config)
{
    for (size_t i = 0; i < PT_WEB_KEY_COUNT; i++)
        wipe(&config->values[i]);
    for (size_t i = 0; i < PT_WEB_LIST_COUNT; i++) {
        for (size_t j = 0; j < config->lists[i].count; j++) {
            wipe(&config->lists[i].at[j].name);
            wipe(&config->lists[i].at[j].value);
        }
        pt_free(config->lists[i].at);
    }
    pt_free(config->path);
    *config = (struct pt_web_config){0};
}
