/* SPDX-License-Identifier: MIT */
/*
 * vec_test.c -- labelled instruments: which values are which series, what strangers may send, the
 * cap, and removal.
 */
#include "test.h"

static pitot_counter_vec *new_vec(
    pitot_registry *reg, const char *const *labels, uint32_t series_max)
{
    pitot_error err = {0};
    pitot_counter_vec *vec = pitot_counter_vec_new(reg, &err,
        &(pitot_desc){.name = "x", .help = "H.", .labels = labels, .series_max = series_max});

    assert_ok(&err);
    assert_non_null(vec);
    return vec;
}

static pitot_counter *child_of(pitot_counter_vec *vec, pitot_str a)
{
    return pitot_counter_child_str(vec, &a, 1);
}

#define STR(literal)                                                                               \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static void a_vec_is_not_on_the_page_until_its_first_child(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a"), 0);
    (void)state;

    assert_no_line(reg, "# HELP x ");
    assert_no_line(reg, "# TYPE x ");
    pitot_counter_with(vec, "1");

    assert_family(reg, PITOT_FORMAT_TEXT, "x", "# HELP x H.\n# TYPE x counter\nx{a=\"1\"} 0\n");
    pitot_registry_free(reg);
}

static void the_same_values_are_the_same_child_however_they_are_passed(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a", "b"), 0);
    const char *const values[] = {"GET", "2xx"};
    const pitot_str views[] = {{"GETTING", 3}, {"2xxx", 3}};
    (void)state;

    pitot_counter *c = pitot_counter_with(vec, "GET", "2xx");

    assert_non_null(c);
    assert_ptr_equal(pitot_counter_with(vec, "GET", "2xx"), c);
    assert_ptr_equal(pitot_counter_child(vec, values, 2), c);
    assert_ptr_equal(pitot_counter_child_str(vec, views, 2), c);
    pitot_registry_free(reg);
}

/* The rows are pairwise different series, whatever way of joining or escaping would confuse them.
 */
static void values_that_are_spelt_alike_are_different_series(void **state)
{
    static const char *const rows[][2] = {
        {"ab", "c"},
        {"a", "bc"},
        {"abc", ""},
        {"", "abc"},
        {"", ""},
        {"c", "ab"},
        {"a,b", "c"},
        {"a", "b,c"},
        {"a\",b=\"c", "d"},
        {"a", "c\",b=\"d"},
        {"a\\\",b=\\\"c", "d"},
        {"\n", "x"},
        {"\\n", "x"},
        {"\\\\n", "x"},
        {"n", "x"},
        {"\"", "x"},
        {"\\\"", "x"},
        {"\\", "x"},
        {"\\\\", "x"},
        {"\\\\\\", "x"},
        {"x\\", "\""},
        {"x", "\\\""},
        {" ", "x"},
        {"x ", "x"},
        {"X", "x"},
        {"x", "x"},
        {"\xc3\xa9", "x"},
        {"e\xcc\x81", "x"},
        {"\t", "x"},
        {"\r", "x"},
    };
    pitot_counter *children[COUNT(rows)];
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a", "b"), 0);
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        children[i] = pitot_counter_child(vec, rows[i], 2);
        pitot_counter_add_u64(children[i], i + 1);
    }

    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_non_null(children[i]);
        assert_true(pitot_counter_value(children[i]) == (double)(i + 1));
        assert_ptr_equal(pitot_counter_child(vec, rows[i], 2), children[i]);
    }
    char *page = page_of(reg, PITOT_FORMAT_TEXT);
    assert_int_equal(count_lines(page, "x{"), COUNT(rows));
    free(page);
    pitot_registry_free(reg);
}

static void values_are_escaped_on_the_page(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a"), 0);
    (void)state;

    pitot_counter_with(vec, "C:\\new \"dir\"\nline\ttab\rcr");

    assert_line(reg, "x{a=\"C:\\\\new \\\"dir\\\"\\nline\ttab\rcr\"} 0");
    pitot_registry_free(reg);
}

/* Each row is an ill-formed class of Unicode's table 3-7, and what it becomes: one U+FFFD for each
 * maximal subpart. */
static void ill_formed_utf8_is_repaired_and_counted(void **state)
{
#define FFFD "\xef\xbf\xbd"
    static const struct {
        pitot_str value;
        const char *line;
    } rows[] = {
        {STR("a\x80z"), "x{a=\"a" FFFD "z\"} 1"},               /* a lone continuation byte */
        {STR("\xbf\x80"), "x{a=\"" FFFD FFFD "\"} 1"},          /* two of them */
        {STR("\xc0\xaf"), "x{a=\"" FFFD FFFD "\"} 1"},          /* overlong, two bytes */
        {STR("\xc1\xbf"), "x{a=\"" FFFD FFFD "\"} 1"},          /* overlong, two bytes */
        {STR("\xe0\x80\xaf"), "x{a=\"" FFFD FFFD FFFD "\"} 1"}, /* overlong, three bytes */
        {STR("\xe0\x9f\xbf"), "x{a=\"" FFFD FFFD FFFD "\"} 1"}, /* the last of those */
        {STR("\xf0\x80\x80\xaf"), "x{a=\"" FFFD FFFD FFFD FFFD "\"} 1"}, /* overlong, four bytes */
        {STR("\xf0\x8f\xbf\xbf"), "x{a=\"" FFFD FFFD FFFD FFFD "\"} 1"}, /* the last of those */
        {STR("\xed\xa0\x80"), "x{a=\"" FFFD FFFD FFFD "\"} 1"},          /* the first surrogate */
        {STR("\xed\xbf\xbf"), "x{a=\"" FFFD FFFD FFFD "\"} 1"},          /* the last surrogate */
        {STR("\xf4\x90\x80\x80"), "x{a=\"" FFFD FFFD FFFD FFFD "\"} 1"}, /* past U+10FFFF */
        {STR("\xf5\x80"), "x{a=\"" FFFD FFFD "\"} 1"},                   /* no lead byte */
        {STR("\xff\xfe"), "x{a=\"" FFFD FFFD "\"} 1"},                   /* never in UTF-8 */
        {STR("\xc3"), "x{a=\"" FFFD "\"} 1"},         /* cut after one byte of two */
        {STR("\xe2\x82"), "x{a=\"" FFFD "\"} 1"},     /* cut after two bytes of three */
        {STR("\xf0\x9f\x98"), "x{a=\"" FFFD "\"} 1"}, /* cut after three bytes of four */
        {STR("\xe2\x82("), "x{a=\"" FFFD "(\"} 1"},   /* broken off by ASCII */
        {STR("\xe2\xe2\x82\xac"), "x{a=\"" FFFD "\xe2\x82\xac\"} 1"}, /* broken off by a lead */
        {STR("\xc3\""), "x{a=\"" FFFD "\\\"\"} 1"},                   /* it swallows no quote */
        {STR("\xc3\\"), "x{a=\"" FFFD "\\\\\"} 1"},                   /* and no backslash */
        {STR("\xf0\n"), "x{a=\"" FFFD "\\n\"} 1"},                    /* and no newline */
        {STR("a\0b"), "x{a=\"a" FFFD "b\"} 1"}, /* NUL would end Prometheus' lexer */
        {STR("\0"), "x{a=\"" FFFD "\"} 1"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        pitot_registry *reg = new_registry();
        pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a"), 0);

        pitot_counter_inc(child_of(vec, rows[i].value));

        assert_line(reg, rows[i].line);
        assert_line(reg, "pitot_invalid_utf8_total 1");
        pitot_registry_free(reg);
    }
#undef FFFD
}

static void well_formed_utf8_is_left_alone(void **state)
{
    static const struct {
        pitot_str value;
        const char *line;
    } rows[] = {
        {STR("\x7f"), "x{a=\"\x7f\"} 1"},
        {STR("\xc2\x80"), "x{a=\"\xc2\x80\"} 1"},
        {STR("\xdf\xbf"), "x{a=\"\xdf\xbf\"} 1"},
        {STR("\xe0\xa0\x80"), "x{a=\"\xe0\xa0\x80\"} 1"},
        {STR("\xed\x9f\xbf"), "x{a=\"\xed\x9f\xbf\"} 1"},
        {STR("\xee\x80\x80"), "x{a=\"\xee\x80\x80\"} 1"},
        {STR("\xef\xbf\xbd"), "x{a=\"\xef\xbf\xbd\"} 1"},
        {STR("\xf0\x90\x80\x80"), "x{a=\"\xf0\x90\x80\x80\"} 1"},
        {STR("\xf4\x8f\xbf\xbf"), "x{a=\"\xf4\x8f\xbf\xbf\"} 1"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        pitot_registry *reg = new_registry();
        pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a"), 0);

        pitot_counter_inc(child_of(vec, rows[i].value));

        assert_line(reg, rows[i].line);
        assert_line(reg, "pitot_invalid_utf8_total 0");
        pitot_registry_free(reg);
    }
}

static void a_repaired_value_finds_the_same_child_next_time(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a"), 0);
    (void)state;

    pitot_counter *c = child_of(vec, (pitot_str)STR("\xff!"));

    assert_ptr_equal(child_of(vec, (pitot_str)STR("\xff!")), c);
    assert_ptr_equal(child_of(vec, (pitot_str)STR("\xfe!")), c);
    assert_ptr_equal(child_of(vec, (pitot_str)STR("\0!")), c);
    assert_ptr_equal(child_of(vec, (pitot_str)STR("\xef\xbf\xbd!")), c);
    assert_line(reg, "pitot_series 1");
    assert_line(reg, "pitot_invalid_utf8_total 4");
    pitot_registry_free(reg);
}

/* `before` ASCII bytes and then characters of two, three and four bytes, far past the limit. */
static void too_long_values_are_cut_at_a_character_and_counted(void **state)
{
    static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
    char value[1200], line[1300];
    (void)state;

    for (size_t i = 0; i < COUNT(characters) * 4; i++) {
        const char *character = characters[i / 4];
        size_t size = strlen(character), used = i % 4;
        pitot_registry *reg = new_registry();
        pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a"), 0);

        memset(value, 'a', used);
        for (; used + size < sizeof(value); used += size)
            memcpy(value + used, character, size);
        pitot_counter *c = child_of(vec, (pitot_str){value, used});
        pitot_counter_inc(c);

        size_t kept = i % 4 + (1021 - i % 4) / size * size; /* 1024 less the 3 bytes of a mark */
        snprintf(line, sizeof(line), "x{a=\"%.*s\xe2\x80\xa6\"} 1", (int)kept, value);
        assert_line(reg, line);
        assert_line(reg, "pitot_dropped_total{reason=\"label_size\"} 1");
        assert_line(reg, "pitot_invalid_utf8_total 0");
        assert_ptr_equal(child_of(vec, (pitot_str){value, used}), c);
        pitot_registry_free(reg);
    }
}

static void a_value_of_1024_bytes_is_left_alone(void **state)
{
    char value[1025], line[1100];
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a"), 0);
    (void)state;
    memset(value, 'v', 1024);
    value[1024] = '\0';

    pitot_counter_with(vec, value);

    snprintf(line, sizeof(line), "x{a=\"%s\"} 0", value);
    assert_line(reg, line);
    assert_line(reg, "pitot_dropped_total{reason=\"label_size\"} 0");
    pitot_registry_free(reg);
}

static void a_wrong_number_of_values_or_a_null_one_is_refused_and_counted(void **state)
{
    const char *const two[] = {"1", "2"};
    const char *const half[] = {"1", NULL};
    const pitot_str hole[] = {{"1", 1}, {NULL, 2}};
    const char *many[100];
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a", "b"), 0);
    (void)state;
    for (size_t i = 0; i < COUNT(many); i++)
        many[i] = "v";

    assert_null(pitot_counter_child(vec, two, 1));
    assert_null(pitot_counter_child(vec, two, 0));
    assert_null(pitot_counter_child(vec, NULL, 2));
    assert_null(pitot_counter_child(vec, NULL, 0));
    assert_null(pitot_counter_child(vec, half, 2));
    assert_null(pitot_counter_child(vec, many, 100));
    assert_null(pitot_counter_with(vec, "1", "2", "3"));
    assert_null(pitot_counter_child_str(vec, hole, 2));
    assert_null(pitot_counter_child_str(vec, NULL, 2));
    assert_null(pitot_counter_child_str(vec, hole, 1));

    assert_no_line(reg, "x{");
    assert_line(reg, "pitot_dropped_total{reason=\"labels\"} 10");
    pitot_registry_free(reg);
}

static void an_empty_view_may_have_no_address(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a"), 0);
    (void)state;

    pitot_counter *c = child_of(vec, (pitot_str){NULL, 0});

    assert_non_null(c);
    assert_ptr_equal(pitot_counter_with(vec, ""), c);
    assert_ptr_equal(child_of(vec, (pitot_str){NULL, 0}), c);
    assert_line(reg, "x{a=\"\"} 0");
    pitot_registry_free(reg);
}

static void past_the_cap_new_series_share_one_and_nothing_is_lost(void **state)
{
    char value[16];
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a", "b"), 3);
    (void)state;

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 10; i++) {
            snprintf(value, sizeof(value), "%d", i);
            pitot_counter_add_u64(pitot_counter_with(vec, value, "b"), (uint64_t)i + 1);
        }
    }

    assert_family(reg, PITOT_FORMAT_TEXT, "x",
        "# HELP x H.\n"
        "# TYPE x counter\n"
        "x{a=\"0\",b=\"b\"} 2\n"
        "x{a=\"1\",b=\"b\"} 4\n"
        "x{a=\"2\",b=\"b\"} 6\n"
        "x{a=\"__overflow__\",b=\"__overflow__\"} 98\n");
    assert_line(reg, "pitot_dropped_total{reason=\"series_limit\"} 14");
    pitot_registry_free(reg);
}

static void a_vec_has_at_most_1000_children_unless_told_otherwise(void **state)
{
    char value[16];
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a"), 0);
    (void)state;

    for (int i = 0; i < 1001; i++) {
        snprintf(value, sizeof(value), "%d", i);
        pitot_counter_with(vec, value);
    }

    char *page = page_of(reg, PITOT_FORMAT_TEXT);
    assert_int_equal(count_lines(page, "x{"), 1001);
    assert_true(has_line(page, "x{a=\"999\"} 0"));
    assert_true(has_line(page, "x{a=\"__overflow__\"} 0"));
    free(page);
    pitot_registry_free(reg);
}

/* Two series with the same labels would cost the whole page. */
static void the_word_for_overflow_as_a_value_is_the_shared_series(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a"), 1);
    (void)state;

    pitot_counter *by_name = pitot_counter_with(vec, "__overflow__");
    pitot_counter_with(vec, "1");
    pitot_counter *shared = pitot_counter_with(vec, "2");
    pitot_counter_remove(vec, (const char *const[]){"1"}, 1);
    pitot_counter *again = pitot_counter_with(vec, "__overflow__");
    pitot_counter_inc(again);

    assert_ptr_equal(by_name, shared);
    assert_ptr_equal(by_name, again);
    assert_family(
        reg, PITOT_FORMAT_TEXT, "x", "# HELP x H.\n# TYPE x counter\nx{a=\"__overflow__\"} 1\n");
    pitot_registry_free(reg);
}

static void removal_makes_room_under_the_cap(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a"), 1);
    (void)state;
    pitot_counter_with(vec, "1");
    pitot_counter *shared = pitot_counter_with(vec, "2");

    pitot_counter_remove(vec, (const char *const[]){"1"}, 1);
    pitot_counter *own = pitot_counter_with(vec, "2");

    assert_ptr_not_equal(own, shared);
    assert_line(reg, "x{a=\"2\"} 0");
    assert_line(reg, "x{a=\"__overflow__\"} 0");
    pitot_registry_free(reg);
}

static void the_shared_series_can_be_removed_and_comes_back_at_0(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a"), 1);
    (void)state;
    pitot_counter_with(vec, "1");
    pitot_counter *old = pitot_counter_with(vec, "2");
    pitot_counter_add_u64(old, 5);

    size_t removed = pitot_counter_remove(vec, (const char *const[]){"__overflow__"}, 1);
    pitot_counter_inc(old);
    pitot_counter_add_u64(pitot_counter_with(vec, "3"), 2);

    assert_int_equal(removed, 1);
    assert_line(reg, "x{a=\"__overflow__\"} 2");
    pitot_registry_free(reg);
}

static void one_series_is_removed_by_all_of_its_values(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a", "b"), 0);
    (void)state;
    pitot_counter_with(vec, "1", "1");
    pitot_counter_with(vec, "1", "2");
    pitot_counter_with(vec, "2", "1");

    assert_int_equal(pitot_counter_remove(vec, (const char *const[]){"1", "2"}, 2), 1);
    assert_int_equal(pitot_counter_remove(vec, (const char *const[]){"1", "2"}, 2), 0);
    assert_int_equal(pitot_counter_remove(vec, (const char *const[]){"2", "2"}, 2), 0);

    assert_family(reg, PITOT_FORMAT_TEXT, "x",
        "# HELP x H.\n"
        "# TYPE x counter\n"
        "x{a=\"1\",b=\"1\"} 0\n"
        "x{a=\"2\",b=\"1\"} 0\n");
    pitot_registry_free(reg);
}

static void removing_with_a_wrong_number_of_values_is_refused_and_counted(void **state)
{
    const char *const values[] = {"1", NULL};
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a", "b"), 0);
    (void)state;
    pitot_counter_with(vec, "1", "1");

    assert_int_equal(pitot_counter_remove(vec, values, 1), 0);
    assert_int_equal(pitot_counter_remove(vec, values, 2), 0);
    assert_int_equal(pitot_counter_remove(vec, NULL, 2), 0);
    assert_int_equal(pitot_counter_remove(vec, NULL, 0), 0);

    assert_line(reg, "x{a=\"1\",b=\"1\"} 0");
    assert_line(reg, "pitot_dropped_total{reason=\"labels\"} 4");
    pitot_registry_free(reg);
}

static pitot_counter_vec *new_vec_to_match(pitot_registry *reg)
{
    pitot_counter_vec *vec = pitot_counter_vec_new(reg, NULL,
        &(pitot_desc){.name = "x",
            .help = "H.",
            .labels = PITOT_LABELS("a", "bb"),
            .const_labels = (pitot_label[]){{"zone", "\"q\"\\"}, {0}}});

    pitot_counter_with(vec, "1", "1");
    pitot_counter_with(vec, "1", "2\n");
    pitot_counter_with(vec, "2", "1");
    pitot_counter_with(vec, "2", "a=\"2\"");
    pitot_counter_with(vec, "2", "\",a=\"1");
    return vec;
}

static void series_are_removed_by_some_of_their_labels(void **state)
{
    const struct {
        pitot_label match[4];
        size_t removed;
    } rows[] = {
        {{{"a", "1"}, {0}}, 2},
        {{{"a", "2"}, {0}}, 3},
        {{{"a", "3"}, {0}}, 0},
        {{{"a", ""}, {0}}, 0},
        {{{"bb", "1"}, {0}}, 2},
        {{{"b", "1"}, {0}}, 0},
        {{{"bbb", "1"}, {0}}, 0},
        {{{"A", "1"}, {0}}, 0},
        {{{"bb", "1"}, {"a", "2"}, {0}}, 1},
        {{{"bb", "1"}, {"a", "1"}, {"a", "2"}, {0}}, 0},
        {{{"bb", "2\n"}, {0}}, 1},
        {{{"bb", "2\\n"}, {0}}, 0},
        {{{"bb", "a=\"2\""}, {0}}, 1},
        {{{"bb", "\",a=\"1"}, {0}}, 1},
        {{{"zone", "\"q\"\\"}, {0}}, 5},
        {{{"zone", "q"}, {0}}, 0},
        {{{"zone", "\"q\"\\"}, {"a", "1"}, {0}}, 2},
        {{{"a", NULL}, {0}}, 0},
        {{{"a=\"1\",bb", "1"}, {0}}, 0},
        {{{"", "1"}, {0}}, 0},
        {{{0}}, 5},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        pitot_registry *reg = new_registry();
        pitot_counter_vec *vec = new_vec_to_match(reg);

        size_t removed = pitot_counter_remove_matching(vec, rows[i].match);

        if (removed != rows[i].removed)
            fail_msg("row %zu: %zu series, not %zu", i, removed, rows[i].removed);
        char *page = page_of(reg, PITOT_FORMAT_TEXT);
        assert_int_equal(count_lines(page, "x{"), 5 - removed);
        free(page);
        pitot_registry_free(reg);
    }
}

/* Who made a series with these bytes removes it with the same bytes. */
static void repaired_and_cut_values_are_removed_by_what_was_sent(void **state)
{
    char long_value[2000];
    const char *sent[] = {"\xff", "a\xc3", long_value, "quote\"back\\line\n"};
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a"), 0);
    (void)state;
    memset(long_value, 'v', sizeof(long_value));
    long_value[sizeof(long_value) - 1] = '\0';

    for (size_t i = 0; i < COUNT(sent); i++) {
        pitot_counter_with(vec, sent[i]);
        assert_int_equal(pitot_counter_remove(vec, &sent[i], 1), 1);
        pitot_counter_with(vec, sent[i]);
        assert_int_equal(
            pitot_counter_remove_matching(vec, (pitot_label[]){{"a", sent[i]}, {0}}), 1);
    }

    assert_no_line(reg, "x{");
    assert_line(reg, "pitot_invalid_utf8_total 4"); /* removing counts nothing */
    pitot_registry_free(reg);
}

static void clear_removes_every_series(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a"), 2);
    (void)state;
    pitot_counter_with(vec, "1");
    pitot_counter_with(vec, "2");
    pitot_counter_with(vec, "3");

    assert_int_equal(pitot_counter_clear(vec), 3);
    assert_int_equal(pitot_counter_clear(vec), 0);

    assert_no_line(reg, "# HELP x ");
    assert_line(reg, "pitot_series 0");
    pitot_registry_free(reg);
}

static void gauges_and_histograms_are_removed_alike(void **state)
{
    const char *const one[] = {"1"};
    const pitot_label match[] = {{"a", "2"}, {0}};
    const pitot_desc gauges = {.name = "g", .help = "H.", .labels = PITOT_LABELS("a")};
    const pitot_desc histograms = {.name = "h", .help = "H.", .labels = PITOT_LABELS("a")};
    const pitot_str three = {"3", 1};
    pitot_registry *reg = new_registry();
    pitot_gauge_vec *g = pitot_gauge_vec_new(reg, NULL, &gauges);
    pitot_histogram_vec *h = pitot_histogram_vec_new(reg, NULL, &histograms);
    (void)state;
    pitot_gauge_set(pitot_gauge_with(g, "1"), 1);
    pitot_gauge_set(pitot_gauge_with(g, "2"), 2);
    pitot_gauge_set(pitot_gauge_child_str(g, &three, 1), 3);
    pitot_histogram_observe(pitot_histogram_with(h, "1"), 1);
    pitot_histogram_observe(pitot_histogram_with(h, "2"), 2);
    pitot_histogram_observe(pitot_histogram_child_str(h, &three, 1), 3);

    assert_int_equal(pitot_gauge_remove(g, one, 1), 1);
    assert_int_equal(pitot_gauge_remove_matching(g, match), 1);
    assert_int_equal(pitot_histogram_remove(h, one, 1), 1);
    assert_int_equal(pitot_histogram_remove_matching(h, match), 1);

    assert_family(reg, PITOT_FORMAT_TEXT, "g", "# HELP g H.\n# TYPE g gauge\ng{a=\"3\"} 3\n");
    assert_line(reg, "h_sum{a=\"3\"} 3");
    assert_line(reg, "pitot_series 2");
    assert_int_equal(pitot_gauge_clear(g), 1);
    assert_int_equal(pitot_histogram_clear(h), 1);
    assert_line(reg, "pitot_series 0");
    pitot_registry_free(reg);
}

static void the_handle_of_a_removed_series_is_harmless_and_its_values_start_at_0(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a"), 0);
    (void)state;
    pitot_counter *old = pitot_counter_with(vec, "1");
    pitot_counter_add_u64(old, 7);
    pitot_counter_clear(vec);

    pitot_counter_inc(old);
    assert_no_line(reg, "x");
    pitot_counter *new = pitot_counter_with(vec, "1");
    pitot_counter_inc(old);
    pitot_counter_add(old, 0.5);

    assert_ptr_not_equal(new, old);
    assert_line(reg, "x{a=\"1\"} 0");
    pitot_registry_free(reg);
}

/* Gaps in a table must not hide what lies behind them, nor bring back what was there. */
static void every_child_is_found_after_removals_and_growth(void **state)
{
    enum { CHILDREN = 3000 };
    static pitot_counter *children[CHILDREN];
    char value[16];
    const char *values[] = {value};
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a"), CHILDREN);
    (void)state;

    for (int i = 0; i < CHILDREN; i++) {
        snprintf(value, sizeof(value), "%d", i);
        children[i] = pitot_counter_child(vec, values, 1);
        pitot_counter_add_u64(children[i], (uint64_t)i);
        if (i % 3 == 2) { /* the one before goes */
            snprintf(value, sizeof(value), "%d", i - 1);
            assert_int_equal(pitot_counter_remove(vec, values, 1), 1);
        }
    }

    for (int i = 0; i < CHILDREN; i++) {
        bool removed = i % 3 == 1;

        snprintf(value, sizeof(value), "%d", i);
        pitot_counter *c = pitot_counter_child(vec, values, 1);
        assert_int_equal(c == children[i], !removed);
        assert_true(pitot_counter_value(c) == (removed ? 0 : i));
    }
    assert_line(reg, "pitot_series 3000");
    pitot_registry_free(reg);
}

static void a_hundred_thousand_children_are_all_on_the_page_in_the_order_they_were_made(
    void **state)
{
    enum { CHILDREN = 100000 };
    static pitot_counter *children[CHILDREN];
    char value[16];
    const char *values[] = {value};
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg, PITOT_LABELS("a"), CHILDREN);
    (void)state;

    for (int i = 0; i < CHILDREN; i++) {
        snprintf(value, sizeof(value), "%05d", (i * 7919) % CHILDREN); /* in no order */
        children[i] = pitot_counter_child(vec, values, 1);
        pitot_counter_add_u64(children[i], (uint64_t)(i * 7919) % CHILDREN);
    }

    for (int i = 0; i < CHILDREN; i++) {
        snprintf(value, sizeof(value), "%05d", (i * 7919) % CHILDREN);
        assert_ptr_equal(pitot_counter_child(vec, values, 1), children[i]);
    }
    char *page = page_of(reg, PITOT_FORMAT_TEXT);
    const char *line = find_line(page, "x{");
    for (int i = 0; i < CHILDREN; i++) {
        char expected[40];
        int n = (i * 7919) % CHILDREN;
        size_t size = (size_t)snprintf(expected, sizeof(expected), "x{a=\"%05d\"} %d\n", n, n);

        assert_memory_equal(line, expected, size);
        line += size;
    }
    assert_int_equal(*line, '\0');
    free(page);
    pitot_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_vec_is_not_on_the_page_until_its_first_child),
        cmocka_unit_test(the_same_values_are_the_same_child_however_they_are_passed),
        cmocka_unit_test(values_that_are_spelt_alike_are_different_series),
        cmocka_unit_test(values_are_escaped_on_the_page),
        cmocka_unit_test(ill_formed_utf8_is_repaired_and_counted),
        cmocka_unit_test(well_formed_utf8_is_left_alone),
        cmocka_unit_test(a_repaired_value_finds_the_same_child_next_time),
        cmocka_unit_test(too_long_values_are_cut_at_a_character_and_counted),
        cmocka_unit_test(a_value_of_1024_bytes_is_left_alone),
        cmocka_unit_test(a_wrong_number_of_values_or_a_null_one_is_refused_and_counted),
        cmocka_unit_test(an_empty_view_may_have_no_address),
        cmocka_unit_test(past_the_cap_new_series_share_one_and_nothing_is_lost),
        cmocka_unit_test(a_vec_has_at_most_1000_children_unless_told_otherwise),
        cmocka_unit_test(the_word_for_overflow_as_a_value_is_the_shared_series),
        cmocka_unit_test(removal_makes_room_under_the_cap),
        cmocka_unit_test(the_shared_series_can_be_removed_and_comes_back_at_0),
        cmocka_unit_test(one_series_is_removed_by_all_of_its_values),
        cmocka_unit_test(removing_with_a_wrong_number_of_values_is_refused_and_counted),
        cmocka_unit_test(series_are_removed_by_some_of_their_labels),
        cmocka_unit_test(repaired_and_cut_values_are_removed_by_what_was_sent),
        cmocka_unit_test(clear_removes_every_series),
        cmocka_unit_test(gauges_and_histograms_are_removed_alike),
        cmocka_unit_test(the_handle_of_a_removed_series_is_harmless_and_its_values_start_at_0),
        cmocka_unit_test(every_child_is_found_after_removals_and_growth),
        cmocka_unit_test(
            a_hundred_thousand_children_are_all_on_the_page_in_the_order_they_were_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
