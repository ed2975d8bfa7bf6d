/* SPDX-License-Identifier: MIT */
/* build_test.c -- what a reader puts into a builder is in the snapshot, as the public face shows
 * it. */
#include "snapshot/build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const pitot_str none = {NULL, 0};

static pitot_str str(const char *text)
{
    return (pitot_str){text, strlen(text)};
}

static struct pt_builder *new_builder(void)
{
    struct pt_builder *builder = pt_builder_new((size_t)1 << 24, NULL);

    assert_non_null(builder);
    return builder;
}

static enum pt_added add_at(
    struct pt_builder *builder, const char *labels, uint64_t n, int64_t time)
{
    pitot_number number = {.u64 = n};

    return pt_builder_series(builder,
        &(pitot_series){
            .labels = str(labels), .numbers = &number, .start = PITOT_TIME_NONE, .time = time});
}

static enum pt_added add(struct pt_builder *builder, const char *labels, uint64_t n)
{
    return add_at(builder, labels, n, PITOT_TIME_NONE);
}

static enum pt_added add_histogram(struct pt_builder *builder, const char *labels, double bound)
{
    pitot_number numbers[] = {{.u64 = 1}, {.u64 = 2}, {.f64 = 3}};

    return pt_builder_series(builder, &(pitot_series){.labels = str(labels),
                                          .numbers = numbers,
                                          .bounds = &bound,
                                          .bound_count = 1,
                                          .start = PITOT_TIME_NONE,
                                          .time = PITOT_TIME_NONE});
}

static pitot_snapshot *finished(struct pt_builder *builder)
{
    pitot_error err = {0};
    pitot_snapshot *snap = pt_builder_finish(builder, &err);

    assert_string_equal(err.message, "");
    assert_non_null(snap);
    return snap;
}

static void families_come_in_the_order_of_their_names_and_series_as_added(void **state)
{
    struct pt_builder *builder = new_builder();
    pitot_family family;
    pitot_series series;
    (void)state;

    pt_builder_family(builder, PITOT_GAUGE, str("b"), str("B."), none);
    assert_int_equal(add(builder, "z=\"1\"", 1), PT_ADDED);
    assert_int_equal(add(builder, "a=\"1\"", 2), PT_ADDED);
    pt_builder_family(builder, PITOT_COUNTER, str("a"), none, str("bytes"));
    pitot_snapshot *snap = finished(builder);

    assert_int_equal(pitot_snapshot_family_count(snap), 2);
    assert_int_equal(pitot_snapshot_series_count(snap), 2);
    assert_true(pitot_snapshot_family(snap, 0, &family));
    assert_int_equal(family.type, PITOT_COUNTER);
    assert_int_equal(family.series_count, 0);
    assert_null(family.help.at);
    assert_true(pitot_snapshot_family(snap, 1, &family));
    assert_int_equal(family.series_count, 2);
    assert_true(pitot_snapshot_series(snap, 1, 0, &series));
    assert_int_equal(series.numbers[0].u64, 1);
    assert_true(pitot_snapshot_series(snap, 1, 1, &series));
    assert_int_equal(series.numbers[0].u64, 2);
    assert_false(pitot_snapshot_series(snap, 1, 2, &series));
    assert_false(pitot_snapshot_series(snap, 0, 0, &series));
    assert_false(pitot_snapshot_family(snap, 2, &family));
    pitot_snapshot_free(snap);
}

static void a_label_set_is_taken_once(void **state)
{
    struct pt_builder *builder = new_builder();
    (void)state;

    pt_builder_family(builder, PITOT_GAUGE, str("a"), none, none);
    assert_int_equal(add(builder, "x=\"1\",y=\"2\"", 1), PT_ADDED);
    assert_int_equal(add(builder, "", 1), PT_ADDED);
    assert_int_equal(add(builder, "y=\"2\",x=\"1\"", 1), PT_ADDED_BEFORE);
    assert_int_equal(add(builder, "x=\"\"", 1), PT_ADDED_BEFORE);
    pt_builder_family(builder, PITOT_GAUGE, str("b"), none, none);
    assert_int_equal(add(builder, "x=\"1\",y=\"2\"", 1), PT_ADDED);
    pitot_snapshot_free(finished(builder));
}

static void a_later_point_may_follow_its_series(void **state)
{
    struct pt_builder *builder = new_builder();
    (void)state;

    pt_builder_family(builder, PITOT_GAUGE, str("a"), none, none);
    assert_int_equal(add(builder, "x=\"0\"", 1), PT_ADDED);
    assert_int_equal(add_at(builder, "x=\"0\"", 1, 5), PT_ADDED_BEFORE);
    assert_int_equal(add_at(builder, "x=\"1\"", 1, 5), PT_ADDED);
    assert_int_equal(add_at(builder, "x=\"1\"", 1, 5), PT_ADDED_BEFORE);
    assert_int_equal(add_at(builder, "x=\"1\"", 2, 6), PT_ADDED);
    assert_int_equal(add_at(builder, "x=\"2\"", 2, 6), PT_ADDED);
    assert_int_equal(add_at(builder, "x=\"1\"", 3, 7), PT_ADDED_BEFORE);
    pitot_snapshot *snap = finished(builder);
    pitot_series series;
    pitot_snapshot_series(snap, 0, 0, &series);
    assert_true(series.time == PITOT_TIME_NONE);
    pitot_snapshot_series(snap, 0, 2, &series);
    assert_int_equal(series.time, 6);
    pitot_snapshot_free(snap);
}

static void series_with_other_bounds_are_one_family_to_who_looks(void **state)
{
    struct pt_builder *builder = new_builder();
    char labels[100][20];
    pitot_family family;
    pitot_series series;
    size_t seen = 0;
    (void)state;

    pt_builder_family(builder, PITOT_HISTOGRAM, str("h"), none, none);
    for (int i = 0; i < 100; i++) {
        snprintf(labels[i], sizeof(labels[i]), "x=\"%d\"", i);
        assert_int_equal(add_histogram(builder, labels[i], i % 25), PT_ADDED);
    }
    pt_builder_family(builder, PITOT_GAUGE, str("i"), none, none);
    add(builder, "", 7);
    pitot_snapshot *snap = finished(builder);

    assert_int_equal(pitot_snapshot_family_count(snap), 2);
    pitot_snapshot_family(snap, 0, &family);
    assert_int_equal(family.series_count, 100);
    for (size_t i = 0; i < 100; i++) {
        assert_true(pitot_snapshot_series(snap, 0, i, &series));
        int label = atoi(series.labels.at + 3);
        assert_true(series.bounds[0] == label % 25);
        seen += (size_t)label;
    }
    assert_int_equal(seen, 4950);
    assert_false(pitot_snapshot_series(snap, 0, 100, &series));
    assert_true(pitot_snapshot_series(snap, 1, 0, &series));
    assert_int_equal(series.numbers[0].u64, 7);
    pitot_snapshot_free(snap);
}

/* Starts, times, exemplars and native buckets, each for the first time in the middle. */
static void what_only_some_series_have_stays_theirs(void **state)
{
    struct pt_builder *builder = new_builder();
    pitot_number buckets[] = {{.u64 = 4}};
    pitot_span span = {3, 1};
    pitot_native native = {.schema = 2,
        .positive_spans = &span,
        .positive_span_count = 1,
        .positive = buckets,
        .positive_count = 1};
    pitot_exemplar exemplars[] = {{.value = 1, .time = 2}, {.value = 3, .time = 4}};
    pitot_number numbers[] = {{.u64 = 1}, {.f64 = 3}};
    char labels[40][20];
    (void)state;

    pt_builder_family(builder, PITOT_HISTOGRAM, str("h"), none, none);
    for (int i = 0; i < 40; i++) {
        pitot_series series = {.labels = {labels[i], 0},
            .numbers = numbers,
            .start = i % 7 == 5 ? i : PITOT_TIME_NONE,
            .time = i % 7 == 6 ? i : PITOT_TIME_NONE,
            .exemplars = exemplars,
            .exemplar_count = i % 7 == 3 ? 2 : 0,
            .native = i % 7 == 4 ? &native : NULL};

        series.labels.size = (size_t)snprintf(labels[i], sizeof(labels[i]), "x=\"%d\"", i);
        assert_int_equal(pt_builder_series(builder, &series), PT_ADDED);
    }
    pitot_snapshot *snap = finished(builder);

    for (int i = 0; i < 40; i++) {
        pitot_series series;

        assert_true(pitot_snapshot_series(snap, 0, (size_t)i, &series));
        assert_true(series.start == (i % 7 == 5 ? i : PITOT_TIME_NONE));
        assert_true(series.time == (i % 7 == 6 ? i : PITOT_TIME_NONE));
        assert_int_equal(series.exemplar_count, i % 7 == 3 ? 2 : 0);
        if (series.exemplar_count)
            assert_true(series.exemplars[1].time == 4);
        assert_true(!series.native == (i % 7 != 4));
        if (series.native)
            assert_int_equal(series.native->positive[0].u64, 4);
    }
    pitot_snapshot_free(snap);
}

static void families_of_one_name_and_two_types_are_two(void **state)
{
    struct pt_builder *builder = new_builder();
    pitot_series series;
    (void)state;

    pt_builder_family(builder, PITOT_HISTOGRAM, str("a"), none, none);
    add_histogram(builder, "", 1);
    pt_builder_family(builder, PITOT_GAUGE, str("a"), none, none);
    add(builder, "", 1);
    pitot_snapshot *snap = finished(builder);

    assert_int_equal(pitot_snapshot_family_count(snap), 2);
    assert_false(pitot_snapshot_series(snap, 0, 1, &series));
    pitot_snapshot_free(snap);
}

static void memory_is_bounded(void **state)
{
    struct pt_builder *builder = pt_builder_new(100000, NULL);
    enum pt_added added = PT_ADDED;
    pitot_error err = {0};
    char labels[32];
    (void)state;

    pt_builder_family(builder, PITOT_GAUGE, str("a"), none, none);
    for (int i = 0; i < 100000 && added == PT_ADDED; i++) {
        size_t size = (size_t)snprintf(labels, sizeof(labels), "x=\"%d\"", i);
        pitot_str text = pt_builder_text(builder, labels, size);

        added = text.at ? add(builder, text.at, 1) : PT_ADDED_FAILED;
    }
    assert_int_equal(added, PT_ADDED_FAILED);
    assert_null(pt_builder_finish(builder, &err));
    assert_int_equal(err.code, PITOT_ELIMIT);
    assert_non_null(strstr(err.message, "100000 bytes"));
}

static void a_builder_can_be_given_up(void **state)
{
    struct pt_builder *builder = new_builder();
    (void)state;

    pt_builder_family(builder, PITOT_GAUGE, str("a"), none, none);
    add(builder, "", 1);
    pt_builder_free(builder);
    pt_builder_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_come_in_the_order_of_their_names_and_series_as_added),
        cmocka_unit_test(a_label_set_is_taken_once),
        cmocka_unit_test(a_later_point_may_follow_its_series),
        cmocka_unit_test(series_with_other_bounds_are_one_family_to_who_looks),
        cmocka_unit_test(what_only_some_series_have_stays_theirs),
        cmocka_unit_test(families_of_one_name_and_two_types_are_two),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(a_builder_can_be_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
