/* SPDX-License-Identifier: MIT */
/*
 * names_test.c -- names of any UTF-8: how they stand in a snapshot, and which of them would be one
 * to a reader that gets them escaped.
 */
#include "test.h"

static bool make_gauge(pitot_registry *reg, pitot_error *err, const char *name)
{
    return pitot_gauge_new(reg, err, &(pitot_desc){.name = name, .help = "H."}) != NULL;
}

static void a_metric_may_be_called_anything(void **state)
{
    static const char *const names[] = {"http.requests", "caf\xc3\xa9", "a b", "1a", "a\"b", "a\nb",
        "\xf0\x9f\x98\xb1", "a{b=\"c\"}", "#", "\\"};
    (void)state;

    for (size_t i = 0; i < COUNT(names); i++) {
        pitot_registry *reg = new_registry();
        pitot_error err = {0};

        assert_true(make_gauge(reg, &err, names[i]));
        assert_ok(&err);
        assert_series(reg, names[i], PITOT_GAUGE, " 0\n");
        assert_true(pitot_unregister(reg, &err, names[i]));
        pitot_registry_free(reg);
    }
}

static pitot_counter_vec *new_vec(pitot_registry *reg)
{
    pitot_error err = {0};
    pitot_counter_vec *vec = pitot_counter_vec_new(reg, &err,
        &(pitot_desc){.name = "rpc.calls",
            .help = "H.",
            .labels = PITOT_LABELS("rpc.method", "plain", "a=\"b\\\n"),
            .const_labels = (pitot_label[]){{"host name", "x"}, {"zone", "z"}, {0}},
            .series_max = 3});

    assert_ok(&err);
    assert_non_null(vec);
    return vec;
}

#define CONST "\"host name\"=\"x\",zone=\"z\","
#define LAST "\"a=\\\"b\\\\\\n\""

static void a_label_of_any_name_stands_in_quotes(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg);
    (void)state;

    pitot_counter *get = pitot_counter_with(vec, "Get", "1", "\"");
    pitot_counter_inc(get);
    pitot_counter_with(vec, "Put", "", "\xff");

    assert_ptr_equal(pitot_counter_with(vec, "Get", "1", "\""), get);
    assert_series(reg, "rpc.calls", PITOT_COUNTER,
        CONST "\"rpc.method\"=\"Get\",plain=\"1\"," LAST "=\"\\\"\" 1\n" CONST
              "\"rpc.method\"=\"Put\",plain=\"\"," LAST "=\"\xef\xbf\xbd\" 0\n");
    pitot_registry_free(reg);
}

static void labels_of_any_name_read_back_as_they_were_given(void **state)
{
    static const char *const wanted[][2] = {{"host name", "x"}, {"zone", "z"},
        {"rpc.method", "Get"}, {"plain", "1"}, {"a=\"b\\\n", "c\\"}};
    pitot_registry *reg = new_registry();
    pitot_str name, value;
    pitot_family family;
    pitot_series series;
    size_t at = 0, count = 0;
    char text[100];
    (void)state;
    pitot_counter_with(new_vec(reg), "Get", "1", "c\\");

    pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);

    assert_true(pitot_snapshot_series(snap, family_of(snap, "rpc.calls", &family), 0, &series));
    for (; pitot_labels_next(series.labels, &at, &name, &value); count++) {
        assert_true(count < COUNT(wanted));
        text[pitot_labels_unescape(text, name)] = '\0';
        assert_string_equal(text, wanted[count][0]);
        text[pitot_labels_unescape(text, value)] = '\0';
        assert_string_equal(text, wanted[count][1]);
    }
    assert_int_equal(count, COUNT(wanted));
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void series_are_removed_by_labels_of_any_name(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg);
    (void)state;
    pitot_counter_with(vec, "Get", "1", "x");
    pitot_counter_with(vec, "Put", "1", "y");
    pitot_counter_with(vec, "Put", "2", "y");

#define REMOVED(...)                                                                               \
    (int)pitot_counter_remove_matching(vec, (const pitot_label[]){__VA_ARGS__, {0}})
    assert_int_equal(REMOVED({"rpc.method", "Cut"}), 0);
    assert_int_equal(REMOVED({"method", "Put"}), 0);
    assert_int_equal(REMOVED({"rpc", "Put"}), 0);
    assert_int_equal(REMOVED({"\"rpc.method\"", "Put"}), 0);
    assert_int_equal(REMOVED({"a=\"b\\\n", "y"}, {"plain", "2"}), 1);
    assert_int_equal(REMOVED({"rpc.method", "Get"}), 1);
    assert_int_equal(REMOVED({"host name", "x"}), 1);

    pitot_registry_free(reg);
}

static void past_the_cap_labels_of_any_name_overflow(void **state)
{
    char number[12];
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg);
    const char *const overflow[] = {"__overflow__", "__overflow__", "__overflow__"};
    (void)state;

    for (int i = 0; i < 8; i++) {
        snprintf(number, sizeof(number), "%d", i);
        pitot_counter_inc(pitot_counter_with(vec, number, "", ""));
    }

    assert_line(reg, "pitot_dropped_total{reason=\"series_limit\"} 5");
    assert_true(pitot_counter_value(pitot_counter_child(vec, overflow, 3)) == 5);
    pitot_registry_free(reg);
}

static void a_statesets_label_is_quoted_like_any_other(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;

    pitot_stateset_new(
        reg, NULL, &(pitot_desc){.name = "a.b", .help = "H.", .states = PITOT_LABELS("x")});
    pitot_stateset_new(
        reg, NULL, &(pitot_desc){.name = "c:d", .help = "H.", .states = PITOT_LABELS("x")});

    assert_series(reg, "a.b", PITOT_STATESET, "\"a.b\"=\"x\" 0\n");
    assert_series(reg, "c:d", PITOT_STATESET, "\"c:d\"=\"x\" 0\n");
    pitot_registry_free(reg);
}

static void names_that_escaping_makes_the_same_clash_in_both_orders(void **state)
{
    static const char *const pairs[][2] = {
        {"a.b", "a_b"},                /* underscores */
        {"a.b", "a-b"},                /* to each other */
        {"a.b", "a_dot_b"},            /* dots */
        {"a-b", "a__b"},               /* dots */
        {"a.b", "U__a_2e_b"},          /* values */
        {"caf\xc3\xa9", "caf_"},       /* a character is one underscore, not two */
        {"\xe8\x8a\xb1", "U___82b1_"}, /* values, hex */
        {"1a", "_a"},                  /* a digit in front */
        {"x_y.z", "x__y_dot_z"},       /* dots double underscores */
        {"a b", "a\tb"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(pairs) * 2; i++) {
        const char *first = pairs[i / 2][i % 2], *second = pairs[i / 2][1 - i % 2];
        pitot_registry *reg = new_registry();
        pitot_error err = {0};

        assert_true(make_gauge(reg, &err, first));
        if (make_gauge(reg, &err, second))
            fail_msg("%s and %s are one after escaping", first, second);
        assert_int_equal(err.code, PITOT_EEXIST);
        assert_non_null(strstr(err.message, "is taken by metric"));
        assert_true(pitot_unregister(reg, NULL, first));
        assert_true(make_gauge(reg, NULL, second));
        pitot_registry_free(reg);
    }
}

static void the_message_of_a_clash_has_both_names(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    make_gauge(reg, &err, "a_b");

    make_gauge(reg, &err, "a.b");

    assert_error(&err, PITOT_EEXIST,
        "metric \"a.b\": a name that it writes is taken by metric \"a_b\"; rename one");
    pitot_registry_free(reg);
}

static void suffixes_clash_after_escaping_too(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    pitot_histogram_new(reg, &err, &(pitot_desc){.name = "a.b", .help = "H."});
    pitot_counter_new(reg, &err, &(pitot_desc){.name = "c.d_total", .help = "H."});
    assert_ok(&err);

    static const char *const taken[] = {"a.b_count", "a_b_count", "a_dot_b_sum", "U__a_2e_b_bucket",
        "c.d", "c_d", "c_d_total", "c_dot_d__total", "c_d_created"};
    for (size_t i = 0; i < COUNT(taken); i++)
        if (make_gauge(reg, NULL, taken[i]))
            fail_msg("%s is taken", taken[i]);
    assert_true(make_gauge(reg, &err, "a_b_counts"));
    assert_true(make_gauge(reg, &err, "a_c"));
    assert_ok(&err);
    pitot_registry_free(reg);
}

static void an_escaped_name_is_not_the_metrics_own(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    make_gauge(reg, &err, "a.b");

    assert_false(pitot_unregister(reg, &err, "a_b"));

    assert_error(&err, PITOT_ENOTFOUND, "unregister: there is no metric \"a_b\"");
    assert_series(reg, "a.b", PITOT_GAUGE, " 0\n");
    pitot_registry_free(reg);
}

static void labels_that_escaping_makes_the_same_are_refused(void **state)
{
    static const struct {
        const char *a, *b, *message;
    } rows[] = {
        {"a.b", "a_b",
            "metric \"x\": labels \"a.b\" and \"a_b\" are one after escaping "
            "(underscores); rename one"},
        {"a_b", "a.b",
            "metric \"x\": labels \"a.b\" and \"a_b\" are one after escaping "
            "(underscores); rename one"},
        {"a_dot_b", "a.b",
            "metric \"x\": labels \"a.b\" and \"a_dot_b\" are one after escaping "
            "(dots); rename one"},
        {"U__a_3a_b", "a:b",
            "metric \"x\": labels \"a:b\" and \"U__a_3a_b\" are one after "
            "escaping (values); rename one"},
        {"a", ".\xc3\xa9name..",
            "metric \"x\": labels \".\xc3\xa9name..\" and \"__name__\" are "
            "one after escaping (underscores); rename one"},
    };
    pitot_registry *reg = new_registry();
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *const both[] = {rows[i].a, rows[i].b, NULL}, *const one[] = {rows[i].b, NULL};
        pitot_error err = {0}, other = {0};

        assert_null(pitot_gauge_vec_new(
            reg, &err, &(pitot_desc){.name = "x", .help = "H.", .labels = both}));
        assert_error(&err, PITOT_EINVAL, rows[i].message);
        assert_null(pitot_gauge_vec_new(reg, &other,
            &(pitot_desc){.name = "x",
                .help = "H.",
                .labels = one,
                .const_labels = (pitot_label[]){{rows[i].a, "v"}, {0}}}));
        assert_int_equal(other.code, PITOT_EINVAL);
    }
    pitot_registry_free(reg);
}

static void a_statesets_own_label_must_stay_apart_too(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    assert_null(pitot_stateset_vec_new(reg, &err,
        &(pitot_desc){.name = "a_b",
            .help = "H.",
            .labels = PITOT_LABELS("a.b"),
            .states = PITOT_LABELS("x")}));

    assert_error(&err, PITOT_EINVAL,
        "metric \"a_b\": labels \"a.b\" and \"a_b\" are one after escaping (underscores); rename "
        "one");
    pitot_registry_free(reg);
}

static void one_leading_underscore_is_allowed_and_two_are_not(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    assert_non_null(pitot_gauge_vec_new(
        reg, &err, &(pitot_desc){.name = "_x", .help = "H.", .labels = PITOT_LABELS("_a")}));
    assert_ok(&err);
    assert_null(pitot_gauge_vec_new(
        reg, &err, &(pitot_desc){.name = "y", .help = "H.", .labels = PITOT_LABELS("__a.b")}));

    assert_error(&err, PITOT_EINVAL,
        "metric \"y\": label \"__a.b\": a leading \"__\" is reserved for Prometheus itself");
    pitot_registry_free(reg);
}

static void a_name_has_a_unit_at_its_end_whatever_comes_before(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    assert_non_null(pitot_counter_new(reg, &err,
        &(pitot_desc){
            .name = "rpc.d\xc3\xbcration_seconds_total", .help = "H.", .unit = "seconds"}));
    assert_ok(&err);
    assert_null(pitot_gauge_new(
        reg, &err, &(pitot_desc){.name = "rpc.seconds", .help = "H.", .unit = "seconds"}));

    assert_error(&err, PITOT_EINVAL,
        "metric \"rpc.seconds\": its name must end in \"_seconds\", as .unit is \"seconds\"");
    pitot_registry_free(reg);
}

static void emit(pitot_sink *sink, void *ctx)
{
    (void)ctx;
    pitot_sink_family(sink, PITOT_GAUGE,
        &(pitot_desc){.name = "disk.free", .help = "H.", .labels = PITOT_LABELS("mount.point")});
    pitot_sink_sample(sink, 1, "/");
}

static void a_collectors_names_are_any_too_and_give_way_to_the_registrys(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;
    pitot_collector_add(reg, NULL, &(pitot_collector){.name = "disk", .collect = emit});

    assert_series(reg, "disk.free", PITOT_GAUGE, "\"mount.point\"=\"/\" 1\n");
    make_gauge(reg, NULL, "disk_dot_free");

    assert_line(reg, "pitot_collector_failures_total{collector=\"disk\"} 1");
    assert_no_line(reg, "disk.free");
    pitot_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_metric_may_be_called_anything),
        cmocka_unit_test(a_label_of_any_name_stands_in_quotes),
        cmocka_unit_test(labels_of_any_name_read_back_as_they_were_given),
        cmocka_unit_test(series_are_removed_by_labels_of_any_name),
        cmocka_unit_test(past_the_cap_labels_of_any_name_overflow),
        cmocka_unit_test(a_statesets_label_is_quoted_like_any_other),
        cmocka_unit_test(names_that_escaping_makes_the_same_clash_in_both_orders),
        cmocka_unit_test(the_message_of_a_clash_has_both_names),
        cmocka_unit_test(suffixes_clash_after_escaping_too),
        cmocka_unit_test(an_escaped_name_is_not_the_metrics_own),
        cmocka_unit_test(labels_that_escaping_makes_the_same_are_refused),
        cmocka_unit_test(a_statesets_own_label_must_stay_apart_too),
        cmocka_unit_test(one_leading_underscore_is_allowed_and_two_are_not),
        cmocka_unit_test(a_name_has_a_unit_at_its_end_whatever_comes_before),
        cmocka_unit_test(a_collectors_names_are_any_too_and_give_way_to_the_registrys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
