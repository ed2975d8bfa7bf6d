/* SPDX-License-Identifier: MIT */
/* rate.h -- a token bucket: so many requests at once, then one in each interval. */
#ifndef PT_TRANSPORT_RATE_H
#define PT_TRANSPORT_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* One thread's. */
struct pt_rate {
    uint64_t interval_ns;
    uint64_t room_ns; /* what a full bucket is worth */
    uint64_t full_ns; /* when the bucket is full again */
};

/* No limit for an interval of 0. The bucket is full. */
struct pt_rate pt_rate_new(uint64_t interval_ns, uint32_t burst);

/* Takes a token; false when there is none. */
bool pt_rate_take(struct pt_rate *rate, uint64_t now_ns);

#endif
