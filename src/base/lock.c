/* SPDX-License-Identifier: MIT */
/*
 * lock.c -- a mutex that a child of fork() can take, whoever had it in the parent.
 *
 * The one who waits for a condition is outside the gate meanwhile, and comes back holding the
 * mutex. If the gate is closed by then he lets go of the mutex before he waits for the gate: others
 * who are inside may want it, and fork() waits for them.
 */
#include "base/lock.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/fork.h"

#include <sched.h>

#define BEING_MADE (UINT32_C(1) << 31)

void pt_lock_start(struct pt_lock *lock)
{
    pt_fork_start();
    pthread_mutex_init(&lock->mutex, NULL); /* a default mutex cannot fail on Linux */
    atomic_init(&lock->process, pt_fork_process());
}

void pt_lock_end(struct pt_lock *lock)
{
    pthread_mutex_destroy(&lock->mutex);
}

bool pt_lock_may(const struct pt_lock *lock, pitot_error *err)
{
    uint32_t process = atomic_load_explicit(&lock->process, memory_order_relaxed);

    if (process == 0 || pt_fork_is_whole(process & ~BEING_MADE))
        return true;
    return pt_fail(err, PITOT_ESYSTEM,
        "this process was made with clone() or _Fork(), which leave the parent's locks taken for "
        "ever: it can only record on what it has; make it with fork(), or make a new registry");
}

/* In the gate, in a process that may have the lock: sees to it that the mutex is for this one. */
static void renew(struct pt_lock *lock)
{
    uint32_t here = pt_fork_process(), process;

    while ((process = atomic_load_explicit(&lock->process, memory_order_acquire)) != here) {
        if (process & BEING_MADE) {
            sched_yield();
        } else if (atomic_compare_exchange_strong(&lock->process, &process, here | BEING_MADE)) {
            pthread_mutex_init(&lock->mutex, NULL);
            atomic_store_explicit(&lock->process, here, memory_order_release);
        }
    }
}

void pt_lock_take(struct pt_lock *lock)
{
    pt_fork_enter();
    renew(lock);
    pthread_mutex_lock(&lock->mutex);
}

void pt_lock_give(struct pt_lock *lock)
{
    pthread_mutex_unlock(&lock->mutex);
    pt_fork_leave();
}

static void come_back(struct pt_lock *lock)
{
    if (pt_fork_try())
        return;
    pthread_mutex_unlock(&lock->mutex);
    pt_fork_enter();
    pthread_mutex_lock(&lock->mutex);
}

void pt_lock_wait(struct pt_lock *lock, pthread_cond_t *changed)
{
    pt_fork_leave();
    pthread_cond_wait(changed, &lock->mutex);
    come_back(lock);
}

void pt_lock_wait_until(struct pt_lock *lock, pthread_cond_t *changed, uint64_t until_ns)
{
    struct timespec until = pt_clock_timespec(until_ns);

    pt_fork_leave();
    pthread_cond_timedwait(changed, &lock->mutex, &until);
    come_back(lock);
}
