/* SPDX-License-Identifier: MIT */
/* boot_test.c -- when the system started: read once, and again when the wall clock was set. */
#include "collect/boot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define NOWHERE "/proc/self/nothing"

static const char *fixture(const char *tree)
{
    static char path[4096];

    snprintf(path, sizeof(path), "%s/tests/fixtures/proc/%s/stat", getenv("SOURCE_DIR"), tree);
    return path;
}

static void it_is_the_btime_of_the_file(void **state)
{
    static const char *const trees[] = {"good", "huge"};
    uint64_t seconds;

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct pt_boot boot = {0};

        assert_true(pt_boot_time(&boot, fixture(trees[i]), &seconds));
        assert_int_equal(seconds, 1700000000);
    }
}

static void the_file_is_read_once(void **state)
{
    struct pt_boot boot = {0};
    uint64_t seconds = 0;

    (void)state;
    assert_true(pt_boot_time(&boot, fixture("good"), &seconds));
    seconds = 0;
    assert_true(pt_boot_time(&boot, NOWHERE, &seconds));
    assert_int_equal(seconds, 1700000000);
}

static void the_file_is_read_again_when_the_wall_clock_was_set(void **state)
{
    static const int64_t steps_ns[] = {-3600000000000, -600000000, 600000000, 3600000000000};
    uint64_t seconds = 0;

    (void)state;
    for (int i = 0; i < 4; i++) {
        struct pt_boot boot = {0};

        assert_true(pt_boot_time(&boot, "/proc/stat", &seconds));
        boot.offset_ns += steps_ns[i];
        assert_false(pt_boot_time(&boot, NOWHERE, &seconds));
        assert_true(pt_boot_time(&boot, fixture("good"), &seconds));
        assert_int_equal(seconds, 1700000000);
    }
}

static void without_the_line_it_is_unknown(void **state)
{
    struct pt_boot boot = {0};
    uint64_t seconds = 7;

    (void)state;
    assert_false(pt_boot_time(&boot, fixture("broken"), &seconds));
    assert_false(pt_boot_time(&boot, fixture("empty"), &seconds));
    assert_false(pt_boot_time(&boot, NOWHERE, &seconds));
    assert_int_equal(seconds, 7);
    assert_false(boot.known);
}

static void the_real_one_is_as_long_ago_as_the_clock_since_boot_says(void **state)
{
    struct pt_boot boot = {0};
    struct timespec now, up;
    uint64_t seconds;

    (void)state;
    assert_true(pt_boot_time(&boot, "/proc/stat", &seconds));
    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
    assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &up), 0);
    assert_in_range(
        (uint64_t)now.tv_sec - seconds, up.tv_sec > 2 ? up.tv_sec - 2 : 0, up.tv_sec + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_btime_of_the_file),
        cmocka_unit_test(the_file_is_read_once),
        cmocka_unit_test(the_file_is_read_again_when_the_wall_clock_was_set),
        cmocka_unit_test(without_the_line_it_is_unknown),
        cmocka_unit_test(the_real_one_is_as_long_ago_as_the_clock_since_boot_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
