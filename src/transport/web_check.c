/* SPDX-License-Identifier: MIT */
/*
 * web_check.c -- whether a web configuration makes sense, whoever wrote it.
 *
 * Names and values are exporter-toolkit's. What it takes although it protects nobody is refused:
 * versions before TLS 1.2, names of client certificates that nobody verifies, a limit of no
 * requests at all. Nothing is opened here; tls.c reads the files. Pure.
 */
#include "transport/web_check.h"

#include "transport/tls_names.h"

#include <stdint.h>
#include <string.h>

#define NS_PER_S UINT64_C(1000000000)
#define DURATION_MAX (24 * 3600 * NS_PER_S)
#define BURST_MAX 1000000
#define COST_MIN 4
#define COST_MAX 16 /* 3 s; each guess, and the end of the server, may have to wait so long */
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_set(const struct pt_web_config *config, enum pt_web_key key)
{
    return config->values[key].text && config->values[key].text[0];
}

static bool fail_at(
    const struct pt_web_config *config, enum pt_web_key key, pitot_error *err, const char *problem)
{
    return pt_web_fail(
        config, config->values[key].place, err, "%s %s", pt_web_key_name(key), problem);
}

/* The beginning of what stands in the file, on one line: names and versions, never a secret. */
#define SHOWN "\"%.48s\""

/* ---- TLS ---- */

static const struct {
    const char *name;
    enum pt_web_client_auth mode;
} client_auths[] = {
    {"NoClientCert", PT_WEB_NO_CLIENT_CERT},
    {"RequestClientCert", PT_WEB_REQUEST_CLIENT_CERT},
    {"RequireClientCert", PT_WEB_REQUIRE_ANY_CLIENT_CERT},
    {"RequireAnyClientCert", PT_WEB_REQUIRE_ANY_CLIENT_CERT},
    {"VerifyClientCertIfGiven", PT_WEB_VERIFY_CLIENT_CERT_IF_GIVEN},
    {"RequireAndVerifyClientCert", PT_WEB_REQUIRE_AND_VERIFY_CLIENT_CERT},
};

/* Of a text and the file with the same, one. */
static bool check_one_of(const struct pt_web_config *config, enum pt_web_key text,
    enum pt_web_key file, pitot_error *err)
{
    if (is_set(config, text) && is_set(config, file))
        return pt_web_fail(config, config->values[text].place, err,
            "both %s and %s are set; keep one of them", pt_web_key_name(text),
            pt_web_key_name(file));
    return true;
}

static bool check_certificate(const struct pt_web_config *config, pitot_error *err)
{
    bool cert = is_set(config, PT_WEB_CERT) || is_set(config, PT_WEB_CERT_FILE);
    bool key = is_set(config, PT_WEB_KEY) || is_set(config, PT_WEB_KEY_FILE);

    if (!check_one_of(config, PT_WEB_CERT, PT_WEB_CERT_FILE, err) ||
        !check_one_of(config, PT_WEB_KEY, PT_WEB_KEY_FILE, err) ||
        !check_one_of(config, PT_WEB_CLIENT_CA, PT_WEB_CLIENT_CA_FILE, err))
        return false;
    if (cert && key)
        return true;
    if (cert)
        return fail_at(config, is_set(config, PT_WEB_CERT) ? PT_WEB_CERT : PT_WEB_CERT_FILE, err,
            "without key_file; TLS needs both");
    if (key)
        return fail_at(config, is_set(config, PT_WEB_KEY) ? PT_WEB_KEY : PT_WEB_KEY_FILE, err,
            "without cert_file; TLS needs both");
    return pt_web_fail(config, config->sections[PT_WEB_TLS], err,
        "TLS options without cert_file and key_file; TLS needs both");
}

static bool check_client_auth(struct pt_web_config *config, pitot_error *err)
{
    const struct pt_web_value *type = &config->values[PT_WEB_CLIENT_AUTH_TYPE];
    enum pt_web_key ca =
        is_set(config, PT_WEB_CLIENT_CA) ? PT_WEB_CLIENT_CA : PT_WEB_CLIENT_CA_FILE;
    const struct pt_web_items *sans = &config->lists[PT_WEB_SANS];
    size_t i = 0;

    if (is_set(config, PT_WEB_CLIENT_AUTH_TYPE)) {
        while (i < COUNT(client_auths) && strcmp(client_auths[i].name, type->text) != 0)
            i++;
        if (i == COUNT(client_auths))
            return pt_web_fail(config, type->place, err,
                "client_auth_type " SHOWN " is unknown; to ask for certificates it is "
                "RequireAndVerifyClientCert",
                type->text);
    }
    config->client_auth = client_auths[i].mode;

    bool verifies = config->client_auth >= PT_WEB_VERIFY_CLIENT_CERT_IF_GIVEN;
    if (is_set(config, ca) && config->client_auth == PT_WEB_NO_CLIENT_CERT)
        return fail_at(config, ca, err,
            "without a client_auth_type that asks for certificates; set it to "
            "RequireAndVerifyClientCert");
    if (verifies && !is_set(config, ca))
        return pt_web_fail(config, type->place, err,
            "client_auth_type %s without client_ca_file; say who signs the certificates",
            type->text);
    if (sans->count > 0 && !verifies)
        return pt_web_fail(config, sans->place, err,
            "client_allowed_sans without a client_auth_type that verifies; set it to "
            "RequireAndVerifyClientCert");
    for (i = 0; i < sans->count; i++)
        if (sans->at[i].value.text[0] == '\0')
            return pt_web_fail(config, sans->at[i].value.place, err,
                "client_allowed_sans has an empty name; leave it out");
    return true;
}

static bool read_version(const struct pt_web_config *config, enum pt_web_key key,
    unsigned otherwise, unsigned *version, pitot_error *err)
{
    const char *text = config->values[key].text;

    *version = otherwise;
    if (!is_set(config, key))
        return true;
    if (strcmp(text, "TLS10") == 0 || strcmp(text, "TLS11") == 0)
        return pt_web_fail(config, config->values[key].place, err,
            "%s %s is not secure; the least is TLS12", pt_web_key_name(key), text);
    if (strcmp(text, "TLS12") != 0 && strcmp(text, "TLS13") != 0)
        return pt_web_fail(config, config->values[key].place, err,
            "%s " SHOWN " is unknown; it is TLS12 or TLS13", pt_web_key_name(key), text);
    *version = text[4] == '2' ? 12 : 13;
    return true;
}

static bool check_versions(struct pt_web_config *config, pitot_error *err)
{
    if (!read_version(config, PT_WEB_MIN_VERSION, 12, &config->version_min, err) ||
        !read_version(config, PT_WEB_MAX_VERSION, 13, &config->version_max, err))
        return false;
    if (config->version_min > config->version_max)
        return pt_web_fail(config, config->values[PT_WEB_MAX_VERSION].place, err,
            "max_version TLS12 is below min_version TLS13; leave one of them out");
    return true;
}

static bool check_names(const struct pt_web_config *config, enum pt_web_list list,
    bool (*is_known)(const char *name), const char *advice, pitot_error *err)
{
    const struct pt_web_items *items = &config->lists[list];

    for (size_t i = 0; i < items->count; i++)
        if (!is_known(items->at[i].value.text))
            return pt_web_fail(config, items->at[i].value.place, err,
                "%s: " SHOWN " is unknown or not secure; %s", pt_web_list_name(list),
                items->at[i].value.text, advice);
    return true;
}

/* YAML 1.1's words. In quotes they would be text. */
static bool read_bool(const struct pt_web_config *config, enum pt_web_key key, bool otherwise,
    bool *value, pitot_error *err)
{
    static const char *const words[] = {"true", "True", "TRUE", "yes", "Yes", "YES", "on", "On",
        "ON", "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"};

    *value = otherwise;
    if (!config->values[key].text)
        return true;
    for (size_t i = 0; i < COUNT(words) && !config->values[key].quoted; i++)
        if (strcmp(words[i], config->values[key].text) == 0) {
            *value = i < COUNT(words) / 2;
            return true;
        }
    return pt_web_fail(config, config->values[key].place, err,
        "%s " SHOWN " is neither true nor false; write one of them, without quotes",
        pt_web_key_name(key), config->values[key].text);
}

static bool has_tls(const struct pt_web_config *config)
{
    for (int key = PT_WEB_CERT; key <= PT_WEB_PREFER_SERVER; key++)
        if (is_set(config, (enum pt_web_key)key))
            return true;
    return config->lists[PT_WEB_SANS].count + config->lists[PT_WEB_SUITES].count +
               config->lists[PT_WEB_CURVES].count >
           0;
}

static bool check_tls(struct pt_web_config *config, pitot_error *err)
{
    bool server_first;

    config->tls = has_tls(config);
    if (!config->tls)
        return true;
    if (!check_certificate(config, err) || !check_client_auth(config, err) ||
        !check_versions(config, err) ||
        !check_names(config, PT_WEB_SUITES, pt_tls_suite_is_known,
            "docs/web-config.md has the names", err) ||
        !check_names(config, PT_WEB_CURVES, pt_tls_curve_is_known,
            "there are X25519, CurveP256, CurveP384 and CurveP521", err) ||
        !read_bool(config, PT_WEB_PREFER_SERVER, true, &server_first, err))
        return false;
    config->client_preference = !server_first;
    return true;
}

/* ---- Headers ---- */

static const struct {
    const char *name;
    const char *values[2]; /* none: any */
} headers[] = {
    {"Content-Security-Policy", {NULL}},
    {"Strict-Transport-Security", {NULL}},
    {"X-Content-Type-Options", {"nosniff", NULL}},
    {"X-Frame-Options", {"deny", "sameorigin"}},
    {"X-XSS-Protection", {NULL}},
};

/* RFC 9110, 5.5, without what is obsolete. */
static bool is_header_value(const char *text)
{
    size_t size = strlen(text);

    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] > 0x7e)
            return false;
    return size > 0 && size <= 4096 && text[0] != ' ' && text[size - 1] != ' ';
}

static bool check_header(
    const struct pt_web_config *config, const struct pt_web_item *item, pitot_error *err)
{
    const char *value = item->value.text;
    size_t i = 0;

    while (i < COUNT(headers) && strcmp(headers[i].name, item->name.text) != 0)
        i++;
    if (i == COUNT(headers))
        return pt_web_fail(config, item->name.place, err,
            "headers: " SHOWN " cannot be set; docs/web-config.md has the five that can",
            item->name.text);
    if (!is_header_value(value))
        return pt_web_fail(config, item->value.place, err,
            "%s: empty, too long, or not of visible ASCII; write it on one line", headers[i].name);
    const char *const *allowed = headers[i].values;
    if (!allowed[0] || strcmp(value, allowed[0]) == 0 ||
        (allowed[1] && strcmp(value, allowed[1]) == 0))
        return true;
    return pt_web_fail(config, item->value.place, err, "%s: " SHOWN " is not allowed; it is %s%s%s",
        headers[i].name, value, allowed[0], allowed[1] ? " or " : "", allowed[1] ? allowed[1] : "");
}

/* ---- Users ---- */

static bool is_bcrypt(const char *hash)
{
    static const char base64[] = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    return strlen(hash) == PT_WEB_HASH_SIZE && hash[0] == '$' && hash[1] == '2' &&
           strchr("aby", hash[2]) && hash[3] == '$' && hash[4] >= '0' && hash[4] <= '9' &&
           hash[5] >= '0' && hash[5] <= '9' && hash[6] == '$' &&
           strspn(hash + 7, base64) == PT_WEB_HASH_SIZE - 7;
}

/* Neither the name nor the value is shown: who mixes them up must not find the password in a log.
 */
static bool check_user(
    const struct pt_web_config *config, const struct pt_web_item *item, pitot_error *err)
{
    const char *name = item->name.text;
    const char *hash = item->value.text;

    if (name[0] == '\0' || strlen(name) > PT_WEB_NAME_MAX)
        return pt_web_fail(config, item->name.place, err,
            "basic_auth_users: a name is empty or longer than %d bytes", PT_WEB_NAME_MAX);
    for (; *name; name++)
        if (*name == ':' || (unsigned char)*name < 0x20 || *name == 0x7f)
            return pt_web_fail(config, item->name.place, err,
                "basic_auth_users: a name has a colon or control character, which no client can "
                "send; choose another name");
    if (!is_bcrypt(hash))
        return pt_web_fail(config, item->value.place, err,
            "basic_auth_users: the password of a user is not a bcrypt hash, as in $2y$10$ and 53 "
            "characters; `htpasswd -nBC 10 USER` makes one");
    int cost = (hash[4] - '0') * 10 + hash[5] - '0';
    if (cost < COST_MIN || cost > COST_MAX)
        return pt_web_fail(config, item->value.place, err,
            "basic_auth_users: the cost %d of a bcrypt hash is not from %d to %d; make a new one",
            cost, COST_MIN, COST_MAX);
    return true;
}

/* ---- Rate ---- */

static const struct {
    const char *name;
    uint64_t ns;
} units[] = {
    {"h", 3600 * NS_PER_S},
    {"ms", 1000000},
    {"m", 60 * NS_PER_S},
    {"s", NS_PER_S},
    {"us", 1000},
    {"\302\265s", 1000},
    {"ns", 1},
};

/* One "1.5h" of a duration; moves `text` behind it. */
static bool add_part(const char **text, uint64_t *ns)
{
    const char *at = *text;
    uint64_t whole = 0, fraction = 0, scale = 1;
    size_t i = 0;

    while (*at >= '0' && *at <= '9' && whole <= DURATION_MAX)
        whole = whole * 10 + (uint64_t)(*at++ - '0');
    if (*at == '.')
        for (at++; *at >= '0' && *at <= '9'; at++)
            if (scale < 1000000) { /* what is finer does not count */
                fraction = fraction * 10 + (uint64_t)(*at - '0');
                scale *= 10;
            }
    if (at == *text || **text == '.')
        return false;
    while (i < COUNT(units) && strncmp(at, units[i].name, strlen(units[i].name)) != 0)
        i++;
    if (i == COUNT(units) || whole > DURATION_MAX / units[i].ns)
        return false;
    *ns += whole * units[i].ns + fraction * units[i].ns / scale;
    *text = at + strlen(units[i].name);
    return *ns <= DURATION_MAX;
}

bool pt_web_duration(const char *text, uint64_t *ns)
{
    uint64_t sum = 0;

    if (strcmp(text, "0") != 0) {
        do
            if (!add_part(&text, &sum))
                return false;
        while (*text);
    }
    *ns = sum;
    return true;
}

static bool check_rate(struct pt_web_config *config, pitot_error *err)
{
    const struct pt_web_value *burst = &config->values[PT_WEB_BURST];
    const char *text = burst->text ? burst->text : "0";
    uint32_t n = 0;

    if (is_set(config, PT_WEB_INTERVAL) &&
        !pt_web_duration(config->values[PT_WEB_INTERVAL].text, &config->interval_ns))
        return pt_web_fail(config, config->values[PT_WEB_INTERVAL].place, err,
            "interval " SHOWN " is no duration of up to a day; write it as in 100ms or 1m30s",
            config->values[PT_WEB_INTERVAL].text);
    size_t i = 0;
    while (text[i] >= '0' && text[i] <= '9' && n <= BURST_MAX)
        n = n * 10 + (uint32_t)(text[i++] - '0');
    if (i == 0 || text[i] || n > BURST_MAX || burst->quoted)
        return pt_web_fail(config, burst->place, err,
            "burst " SHOWN " is not a number from 1 to %d", text, BURST_MAX);
    if (config->interval_ns > 0 && n == 0)
        return pt_web_fail(config, config->values[PT_WEB_INTERVAL].place, err,
            "interval without burst allows no request at all; set burst to 1 or more");
    if (config->interval_ns == 0 && n > 0)
        return pt_web_fail(config, burst->place, err,
            "burst without interval; say how long it takes until one more request is allowed");
    config->burst = n;
    return true;
}

bool pt_web_check(struct pt_web_config *config, pitot_error *err)
{
    const struct pt_web_items *extra = &config->lists[PT_WEB_HEADERS];
    const struct pt_web_items *users = &config->lists[PT_WEB_USERS];
    bool http2;

    if (!check_tls(config, err) || !read_bool(config, PT_WEB_HTTP2, true, &http2, err))
        return false;
    for (size_t i = 0; i < extra->count; i++)
        if (!check_header(config, &extra->at[i], err))
            return false;
    for (size_t i = 0; i < users->count; i++)
        if (!check_user(config, &users->at[i], err))
            return false;
    return check_rate(config, err);
}
