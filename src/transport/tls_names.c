/* SPDX-License-Identifier: MIT */
/*
 * tls_names.c -- the names that Go has for ciphers and curves, in GnuTLS's words.
 *
 * GnuTLS is told key exchanges, ciphers and MACs, and takes every combination of them. Because a
 * server has one key, one key exchange is left, and then each cipher stands for one suite. Only
 * forward secrecy is offered. TLS 1.3 has names of its own for the same ciphers; Go ignores them in
 * a configuration, and here a cipher that is listed under either name is offered in both versions,
 * but TLS 1.2 only if a suite of its own is listed. Pure.
 */
#include "transport/tls_names.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum kind { ANY_KEY, RSA_KEY, EC_KEY };

static const struct {
    const char *name;
    const char *cipher;
    enum kind kind;
    bool old; /* no AEAD: TLS 1.2 alone has it */
} suites[] = {
    {"TLS_AES_128_GCM_SHA256", "AES-128-GCM", ANY_KEY, false},
    {"TLS_AES_256_GCM_SHA384", "AES-256-GCM", ANY_KEY, false},
    {"TLS_CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305", ANY_KEY, false},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "AES-128-GCM", EC_KEY, false},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "AES-256-GCM", EC_KEY, false},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305", EC_KEY, false},
    {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305", "CHACHA20-POLY1305", EC_KEY, false},
    {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "AES-128-CBC", EC_KEY, true},
    {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "AES-256-CBC", EC_KEY, true},
    {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "AES-128-GCM", RSA_KEY, false},
    {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "AES-256-GCM", RSA_KEY, false},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "CHACHA20-POLY1305", RSA_KEY, false},
    {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305", "CHACHA20-POLY1305", RSA_KEY, false},
    {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "AES-128-CBC", RSA_KEY, true},
    {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "AES-256-CBC", RSA_KEY, true},
};

static const struct {
    const char *name;
    const char *group;
} curves[] = {
    {"X25519", "X25519"},
    {"CurveP256", "SECP256R1"},
    {"CurveP384", "SECP384R1"},
    {"CurveP521", "SECP521R1"},
};

static size_t find_suite(const char *name)
{
    size_t i = 0;

    while (i < COUNT(suites) && strcmp(suites[i].name, name) != 0)
        i++;
    return i;
}

static size_t find_curve(const char *name)
{
    size_t i = 0;

    while (i < COUNT(curves) && strcmp(curves[i].name, name) != 0)
        i++;
    return i;
}

bool pt_tls_suite_is_known(const char *name)
{
    return find_suite(name) < COUNT(suites);
}

bool pt_tls_curve_is_known(const char *name)
{
    return find_curve(name) < COUNT(curves);
}

static void add(struct pt_buf *out, const char *prefix, const char *word)
{
    pt_buf_add_text(out, prefix);
    pt_buf_add_text(out, word);
}

/* Which of the versions, 12 and 13, the listed suites can be used with. */
struct offer {
    bool with_12, with_13, old, aead;
};

static struct offer add_ciphers(
    const struct pt_web_config *config, enum kind kind, struct pt_buf *out)
{
    const struct pt_web_items *items = &config->lists[PT_WEB_SUITES];
    struct offer offer = {0};

    if (items->count == 0) {
        pt_buf_add_text(out, ":+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305");
        return (struct offer){.with_12 = true, .with_13 = true, .aead = true};
    }
    for (size_t i = 0; i < items->count; i++) {
        size_t found = find_suite(items->at[i].value.text);

        if (found == COUNT(suites) || (suites[found].kind != kind && suites[found].kind != ANY_KEY))
            continue;
        add(out, ":+", suites[found].cipher);
        offer.with_12 |= suites[found].kind == kind;
        offer.with_13 |= !suites[found].old;
        offer.old |= suites[found].old;
        offer.aead |= !suites[found].old;
    }
    return offer;
}

static void add_curves(const struct pt_web_config *config, struct pt_buf *out)
{
    const struct pt_web_items *items = &config->lists[PT_WEB_CURVES];

    for (size_t i = 0; i < items->count; i++)
        add(out, ":+GROUP-", curves[find_curve(items->at[i].value.text)].group);
    if (items->count == 0)
        for (size_t i = 0; i < COUNT(curves); i++)
            add(out, ":+GROUP-", curves[i].group);
}

bool pt_tls_priorities(const struct pt_web_config *config, bool rsa, struct pt_buf *out)
{
    pt_buf_add_text(out, "NORMAL:-KX-ALL:-GROUP-ALL:-CIPHER-ALL:-MAC-ALL:-VERS-ALL");
    add(out, ":+ECDHE-", rsa ? "RSA" : "ECDSA");
    struct offer offer = add_ciphers(config, rsa ? RSA_KEY : EC_KEY, out);

    bool with_12 = offer.with_12 && config->version_min <= 12;
    bool with_13 = offer.with_13 && config->version_max >= 13;
    pt_buf_add_text(out, offer.aead ? ":+AEAD" : "");
    pt_buf_add_text(out, offer.old ? ":+SHA1" : "");
    pt_buf_add_text(out, with_13 ? ":+VERS-TLS1.3" : "");
    pt_buf_add_text(out, with_12 ? ":+VERS-TLS1.2" : "");
    add_curves(config, out);
    pt_buf_add_text(out, config->client_preference ? "" : ":%SERVER_PRECEDENCE");
    pt_buf_add_char(out, '\0');
    return with_12 || with_13;
}
