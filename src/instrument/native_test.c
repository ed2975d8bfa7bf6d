/* SPDX-License-Identifier: MIT */
/*
 * native_test.c -- where the observations of a native histogram are: in rows once it is hot, in the
 * spill before and beside, and waiting when there is no memory at all.
 */
#include "instrument/native.h"

#include "base/clock.h"
#include "instrument/place.h"
#include "instrument/schema.h"

#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pitot/export.h>

static pitot_registry *reg;
static struct pt_sketch sketch;
static uint64_t words[16];

static int set_up(void **state)
{
    (void)state;
    reg = pitot_registry_new(NULL);
    return reg ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pt_sketch_free(&sketch);
    pitot_registry_free(reg);
    return 0;
}

static bool has_sequences(void)
{
    return pt_ladder().rung == PT_RUNG_RSEQ && pt_ladder().fence;
}

static pitot_histogram *new_native(pitot_desc desc)
{
    desc.name = "h";
    desc.help = "H.";
    if (desc.native_factor == 0)
        desc.native_factor = 1.1;
    return pitot_histogram_new(reg, NULL, &desc);
}

static struct pt_native *native_of(pitot_histogram *h)
{
    return pt_series_native((struct pt_series *)h);
}

static void fold(pitot_histogram *h)
{
    struct pt_series *series = (struct pt_series *)h;

    pt_family_lock(pt_series_family(series));
    assert_true(pt_native_fold(series, words, &sketch, NULL));
    pt_family_unlock(pt_series_family(series));
}

static void observe(pitot_histogram *h, double value, int times)
{
    for (int i = 0; i < times; i++)
        pitot_histogram_observe(h, value);
}

/* What the spill and those who wait count. */
static uint64_t beside_rows(pitot_histogram *h)
{
    struct pt_native *native = native_of(h);
    struct pt_layout *layouts = native->layouts;
    uint64_t count;
    double sum;

    native->layouts = NULL;
    pt_native_total((struct pt_series *)h, &count, &sum);
    native->layouts = layouts;
    return count;
}

/* A process under a debugger or on a busy machine may be moved between two CPUs twice in a row. */
static void assert_about(uint64_t number, uint64_t right)
{
    assert_in_range(number, right, right + 3);
}

static void what_was_seen_at_a_scrape_has_rows_from_then_on(void **state)
{
    pitot_histogram *h = new_native((pitot_desc){0});
    (void)state;

    observe(h, 3, 10);
    assert_null(native_of(h)->layout);
    assert_int_equal(beside_rows(h), 10);
    fold(h);
    if (!has_sequences()) {
        assert_null(native_of(h)->layout);
        skip();
    }
    assert_non_null(native_of(h)->layout);
    observe(h, 3, 100);
    observe(h, 0, 100); /* zero is a cell of every layout */
    observe(h, 3.5, 100);
    assert_about(beside_rows(h), 10);
    observe(h, 1e9, 100);
    observe(h, -3, 100);
    observe(h, INFINITY, 100);
    assert_about(beside_rows(h), 310);
    assert_int_equal(pitot_histogram_count(h), 610);
    fold(h);
    assert_int_equal(words[0], 610);
    assert_int_equal(sketch.zero_count, 100);
}

static void a_layout_grows_when_much_lies_beside_it(void **state)
{
    pitot_histogram *h = new_native((pitot_desc){0});
    const struct pt_layout *first, *second;
    (void)state;
    if (!has_sequences())
        skip();

    observe(h, 1, 1);
    fold(h);
    first = native_of(h)->layout;
    observe(h, 1e6, PT_HEAT_MAX - 1);
    fold(h);
    assert_ptr_equal(native_of(h)->layout, first);
    observe(h, 1e6, PT_HEAT_MAX);
    fold(h);
    second = native_of(h)->layout;
    assert_ptr_not_equal(second, first);
    assert_ptr_equal(second->older, first);
    assert_true(second->to - second->from > first->to - first->from);
    uint64_t before = beside_rows(h);
    observe(h, 1, 100);
    observe(h, 1e6, 100);
    assert_about(beside_rows(h), before);
    assert_int_equal(pitot_histogram_count(h), 2 * PT_HEAT_MAX + 200);
}

static void a_recorder_that_still_has_the_old_layout_is_not_lost(void **state)
{
    pitot_histogram *h = new_native((pitot_desc){0});
    (void)state;
    if (!has_sequences())
        skip();

    observe(h, 1, 1);
    fold(h);
    struct pt_layout *old = native_of(h)->layout;
    observe(h, 1e6, PT_HEAT_MAX);
    fold(h);
    /* It may have been in the middle of its sequence: what it adds to the old rows counts. */
    pt_pair_add(pt_rows_word(old->group, 0, 2), 1);
    assert_int_equal(pitot_histogram_count(h), PT_HEAT_MAX + 2);
    /* Or before it: then its rows are not those of the handle. */
    struct pt_layout *current = native_of(h)->layout;
    native_of(h)->layout = old;
    uint64_t before = beside_rows(h);
    observe(h, 1, 10);
    assert_int_equal(beside_rows(h), before + 10);
    native_of(h)->layout = current;
    assert_int_equal(pitot_histogram_count(h), PT_HEAT_MAX + 12);
}

static void negative_values_have_rows_when_they_are_most(void **state)
{
    pitot_histogram *h = new_native((pitot_desc){0});
    (void)state;
    if (!has_sequences())
        skip();

    observe(h, -3, 20);
    observe(h, 3, 10);
    fold(h);
    assert_true(native_of(h)->layout->flip != 0);
    observe(h, -3, 100);
    observe(h, 0, 100);
    assert_about(beside_rows(h), 30);
    observe(h, 3, 100);
    assert_about(beside_rows(h), 130);
    fold(h);
    assert_int_equal(sketch.sides[PT_NEGATIVE].buckets[0].count, 120);
    assert_int_equal(sketch.sides[PT_POSITIVE].buckets[0].count, 110);
}

static void a_reset_keeps_the_rows_and_goes_back_to_the_resolution(void **state)
{
    pitot_histogram *h = new_native((pitot_desc){.native_buckets_max = 3});
    (void)state;
    if (!has_sequences())
        skip();

    for (int i = 1; i < 2000; i++)
        observe(h, i, 1);
    fold(h);
    int32_t schema = native_of(h)->schema;
    assert_true(schema < 3);
    assert_int_equal(native_of(h)->layout->schema, schema);
    pitot_histogram_reset(h);
    assert_int_equal(native_of(h)->schema, 3);
    assert_null(native_of(h)->layout); /* it would be too coarse */
    observe(h, 1, 1);
    fold(h);
    assert_int_equal(native_of(h)->layout->schema, 3);
    pitot_histogram_reset(h);
    assert_int_equal(native_of(h)->layout->schema, 3);
    assert_ptr_equal(((struct pt_series *)h)->hot.row, native_of(h)->layout->group);
    assert_int_equal(pitot_histogram_count(h), 0);
}

static void a_layout_that_was_used_before_is_used_again(void **state)
{
    pitot_histogram *h = new_native((pitot_desc){.native_buckets_max = 3});
    uint32_t made = 0;
    (void)state;
    if (!has_sequences())
        skip();

    for (int turn = 0; turn < 5; turn++) {
        observe(h, 1, 1);
        fold(h);
        for (int i = 1; i < 2000; i++)
            observe(h, i, 1);
        fold(h);
        pitot_histogram_reset(h);
        if (turn == 0)
            made = native_of(h)->layout_count;
    }
    assert_int_equal(native_of(h)->layout_count, made);
}

static void rows_do_not_follow_every_change_of_what_is_counted(void **state)
{
    pitot_histogram *h =
        new_native((pitot_desc){.native_factor = 1.005, .native_buckets_max = 100000});
    uint32_t made = 0;
    (void)state;
    if (!has_sequences())
        skip();

    for (int turn = 0; turn < 20; turn++) { /* more buckets than any layout has */
        for (int i = 0; i < 20000; i++)
            observe(h, exp2(i % 1000 * 0.01 + turn * 0.05), 1);
        fold(h);
        if (turn == 2)
            made = native_of(h)->layout_count;
    }
    assert_int_equal(native_of(h)->layout_count, made);
    assert_int_equal(pitot_histogram_count(h), 400000);
}

static void a_child_has_rows_only_when_it_is_hot(void **state)
{
    pitot_histogram_vec *vec = pitot_histogram_vec_new(reg, NULL,
        &(pitot_desc){
            .name = "v", .help = "H.", .labels = PITOT_LABELS("a"), .native_factor = 1.1});
    pitot_histogram *h = pitot_histogram_with(vec, "x");
    (void)state;

    for (int i = 0; i < 10; i++) {
        observe(h, 1, PT_HEAT_MAX - 1);
        fold(h);
        assert_null(native_of(h)->layout);
    }
    observe(h, 1, PT_HEAT_MAX);
    fold(h);
    if (has_sequences())
        assert_non_null(native_of(h)->layout);
    struct pt_native *native = native_of(h);
    assert_int_equal(pitot_histogram_clear(vec), 1);
    assert_null(native->layout);
    assert_null(native->layouts);
    observe(h, 1, 10);
    assert_int_equal(beside_rows(h), 10 * (PT_HEAT_MAX - 1) + PT_HEAT_MAX);
}

static void the_spill_grows_while_nobody_scrapes(void **state)
{
    pitot_histogram *h = new_native((pitot_desc){.native_factor = 1.01});
    (void)state;

    for (int i = 0; i < 3000; i++)
        observe(h, exp(i * 0.005), 2);
    if (reg->rows.ladder.rung != PT_RUNG_SINGLE)
        for (size_t i = 0; i <= pt_series_family((struct pt_series *)h)->desc.bound_count; i++)
            assert_int_equal(pt_pair_read(native_of(h)->waiting + i * 2).count, 0);
    assert_int_equal(pitot_histogram_count(h), 6000);
}

static uint64_t count_in(int side, double magnitude)
{
    int32_t index = pt_schema_index(sketch.schema, magnitude);

    for (size_t i = 0; i < sketch.sides[side].count; i++)
        if (sketch.sides[side].buckets[i].index == index)
            return sketch.sides[side].buckets[i].count;
    return 0;
}

static void numbers_of_a_stranger_do_not_keep_later_ones_from_their_buckets(void **state)
{
    pitot_histogram *h = new_native((pitot_desc){0});
    (void)state;

    for (int turn = 0; turn < 3; turn++) {
        for (int i = 0; i < 60000; i++)
            observe(h, (i % 2 ? -1 : 1) * ldexp(1 + i % 8 / 8.0, i / 30 - 1000), 1);
        fold(h);
    }
    /* One of the signs has rows, the other has not. */
    uint64_t near = count_in(PT_NEGATIVE, 2), far = count_in(PT_POSITIVE, 1e200);
    observe(h, -2, 1000);
    observe(h, 1e200, 500);
    fold(h);
    assert_int_equal(count_in(PT_NEGATIVE, 2), near + 1000);
    assert_int_equal(count_in(PT_POSITIVE, 1e200), far + 500);
    assert_int_equal(words[0], 181500);
}

/* ---- No memory ---- */

static void use_up_rows(void)
{
    while (pt_rows_take(&reg->rows, 2))
        continue;
}

static void *no_memory(void *ctx, size_t size)
{
    (void)ctx;
    (void)size;
    return NULL;
}

static void *no_more_memory(void *ctx, void *block, size_t size)
{
    (void)ctx;
    (void)block;
    (void)size;
    return NULL;
}

static void observations_wait_when_there_is_no_room_and_are_placed_by_their_mean(void **state)
{
    pitot_histogram *h = new_native((pitot_desc){.bounds = PITOT_BOUNDS(10, 1e6)});
    (void)state;

    /* Fills the spill with numbers beside those of the test. */
    for (int power = 100;
         power < 1000 && pt_spill_used(native_of(h)->spill) < native_of(h)->spill->slots; power++)
        observe(h, ldexp(1, power), 1);
    uint64_t full = pitot_histogram_count(h);
    use_up_rows();
    observe(h, 2, 10);
    observe(h, 4, 10);
    observe(h, 100, 7);
    observe(h, INFINITY, 3);
    observe(h, -INFINITY, 3);
    observe(h, NAN, 3);
    observe(h, 0, 3);

    assert_int_equal(pt_pair_read(native_of(h)->waiting).count, 20);
    assert_int_equal(pt_pair_read(native_of(h)->waiting + 2).count, 7);
    assert_int_equal(pt_pair_read(native_of(h)->waiting + 4).count, 0);
    assert_int_equal(pitot_histogram_count(h), full + 39);
    fold(h);
    assert_int_equal(pt_pair_read(native_of(h)->waiting).count, 0);
    assert_int_equal(words[0], 20 + 3 + 3);
    assert_int_equal(words[1], 7);
    assert_int_equal(words[2], full + 3 + 3);
    uint64_t buckets = sketch.zero_count;
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; i < sketch.sides[side].count; i++)
            buckets += sketch.sides[side].buckets[i].count;
    assert_int_equal(buckets, full + 36); /* all but NaN */
}

static void what_waits_with_a_sum_past_all_numbers_is_still_finite(void **state)
{
    pitot_histogram *h = new_native((pitot_desc){0});
    (void)state;

    for (int power = 100; pt_spill_used(native_of(h)->spill) < native_of(h)->spill->slots; power++)
        observe(h, ldexp(1, power), 1);
    use_up_rows();
    observe(h, 0x1.8p1023, 10);
    assert_int_equal(pt_pair_read(native_of(h)->waiting).count, 10);
    fold(h);
    assert_int_equal(count_in(PT_POSITIVE, INFINITY), 0);
    assert_int_equal(count_in(PT_POSITIVE, DBL_MAX), 10);
}

static void what_cannot_be_placed_goes_on_waiting_and_counts(void **state)
{
    const pitot_allocator none = {no_memory, no_more_memory, pitot_allocator_get().release, NULL};
    pitot_histogram *h = new_native((pitot_desc){0});
    const pitot_allocator before = pitot_allocator_get();
    (void)state;

    for (int i = 0; i < 400; i++)
        observe(h, ldexp(1, i), 1);
    fold(h);
    use_up_rows();
    for (int i = 0; i < 3; i++) {
        /* The arena's chunk may have room left; then it is used up, too. */
        pitot_allocator_set(&none);
        for (int power = -1000; power < 0; power++)
            observe(h, ldexp(1, power), 1);
        pitot_allocator_set(&before);
        uint64_t count;
        double sum;
        pt_native_total((struct pt_series *)h, &count, &sum);
        assert_int_equal(count, 400 + (i + 1) * 1000);
        fold(h);
        assert_int_equal(words[0], count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            what_was_seen_at_a_scrape_has_rows_from_then_on, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_layout_grows_when_much_lies_beside_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_recorder_that_still_has_the_old_layout_is_not_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            negative_values_have_rows_when_they_are_most, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_reset_keeps_the_rows_and_goes_back_to_the_resolution, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_layout_that_was_used_before_is_used_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            rows_do_not_follow_every_change_of_what_is_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_child_has_rows_only_when_it_is_hot, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_spill_grows_while_nobody_scrapes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            numbers_of_a_stranger_do_not_keep_later_ones_from_their_buckets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            observations_wait_when_there_is_no_room_and_are_placed_by_their_mean, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(
            what_waits_with_a_sum_past_all_numbers_is_still_finite, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_cannot_be_placed_goes_on_waiting_and_counts, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
