/* SPDX-License-Identifier: MIT */
/*
 * fork.h -- which process this is, and that fork() finds nothing half done.
 *
 * Everything that is changed under a lock is changed inside the gate. fork() closes the gate, waits
 * until nobody is inside, and opens it again; so the memory that a child gets is whole, whatever
 * locks it shows as taken. A process that was made without fork()'s handlers (a raw clone(),
 * _Fork()) can be sure of nothing that the process before it made.
 */
#ifndef PT_BASE_FORK_H
#define PT_BASE_FORK_H

#include <stdbool.h>
#include <stdint.h>

/* To be called before anything else here. Any thread, any number of times. */
void pt_fork_start(void);

/* This process, never 0: another number in each child, whichever way it was made. */
uint32_t pt_fork_process(void);

/* Whether what process `then`, this one or one before it, made is whole here. */
bool pt_fork_is_whole(uint32_t then);

/* Takes no lock and calls nothing of the host's inside. May nest. */
void pt_fork_enter(void);
void pt_fork_leave(void);

/* Enters if that needs no waiting. */
bool pt_fork_try(void);

#endif
