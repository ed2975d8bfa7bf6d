/* SPDX-License-Identifier: MIT */
/* wait.h -- waiting for what another thread does. */
#ifndef PITOT_TESTS_API_WAIT_H
#define PITOT_TESTS_API_WAIT_H

#include "test.h"

#include <stdatomic.h>
#include <time.h>

static inline void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* Waits until the number has come up to `least`, at most ten seconds. */
static inline void wait_for(_Atomic(int) *number, int least)
{
    for (int i = 0; i < 10000 && atomic_load(number) < least; i++)
        pause_ms(1);
    assert_true(atomic_load(number) >= least);
}

#endif
