/* SPDX-License-Identifier: MIT */
/* moment_test.c -- moments run like the monotonic clock, never backwards, with the counter or not.
 */
#include "base/moment.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SAID(condition) ((condition) ? true : (printf("not true: %s\n", #condition), false))

static void sleep_ms(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* One measurement of 100 ms on both clocks that nothing disturbed by more than 0.1 ms. */
static bool agree_over_100_ms(void)
{
    for (int i = 0; i < 20; i++) {
        uint64_t clock_before = pt_clock_ns(), moment = pt_moment_now(), clock = pt_clock_ns();

        sleep_ms(100);
        uint64_t end_before = pt_clock_ns();
        double seconds = pt_moment_seconds(moment);
        uint64_t end = pt_clock_ns();
        if (clock - clock_before > 100000 || end - end_before > 100000)
            continue;
        double least = (double)(end_before - clock) * 1e-9;
        double most = (double)(end - clock_before) * 1e-9;
        return SAID(seconds >= least * 0.99) && SAID(seconds <= most * 1.01);
    }
    print_message("every measurement was disturbed\n");
    return true;
}

static bool never_negative(void)
{
    uint64_t start = pt_clock_ns(), last = 0;

    while (pt_clock_ns() - start < 150000000) {
        uint64_t now = pt_moment_now();

        if (!SAID(now >= last) || !SAID(pt_moment_seconds(now) >= 0) ||
            !SAID(pt_moment_seconds(now) < 10))
            return false;
        last = now;
    }
    return SAID(pt_moment_seconds(UINT64_MAX >> 1) == 0) &&
           SAID(pt_moment_seconds(pt_moment_now() + 1000000000) == 0);
}

/* Each in a process of its own, because what is known of the counter stays known. */
static void assert_in_child(bool (*holds)(void))
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        bool held = holds();

        fflush(stdout);
        _exit(held ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static bool hold_before_the_start(void)
{
    return agree_over_100_ms() && never_negative();
}

static void moments_are_right_before_anything_is_known_of_the_counter(void **state)
{
    (void)state;
    assert_in_child(hold_before_the_start);
}

static bool hold_without_counter(void)
{
    const struct rlimit no_files = {0, 0};

    setrlimit(RLIMIT_NOFILE, &no_files); /* nobody can read whether the kernel trusts it */
    pt_moment_start();
    uint64_t before = pt_clock_ns();
    sleep_ms(150);
    uint64_t now = pt_moment_now();
    return SAID(now >= before) && SAID(now <= pt_clock_ns()) && agree_over_100_ms() &&
           never_negative();
}

static void moments_are_right_where_the_counter_cannot_be_used(void **state)
{
    (void)state;
    assert_in_child(hold_without_counter);
}

static bool hold_with_counter(void)
{
    uint64_t early = pt_moment_now(), early_clock = pt_clock_ns();

    pt_moment_start();
    if (!never_negative() || !agree_over_100_ms() || !agree_over_100_ms())
        return false;
    /* A duration that began before the rate was known. */
    double seconds = pt_moment_seconds(early), clock = pt_clock_seconds(early_clock, pt_clock_ns());
    return SAID(seconds > clock * 0.97) && SAID(seconds < clock * 1.03);
}

static void moments_agree_with_the_clock_once_the_counter_is_used(void **state)
{
    (void)state;
    assert_in_child(hold_with_counter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_are_right_before_anything_is_known_of_the_counter),
        cmocka_unit_test(moments_are_right_where_the_counter_cannot_be_used),
        cmocka_unit_test(moments_agree_with_the_clock_once_the_counter_is_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
