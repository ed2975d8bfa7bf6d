/* SPDX-License-Identifier: MIT */
/* tls_names.h -- the names that Go has for ciphers and curves, in GnuTLS's words. */
#ifndef PT_TRANSPORT_TLS_NAMES_H
#define PT_TRANSPORT_TLS_NAMES_H

#include "base/buf.h"
#include "transport/web_config.h"

bool pt_tls_suite_is_known(const char *name);
bool pt_tls_curve_is_known(const char *name);

/* Writes the priority string for what `config` allows with a key that is for RSA, or is not. False
 * when none of its cipher suites can be used with that key and those versions. */
bool pt_tls_priorities(const struct pt_web_config *config, bool rsa, struct pt_buf *out);

#endif
