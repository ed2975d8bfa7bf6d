/* SPDX-License-Identifier: MIT */
/* panic.h -- the HTTP engine gives up, and the program lives. */
#ifndef PT_TRANSPORT_PANIC_H
#define PT_TRANSPORT_PANIC_H

#include <stdbool.h>

/* Before the engine is started. For the whole process, other users of the engine included. */
void pt_panic_start(void);

/* Calls `call`, which calls the engine. False when the engine gave up in it: then nothing of that
 * daemon may be touched any more. No lock of ours may be held around a call of the engine. */
bool pt_panic_catch(void (*call)(void *arg), void *arg);

#endif
