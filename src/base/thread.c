/* SPDX-License-Identifier: MIT */
/*
 * thread.c -- threads that never take a signal meant for the host.
 *
 * A thread inherits its creator's signal mask, so all signals are blocked around the creation; the
 * host's handlers keep running on the host's threads.
 */
#include "base/thread.h"

#include "base/error.h"
#include "base/sys.h"

#include <signal.h>

bool pt_thread_start(
    pthread_t *thread, const char *name, void *(*run)(void *), void *arg, pitot_error *err)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error_number = pt_sys_pthread_create(thread, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error_number != 0)
        return pt_fail_errno(err, error_number, "cannot start the thread \"%s\"", name);
    pthread_setname_np(*thread, name);
    return true;
}
