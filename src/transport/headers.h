/* SPDX-License-Identifier: MIT */
/* headers.h -- the headers of a request that matter, and what is refused for its headers. */
#ifndef PT_TRANSPORT_HEADERS_H
#define PT_TRANSPORT_HEADERS_H

#include <microhttpd.h>
#include <stdbool.h>

#include "transport/head.h"

#define PT_HEADERS_SIZE_MAX 8192

/* A list that came in several lines is joined, as RFC 9110 5.3 has it. */
struct pt_headers {
    struct pt_head head;
    size_t size; /* of the whole head, as far as the library says */
    size_t count;
    size_t hosts;
    size_t lengths;
    size_t authorizations;
    bool body, chunked, malformed;
    const char *host;           /* of the request; NULL when there is none */
    const char *scrape_timeout; /* of the request; NULL when there is none */
    char accept[PT_HEADERS_SIZE_MAX];
    char accept_encoding[PT_HEADERS_SIZE_MAX];
};

/* Called when the headers are there, and not later: then nothing is where it was. */
void pt_headers_read(
    struct pt_headers *headers, struct MHD_Connection *mhd, const struct pt_head_line *line);

/* The status that refuses what libmicrohttpd lets pass; 0 for a sound request. `target_copy` is
 * the whole target. A request with a body is refused because nobody here reads bodies, and what is
 * not read must not be taken for the next request. */
int pt_headers_check(
    const struct pt_headers *headers, const struct pt_head_line *line, const char *target_copy);

#endif
