/* SPDX-License-Identifier: MIT */
/* info_test.c -- what does not change while it is there: labels on a series that is always 1. */
#include "test.h"

static void an_info_is_its_labels_and_1(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    pitot_info *info = pitot_info_new(reg, &err,
        &(pitot_desc){.name = "app_build_info",
            .help = "H.",
            .const_labels = (pitot_label[]){{"version", "1.2"}, {"branch", "a\"b"}, {0}}});

    assert_ok(&err);
    assert_non_null(info);
    assert_series(reg, "app_build_info", PITOT_INFO, "version=\"1.2\",branch=\"a\\\"b\" 1\n");
    assert_family(reg, PITOT_FORMAT_TEXT, "app_build_info",
        "# HELP app_build_info H.\n# TYPE app_build_info gauge\n"
        "app_build_info{version=\"1.2\",branch=\"a\\\"b\"} 1\n");
    assert_family(reg, PITOT_FORMAT_OPENMETRICS, "app_build",
        "# TYPE app_build info\n# HELP app_build H.\n"
        "app_build_info{version=\"1.2\",branch=\"a\\\"b\"} 1\n");
    pitot_registry_free(reg);
}

static void an_info_without_labels_says_that_it_is_there(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;

    pitot_info_new(reg, NULL, &(pitot_desc){.name = "ready_info", .help = "H."});

    assert_series(reg, "ready_info", PITOT_INFO, " 1\n");
    pitot_registry_free(reg);
}

static pitot_info_vec *new_vec(pitot_registry *reg)
{
    pitot_error err = {0};
    pitot_info_vec *vec = pitot_info_vec_new(reg, &err,
        &(pitot_desc){.name = "disk_info",
            .help = "H.",
            .labels = PITOT_LABELS("disk", "model"),
            .const_labels = (pitot_label[]){{"host", "a"}, {0}},
            .series_max = 3});

    assert_ok(&err);
    assert_non_null(vec);
    return vec;
}

static void a_child_is_there_from_its_first_look_up_until_it_is_removed(void **state)
{
    const char *const second[] = {"sdb", "Y"};
    pitot_registry *reg = new_registry();
    pitot_info_vec *vec = new_vec(reg);
    (void)state;
    assert_no_line(reg, "# TYPE disk_info");

    pitot_info *first = pitot_info_with(vec, "sda", "X");
    assert_non_null(first);
    assert_ptr_equal(pitot_info_child(vec, (const char *const[]){"sda", "X"}, 2), first);
    assert_ptr_equal(
        pitot_info_child_str(vec, (const pitot_str[]){{"sda", 3}, {"X", 1}}, 2), first);
    pitot_info_child(vec, second, 2);
    assert_series(reg, "disk_info", PITOT_INFO,
        "host=\"a\",disk=\"sda\",model=\"X\" 1\n"
        "host=\"a\",disk=\"sdb\",model=\"Y\" 1\n");
    assert_int_equal(pitot_info_remove_matching(vec, (pitot_label[]){{"disk", "sda"}, {0}}), 1);

    assert_series(reg, "disk_info", PITOT_INFO, "host=\"a\",disk=\"sdb\",model=\"Y\" 1\n");
    assert_int_equal(pitot_info_remove(vec, second, 2), 1);
    assert_no_line(reg, "# TYPE disk_info");
    pitot_registry_free(reg);
}

static void past_its_cap_a_vec_has_one_more_child(void **state)
{
    char name[16];
    pitot_registry *reg = new_registry();
    pitot_info_vec *vec = new_vec(reg);
    (void)state;

    for (int i = 0; i < 10; i++) {
        snprintf(name, sizeof(name), "%d", i);
        assert_non_null(pitot_info_with(vec, name, "m"));
    }

    assert_line(reg, "disk_info{host=\"a\",disk=\"__overflow__\",model=\"__overflow__\"} 1");
    assert_line(reg, "pitot_dropped_total{reason=\"series_limit\"} 7");
    assert_int_equal(pitot_info_clear(vec), 4);
    assert_no_line(reg, "disk_info");
    pitot_registry_free(reg);
}

static void the_name_of_an_info_ends_in_info(void **state)
{
    static const char *const names[] = {
        "build", "info", "_info", "build_infos", "build_info_total"};
    pitot_registry *reg = new_registry();
    (void)state;

    for (size_t i = 0; i < COUNT(names); i++) {
        pitot_error err = {0};
        char message[200];

        assert_null(pitot_info_new(reg, &err, &(pitot_desc){.name = names[i], .help = "H."}));
        snprintf(message, sizeof(message),
            "metric \"%s\": the name of an info must end in \"_info\", with more before it",
            names[i]);
        assert_error(&err, PITOT_EINVAL, message);
    }
    pitot_registry_free(reg);
}

static void an_info_has_no_unit_no_bounds_and_no_states(void **state)
{
    const struct {
        pitot_desc desc;
        const char *message;
    } rows[] = {
        {{.name = "a_info", .help = "H.", .unit = "info"},
            "metric \"a_info\": info metrics have no unit; leave .unit out"},
        {{.name = "a_info", .help = "H.", .states = (const char *const[]){"x", NULL}},
            "metric \"a_info\": .states is for statesets, not a info"},
        {{.name = "a_info", .help = "H.", .bounds = (const double[]){__builtin_inf()}},
            "metric \"a_info\": .bounds is for histograms, not a info"},
        {{.name = "a_info", .help = "H.", .labels = (const char *const[]){"x", NULL}},
            "metric \"a_info\": .labels is for a vec; use the _vec_new call"},
    };
    pitot_registry *reg = new_registry();
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        pitot_error err = {0};

        assert_null(pitot_info_new(reg, &err, &rows[i].desc));
        assert_error(&err, PITOT_EINVAL, rows[i].message);
    }
    pitot_registry_free(reg);
}

static void an_info_takes_its_name_without_the_suffix_too(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    pitot_info_new(reg, NULL, &(pitot_desc){.name = "build_info", .help = "H."});

    assert_null(pitot_gauge_new(reg, &err, &(pitot_desc){.name = "build", .help = "H."}));

    assert_error(&err, PITOT_EEXIST,
        "metric \"build\": a name that it writes is taken by metric \"build_info\"; rename one");
    pitot_registry_free(reg);
}

static void the_same_info_twice_is_one_and_another_kind_is_an_error(void **state)
{
    const pitot_desc desc = {.name = "build_info", .help = "H."};
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    pitot_info *first = pitot_info_new(reg, &err, &desc);
    assert_non_null(first);
    assert_ptr_equal(pitot_info_new(reg, &err, &desc), first);
    assert_ok(&err);
    assert_null(pitot_gauge_new(reg, &err, &desc));
    assert_error(
        &err, PITOT_EEXIST, "metric \"build_info\" exists with type \"info\", not \"gauge\"");
    pitot_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_info_is_its_labels_and_1),
        cmocka_unit_test(an_info_without_labels_says_that_it_is_there),
        cmocka_unit_test(a_child_is_there_from_its_first_look_up_until_it_is_removed),
        cmocka_unit_test(past_its_cap_a_vec_has_one_more_child),
        cmocka_unit_test(the_name_of_an_info_ends_in_info),
        cmocka_unit_test(an_info_has_no_unit_no_bounds_and_no_states),
        cmocka_unit_test(an_info_takes_its_name_without_the_suffix_too),
        cmocka_unit_test(the_same_info_twice_is_one_and_another_kind_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
