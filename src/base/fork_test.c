/* SPDX-License-Identifier: MIT */
/* fork_test.c -- which process this is, and that fork() finds nobody inside the gate. */
#include "base/fork.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__)
#define CHILDREN 50
#else
#define CHILDREN 300
#endif

static pid_t raw_clone(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static int status_of(pid_t child)
{
    int status = -1;

    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void each_process_has_a_number_of_its_own(void **state)
{
    uint32_t here = pt_fork_process();
    (void)state;

    assert_int_not_equal(here, 0);
    assert_int_equal(pt_fork_process(), here);
    for (int raw = 0; raw < 2; raw++) {
        pid_t child = raw ? raw_clone() : fork();

        if (child == 0)
            _exit(pt_fork_process() != here && pt_fork_process() == pt_fork_process() ? 0 : 1);
        assert_int_equal(status_of(child), 0);
    }
    assert_int_equal(pt_fork_process(), here);
}

static void what_was_made_before_a_fork_is_whole_and_before_a_clone_it_is_not(void **state)
{
    uint32_t here = pt_fork_process();
    (void)state;

    pid_t child = fork();
    if (child == 0)
        _exit(pt_fork_is_whole(here) ? 0 : 1);
    assert_int_equal(status_of(child), 0);

    child = raw_clone();
    if (child == 0) {
        if (pt_fork_is_whole(here) || !pt_fork_is_whole(pt_fork_process()))
            _exit(1);
        uint32_t between = pt_fork_process();
        pid_t grandchild = fork();
        int status = -1;

        if (grandchild == 0)
            _exit(!pt_fork_is_whole(here) && pt_fork_is_whole(between) ? 0 : 2);
        waitpid(grandchild, &status, 0);
        _exit(status == 0 ? 0 : 3);
    }
    assert_int_equal(status_of(child), 0);
}

static _Atomic(bool) stop;
static volatile long left, right; /* the same, outside the gate */

static void *change(void *arg)
{
    while (!atomic_load(&stop)) {
        pt_fork_enter();
        static _Atomic(int) one;
        if (atomic_exchange(&one, 1) == 0) {
            left++;
            pt_fork_enter(); /* inside, there is no waiting */
            right++;
            pt_fork_leave();
            atomic_store(&one, 0);
        }
        pt_fork_leave();
    }
    return arg;
}

static void a_child_never_sees_what_is_changed_inside_the_gate_half_done(void **state)
{
    pthread_t threads[3];
    (void)state;

    atomic_store(&stop, false);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, change, NULL), 0);
    for (int i = 0; i < CHILDREN; i++) {
        pid_t child = fork();

        if (child == 0) {
            alarm(20);
            pt_fork_enter();
            _exit(left == right ? 0 : 1);
        }
        assert_int_equal(status_of(child), 0);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
}

static void who_forks_inside_the_gate_does_not_wait_for_himself(void **state)
{
    (void)state;
    alarm(60);
    pt_fork_enter();
    pid_t child = fork();
    if (child == 0) {
        pt_fork_leave();
        pid_t grandchild = fork(); /* nobody is inside any more */
        if (grandchild == 0)
            _exit(0);
        int status = -1;
        waitpid(grandchild, &status, 0);
        _exit(status);
    }
    pt_fork_leave();
    assert_int_equal(status_of(child), 0);
    alarm(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_process_has_a_number_of_its_own),
        cmocka_unit_test(what_was_made_before_a_fork_is_whole_and_before_a_clone_it_is_not),
        cmocka_unit_test(a_child_never_sees_what_is_changed_inside_the_gate_half_done),
        cmocka_unit_test(who_forks_inside_the_gate_does_not_wait_for_himself),
    };

    pt_fork_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
