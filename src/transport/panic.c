/* SPDX-License-Identifier: MIT */
/*
 * panic.c -- the HTTP engine gives up, and the program lives.
 *
 * libmicrohttpd ends the process where the kernel says something that it did not expect: when an fd
 * cannot be taken out of its epoll set, because memory ran out or somebody else closed it. Its
 * handler must not return, so ours jumps out of the engine, and the server is given up instead.
 * A daemon of the host's own, in which we have nowhere to jump to, ends as it does without us.
 */
#include "transport/panic.h"

#include <microhttpd.h>
#include <setjmp.h>
#include <stddef.h>

static __thread jmp_buf *way_out; /* of the call that this thread is in */

static void on_panic(void *cls, const char *file, unsigned int line, const char *reason)
{
    (void)cls;
    (void)file;
    (void)line;
    (void)reason;
    if (way_out)
        longjmp(*way_out, 1);
    __builtin_trap();
}

void pt_panic_start(void)
{
    MHD_set_panic_func(on_panic, NULL);
}

bool pt_panic_catch(void (*call)(void *arg), void *arg)
{
    jmp_buf here;

    if (setjmp(here) != 0) {
        way_out = NULL;
        return false;
    }
    way_out = &here;
    call(arg);
    way_out = NULL;
    return true;
}
