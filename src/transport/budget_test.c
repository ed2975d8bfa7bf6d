/* SPDX-License-Identifier: MIT */
/* budget_test.c -- how long a thread rests, on clocks of the test's own. */
#include "transport/budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS UINT64_C(1000000)
#define DAY (UINT64_C(86400000) * MS)

/* A thread that always has something to do, in pieces of `piece_ns`, and obeys. Returns the
 * nanoseconds that it was on the processor in `for_ns`. */
static uint64_t work(struct pt_budget *budget, uint64_t piece_ns, uint64_t for_ns, bool limited,
    uint64_t *longest_ns)
{
    uint64_t now_ns = 5 * DAY, used_ns = budget->used_ns, begin_ns = used_ns;

    *longest_ns = 0;
    for (uint64_t end_ns = now_ns + for_ns; now_ns < end_ns;) {
        used_ns += piece_ns;
        now_ns += piece_ns;
        uint64_t rest_ns = pt_budget_spend(budget, now_ns, used_ns, limited);
        now_ns += rest_ns;
        if (rest_ns > *longest_ns)
            *longest_ns = rest_ns;
    }
    return used_ns - begin_ns;
}

static void who_is_limited_takes_its_share_and_what_it_had_saved(void **state)
{
    struct pt_budget budget = {.percent = 40};
    uint64_t longest_ns;
    uint64_t took_ns = work(&budget, 3 * MS, 60000 * MS, true, &longest_ns);

    (void)state;
    assert_in_range(took_ns, 24000 * MS, 24060 * MS);
    assert_in_range(longest_ns, 4 * MS, 8 * MS); /* rests often, not long */
}

static void who_is_not_limited_takes_all_and_owes_nothing_for_it(void **state)
{
    struct pt_budget budget = {.percent = 40};
    uint64_t longest_ns;

    (void)state;
    assert_true(work(&budget, 3 * MS, 60000 * MS, false, &longest_ns) >= 60000 * MS);
    assert_int_equal(longest_ns, 0);
    assert_in_range(
        pt_budget_spend(&budget, budget.seen_ns + 4 * MS, budget.used_ns + 4 * MS, true), 1 * MS,
        10 * MS);
}

static void what_is_saved_is_spent_without_a_rest(void **state)
{
    struct pt_budget budget = {.percent = 40};

    (void)state;
    assert_int_equal(pt_budget_spend(&budget, 300 * DAY, 0, true), 0);
    assert_int_equal(budget.left_ns, PT_BUDGET_BURST_NS);
    assert_int_equal(pt_budget_spend(&budget, 300 * DAY, 50 * MS, true), 0);
    assert_int_equal(pt_budget_spend(&budget, 300 * DAY, 90 * MS, true), 100 * MS);
}

static void a_share_of_100_is_no_limit(void **state)
{
    struct pt_budget budget = {.percent = 100};
    uint64_t longest_ns;

    (void)state;
    assert_true(work(&budget, 3 * MS, 1000 * MS, true, &longest_ns) >= 1000 * MS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_limited_takes_its_share_and_what_it_had_saved),
        cmocka_unit_test(who_is_not_limited_takes_all_and_owes_nothing_for_it),
        cmocka_unit_test(what_is_saved_is_spent_without_a_rest),
        cmocka_unit_test(a_share_of_100_is_no_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
