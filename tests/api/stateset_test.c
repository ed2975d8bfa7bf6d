/* SPDX-License-Identifier: MIT */
/* stateset_test.c -- which of a few states: a series of 0 or 1 for each, and changes in one step.
 */
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

static pitot_stateset *new_power(pitot_registry *reg)
{
    pitot_error err = {0};
    pitot_stateset *s = pitot_stateset_new(reg, &err,
        &(pitot_desc){.name = "power", .help = "H.", .states = PITOT_LABELS("up", "down", "off")});

    assert_ok(&err);
    assert_non_null(s);
    return s;
}

static void at_first_no_state_is_1(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;

    new_power(reg);

    assert_series(
        reg, "power", PITOT_STATESET, "power=\"down\" 0\npower=\"off\" 0\npower=\"up\" 0\n");
    assert_family(reg, PITOT_FORMAT_TEXT, "power",
        "# HELP power H.\n# TYPE power gauge\n"
        "power{power=\"down\"} 0\npower{power=\"off\"} 0\npower{power=\"up\"} 0\n");
    assert_family(reg, PITOT_FORMAT_OPENMETRICS, "power",
        "# TYPE power stateset\n# HELP power H.\n"
        "power{power=\"down\"} 0\npower{power=\"off\"} 0\npower{power=\"up\"} 0\n");
    pitot_registry_free(reg);
}

static void states_are_set_one_by_one(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_stateset *s = new_power(reg);
    (void)state;

    pitot_stateset_set(s, "up", true);
    pitot_stateset_set(s, "off", true);
    pitot_stateset_set(s, "off", true);
    pitot_stateset_set(s, "down", false);
    assert_series(
        reg, "power", PITOT_STATESET, "power=\"down\" 0\npower=\"off\" 1\npower=\"up\" 1\n");
    pitot_stateset_set(s, "up", false);

    assert_true(pitot_stateset_is(s, "off"));
    assert_false(pitot_stateset_is(s, "up"));
    assert_false(pitot_stateset_is(s, "down"));
    pitot_registry_free(reg);
}

static void of_an_enum_exactly_one_is_1(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_stateset *s = new_power(reg);
    (void)state;

    pitot_stateset_set(s, "off", true);
    pitot_stateset_enum(s, "up");
    assert_series(
        reg, "power", PITOT_STATESET, "power=\"down\" 0\npower=\"off\" 0\npower=\"up\" 1\n");
    pitot_stateset_enum(s, "down");

    assert_series(
        reg, "power", PITOT_STATESET, "power=\"down\" 1\npower=\"off\" 0\npower=\"up\" 0\n");
    pitot_registry_free(reg);
}

static void a_state_that_there_is_not_is_refused_and_counted(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_stateset *s = new_power(reg);
    (void)state;
    pitot_stateset_enum(s, "up");

    pitot_stateset_enum(s, "UP");
    pitot_stateset_set(s, "", true);
    pitot_stateset_set(s, NULL, false);

    assert_line(reg, "pitot_dropped_total{reason=\"state\"} 3");
    assert_true(pitot_stateset_is(s, "up"));
    assert_false(pitot_stateset_is(s, "UP"));
    assert_false(pitot_stateset_is(s, NULL));
    pitot_registry_free(reg);
}

static pitot_stateset_vec *new_vec(pitot_registry *reg)
{
    pitot_error err = {0};
    pitot_stateset_vec *vec = pitot_stateset_vec_new(reg, &err,
        &(pitot_desc){.name = "unit",
            .help = "H.",
            .labels = PITOT_LABELS("room", "n"),
            .const_labels = (pitot_label[]){{"host", "a"}, {0}},
            .states = PITOT_LABELS("on", "a\"b\\c\n"),
            .series_max = 5});

    assert_ok(&err);
    assert_non_null(vec);
    return vec;
}

static void each_child_has_all_states_behind_its_own_labels(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_stateset_vec *vec = new_vec(reg);
    (void)state;

    pitot_stateset_enum(pitot_stateset_with(vec, "b", "1"), "on");
    pitot_stateset_enum(pitot_stateset_with(vec, "a", "\""), "a\"b\\c\n");

    assert_series(reg, "unit", PITOT_STATESET,
        "host=\"a\",room=\"a\",n=\"\\\"\",unit=\"a\\\"b\\\\c\\n\" 1\n"
        "host=\"a\",room=\"a\",n=\"\\\"\",unit=\"on\" 0\n"
        "host=\"a\",room=\"b\",n=\"1\",unit=\"a\\\"b\\\\c\\n\" 0\n"
        "host=\"a\",room=\"b\",n=\"1\",unit=\"on\" 1\n");
    assert_line(reg, "pitot_series 4");
    pitot_registry_free(reg);
}

static void a_removed_child_does_nothing_and_a_new_one_starts_with_no_state(void **state)
{
    const char *const values[] = {"a", "1"};
    pitot_registry *reg = new_registry();
    pitot_stateset_vec *vec = new_vec(reg);
    (void)state;
    pitot_stateset *old = pitot_stateset_with(vec, "a", "1");
    pitot_stateset_enum(old, "on");
    assert_ptr_equal(pitot_stateset_child(vec, values, 2), old);
    assert_ptr_equal(
        pitot_stateset_child_str(vec, (const pitot_str[]){{"a", 1}, {"1", 1}}, 2), old);

    assert_int_equal(pitot_stateset_remove(vec, values, 2), 1);
    pitot_stateset_enum(old, "on");
    assert_false(pitot_stateset_is(old, "on"));
    assert_no_line(reg, "unit{");
    pitot_stateset *again = pitot_stateset_with(vec, "a", "1");

    assert_ptr_not_equal(again, old);
    assert_false(pitot_stateset_is(again, "on"));
    pitot_stateset_with(vec, "b", "1");
    assert_int_equal(pitot_stateset_remove_matching(vec, (pitot_label[]){{"room", "b"}, {0}}), 1);
    assert_int_equal(pitot_stateset_clear(vec), 1);
    pitot_registry_free(reg);
}

static void a_state_is_no_label_to_remove_by(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_stateset_vec *vec = new_vec(reg);
    (void)state;
    pitot_stateset_enum(pitot_stateset_with(vec, "a", "1"), "on");

    assert_int_equal(pitot_stateset_remove_matching(vec, (pitot_label[]){{"unit", "on"}, {0}}), 0);

    pitot_registry_free(reg);
}

static void there_may_be_64_states(void **state)
{
    static char names[65][4];
    const char *states[66] = {NULL};
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    for (int i = 0; i < 65; i++)
        snprintf(names[i], sizeof(names[i]), "%d", i);
    for (int i = 0; i < 64; i++)
        states[i] = names[i];

    pitot_stateset *most = pitot_stateset_new(
        reg, &err, &(pitot_desc){.name = "most", .help = "H.", .states = states});
    assert_ok(&err);
    pitot_stateset_enum(most, "63");
    states[64] = names[64];
    pitot_stateset *more = pitot_stateset_new(
        reg, &err, &(pitot_desc){.name = "more", .help = "H.", .states = states});

    assert_line(reg, "most{most=\"63\"} 1");
    assert_line(reg, "most{most=\"0\"} 0");
    assert_null(more);
    assert_error(&err, PITOT_ELIMIT, "metric \"more\": more than 64 states");
    pitot_registry_free(reg);
}

static void a_bad_description_is_refused(void **state)
{
    static char long_state[PITOT_LABEL_VALUE_MAX + 2];
    const struct {
        pitot_desc desc;
        const char *message;
    } rows[] = {
        {{.name = "a", .help = "H."},
            "metric \"a\": a stateset needs .states, as PITOT_LABELS(\"starting\", \"up\")"},
        {{.name = "a", .help = "H.", .states = (const char *const[]){NULL}},
            "metric \"a\": a stateset needs .states, as PITOT_LABELS(\"starting\", \"up\")"},
        {{.name = "a", .help = "H.", .states = PITOT_LABELS("x", "")},
            "metric \"a\": state 1 has no name"},
        {{.name = "a", .help = "H.", .states = PITOT_LABELS("\xff")},
            "metric \"a\": state 0 is not UTF-8"},
        {{.name = "a", .help = "H.", .states = PITOT_LABELS("x", "y", "x")},
            "metric \"a\": state \"x\" stands in it twice"},
        {{.name = "a", .help = "H.", .states = PITOT_LABELS(long_state)},
            "metric \"a\": state 0 is longer than 1024 bytes"},
        {{.name = "a_state", .help = "H.", .unit = "state", .states = PITOT_LABELS("x")},
            "metric \"a_state\": stateset metrics have no unit; leave .unit out"},
        {{.name = "a",
             .help = "H.",
             .states = PITOT_LABELS("x"),
             .const_labels = (pitot_label[]){{"a", "v"}, {0}}},
            "metric \"a\": label \"a\": a stateset keeps its state there"},
    };
    pitot_registry *reg = new_registry();
    (void)state;
    memset(long_state, 'x', sizeof(long_state) - 1);

    for (size_t i = 0; i < COUNT(rows); i++) {
        pitot_error err = {0};

        assert_null(pitot_stateset_new(reg, &err, &rows[i].desc));
        assert_error(&err, PITOT_EINVAL, rows[i].message);
    }
    pitot_registry_free(reg);
}

static void other_states_make_another_metric(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    assert_ptr_equal(new_power(reg), new_power(reg));
    assert_null(pitot_stateset_new(reg, &err,
        &(pitot_desc){.name = "power", .help = "H.", .states = PITOT_LABELS("up", "down")}));

    assert_error(&err, PITOT_EEXIST,
        "metric \"power\" exists with states \"up, down, off\", not \"up, down\"");
    pitot_registry_free(reg);
}

/* ---- From many threads, and from a signal handler ---- */

static _Atomic(bool) done;

static void *flip(void *ctx)
{
    static const char *const states[] = {"up", "down", "off"};

    for (unsigned i = 0; !atomic_load(&done); i++)
        pitot_stateset_enum(ctx, states[i % 3]);
    return NULL;
}

static void no_snapshot_sees_two_states_of_an_enum_or_none(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_stateset *s = new_power(reg);
    pthread_t threads[2];
    (void)state;
    pitot_stateset_enum(s, "up");
    atomic_store(&done, false);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_create(&threads[i], NULL, flip, s);

    for (int i = 0; i < 500; i++) {
        pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);
        pitot_family family;
        pitot_series series;
        uint64_t sum = 0;
        size_t at = family_of(snap, "power", &family);

        for (size_t j = 0; pitot_snapshot_series(snap, at, j, &series); j++)
            sum += series.numbers->u64;
        assert_int_equal(sum, 1);
        pitot_snapshot_free(snap);
    }

    atomic_store(&done, true);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    pitot_registry_free(reg);
}

static pitot_stateset *of_the_handler;

static void handle(int number)
{
    (void)number;
    pitot_stateset_enum(of_the_handler, "down");
    pitot_stateset_set(of_the_handler, "none", true);
}

static void a_signal_handler_may_set_a_state(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;
    of_the_handler = new_power(reg);

    signal(SIGUSR1, handle);
    raise(SIGUSR1);
    signal(SIGUSR1, SIG_DFL);

    assert_true(pitot_stateset_is(of_the_handler, "down"));
    assert_line(reg, "pitot_dropped_total{reason=\"state\"} 1");
    pitot_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_first_no_state_is_1),
        cmocka_unit_test(states_are_set_one_by_one),
        cmocka_unit_test(of_an_enum_exactly_one_is_1),
        cmocka_unit_test(a_state_that_there_is_not_is_refused_and_counted),
        cmocka_unit_test(each_child_has_all_states_behind_its_own_labels),
        cmocka_unit_test(a_removed_child_does_nothing_and_a_new_one_starts_with_no_state),
        cmocka_unit_test(a_state_is_no_label_to_remove_by),
        cmocka_unit_test(there_may_be_64_states),
        cmocka_unit_test(a_bad_description_is_refused),
        cmocka_unit_test(other_states_make_another_metric),
        cmocka_unit_test(no_snapshot_sees_two_states_of_an_enum_or_none),
        cmocka_unit_test(a_signal_handler_may_set_a_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
