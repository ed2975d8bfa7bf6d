/* SPDX-License-Identifier: MIT */
/* address.h -- what a socket address says about who is there. */
#ifndef PT_TRANSPORT_ADDRESS_H
#define PT_TRANSPORT_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* 127.0.0.0/8, ::1, and the former written as IPv6. */
bool pt_address_is_loopback(const struct sockaddr_storage *address);

/* Who counts as one: an IPv4 address, however it is written, or an IPv6 network of 64 bits, because
 * a host may have all of its addresses. 0 for a unix socket. */
uint64_t pt_address_origin(const struct sockaddr_storage *address);

#endif
