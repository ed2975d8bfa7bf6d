/* SPDX-License-Identifier: MIT */
/*
 * lock.h -- a mutex that a child of fork() can take, whoever had it in the parent.
 *
 * What is held under one is changed inside the gate of fork.h, so in the child of a fork() it is
 * whole, and the first taker there makes the mutex anew. In a process that was made without fork()
 * nobody gets a lock of the process before it: it may be taken for ever, over what is half done.
 */
#ifndef PT_BASE_LOCK_H
#define PT_BASE_LOCK_H

#include <pitot/pitot.h>
#include <pthread.h>
#include <stdatomic.h>

struct pt_lock {
    pthread_mutex_t mutex;
    _Atomic(uint32_t) process; /* that `mutex` is for; the highest bit: it is being made; 0: nobody
                                  has taken it yet */
};

#define PT_LOCK_INITIALIZER                                                                        \
    {                                                                                              \
        PTHREAD_MUTEX_INITIALIZER, 0                                                               \
    }

void pt_lock_start(struct pt_lock *lock);
void pt_lock_end(struct pt_lock *lock);

/* Whether this process may take the lock; if not, an error that says why. */
bool pt_lock_may(const struct pt_lock *lock, pitot_error *err);

/* To be called where pt_lock_may() says true, or with a lock held that lives as long. */
void pt_lock_take(struct pt_lock *lock);
void pt_lock_give(struct pt_lock *lock);

/* Gives the lock, sleeps until `changed` is signalled, perhaps for less, and takes it again. The
 * second sleeps until `until_ns` of pt_clock_ns() at most; `changed` then has that clock. */
void pt_lock_wait(struct pt_lock *lock, pthread_cond_t *changed);
void pt_lock_wait_until(struct pt_lock *lock, pthread_cond_t *changed, uint64_t until_ns);

#endif
