/* SPDX-License-Identifier: MIT */
/*
 * setup_test.c -- making a metric: what is refused, in which words, and what is the same metric.
 */
#include "test.h"

#include <math.h>

enum kind { COUNTER, COUNTER_VEC, GAUGE, GAUGE_VEC, HISTOGRAM, HISTOGRAM_VEC };

static void *make(enum kind kind, pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    switch (kind) {
    case COUNTER:
        return pitot_counter_new(reg, err, desc);
    case COUNTER_VEC:
        return pitot_counter_vec_new(reg, err, desc);
    case GAUGE:
        return pitot_gauge_new(reg, err, desc);
    case GAUGE_VEC:
        return pitot_gauge_vec_new(reg, err, desc);
    case HISTOGRAM:
        return pitot_histogram_new(reg, err, desc);
    case HISTOGRAM_VEC:
        return pitot_histogram_vec_new(reg, err, desc);
    }
    return NULL;
}

struct refusal {
    enum kind kind;
    pitot_desc desc;
    pitot_code code;
    const char *message;
};

static void assert_refused(const struct refusal *refusals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        pitot_registry *reg = new_registry();
        char *before = page_of(reg, PITOT_FORMAT_OPENMETRICS);
        pitot_error err = {0};

        void *made = make(refusals[i].kind, reg, &err, &refusals[i].desc);

        assert_null(made);
        assert_error(&err, refusals[i].code, refusals[i].message);
        char *after = page_of(reg, PITOT_FORMAT_OPENMETRICS);
        assert_int_equal(count_lines(after, ""), count_lines(before, ""));
        free(before);
        free(after);
        pitot_registry_free(reg);
    }
}

#define REFUSED(...)                                                                               \
    do {                                                                                           \
        const struct refusal refusals_[] = {__VA_ARGS__};                                          \
        assert_refused(refusals_, COUNT(refusals_));                                               \
    } while (0)

static void a_bad_metric_name_is_refused_with_the_byte_that_is_wrong(void **state)
{
    (void)state;
    REFUSED({COUNTER, {.help = "H."}, PITOT_EINVAL, "a metric has no name; give it one"},
        {COUNTER, {.name = "", .help = "H."}, PITOT_EINVAL, "a metric has no name; give it one"},
        {HISTOGRAM, {.name = "a\nb\xff", .help = "H."}, PITOT_EINVAL,
            "metric \"a?b\xff\": 0xff at 3 of its name is not UTF-8"},
        {GAUGE, {.name = "caf\xe9s", .help = "H."}, PITOT_EINVAL,
            "metric \"caf\xe9s\": 0xe9 at 3 of its name is not UTF-8"});
}

static void a_metric_name_has_letters_digits_underscores_and_colons(void **state)
{
    static const char *const names[] = {"a", "A", "_", ":", "a1", "Z_9:z", "job:errors:rate5m"};
    (void)state;
    pitot_registry *reg = new_registry();
    pitot_error err = {0};

    for (size_t i = 0; i < COUNT(names); i++) {
        pitot_gauge *g = pitot_gauge_new(reg, &err, &(pitot_desc){.name = names[i], .help = "H."});

        assert_ok(&err);
        assert_non_null(g);
    }
    pitot_registry_free(reg);
}

static void a_name_has_at_most_256_bytes(void **state)
{
    char name[258];
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    memset(name, 'a', sizeof(name));

    name[256] = '\0';
    pitot_gauge *longest = pitot_gauge_new(reg, &err, &(pitot_desc){.name = name, .help = "H."});
    assert_ok(&err);
    name[256] = 'a';
    name[257] = '\0';
    pitot_gauge *longer = pitot_gauge_new(reg, &err, &(pitot_desc){.name = name, .help = "H."});

    assert_non_null(longest);
    assert_null(longer);
    assert_error(&err, PITOT_EINVAL,
        "metric \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...\": its name is longer than 256 "
        "bytes");
    pitot_registry_free(reg);
}

static void help_is_required_and_utf8(void **state)
{
    (void)state;
    REFUSED({COUNTER, {.name = "a"}, PITOT_EINVAL,
                "metric \"a\": it has no help; say in one sentence what it counts"},
        {GAUGE, {.name = "a", .help = ""}, PITOT_EINVAL,
            "metric \"a\": it has no help; say in one sentence what it counts"},
        {HISTOGRAM, {.name = "a", .help = "Caf\xe9."}, PITOT_EINVAL,
            "metric \"a\": 0xe9 at 3 of its help is not UTF-8"},
        {HISTOGRAM, {.name = "a", .help = "Half a character: \xe2\x82"}, PITOT_EINVAL,
            "metric \"a\": 0xe2 at 18 of its help is not UTF-8"});
}

static void a_unit_must_be_how_the_name_ends(void **state)
{
    (void)state;
    REFUSED({GAUGE, {.name = "age", .help = "H.", .unit = "seconds"}, PITOT_EINVAL,
                "metric \"age\": its name must end in \"_seconds\", as .unit is \"seconds\""},
        {GAUGE, {.name = "seconds", .help = "H.", .unit = "seconds"}, PITOT_EINVAL,
            "metric \"seconds\": its name must end in \"_seconds\", as .unit is \"seconds\""},
        {GAUGE, {.name = "a_milliseconds", .help = "H.", .unit = "seconds"}, PITOT_EINVAL,
            "metric \"a_milliseconds\": its name must end in \"_seconds\", as .unit is "
            "\"seconds\""},
        {GAUGE, {.name = "a_bytes_total", .help = "H.", .unit = "bytes"}, PITOT_EINVAL,
            "metric \"a_bytes_total\": its name must end in \"_bytes\", as .unit is \"bytes\""},
        {COUNTER, {.name = "sent_total", .help = "H.", .unit = "bytes"}, PITOT_EINVAL,
            "metric \"sent_total\": its name must end in \"_bytes\" or \"_UNIT_total\", as .unit "
            "is \"bytes\""},
        {GAUGE, {.name = "a_b/s", .help = "H.", .unit = "b/s"}, PITOT_EINVAL,
            "metric \"a_b/s\": .unit \"b/s\" is more than letters, digits and '_', or starts with "
            "a "
            "digit"},
        {GAUGE, {.name = "a", .help = "H.", .unit = "b/s"}, PITOT_EINVAL,
            "metric \"a\": .unit \"b/s\" is more than letters, digits and '_', or starts with a "
            "digit"});
}

static void a_name_may_end_in_its_unit_with_total_after_it_for_counters(void **state)
{
    static const struct {
        enum kind kind;
        pitot_desc desc;
    } good[] = {
        {COUNTER, {.name = "a_bytes_total", .help = "H.", .unit = "bytes"}},
        {COUNTER, {.name = "b_bytes", .help = "H.", .unit = "bytes"}},
        {GAUGE, {.name = "c_seconds", .help = "H.", .unit = "seconds"}},
        {HISTOGRAM, {.name = "d_seconds", .help = "H.", .unit = "seconds"}},
        {GAUGE, {.name = "e", .help = "H.", .unit = ""}},
    };
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(good); i++)
        assert_non_null(make(good[i].kind, reg, &err, &good[i].desc));

    assert_ok(&err);
    pitot_registry_free(reg);
}

static void a_bad_label_name_is_refused(void **state)
{
    (void)state;
    REFUSED({COUNTER_VEC, {.name = "a", .help = "H.", .labels = PITOT_LABELS("")}, PITOT_EINVAL,
                "a label has no name; give it one"},
        {GAUGE_VEC, {.name = "a", .help = "H.", .labels = PITOT_LABELS("\xff")}, PITOT_EINVAL,
            "label \"\xff\": 0xff at 0 of its name is not UTF-8"},
        {HISTOGRAM_VEC, {.name = "a", .help = "H.", .labels = PITOT_LABELS("b", "\xed\xa0\x80")},
            PITOT_EINVAL, "label \"\xed\xa0\x80\": 0xed at 0 of its name is not UTF-8"},
        {COUNTER, {.name = "a", .help = "H.", .const_labels = (pitot_label[]){{"", "v"}, {0}}},
            PITOT_EINVAL, "a label has no name; give it one"});
}

static void reserved_labels_are_refused(void **state)
{
    (void)state;
    REFUSED(
        {COUNTER_VEC, {.name = "a", .help = "H.", .labels = PITOT_LABELS("__name__")}, PITOT_EINVAL,
            "metric \"a\": label \"__name__\": a leading \"__\" is reserved for Prometheus itself"},
        {GAUGE, {.name = "a", .help = "H.", .const_labels = (pitot_label[]){{"__x", "v"}, {0}}},
            PITOT_EINVAL,
            "metric \"a\": label \"__x\": a leading \"__\" is reserved for Prometheus itself"},
        {HISTOGRAM_VEC, {.name = "a", .help = "H.", .labels = PITOT_LABELS("x", "le")},
            PITOT_EINVAL, "metric \"a\": label \"le\": reserved for the buckets of histograms"},
        {HISTOGRAM, {.name = "a", .help = "H.", .const_labels = (pitot_label[]){{"le", "1"}, {0}}},
            PITOT_EINVAL, "metric \"a\": label \"le\": reserved for the buckets of histograms"});
}

static void le_is_a_label_like_any_other_where_there_are_no_buckets(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    pitot_gauge_vec *vec = pitot_gauge_vec_new(
        reg, &err, &(pitot_desc){.name = "a", .help = "H.", .labels = PITOT_LABELS("le")});
    pitot_gauge_set(pitot_gauge_with(vec, "x"), 1);

    assert_ok(&err);
    assert_line(reg, "a{le=\"x\"} 1");
    pitot_registry_free(reg);
}

static void a_label_may_not_stand_in_a_metric_twice(void **state)
{
    (void)state;
    REFUSED({COUNTER_VEC, {.name = "a", .help = "H.", .labels = PITOT_LABELS("x", "y", "x")},
                PITOT_EINVAL, "metric \"a\": label \"x\" stands in it twice; drop one"},
        {COUNTER_VEC,
            {.name = "a",
                .help = "H.",
                .labels = PITOT_LABELS("x"),
                .const_labels = (pitot_label[]){{"x", "1"}, {0}}},
            PITOT_EINVAL, "metric \"a\": label \"x\" stands in it twice; drop one"},
        {GAUGE,
            {.name = "a",
                .help = "H.",
                .const_labels = (pitot_label[]){{"x", "1"}, {"y", "1"}, {"x", "2"}, {0}}},
            PITOT_EINVAL, "metric \"a\": label \"x\" stands in it twice; drop one"});
}

static void a_const_label_has_a_value_in_utf8(void **state)
{
    (void)state;
    REFUSED({GAUGE, {.name = "a", .help = "H.", .const_labels = (pitot_label[]){{"x", NULL}, {0}}},
                PITOT_EINVAL, "metric \"a\": const label \"x\" has no value"},
        {GAUGE,
            {.name = "a", .help = "H.", .const_labels = (pitot_label[]){{"x", "\xc0\x80"}, {0}}},
            PITOT_EINVAL, "metric \"a\": the value of const label \"x\" is not UTF-8"});
}

static void labels_are_for_vecs_and_vecs_for_labels(void **state)
{
    (void)state;
    REFUSED({COUNTER, {.name = "a", .help = "H.", .labels = PITOT_LABELS("x")}, PITOT_EINVAL,
                "metric \"a\": .labels is for a vec; use the _vec_new call"},
        {COUNTER_VEC, {.name = "a", .help = "H."}, PITOT_EINVAL,
            "metric \"a\": a vec needs .labels, as PITOT_LABELS(\"method\")"},
        {GAUGE_VEC, {.name = "a", .help = "H.", .labels = (const char *const[]){NULL}},
            PITOT_EINVAL, "metric \"a\": a vec needs .labels, as PITOT_LABELS(\"method\")"});
}

static void a_metric_has_at_most_64_labels(void **state)
{
    static char names[65][4];
    const char *labels[66] = {NULL};
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    for (int i = 0; i < 65; i++)
        snprintf(names[i], sizeof(names[i]), "l%d", i);

    for (int i = 0; i < 64; i++)
        labels[i] = names[i];
    void *most = pitot_gauge_vec_new(
        reg, &err, &(pitot_desc){.name = "most", .help = "H.", .labels = labels});
    assert_ok(&err);
    labels[64] = names[64];
    void *more = pitot_gauge_vec_new(
        reg, &err, &(pitot_desc){.name = "more", .help = "H.", .labels = labels});

    assert_non_null(most);
    assert_null(more);
    assert_error(&err, PITOT_ELIMIT, "metric \"more\": more than 64 labels");
    pitot_registry_free(reg);
}

static void const_labels_count_towards_the_64(void **state)
{
    static char names[65][4];
    const char *labels[64] = {NULL};
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    for (int i = 0; i < 63; i++) {
        snprintf(names[i], sizeof(names[i]), "l%d", i);
        labels[i] = names[i];
    }

    void *most = pitot_gauge_vec_new(reg, &err,
        &(pitot_desc){.name = "most",
            .help = "H.",
            .labels = labels,
            .const_labels = (pitot_label[]){{"x", "1"}, {0}}});
    assert_ok(&err);
    void *more = pitot_gauge_vec_new(reg, &err,
        &(pitot_desc){.name = "more",
            .help = "H.",
            .labels = labels,
            .const_labels = (pitot_label[]){{"x", "1"}, {"y", "1"}, {0}}});

    assert_non_null(most);
    assert_null(more);
    assert_error(&err, PITOT_ELIMIT, "metric \"more\": more than 64 labels");
    pitot_registry_free(reg);
}

static void bounds_must_rise_from_a_number(void **state)
{
    (void)state;
    REFUSED({HISTOGRAM, {.name = "a", .help = "H.", .bounds = PITOT_BOUNDS(1, NAN)}, PITOT_EINVAL,
                "metric \"a\": bound 1 is NaN"},
        {HISTOGRAM, {.name = "a", .help = "H.", .bounds = PITOT_BOUNDS(-INFINITY, 1)}, PITOT_EINVAL,
            "metric \"a\": bound 0 is -Inf; start higher"},
        {HISTOGRAM, {.name = "a", .help = "H.", .bounds = PITOT_BOUNDS(1, 2.5, 0.1)}, PITOT_EINVAL,
            "metric \"a\": bound 2 (0.1) is not above the one before it (2.5)"},
        {HISTOGRAM, {.name = "a", .help = "H.", .bounds = PITOT_BOUNDS(1, 1)}, PITOT_EINVAL,
            "metric \"a\": bound 1 (1) is not above the one before it (1)"},
        {HISTOGRAM, {.name = "a", .help = "H.", .bounds = PITOT_BOUNDS(-0.0, 0.0)}, PITOT_EINVAL,
            "metric \"a\": bound 1 (0) is not above the one before it (-0)"},
        {HISTOGRAM_VEC,
            {.name = "a",
                .help = "H.",
                .labels = PITOT_LABELS("x"),
                .bounds = PITOT_BOUNDS(2, 1e-7)},
            PITOT_EINVAL, "metric \"a\": bound 1 (1e-07) is not above the one before it (2)"});
}

static void bounds_are_for_histograms(void **state)
{
    (void)state;
    REFUSED({COUNTER, {.name = "a", .help = "H.", .bounds = PITOT_BOUNDS(1)}, PITOT_EINVAL,
                "metric \"a\": .bounds is for histograms, not a counter"},
        {GAUGE, {.name = "a", .help = "H.", .bounds = PITOT_BOUNDS(1)}, PITOT_EINVAL,
            "metric \"a\": .bounds is for histograms, not a gauge"});
}

static void too_many_bounds_are_refused(void **state)
{
    double *bounds = malloc(5000 * sizeof(double));
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    for (int i = 0; i < 4999; i++)
        bounds[i] = i;
    bounds[4999] = INFINITY;

    void *made =
        pitot_histogram_new(reg, &err, &(pitot_desc){.name = "a", .help = "H.", .bounds = bounds});

    assert_null(made);
    assert_error(
        &err, PITOT_ELIMIT, "metric \"a\": more than 4096 bounds; does the list end in +Inf?");
    free(bounds);
    pitot_registry_free(reg);
}

static void what_a_later_version_may_read_must_be_zero(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    pitot_desc desc = {.name = "a", .help = "H."};
    (void)state;

    desc.reserved_[COUNT(desc.reserved_) - 1] = 1;
    void *made = pitot_gauge_new(reg, &err, &desc);

    assert_null(made);
    assert_error(
        &err, PITOT_EINVAL, "a description has something in .reserved_; start it from zero");
    pitot_registry_free(reg);
}

static void a_missing_description_is_an_error(void **state)
{
    static const char *const messages[] = {
        [COUNTER] = "a counter has no description",
        [COUNTER_VEC] = "a counter has no description",
        [GAUGE] = "a gauge has no description",
        [GAUGE_VEC] = "a gauge has no description",
        [HISTOGRAM] = "a histogram has no description",
        [HISTOGRAM_VEC] = "a histogram has no description",
    };
    pitot_registry *reg = new_registry();
    (void)state;

    for (size_t kind = 0; kind < COUNT(messages); kind++) {
        pitot_error err = {0};

        assert_null(make((enum kind)kind, reg, &err, NULL));
        assert_error(&err, PITOT_EINVAL, messages[kind]);
    }
    pitot_registry_free(reg);
}

static void the_first_error_is_kept(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    pitot_counter_new(reg, &err, &(pitot_desc){.name = "a", .help = ""});
    pitot_counter_new(reg, &err, &(pitot_desc){.name = "b\xff", .help = "Bad too."});
    pitot_counter *good = pitot_counter_new(reg, &err, &(pitot_desc){.name = "e", .help = "Good."});

    assert_non_null(good);
    assert_error(
        &err, PITOT_EINVAL, "metric \"a\": it has no help; say in one sentence what it counts");
    pitot_registry_free(reg);
}

static void an_error_that_nobody_wants_may_be_null(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;

    void *made = pitot_counter_new(reg, NULL, &(pitot_desc){.name = "a"});

    assert_null(made);
    pitot_registry_free(reg);
}

static void a_message_that_is_too_long_ends_in_dots(void **state)
{
    char help[400];
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    memset(help, 'h', sizeof(help));
    help[sizeof(help) - 1] = '\0';
    pitot_gauge_new(reg, &err, &(pitot_desc){.name = "a", .help = help});

    pitot_gauge_new(reg, &err, &(pitot_desc){.name = "a", .help = "Other."});

    assert_int_equal(err.code, PITOT_EEXIST);
    assert_int_equal(strlen(err.message), 251);
    assert_string_equal(err.message + 246, "hh...");
    pitot_registry_free(reg);
}

static void without_a_registry_metrics_are_off_which_is_no_error(void **state)
{
    pitot_error err = {0};
    (void)state;

    for (int kind = COUNTER; kind <= HISTOGRAM_VEC; kind++)
        assert_null(make((enum kind)kind, NULL, &err, &(pitot_desc){.name = "a", .help = "H."}));

    assert_ok(&err);
}

static void the_same_description_twice_is_the_same_metric(void **state)
{
    const struct {
        enum kind kind;
        pitot_desc desc;
    } metrics[] = {
        {COUNTER, {.name = "a_bytes_total", .help = "H.", .unit = "bytes"}},
        {COUNTER_VEC, {.name = "b", .help = "H.", .labels = PITOT_LABELS("x", "y")}},
        {GAUGE, {.name = "c", .help = "H.", .const_labels = (pitot_label[]){{"x", "\n"}, {0}}}},
        {GAUGE_VEC, {.name = "d", .help = "H.", .labels = PITOT_LABELS("x"), .series_max = 7}},
        {HISTOGRAM, {.name = "e", .help = "H.", .bounds = PITOT_BOUNDS(1, 2)}},
        {HISTOGRAM_VEC, {.name = "f", .help = "H.", .labels = PITOT_LABELS("x")}},
    };
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(metrics); i++) {
        void *first = make(metrics[i].kind, reg, &err, &metrics[i].desc);
        void *second = make(metrics[i].kind, reg, &err, &metrics[i].desc);

        assert_ok(&err);
        assert_non_null(first);
        assert_ptr_equal(first, second);
    }
    pitot_registry_free(reg);
}

static void a_default_spelt_out_is_the_same_metric(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    void *implicit = pitot_histogram_vec_new(
        reg, &err, &(pitot_desc){.name = "a", .help = "H.", .labels = PITOT_LABELS("x")});

    void *explicit = pitot_histogram_vec_new(reg, &err,
        &(pitot_desc){.name = "a",
            .help = "H.",
            .unit = "",
            .labels = PITOT_LABELS("x"),
            .const_labels = (pitot_label[]){{0}},
            .bounds = PITOT_BOUNDS(.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10),
            .series_max = 1000});

    assert_ok(&err);
    assert_ptr_equal(implicit, explicit);
    pitot_registry_free(reg);
}

static void a_description_is_copied(void **state)
{
    char name[] = "a", help[] = "Help.", label[] = "x", value[] = "v";
    double bounds[] = {1, INFINITY};
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    pitot_histogram_new(reg, &err,
        &(pitot_desc){.name = name,
            .help = help,
            .const_labels = (pitot_label[]){{label, value}, {0}},
            .bounds = bounds});
    name[0] = help[0] = label[0] = value[0] = '!';
    bounds[0] = 99;

    assert_ok(&err);
    assert_family(reg, PITOT_FORMAT_TEXT, "a",
        "# HELP a Help.\n"
        "# TYPE a histogram\n"
        "a_bucket{x=\"v\",le=\"1\"} 0\n"
        "a_bucket{x=\"v\",le=\"+Inf\"} 0\n"
        "a_sum{x=\"v\"} 0\n"
        "a_count{x=\"v\"} 0\n");
    pitot_registry_free(reg);
}

struct conflict {
    enum kind first_kind;
    pitot_desc first;
    enum kind second_kind;
    pitot_desc second;
    const char *message;
};

static void assert_conflicts(const struct conflict *conflicts, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct conflict *conflict = &conflicts[i];
        pitot_registry *reg = new_registry();
        pitot_error err = {0};

        void *first = make(conflict->first_kind, reg, &err, &conflict->first);
        assert_ok(&err);
        void *second = make(conflict->second_kind, reg, &err, &conflict->second);

        assert_non_null(first);
        assert_null(second);
        assert_error(&err, PITOT_EEXIST, conflict->message);
        pitot_registry_free(reg);
    }
}

static void a_conflict_shows_what_there_is_and_what_was_asked_for(void **state)
{
    const struct conflict conflicts[] = {
        {COUNTER, {.name = "a", .help = "H."}, GAUGE, {.name = "a", .help = "H."},
            "metric \"a\" exists with type \"counter\", not \"gauge\""},
        {HISTOGRAM, {.name = "a", .help = "H."}, COUNTER, {.name = "a", .help = "H."},
            "metric \"a\" exists with type \"histogram\", not \"counter\""},
        {GAUGE, {.name = "a", .help = "One."}, GAUGE, {.name = "a", .help = "Two."},
            "metric \"a\" exists with help \"One.\", not \"Two.\""},
        {GAUGE, {.name = "a", .help = "One\nline."}, GAUGE, {.name = "a", .help = "Two."},
            "metric \"a\" exists with help \"One?line.\", not \"Two.\""},
        {GAUGE, {.name = "a_b_c", .help = "H.", .unit = "c"}, GAUGE,
            {.name = "a_b_c", .help = "H.", .unit = "b_c"},
            "metric \"a_b_c\" exists with unit \"c\", not \"b_c\""},
        {GAUGE, {.name = "a_c", .help = "H."}, GAUGE, {.name = "a_c", .help = "H.", .unit = "c"},
            "metric \"a_c\" exists with unit \"\", not \"c\""},
        {GAUGE, {.name = "a", .help = "H.", .const_labels = (pitot_label[]){{"x", "1"}, {0}}},
            GAUGE, {.name = "a", .help = "H.", .const_labels = (pitot_label[]){{"x", "2"}, {0}}},
            "metric \"a\" exists with const labels \"x=\"1\"\", not \"x=\"2\"\""},
        {GAUGE_VEC, {.name = "a", .help = "H.", .labels = PITOT_LABELS("x", "y")}, GAUGE_VEC,
            {.name = "a", .help = "H.", .labels = PITOT_LABELS("y", "x")},
            "metric \"a\" exists with labels \"x, y\", not \"y, x\""},
        {GAUGE_VEC, {.name = "a", .help = "H.", .labels = PITOT_LABELS("x")}, GAUGE,
            {.name = "a", .help = "H."}, "metric \"a\" exists with labels \"x\", not \"\""},
        {HISTOGRAM, {.name = "a", .help = "H.", .bounds = PITOT_BOUNDS(1, 2)}, HISTOGRAM,
            {.name = "a", .help = "H.", .bounds = PITOT_BOUNDS(1, 2, 3)},
            "metric \"a\" exists with 2 bounds, not 3"},
        {HISTOGRAM, {.name = "a", .help = "H.", .bounds = PITOT_BOUNDS(1, 2)}, HISTOGRAM,
            {.name = "a", .help = "H.", .bounds = PITOT_BOUNDS(1, 2.5)},
            "metric \"a\" exists with bound 1 being 2, not 2.5"},
        {GAUGE_VEC, {.name = "a", .help = "H.", .labels = PITOT_LABELS("x"), .series_max = 5},
            GAUGE_VEC, {.name = "a", .help = "H.", .labels = PITOT_LABELS("x")},
            "metric \"a\" exists with series_max 5, not 1000"},
    };
    (void)state;

    assert_conflicts(conflicts, COUNT(conflicts));
}

static void names_that_some_suffix_makes_the_same_clash_in_both_orders(void **state)
{
    static const struct {
        enum kind a_kind;
        const char *a;
        enum kind b_kind;
        const char *b;
    } clashes[] = {
        {HISTOGRAM, "x", GAUGE, "x_bucket"},
        {HISTOGRAM, "x", GAUGE, "x_count"},
        {HISTOGRAM, "x", COUNTER, "x_sum"},
        {HISTOGRAM, "x", GAUGE, "x_created"},
        {HISTOGRAM, "x", COUNTER, "x_total"},
        {HISTOGRAM, "x", COUNTER, "x_count_total"},
        {COUNTER, "x_total", GAUGE, "x"},
        {COUNTER, "x_total", COUNTER, "x"},
        {COUNTER, "x_total", GAUGE, "x_created"},
        {COUNTER, "x_total", HISTOGRAM, "x"},
        {COUNTER, "x_total", COUNTER, "x_total_total"},
        {HISTOGRAM, "x", HISTOGRAM, "x_count"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(clashes) * 2; i++) {
        size_t row = i / 2;
        bool turned = i % 2 != 0;
        const char *first = turned ? clashes[row].b : clashes[row].a;
        const char *second = turned ? clashes[row].a : clashes[row].b;
        pitot_registry *reg = new_registry();
        pitot_error err = {0};
        char message[200];

        make(turned ? clashes[row].b_kind : clashes[row].a_kind, reg, &err,
            &(pitot_desc){.name = first, .help = "H."});
        assert_ok(&err);
        void *made = make(turned ? clashes[row].a_kind : clashes[row].b_kind, reg, &err,
            &(pitot_desc){.name = second, .help = "H."});

        assert_null(made);
        snprintf(message, sizeof(message),
            "metric \"%s\": a name that it writes is taken by metric \"%s\"; rename one", second,
            first);
        assert_error(&err, PITOT_EEXIST, message);
        pitot_registry_free(reg);
    }
}

static void names_that_only_look_alike_do_not_clash(void **state)
{
    static const struct {
        enum kind kind;
        const char *name;
    } metrics[] = {
        {GAUGE, "x"},
        {GAUGE, "x_count"},
        {GAUGE, "x_sum"},
        {COUNTER, "y"},
        {GAUGE, "y_created"},
        {HISTOGRAM, "z"},
        {HISTOGRAM, "zz"},
        {GAUGE, "z_counts"},
        {COUNTER, "_total"},
    };
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    for (size_t i = 0; i < COUNT(metrics); i++)
        make(metrics[i].kind, reg, &err, &(pitot_desc){.name = metrics[i].name, .help = "H."});

    assert_ok(&err);
    pitot_registry_free(reg);
}

static void the_names_of_the_registrys_own_metrics_are_taken(void **state)
{
    static const struct {
        const char *name;
        const char *message;
    } own[] = {
        {"pitot_series", "metric \"pitot_series\": a name that it writes is taken by metric "
                         "\"pitot_series\"; rename one"},
        {"pitot_dropped", "metric \"pitot_dropped\": a name that it writes is taken by metric "
                          "\"pitot_dropped_total\"; rename one"},
        {"pitot_snapshots_total", "metric \"pitot_snapshots_total\": a name that it writes is "
                                  "taken by metric \"pitot_snapshots_total\"; rename one"},
        {"pitot_collector_duration_seconds",
            "metric \"pitot_collector_duration_seconds\": a name that it writes is taken by metric "
            "\"pitot_collector_duration_seconds\"; rename one"},
    };
    pitot_registry *reg = new_registry();
    (void)state;

    for (size_t i = 0; i < COUNT(own); i++) {
        pitot_error err = {0};

        assert_null(pitot_gauge_new(reg, &err, &(pitot_desc){.name = own[i].name, .help = "H."}));
        assert_error(&err, PITOT_EEXIST, own[i].message);
    }
    pitot_registry_free(reg);
}

static void an_unregistered_name_is_free_for_another_type(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    pitot_histogram_new(reg, &err, &(pitot_desc){.name = "x", .help = "Old."});

    bool gone = pitot_unregister(reg, &err, "x");
    pitot_gauge *x = pitot_gauge_new(reg, &err, &(pitot_desc){.name = "x", .help = "New."});
    pitot_gauge *count = pitot_gauge_new(reg, &err, &(pitot_desc){.name = "x_count", .help = "H."});
    pitot_gauge_set(x, 3);

    assert_ok(&err);
    assert_true(gone);
    assert_non_null(count);
    assert_family(reg, PITOT_FORMAT_TEXT, "x", "# HELP x New.\n# TYPE x gauge\nx 3\n");
    pitot_registry_free(reg);
}

static void an_unregistered_metric_starts_at_0_when_it_comes_back(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    pitot_counter *old = pitot_counter_new(reg, &err, &(pitot_desc){.name = "x", .help = "H."});
    pitot_counter_add(old, 7);
    pitot_unregister(reg, &err, "x");

    pitot_counter_new(reg, &err, &(pitot_desc){.name = "x", .help = "H."});
    pitot_counter_add(old, 7);

    assert_ok(&err);
    assert_line(reg, "x 0");
    pitot_registry_free(reg);
}

static void the_handles_of_an_unregistered_metric_are_harmless(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    pitot_counter *c = pitot_counter_new(reg, &err, &(pitot_desc){.name = "c", .help = "H."});
    pitot_gauge *g = pitot_gauge_new(reg, &err, &(pitot_desc){.name = "g", .help = "H."});
    pitot_histogram_vec *v = pitot_histogram_vec_new(
        reg, &err, &(pitot_desc){.name = "v", .help = "H.", .labels = PITOT_LABELS("x")});
    pitot_histogram *child = pitot_histogram_with(v, "1");
    pitot_unregister(reg, &err, "c");
    pitot_unregister(reg, &err, "g");
    pitot_unregister(reg, &err, "v");

    pitot_counter_inc(c);
    pitot_gauge_set(g, 5);
    pitot_histogram_observe(child, 1);
    pitot_histogram_observe(pitot_histogram_with(v, "2"), 1);
    pitot_histogram_clear(v);

    assert_ok(&err);
    assert_no_line(reg, "c");
    assert_no_line(reg, "g");
    assert_no_line(reg, "v");
    pitot_registry_free(reg);
}

static void unregistering_what_is_not_there_is_an_error(void **state)
{
    static const struct {
        const char *name;
        pitot_code code;
        const char *message;
    } rows[] = {
        {"y", PITOT_ENOTFOUND, "unregister: there is no metric \"y\""},
        {"x", PITOT_ENOTFOUND, "unregister: there is no metric \"x\""}, /* it is called x_total */
        {"x_created", PITOT_ENOTFOUND, "unregister: there is no metric \"x_created\""},
        {"pitot_series", PITOT_ENOTFOUND, "unregister: there is no metric \"pitot_series\""},
        {"", PITOT_ENOTFOUND, "unregister: there is no metric \"\""},
        {NULL, PITOT_EINVAL, "unregister: the name is NULL"},
    };
    pitot_registry *reg = new_registry();
    (void)state;
    pitot_counter_new(reg, NULL, &(pitot_desc){.name = "x_total", .help = "H."});

    for (size_t i = 0; i < COUNT(rows); i++) {
        pitot_error err = {0};

        assert_false(pitot_unregister(reg, &err, rows[i].name));
        assert_error(&err, rows[i].code, rows[i].message);
    }
    assert_line(reg, "x_total 0");
    pitot_registry_free(reg);
}

static void a_metric_can_be_registered_and_unregistered_a_thousand_times(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    char name[32];
    (void)state;

    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof(name), "x%d_total", i);
        pitot_counter_inc(pitot_counter_new(reg, &err, &(pitot_desc){.name = name, .help = "H."}));
        if (i % 10)
            assert_true(pitot_unregister(reg, &err, name));
    }

    assert_ok(&err);
    char *page = page_of(reg, PITOT_FORMAT_TEXT);
    assert_int_equal(count_lines(page, "x"), 100);
    assert_true(has_line(page, "x990_total 1"));
    free(page);
    pitot_registry_free(reg);
}

static void registries_know_nothing_of_each_other(void **state)
{
    pitot_registry *one = new_registry(), *two = new_registry();
    pitot_error err = {0};
    (void)state;

    pitot_counter_add(pitot_counter_new(one, &err, &(pitot_desc){.name = "x", .help = "A."}), 1);
    pitot_gauge_set(pitot_gauge_new(two, &err, &(pitot_desc){.name = "x", .help = "B."}), 2);

    assert_ok(&err);
    assert_line(one, "x 1");
    assert_line(two, "x 2");
    pitot_registry_free(one);
    assert_line(two, "x 2");
    pitot_registry_free(two);
}

static void an_empty_registry_shows_its_own_metrics_only(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;

    char *page = page_of(reg, PITOT_FORMAT_TEXT);

    assert_string_equal(page,
        "# HELP pitot_dropped_total Updates and label sets that were refused, by reason.\n"
        "# TYPE pitot_dropped_total counter\n"
        "pitot_dropped_total{reason=\"exemplar\"} 0\n"
        "pitot_dropped_total{reason=\"label_size\"} 0\n"
        "pitot_dropped_total{reason=\"labels\"} 0\n"
        "pitot_dropped_total{reason=\"memory\"} 0\n"
        "pitot_dropped_total{reason=\"memory_limit\"} 0\n"
        "pitot_dropped_total{reason=\"negative\"} 0\n"
        "pitot_dropped_total{reason=\"not_finite\"} 0\n"
        "pitot_dropped_total{reason=\"series_limit\"} 0\n"
        "pitot_dropped_total{reason=\"state\"} 0\n"
        "# HELP pitot_invalid_utf8_total Label values that were not UTF-8, or had a NUL, and were "
        "repaired.\n"
        "# TYPE pitot_invalid_utf8_total counter\n"
        "pitot_invalid_utf8_total 0\n"
        "# HELP pitot_series Series in this registry.\n"
        "# TYPE pitot_series gauge\n"
        "pitot_series 0\n"
        "# HELP pitot_series_expired_total Children that were removed because nothing had been "
        "recorded on them for long.\n"
        "# TYPE pitot_series_expired_total counter\n"
        "pitot_series_expired_total 0\n"
        "# HELP pitot_series_memory_bytes Memory of the series, with their texts and numbers.\n"
        "# TYPE pitot_series_memory_bytes gauge\n"
        "pitot_series_memory_bytes 0\n"
        "# HELP pitot_snapshots_total Snapshots taken of this registry, this one included.\n"
        "# TYPE pitot_snapshots_total counter\n"
        "pitot_snapshots_total 1\n");
    free(page);
    pitot_registry_free(reg);
}

static void the_allocator_in_force_can_be_asked_for(void **state)
{
    pitot_allocator before = pitot_allocator_get();
    pitot_allocator other = before;
    int mark = 0;
    (void)state;

    other.ctx = &mark;
    pitot_allocator_set(&other);
    assert_ptr_equal(pitot_allocator_get().ctx, &mark);
    pitot_allocator_set(NULL);

    assert_null(pitot_allocator_get().ctx);
    assert_ptr_equal(pitot_allocator_get().allocate, before.allocate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bad_metric_name_is_refused_with_the_byte_that_is_wrong),
        cmocka_unit_test(a_metric_name_has_letters_digits_underscores_and_colons),
        cmocka_unit_test(a_name_has_at_most_256_bytes),
        cmocka_unit_test(help_is_required_and_utf8),
        cmocka_unit_test(a_unit_must_be_how_the_name_ends),
        cmocka_unit_test(a_name_may_end_in_its_unit_with_total_after_it_for_counters),
        cmocka_unit_test(a_bad_label_name_is_refused),
        cmocka_unit_test(reserved_labels_are_refused),
        cmocka_unit_test(le_is_a_label_like_any_other_where_there_are_no_buckets),
        cmocka_unit_test(a_label_may_not_stand_in_a_metric_twice),
        cmocka_unit_test(a_const_label_has_a_value_in_utf8),
        cmocka_unit_test(labels_are_for_vecs_and_vecs_for_labels),
        cmocka_unit_test(a_metric_has_at_most_64_labels),
        cmocka_unit_test(const_labels_count_towards_the_64),
        cmocka_unit_test(bounds_must_rise_from_a_number),
        cmocka_unit_test(bounds_are_for_histograms),
        cmocka_unit_test(too_many_bounds_are_refused),
        cmocka_unit_test(what_a_later_version_may_read_must_be_zero),
        cmocka_unit_test(a_missing_description_is_an_error),
        cmocka_unit_test(the_first_error_is_kept),
        cmocka_unit_test(an_error_that_nobody_wants_may_be_null),
        cmocka_unit_test(a_message_that_is_too_long_ends_in_dots),
        cmocka_unit_test(without_a_registry_metrics_are_off_which_is_no_error),
        cmocka_unit_test(the_same_description_twice_is_the_same_metric),
        cmocka_unit_test(a_default_spelt_out_is_the_same_metric),
        cmocka_unit_test(a_description_is_copied),
        cmocka_unit_test(a_conflict_shows_what_there_is_and_what_was_asked_for),
        cmocka_unit_test(names_that_some_suffix_makes_the_same_clash_in_both_orders),
        cmocka_unit_test(names_that_only_look_alike_do_not_clash),
        cmocka_unit_test(the_names_of_the_registrys_own_metrics_are_taken),
        cmocka_unit_test(an_unregistered_name_is_free_for_another_type),
        cmocka_unit_test(an_unregistered_metric_starts_at_0_when_it_comes_back),
        cmocka_unit_test(the_handles_of_an_unregistered_metric_are_harmless),
        cmocka_unit_test(unregistering_what_is_not_there_is_an_error),
        cmocka_unit_test(a_metric_can_be_registered_and_unregistered_a_thousand_times),
        cmocka_unit_test(registries_know_nothing_of_each_other),
        cmocka_unit_test(an_empty_registry_shows_its_own_metrics_only),
        cmocka_unit_test(the_allocator_in_force_can_be_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
