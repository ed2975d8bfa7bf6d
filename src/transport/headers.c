/* SPDX-License-Identifier: MIT */
/*
 * headers.c -- the headers of a request that matter, and what is refused for its headers.
 *
 * libmicrohttpd has parsed them; it lets more pass than is sound. On the server's thread.
 */
#include "transport/headers.h"

#include "transport/handle.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HEADERS_MAX 64
#define TARGET_SIZE_MAX 2048

/* From 0.9.77 on the library refuses by itself what head.c finds, and may change its buffer in
 * other ways (exchange.c demands that strictness). */
#define ENGINE_IS_LENIENT (MHD_VERSION < 0x00097700)

/* Every line is longer than what is added for it, so `PT_HEADERS_SIZE_MAX` holds them all; if it
 * did not, the rest would be left out. */
static void join(char *list, const char *value)
{
    size_t size = strlen(list);

    if (size + 2 + strlen(value) < PT_HEADERS_SIZE_MAX)
        snprintf(list + size, PT_HEADERS_SIZE_MAX - size, "%s%s", size ? ", " : "", value);
}

static enum MHD_Result read_header(
    void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct pt_headers *headers = cls;

    (void)kind;
    headers->count++;
    if (!value)
        value = "";
    headers->malformed |= !pt_head_is_token(name) || !pt_head_is_value(value);
    pt_head_field(&headers->head, name, value);
    if (strcasecmp(name, "Host") == 0) {
        headers->hosts++;
        headers->host = value;
    } else if (strcasecmp(name, "Accept") == 0) {
        join(headers->accept, value);
    } else if (strcasecmp(name, "Accept-Encoding") == 0) {
        join(headers->accept_encoding, value);
    } else if (strcasecmp(name, "X-Prometheus-Scrape-Timeout-Seconds") == 0) {
        headers->scrape_timeout = value;
    } else if (strcasecmp(name, "Transfer-Encoding") == 0) {
        headers->chunked = headers->body = true;
    } else if (strcasecmp(name, "Authorization") == 0) {
        headers->authorizations++;
    } else if (strcasecmp(name, "Content-Length") == 0) {
        headers->lengths++;
        headers->body |= strcmp(value, "0") != 0;
    }
    return MHD_YES;
}

void pt_headers_read(
    struct pt_headers *headers, struct MHD_Connection *mhd, const struct pt_head_line *line)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

    memset(headers, 0, offsetof(struct pt_headers, accept));
    headers->accept[0] = '\0';
    headers->accept_encoding[0] = '\0';
    headers->size = info ? info->header_size : 0;
    pt_head_begin(&headers->head, line, headers->size);
    MHD_get_connection_values(mhd, MHD_HEADER_KIND, read_header, headers);
    headers->malformed |= ENGINE_IS_LENIENT && !pt_head_is_whole(&headers->head);
}

int pt_headers_check(
    const struct pt_headers *headers, const struct pt_head_line *line, const char *target_copy)
{
    bool one_one = strcmp(line->version, "HTTP/1.1") == 0;

    if (!one_one && strcmp(line->version, "HTTP/1.0") != 0)
        return 505;
    if (line->target_size > TARGET_SIZE_MAX)
        return 414;
    if (headers->count > HEADERS_MAX || headers->size > PT_HEADERS_SIZE_MAX)
        return 431;
    if (headers->malformed || !pt_head_is_token(line->method) || !pt_head_is_target(target_copy))
        return 400;
    if (headers->hosts > 1 || (one_one && headers->hosts == 0) || headers->lengths > 1 ||
        (headers->chunked && headers->lengths > 0))
        return 400;
    if (headers->body)
        return pt_handle_allows(line->method) ? 400 : 405;
    return 0;
}
