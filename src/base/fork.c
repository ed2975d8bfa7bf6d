/* SPDX-License-Identifier: MIT */
/*
 * fork.c -- which process this is, and that fork() finds nothing half done.
 *
 * The gate is a count of the threads inside and a count of the forks that want it closed. Who finds
 * it closed goes out again and sleeps. Recording takes no lock, so it never comes here.
 *
 * The number of the process is on a page that the kernel wipes in every child, however that is
 * made. fork()'s handler writes the next number there. Where nobody did, the child was made behind
 * our back: numbers before its own are not trusted any more, there and in its children.
 */
#include "base/fork.h"

#include "base/sys.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE ((size_t)4096) /* the kernel rounds it up */
#define NOBODY 0            /* what a wiped page says */
#define FINDING_OUT UINT32_MAX

static _Atomic(uint32_t) inside, closed;
static __thread unsigned depth; /* of this thread inside the gate */

static _Atomic(uint32_t) *page; /* of the process's number; NULL when the kernel has no such page */
static _Atomic(uint32_t) unwiped;    /* the number then, with */
static _Atomic(pid_t) owner;         /* whose it is */
static _Atomic(uint32_t) last;       /* number that was given */
static _Atomic(uint32_t) whole_from; /* the first number that is trusted */

/* ---- Which process this is ---- */

static _Atomic(uint32_t) *number(void)
{
    pid_t before = atomic_load_explicit(&owner, memory_order_relaxed);

    if (page)
        return page;
    if (before != getpid() && atomic_compare_exchange_strong(&owner, &before, getpid()))
        atomic_store(&unwiped, NOBODY);
    return &unwiped;
}

static uint32_t next_number(void)
{
    return atomic_fetch_add(&last, 1) + 1;
}

/* In a process that nobody announced: whoever was inside the gate, or closed it, is not here. */
static void found_out(_Atomic(uint32_t) *at)
{
    uint32_t process = next_number();

    atomic_store(&inside, depth > 0);
    atomic_store(&closed, 0);
    atomic_store(&whole_from, process);
    atomic_store_explicit(at, process, memory_order_release);
}

uint32_t pt_fork_process(void)
{
    _Atomic(uint32_t) *at = number();
    uint32_t process;

    while ((process = atomic_load_explicit(at, memory_order_acquire)) == NOBODY ||
           process == FINDING_OUT) {
        if (process == NOBODY && atomic_compare_exchange_strong(at, &process, FINDING_OUT))
            found_out(at);
        else
            sched_yield();
    }
    return process;
}

bool pt_fork_is_whole(uint32_t then)
{
    pt_fork_process();
    return then >= atomic_load_explicit(&whole_from, memory_order_relaxed);
}

/* ---- The gate ---- */

static void sleep_while(_Atomic(uint32_t) *word, uint32_t value)
{
    syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void wake(_Atomic(uint32_t) *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* Last of all this thread is not inside any more, so that a signal's handler that forks in between
 * does not wait for the thread that it interrupts. */
void pt_fork_leave(void)
{
    if (depth == 1) {
        atomic_fetch_sub(&inside, 1);
        if (atomic_load(&closed))
            wake(&inside);
    }
    depth--;
}

/* In sequentially consistent order: either we see that it is closed, or who closes it sees us. */
bool pt_fork_try(void)
{
    if (depth++ > 0)
        return true;
    atomic_fetch_add(&inside, 1);
    if (!atomic_load(&closed))
        return true;
    pt_fork_leave();
    return false;
}

void pt_fork_enter(void)
{
    while (!pt_fork_try()) {
        uint32_t forks = atomic_load(&closed);

        if (forks)
            sleep_while(&closed, forks);
    }
}

/* ---- What fork() calls ---- */

/* A thread that forks inside the gate, from an allocator or a signal's handler, knows what it is in
 * the middle of, in the child too. */
static void before_fork(void)
{
    uint32_t own = depth > 0, now;

    pt_fork_process(); /* a child must not be trusted more than this process is */
    atomic_fetch_add(&closed, 1);
    while ((now = atomic_load(&inside)) > own)
        sleep_while(&inside, now);
}

static void after_fork(void)
{
    if (atomic_fetch_sub(&closed, 1) == 1)
        wake(&closed);
}

static void in_child(void)
{
    atomic_store(&inside, depth > 0);
    atomic_store(&closed, 0);
    atomic_store(number(), next_number());
}

static void start(void)
{
    void *at = pt_sys_mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (at != MAP_FAILED && pt_sys_madvise(at, PAGE, MADV_WIPEONFORK) != 0) {
        pt_sys_munmap(at, PAGE);
        at = MAP_FAILED;
    }
    if (at != MAP_FAILED)
        page = at;
    pt_fork_process();
    /* Without them, which takes memory that has run out, every child is one that nobody announced:
     * it is told so, and does not hang. */
    pt_sys_pthread_atfork(before_fork, after_fork, in_child);
}

void pt_fork_start(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, start);
}
