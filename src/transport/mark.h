/* SPDX-License-Identifier: MIT */
/*
 * mark.h -- which fds are still the server's.
 *
 * A host may close every fd it does not know (closefrom(), a daemon()'s loop), and the numbers are
 * given to its next files. So nothing is read from, written to or closed by number alone: what the
 * server opened has a mark, which is on the open file, not on the number, and which a child of
 * fork() sees too.
 */
#ifndef PT_TRANSPORT_MARK_H
#define PT_TRANSPORT_MARK_H

#include <stdbool.h>

void pt_mark_set(int fd);
bool pt_mark_has(int fd);

/* Closes what has the mark. */
void pt_mark_close(int fd);

/* Adds 1 to an eventfd that has the mark. Any thread. */
void pt_mark_wake(int fd);

#endif
