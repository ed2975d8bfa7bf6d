/* SPDX-License-Identifier: MIT */
/* rung_test.c -- the ladder: which rung this machine gets, and which one without rseq. */
#include "storage/rung.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static int lowest_free_descriptor(void)
{
    int fd = dup(STDERR_FILENO);

    assert_true(fd >= 0);
    close(fd);
    return fd;
}

/* Comes first: the ladder looks at the machine once. */
static void finding_the_rung_leaves_no_descriptor_open(void **state)
{
    int lowest = lowest_free_descriptor();
    (void)state;

    pt_ladder();
    assert_int_equal(lowest_free_descriptor(), lowest);
}

static void the_ladder_stays_what_it_was(void **state)
{
    struct pt_ladder first, second;
    (void)state;

    errno = 42;
    first = pt_ladder();
    second = pt_ladder();
    assert_int_equal(errno, 42);
    assert_int_equal(first.rung, second.rung);
    assert_int_equal(first.rows, second.rows);
    assert_int_equal(first.fence, second.fence);
}

static void every_cpu_this_thread_may_run_on_has_a_row(void **state)
{
    struct pt_ladder ladder = pt_ladder();
    (void)state;

    if (ladder.rung != PT_RUNG_RSEQ) {
        print_message("there are no restartable sequences here\n");
        assert_int_equal(ladder.rung, PT_RUNG_STRIPED);
        assert_int_equal(ladder.rows, PITOT_STRIPES_);
        skip();
    }
    assert_in_range(ladder.rows, sysconf(_SC_NPROCESSORS_CONF), 4096);
    assert_in_range(sched_getcpu(), 0, ladder.rows - 1);
}

static void the_fence_works_where_it_is_promised_and_in_a_child_too(void **state)
{
    int status;
    (void)state;

    errno = 42;
    assert_int_equal(pt_ladder_fence(), pt_ladder().fence);
    assert_int_equal(errno, 42);
    pid_t child = fork();
    if (child == 0)
        _exit(pt_ladder_fence() == pt_ladder().fence ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* The rung of this program when it is started with glibc's use of rseq turned off. */
static void without_rseq_rows_are_shared_and_added_to_atomically(void **state)
{
    int status;
    (void)state;

    pid_t child = fork();
    if (child == 0) {
        setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1);
        execl("/proc/self/exe", "rung-test", "rung", NULL);
        _exit(99);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 10 + PT_RUNG_STRIPED);
}

static void another_ladder_can_be_pretended(void **state)
{
    struct pt_ladder real = pt_ladder();
    (void)state;

    pt_ladder_pretend((struct pt_ladder){PT_RUNG_RSEQ, 128, true});
    assert_int_equal(pt_ladder().rung, PT_RUNG_RSEQ);
    assert_int_equal(pt_ladder().rows, 128);
    assert_true(pt_ladder().fence);
    pt_ladder_pretend((struct pt_ladder){PT_RUNG_SINGLE, 0, false});
    assert_int_equal(pt_ladder().rung, PT_RUNG_SINGLE);
    pt_ladder_pretend(real);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finding_the_rung_leaves_no_descriptor_open),
        cmocka_unit_test(the_ladder_stays_what_it_was),
        cmocka_unit_test(every_cpu_this_thread_may_run_on_has_a_row),
        cmocka_unit_test(the_fence_works_where_it_is_promised_and_in_a_child_too),
        cmocka_unit_test(without_rseq_rows_are_shared_and_added_to_atomically),
        cmocka_unit_test(another_ladder_can_be_pretended),
    };

    if (argc > 1 && strcmp(argv[1], "rung") == 0)
        return 10 + (int)pt_ladder().rung;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
