/* SPDX-License-Identifier: MIT */
/*
 * tls.c -- certificates, and what is demanded of clients, in GnuTLS's terms.
 *
 * libmicrohttpd makes the session; before its handshake begins it is given the credentials, the
 * priorities and the demand for a client certificate that are in force. There are no session
 * tickets and no session cache, so each handshake is a whole one and a client certificate that is
 * not accepted any more opens nothing. GnuTLS does not renegotiate unless it is asked to, and
 * nobody asks.
 */
#include "transport/tls.h"

#include "base/alloc.h"
#include "base/error.h"

#ifndef PITOT_HAS_GNUTLS

struct pt_tls *pt_tls_new(const struct pt_web_config *config, pitot_error *err)
{
    (void)config;
    pt_fail(err, PITOT_ENOTFOUND,
        "tls_server_config: this libpitot-http was built without GnuTLS; build it with, or leave "
        "the section out");
    return NULL;
}

bool pt_tls_attach(struct pt_tls *tls, void *session)
{
    (void)tls;
    (void)session;
    return false;
}

void pt_tls_detach(struct pt_tls *tls)
{
    (void)tls;
}

void pt_tls_retire(struct pt_tls **list, struct pt_tls *tls)
{
    (void)list;
    (void)tls;
}

void pt_tls_free(struct pt_tls *tls)
{
    (void)tls;
}

void pt_tls_free_all(struct pt_tls **list)
{
    (void)list;
}

void *pt_tls_no_certificate(void)
{
    return NULL;
}

#else

#include "transport/file.h"
#include "transport/tls_names.h"

#include <arpa/inet.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

#define PATH_SHOWN 64 /* bytes of a path that a message has room for */
#define NAME_MAX_BYTES 1024
#define CHAIN_MAX 16

struct pt_tls {
    gnutls_certificate_credentials_t credentials;
    gnutls_priority_t priorities;
    gnutls_certificate_request_t request;
    bool verifies;
    char **sans; /* one of these names a client's certificate must have; none: any */
    size_t san_count;
    size_t sessions;
    struct pt_tls *next; /* of those that are not in force any more */
};

/* ---- Reading ---- */

/* A key's text, or the content of the file that it names. */
struct pem {
    const struct pt_web_config *config;
    enum pt_web_key key; /* of the two that was set */
    char *bytes;         /* of a file: to be wiped */
    gnutls_datum_t datum;
};

static bool fail_in(const struct pem *pem, pitot_error *err, const char *reason)
{
    const struct pt_web_value *value = &pem->config->values[pem->key];
    bool is_text =
        pem->key == PT_WEB_CERT || pem->key == PT_WEB_KEY || pem->key == PT_WEB_CLIENT_CA;
    const char *path = is_text ? "text" : value->text;
    size_t size = strlen(path);

    return pt_web_fail(pem->config, value->place, err, "%s \"%s%s\": %s", pt_web_key_name(pem->key),
        size > PATH_SHOWN ? "..." : "", path + (size > PATH_SHOWN ? size - PATH_SHOWN : 0), reason);
}

static bool open_pem(struct pem *pem, const struct pt_web_config *config, enum pt_web_key text,
    enum pt_web_key file, pitot_error *err)
{
    const char *inline_text = config->values[text].text;
    char reason[96];
    int error_number;
    size_t size;

    *pem = (struct pem){.config = config, .key = inline_text && *inline_text ? text : file};
    if (pem->key == text) {
        pem->datum.data = (unsigned char *)config->values[text].text;
        pem->datum.size = (unsigned)strlen(inline_text);
        return true;
    }
    pem->bytes = pt_file_read(config->values[file].text, &size, &error_number);
    if (!pem->bytes) {
        bool is_first = err && err->code == PITOT_OK;

        fail_in(pem, err, strerror_r(error_number, reason, sizeof(reason)));
        if (is_first)
            err->code = PITOT_ESYSTEM;
        return false;
    }
    pem->datum.data = (unsigned char *)pem->bytes;
    pem->datum.size = (unsigned)size;
    return true;
}

static void close_pem(struct pem *pem)
{
    if (pem->bytes)
        explicit_bzero(pem->bytes, pem->datum.size);
    pt_free(pem->bytes);
}

/* Whether the key of the first certificate is for RSA. */
static bool read_kind(const struct pem *cert, bool *rsa, pitot_error *err)
{
    gnutls_x509_crt_t chain[CHAIN_MAX];
    unsigned count = CHAIN_MAX;
    int result = gnutls_x509_crt_list_import(chain, &count, &cert->datum, GNUTLS_X509_FMT_PEM,
        GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);

    if (result < 0)
        return fail_in(cert, err, gnutls_strerror(result));
    int algorithm = gnutls_x509_crt_get_pk_algorithm(chain[0], NULL);
    for (int i = 0; i < result; i++)
        gnutls_x509_crt_deinit(chain[i]);
    *rsa = algorithm == GNUTLS_PK_RSA || algorithm == GNUTLS_PK_RSA_PSS;
    return true;
}

static bool set_priorities(
    struct pt_tls *tls, const struct pt_web_config *config, bool rsa, pitot_error *err)
{
    const struct pt_web_items *suites = &config->lists[PT_WEB_SUITES];
    struct pt_buf text = pt_buf_new(65536);
    bool possible = pt_tls_priorities(config, rsa, &text);

    if (text.failed)
        pt_fail(err, PITOT_ENOMEM, "out of memory for TLS");
    else if (!possible)
        pt_web_fail(config, suites->place, err,
            "cipher_suites has none for a certificate with %s key and these versions; add one of "
            "TLS_ECDHE_%s_...",
            rsa ? "an RSA" : "an elliptic curve", rsa ? "RSA" : "ECDSA");
    else if (gnutls_priority_init(&tls->priorities, text.at, NULL) < 0)
        pt_fail(err, PITOT_ESYSTEM, "GnuTLS does not take these TLS options: %s", text.at);
    pt_buf_free(&text);
    return tls->priorities != NULL;
}

static bool load_certificate(
    struct pt_tls *tls, const struct pt_web_config *config, pitot_error *err)
{
    struct pem cert = {0}, key = {0};
    bool rsa = false;
    bool ok = open_pem(&cert, config, PT_WEB_CERT, PT_WEB_CERT_FILE, err) &&
              open_pem(&key, config, PT_WEB_KEY, PT_WEB_KEY_FILE, err) &&
              read_kind(&cert, &rsa, err) && set_priorities(tls, config, rsa, err);

    if (ok) {
        int result = gnutls_certificate_set_x509_key_mem2(
            tls->credentials, &cert.datum, &key.datum, GNUTLS_X509_FMT_PEM, NULL, 0);
        ok = result >= 0 || fail_in(&key, err, gnutls_strerror(result));
    }
    close_pem(&key);
    close_pem(&cert);
    return ok;
}

static bool load_authorities(
    struct pt_tls *tls, const struct pt_web_config *config, pitot_error *err)
{
    struct pem ca = {0};
    bool ok = open_pem(&ca, config, PT_WEB_CLIENT_CA, PT_WEB_CLIENT_CA_FILE, err);

    if (ok) {
        int result =
            gnutls_certificate_set_x509_trust_mem(tls->credentials, &ca.datum, GNUTLS_X509_FMT_PEM);
        ok = result > 0 ||
             fail_in(
                 &ca, err, result < 0 ? gnutls_strerror(result) : "there is no certificate in it");
    }
    close_pem(&ca);
    return ok;
}

static bool copy_sans(struct pt_tls *tls, const struct pt_web_items *sans, pitot_error *err)
{
    if (sans->count == 0)
        return true;
    tls->sans = pt_alloc_zero(sans->count * sizeof(*tls->sans), err);
    if (!tls->sans)
        return false;
    for (; tls->san_count < sans->count; tls->san_count++) {
        tls->sans[tls->san_count] = pt_strdup(sans->at[tls->san_count].value.text, err);
        if (!tls->sans[tls->san_count])
            return false;
    }
    return true;
}

/* ---- Client certificates ---- */

static bool is_name(const char *allowed, unsigned kind, const unsigned char *name, size_t size)
{
    unsigned char address[16];

    switch (kind) {
    case GNUTLS_SAN_DNSNAME:
    case GNUTLS_SAN_RFC822NAME:
    case GNUTLS_SAN_URI:
        return strlen(allowed) == size && memcmp(allowed, name, size) == 0;
    case GNUTLS_SAN_IPADDRESS:
        return (size == 4 || size == 16) &&
               inet_pton(size == 4 ? AF_INET : AF_INET6, allowed, address) == 1 &&
               memcmp(address, name, size) == 0;
    default:
        return false;
    }
}

static bool has_allowed_name(const struct pt_tls *tls, gnutls_x509_crt_t cert)
{
    unsigned char name[NAME_MAX_BYTES];

    for (unsigned i = 0;; i++) {
        size_t size = sizeof(name);
        int kind = gnutls_x509_crt_get_subject_alt_name(cert, i, name, &size, NULL);

        if (kind == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
            return false;
        if (kind < 0)
            continue; /* too long to be allowed, or of a kind that GnuTLS does not know */
        for (size_t j = 0; j < tls->san_count; j++)
            if (is_name(tls->sans[j], (unsigned)kind, name, size))
                return true;
    }
}

static bool is_allowed(const struct pt_tls *tls, const gnutls_datum_t *first)
{
    gnutls_x509_crt_t cert;

    if (tls->san_count == 0)
        return true;
    if (gnutls_x509_crt_init(&cert) < 0)
        return false;
    bool allowed = gnutls_x509_crt_import(cert, first, GNUTLS_X509_FMT_DER) == 0 &&
                   has_allowed_name(tls, cert);
    gnutls_x509_crt_deinit(cert);
    return allowed;
}

/* Called in the handshake; what is not 0 ends it. Without a certificate, `request` has decided. */
static int verify_client(gnutls_session_t session)
{
    const struct pt_tls *tls = gnutls_db_get_ptr(session);
    gnutls_typed_vdata_st purpose = {
        .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT};
    unsigned count = 0, status = 0;
    const gnutls_datum_t *peers = gnutls_certificate_get_peers(session, &count);

    if (!tls)
        return GNUTLS_E_CERTIFICATE_ERROR;
    if (!tls->verifies || !peers || count == 0)
        return 0;
    if (gnutls_certificate_verify_peers(session, &purpose, 1, &status) < 0 || status != 0)
        return GNUTLS_E_CERTIFICATE_ERROR;
    return is_allowed(tls, &peers[0]) ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

static gnutls_certificate_request_t request_for(enum pt_web_client_auth mode)
{
    switch (mode) {
    case PT_WEB_REQUEST_CLIENT_CERT:
    case PT_WEB_VERIFY_CLIENT_CERT_IF_GIVEN:
        return GNUTLS_CERT_REQUEST;
    case PT_WEB_REQUIRE_ANY_CLIENT_CERT:
    case PT_WEB_REQUIRE_AND_VERIFY_CLIENT_CERT:
        return GNUTLS_CERT_REQUIRE;
    case PT_WEB_NO_CLIENT_CERT:
        break;
    }
    return GNUTLS_CERT_IGNORE;
}

/* ---- Its life ---- */

static bool load(struct pt_tls *tls, const struct pt_web_config *config, pitot_error *err)
{
    tls->verifies = config->client_auth >= PT_WEB_VERIFY_CLIENT_CERT_IF_GIVEN;
    tls->request = request_for(config->client_auth);
    if (gnutls_certificate_allocate_credentials(&tls->credentials) < 0)
        return pt_fail(err, PITOT_ENOMEM, "out of memory for TLS");
    gnutls_certificate_set_verify_function(tls->credentials, verify_client);
    return load_certificate(tls, config, err) && copy_sans(tls, &config->lists[PT_WEB_SANS], err) &&
           (!tls->verifies || load_authorities(tls, config, err));
}

struct pt_tls *pt_tls_new(const struct pt_web_config *config, pitot_error *err)
{
    struct pt_tls *tls = pt_alloc_zero(sizeof(*tls), err);

    if (tls && !load(tls, config, err)) {
        pt_tls_free(tls);
        return NULL;
    }
    return tls;
}

bool pt_tls_attach(struct pt_tls *tls, void *session)
{
    /* The pointer for a session cache, which there is not, is how the callback finds its way. */
    gnutls_db_set_ptr(session, tls);
    gnutls_certificate_server_set_request(session, tls->request);
    if (gnutls_priority_set(session, tls->priorities) < 0 ||
        gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, tls->credentials) < 0)
        return false;
    tls->sessions++;
    return true;
}

void pt_tls_detach(struct pt_tls *tls)
{
    if (tls)
        tls->sessions--;
}

void pt_tls_retire(struct pt_tls **list, struct pt_tls *tls)
{
    if (tls) {
        tls->next = *list;
        *list = tls;
    }
    while (*list) {
        struct pt_tls *old = *list;

        if (old->sessions > 0) {
            list = &old->next;
            continue;
        }
        *list = old->next;
        pt_tls_free(old);
    }
}

void pt_tls_free(struct pt_tls *tls)
{
    if (!tls)
        return;
    if (tls->priorities)
        gnutls_priority_deinit(tls->priorities);
    if (tls->credentials)
        gnutls_certificate_free_credentials(tls->credentials);
    for (size_t i = 0; i < tls->san_count; i++)
        pt_free(tls->sans[i]);
    pt_free(tls->sans);
    pt_free(tls);
}

void pt_tls_free_all(struct pt_tls **list)
{
    while (*list) {
        struct pt_tls *old = *list;

        *list = old->next;
        pt_tls_free(old);
    }
}

static int refuse(gnutls_session_t session, const gnutls_datum_t *authorities, int authority_count,
    const gnutls_pk_algorithm_t *algorithms, int algorithm_count, gnutls_pcert_st **certificates,
    unsigned *count, gnutls_privkey_t *key)
{
    (void)session;
    (void)authorities;
    (void)authority_count;
    (void)algorithms;
    (void)algorithm_count;
    (void)certificates;
    (void)count;
    (void)key;
    return -1;
}

void *pt_tls_no_certificate(void)
{
    gnutls_certificate_retrieve_function2 *callback = refuse;

    return (void *)(uintptr_t)callback;
}

#endif
