/* SPDX-License-Identifier: MIT */
/*
 * web_config.c -- TLS, passwords, headers and request rate, as configured: the table of what can be
 * set, and the two ways to fill it, from a file and from the program's struct.
 *
 * Plain data without threads. What it holds is wiped before it is freed.
 */
#include "transport/web_config.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "transport/web_check.h"
#include "transport/web_yaml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

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

/* ---- From a file ---- */

static char *read_fd(int fd, size_t *size, int *error_number)
{
    const size_t room = PT_WEB_FILE_MAX + 1;
    char *bytes = pt_alloc(room + 1, NULL);
    ssize_t got = 1;

    *size = 0;
    *error_number = bytes ? 0 : ENOMEM;
    while (bytes && got > 0 && *size < room) {
        got = pt_sys_read(fd, bytes + *size, room - *size);
        if (got > 0)
            *size += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
        else if (got < 0)
            *error_number = errno;
    }
    if (*error_number == 0 && *size == room)
        *error_number = EFBIG;
    if (bytes && *error_number) {
        explicit_bzero(bytes, *size);
        pt_free(bytes);
        return NULL;
    }
    if (bytes)
        bytes[*size] = '\0';
    return bytes;
}

/* Never waits: a FIFO, say, is no file. */
char *pt_web_read_file(const char *path, size_t *size, int *error_number)
{
    struct stat status;
    char *bytes = NULL;
    int fd;

    do
        fd = pt_sys_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        *error_number = errno;
        return NULL;
    }
    *error_number = pt_sys_fstat(fd, &status) != 0 ? errno
                    : S_ISDIR(status.st_mode)      ? EISDIR
                                                   : EINVAL;
    if (*error_number == EINVAL && S_ISREG(status.st_mode))
        bytes = read_fd(fd, size, error_number);
    pt_sys_close(fd);
    return bytes;
}

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

bool pt_web_config_parse(struct pt_web_config *config, const char *path, const char *bytes,
    size_t size, pitot_error *err)
{
    config->path = pt_strdup(path, err);
    return config->path && pt_web_yaml_read(config, bytes, size, err) &&
           resolve(config, PT_WEB_CERT_FILE, err) && resolve(config, PT_WEB_KEY_FILE, err) &&
           resolve(config, PT_WEB_CLIENT_CA_FILE, err) && pt_web_check(config, err);
}

bool pt_web_config_read(struct pt_web_config *config, const char *path, pitot_error *err)
{
    int error_number = 0;
    size_t size = 0;
    char *bytes = pt_web_read_file(path, &size, &error_number);

    if (!bytes && error_number == EFBIG)
        return pt_fail(err, PITOT_ELIMIT, "web_config_file \"%s\": larger than %d bytes", path,
            PT_WEB_FILE_MAX);
    if (!bytes)
        return pt_fail_errno(err, error_number, "cannot read web_config_file \"%s\"", path);
    bool ok = pt_web_config_parse(config, path, bytes, size, err);
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

bool pt_web_config_copy(
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
