/* SPDX-License-Identifier: MIT */
/* timer.c -- moments and the seconds between them. No state: a timer is the moment it began. */
#include "base/moment.h"

#include <pitot/pitot.h>

uint64_t pitot_now(void)
{
    return pt_moment_now();
}

double pitot_seconds_since(uint64_t start)
{
    return pt_moment_seconds(start);
}
