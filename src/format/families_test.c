/* SPDX-License-Identifier: MIT */
/*
 * families_test.c -- names that are not legacy names: in quotes, or rewritten; and what then
 * collides.
 */
#include "format/families.h"

#include "base/alloc.h"
#include "tests/encoded.h"
#include "tests/random.h"

#include <stdlib.h>

static const struct pt_family_values quoted_counter = {
    .type = PITOT_COUNTER,
    .name = STR("my.requests_total"),
    .help = STR("H."),
    .quoted = true,
    .series_count = 2,
    .labels = (const pitot_str[]){STR(""), STR("\"my.label\"=\"a\\\"b\",plain=\"c\"")},
    .words_per_series = 1,
    .words = (const uint64_t[]){1, 2},
};

static void assert_escaped(const struct pt_family_values *family, pitot_format format,
    pitot_escaping escaping, const char *expected)
{
    assert_page(&family, 1, format, &(pitot_encode_opts){.escaping = escaping}, expected);
}

static void names_that_need_it_are_quoted_and_stand_in_the_braces(void **state)
{
    (void)state;

    assert_escaped(&quoted_counter, PITOT_FORMAT_TEXT_1, PITOT_ESCAPING_NONE,
        "# HELP \"my.requests_total\" H.\n"
        "# TYPE \"my.requests_total\" counter\n"
        "{\"my.requests_total\"} 1\n"
        "{\"my.requests_total\",\"my.label\"=\"a\\\"b\",plain=\"c\"} 2\n");
    assert_escaped(&quoted_counter, PITOT_FORMAT_OPENMETRICS, PITOT_ESCAPING_NONE,
        "# TYPE \"my.requests\" counter\n"
        "# HELP \"my.requests\" H.\n"
        "{\"my.requests_total\"} 1\n"
        "{\"my.requests_total\",\"my.label\"=\"a\\\"b\",plain=\"c\"} 2\n"
        "# EOF\n");
}

static void each_scheme_rewrites_names_of_families_and_labels(void **state)
{
    (void)state;

    assert_escaped(&quoted_counter, PITOT_FORMAT_TEXT, PITOT_ESCAPING_UNDERSCORES,
        "# HELP my_requests_total H.\n"
        "# TYPE my_requests_total counter\n"
        "my_requests_total 1\n"
        "my_requests_total{my_label=\"a\\\"b\",plain=\"c\"} 2\n");
    assert_escaped(&quoted_counter, PITOT_FORMAT_TEXT, PITOT_ESCAPING_DOTS,
        "# HELP my_dot_requests__total H.\n"
        "# TYPE my_dot_requests__total counter\n"
        "my_dot_requests__total 1\n"
        "my_dot_requests__total{my_dot_label=\"a\\\"b\",plain=\"c\"} 2\n");
    assert_escaped(&quoted_counter, PITOT_FORMAT_OPENMETRICS, PITOT_ESCAPING_VALUES,
        "# TYPE U__my_2e_requests_ counter\n"
        "# HELP U__my_2e_requests_ H.\n"
        "U__my_2e_requests__total 1\n"
        "U__my_2e_requests__total{U__my_2e_label=\"a\\\"b\",plain=\"c\"} 2\n"
        "# EOF\n");
}

static void suffixes_are_inside_of_the_quotes(void **state)
{
    const struct pt_family_values histogram = {
        .type = PITOT_HISTOGRAM,
        .name = STR("my.hist"),
        .quoted = true,
        .bound_count = 1,
        .bounds = (double[]){1},
        .series_count = 2,
        .labels = (pitot_str[]){STR(""), STR("a=\"b\"")},
        .words_per_series = 3,
        .words = (uint64_t[]){1, 0, bits(1), 0, 2, bits(8)},
    };
    (void)state;

    assert_escaped(&histogram, PITOT_FORMAT_TEXT, PITOT_ESCAPING_NONE,
        "# TYPE \"my.hist\" histogram\n"
        "{\"my.hist_bucket\",le=\"1\"} 1\n"
        "{\"my.hist_bucket\",le=\"+Inf\"} 1\n"
        "{\"my.hist_sum\"} 1\n"
        "{\"my.hist_count\"} 1\n"
        "{\"my.hist_bucket\",a=\"b\",le=\"1\"} 0\n"
        "{\"my.hist_bucket\",a=\"b\",le=\"+Inf\"} 2\n"
        "{\"my.hist_sum\",a=\"b\"} 8\n"
        "{\"my.hist_count\",a=\"b\"} 2\n");
    assert_escaped(&histogram, PITOT_FORMAT_TEXT, PITOT_ESCAPING_DOTS,
        "# TYPE my_dot_hist histogram\n"
        "my_dot_hist_bucket{le=\"1\"} 1\n"
        "my_dot_hist_bucket{le=\"+Inf\"} 1\n"
        "my_dot_hist_sum 1\n"
        "my_dot_hist_count 1\n"
        "my_dot_hist_bucket{a=\"b\",le=\"1\"} 0\n"
        "my_dot_hist_bucket{a=\"b\",le=\"+Inf\"} 2\n"
        "my_dot_hist_sum{a=\"b\"} 8\n"
        "my_dot_hist_count{a=\"b\"} 2\n");
}

static void a_legacy_name_stays_outside_of_the_braces_whatever_its_labels(void **state)
{
    const struct pt_family_values gauge = {
        .type = PITOT_GAUGE,
        .name = STR("plain:under_score"),
        .quoted = true,
        .series_count = 1,
        .labels = (pitot_str[]){STR("\"l\xc3\xa4nge\"=\"1\"")},
        .words_per_series = 1,
        .words = (uint64_t[]){1},
    };
    (void)state;

    assert_escaped(&gauge, PITOT_FORMAT_TEXT, PITOT_ESCAPING_NONE,
        "# TYPE plain:under_score gauge\nplain:under_score{\"l\xc3\xa4nge\"=\"1\"} 1\n");
    assert_escaped(&gauge, PITOT_FORMAT_TEXT, PITOT_ESCAPING_DOTS,
        "# TYPE plain:under_score gauge\nplain:under_score{l__nge=\"1\"} 1\n");
}

static void a_quote_in_a_name_is_escaped_between_quotes(void **state)
{
    const struct pt_family_values gauge = {
        .type = PITOT_GAUGE,
        .name = STR("a\"b\\c\nd"),
        .help = STR(""),
        .quoted = true,
        .series_count = 1,
        .labels = (pitot_str[]){STR("\"q\\\"q\"=\"1\"")},
        .words_per_series = 1,
        .words = (uint64_t[]){1},
    };
    (void)state;

    assert_escaped(&gauge, PITOT_FORMAT_TEXT, PITOT_ESCAPING_NONE,
        "# HELP \"a\\\"b\\\\c\\nd\" \n# TYPE \"a\\\"b\\\\c\\nd\" gauge\n"
        "{\"a\\\"b\\\\c\\nd\",\"q\\\"q\"=\"1\"} 1\n");
    assert_escaped(&gauge, PITOT_FORMAT_TEXT, PITOT_ESCAPING_VALUES,
        "# HELP U__a_22_b_5c_c_a_d \n# TYPE U__a_22_b_5c_c_a_d gauge\n"
        "U__a_22_b_5c_c_a_d{U__q_22_q=\"1\"} 1\n");
}

static void of_families_that_become_one_the_first_stays(void **state)
{
    const struct pt_family_values dot = {.type = PITOT_GAUGE,
        .name = STR("a.b"),
        .quoted = true,
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 1,
        .words = (uint64_t[]){1}};
    struct pt_family_values legacy = dot;
    struct pt_family_values other = dot;
    const struct pt_family_values *families[] = {&dot, &legacy, &legacy, &other};
    size_t dropped = 99;
    pitot_encode_opts opts = {.dropped = &dropped};
    (void)state;

    legacy.name = (pitot_str)STR("a_b");
    legacy.quoted = false;
    other.name = (pitot_str)STR("a_c");
    other.quoted = false;
    assert_page(families, 4, PITOT_FORMAT_TEXT, &opts,
        "# TYPE a_b gauge\na_b 1\n# TYPE a_c gauge\na_c 1\n");
    assert_int_equal(dropped, 1);
    opts.escaping = PITOT_ESCAPING_DOTS;
    assert_page(families, 2, PITOT_FORMAT_TEXT, &opts,
        "# TYPE a_dot_b gauge\na_dot_b 1\n# TYPE a_b gauge\na_b 1\n");
    assert_int_equal(dropped, 0);
}

static void of_series_and_labels_that_become_one_the_first_stays(void **state)
{
    const pitot_exemplar exemplars[] = {{STR("t=\"1\""), 1, 1000000000, 0},
        {STR("t=\"2\""), 2, 2000000000, 0}, {STR("t=\"3\""), 3, 3000000000, 0}};
    const struct pt_family_values counter = {
        .type = PITOT_COUNTER,
        .name = STR("x_total"),
        .quoted = true,
        .series_count = 5,
        .labels = (pitot_str[]){STR("\"a.b\"=\"1\""), STR("a_b=\"1\""),
            STR("\"a.b\"=\"2\",a_b=\"3\""), STR("\"a.b\"=\"1\",c=\"\""), STR("a_b=\"3\"")},
        .words_per_series = 1,
        .words = (uint64_t[]){1, 2, 3, 4, 5},
        .kinds = (uint8_t[]){0, 0, 0, 0, 0},
        .starts = (int64_t[]){1000000000, 2000000000, 3000000000, 4000000000, 5000000000},
        .times = (int64_t[]){1000000000, 2000000000, 3000000000, 4000000000, 5000000000},
        .exemplar_ends = (uint32_t[]){0, 1, 2, 2, 3},
        .exemplars = exemplars,
    };
    const struct pt_family_values *family = &counter;
    size_t dropped = 0;
    (void)state;

    assert_page(&family, 1, PITOT_FORMAT_OPENMETRICS,
        &(pitot_encode_opts){.dropped = &dropped, .created = true},
        "# TYPE x counter\n"
        "x_total{a_b=\"1\"} 1 1\n"
        "x_created{a_b=\"1\"} 1 1\n"
        "x_total{a_b=\"2\"} 3 3 # {t=\"2\"} 2.0 2\n"
        "x_created{a_b=\"2\"} 3 3\n"
        "x_total{a_b=\"3\"} 5 5 # {t=\"3\"} 3.0 3\n"
        "x_created{a_b=\"3\"} 5 5\n"
        "# EOF\n");
    assert_int_equal(dropped, 3); /* two series and a label */
}

/* Up to 16 are compared each with each; there is a table for more. */
static void of_many_labels_that_become_one_the_first_stays(void **state)
{
    (void)state;
    for (int count = 10; count < 40; count++) {
        struct pt_buf block = pt_buf_new(1 << 20), page = pt_buf_new(1 << 20);
        char text[64];
        size_t dropped = 0;

        pt_buf_add_text(&page, "# TYPE x untyped\nx{");
        for (int i = 0; i < count; i++) {
            snprintf(text, sizeof(text), "%s\"l.%d\"=\"v\"", i ? "," : "", i);
            pt_buf_add_text(&block, text);
            snprintf(text, sizeof(text), "%sl_%d=\"v\"", i ? "," : "", i);
            pt_buf_add_text(&page, text);
        }
        snprintf(text, sizeof(text), ",l_0=\"w\",\"l-%d\"=\"w\",z=\"\"", count - 1);
        pt_buf_add_text(&block, text);
        pt_buf_add_text(&page, ",z=\"\"} 1\nx{l_0=\"v\"} 2\n");
        pt_buf_add_char(&page, '\0');
        const struct pt_family_values family = {
            .type = PITOT_UNKNOWN,
            .name = STR("x"),
            .quoted = true,
            .series_count = 2,
            .labels =
                (pitot_str[]){{block.at, block.size}, {block.at, sizeof("\"l.0\"=\"v\"") - 1}},
            .words_per_series = 1,
            .words = (uint64_t[]){1, 2},
        };
        const struct pt_family_values *families[] = {&family};
        assert_page(families, 1, PITOT_FORMAT_TEXT,
            &(pitot_encode_opts){.escaping = PITOT_ESCAPING_UNDERSCORES, .dropped = &dropped},
            page.at);
        assert_int_equal(dropped, 2);
        pt_buf_free(&page);
        pt_buf_free(&block);
    }
}

static void several_points_of_a_series_are_no_collision(void **state)
{
    const struct pt_family_values pieces[2] = {
        {
            .type = PITOT_GAUGE,
            .name = STR("x.y"),
            .quoted = true,
            .series_count = 2,
            .labels = (pitot_str[]){STR("a=\"1\""), STR("a=\"1\"")},
            .words_per_series = 1,
            .words = (uint64_t[]){1, 2},
            .times = (int64_t[]){1000000000, 2000000000},
        },
        {
            .type = PITOT_GAUGE,
            .name = STR("x.y"),
            .quoted = true,
            .series_count = 1,
            .labels = (pitot_str[]){STR("a=\"2\"")},
            .words_per_series = 1,
            .words = (uint64_t[]){3},
        },
    };
    const struct pt_family_values *families[] = {&pieces[0], &pieces[1]};
    (void)state;

    assert_page(families, 2, PITOT_FORMAT_TEXT, NULL,
        "# TYPE x_y gauge\nx_y{a=\"1\"} 1 1000\nx_y{a=\"1\"} 2 2000\nx_y{a=\"2\"} 3\n");
}

/* The table of the first family's series is too large to be kept for the second. */
static void thousands_of_series_do_not_get_in_each_others_way(void **state)
{
    enum { COUNT = 3000, SIZE = 40 };
    static char text[COUNT][SIZE];
    static pitot_str labels[COUNT];
    static uint64_t words[COUNT];
    struct pt_family_values gauges[2] = {{.type = PITOT_GAUGE,
        .name = STR("a.a"),
        .quoted = true,
        .series_count = COUNT,
        .labels = labels,
        .words_per_series = 1,
        .words = words}};
    const struct pt_family_values *families[] = {&gauges[0], &gauges[1]};
    const pitot_snapshot snap = {.families = families, .family_count = 2};
    struct pt_buf page = pt_buf_new(10000000), expected = pt_buf_new(10000000);
    size_t dropped;
    const pitot_encode_opts opts = {.dropped = &dropped};
    (void)state;

    gauges[1] = gauges[0];
    gauges[1].name = (pitot_str)STR("a.b");
    for (int i = 0; i < COUNT; i++) {
        int size = snprintf(text[i], SIZE, "\"l.l\"=\"%d\"", i % (COUNT - 1)); /* the last twice */

        labels[i] = (pitot_str){text[i], (size_t)size};
    }
    for (int i = 0; i < 2 * COUNT; i++) {
        char line[100];

        if (i % COUNT == 0)
            pt_buf_add_text(&expected, i ? "# TYPE a_b gauge\n" : "# TYPE a_a gauge\n");
        if (i % COUNT == COUNT - 1)
            continue;
        snprintf(line, sizeof(line), "a_%c{l_l=\"%d\"} 0\n", i < COUNT ? 'a' : 'b', i % COUNT);
        pt_buf_add_text(&expected, line);
    }
    assert_true(pitot_encode_with(&snap, PITOT_FORMAT_TEXT, &opts, pt_buf_write, &page, NULL));

    assert_int_equal(dropped, 2);
    assert_int_equal(page.size, expected.size);
    assert_memory_equal(page.at, expected.at, page.size);
    pt_buf_free(&page);
    pt_buf_free(&expected);
}

/* ---- Without memory ---- */

static struct {
    size_t calls, fails_at, live;
} heap;

static void *allocate(void *ctx, size_t size)
{
    (void)ctx;
    if (++heap.calls == heap.fails_at)
        return NULL;
    heap.live++;
    return malloc(size);
}

static void *reallocate(void *ctx, void *block, size_t size)
{
    (void)ctx;
    if (++heap.calls == heap.fails_at)
        return NULL;
    heap.live += block == NULL;
    return realloc(block, size);
}

static void release(void *ctx, void *block)
{
    (void)ctx;
    heap.live -= block != NULL;
    free(block);
}

static bool count_bytes(void *ctx, const char *bytes, size_t size)
{
    (void)bytes;
    *(size_t *)ctx += size;
    return true;
}

static void without_memory_the_encoding_fails_and_says_so(void **state)
{
    const pitot_allocator allocator = {allocate, reallocate, release, NULL};
    pitot_error err = {0};
    pitot_snapshot *snap = random_snapshot(7, RANDOM_ALL, &err);
    (void)state;

    assert_non_null(snap);
    pt_alloc_use(&allocator);
    for (int format = 0; format < PITOT_FORMAT_COUNT; format++) {
        bool ok = false;

        for (heap.fails_at = 1; !ok; heap.fails_at++) {
            size_t bytes = 0;

            err = (pitot_error){0};
            heap.calls = 0;
            ok = pitot_encode(snap, (pitot_format)format, count_bytes, &bytes, &err);
            assert_int_equal(heap.live, 0);
            assert_int_equal(err.code, ok ? PITOT_OK : PITOT_ENOMEM);
        }
        assert_true(heap.fails_at > 3);
    }
    pt_alloc_use(NULL);
    pitot_snapshot_free(snap);
}

/* Each piece on its own, and what is left out counted before. */
static bool write_pieces(const pitot_snapshot *snap, pitot_format format, pitot_error *err)
{
    size_t dropped, bytes = 0;
    const pitot_encode_opts opts = {.dropped = &dropped};
    pitot_page *page = pitot_page_new(snap, format, &opts, err);
    bool ok = page != NULL;

    for (size_t i = 0; ok && i < pitot_page_piece_count(page); i++)
        ok = pitot_page_write(page, i, count_bytes, &bytes, err);
    pitot_page_free(page);
    return ok;
}

static void without_memory_a_page_in_pieces_fails_and_says_so(void **state)
{
    const pitot_allocator allocator = {allocate, reallocate, release, NULL};
    pitot_error err = {0};
    pitot_snapshot *snap = random_snapshot(7, RANDOM_ALL, &err);
    (void)state;

    assert_non_null(snap);
    pt_alloc_use(&allocator);
    for (int format = 0; format < PITOT_FORMAT_COUNT; format++) {
        bool ok = false;

        for (heap.fails_at = 1; !ok; heap.fails_at++) {
            err = (pitot_error){0};
            heap.calls = 0;
            ok = write_pieces(snap, (pitot_format)format, &err);
            assert_int_equal(heap.live, 0);
            assert_int_equal(err.code, ok ? PITOT_OK : PITOT_ENOMEM);
        }
        assert_true(heap.fails_at > 4);
    }
    pt_alloc_use(NULL);
    pitot_snapshot_free(snap);
}

static void any_snapshot_can_be_written_in_any_escaping(void **state)
{
    const pitot_format formats[] = {
        PITOT_FORMAT_TEXT, PITOT_FORMAT_OPENMETRICS, PITOT_FORMAT_OPENMETRICS_2};
    pitot_error err = {0};
    (void)state;

    for (uint64_t seed = 1; seed <= 60; seed++) {
        pitot_snapshot *snap = random_snapshot(seed, RANDOM_ALL, &err);

        assert_non_null(snap);
        for (size_t i = 0; i < 12; i++) {
            struct pt_buf page = pt_buf_new(100000000);
            size_t dropped;
            const pitot_encode_opts opts = {
                .escaping = (pitot_escaping)(i % 4), .created = seed % 2, .dropped = &dropped};

            assert_true(pitot_encode_with(snap, formats[i / 4], &opts, pt_buf_write, &page, &err));
            if (opts.escaping != PITOT_ESCAPING_NONE && i / 4 == 0)
                for (size_t j = 0; j + 1 < page.size; j++) /* no name needs quotes any more */
                    assert_false(page.at[j] == '\n' && page.at[j + 1] == '{');
            pt_buf_free(&page);
        }
        pitot_snapshot_free(snap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_that_need_it_are_quoted_and_stand_in_the_braces),
        cmocka_unit_test(each_scheme_rewrites_names_of_families_and_labels),
        cmocka_unit_test(suffixes_are_inside_of_the_quotes),
        cmocka_unit_test(a_legacy_name_stays_outside_of_the_braces_whatever_its_labels),
        cmocka_unit_test(a_quote_in_a_name_is_escaped_between_quotes),
        cmocka_unit_test(of_families_that_become_one_the_first_stays),
        cmocka_unit_test(of_series_and_labels_that_become_one_the_first_stays),
        cmocka_unit_test(of_many_labels_that_become_one_the_first_stays),
        cmocka_unit_test(several_points_of_a_series_are_no_collision),
        cmocka_unit_test(thousands_of_series_do_not_get_in_each_others_way),
        cmocka_unit_test(without_memory_the_encoding_fails_and_says_so),
        cmocka_unit_test(without_memory_a_page_in_pieces_fails_and_says_so),
        cmocka_unit_test(any_snapshot_can_be_written_in_any_escaping),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
