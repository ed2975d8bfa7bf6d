/* SPDX-License-Identifier: MIT */
/*
 * page_test.c -- whatever strangers send, the page is valid and says what they sent.
 *
 * Label values at random, from a seed that never changes, heavy on the bytes that matter.
 */
#include "page.h"

#define VALUES 10000
#define LABELS 2
#define SIZE_MAX_RANDOM 40

static uint64_t seed;

static uint64_t random_number(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static size_t random_value(char *out)
{
    static const char *const pieces[] = {"\\", "\"", "\n", "n", "\\n", "{", "}", ",", "=", "\",",
        "# ", "a", "__overflow__", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xef\xbf\xbd",
        "\xc3", "\xe2\x82", "\xf0\x9f\x98", "\xed\xa0\x80", "\xff", "\x80", "\r", "\t", " ",
        "\x7f"};
    size_t size = 0, wanted = random_number() % SIZE_MAX_RANDOM;

    while (size < wanted) {
        uint64_t choice = random_number() % (COUNT(pieces) + 6);

        if (choice < COUNT(pieces)) {
            size_t piece = strlen(pieces[choice]);
            memcpy(out + size, pieces[choice], piece);
            size += piece;
        } else {
            out[size++] = (char)random_number(); /* any byte, NUL too */
        }
    }
    return size;
}

struct sent {
    char bytes[LABELS][SIZE_MAX_RANDOM + 16];
    pitot_str values[LABELS];
    pitot_gauge *gauge;
};

struct reading {
    pitot_gauge_vec *vec;
    struct sent *sent;
    size_t seen;
    const char *problem;
};

/* The gauge's value is the number of what was sent last to that series. */
static void compare(void *ctx, const struct page_sample *sample)
{
    struct reading *reading = ctx;
    pitot_str values[LABELS];

    if (strcmp(sample->name, "x") != 0)
        return;
    reading->seen++;
    const struct sent *sent = &reading->sent[(size_t)sample->value];
    if (sample->label_count != LABELS)
        reading->problem = "the number of labels";
    for (size_t i = 0; i < sample->label_count; i++) {
        const struct page_label *label = &sample->labels[i];

        values[i] = (pitot_str){label->value, label->value_size};
        if (page_is_utf8(sent->values[i].at, sent->values[i].size) &&
            (label->value_size != sent->values[i].size ||
                memcmp(label->value, sent->values[i].at, label->value_size) != 0))
            reading->problem = "a value that was well-formed came back changed";
    }
    if (pitot_gauge_child_str(reading->vec, values, LABELS) != sent->gauge)
        reading->problem = "the page's labels are not those of the series";
}

static void label_values_of_any_bytes_come_back_from_a_valid_page(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_gauge_vec *vec = pitot_gauge_vec_new(reg, NULL,
        &(pitot_desc){.name = "x",
            .help = "\\ \" \n",
            .labels = PITOT_LABELS("a", "b"),
            .series_max = VALUES});
    struct sent *sent = calloc(VALUES, sizeof(*sent));
    (void)state;
    seed = 0x9e3779b97f4a7c15u;

    for (size_t i = 0; i < VALUES; i++) {
        for (size_t j = 0; j < LABELS; j++) {
            sent[i].values[j].at = sent[i].bytes[j];
            sent[i].values[j].size = random_value(sent[i].bytes[j]);
        }
        sent[i].gauge = pitot_gauge_child_str(vec, sent[i].values, LABELS);
        assert_non_null(sent[i].gauge);
        pitot_gauge_set(sent[i].gauge, (double)i);
    }

    for (int format = PITOT_FORMAT_TEXT; format <= PITOT_FORMAT_OPENMETRICS; format++) {
        struct reading reading = {.vec = vec, .sent = sent};
        char *page = page_of(reg, (pitot_format)format);
        const char *problem = page_problem(page, (pitot_format)format, compare, &reading);

        if (problem)
            fail_msg("no valid page from here on: %.300s", problem);
        if (reading.problem)
            fail_msg("%s", reading.problem);
        assert_in_range(reading.seen, VALUES * 9 / 10, VALUES); /* a few are repaired alike */
        free(page);
    }
    for (size_t i = 0; i < VALUES; i++)
        assert_ptr_equal(pitot_gauge_child_str(vec, sent[i].values, LABELS), sent[i].gauge);
    free(sent);
    pitot_registry_free(reg);
}

/* The reader itself: each row breaks one rule that it must notice. */
static void a_page_that_is_wrong_is_noticed(void **state)
{
    static const struct {
        pitot_format format;
        const char *page;
    } rows[] = {
        {PITOT_FORMAT_TEXT, "x 1\n"},
        {PITOT_FORMAT_TEXT, "# HELP x H.\nx 1\n"},
        {PITOT_FORMAT_TEXT, "# HELP x H.\n# TYPE y gauge\nx 1\n"},
        {PITOT_FORMAT_TEXT, "# HELP x H.\n# TYPE x gauge\ny 1\n"},
        {PITOT_FORMAT_TEXT, "# HELP x H.\n# TYPE x gauge\nx 1\nx 2\n"},
        {PITOT_FORMAT_TEXT, "# HELP x H.\n# TYPE x gauge\nx  1\n"},
        {PITOT_FORMAT_TEXT, "# HELP x H.\n# TYPE x gauge\nx 1 \n"},
        {PITOT_FORMAT_TEXT, "# HELP x H.\n# TYPE x gauge\nx 0,5\n"},
        {PITOT_FORMAT_TEXT, "# HELP x H.\n# TYPE x gauge\nx nan\n"},
        {PITOT_FORMAT_TEXT, "# HELP x H.\n# TYPE x gauge\nx{a=\"\\x\"} 1\n"},
        {PITOT_FORMAT_TEXT, "# HELP x H.\n# TYPE x gauge\nx{a=\"\"\"} 1\n"},
        {PITOT_FORMAT_TEXT, "# HELP x H.\n# TYPE x gauge\nx{a=\"1\",} 1\n"},
        {PITOT_FORMAT_TEXT, "# HELP x H.\n# TYPE x gauge\nx{} 1\n"},
        {PITOT_FORMAT_TEXT, "# HELP x H.\n# TYPE x gauge\nx{a=\"\n\"} 1\n"},
        {PITOT_FORMAT_TEXT, "# HELP x H.\n# TYPE x gauge\nx{a=\"\xff\"} 1\n"},
        {PITOT_FORMAT_TEXT, "# HELP x H.\n# TYPE x gauge\nx{a=\"\xed\xa0\x80\"} 1\n"},
        {PITOT_FORMAT_TEXT, "# HELP x H.\n# TYPE x gauge\nx 1\n# EOF\n"},
        {PITOT_FORMAT_OPENMETRICS, "# TYPE x gauge\n# HELP x H.\nx 1\n"},
        {PITOT_FORMAT_OPENMETRICS, "# HELP x H.\n# TYPE x gauge\nx 1\n# EOF\n"},
        {PITOT_FORMAT_OPENMETRICS, "# TYPE x counter\n# HELP x H.\nx 1\n# EOF\n"},
        {PITOT_FORMAT_OPENMETRICS, "# TYPE x gauge\n# HELP x H.\nx 1\n# EOF\n\n"},
    };
    (void)state;

    assert_page(
        "# HELP x H.\n# TYPE x gauge\nx{a=\"\\\\\\\"\\n\",b=\"\"} -1.5e-07\n", rows[0].format);
    assert_page("# TYPE x counter\n# HELP x H.\nx_total 1\n# EOF\n", PITOT_FORMAT_OPENMETRICS);

    for (size_t i = 0; i < COUNT(rows); i++)
        if (!page_problem(rows[i].page, rows[i].format, NULL, NULL))
            fail_msg("accepted: %s", rows[i].page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_that_is_wrong_is_noticed),
        cmocka_unit_test(label_values_of_any_bytes_come_back_from_a_valid_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
