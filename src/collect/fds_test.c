/* SPDX-License-Identifier: MIT */
/* fds_test.c -- descriptors counted on the real /proc, and in trees that only look like it. */
#include "collect/fds.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#define OWN "/proc/self/fd"
#define EXTRA 300 /* more than one listing's buffer holds */

/* The truth, without any directory: which descriptors duplicate. */
static uint64_t count_by_hand(void)
{
    struct rlimit limit;
    uint64_t open = 0;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    for (int fd = 0; (rlim_t)fd < limit.rlim_cur && fd < 65536; fd++)
        open += fcntl(fd, F_GETFD) >= 0;
    return open;
}

static uint64_t count_of(struct pt_fds *fds, const char *path)
{
    uint64_t count = 12345;

    assert_true(pt_fds_count(fds, path, &count));
    return count;
}

static void the_count_is_what_is_open_and_not_one_more(void **state)
{
    int extra[EXTRA];
    struct pt_fds fds = {0};
    uint64_t before = count_by_hand();

    (void)state;
    assert_int_equal(count_of(&fds, OWN), before); /* listed */
    assert_int_equal(count_of(&fds, OWN), before); /* from the size, where the kernel says it */
    for (int i = 0; i < EXTRA; i++)
        assert_true((extra[i] = open("/dev/null", O_RDONLY)) >= 0);
    struct pt_fds fresh = {0};
    assert_int_equal(count_of(&fds, OWN), before + EXTRA);
    assert_int_equal(count_of(&fresh, OWN), before + EXTRA);
    for (int i = 0; i < EXTRA; i++)
        close(extra[i]);
    assert_int_equal(count_of(&fds, OWN), before);
    assert_int_equal(count_by_hand(), before);
}

static void a_directory_that_the_program_has_open_counts(void **state)
{
    struct pt_fds fds = {0};
    uint64_t before = count_of(&fds, OWN);
    int directory = open(OWN, O_RDONLY | O_DIRECTORY);
    struct pt_fds fresh = {0};

    (void)state;
    assert_true(directory >= 0);
    assert_int_equal(count_of(&fresh, OWN), before + 1);
    assert_int_equal(count_of(&fds, OWN), before + 1);
    close(directory);
}

static void without_a_free_descriptor_the_size_still_tells(void **state)
{
    struct rlimit limit, low;
    struct pt_fds proven = {0}, fresh = {0};
    uint64_t count, before = count_of(&proven, OWN);

    (void)state;
    if (!proven.size_is_count)
        skip(); /* Linux before 6.2 */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    bool listed = pt_fds_count(&fresh, OWN, &count);
    bool sized = pt_fds_count(&proven, OWN, &count);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_false(listed);
    assert_true(sized);
    assert_int_equal(count, before);
}

/* Seven links and a file that is none. A size in bytes must never be taken for their number. */
static void a_directory_whose_size_is_another_number_is_always_listed(void **state)
{
    char path[4096];
    struct pt_fds fds = {0};

    (void)state;
    snprintf(path, sizeof(path), "%s/tests/fixtures/proc/good/self/fd", getenv("SOURCE_DIR"));
    assert_int_equal(count_of(&fds, path), 7);
    assert_int_equal(count_of(&fds, path), 7);
    assert_false(fds.size_is_count);
}

static void what_is_no_directory_cannot_be_counted(void **state)
{
    struct pt_fds fds = {0};
    uint64_t count = 7;

    (void)state;
    assert_false(pt_fds_count(&fds, "/proc/self/stat", &count));
    assert_false(pt_fds_count(&fds, "/proc/self/nothing", &count));
    assert_int_equal(count, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_count_is_what_is_open_and_not_one_more),
        cmocka_unit_test(a_directory_that_the_program_has_open_counts),
        cmocka_unit_test(without_a_free_descriptor_the_size_still_tells),
        cmocka_unit_test(a_directory_whose_size_is_another_number_is_always_listed),
        cmocka_unit_test(what_is_no_directory_cannot_be_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
