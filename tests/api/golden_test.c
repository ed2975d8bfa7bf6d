/* SPDX-License-Identifier: MIT */
/*
 * golden_test.c -- whole pages, byte for byte, as tests/golden/<case>/ has them.
 *
 * `PITOT_BLESS=1 ctest -R api/golden` rewrites the files from what the library writes now; the diff
 * is the review. The library's own families are left out: they are not what a case is about.
 */
#include "../locale.h"
#include "page.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#define EACH_FORMAT(i) (int i = PITOT_FORMAT_TEXT; i <= PITOT_FORMAT_OPENMETRICS; i++)

/* ---- The cases ---- */

static void build_kinds(pitot_registry *reg, pitot_error *err)
{
    pitot_counter *c = pitot_counter_new(reg, err,
        &(pitot_desc){.name = "app_sent_bytes_total", .help = "Bytes sent.", .unit = "bytes"});
    pitot_counter_add(c, 1234567);

    pitot_counter *plain = pitot_counter_new(
        reg, err, &(pitot_desc){.name = "app_requests", .help = "A counter without _total."});
    pitot_counter_inc(plain);

    pitot_counter_vec *errors = pitot_counter_vec_new(reg, err,
        &(pitot_desc){.name = "app_errors_total",
            .help = "Errors by cause and step.",
            .labels = PITOT_LABELS("cause", "step")});
    pitot_counter_add(pitot_counter_with(errors, "timeout", "read"), 2);
    pitot_counter_add(pitot_counter_with(errors, "timeout", "connect"), 0.5);
    pitot_counter_with(errors, "", "read");

    pitot_gauge *g = pitot_gauge_new(reg, err,
        &(pitot_desc){.name = "app_temperature_celsius", .help = "Now.", .unit = "celsius"});
    pitot_gauge_set(g, -12.5);

    pitot_gauge_vec *queue = pitot_gauge_vec_new(reg, err,
        &(pitot_desc){.name = "app_queue_length",
            .help = "Waiting.",
            .labels = PITOT_LABELS("queue"),
            .const_labels = (pitot_label[]){{"shard", "7"}, {"host", "db-1"}, {0}}});
    pitot_gauge_set(pitot_gauge_with(queue, "in"), 3);
    pitot_gauge_set(pitot_gauge_with(queue, "out"), 0);

    pitot_histogram *h = pitot_histogram_new(reg, err,
        &(pitot_desc){.name = "app_duration_seconds",
            .help = "How long.",
            .unit = "seconds",
            .bounds = PITOT_BOUNDS(0.1, 1, 2.5)});
    pitot_histogram_observe(h, 0.1);
    pitot_histogram_observe(h, 2);
    pitot_histogram_observe(h, 3);

    pitot_histogram_vec *sizes = pitot_histogram_vec_new(reg, err,
        &(pitot_desc){.name = "app_size_bytes",
            .help = "How big.",
            .labels = PITOT_LABELS("kind"),
            .const_labels = (pitot_label[]){{"shard", "7"}, {0}},
            .bounds = PITOT_BOUNDS(1024, 1048576)});
    pitot_histogram_observe(pitot_histogram_with(sizes, "row"), 1e5);
    pitot_histogram_with(sizes, "blob");

    pitot_gauge_vec_new(reg, err,
        &(pitot_desc){
            .name = "app_empty", .help = "No child, no line.", .labels = PITOT_LABELS("x")});
}

static void build_escaping(pitot_registry *reg, pitot_error *err)
{
    pitot_gauge_vec *vec = pitot_gauge_vec_new(reg, err,
        &(pitot_desc){.name = "escaped",
            .help = "Back\\slash, \"quotes\", line\nbreak, \ttab, \xe2\x82\xac.",
            .labels = PITOT_LABELS("value"),
            .const_labels = (pitot_label[]){{"path", "C:\\tmp\\\"x\"\n"}, {0}}});
    static const char *const values[] = {"", " ", "\\", "\"", "\n", "\\n", "\\\"", "a\\b\"c\nd",
        "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "\xff", "{a=\"b\"}", "# HELP x y", "tab\tcr\r",
        "trailing\\"};

    for (size_t i = 0; i < COUNT(values); i++)
        pitot_gauge_set(pitot_gauge_with(vec, values[i]), (double)i);
    pitot_gauge_set(pitot_gauge_new(reg, err,
                        &(pitot_desc){.name = "escaped_help", .help = "\\\n\"\\\n\"\n\\n\\\"\\"}),
        1);
    pitot_gauge_new(
        reg, err, &(pitot_desc){.name = "spaces", .help = "  Two before, two after.  "});
}

static void build_numbers(pitot_registry *reg, pitot_error *err)
{
    static const double gauges[] = {0, -0.0, 1, -1, 0.1, 0.5, 100, 1e5, 999999, 1e6, 1234567, 1e20,
        1e21, 1e22, 1e-4, 1e-5, 1.5e-7, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308,
        3.141592653589793, 1700000000.123, 9007199254740992, INFINITY, -INFINITY, NAN};
    static const double counters[] = {0, 1, 0.1, 1e5, 1e6, 1234567.5, 9007199254740991,
        18446744073709549568.0, 18446744073709551616.0, 1e300};
    char value[8];
    pitot_gauge_vec *g = pitot_gauge_vec_new(
        reg, err, &(pitot_desc){.name = "gauge", .help = "H.", .labels = PITOT_LABELS("i")});
    pitot_counter_vec *c = pitot_counter_vec_new(reg, err,
        &(pitot_desc){.name = "counter_total", .help = "H.", .labels = PITOT_LABELS("i")});

    for (size_t i = 0; i < COUNT(gauges); i++) {
        snprintf(value, sizeof(value), "%02zu", i);
        pitot_gauge_set(pitot_gauge_with(g, value), gauges[i]);
    }
    for (size_t i = 0; i < COUNT(counters); i++) {
        snprintf(value, sizeof(value), "%02zu", i);
        pitot_counter_add(pitot_counter_with(c, value), counters[i]);
    }
    pitot_counter_add_u64(pitot_counter_with(c, "max"), UINT64_MAX);
    pitot_counter_add_u64(pitot_counter_with(c, "past 2^53"), 9007199254740993);
}

static void build_histograms(pitot_registry *reg, pitot_error *err)
{
    pitot_histogram *h = pitot_histogram_new(reg, err,
        &(pitot_desc){.name = "bounds_of_all_sizes",
            .help = "How `le` is spelt.",
            .bounds = PITOT_BOUNDS(0, 1e-10, 1e-05, 0.0001, 0.001, 0.1, 0.25, 1, 10, 100000, 1e6,
                2.5e6, 1e10, 1e300)});
    pitot_histogram_observe(h, 1);

    pitot_histogram *negative = pitot_histogram_new(reg, err,
        &(pitot_desc){.name = "negative_bounds",
            .help = "OpenMetrics has no sum here.",
            .bounds = PITOT_BOUNDS(-1.5, 0, 1.5)});
    pitot_histogram_observe(negative, -2);
    pitot_histogram_observe(negative, 1);

    pitot_histogram *below = pitot_histogram_new(reg, err,
        &(pitot_desc){.name = "negative_sum", .help = "Nor here.", .bounds = PITOT_BOUNDS(1)});
    pitot_histogram_observe(below, -2);

    pitot_histogram *nan = pitot_histogram_new(
        reg, err, &(pitot_desc){.name = "no_sum", .help = "Nor here.", .bounds = PITOT_BOUNDS(1)});
    pitot_histogram_observe(nan, INFINITY);
    pitot_histogram_observe(nan, -INFINITY);

    pitot_histogram *infinite = pitot_histogram_new(
        reg, err, &(pitot_desc){.name = "infinite_sum", .help = "Inf.", .bounds = PITOT_BOUNDS(1)});
    pitot_histogram_observe(infinite, INFINITY);

    pitot_histogram *one = pitot_histogram_new(reg, err,
        &(pitot_desc){.name = "one_bucket", .help = "Only +Inf.", .bounds = (double[]){INFINITY}});
    pitot_histogram_observe(one, 0.3);
}

static double one_and_a_half(void *ctx)
{
    (void)ctx;
    return 1.5;
}

static void emit_sink(pitot_sink *sink, void *ctx)
{
    (void)ctx;
    pitot_sink_family(sink, PITOT_UNKNOWN,
        &(pitot_desc){
            .name = "sink_unknown", .help = "Unknown.", .labels = PITOT_LABELS("b", "a")});
    pitot_sink_sample(sink, 2, "2", "1");
    pitot_sink_value_u64(sink, 1, (const char *const[]){"1", "\n"}, 2);
    pitot_sink_family(sink, PITOT_COUNTER,
        &(pitot_desc){.name = "sink_done_total", .help = "Counter.", .labels = PITOT_LABELS("a")});
    pitot_sink_sample(sink, 3, "double");
    pitot_sink_value_u64(sink, 3, (const char *const[]){"integer"}, 1);
    pitot_sink_family(sink, PITOT_GAUGE,
        &(pitot_desc){.name = "sink_free_bytes", .help = "Gauge.", .unit = "bytes"});
    pitot_sink_value_u64(sink, UINT64_MAX, NULL, 0);
    pitot_sink_family(sink, PITOT_HISTOGRAM,
        &(pitot_desc){.name = "sink_seconds", .help = "Buckets.", .bounds = PITOT_BOUNDS(0.5, 5)});
    pitot_sink_histogram(sink, (const uint64_t[]){1, 0, UINT32_MAX}, 3, 1e6, NULL, 0);
    pitot_sink_family(sink, PITOT_GAUGE, &(pitot_desc){.name = "sink_empty", .help = "Nothing."});
}

static void build_elsewhere(pitot_registry *reg, pitot_error *err)
{
    pitot_function_add(reg, err,
        &(pitot_function){.type = PITOT_GAUGE,
            .desc = {.name = "read_gauge", .help = "H."},
            .read = one_and_a_half});
    pitot_function_add(reg, err,
        &(pitot_function){.type = PITOT_COUNTER,
            .desc = {.name = "read_total",
                .help = "H.",
                .const_labels = (pitot_label[]){{"source", "call"}, {0}}},
            .read = one_and_a_half});
    pitot_collector_add(reg, err, &(pitot_collector){.name = "sink", .collect = emit_sink});
}

/* Names and values that sort differently by byte, by length and by number. */
static const char *const names[] = {
    "order", "order2", "order10", "order_", "ORDER", "Order", "o", "order:a", "orders"};
static const char *const values[] = {
    "", "a", "A", "aa", "b", "10", "9", "\xc3\xa9", "~", " ", "\"", "_"};

static void build_in_order(pitot_registry *reg, pitot_error *err, size_t step)
{
    for (size_t i = 0; i < COUNT(names); i++) {
        size_t name = i * step % COUNT(names);
        pitot_gauge_vec *vec = pitot_gauge_vec_new(reg, err,
            &(pitot_desc){.name = names[name], .help = "H.", .labels = PITOT_LABELS("a", "b")});

        for (size_t j = 0; j < COUNT(values); j++) {
            size_t a = j * step % COUNT(values), b = (a + 5) % COUNT(values);

            pitot_gauge_set(pitot_gauge_with(vec, values[a], values[b]), 1);
            pitot_gauge_set(pitot_gauge_with(vec, values[a], values[a]), 2);
        }
    }
}

static void build_order(pitot_registry *reg, pitot_error *err)
{
    build_in_order(reg, err, 1);
}

static const struct golden {
    const char *name;
    void (*build)(pitot_registry *reg, pitot_error *err);
} goldens[] = {
    {"kinds", build_kinds},
    {"escaping", build_escaping},
    {"numbers", build_numbers},
    {"histograms", build_histograms},
    {"elsewhere", build_elsewhere},
    {"order", build_order},
};

/* ---- Comparing ---- */

static const char *const files[] = {
    [PITOT_FORMAT_TEXT] = "text.prom",
    [PITOT_FORMAT_OPENMETRICS] = "openmetrics.txt",
};

/* Takes out the lines of the families `pitot_*`. */
static char *without_own(char *page)
{
    static const char *const starts[] = {
        "pitot_", "# HELP pitot_", "# TYPE pitot_", "# UNIT pitot_"};
    char *to = page;

    for (char *line = page; *line;) {
        char *next = strchr(line, '\n') + 1;
        bool own = false;

        for (size_t i = 0; i < COUNT(starts); i++)
            own |= strncmp(line, starts[i], strlen(starts[i])) == 0;
        if (!own) {
            memmove(to, line, (size_t)(next - line));
            to += next - line;
        }
        line = next;
    }
    *to = '\0';
    return page;
}

static char *page_of_golden(const struct golden *golden, pitot_format format)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};

    golden->build(reg, &err);
    assert_ok(&err);
    char *page = page_of(reg, format);
    pitot_registry_free(reg);
    assert_page(page, format);
    return without_own(page);
}

static void path_of(char *path, size_t size, const struct golden *golden, const char *file)
{
    const char *root = getenv("SOURCE_DIR");

    assert_non_null(root);
    snprintf(path, size, "%s/tests/golden/%s%s%s", root, golden->name, file ? "/" : "",
        file ? file : "");
}

static char *read_golden(const struct golden *golden, pitot_format format)
{
    char path[1000];
    struct text text = {0};
    char chunk[4096];
    size_t size;

    path_of(path, sizeof(path), golden, files[format]);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("cannot read %s; make it with PITOT_BLESS=1", path);
    while ((size = fread(chunk, 1, sizeof(chunk), file)) > 0)
        text_write(&text, chunk, size);
    fclose(file);
    return text.at;
}

static void bless(const struct golden *golden, pitot_format format, const char *page)
{
    char path[1000];

    path_of(path, sizeof(path), golden, NULL);
    mkdir(path, 0777);
    path_of(path, sizeof(path), golden, files[format]);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(page, file);
    assert_int_equal(fclose(file), 0);
}

static void every_page_is_the_golden_one(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT(goldens); i++) {
        for
            EACH_FORMAT(format)
            {
                char *page = page_of_golden(&goldens[i], (pitot_format)format);

                if (getenv("PITOT_BLESS"))
                    bless(&goldens[i], (pitot_format)format, page);
                char *golden = read_golden(&goldens[i], (pitot_format)format);
                assert_string_equal(page, golden);
                free(golden);
                free(page);
            }
    }
}

static void the_order_of_making_things_does_not_show(void **state)
{
    static const size_t steps[] = {1, 5, 7, 11, 13};
    const struct golden *order = &goldens[COUNT(goldens) - 1];
    (void)state;

    for (size_t i = 0; i < COUNT(steps); i++) {
        pitot_registry *reg = new_registry();
        pitot_error err = {0};

        build_in_order(reg, &err, steps[i]);

        assert_ok(&err);
        for
            EACH_FORMAT(format)
            {
                char *golden = read_golden(order, (pitot_format)format);
                char *page = without_own(page_of(reg, (pitot_format)format));

                assert_string_equal(page, golden);
                free(golden);
                free(page);
            }
        pitot_registry_free(reg);
    }
}

/* Series that come one by one between scrapes are sorted in, too. */
static void a_page_between_two_changes_does_not_change_the_order(void **state)
{
    const struct golden *order = &goldens[COUNT(goldens) - 1];
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    build_in_order(reg, &err, 7);
    pitot_gauge_vec *vec = pitot_gauge_vec_new(
        reg, &err, &(pitot_desc){.name = "o", .help = "H.", .labels = PITOT_LABELS("a", "b")});
    for (size_t i = 0; i < COUNT(values); i++) {
        const char *const pair[] = {values[i * 5 % COUNT(values)], values[i * 5 % COUNT(values)]};

        free(page_of(reg, PITOT_FORMAT_TEXT));
        assert_int_equal(pitot_gauge_remove(vec, pair, 2), 1);
        free(page_of(reg, PITOT_FORMAT_TEXT));
        pitot_gauge_set(pitot_gauge_child(vec, pair, 2), 2);
    }

    assert_ok(&err);
    char *golden = read_golden(order, PITOT_FORMAT_TEXT);
    char *page = without_own(page_of(reg, PITOT_FORMAT_TEXT));
    assert_string_equal(page, golden);
    free(golden);
    free(page);
    pitot_registry_free(reg);
}

static void the_locale_does_not_show(void **state)
{
    char folder[] = COMMA_LOCALE_FOLDER, half[16];
    (void)state;
    if (system("command -v localedef >/dev/null") != 0) {
        print_message("localedef is missing: nothing to test with\n");
        skip();
    }
    use_comma_locale(folder, LC_ALL);
    snprintf(half, sizeof(half), "%.1f", 0.5);
    assert_string_equal(half, "0,5"); /* the locale is in force */

    for (size_t i = 0; i < COUNT(goldens); i++) {
        for
            EACH_FORMAT(format)
            {
                char *page = page_of_golden(&goldens[i], (pitot_format)format);
                char *golden = read_golden(&goldens[i], (pitot_format)format);

                assert_string_equal(page, golden);
                free(golden);
                free(page);
            }
    }
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    pitot_histogram_new(
        reg, &err, &(pitot_desc){.name = "x", .help = "H.", .bounds = PITOT_BOUNDS(2.5, 0.5)});
    assert_error(
        &err, PITOT_EINVAL, "metric \"x\": bound 1 (0.5) is not above the one before it (2.5)");
    pitot_registry_free(reg);

    leave_comma_locale(folder, LC_ALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_page_is_the_golden_one),
        cmocka_unit_test(the_order_of_making_things_does_not_show),
        cmocka_unit_test(a_page_between_two_changes_does_not_change_the_order),
        cmocka_unit_test(the_locale_does_not_show),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
