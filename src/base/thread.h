/* SPDX-License-Identifier: MIT */
/* thread.h -- threads that never take a signal meant for the host. */
#ifndef PT_BASE_THREAD_H
#define PT_BASE_THREAD_H

#include <pitot/pitot.h>

#include <pthread.h>

/* `name`, of at most 15 bytes, is what `top -H` and a debugger show. */
bool pt_thread_start(
    pthread_t *thread, const char *name, void *(*run)(void *), void *arg, pitot_error *err);

#endif
