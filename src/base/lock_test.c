/* SPDX-License-Identifier: MIT */
/* lock_test.c -- a mutex that a child of fork() can take, whoever had it in the parent. */
#include "base/lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN 200

static struct pt_lock lock;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool stop;
static long sleeps;

/* Two of these wake each other all the time, so that one is always about to come back. */
static void *wake_and_sleep(void *arg)
{
    pt_lock_take(&lock);
    while (!stop) {
        sleeps++;
        pthread_cond_signal(&changed);
        pt_lock_wait(&lock, &changed);
    }
    pthread_cond_broadcast(&changed);
    pt_lock_give(&lock);
    return arg;
}

static void a_child_takes_it_whoever_was_waking_up_with_it(void **state)
{
    pthread_t threads[2];
    (void)state;

    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, wake_and_sleep, NULL), 0);
    for (int i = 0; i < CHILDREN; i++) {
        pid_t child = fork();
        int status = -1;

        if (child == 0) {
            alarm(20);
            pt_lock_take(&lock);
            pt_lock_give(&lock);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    pt_lock_take(&lock);
    stop = true;
    pthread_cond_broadcast(&changed);
    assert_true(sleeps > 0);
    pt_lock_give(&lock);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

static void a_process_made_without_fork_is_told_why_it_may_not(void **state)
{
    int status = -1;
    (void)state;

    assert_true(pt_lock_may(&lock, NULL));
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (child == 0) {
        pitot_error err = {0};
        struct pt_lock own;

        pt_lock_start(&own);
        _exit(!pt_lock_may(&lock, &err) && err.code == PITOT_ESYSTEM &&
                      strstr(err.message, "fork()") && pt_lock_may(&own, NULL)
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_takes_it_whoever_was_waking_up_with_it),
        cmocka_unit_test(a_process_made_without_fork_is_told_why_it_may_not),
    };

    pt_lock_start(&lock);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
