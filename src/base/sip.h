/* SPDX-License-Identifier: MIT */
/* sip.h -- SipHash-2-4 with 128 bits: who does not know the key can neither guess nor find two
 * texts with one result. For what must not be forged; base/hash.h is faster. */
#ifndef PT_BASE_SIP_H
#define PT_BASE_SIP_H

#include <stddef.h>
#include <stdint.h>

struct pt_sip_key {
    uint64_t k0, k1;
};

struct pt_sip {
    uint64_t low, high;
};

struct pt_sip pt_sip(struct pt_sip_key key, const void *bytes, size_t size);

#endif
