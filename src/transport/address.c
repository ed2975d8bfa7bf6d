/* SPDX-License-Identifier: MIT */
/* address.c -- what a socket address says about who is there. Pure; any thread. */
#include "transport/address.h"

#include <netinet/in.h>
#include <string.h>

#define IPV4_ORIGIN UINT64_C(0xffff00000000) /* a network that is no host's: ::ffff:0:0:0/80 */

/* The IPv4 address, also of an IPv6 one that stands for it. False for all others. */
static bool get_ipv4(const struct sockaddr_storage *address, uint32_t *ipv4)
{
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;

    if (address->ss_family == AF_INET) {
        *ipv4 = ntohl(four->sin_addr.s_addr);
        return true;
    }
    if (address->ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        return false;
    memcpy(ipv4, six->sin6_addr.s6_addr + 12, sizeof(*ipv4));
    *ipv4 = ntohl(*ipv4);
    return true;
}

bool pt_address_is_loopback(const struct sockaddr_storage *address)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    uint32_t ipv4;

    if (get_ipv4(address, &ipv4))
        return ipv4 >> 24 == 127;
    return address->ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
}

uint64_t pt_address_origin(const struct sockaddr_storage *address)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    uint64_t network = 0;
    uint32_t ipv4;

    if (get_ipv4(address, &ipv4))
        return IPV4_ORIGIN | ipv4;
    if (address->ss_family != AF_INET6)
        return 0;
    for (int i = 0; i < 8; i++)
        network = network << 8 | six->sin6_addr.s6_addr[i];
    return network ? network : 1; /* ::1 and its like are somebody too */
}
