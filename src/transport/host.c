/* SPDX-License-Identifier: MIT */
/*
 * host.c -- whether a request is for this server, going by its Host.
 *
 * A page in a browser may not read what another origin answers. But whoever owns a name may let it
 * point to 127.0.0.1 once his page is loaded ("DNS rebinding"), and then a server on the loopback
 * address is of that page's origin. What gives it away is the Host, which is still his name. So a
 * server on a loopback address answers to what nobody else can own: the loopback addresses, and
 * "localhost". Names are compared as they are, without case; nothing is decoded or looked up.
 *
 * Opened by who starts the server, then read by its thread alone.
 */
#include "transport/host.h"

#include "base/alloc.h"
#include "base/error.h"
#include "transport/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOSTS_MAX 64
#define NAME_SIZE_MAX 255 /* of a DNS name, and of what is looked at */

/* What may be in a registered name that is written as it is, or in an IPv6 address in brackets. */
static const char name_bytes[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._";
static const char ipv6_bytes[] = "0123456789ABCDEFabcdef:.";

/* Bytes of the host at the front of `text`, with its brackets. 0 when there is none. */
static size_t host_size(const char *text)
{
    if (text[0] != '[')
        return strspn(text, name_bytes);
    size_t size = 1 + strspn(text + 1, ipv6_bytes);
    return text[size] == ']' ? size + 1 : 0;
}

/* ":9464", ":" or nothing, and then blanks. */
static bool is_port(const char *text)
{
    if (*text == ':') {
        size_t digits = strspn(++text, "0123456789");
        if (digits > 5 || strtoul(text, NULL, 10) > UINT16_MAX)
            return false;
        text += digits;
    }
    return text[strspn(text, " \t")] == '\0';
}

static bool is_loopback(const char *name)
{
    struct sockaddr_storage address = {0};
    struct sockaddr_in *four = (struct sockaddr_in *)&address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
    char inside[INET6_ADDRSTRLEN];
    size_t size = strlen(name);

    if (strcasecmp(name, "localhost") == 0 || strcasecmp(name, "localhost.") == 0)
        return true;
    if (name[0] != '[') {
        address.ss_family = AF_INET;
        return inet_pton(AF_INET, name, &four->sin_addr) == 1 && pt_address_is_loopback(&address);
    }
    if (size - 2 >= sizeof(inside))
        return false;
    memcpy(inside, name + 1, size - 2);
    inside[size - 2] = '\0';
    address.ss_family = AF_INET6;
    return inet_pton(AF_INET6, inside, &six->sin6_addr) == 1 && pt_address_is_loopback(&address);
}

static bool is_listed(const struct pt_hosts *hosts, const char *name)
{
    for (size_t i = 0; i < hosts->count; i++) {
        if (strcasecmp(hosts->names[i], name) == 0)
            return true;
    }
    return false;
}

bool pt_hosts_open(struct pt_hosts *hosts, const char *const *names, size_t count, pitot_error *err)
{
    *hosts = (struct pt_hosts){.checked = true};
    if (count == 0)
        return true;
    if (!names || count > HOSTS_MAX)
        return pt_fail(err, PITOT_EINVAL, "host_count %zu: %s", count,
            names ? "64 names at most" : "hosts is NULL");
    hosts->names = pt_alloc_zero(count * sizeof(*hosts->names), err);
    if (!hosts->names)
        return false;
    for (; hosts->count < count; hosts->count++) {
        const char *name = names[hosts->count] ? names[hosts->count] : "";
        size_t size = strlen(name);

        if (size == 0 || size > NAME_SIZE_MAX || host_size(name) != size)
            return pt_fail(err, PITOT_EINVAL,
                "hosts[%zu] \"%s\": that is not a name; write it as in \"metrics.example\", "
                "without port and path",
                hosts->count, name);
        hosts->names[hosts->count] = pt_strdup(name, err);
        if (!hosts->names[hosts->count])
            return false;
    }
    return true;
}

void pt_hosts_close(struct pt_hosts *hosts)
{
    for (size_t i = 0; i < hosts->count; i++)
        pt_free(hosts->names[i]);
    pt_free(hosts->names);
    *hosts = (struct pt_hosts){0};
}

int pt_hosts_check(const struct pt_hosts *hosts, const char *host)
{
    char name[NAME_SIZE_MAX + 1];

    if (!hosts->checked || !host)
        return 0;
    size_t size = host_size(host);
    if (size == 0 || size > NAME_SIZE_MAX || !is_port(host + size))
        return 403;
    memcpy(name, host, size);
    name[size] = '\0';
    return is_loopback(name) || is_listed(hosts, name) ? 0 : 403;
}
