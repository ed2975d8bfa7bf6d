/* SPDX-License-Identifier: MIT */
/* protobuf_test.c -- what is written as io.prometheus.client.MetricFamily. */
#include "tests/encoded.h"

#include <stdlib.h>

static struct pt_buf empty(void)
{
    return pt_buf_new(1 << 20);
}

static pitot_snapshot *read_page(struct pt_buf *page)
{
    pitot_error err = {0};
    pitot_snapshot *snap = pitot_decode(PITOT_FORMAT_PROTOBUF, page->at, page->size, NULL, &err);

    if (!snap)
        fail_msg("%s", err.message);
    pt_buf_free(page);
    return snap;
}

static struct pt_buf write_family(const struct pt_family_values *family, pitot_encode_opts *opts)
{
    pitot_snapshot snap = {.families = &family, .family_count = 1};
    struct pt_buf page = empty();

    assert_true(pitot_encode_with(&snap, PITOT_FORMAT_PROTOBUF, opts, pt_buf_write, &page, NULL));
    return page;
}

static void a_counter_is_written_byte_for_byte(void **state)
{
    const struct pt_family_values counter = {
        .type = PITOT_COUNTER,
        .name = STR("a_total"),
        .help = STR("H."),
        .unit = STR("u"),
        .series_count = 1,
        .labels = (pitot_str[]){STR("l=\"v\\\"\\n\\\\\"")},
        .words_per_series = 1,
        .words = (uint64_t[]){3},
        .starts = (int64_t[]){1500000000},
        .times = (int64_t[]){-1},
    };
    static const char expected[] =
        "\x3f\x0a\x07"
        "a_total"
        "\x12\x02"
        "H."
        "\x18\x00"
        "\x2a\x01"
        "u"
        "\x22\x2b\x0a\x09\x0a\x01"
        "l"
        "\x12\x04"
        "v\"\n\\"
        "\x1a\x13\x09\0\0\0\0\0\0\x08\x40\x1a\x08\x08\x01\x10\x80\xca\xb5\xee\x01"
        "\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    (void)state;

    struct pt_buf page = write_family(&counter, NULL);

    assert_int_equal(page.size, sizeof(expected) - 1);
    assert_memory_equal(page.at, expected, page.size);
    pt_buf_free(&page);
}

/* The message of the page that was written, behind its length. */
static bool has_bytes(const struct pt_buf *page, const char *bytes, size_t size)
{
    return memmem(page->at, page->size, bytes, size) != NULL;
}

static void native_buckets_that_show_nothing_say_so_with_a_span(void **state)
{
    const struct pt_family_values native = {
        .type = PITOT_HISTOGRAM,
        .name = STR("x"),
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 2,
        .words = (uint64_t[]){0, bits(0)},
        .natives = (pitot_native[]){{.schema = 3}},
    };
    (void)state;

    struct pt_buf page = write_family(&native, NULL);

    assert_true(has_bytes(&page, "\x62\x04\x08\x00\x10\x00", 6)); /* positive_span {0, 0} */
    pitot_snapshot *snap = read_page(&page);
    assert_non_null(first_series(snap).native);
    assert_int_equal(first_series(snap).native->positive_span_count, 0);
    pitot_snapshot_free(snap);
}

static void integers_above_2_to_53_are_rounded(void **state)
{
    const struct pt_family_values counter = {
        .type = PITOT_COUNTER,
        .name = STR("x_total"),
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 1,
        .words = (uint64_t[]){(UINT64_C(1) << 53) + 1},
    };
    (void)state;

    struct pt_buf page = write_family(&counter, NULL);
    pitot_snapshot *snap = read_page(&page);

    assert_true(first_series(snap).numbers[0].f64 == 9007199254740992.0);
    pitot_snapshot_free(snap);
}

/* The message has integers only. */
static void the_count_of_a_summary_that_is_no_integer_becomes_one(void **state)
{
    static const struct {
        double count;
        uint64_t written;
    } rows[] = {{2.75, 2}, {0x1p53, UINT64_C(1) << 53}, {-1, 0}, {0x1p64, 0}, {NAN, 0}};
    struct pt_family_values summary = {
        .type = PITOT_SUMMARY,
        .name = STR("x"),
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 2,
        .kinds = (uint8_t[]){PT_DOUBLE},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        summary.words = (uint64_t[]){bits(rows[i].count), bits(1.5)};
        struct pt_buf page = write_family(&summary, NULL);
        pitot_snapshot *snap = read_page(&page);
        assert_int_equal(first_series(snap).numbers[0].u64, rows[i].written);
        assert_true(first_series(snap).numbers[1].f64 == 1.5);
        pitot_snapshot_free(snap);
    }
}

static void names_are_escaped_and_what_then_is_the_same_is_dropped(void **state)
{
    const struct pt_family_values counter = {
        .type = PITOT_COUNTER,
        .name = STR("a.b_total"),
        .quoted = true,
        .series_count = 2,
        .labels = (pitot_str[]){STR("\"c.d\"=\"1\""), STR("c_d=\"1\"")},
        .words_per_series = 1,
        .words = (uint64_t[]){1, 2},
    };
    size_t dropped = 7;
    pitot_encode_opts opts = {.escaping = PITOT_ESCAPING_UNDERSCORES, .dropped = &dropped};
    pitot_family family;
    (void)state;

    struct pt_buf page = write_family(&counter, &opts);
    pitot_snapshot *snap = read_page(&page);

    assert_int_equal(dropped, 1);
    assert_true(pitot_snapshot_family(snap, 0, &family));
    assert_int_equal(family.name.size, 9);
    assert_memory_equal(family.name.at, "a_b_total", 9);
    assert_int_equal(family.series_count, 1);
    assert_memory_equal(first_series(snap).labels.at, "c_d=\"1\"", 7);
    pitot_snapshot_free(snap);
}

static void exemplars_without_a_place_are_counted(void **state)
{
    const struct pt_family_values histogram = {
        .type = PITOT_HISTOGRAM,
        .name = STR("x"),
        .bound_count = 1,
        .bounds = (double[]){1},
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 3,
        .words = (uint64_t[]){1, 1, bits(3)},
        .exemplar_ends = (uint32_t[]){4},
        .exemplars = (pitot_exemplar[]){{.value = 0.5, .time = PITOT_TIME_NONE, .bucket = 0},
            {.value = 0.6, .time = PITOT_TIME_NONE, .bucket = 0},
            {.value = 2, .time = 1, .bucket = 1},
            {.value = 2, .time = PITOT_TIME_NONE, .bucket = PITOT_EXEMPLAR_NATIVE}},
    };
    size_t dropped = 0;
    pitot_encode_opts opts = {.dropped = &dropped};
    (void)state;

    struct pt_buf page = write_family(&histogram, &opts);
    pitot_snapshot *snap = read_page(&page);

    assert_int_equal(dropped, 2);
    assert_int_equal(first_series(snap).exemplar_count, 2);
    assert_int_equal(first_series(snap).exemplars[1].bucket, 1);
    pitot_snapshot_free(snap);
}

static void series_with_other_bounds_are_in_the_same_message(void **state)
{
    struct pt_family_values one = {
        .type = PITOT_HISTOGRAM,
        .name = STR("x"),
        .series_count = 1,
        .labels = (pitot_str[]){STR("a=\"1\"")},
        .words_per_series = 2,
        .words = (uint64_t[]){1, bits(3)},
    };
    struct pt_family_values two = one;
    const struct pt_family_values *families[] = {&one, &two};
    pitot_snapshot snap = {.families = families, .family_count = 2, .continued = 1};
    struct pt_buf page = empty();
    (void)state;
    two.labels = (pitot_str[]){STR("a=\"2\"")};

    assert_true(pitot_encode(&snap, PITOT_FORMAT_PROTOBUF, pt_buf_write, &page, NULL));

    assert_int_equal((unsigned char)page.at[0], page.size - 1);
    pitot_snapshot *back = read_page(&page);
    assert_int_equal(pitot_snapshot_family_count(back), 1);
    assert_int_equal(pitot_snapshot_series_count(back), 2);
    pitot_snapshot_free(back);
}

static bool refuse(void *ctx, const char *bytes, size_t size)
{
    (void)bytes;
    (void)size;
    return ++*(int *)ctx < 3;
}

static void writing_ends_when_the_receiver_says_so(void **state)
{
    static char text[300000];
    int calls = 0;
    pitot_error err = {0};
    (void)state;
    memset(text, 'h', sizeof(text));
    const struct pt_family_values gauge = {
        .type = PITOT_GAUGE, .name = STR("x"), .help = {text, sizeof(text)}};
    const struct pt_family_values *families[] = {&gauge};
    pitot_snapshot snap = {.families = families, .family_count = 1};

    assert_false(pitot_encode(&snap, PITOT_FORMAT_PROTOBUF, refuse, &calls, &err));

    assert_int_equal(calls, 3);
    assert_int_equal(err.code, PITOT_ESYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_is_written_byte_for_byte),
        cmocka_unit_test(native_buckets_that_show_nothing_say_so_with_a_span),
        cmocka_unit_test(integers_above_2_to_53_are_rounded),
        cmocka_unit_test(the_count_of_a_summary_that_is_no_integer_becomes_one),
        cmocka_unit_test(names_are_escaped_and_what_then_is_the_same_is_dropped),
        cmocka_unit_test(exemplars_without_a_place_are_counted),
        cmocka_unit_test(series_with_other_bounds_are_in_the_same_message),
        cmocka_unit_test(writing_ends_when_the_receiver_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
