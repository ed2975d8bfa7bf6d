/* SPDX-License-Identifier: MIT */
/* inherit.h -- a socket that the service manager opened. */
#ifndef PT_TRANSPORT_INHERIT_H
#define PT_TRANSPORT_INHERIT_H

#include <pitot/pitot.h>

/* Whether a `listen` means such a socket: "systemd", or "systemd:NAME" where there are several. */
bool pt_inherit_is(const char *listen);

/* A nonblocking copy of the socket, with close-on-exec; -1 with an error that names the variable,
 * what it says, and what is to be done. The socket stays open: it is the program's. */
int pt_inherit_open(const char *listen, pitot_error *err);

#endif
