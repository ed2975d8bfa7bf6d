/* SPDX-License-Identifier: MIT */
/* desc_test.c -- descriptions that are refused, that differ, and that there is no memory for. */
#include "instrument/desc.h"

#include "base/alloc.h"

#include <math.h>
#include <pitot/pitot.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/heap.h"

static const char *const states[] = {"off", "on", NULL};

/* What is said about a description; it is refused. */
static void assert_refused(pitot_type type, bool is_vec, pitot_desc from, const char *message)
{
    struct pt_desc desc;
    struct pt_pool pool = {0};
    pitot_error err = {0};

    from.name = from.name ? from.name : "x";
    from.help = from.help ? from.help : "H.";
    if (pt_desc_copy(&desc, &pool, type, is_vec, &from, &err))
        fail_msg("taken, not refused with: %s", message);
    assert_string_equal(err.message, message);
    pt_pool_free(&pool);
}

static void what_is_of_another_type_is_refused(void **state)
{
    (void)state;

    assert_refused(PITOT_GAUGE, false, (pitot_desc){.states = states},
        "metric \"x\": .states is for statesets, not a gauge");
    assert_refused(PITOT_SUMMARY, false, (pitot_desc){.exemplars = true},
        "metric \"x\": .exemplars is for counters and histograms, not a summary");
    assert_refused(PITOT_COUNTER, false, (pitot_desc){.native_factor = 1.1},
        "metric \"x\": .native_factor and its kind are for histograms, not a counter");
    assert_refused(PITOT_COUNTER, false, (pitot_desc){.native_min_reset_s = 1},
        "metric \"x\": .native_factor and its kind are for histograms, not a counter");
    assert_refused(PITOT_GAUGE, false, (pitot_desc){.window_s = 1},
        "metric \"x\": .window_s and .window_parts are for summaries, not a gauge");
    assert_refused(PITOT_GAUGE, false, (pitot_desc){.window_parts = 1},
        "metric \"x\": .window_s and .window_parts are for summaries, not a gauge");
    assert_refused(PITOT_GAUGE, false, (pitot_desc){.idle_s = 1},
        "metric \"x\": .idle_s is for children that are recorded on, not for a metric without "
        "labels");
    assert_refused(PITOT_INFO, true,
        (pitot_desc){.name = "x_info", .labels = PITOT_LABELS("l"), .idle_s = 1},
        "metric \"x_info\": .idle_s is for children that are recorded on, not for infos");
}

static void a_window_is_of_quantiles(void **state)
{
    static const char message[] =
        "metric \"x\": a window without quantiles; add .bounds = PITOT_BOUNDS(0.5, 0.9)";
    (void)state;

    assert_refused(PITOT_SUMMARY, false, (pitot_desc){.window_s = 10}, message);
    assert_refused(PITOT_SUMMARY, false, (pitot_desc){.window_parts = 2}, message);
}

static void quantiles_are_from_0_to_1(void **state)
{
    (void)state;

    assert_refused(PITOT_SUMMARY, false, (pitot_desc){.bounds = PITOT_BOUNDS(-0.5)},
        "metric \"x\": quantile -0.5 is not in 0 to 1");
    assert_refused(PITOT_SUMMARY, false, (pitot_desc){.bounds = PITOT_BOUNDS(1.5)},
        "metric \"x\": quantile 1.5 is not in 0 to 1");
}

static void native_buckets_have_a_factor_and_thresholds_that_are_numbers(void **state)
{
    (void)state;

    assert_refused(PITOT_HISTOGRAM, false, (pitot_desc){.native_zero_threshold = 1},
        "metric \"x\": native buckets without .native_factor; add it, as 1.1");
    assert_refused(PITOT_HISTOGRAM, false,
        (pitot_desc){.native_factor = 1.1, .native_zero_threshold = INFINITY},
        "metric \"x\": .native_zero_threshold is +Inf; it must be a number");
    assert_refused(PITOT_HISTOGRAM, false,
        (pitot_desc){.native_factor = 1.1, .native_max_zero_threshold = INFINITY},
        "metric \"x\": .native_max_zero_threshold is +Inf; it must be a number from 0");
    assert_refused(PITOT_HISTOGRAM, false,
        (pitot_desc){.native_factor = 1.1, .native_max_zero_threshold = -1},
        "metric \"x\": .native_max_zero_threshold is -1; it must be a number from 0");
}

static void a_byte_that_is_wrong_is_shown_in_a_way_that_can_be_read(void **state)
{
    (void)state;

    assert_refused(PITOT_GAUGE, false, (pitot_desc){.name = "a\xff"},
        "metric \"a\xff\": 0xff at 1 of its name is not UTF-8");
    assert_refused(PITOT_GAUGE, false, (pitot_desc){.help = "H\xc3."},
        "metric \"x\": 0xc3 at 1 of its help is not UTF-8");
}

/* ---- Whether two are the same ---- */

static void copy(struct pt_desc *desc, struct pt_pool *pool, pitot_type type, pitot_desc from)
{
    pitot_error err = {0};

    from.name = "x";
    from.help = "H.";
    if (!pt_desc_copy(desc, pool, type, from.labels != NULL, &from, &err))
        fail_msg("%s", err.message);
}

static void assert_differ(pitot_type type, pitot_desc have, pitot_desc want, const char *message)
{
    struct pt_desc a, b;
    struct pt_pool pool = {0};
    pitot_error err = {0};

    copy(&a, &pool, type, have);
    copy(&b, &pool, type, want);
    assert_true(pt_desc_same(&a, &a, NULL));
    assert_false(pt_desc_same(&a, &b, &err));
    assert_int_equal(err.code, PITOT_EEXIST);
    assert_string_equal(err.message, message);
    pt_pool_free(&pool);
}

static void what_differs_is_said(void **state)
{
    const pitot_desc native = {.native_factor = 1.1}, window = {.bounds = PITOT_BOUNDS(0.5)};
    const double bounds[] = {1, INFINITY};
    pitot_desc other = native;
    (void)state;

    assert_differ(PITOT_COUNTER, (pitot_desc){.exemplars = true}, (pitot_desc){0},
        "metric \"x\" exists with exemplars, not without");
    assert_differ(PITOT_COUNTER, (pitot_desc){0}, (pitot_desc){.exemplars = true},
        "metric \"x\" exists without exemplars, not with");
    assert_differ(PITOT_HISTOGRAM, (pitot_desc){.bounds = bounds, .native_factor = 1.1},
        (pitot_desc){.bounds = bounds},
        "metric \"x\" exists with native buckets of another factor");
    other.native_factor = 2;
    assert_differ(PITOT_HISTOGRAM, native, other,
        "metric \"x\" exists with native buckets of another factor");
    assert_differ(PITOT_SUMMARY, window, (pitot_desc){.bounds = window.bounds, .window_s = 1},
        "metric \"x\" exists with a window of 600 s in 5 parts, not 1 s in 5");
    assert_differ(PITOT_SUMMARY, window, (pitot_desc){.bounds = window.bounds, .window_parts = 9},
        "metric \"x\" exists with a window of 600 s in 5 parts, not 600 s in 9");
}

static void a_list_too_long_for_a_message_is_cut(void **state)
{
    const char *const many[] = {"a123456789012345678901234567890123456789",
        "b123456789012345678901234567890123456789", "c123456789012345678901234567890123456789",
        NULL};
    (void)state;

    assert_differ(PITOT_GAUGE, (pitot_desc){.labels = many},
        (pitot_desc){.labels = PITOT_LABELS("l")},
        "metric \"x\" exists with labels \"a123456789012345678901234567890123456789, "
        "b123456789012345678901234567890123456789\", not \"l\"");
}

/* ---- Without memory ---- */

/* A pool has some left, so that each of its calls may be the one that fails, if what was copied
 * before has the right size. */
static void assert_fails_soundly(pitot_type type, bool is_vec, pitot_desc from, size_t help_size)
{
    char help[5000];
    bool ok = false;

    memset(help, 'h', help_size);
    help[help_size] = '\0';
    from.name = "x";
    from.help = help;
    for (size_t n = 1; !ok; n++) {
        struct pt_desc desc;
        struct pt_pool pool = {0};
        pitot_error err = {0};

        heap_fail(n, true);
        ok = pt_desc_copy(&desc, &pool, type, is_vec, &from, &err);
        assert_int_equal(err.code, ok ? PITOT_OK : PITOT_ENOMEM);
        pt_pool_free(&pool);
        assert_int_equal(heap.live, 0);
    }
}

static void without_memory_anywhere_a_description_is_refused(void **state)
{
    static char names[PITOT_LABELS_MAX][16];
    const char *many[PITOT_LABELS_MAX + 1] = {NULL};
    (void)state;

    for (int i = 0; i < PITOT_LABELS_MAX; i++) {
        snprintf(names[i], sizeof(names[i]), "name_%d", i);
        many[i] = names[i];
    }
    pt_alloc_use(&heap_allocator);
    for (size_t size = 1; size < 4100; size += 24) {
        assert_fails_soundly(PITOT_GAUGE, true, (pitot_desc){.labels = many}, size);
        assert_fails_soundly(PITOT_STATESET, false, (pitot_desc){.states = many}, size);
        assert_fails_soundly(PITOT_HISTOGRAM, false, (pitot_desc){0}, size);
    }
    pt_alloc_use(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_of_another_type_is_refused),
        cmocka_unit_test(a_window_is_of_quantiles),
        cmocka_unit_test(quantiles_are_from_0_to_1),
        cmocka_unit_test(native_buckets_have_a_factor_and_thresholds_that_are_numbers),
        cmocka_unit_test(a_byte_that_is_wrong_is_shown_in_a_way_that_can_be_read),
        cmocka_unit_test(what_differs_is_said),
        cmocka_unit_test(a_list_too_long_for_a_message_is_cut),
        cmocka_unit_test(without_memory_anywhere_a_description_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
