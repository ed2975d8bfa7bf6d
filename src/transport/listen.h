/* SPDX-License-Identifier: MIT */
/* listen.h -- from "127.0.0.1:9464" to a socket that listens. */
#ifndef PT_TRANSPORT_LISTEN_H
#define PT_TRANSPORT_LISTEN_H

#include <pitot/pitot.h>

#include <sys/types.h>

#define PT_LISTEN_DEFAULT "127.0.0.1:9464"
#define PT_LISTEN_HOST_MAX 256
#define PT_LISTEN_PATH_MAX 108 /* sizeof(sockaddr_un.sun_path), its NUL included */

struct pt_listen {
    int fd;        /* nonblocking; -1 when it is closed */
    uint16_t port; /* 0 for a unix socket */
    bool loopback; /* nobody but this machine can reach it; not of a unix socket */
    char url[PT_LISTEN_PATH_MAX + 32];
    char path[PT_LISTEN_PATH_MAX]; /* of the unix socket, else empty */
    dev_t device;                  /* of the unix socket, to remove no one else's */
    ino_t inode;
};

/* An address taken apart. */
struct pt_listen_address {
    char host[PT_LISTEN_HOST_MAX]; /* empty for any address */
    char port[6];
    char path[PT_LISTEN_PATH_MAX]; /* empty unless it is a unix socket */
};

/* `text` may be NULL, for the default. */
bool pt_listen_parse(const char *text, struct pt_listen_address *address, pitot_error *err);

bool pt_listen_open(struct pt_listen *listener, const char *text, pitot_error *err);

/* The URL is one of HTTPS from now on. */
void pt_listen_secure(struct pt_listen *listener);

/* Removes the unix socket too, if it is still the one that was made. */
void pt_listen_close(struct pt_listen *listener);

#endif
