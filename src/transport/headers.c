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

/* Every line is longer than what is added for it, so `PT_HEADERS_SIZE_MAX` holds them all; if it
 * did not, the rest would be left out. */
static void join(char *list, const char *value)
{
    size_t size = strlen(list);

    if (size + 2 + strlen(value) < PT_HEADERS_SIZE_MAX)
        snprintf(list + size, PT_HEADERS_SIZE_MAX - size, "%s%s", size ? ", " : "", value);
}

/* RFC 9110, 5.6.2. "Content-Length " with a blank is no header that we do not know but an attempt
 * to have one that others see. */
static bool is_token(const char *name)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz";

    return *name && name[strspn(name, token)] == '\0';
}

static enum MHD_Result read_header(
    void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct pt_headers *headers = cls;

    (void)kind;
    headers->count++;
    headers->malformed |= !is_token(name);
    if (!value)
        value = "";
    if (strcasecmp(name, "Host") == 0) {
        headers->hosts++;
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

void pt_headers_read(struct pt_headers *headers, struct MHD_Connection *mhd)
{
    memset(headers, 0, offsetof(struct pt_headers, accept));
    headers->accept[0] = '\0';
    headers->accept_encoding[0] = '\0';
    MHD_get_connection_values(mhd, MHD_HEADER_KIND, read_header, headers);
}

int pt_headers_check(const struct pt_headers *headers, struct MHD_Connection *mhd,
    const char *method, const char *version, size_t target_size)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);

    if (strcmp(version, "HTTP/1.1") != 0 && strcmp(version, "HTTP/1.0") != 0)
        return 505;
    if (target_size > TARGET_SIZE_MAX)
        return 414;
    if (headers->count > HEADERS_MAX || (info && info->header_size > PT_HEADERS_SIZE_MAX))
        return 431;
    if (headers->malformed || headers->lengths > 1 || headers->hosts > 1 ||
        (headers->chunked && headers->lengths > 0))
        return 400;
    if (headers->body)
        return pt_handle_allows(method) ? 400 : 405;
    return 0;
}
