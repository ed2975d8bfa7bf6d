/* SPDX-License-Identifier: MIT */
/* filter_test.c -- parts of snapshots, of registries and of pages: what is kept, and what is
 * shared. */
#include "instrument/registry.h"
#include "snapshot/snapshot.h"

#include "tests/api/test.h"

static pitot_snapshot *filtered(const pitot_snapshot *snap, const pitot_filter *filter)
{
    pitot_error err = {0};
    pitot_snapshot *part = pitot_snapshot_filter(snap, filter, &err);

    assert_ok(&err);
    assert_non_null(part);
    return part;
}

static pitot_snapshot *decoded(const char *page)
{
    pitot_error err = {0};
    pitot_snapshot *snap = pitot_decode(PITOT_FORMAT_OPENMETRICS, page, strlen(page), NULL, &err);

    assert_ok(&err);
    assert_non_null(snap);
    return snap;
}

/* What is left of a page is the other page. Frees nothing that it is given. */
static void assert_part(const pitot_snapshot *snap, const pitot_filter *filter, const char *want)
{
    pitot_snapshot *part = filtered(snap, filter), *wanted = decoded(want);
    char *page = encoded(part, PITOT_FORMAT_JSON), *same = encoded(wanted, PITOT_FORMAT_JSON);

    assert_string_equal(page, same);
    free(page);
    free(same);
    pitot_snapshot_free(part);
    pitot_snapshot_free(wanted);
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define LABELS(...) ((const pitot_label[]){__VA_ARGS__, {0}})

/* ---- Names ---- */

#define TWO_OF_THEM                                                                                \
    "# TYPE a counter\n"                                                                           \
    "a_total 1\n"                                                                                  \
    "# TYPE c info\n"                                                                              \
    "c_info{x=\"y\"} 1\n"
#define FAMILIES                                                                                   \
    TWO_OF_THEM "# TYPE b gauge\n"                                                                 \
                "b 2\n"                                                                            \
                "# TYPE d_total gauge\n"                                                           \
                "d_total 2\n"                                                                      \
                "# TYPE h histogram\n"                                                             \
                "h_bucket{le=\"+Inf\"} 1\n"                                                        \
                "h_count 1\n"                                                                      \
                "h_sum 1\n"

static void families_are_kept_by_their_names(void **state)
{
    pitot_snapshot *snap = decoded(FAMILIES "# EOF\n");
    (void)state;

    assert_part(snap, &(pitot_filter){.names = NAMES("a_total", "c_info")}, TWO_OF_THEM "# EOF\n");
    assert_part(snap, &(pitot_filter){.names = NAMES("c", "nothing", "a")}, TWO_OF_THEM "# EOF\n");
    assert_part(snap, &(pitot_filter){.names = NAMES("d", "h_sum", "a_", "b_total")}, "# EOF\n");
    assert_part(snap, &(pitot_filter){.names = NAMES("")}, "# EOF\n");
    pitot_snapshot_free(snap);
}

static void a_filter_that_names_nothing_keeps_everything(void **state)
{
    static const char *const no_names[] = {NULL};
    static const pitot_label no_labels[] = {{0}};
    pitot_snapshot *snap = decoded(FAMILIES "# EOF\n");
    (void)state;

    assert_part(snap, NULL, FAMILIES "# EOF\n");
    assert_part(snap, &(pitot_filter){0}, FAMILIES "# EOF\n");
    assert_part(snap, &(pitot_filter){no_names, no_labels, {0}}, FAMILIES "# EOF\n");
    pitot_snapshot_free(snap);
}

/* ---- Labels ---- */

static void series_are_kept_by_the_values_of_their_labels(void **state)
{
    pitot_snapshot *snap = decoded("# TYPE x gauge\n"
                                   "x{a=\"1\",b=\"1\"} 11\n"
                                   "x{a=\"1\",b=\"2\"} 12\n"
                                   "x{a=\"2\",b=\"1\"} 21\n"
                                   "x{a=\"2\",b=\"2\"} 22\n"
                                   "x{b=\"1\"} 1\n"
                                   "# TYPE y gauge\n"
                                   "y{c=\"1\"} 1\n"
                                   "# EOF\n");
    (void)state;

    assert_part(snap, &(pitot_filter){.labels = LABELS({"a", "1"})},
        "# TYPE x gauge\nx{a=\"1\",b=\"1\"} 11\nx{a=\"1\",b=\"2\"} 12\n# EOF\n");
    assert_part(snap, &(pitot_filter){.labels = LABELS({"b", "2"}, {"a", "2"})},
        "# TYPE x gauge\nx{a=\"2\",b=\"2\"} 22\n# EOF\n");
    assert_part(snap, &(pitot_filter){.labels = LABELS({"a", "3"}, {"b", "1"}, {"a", "2"})},
        "# TYPE x gauge\nx{a=\"2\",b=\"1\"} 21\n# EOF\n");
    assert_part(snap, &(pitot_filter){.labels = LABELS({"a", "1"}, {"a", "2"}, {"b", "1"})},
        "# TYPE x gauge\nx{a=\"1\",b=\"1\"} 11\nx{a=\"2\",b=\"1\"} 21\n# EOF\n");
    assert_part(snap, &(pitot_filter){.labels = LABELS({"a", ""}, {"b", "1"})},
        "# TYPE x gauge\nx{b=\"1\"} 1\n# EOF\n");
    assert_part(snap, &(pitot_filter){.labels = LABELS({"a", ""}, {"a", "2"}, {"c", ""})},
        "# TYPE x gauge\nx{a=\"2\",b=\"1\"} 21\nx{a=\"2\",b=\"2\"} 22\nx{b=\"1\"} 1\n# EOF\n");
    assert_part(
        snap, &(pitot_filter){.names = NAMES("y"), .labels = LABELS({"a", "1"})}, "# EOF\n");
    pitot_snapshot_free(snap);
}

static void wanted_values_are_not_escaped(void **state)
{
    pitot_snapshot *snap = decoded("# TYPE x gauge\n"
                                   "x{a=\"\\\"\"} 1\n"
                                   "x{a=\"\\\\\"} 2\n"
                                   "x{a=\"\\n\"} 3\n"
                                   "x{a=\"\xc3\xa4\"} 4\n"
                                   "x{a=\"n\"} 5\n"
                                   "x{a=\",b=\\\"1\"} 6\n"
                                   "x{\"my.label\"=\"1\"} 7\n"
                                   "# EOF\n");
    static const struct {
        pitot_label wanted;
        const char *left;
    } rows[] = {
        {{"a", "\""}, "x{a=\"\\\"\"} 1\n"},
        {{"a", "\\"}, "x{a=\"\\\\\"} 2\n"},
        {{"a", "\n"}, "x{a=\"\\n\"} 3\n"},
        {{"a", "\xc3\xa4"}, "x{a=\"\xc3\xa4\"} 4\n"},
        {{"a", "n"}, "x{a=\"n\"} 5\n"},
        {{"a", ",b=\"1"}, "x{a=\",b=\\\"1\"} 6\n"},
        {{"my.label", "1"}, "x{\"my.label\"=\"1\"} 7\n"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        char page[100];

        snprintf(page, sizeof(page), "# TYPE x gauge\n%s# EOF\n", rows[i].left);
        assert_part(snap, &(pitot_filter){.labels = LABELS(rows[i].wanted)}, page);
    }
    assert_part(snap, &(pitot_filter){.labels = LABELS({"a", "\\n"})}, "# EOF\n");
    assert_part(snap, &(pitot_filter){.labels = LABELS({"b", "1"})}, "# EOF\n");
    pitot_snapshot_free(snap);
}

static void what_a_series_has_goes_with_it(void **state)
{
    static const char head[] = "# TYPE c counter\n", middle[] = "# TYPE h histogram\n";
    static const char c1[] = "c_total{a=\"1\"} 1.5 3 # {t=\"1\"} 1 2\nc_created{a=\"1\"} 1\n";
    static const char c2[] = "c_total{a=\"2\"} 2 4\nc_created{a=\"2\"} 2\n";
    static const char c3[] = "c_total{a=\"3\"} 3 5 # {t=\"3\"} 3 4\nc_created{a=\"3\"} 3\n";
    static const char h1[] = "h_bucket{a=\"1\",le=\"1\"} 1 # {t=\"1\"} 1\n"
                             "h_bucket{a=\"1\",le=\"+Inf\"} 2 # {t=\"2\"} 2\n"
                             "h_count{a=\"1\"} 2\nh_sum{a=\"1\"} 3\n";
    static const char h3[] = "h_bucket{a=\"3\",le=\"1\"} 3\n"
                             "h_bucket{a=\"3\",le=\"+Inf\"} 4 # {t=\"3\"} 3\n"
                             "h_count{a=\"3\"} 4\nh_sum{a=\"3\"} 5\n"
                             "h_bucket{a=\"3\",b=\"1\",le=\"9\"} 3\n" /* bounds of its own */
                             "h_bucket{a=\"3\",b=\"1\",le=\"+Inf\"} 4 # {t=\"3\"} 30\n"
                             "h_count{a=\"3\",b=\"1\"} 4\nh_sum{a=\"3\",b=\"1\"} 5\n";
    char page[2000], want[2000];
    (void)state;
    snprintf(page, sizeof(page), "%s%s%s%s%s%s%s# EOF\n", head, c1, c2, c3, middle, h1, h3);
    pitot_snapshot *snap = decoded(page);

    snprintf(want, sizeof(want), "%s%s%s%s%s# EOF\n", head, c1, c3, middle, h1);
    strcpy(strstr(want, "# EOF"), h3);
    strcat(want, "# EOF\n");
    assert_part(snap, &(pitot_filter){.labels = LABELS({"a", "1"}, {"a", "3"})}, want);
    snprintf(want, sizeof(want), "%s%s%s%s# EOF\n", head, c3, middle, h3);
    assert_part(snap, &(pitot_filter){.labels = LABELS({"a", "3"})}, want);
    snprintf(want, sizeof(want), "%s%s# EOF\n", head, c2);
    assert_part(snap, &(pitot_filter){.labels = LABELS({"a", "2"})}, want);
    pitot_snapshot_free(snap);
}

static void native_buckets_go_with_their_series(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_histogram_vec *vec = pitot_histogram_vec_new(reg, NULL,
        &(pitot_desc){
            .name = "h", .help = "H.", .labels = PITOT_LABELS("a"), .native_factor = 1.1});
    pitot_series series;
    (void)state;
    pitot_histogram_observe(pitot_histogram_with(vec, "1"), 1);
    pitot_histogram_observe(pitot_histogram_with(vec, "2"), 100);
    pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);

    pitot_snapshot *part = filtered(snap, &(pitot_filter){.labels = LABELS({"a", "2"})});

    assert_int_equal(pitot_snapshot_series_count(part), 1);
    assert_true(pitot_snapshot_series(part, 0, 0, &series));
    assert_int_equal(series.native->positive_spans[0].offset, 54);
    assert_true(series.native->schema == 3);
    pitot_snapshot_free(part);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

/* ---- What is shared ---- */

static pitot_registry *new_program(void)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *x = pitot_counter_vec_new(
        reg, NULL, &(pitot_desc){.name = "x", .help = "H.", .labels = PITOT_LABELS("a")});

    pitot_counter_inc(pitot_counter_with(x, "1"));
    pitot_counter_inc(pitot_counter_with(x, "2"));
    pitot_gauge_vec *y = pitot_gauge_vec_new(
        reg, NULL, &(pitot_desc){.name = "y", .help = "H.", .labels = PITOT_LABELS("a")});
    pitot_gauge_set(pitot_gauge_with(y, "1"), 3);
    return reg;
}

static void a_family_that_stays_whole_is_the_same_one(void **state)
{
    pitot_registry *reg = new_program();
    pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);
    (void)state;
    struct pt_family_values *x = (struct pt_family_values *)snap->families[snap->family_count - 2];
    const struct pt_family_values *y = snap->families[snap->family_count - 1];
    x->version = 7;

    pitot_snapshot *part = filtered(snap, &(pitot_filter){.labels = LABELS({"a", "1"})});

    assert_int_equal(part->family_count, 2);
    assert_ptr_equal(part->families[1], y);
    assert_ptr_not_equal(part->families[0], x);
    assert_int_equal(part->families[0]->version, 0); /* it is not what the registry calls so */
    assert_int_equal(x->series_count, 2);
    pitot_snapshot *all = filtered(snap, &(pitot_filter){.names = NAMES("x", "y")});
    assert_ptr_equal(all->families[0], x);
    assert_int_equal(all->families[0]->version, 7);
    pitot_snapshot_free(all);
    pitot_snapshot_free(part);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void label_blocks_may_be_one_text(void **state)
{
    static const char text[27 + PT_TEXT_SLACK] = "11: a=\"1\"12: a=\"2\"13: a=\"3\"";
    static const uint32_t ends[] = {9, 18, 27};
    static const uint64_t words[] = {11, 12, 13};
    pitot_snapshot *snap = pt_snapshot_new(NULL);
    struct pt_part *part = pt_part_new(NULL);
    (void)state;
    *pt_part_family(part, NULL) = (struct pt_family_values){
        .type = PITOT_GAUGE,
        .name = {"x", 1},
        .series_count = 3,
        .text = text,
        .ends = ends,
        .gap = 4,
        .words_per_series = 1,
        .words = words,
    };
    assert_true(pt_snapshot_add(snap, part, NULL));
    pt_part_unref(part);
    assert_true(pt_snapshot_seal(snap, NULL));

    pitot_snapshot *left =
        filtered(snap, &(pitot_filter){.labels = LABELS({"a", "1"}, {"a", "3"})});

    char *page = encoded(left, PITOT_FORMAT_TEXT);
    assert_true(has_line(page, "x{a=\"1\"} 11"));
    assert_true(has_line(page, "x{a=\"3\"} 13"));
    assert_int_equal(count_lines(page, "x"), 2);
    free(page);
    pitot_snapshot_free(left);
    pitot_snapshot_free(snap);
}

static void it_outlives_what_it_is_a_part_of(void **state)
{
    pitot_registry *reg = new_program();
    pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);
    (void)state;

    pitot_snapshot *part = filtered(snap, &(pitot_filter){.labels = LABELS({"a", "1"})});
    pitot_snapshot *part_of_part = filtered(part, &(pitot_filter){.names = NAMES("x")});
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
    pitot_snapshot_free(part);

    char *page = encoded(part_of_part, PITOT_FORMAT_TEXT);
    assert_string_equal(page, "# HELP x H.\n# TYPE x counter\nx{a=\"1\"} 1\n");
    free(page);
    pitot_snapshot_free(part_of_part);
}

/* ---- Failures ---- */

static void a_bad_filter_is_refused(void **state)
{
    pitot_snapshot *snap = decoded(FAMILIES "# EOF\n");
    pitot_error err = {0};
    (void)state;

    assert_null(pitot_snapshot_filter(snap, &(pitot_filter){.labels = LABELS({"a", NULL})}, &err));
    assert_error(
        &err, PITOT_EINVAL, "filter: label \"a\" has no value; \"\" means those without it");
    err = (pitot_error){0};
    assert_null(pitot_snapshot_filter(snap, &(pitot_filter){.reserved_ = {1}}, &err));
    assert_error(&err, PITOT_EINVAL, "a filter has something in .reserved_; start it from zero");
    pitot_snapshot_free(snap);
}

static size_t allocations, fails_at;

static void *failing(void *ctx, size_t size)
{
    (void)ctx;
    return ++allocations == fails_at ? NULL : malloc(size);
}

static void *failing_again(void *ctx, void *block, size_t size)
{
    (void)ctx;
    return ++allocations == fails_at ? NULL : realloc(block, size);
}

static void give_back(void *ctx, void *block)
{
    (void)ctx;
    free(block);
}

static void any_allocation_may_fail(void **state)
{
    const pitot_filter filter = {.labels = LABELS({"a", "1"}, {"a", "\"\"\"\"\"\"\"\"\"\"\"\"\""})};
    const pitot_allocator allocator = {failing, failing_again, give_back, NULL};
    pitot_registry *reg;
    pitot_snapshot *part = NULL;
    (void)state;
    fails_at = 0;
    pitot_allocator_set(&allocator);
    reg = new_program();
    pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);

    for (size_t n = 1; !part; n++) {
        pitot_error err = {0};

        allocations = 0;
        fails_at = n;
        part = pitot_snapshot_filter(snap, &filter, &err);
        assert_int_equal(err.code, part ? PITOT_OK : PITOT_ENOMEM);
    }
    assert_in_range(allocations, 5, 100);
    assert_int_equal(pitot_snapshot_series_count(part), 2);
    pitot_snapshot_free(part);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
    pitot_allocator_set(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_are_kept_by_their_names),
        cmocka_unit_test(a_filter_that_names_nothing_keeps_everything),
        cmocka_unit_test(series_are_kept_by_the_values_of_their_labels),
        cmocka_unit_test(wanted_values_are_not_escaped),
        cmocka_unit_test(what_a_series_has_goes_with_it),
        cmocka_unit_test(native_buckets_go_with_their_series),
        cmocka_unit_test(a_family_that_stays_whole_is_the_same_one),
        cmocka_unit_test(label_blocks_may_be_one_text),
        cmocka_unit_test(it_outlives_what_it_is_a_part_of),
        cmocka_unit_test(a_bad_filter_is_refused),
        cmocka_unit_test(any_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
