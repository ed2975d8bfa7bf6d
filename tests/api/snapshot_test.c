/* SPDX-License-Identifier: MIT */
/* snapshot_test.c -- a registry frozen at one moment, and its way to whoever reads it. */
#include "test.h"

#include <pthread.h>

static pitot_snapshot *take(pitot_registry *reg)
{
    pitot_error err = {0};
    pitot_snapshot *snap = pitot_snapshot_take(reg, &err);

    assert_ok(&err);
    assert_non_null(snap);
    return snap;
}

static pitot_counter_vec *new_vec(pitot_registry *reg)
{
    return pitot_counter_vec_new(reg, NULL,
        &(pitot_desc){
            .name = "x", .help = "H.", .labels = PITOT_LABELS("a"), .series_max = 100000});
}

static void what_happens_after_it_was_taken_does_not_show(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg);
    pitot_histogram *h = pitot_histogram_new(reg, NULL, &(pitot_desc){.name = "h", .help = "H."});
    (void)state;
    pitot_counter_inc(pitot_counter_with(vec, "1"));
    pitot_snapshot *snap = take(reg);
    char *before = encoded(snap, PITOT_FORMAT_TEXT);

    pitot_counter_inc(pitot_counter_with(vec, "1"));
    pitot_counter_inc(pitot_counter_with(vec, "2"));
    pitot_histogram_observe(h, 1);
    pitot_counter_clear(vec);
    pitot_unregister(reg, NULL, "h");
    char *after = encoded(snap, PITOT_FORMAT_TEXT);

    assert_string_equal(before, after);
    assert_true(has_line(after, "x{a=\"1\"} 1"));
    free(before);
    free(after);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void emit_one(pitot_sink *sink, void *ctx)
{
    (void)ctx;
    pitot_sink_family(sink, PITOT_GAUGE,
        &(pitot_desc){.name = "emitted", .help = "H.", .labels = PITOT_LABELS("a")});
    pitot_sink_sample(sink, 1, "1");
}

static double read_zero(void *ctx)
{
    (void)ctx;
    return 0;
}

static void it_outlives_its_registry(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;
    pitot_counter_inc(pitot_counter_with(new_vec(reg), "1"));
    pitot_collector_add(reg, NULL, &(pitot_collector){.name = "c", .collect = emit_one});
    pitot_function_add(reg, NULL,
        &(pitot_function){.type = PITOT_GAUGE,
            .desc = {.name = "f", .help = "H.", .const_labels = (pitot_label[]){{"l", "v"}, {0}}},
            .read = read_zero});
    pitot_snapshot *one = take(reg), *two = take(reg);
    char *before = encoded(one, PITOT_FORMAT_OPENMETRICS);

    pitot_registry_free(reg);
    char *after = encoded(one, PITOT_FORMAT_OPENMETRICS);
    pitot_snapshot_free(one);

    assert_string_equal(before, after);
    char *page = encoded(two, PITOT_FORMAT_TEXT);
    assert_true(has_line(page, "x{a=\"1\"} 1"));
    assert_true(has_line(page, "emitted{a=\"1\"} 1"));
    assert_true(has_line(page, "f{l=\"v\"} 0"));
    assert_true(has_line(page, "pitot_snapshots_total 2"));
    free(page);
    free(before);
    free(after);
    pitot_snapshot_free(two);
}

static void series_are_counted_not_lines(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = new_vec(reg);
    (void)state;
    pitot_snapshot *empty = take(reg);
    size_t own = pitot_snapshot_series_count(empty);

    pitot_histogram_new(reg, NULL, &(pitot_desc){.name = "h", .help = "H."});
    pitot_counter_with(vec, "1");
    pitot_counter_with(vec, "2");
    pitot_snapshot *three = take(reg);

    assert_true(own > 0);
    assert_int_equal(pitot_snapshot_series_count(three), own + 3);
    pitot_snapshot_free(empty);
    pitot_snapshot_free(three);
    pitot_registry_free(reg);
}

static void a_format_has_its_content_type(void **state)
{
    (void)state;

    assert_string_equal(pitot_format_content_type(PITOT_FORMAT_TEXT),
        "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
    assert_string_equal(pitot_format_content_type(PITOT_FORMAT_OPENMETRICS),
        "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores");
    assert_null(pitot_format_content_type((pitot_format)99));
    assert_null(pitot_format_content_type((pitot_format)-1));
}

static void a_format_that_does_not_exist_is_an_error(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_snapshot *snap = take(reg);
    pitot_error err = {0};
    struct text text = {0};
    (void)state;

    assert_false(pitot_encode(snap, (pitot_format)99, text_write, &text, &err));

    assert_error(&err, PITOT_ENOTFOUND, "encode: there is no format 99");
    assert_null(text.at);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

/* A receiver that takes some pieces and then no more. */
struct receiver {
    int pieces, pieces_max;
    size_t piece_largest;
    struct text text;
};

static bool receive(void *ctx, const char *bytes, size_t size)
{
    struct receiver *receiver = ctx;

    if (receiver->pieces++ == receiver->pieces_max)
        return false;
    if (size > receiver->piece_largest)
        receiver->piece_largest = size;
    return text_write(&receiver->text, bytes, size);
}

static pitot_snapshot *take_large(pitot_registry *reg)
{
    char value[600];
    pitot_counter_vec *vec = new_vec(reg);

    for (int i = 0; i < 2000; i++) {
        memset(value, 'v', sizeof(value));
        snprintf(value + i % 500, 100, "%d", i);
        pitot_counter_with(vec, value);
    }
    return take(reg);
}

static void a_large_page_comes_in_pieces_that_fit_together(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_snapshot *snap = take_large(reg);
    struct receiver receiver = {.pieces_max = 1000000};
    pitot_error err = {0};
    (void)state;

    assert_true(pitot_encode(snap, PITOT_FORMAT_OPENMETRICS, receive, &receiver, &err));

    assert_ok(&err);
    assert_in_range(receiver.pieces, 5, 100);
    assert_in_range(receiver.piece_largest, 1, 64 * 1024);
    assert_int_equal(count_lines(receiver.text.at, "x{a=\""), 2000);
    assert_string_equal(receiver.text.at + receiver.text.size - 6, "# EOF\n");
    free(receiver.text.at);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void a_receiver_that_says_no_is_not_asked_again(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_snapshot *snap = take_large(reg);
    (void)state;

    for (int pieces = 0; pieces < 4; pieces++) {
        struct receiver receiver = {.pieces_max = pieces};
        pitot_error err = {0};

        assert_false(pitot_encode(snap, PITOT_FORMAT_TEXT, receive, &receiver, &err));

        assert_error(&err, PITOT_ESYSTEM, "encode: the receiver stopped it");
        assert_int_equal(receiver.pieces, pieces + 1);
        free(receiver.text.at);
    }
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void help_may_be_larger_than_a_piece(void **state)
{
    enum { SIZE = 300000 };
    char *help = malloc(SIZE + 1);
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;
    memset(help, 'h', SIZE);
    help[SIZE] = '\0';
    help[SIZE / 2] = '\n';

    pitot_gauge_new(reg, &err, &(pitot_desc){.name = "x", .help = help});

    assert_ok(&err);
    char *page = page_of(reg, PITOT_FORMAT_TEXT);
    const char *line = find_line(page, "# HELP x hh");
    assert_non_null(line);
    assert_int_equal(strchr(line, '\n') - line, strlen("# HELP x ") + SIZE + 1);
    assert_int_equal(strspn(line + 9, "h"), SIZE / 2);
    assert_memory_equal(line + 9 + SIZE / 2, "\\n", 2);
    assert_true(has_line(page, "x 0"));
    free(page);
    free(help);
    pitot_registry_free(reg);
}

static void *encode_it(void *snap)
{
    return encoded(snap, PITOT_FORMAT_TEXT);
}

static void several_threads_may_encode_one_snapshot(void **state)
{
    pthread_t threads[4];
    pitot_registry *reg = new_registry();
    pitot_snapshot *snap = take_large(reg);
    char *expected = encoded(snap, PITOT_FORMAT_TEXT);
    (void)state;

    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, encode_it, snap), 0);

    for (size_t i = 0; i < COUNT(threads); i++) {
        void *page;

        pthread_join(threads[i], &page);
        assert_string_equal(page, expected);
        free(page);
    }
    free(expected);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_happens_after_it_was_taken_does_not_show),
        cmocka_unit_test(it_outlives_its_registry),
        cmocka_unit_test(series_are_counted_not_lines),
        cmocka_unit_test(a_format_has_its_content_type),
        cmocka_unit_test(a_format_that_does_not_exist_is_an_error),
        cmocka_unit_test(a_large_page_comes_in_pieces_that_fit_together),
        cmocka_unit_test(a_receiver_that_says_no_is_not_asked_again),
        cmocka_unit_test(help_may_be_larger_than_a_piece),
        cmocka_unit_test(several_threads_may_encode_one_snapshot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
