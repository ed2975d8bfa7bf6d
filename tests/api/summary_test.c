/* SPDX-License-Identifier: MIT */
/* summary_test.c -- summaries: count, sum, and quantiles of the last while. */
#include "test.h"

#include <math.h>
#include <pthread.h>

static pitot_snapshot *take(pitot_registry *reg, const char *name, pitot_series *out)
{
    pitot_error err = {0};
    pitot_snapshot *snap = pitot_snapshot_take(reg, &err);
    pitot_family family;

    assert_ok(&err);
    for (size_t i = 0; pitot_snapshot_family(snap, i, &family); i++) {
        if (family.name.size == strlen(name) &&
            memcmp(family.name.at, name, family.name.size) == 0) {
            assert_int_equal(family.type, PITOT_SUMMARY);
            assert_true(pitot_snapshot_series(snap, i, 0, out));
            return snap;
        }
    }
    fail_msg("no family \"%s\"", name);
    return NULL;
}

static void without_quantiles_it_is_a_count_and_a_sum(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    pitot_summary *s = pitot_summary_new(reg, &err, &(pitot_desc){.name = "s", .help = "H."});
    pitot_series series;
    (void)state;
    assert_ok(&err);

    assert_int_equal(pitot_summary_count(s), 0);
    assert_true(pitot_summary_sum(s) == 0);
    for (int i = 0; i < 10; i++)
        pitot_summary_observe(s, i - 2.0);
    pitot_summary_observe(s, NAN);
    pitot_summary_observe_since(s, pitot_now());
    assert_int_equal(pitot_summary_count(s), 11);
    assert_true(pitot_summary_sum(s) >= 25 && pitot_summary_sum(s) < 26);
    pitot_snapshot *snap = take(reg, "s", &series);
    assert_int_equal(series.bound_count, 0);
    assert_false(series.is_double);
    assert_int_equal(series.numbers[0].u64, 11);
    assert_true(series.numbers[1].f64 == pitot_summary_sum(s));
    assert_null(series.native);
    pitot_snapshot_free(snap);
    assert_line(reg, "pitot_dropped_total{reason=\"not_finite\"} 1");
    pitot_summary_reset(s);
    assert_int_equal(pitot_summary_count(s), 0);
    pitot_registry_free(reg);
}

static void quantiles_are_off_by_0_55_percent_at_most(void **state)
{
    static const double qs[] = {0, 0.5, 0.9, 0.99, 1};
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    pitot_summary *s = pitot_summary_new(reg, &err,
        &(pitot_desc){.name = "s", .help = "H.", .bounds = PITOT_BOUNDS(0, 0.5, 0.9, 0.99, 1)});
    pitot_series series;
    (void)state;
    assert_ok(&err);

    for (int turn = 1; turn <= 3; turn++) { /* before it has rows, and after */
        for (int i = 1; i <= 10000; i++)
            pitot_summary_observe(s, (i * 7919 % 10000 + 1) * 0.001);
        pitot_snapshot *snap = take(reg, "s", &series);
        assert_int_equal(series.bound_count, 5);
        for (size_t i = 0; i < 5; i++) {
            double right = fmax(1, ceil(qs[i] * 10000)) * 0.001, got = series.numbers[i].f64;

            assert_true(series.bounds[i] == qs[i]);
            if (fabs(got - right) > 0.0055 * right)
                fail_msg("quantile %g is %g, not %g", qs[i], got, right);
        }
        assert_int_equal(series.numbers[5].u64, turn * 10000);
        assert_true(fabs(series.numbers[6].f64 - turn * 50005.0) < 0.01);
        assert_null(series.native);
        pitot_snapshot_free(snap);
    }
    pitot_summary_observe(s, NAN);
    assert_int_equal(pitot_summary_count(s), 30000);
    assert_line(reg, "pitot_dropped_total{reason=\"not_finite\"} 1");
    pitot_registry_free(reg);
}

static void numbers_next_to_zero_are_zero_in_quantiles(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_summary *s = pitot_summary_new(
        reg, NULL, &(pitot_desc){.name = "s", .help = "H.", .bounds = PITOT_BOUNDS(0, 0.5, 1)});
    pitot_series series;
    (void)state;

    pitot_summary_observe(s, -1e-40);
    pitot_summary_observe(s, 2e-39);
    pitot_summary_observe(s, 3e-39);
    pitot_snapshot *snap = take(reg, "s", &series);
    assert_true(series.numbers[0].f64 == 0);
    assert_true(series.numbers[1].f64 == 0);
    assert_true(fabs(series.numbers[2].f64 - 3e-39) <= 0.0055 * 3e-39);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void a_summary_of_nothing_has_no_quantiles(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_summary *s = pitot_summary_new(
        reg, NULL, &(pitot_desc){.name = "s", .help = "H.", .bounds = PITOT_BOUNDS(0.5)});
    pitot_series series;
    (void)state;

    pitot_snapshot *snap = take(reg, "s", &series);
    assert_true(isnan(series.numbers[0].f64));
    assert_int_equal(series.numbers[1].u64, 0);
    pitot_snapshot_free(snap);
    pitot_summary_observe(s, 2);
    pitot_summary_reset(s);
    snap = take(reg, "s", &series);
    assert_true(isnan(series.numbers[0].f64));
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void what_was_observed_before_the_window_is_in_the_count_only(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_summary *s = pitot_summary_new(reg, NULL,
        &(pitot_desc){.name = "s",
            .help = "H.",
            .bounds = PITOT_BOUNDS(0.5),
            .window_s = 1,
            .window_parts = 2});
    pitot_series series;
    (void)state;

    pitot_summary_observe(s, 1000);
    for (int i = 0; i < 6; i++) {
        pitot_snapshot_free(take(reg, "s", &series));
        nanosleep(&(struct timespec){0, 400 * 1000000}, NULL);
    }
    pitot_summary_observe(s, 2);
    pitot_snapshot *snap = take(reg, "s", &series);
    assert_true(fabs(series.numbers[0].f64 - 2) < 0.02);
    assert_int_equal(series.numbers[1].u64, 2);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void children_are_summaries_of_their_own(void **state)
{
    for (int quantiles = 0; quantiles < 2; quantiles++) {
        pitot_registry *reg = new_registry();
        pitot_error err = {0};
        pitot_summary_vec *vec = pitot_summary_vec_new(reg, &err,
            &(pitot_desc){.name = "s",
                .help = "H.",
                .labels = PITOT_LABELS("a"),
                .bounds = quantiles ? PITOT_BOUNDS(0.5) : NULL});
        pitot_series series;
        (void)state;
        assert_ok(&err);

        for (int i = 0; i < 3000; i++) {
            pitot_summary_observe(pitot_summary_with(vec, "x"), 2);
            pitot_summary_observe(pitot_summary_child_str(vec, &(pitot_str){"y", 1}, 1), 3);
        }
        assert_int_equal(pitot_summary_count(pitot_summary_with(vec, "x")), 3000);
        assert_int_equal(pitot_summary_remove(vec, (const char *const[]){"x"}, 1), 1);
        pitot_snapshot *snap = take(reg, "s", &series);
        assert_int_equal(series.labels.size, 5);
        assert_memory_equal(series.labels.at, "a=\"y\"", 5);
        assert_int_equal(series.numbers[quantiles].u64, 3000);
        assert_true(series.numbers[quantiles + 1].f64 == 9000);
        pitot_snapshot_free(snap);
        assert_int_equal(pitot_summary_remove_matching(vec, (pitot_label[]){{"a", "z"}, {0}}), 0);
        assert_int_equal(pitot_summary_clear(vec), 1);
        pitot_registry_free(reg);
    }
}

static void descriptions_that_make_no_sense_are_refused(void **state)
{
    static const double high[] = {0.5, 1.5, INFINITY}, low[] = {-0.1, INFINITY},
                        falling[] = {0.9, 0.5, INFINITY}, right[] = {0.5, INFINITY};
    const struct {
        pitot_desc desc;
        pitot_code code;
        const char *message;
    } rows[] = {
        {{.bounds = high}, PITOT_EINVAL, "metric \"s\": quantile 1.5 is not in 0 to 1"},
        {{.bounds = low}, PITOT_EINVAL, "metric \"s\": quantile -0.1 is not in 0 to 1"},
        {{.bounds = falling}, PITOT_EINVAL,
            "metric \"s\": bound 1 (0.5) is not above the one before it (0.9)"},
        {{.window_s = 60}, PITOT_EINVAL,
            "metric \"s\": a window without quantiles; add .bounds = PITOT_BOUNDS(0.5, 0.9)"},
        {{.bounds = right, .window_parts = 101}, PITOT_ELIMIT,
            "metric \"s\": .window_parts is 101; at most 100"},
        {{.bounds = right, .native_factor = 1.1}, PITOT_EINVAL,
            "metric \"s\": .native_factor and its kind are for histograms, not a summary"},
    };
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        pitot_desc desc = rows[i].desc;

        desc.name = "s";
        desc.help = "H.";
        err = (pitot_error){0};
        assert_null(pitot_summary_new(reg, &err, &desc));
        assert_error(&err, rows[i].code, rows[i].message);
    }
    err = (pitot_error){0};
    assert_null(pitot_summary_vec_new(
        reg, &err, &(pitot_desc){.name = "s", .help = "H.", .labels = PITOT_LABELS("quantile")}));
    assert_error(&err, PITOT_EINVAL, "metric \"s\": label \"quantile\": reserved for summaries");
    assert_non_null(pitot_summary_new(
        reg, NULL, &(pitot_desc){.name = "s", .help = "H.", .bounds = right, .window_s = 60}));
    err = (pitot_error){0};
    assert_null(
        pitot_summary_new(reg, &err, &(pitot_desc){.name = "s", .help = "H.", .bounds = right}));
    assert_error(
        &err, PITOT_EEXIST, "metric \"s\" exists with a window of 60 s in 5 parts, not 600 s in 5");
    pitot_registry_free(reg);
}

static void *observe_often(void *summary)
{
    for (int i = 0; i < 20000; i++)
        pitot_summary_observe(summary, 1 + i % 100);
    return NULL;
}

static void threads_lose_nothing(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_summary *s = pitot_summary_new(
        reg, NULL, &(pitot_desc){.name = "s", .help = "H.", .bounds = PITOT_BOUNDS(0.5)});
    pthread_t threads[4];
    pitot_series series;
    (void)state;

    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, observe_often, s), 0);
    for (int i = 0; i < 20; i++)
        pitot_snapshot_free(take(reg, "s", &series));
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    pitot_snapshot *snap = take(reg, "s", &series);
    assert_int_equal(series.numbers[1].u64, 80000);
    assert_true(series.numbers[2].f64 == 80000 * 50.5);
    assert_true(fabs(series.numbers[0].f64 - 50) < 0.5);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_quantiles_it_is_a_count_and_a_sum),
        cmocka_unit_test(quantiles_are_off_by_0_55_percent_at_most),
        cmocka_unit_test(numbers_next_to_zero_are_zero_in_quantiles),
        cmocka_unit_test(a_summary_of_nothing_has_no_quantiles),
        cmocka_unit_test(what_was_observed_before_the_window_is_in_the_count_only),
        cmocka_unit_test(children_are_summaries_of_their_own),
        cmocka_unit_test(descriptions_that_make_no_sense_are_refused),
        cmocka_unit_test(threads_lose_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
