/* SPDX-License-Identifier: MIT */
/* fault_test.c -- the call that is armed fails, and no other. */
#include "base/fault.h"

#include "base/alloc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

static int get_limit(void)
{
    struct rlimit limit;

    return pt_sys_getrlimit(RLIMIT_NOFILE, &limit);
}

static void one_call_fails_with_its_errno_and_those_around_it_do_not(void **state)
{
    (void)state;
    assert_true(pt_fault_arm("getrlimit", 2, false));
    assert_int_equal(get_limit(), 0);
    assert_int_equal(get_limit(), -1);
    assert_int_equal(errno, EPERM);
    assert_int_equal(get_limit(), 0);
    assert_int_equal(pt_fault_count("getrlimit"), 3);
}

static void all_calls_fail_from_one_on_until_it_is_disarmed(void **state)
{
    (void)state;
    assert_true(pt_fault_arm("getrlimit", 2, true));
    assert_int_equal(get_limit(), 0);
    assert_int_equal(get_limit(), -1);
    assert_int_equal(get_limit(), -1);
    assert_true(pt_fault_arm("*", 0, false));
    assert_int_equal(get_limit(), 0);
}

static void memory_is_a_site_and_a_star_is_all_of_them(void **state)
{
    pitot_error err = {0};

    (void)state;
    assert_true(pt_fault_arm("*", 2, false));
    assert_int_equal(get_limit(), 0);
    assert_null(pt_alloc(7, &err));
    assert_string_equal(err.message, "out of memory: 7 bytes");
    pt_free(pt_alloc(7, NULL));
    assert_int_equal(pt_fault_count("alloc"), 2);
    assert_int_equal(pt_fault_count("*"), 3);
}

static void a_descriptor_is_closed_even_when_that_is_said_to_fail(void **state)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)state;
    assert_true(pt_fault_arm("close", 1, false));
    assert_int_equal(pt_sys_close(fd), -1);
    assert_int_equal(errno, EINTR);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

static void there_is_no_site_of_another_name(void **state)
{
    (void)state;
    assert_false(pt_fault_arm("mma", 1, false));
    assert_false(pt_fault_arm("", 1, false));
    assert_int_equal(pt_fault_count("mmapp"), 0);
    assert_string_equal(pt_fault_name(0), "alloc");
    assert_null(pt_fault_name(PT_FAULT_SITES));
}

/* What three calls of a program that was started with PITOT_FAULT say, a bit for each failure. */
static int failures_with(const char *text)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        setenv("PITOT_FAULT", text, 1);
        execl("/proc/self/exe", "fault_test", "three", (char *)NULL);
        _exit(99);
    }
    waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

static void the_environment_arms_it_and_a_text_that_is_wrong_fails_everything(void **state)
{
    static const struct {
        const char *text;
        int failures;
    } cases[] = {
        {"getrlimit:2", 2},
        {"getrlimit:2:forever", 6},
        {"getrlimit:4", 0},
        {"open:1", 0},
        {"*:3", 4},
        {"getrlimit:0", 7},
        {"getrlimit", 7},
        {"getrlimit:2:ever", 7},
        {"getlimit:2", 7},
        {"", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(failures_with(cases[i].text), cases[i].failures);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_call_fails_with_its_errno_and_those_around_it_do_not),
        cmocka_unit_test(all_calls_fail_from_one_on_until_it_is_disarmed),
        cmocka_unit_test(memory_is_a_site_and_a_star_is_all_of_them),
        cmocka_unit_test(a_descriptor_is_closed_even_when_that_is_said_to_fail),
        cmocka_unit_test(there_is_no_site_of_another_name),
        cmocka_unit_test(the_environment_arms_it_and_a_text_that_is_wrong_fails_everything),
    };

    if (argc == 2 && strcmp(argv[1], "three") == 0) {
        int failures = 0;
        for (int i = 0; i < 3; i++)
            failures |= (get_limit() != 0) << i;
        return failures;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
