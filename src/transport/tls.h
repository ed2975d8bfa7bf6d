/* SPDX-License-Identifier: MIT */
/*
 * tls.h -- certificates, and what is demanded of clients, as one thing that is replaced as a whole.
 *
 * A connection keeps those it began with, so a change disturbs nobody. All of it is the server's
 * thread's.
 */
#ifndef PT_TRANSPORT_TLS_H
#define PT_TRANSPORT_TLS_H

#include "transport/web_config.h"

struct pt_tls;

/* Reads the files that a checked `config` names. NULL with the place, the file and GnuTLS's reason;
 * PITOT_ENOTFOUND when this was built without GnuTLS. */
struct pt_tls *pt_tls_new(const struct pt_web_config *config, pitot_error *err);

/* Prepares a session, a gnutls_session_t whose handshake has not begun. False when it cannot; the
 * session then has no certificate and no client gets in. */
bool pt_tls_attach(struct pt_tls *tls, void *session);

/* The session is gone. NULL is none. */
void pt_tls_detach(struct pt_tls *tls);

/* Frees at once, or when a later call finds that no session is attached any more; until then it is
 * in `list`. */
void pt_tls_retire(struct pt_tls **list, struct pt_tls *tls);

/* For one that no session is attached to, and all of a list of such. */
void pt_tls_free(struct pt_tls *tls);
void pt_tls_free_all(struct pt_tls **list);

/* What MHD_OPTION_HTTPS_CERT_CALLBACK needs, for sessions that nobody attached: no certificate. */
void *pt_tls_no_certificate(void);

#endif
