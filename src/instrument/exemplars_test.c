/* SPDX-License-Identifier: MIT */
/* exemplars_test.c -- which slot an exemplar goes to, and what the native buckets keep. */
#include "instrument/exemplars.h"

#include "instrument/family.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000000)

static pitot_registry *reg;

static int set_up(void **state)
{
    (void)state;
    reg = pitot_registry_new(NULL);
    return reg ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pitot_registry_free(reg);
    return 0;
}

static struct pt_record record_of(double value, int64_t seconds)
{
    return (struct pt_record){.value = value, .time = seconds * SECOND, .size = 1, .text = "x"};
}

static void spread(struct pt_slot *slots, double value, int64_t seconds)
{
    struct pt_record record = record_of(value, seconds);

    pt_exemplars_spread(slots, &record);
}

/* The time of the one with this value, in seconds; 0 when there is none. */
static int64_t time_of(const struct pt_slot *slots, double value)
{
    struct pt_record record;

    for (size_t i = 0; i < PT_EXEMPLARS_NATIVE; i++)
        if (pt_slot_read(&slots[i], &record) && record.value == value)
            return record.time / SECOND;
    return 0;
}

static size_t count(const struct pt_slot *slots)
{
    size_t filled = 0;

    for (size_t i = 0; i < PT_EXEMPLARS_NATIVE; i++)
        filled += pt_slot_look(&slots[i]).filled;
    return filled;
}

/* 1, 10, 100 ... at the seconds 1000, 1001, ... */
static void fill(struct pt_slot *slots)
{
    double value = 1;

    for (int i = 0; i < PT_EXEMPLARS_NATIVE; i++, value *= 10)
        spread(slots, value, 1000 + i);
}

static void native_buckets_keep_ten_at_most(void **state)
{
    struct pt_slot slots[PT_EXEMPLARS_NATIVE] = {0};
    (void)state;

    for (int i = 0; i < 1000; i++) {
        spread(slots, i * 0.37, 1000 + i);
        assert_int_equal(count(slots), i < 10 ? i + 1 : 10);
        assert_int_equal(time_of(slots, i * 0.37), 1000 + i); /* the new one is always there */
    }
}

static void the_older_of_the_closest_two_makes_room(void **state)
{
    static const struct {
        double value, gone;
    } rows[] = {
        {110, 100},    /* the new one is close to 100 */
        {95, 100},     /* from below, too */
        {1e-3, 1},     /* farther than the others are apart: 1 is the older of 1 and 10 ... */
        {1e20, 0},     /* ... or any that is as close to its neighbour */
        {-5, 0},       /* another sign is far */
        {1e9, 1e9},    /* the same value again */
        {INFINITY, 0}, /* has a place of its own */
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pt_slot slots[PT_EXEMPLARS_NATIVE] = {0};

        fill(slots);
        spread(slots, rows[i].value, 1100);
        assert_int_equal(count(slots), 10);
        assert_int_equal(time_of(slots, rows[i].value), 1100);
        if (rows[i].gone > 1 && rows[i].gone != rows[i].value)
            assert_int_equal(time_of(slots, rows[i].gone), 0);
    }
}

static void two_that_are_there_and_close_lose_the_older(void **state)
{
    struct pt_slot slots[PT_EXEMPLARS_NATIVE] = {0};
    double value = 1;
    (void)state;
    spread(slots, 5000.5, 1050);
    spread(slots, 5000, 1051);
    for (int i = 0; i < 8; i++, value *= 100)
        spread(slots, value * 7, 1000 + i);

    spread(slots, 1e-9, 1100);

    assert_int_equal(time_of(slots, 5000.5), 0);
    assert_int_equal(time_of(slots, 5000), 1051);
    assert_int_equal(time_of(slots, 7), 1000);
    assert_int_equal(time_of(slots, 1e-9), 1100);
}

static void one_of_more_than_five_minutes_ago_goes_first(void **state)
{
    struct pt_slot slots[PT_EXEMPLARS_NATIVE] = {0};
    (void)state;
    fill(slots);

    spread(slots, 1e9, 1299); /* 1 is 299 s old */
    assert_int_equal(time_of(slots, 1), 1000);
    spread(slots, 1e9, 1300); /* and now 300 */
    assert_int_equal(time_of(slots, 1), 0);
    assert_int_equal(count(slots), 10);
}

static void a_clock_that_goes_back_breaks_nothing(void **state)
{
    struct pt_slot slots[PT_EXEMPLARS_NATIVE] = {0};
    (void)state;
    fill(slots);

    spread(slots, 2, 1);

    assert_int_equal(time_of(slots, 2), 1);
    assert_int_equal(count(slots), 10);
}

/* Values of a wide range stay spread over it, however many come of one place. */
static void many_of_one_place_do_not_push_out_the_others(void **state)
{
    struct pt_slot slots[PT_EXEMPLARS_NATIVE] = {0};
    double value = 1e-6;
    (void)state;
    for (int i = 0; i < 8; i++, value *= 100)
        spread(slots, value, 1000);

    for (int i = 0; i < 200; i++)
        spread(slots, 0.5 + i * 1e-6, 1001 + i);

    value = 1e-6;
    for (int i = 0; i < 8; i++, value *= 100)
        assert_int_equal(time_of(slots, value), 1000);
}

static struct pt_record read_slot(void *handle, size_t i, uint32_t *bucket)
{
    struct pt_record record = {0};

    if (!pt_exemplars_read(handle, i, &record, bucket))
        record.value = NAN;
    return record;
}

static void a_counter_has_one_slot_and_a_histogram_one_per_bucket(void **state)
{
    uint32_t bucket;
    (void)state;
    pitot_counter *c = pitot_counter_new(
        reg, NULL, &(pitot_desc){.name = "c_total", .help = "H.", .exemplars = true});
    pitot_histogram *h = pitot_histogram_new(reg, NULL,
        &(pitot_desc){.name = "h", .help = "H.", .bounds = PITOT_BOUNDS(1, 2), .exemplars = true});

    assert_int_equal(pt_exemplars_slots(pt_series_family((struct pt_series *)c)), 1);
    assert_int_equal(pt_exemplars_slots(pt_series_family((struct pt_series *)h)), 3);
    pitot_counter_add_exemplar(c, 2, PITOT_EXEMPLAR("a", "1"));
    pitot_histogram_observe_exemplar(h, 2, PITOT_EXEMPLAR("a", "2"));
    assert_true(read_slot(c, 0, &bucket).value == 2);
    assert_true(isnan(read_slot(h, 0, &bucket).value));
    assert_true(read_slot(h, 1, &bucket).value == 2);
    assert_int_equal(bucket, 1);
    assert_true(isnan(read_slot(h, 2, &bucket).value));
}

static void native_buckets_get_the_same_exemplar_beside_the_classic_ones(void **state)
{
    uint32_t bucket;
    (void)state;
    pitot_histogram_vec *vec = pitot_histogram_vec_new(reg, NULL,
        &(pitot_desc){.name = "h",
            .help = "H.",
            .labels = PITOT_LABELS("a"),
            .bounds = PITOT_BOUNDS(1),
            .exemplars = true});
    ((struct pt_family *)vec)->exemplar_natives = PT_EXEMPLARS_NATIVE;
    pitot_histogram *h = pitot_histogram_with(vec, "x");

    pitot_histogram_observe_exemplar(h, 5, PITOT_EXEMPLAR("a", "1"));
    pitot_histogram_observe_exemplar(h, 7, PITOT_EXEMPLAR("a", "2"));
    pt_exemplars_observe((struct pt_series *)h, 9, PITOT_EXEMPLAR_NATIVE, PITOT_EXEMPLAR("a", "3"));

    assert_true(read_slot(h, 1, &bucket).value == 7);
    for (size_t i = 0; i < 3; i++) {
        assert_true(read_slot(h, 2 + i, &bucket).value == 5 + 2 * (double)i);
        assert_int_equal(bucket, PITOT_EXEMPLAR_NATIVE);
    }
    pitot_histogram_reset(h);
    for (size_t i = 0; i < 2 + PT_EXEMPLARS_NATIVE; i++)
        assert_true(isnan(read_slot(h, i, &bucket).value));
}

/* A reset may take the counts between the two steps of a recording. */
static void an_exemplar_of_a_bucket_that_counts_nothing_is_not_shown(void **state)
{
    pitot_series shown;
    (void)state;
    pitot_histogram *h = pitot_histogram_new(reg, NULL,
        &(pitot_desc){.name = "h", .help = "H.", .bounds = PITOT_BOUNDS(1, 2), .exemplars = true});

    for (uint32_t bucket = 0; bucket < 3; bucket++)
        pt_exemplars_observe((struct pt_series *)h, bucket, bucket, PITOT_EXEMPLAR("a", "1"));
    pitot_histogram_observe(h, 2);

    pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);
    assert_true(pitot_snapshot_series(snap, 0, 0, &shown));
    assert_int_equal(shown.exemplar_count, 1);
    assert_int_equal(shown.exemplars[0].bucket, 1);
    pitot_snapshot_free(snap);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(native_buckets_keep_ten_at_most),
        TEST(the_older_of_the_closest_two_makes_room),
        TEST(two_that_are_there_and_close_lose_the_older),
        TEST(one_of_more_than_five_minutes_ago_goes_first),
        TEST(a_clock_that_goes_back_breaks_nothing),
        TEST(many_of_one_place_do_not_push_out_the_others),
        TEST(a_counter_has_one_slot_and_a_histogram_one_per_bucket),
        TEST(native_buckets_get_the_same_exemplar_beside_the_classic_ones),
        TEST(an_exemplar_of_a_bucket_that_counts_nothing_is_not_shown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
