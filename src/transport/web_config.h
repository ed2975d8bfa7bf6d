/* SPDX-License-Identifier: MIT */
/*
 * web_config.h -- TLS, passwords, headers and request rate, as configured and checked.
 *
 * A file and a struct of the program fill the same table of texts (web_source.c), each with its
 * place in the file, and go through the same check (web_check.c), which adds what the texts mean.
 */
#ifndef PT_TRANSPORT_WEB_CONFIG_H
#define PT_TRANSPORT_WEB_CONFIG_H

#include <pitot/http.h>

#define PT_WEB_ITEMS_MAX 1000 /* users, allowed names, ... */
#define PT_WEB_NAME_MAX 256   /* bytes of a user's name */
#define PT_WEB_HASH_SIZE 60   /* bytes of a bcrypt hash */

enum pt_web_section { PT_WEB_TLS, PT_WEB_HTTP, PT_WEB_AUTH, PT_WEB_RATE, PT_WEB_SECTION_COUNT };

enum pt_web_key {
    PT_WEB_CERT,
    PT_WEB_CERT_FILE,
    PT_WEB_KEY,
    PT_WEB_KEY_FILE,
    PT_WEB_CLIENT_CA,
    PT_WEB_CLIENT_CA_FILE,
    PT_WEB_CLIENT_AUTH_TYPE,
    PT_WEB_MIN_VERSION,
    PT_WEB_MAX_VERSION,
    PT_WEB_PREFER_SERVER,
    PT_WEB_HTTP2,
    PT_WEB_INTERVAL,
    PT_WEB_BURST,
    PT_WEB_KEY_COUNT
};

enum pt_web_list {
    PT_WEB_SANS,
    PT_WEB_SUITES,
    PT_WEB_CURVES,
    PT_WEB_HEADERS,
    PT_WEB_USERS,
    PT_WEB_LIST_COUNT
};

enum pt_web_client_auth {
    PT_WEB_NO_CLIENT_CERT,
    PT_WEB_REQUEST_CLIENT_CERT,
    PT_WEB_REQUIRE_ANY_CLIENT_CERT,
    PT_WEB_VERIFY_CLIENT_CERT_IF_GIVEN,
    PT_WEB_REQUIRE_AND_VERIFY_CLIENT_CERT
};

/* Both from 1; a line of 0 is no place: the program's struct, or what is not in the file. */
struct pt_web_place {
    unsigned line, column;
};

struct pt_web_value {
    char *text; /* NULL: not set */
    struct pt_web_place place;
    bool quoted;
};

struct pt_web_item {
    struct pt_web_value name; /* of a header or user; else not set */
    struct pt_web_value value;
};

struct pt_web_items {
    struct pt_web_item *at;
    size_t count, capacity;
    struct pt_web_place place;
};

/* Zeroed memory is one where nothing is set. */
struct pt_web_config {
    char *path; /* of the file; NULL for the program's struct */
    struct pt_web_place sections[PT_WEB_SECTION_COUNT];
    struct pt_web_value values[PT_WEB_KEY_COUNT]; /* paths are absolute, or as the program's */
    struct pt_web_items lists[PT_WEB_LIST_COUNT];

    /* Once checked: */
    bool tls;
    enum pt_web_client_auth client_auth;
    unsigned version_min, version_max; /* 12, 13 */
    bool client_preference;            /* the client's order of ciphers counts */
    uint64_t interval_ns;              /* 0: no limit of the rate */
    uint32_t burst;
};

/* How a key or list is called, in a file as in the struct. */
const char *pt_web_key_name(enum pt_web_key key);
const char *pt_web_list_name(enum pt_web_list list);

/* The row of the schema for a name in a section: one of them is set. NULL for an unknown name. */
struct pt_web_row {
    enum pt_web_section section;
    const char *name;
    int key;  /* enum pt_web_key, or -1 */
    int list; /* enum pt_web_list, or -1 */
};
const struct pt_web_row *pt_web_find_row(enum pt_web_section section, const char *name);
int pt_web_find_section(const char *name); /* -1 for an unknown one */
const char *pt_web_section_name(enum pt_web_section section);

/* Wipes what is secret. Empty afterwards. */
void pt_web_config_free(struct pt_web_config *config);

/* Adds to a list; the texts are copied. */
struct pt_web_item *pt_web_config_add(struct pt_web_config *config, enum pt_web_list list,
    const char *name, const char *value, pitot_error *err);

/* pt_fail() with PITOT_EINVAL, the place first: "web.yml:3:7: ". */
bool pt_web_fail(const struct pt_web_config *config, struct pt_web_place place, pitot_error *err,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
