/* SPDX-License-Identifier: MIT */
/* host.h -- whether a request is for this server, going by its Host. */
#ifndef PT_TRANSPORT_HOST_H
#define PT_TRANSPORT_HOST_H

#include <pitot/pitot.h>

/* All zero: every name is ours. */
struct pt_hosts {
    bool checked;
    char **names;
    size_t count;
};

/* From now on only the names of the loopback address are ours, and `names`, which are copied. To be
 * closed, also when it fails: with the name that is none. */
bool pt_hosts_open(
    struct pt_hosts *hosts, const char *const *names, size_t count, pitot_error *err);
void pt_hosts_close(struct pt_hosts *hosts);

/* 0 when it is for us, or else the status that refuses it. `host` is the value of Host, NULL when
 * there is none: no browser sends such a request. */
int pt_hosts_check(const struct pt_hosts *hosts, const char *host);

#endif
