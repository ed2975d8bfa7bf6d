/* SPDX-License-Identifier: MIT */
/*
 * rate.c -- a token bucket, kept as the moment when it will be full again: each token that is taken
 * moves it one interval into the future, up to as many as the bucket holds.
 */
#include "transport/rate.h"

struct pt_rate pt_rate_new(uint64_t interval_ns, uint32_t burst)
{
    uint64_t room_ns;

    if (__builtin_mul_overflow(interval_ns, burst, &room_ns) || room_ns > UINT64_MAX / 2)
        room_ns = UINT64_MAX / 2; /* more than any clock will show */
    return (struct pt_rate){.interval_ns = interval_ns, .room_ns = room_ns};
}

bool pt_rate_take(struct pt_rate *rate, uint64_t now_ns)
{
    uint64_t from_ns = rate->full_ns > now_ns ? rate->full_ns : now_ns;

    if (rate->interval_ns == 0)
        return true;
    if (from_ns - now_ns + rate->interval_ns > rate->room_ns)
        return false;
    rate->full_ns = from_ns + rate->interval_ns;
    return true;
}
