/* SPDX-License-Identifier: MIT */
/* landing.h -- the page a person sees who opens the root in a browser. */
#ifndef PT_TRANSPORT_LANDING_H
#define PT_TRANSPORT_LANDING_H

#include "base/buf.h"

/* What the page may load: nothing, but the style that is in it. */
#define PT_LANDING_POLICY                                                                          \
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "         \
    "frame-ancestors 'none'"

/* `name` is the program's. */
void pt_landing_write(struct pt_buf *out, const char *name);

#endif
