/* SPDX-License-Identifier: MIT */
/* json_test.c -- the schema of docs/json.md: pages that are right, and pages that are not. */
#include "tests/encoded.h"

#include <stdio.h>
#include <stdlib.h>

/* A page of one family `x`, up to its first series, and from there on. */
#define HEAD(type) "{\"families\":[{\"name\":\"x\",\"type\":\"" type "\",\"series\":["
#define TAIL "]}]}"

static pitot_snapshot *read_page(const char *page, bool lenient)
{
    pitot_decode_opts opts = {.lenient = lenient};
    pitot_error err = {0};
    char *exact = malloc(strlen(page) + 1); /* without its NUL: to read on would show */

    memcpy(exact, page, strlen(page) + 1);
    exact = realloc(exact, strlen(page) ? strlen(page) : 1);
    pitot_snapshot *snap = pitot_decode(PITOT_FORMAT_JSON, exact, strlen(page), &opts, &err);
    if (!snap)
        fail_msg("%s", err.message);
    free(exact);
    return snap;
}

/* Strict reading says this; lenient reading leaves `series` of them. */
static void assert_problem(const char *page, const char *message, size_t series)
{
    pitot_error err = {0};

    assert_null(pitot_decode(PITOT_FORMAT_JSON, page, strlen(page), NULL, &err));
    assert_string_equal(err.message, message);
    assert_int_equal(err.code, PITOT_EPARSE);
    pitot_snapshot *snap = read_page(page, true);
    assert_int_equal(pitot_snapshot_series_count(snap), series);
    pitot_snapshot_free(snap);
}

/* ---- Writing ---- */

static void integers_and_doubles_are_told_apart_and_exact(void **state)
{
    const struct pt_family_values gauge = {
        .type = PITOT_GAUGE,
        .name = STR("x"),
        .help = STR("H."),
        .series_count = 8,
        .labels = (pitot_str[]){STR("i=\"0\""), STR("i=\"1\""), STR("i=\"2\""), STR("i=\"3\""),
            STR("i=\"4\""), STR("i=\"5\""), STR("i=\"6\""), STR("i=\"7\"")},
        .words_per_series = 1,
        .words = (uint64_t[]){1, UINT64_C(1) << 53, UINT64_MAX, bits(1), bits(-0.0), bits(1e21),
            bits(NAN), bits(-INFINITY)},
        .kinds = (uint8_t[]){PT_U64, PT_U64, PT_U64, PT_DOUBLE, PT_DOUBLE, PT_DOUBLE, PT_DOUBLE,
            PT_DOUBLE},
    };
    (void)state;

    assert_encoded(&gauge, PITOT_FORMAT_JSON,
        "{\"version\":1,\"families\":[\n"
        "{\"name\":\"x\",\"type\":\"gauge\",\"help\":\"H.\",\"series\":[\n"
        "{\"labels\":{\"i\":\"0\"},\"value\":1},\n"
        "{\"labels\":{\"i\":\"1\"},\"value\":9007199254740992},\n"
        "{\"labels\":{\"i\":\"2\"},\"value\":\"18446744073709551615\"},\n"
        "{\"labels\":{\"i\":\"3\"},\"value\":1.0},\n"
        "{\"labels\":{\"i\":\"4\"},\"value\":-0.0},\n"
        "{\"labels\":{\"i\":\"5\"},\"value\":1e+21},\n"
        "{\"labels\":{\"i\":\"6\"},\"value\":\"NaN\"},\n"
        "{\"labels\":{\"i\":\"7\"},\"value\":\"-Inf\"}\n"
        "]}\n]}\n");
}

static void a_histogram_has_all_its_parts(void **state)
{
    const struct pt_family_values histogram = {
        .type = PITOT_HISTOGRAM,
        .name = STR("x_seconds"),
        .unit = STR("seconds"),
        .bound_count = 1,
        .bounds = (double[]){1},
        .series_count = 1,
        .labels = (pitot_str[]){STR("")},
        .words_per_series = 3,
        .words = (uint64_t[]){2, 1, bits(4.5)},
        .starts = (int64_t[]){1700000000123456789},
        .times = (int64_t[]){-1500000000},
        .exemplar_ends = (uint32_t[]){2},
        .exemplars =
            (pitot_exemplar[]){
                {.labels = STR("t=\"a\""), .value = 0.5, .time = 1000000000, .bucket = 0},
                {.value = 3, .time = PITOT_TIME_NONE, .bucket = PITOT_EXEMPLAR_NATIVE}},
        .natives = (pitot_native[]){{.schema = -1,
            .zero_threshold = 0.5,
            .zero_count.u64 = 1,
            .positive_spans = (pitot_span[]){{-2, 1}, {3, 1}},
            .positive_span_count = 2,
            .positive = (pitot_number[]){{.u64 = 1}, {.u64 = 1}},
            .positive_count = 2}},
    };
    (void)state;

    assert_encoded(&histogram, PITOT_FORMAT_JSON,
        "{\"version\":1,\"families\":[\n"
        "{\"name\":\"x_seconds\",\"type\":\"histogram\",\"unit\":\"seconds\",\"series\":[\n"
        "{\"labels\":{},\"count\":3,\"sum\":4.5,"
        "\"buckets\":[{\"le\":1.0,\"count\":2},{\"le\":\"+Inf\",\"count\":1}],"
        "\"native\":{\"schema\":-1,\"zero_threshold\":0.5,\"zero_count\":1,"
        "\"positive\":{\"spans\":[{\"offset\":-2,\"length\":1},{\"offset\":3,\"length\":1}],"
        "\"counts\":[1,1]}},"
        "\"start\":1700000000.123456789,\"time\":-1.5,"
        "\"exemplars\":[{\"labels\":{\"t\":\"a\"},\"value\":0.5,\"time\":1,\"bucket\":0},"
        "{\"labels\":{},\"value\":3.0}]}\n"
        "]}\n]}\n");
}

static void texts_are_escaped_and_names_are_as_they_are(void **state)
{
    const struct pt_family_values info = {
        .type = PITOT_INFO,
        .name = STR("a.\"b\"_info"),
        .help = STR("\x01\x1f\x7f\n\t\\/\xc3\xbc\xff!"),
        .quoted = true,
        .series_count = 1,
        .labels = (pitot_str[]){STR("\"c\\\"d\"=\"\\\\\\n\\\"\"")},
        .words_per_series = 1,
        .words = (uint64_t[]){1},
    };
    (void)state;

    assert_encoded(&info, PITOT_FORMAT_JSON,
        "{\"version\":1,\"families\":[\n"
        "{\"name\":\"a.\\\"b\\\"_info\",\"type\":\"info\","
        "\"help\":\"\\u0001\\u001f\\u007f\\n\\u0009\\\\/\xc3\xbc\xef\xbf\xbd!\",\"series\":[\n"
        "{\"labels\":{\"c\\\"d\":\"\\\\\\n\\\"\"},\"value\":1}\n"
        "]}\n]}\n");
}

static void an_empty_snapshot_is_a_whole_page(void **state)
{
    pitot_snapshot snap = {0};
    struct pt_buf page = pt_buf_new(100);
    (void)state;

    assert_true(pitot_encode(&snap, PITOT_FORMAT_JSON, pt_buf_write, &page, NULL));
    pt_buf_add_char(&page, '\0');

    assert_string_equal(page.at, "{\"version\":1,\"families\":[]}\n");
    pitot_snapshot *back = read_page(page.at, false);
    assert_int_equal(pitot_snapshot_family_count(back), 0);
    pitot_snapshot_free(back);
    pt_buf_free(&page);
}

/* ---- Reading what is right, if unusual ---- */

static void keys_may_come_in_any_order(void **state)
{
    pitot_snapshot *snap = read_page("{\"families\":[{\"series\":[{\"sum\":1.5,\"count\":2,"
                                     "\"buckets\":[{\"count\":2,\"le\":\"+Inf\"}],\"labels\":{}}],"
                                     "\"type\":\"histogram\",\"name\":\"x\"}],\"version\":1}",
        false);
    (void)state;

    assert_int_equal(first_series(snap).numbers[0].u64, 2);
    assert_true(first_series(snap).numbers[1].f64 == 1.5);
    pitot_snapshot_free(snap);
}

static void white_space_may_be_anywhere(void **state)
{
    pitot_snapshot *snap =
        read_page("\r\n{ \"families\" :\t[ { \"name\":\"x\",\"type\" : \"gauge\" , \"series\" : [ {"
                  " \"labels\" : { \"a\" : \"b\" } , \"value\" : 1 } ] } ] } \n",
            false);
    (void)state;

    assert_int_equal(first_series(snap).numbers[0].u64, 1);
    pitot_snapshot_free(snap);
}

static void escapes_are_undone(void **state)
{
    pitot_snapshot *snap =
        read_page(HEAD("gauge") "{\"labels\":{\"\\u0061\\u00fc\":\"\\udbff\\udfff\\/"
                                "\\b\\f\\n\\r\\t\\u0000\\uffe6\"},"
                                "\"value\":1}" TAIL,
            false);
    pitot_str name, value;
    size_t at = 0;
    (void)state;

    assert_true(pitot_labels_next(first_series(snap).labels, &at, &name, &value));
    assert_int_equal(name.size, 3);
    assert_memory_equal(name.at, "a\xc3\xbc", 3);
    assert_int_equal(value.size, 15);
    assert_memory_equal(value.at, "\xf4\x8f\xbf\xbf/\b\f\\n\r\t\0\xef\xbf\xa6", 15);
    pitot_snapshot_free(snap);
}

static void one_double_among_its_counts_makes_all_of_a_series_doubles(void **state)
{
    pitot_snapshot *snap = read_page(
        HEAD("histogram") "{\"labels\":{},\"count\":3,\"sum\":1,\"buckets\":[{\"le\":1,\"count\":"
                          "1.5},{\"le\":\"+Inf\",\"count\":1.5}]}" TAIL,
        false);
    (void)state;

    assert_true(first_series(snap).is_double);
    assert_true(first_series(snap).numbers[1].f64 == 1.5);
    pitot_snapshot_free(snap);
}

static void one_double_among_its_native_counts_does_so_too(void **state)
{
    static const char *const sides[] = {"positive", "negative"};
    (void)state;

    for (int i = 0; i < 2; i++) {
        char page[300];

        snprintf(page, sizeof(page),
            HEAD("histogram") "{\"count\":2,\"native\":{\"schema\":0,\"zero_count\":1,\"%s\":{"
                              "\"spans\":[{\"offset\":0,\"length\":2}],\"counts\":[0,1.5]}}}" TAIL,
            sides[i]);
        pitot_snapshot *snap = read_page(page, false);
        const pitot_native *native = first_series(snap).native;
        assert_true(first_series(snap).is_double);
        assert_true(native->zero_count.f64 == 1);
        assert_true((i == 0 ? native->positive : native->negative)[1].f64 == 1.5);
        pitot_snapshot_free(snap);
    }
}

static void what_is_left_out_is_nothing(void **state)
{
    pitot_snapshot *snap = read_page(HEAD("summary") "{\"count\":3}" TAIL, false);
    pitot_family family;
    (void)state;

    assert_true(pitot_snapshot_family(snap, 0, &family));
    assert_null(family.help.at);
    assert_int_equal(first_series(snap).labels.size, 0);
    assert_true(isnan(first_series(snap).numbers[1].f64));
    assert_true(first_series(snap).start == PITOT_TIME_NONE);
    pitot_snapshot_free(snap);
}

/* ---- Refusing what is wrong ---- */

static void what_is_not_json_is_refused_at_its_place(void **state)
{
    static const struct {
        const char *page, *message;
    } wrong[] = {
        {"", "line 1, column 1: this is not JSON: it ends where a value was expected"},
        {"{\"families\":[\n\n  }", "line 3, column 3: this is not JSON: a value was expected"},
        {"{\"families\":[]", "line 1, column 15: this is not JSON: ',' or '}' was expected"},
        {"{\"families\" []}", "line 1, column 13: this is not JSON: ':' was expected"},
        {"{families:[]}",
            "line 1, column 2: this is not JSON: a key was expected, which is a string"},
        {"{\"families\":[],}",
            "line 1, column 16: this is not JSON: a key was expected, which is a string"},
        {"{\"fam\\x\":1}", "line 1, column 6: this is not JSON: there is no such escape"},
        {"{\"fam\\u12g4\":1}",
            "line 1, column 6: this is not JSON: four hex digits must follow \\u"},
        {"{\"\\ud800\":1}", "line 1, column 3: this is not JSON: a surrogate stands alone"},
        {"{\"\\ud800\\u0041\":1}", "line 1, column 3: this is not JSON: a surrogate stands alone"},
        {"{\"\\udc00\":1}", "line 1, column 3: this is not JSON: a surrogate stands alone"},
        {"{\"\\ud800\\n\":1}", "line 1, column 3: this is not JSON: a surrogate stands alone"},
        {"{\"\\ud800\\ue000\":1}", "line 1, column 3: this is not JSON: a surrogate stands alone"},
        {"{\"\\ud800", "line 1, column 3: this is not JSON: a surrogate stands alone"},
        {"{\"\\udc00\\udc00\":1}", "line 1, column 3: this is not JSON: a surrogate stands alone"},
        {"{\"\\udfff\":1}", "line 1, column 3: this is not JSON: a surrogate stands alone"},
        {"{\"a\xff\":1}", "line 1, column 4: this is not JSON: a string is not UTF-8"},
        {"{\"a\nb\":1}",
            "line 1, column 4: this is not JSON: a control character stands in a string"},
        {"{\"version\":01}", "line 1, column 12: this is not JSON: a number begins with a 0"},
        {"{\"version\":1.}",
            "line 1, column 12: this is not JSON: no digit follows a number's point"},
        {"{\"version\":1e}", "line 1, column 12: this is not JSON: no digit follows a number's e"},
        {"{\"version\":1e", "line 1, column 12: this is not JSON: no digit follows a number's e"},
        {"{\"version\":tr", "line 1, column 12: this is not JSON: a value was expected"},
        {"{\"version\":-}", "line 1, column 12: this is not JSON: a number was expected"},
        {"{\"version\":trux}", "line 1, column 12: this is not JSON: a value was expected"},
        {"{\"version", "line 1, column 10: this is not JSON: it ends inside a string"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_problem(wrong[i].page, wrong[i].message, 0);
}

static void nul_is_no_escape(void **state)
{
    static const char page[] = "{\"a\\\0\":1}";
    pitot_error err = {0};
    (void)state;

    assert_null(pitot_decode(PITOT_FORMAT_JSON, page, sizeof(page) - 1, NULL, &err));

    assert_string_equal(err.message, "line 1, column 4: this is not JSON: there is no such escape");
}

static void what_follows_the_page_is_refused(void **state)
{
    (void)state;

    assert_problem(
        "{\"families\":[]}\n{}", "line 2, column 1: something follows the end of the page", 0);
    assert_problem("{\"families\":[{\"name\":\"x\",\"type\":\"gauge\",\"series\":[]}]}\n{}",
        "line 2, column 1: something follows the end of the page", 0);
}

static void depth_is_bounded(void **state)
{
    char page[200] = "{\"families\":";
    (void)state;
    memset(page + 12, '[', 100);
    page[112] = '\0';

    assert_problem(page, "line 1, column 76: this is not JSON: it is more than 64 levels deep", 0);
}

static void families_are_what_the_schema_says(void **state)
{
    static const struct {
        const char *page, *message;
        size_t series;
    } wrong[] = {
        {"[]", "line 1, column 1: an object was expected: {\"families\":[...]}", 0},
        {"{}", "line 1, column 1: there are no \"families\"", 0},
        {"{\"families\":[],\"more\":[1]}", "line 1, column 16: there is no key \"more\" here", 0},
        {"{\"version\":2,\"families\":[]}", "line 1, column 12: the version of this schema is 1",
            0},
        {"{\"version\":1.5,\"families\":[]}",
            "line 1, column 12: the number \"1.5\" is too large, too small or not whole", 0},
        {"{\"families\":[7]}", "line 1, column 14: a family was expected, which is an object", 0},
        {"{\"families\":[{\"type\":\"gauge\"}]}",
            "line 1, column 14: a family has a \"name\", which is not empty", 0},
        {"{\"families\":[{\"name\":\"x\"}]}", "line 1, column 14: x: a family has a \"type\"", 0},
        {HEAD("guage") TAIL, "line 1, column 33: there is no type \"guage\"", 0},
        {"{\"families\":[{\"name\":\"x\",\"type\":\"gauge\"},\n{\"name\":\"x\",\"type\":\"gauge\"}]"
         "}",
            "line 2, column 1: x: this family was there before; all of it must be in one place", 0},
        {"{\"families\":[{\"name\":\"x\",\"name\":\"y\",\"type\":\"gauge\"}]}",
            "line 1, column 26: the key \"name\" is there twice", 0},
        {HEAD("gauge") "{\"value\":1,\"extra\":{\"a\":[null,true]}}" TAIL,
            "line 1, column 62: x: there is no key \"extra\" here", 1},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_problem(wrong[i].page, wrong[i].message, wrong[i].series);
}

static void a_message_shows_the_beginning_of_what_is_long(void **state)
{
#define X60 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
    (void)state;

    assert_problem("{\"families\":[{\"name\":\"" X60 "yz\",\"type\":\"gauge\",\"series\":[{}]}]}",
        "line 1, column 112: " X60 ": a series of this type has a \"value\"", 0);
    assert_problem("{\"families\":[],\"" X60 "yz\":1}",
        "line 1, column 16: there is no key \"" X60 "\" here", 0);
#undef X60
}

/* Lenient reading leaves such a series out, mostly. */
static void series_are_what_the_schema_says(void **state)
{
    static const struct {
        const char *page, *message;
        size_t series;
    } wrong[] = {
        {HEAD("gauge") "{\"labels\":{}}" TAIL,
            "line 1, column 51: x: a series of this type has a \"value\"", 0},
        {HEAD("gauge") "{\"value\":1,\"sum\":1}" TAIL,
            "line 1, column 51: x: a series of this type has no \"sum\"", 0},
        {HEAD("gauge") "{\"value\":\"1.5\"}" TAIL,
            "line 1, column 60: x: a number was expected, and not \"1.5\"; only NaN, +Inf, -Inf "
            "and "
            "integers may be strings",
            0},
        {HEAD("gauge") "{\"value\":1e999}" TAIL,
            "line 1, column 60: x: a number was expected, and not \"1e999\", which is too large",
            0},
        {HEAD("gauge") "{\"value\":null}" TAIL, "line 1, column 60: x: a number was expected", 0},
        {HEAD("gauge") "{\"labels\":{\"a\":1},\"value\":1}" TAIL,
            "line 1, column 66: x: a string was expected", 0},
        {HEAD("gauge") "{\"labels\":{\"a\":\"1\",\"a\":\"2\"},\"value\":1}" TAIL,
            "line 1, column 70: x: this label is there twice", 0},
        {HEAD("gauge") "{\"value\":1,\"time\":\"now\"}" TAIL,
            "line 1, column 69: x: a time was expected: a number of seconds since 1970", 0},
        {HEAD("gauge") "{\"value\":1,\"time\":1e10}" TAIL,
            "line 1, column 69: x: this time is not one between the years 1677 and 2262", 0},
        {HEAD("gauge") "{\"value\":1},{\"value\":2}" TAIL,
            "line 1, column 63: x: this label set was there before; a series must be there once",
            1},
        {HEAD("summary") "{\"count\":1,\"quantiles\":[{\"quantile\":2,\"value\":1}]}" TAIL,
            "line 1, column 77: x: quantiles are between 0 and 1, and rise", 0},
        {HEAD("counter") "{\"value\":1,\"exemplars\":[{\"labels\":{}}]}" TAIL,
            "line 1, column 77: x: an exemplar has no value", 1},
        {HEAD("counter") "{\"value\":1,\"exemplars\":[{\"value\":1,\"bucket\":1}]}" TAIL,
            "line 1, column 53: x: an exemplar is of a bucket that there is not", 1},
        {HEAD("counter") "{\"value\":1,\"exemplars\":[1]}" TAIL,
            "line 1, column 77: x: an exemplar was expected, which is an object", 0},
        {HEAD("gauge") "7" TAIL, "line 1, column 51: x: a series was expected, which is an object",
            0},
        {HEAD("gauge") "{\"labels\":[],\"value\":1}" TAIL,
            "line 1, column 61: x: labels were expected, which are an object", 0},
        {HEAD("summary") "{\"count\":1,\"quantiles\":[{\"quantile\":-0.5,\"value\":1}]}" TAIL,
            "line 1, column 77: x: quantiles are between 0 and 1, and rise", 0},
        {HEAD("summary") "{\"count\":1,\"quantiles\":[0.5]}" TAIL,
            "line 1, column 77: x: a quantile was expected, which is an object", 0},
        {HEAD("summary") "{\"count\":1,\"labels\":{\"quantile\":\"1\"}}" TAIL,
            "line 1, column 53: x: the label \"quantile\" is kept for the quantiles of a summary",
            0},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_problem(wrong[i].page, wrong[i].message, wrong[i].series);
}

#define H(rest) HEAD("histogram") "{\"sum\":1,\"count\":2," rest "}" TAIL

static void histograms_agree_with_themselves(void **state)
{
    static const struct {
        const char *page, *message;
        size_t series;
    } wrong[] = {
        {H("\"buckets\":[{\"le\":1,\"count\":2}]"),
            "line 1, column 55: x: the last bucket is that of +Inf", 0},
        {H("\"buckets\":[{\"le\":\"+Inf\",\"count\":3}]"),
            "line 1, column 55: x: the buckets do not add up to the \"count\"", 0},
        {H("\"buckets\":[{\"le\":2,\"count\":0},{\"le\":1,\"count\":2}]"),
            "line 1, column 104: x: the bounds of buckets are numbers that rise", 0},
        {H("\"buckets\":[{\"le\":\"+Inf\"}]"),
            "line 1, column 85: x: a bucket has both a bound, \"le\", and a \"count\"", 0},
        {H("\"buckets\":[{\"le\":\"NaN\",\"count\":2}]"),
            "line 1, column 85: x: the bounds of buckets are numbers that rise", 0},
        {H("\"buckets\":[{\"le\":\"+Inf\",\"count\":-2}]"),
            "line 1, column 85: x: the count of a bucket is 0 or more", 0},
        {H("\"buckets\":[2]"), "line 1, column 85: x: a bucket was expected, which is an object",
            0},
        {H("\"buckets\":2"), "line 1, column 84: x: an array was expected", 0},
        {H("\"buckets\":[{\"le\":1,\"count\":\"18446744073709551615\"},"
           "{\"le\":\"+Inf\",\"count\":3}]"), /* 2, but for a carry */
            "line 1, column 55: x: the buckets do not add up to the \"count\"", 0},
        {HEAD("histogram") "{\"count\":-1}" TAIL,
            "line 1, column 55: x: the count of a histogram is 0 or more", 0},
        {HEAD("histogram") "{\"count\":0,\"labels\":{\"le\":\"1\"}}" TAIL,
            "line 1, column 55: x: the label \"le\" is kept for the buckets of a histogram", 0},
        {H("\"buckets\":[{\"le\":\"+Inf\",\"count\":2}],"
           "\"exemplars\":[{\"value\":1,\"bucket\":0},{\"value\":2,\"bucket\":0}]"),
            "line 1, column 55: x: the exemplars are not in the order of their buckets, one for "
            "each",
            1},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_problem(wrong[i].page, wrong[i].message, wrong[i].series);
}

static void native_buckets_agree_with_themselves(void **state)
{
    static const struct {
        const char *page, *message;
        size_t series;
    } wrong[] = {
        {H("\"native\":2"),
            "line 1, column 83: x: native buckets were expected, which are an object", 0},
        {H("\"native\":{\"schema\":4294967296}"),
            "line 1, column 93: x: the number \"4294967296\" is too large, too small or not whole",
            0},
        {H("\"native\":{\"schema\":-4294967296}"),
            "line 1, column 93: x: the number \"-4294967296\" is too large, too small or not whole",
            0},
        {H("\"native\":{\"schema\":0,\"positive\":2}"),
            "line 1, column 106: x: \"spans\" and \"counts\" were expected, in an object", 0},
        {H("\"native\":{\"schema\":0,\"positive\":{\"spans\":2}}"),
            "line 1, column 115: x: an array was expected", 0},
        {H("\"native\":{\"schema\":0,\"positive\":{\"spans\":[2]}}"),
            "line 1, column 116: x: a span was expected, which is an object", 0},
        {H("\"native\":{\"schema\":0,\"positive\":{\"spans\":[{\"offset\":0,\"length\":1},"
           "{\"offset\":-1,\"length\":1}],\"counts\":[1,1]}}"),
            "line 1, column 55: x: positive buckets overlap: the offset is below 0 in span 2", 0},
        {H("\"native\":{\"schema\":0,\"positive\":{\"spans\":[{\"offset\":0,\"length\":1}],"
           "\"counts\":[-0.5]}}"),
            "line 1, column 55: x: positive counts are 0 or more, but not that of bucket 1", 0},
        {H("\"native\":{\"schema\":0,\"zero_count\":-0.5}"),
            "line 1, column 55: x: the count of the zero bucket is below 0, or no number", 0},
        {H("\"native\":{\"schema\":0,\"zero_count\":\"18446744073709551615\","
           "\"negative\":{\"spans\":[{\"offset\":0,\"length\":1}],\"counts\":[3]}}"),
            "line 1, column 55: x: negative counts are too large together: from bucket 1", 0},
        {H("\"native\":{\"schema\":9,\"zero_count\":2}"),
            "line 1, column 55: x: the schema of the native buckets is 9, not one of -4 to 8", 0},
        {H("\"native\":{\"zero_count\":2}"),
            "line 1, column 83: x: native buckets have a \"schema\"", 0},
        {H("\"native\":{\"schema\":0,\"zero_count\":1}"),
            "line 1, column 55: x: the native buckets have 1 observations, and all is 2", 0},
        {H("\"native\":{\"schema\":0,\"positive\":{\"spans\":[{\"offset\":0,\"length\":3}],"
           "\"counts\":[2]}}"),
            "line 1, column 55: x: the positive spans have 3 buckets, but 1 have a count", 0},
        {H("\"buckets\":[{\"le\":0,\"count\":1},{\"le\":\"+Inf\",\"count\":1}],"
           "\"native\":{\"schema\":0,\"zero_count\":1}"),
            "line 1, column 55: x: the native buckets have 1 observations, and all is 2", 1},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_problem(wrong[i].page, wrong[i].message, wrong[i].series);
}

static void reading_ends_after_so_many_problems(void **state)
{
    static const char page[] = HEAD("gauge") "{},{},{},{}" TAIL;
    pitot_decode_opts opts = {.problems_max = 2, .lenient = true};
    (void)state;

    pitot_snapshot *snap = pitot_decode(PITOT_FORMAT_JSON, page, strlen(page), &opts, NULL);

    assert_int_equal(pitot_snapshot_series_count(snap), 0);
    pitot_snapshot_free(snap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_and_doubles_are_told_apart_and_exact),
        cmocka_unit_test(a_histogram_has_all_its_parts),
        cmocka_unit_test(texts_are_escaped_and_names_are_as_they_are),
        cmocka_unit_test(an_empty_snapshot_is_a_whole_page),
        cmocka_unit_test(keys_may_come_in_any_order),
        cmocka_unit_test(white_space_may_be_anywhere),
        cmocka_unit_test(escapes_are_undone),
        cmocka_unit_test(one_double_among_its_counts_makes_all_of_a_series_doubles),
        cmocka_unit_test(one_double_among_its_native_counts_does_so_too),
        cmocka_unit_test(what_is_left_out_is_nothing),
        cmocka_unit_test(what_is_not_json_is_refused_at_its_place),
        cmocka_unit_test(nul_is_no_escape),
        cmocka_unit_test(what_follows_the_page_is_refused),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(families_are_what_the_schema_says),
        cmocka_unit_test(a_message_shows_the_beginning_of_what_is_long),
        cmocka_unit_test(series_are_what_the_schema_says),
        cmocka_unit_test(histograms_agree_with_themselves),
        cmocka_unit_test(native_buckets_agree_with_themselves),
        cmocka_unit_test(reading_ends_after_so_many_problems),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
