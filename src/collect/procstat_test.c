/* SPDX-License-Identifier: MIT */
/* procstat_test.c -- /proc/PID/stat with names and numbers of every kind. */
#include "collect/procstat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define AFTER_NAME                                                                                 \
    " S 1 4711 4711 0 -1 4194304 5021 99 7 0 1234 66 0 0 20 0 3 0 190441 3133440 366 18446744"

static struct pt_procstat parse(const char *text)
{
    struct pt_procstat stat;

    memset(&stat, 0xa5, sizeof(stat));
    pt_procstat_parse(&stat, text, strlen(text));
    return stat;
}

static void every_field_is_found_whatever_the_name(void **state)
{
    static const char *const names[] = {"indexer", "my app", "a) R 1 (x", ")", "(", "))) 1 2 3 (((",
        " ", "", "a\nb", "1 2 3 4 5 6 7 8 9"};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        char text[256];

        snprintf(text, sizeof(text), "4711 (%s)" AFTER_NAME, names[i]);
        struct pt_procstat stat = parse(text);
        assert_int_equal(stat.number[PT_STAT_MINOR_FAULTS], 5021);
        assert_int_equal(stat.number[PT_STAT_MAJOR_FAULTS], 7);
        assert_int_equal(stat.number[PT_STAT_USER_TICKS], 1234);
        assert_int_equal(stat.number[PT_STAT_SYSTEM_TICKS], 66);
        assert_int_equal(stat.number[PT_STAT_THREADS], 3);
        assert_int_equal(stat.number[PT_STAT_START_TICKS], 190441);
        assert_int_equal(stat.number[PT_STAT_VIRTUAL_BYTES], 3133440);
        assert_int_equal(stat.number[PT_STAT_RESIDENT_PAGES], 366);
        assert_true(stat.good[PT_STAT_MINOR_FAULTS] && stat.good[PT_STAT_RESIDENT_PAGES]);
    }
}

/* A text that ends early gives the fields that stand there whole, and never half a number. */
static void a_text_cut_anywhere_has_no_wrong_number(void **state)
{
    static const char whole[] = "4711 (my app)" AFTER_NAME;
    struct pt_procstat right = parse(whole);

    (void)state;
    for (size_t size = 0; size < sizeof(whole); size++) {
        struct pt_procstat stat;

        pt_procstat_parse(&stat, whole, size);
        for (int field = 0; field < PT_STAT_FIELDS; field++)
            if (stat.good[field])
                assert_int_equal(stat.number[field], right.number[field]);
    }
}

static void a_field_that_is_no_number_spoils_no_other(void **state)
{
    struct pt_procstat stat =
        parse("1 (x) S 1 1 1 0 -1 0 18446744073709551616 99 7 0 -4 6x 0 0 20 0  3 0 9 8 7\n");

    (void)state;
    assert_false(stat.good[PT_STAT_MINOR_FAULTS]);
    assert_int_equal(stat.number[PT_STAT_MAJOR_FAULTS], 7);
    assert_false(stat.good[PT_STAT_USER_TICKS]);
    assert_false(stat.good[PT_STAT_SYSTEM_TICKS]);
    assert_false(stat.good[PT_STAT_THREADS]); /* an empty field: two blanks */
}

static void a_text_without_a_name_has_no_field(void **state)
{
    static const char *const texts[] = {"", "\n", "4711", ("4711 indexer" AFTER_NAME), "4711 (x)",
        "4711 (x)\n", "4711 (x)S 1 2 3 4"};

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct pt_procstat stat = parse(texts[i]);

        for (int field = 0; field < PT_STAT_FIELDS; field++)
            assert_false(stat.good[field]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_found_whatever_the_name),
        cmocka_unit_test(a_text_cut_anywhere_has_no_wrong_number),
        cmocka_unit_test(a_field_that_is_no_number_spoils_no_other),
        cmocka_unit_test(a_text_without_a_name_has_no_field),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
