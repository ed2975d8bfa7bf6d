/* SPDX-License-Identifier: MIT */
/* names_test.c -- a name has one owner, in every spelling, until it is given back. */
#include "instrument/names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static pitot_str str(const char *text)
{
    return (pitot_str){text, strlen(text)};
}

static void every_spelling_is_free_again(void **state)
{
    static const char *const spellings[] = {
        "a.b", "a.b_count", "a_b_sum", "a_dot_b_bucket", "U__a_2e_b", "U__a_2e_b_created"};
    struct pt_names names = {0};
    int me = 0, other = 0; /* owners: only their addresses matter */
    (void)state;

    assert_true(pt_names_take(&names, PITOT_HISTOGRAM, str("a.b"), &me, NULL));
    assert_true(pt_names_take(&names, PITOT_GAUGE, str("a_b_c"), &other, NULL));
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
        assert_ptr_equal(pt_names_find(&names, str(spellings[i])), &me);
    pt_names_give_back(&names, PITOT_HISTOGRAM, str("a.b"), &me);
    for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++)
        assert_null(pt_names_find(&names, str(spellings[i])));
    assert_ptr_equal(pt_names_find(&names, str("a_b_c")), &other);
    pt_names_free(&names);
}

static void names_that_come_and_go_need_no_more_room(void **state)
{
    struct pt_names names = {0};
    int me = 0;
    (void)state;

    for (int i = 0; i < 20000; i++) {
        char text[32];

        snprintf(text, sizeof(text), "a.b%d", i);
        assert_true(pt_names_take(&names, PITOT_HISTOGRAM, str(text), &me, NULL));
        pt_names_give_back(&names, PITOT_HISTOGRAM, str(text), &me);
    }
    assert_true(names.capacity <= 256);
    pt_names_free(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_spelling_is_free_again),
        cmocka_unit_test(names_that_come_and_go_need_no_more_room),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
