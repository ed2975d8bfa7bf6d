/* SPDX-License-Identifier: MIT */
/*
 * fetch.h -- one page over HTTP, as a Prometheus would get it.
 */
#ifndef CLI_FETCH_H
#define CLI_FETCH_H

#include <pitot/pitot.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetch_request {
    const char *url; /* http://, https:// or unix:PATH */
    const char *accept;
    const char *ca_file;        /* NULL: those of the system */
    const char *const *headers; /* "NAME: VALUE", beside or instead of the usual ones */
    size_t header_count;
    double timeout_s;
    uint64_t size_max; /* bytes unpacked */
};

/* Times are in seconds since the request began, each including those before it. */
struct fetched {
    long status; /* 0: there was no answer */
    double resolved_s, connected_s, secured_s, first_byte_s, total_s;
    uint64_t wire_size; /* of the body, as it was sent */
    char content_type[256], content_encoding[32];
};

/* What every Prometheus since 3.4 sends when it takes native histograms, and the same without
 * protobuf, for who wants lines and columns. */
extern const char fetch_accept[];
extern const char fetch_accept_text[];

/* False without an answer, and for every status but 200; `fetched` says how far it came. The bytes
 * are from malloc(), and the caller's in either case. */
bool fetch(const struct fetch_request *request, struct fetched *fetched, char **bytes, size_t *size,
    pitot_error *err);

#endif
