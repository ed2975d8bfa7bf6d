/* SPDX-License-Identifier: MIT */
/*
 * strange.c -- a page of everything that is allowed and looks like trouble, and of what must be
 * kept off it.
 *
 *     strange ADDRESS
 *
 * test_pages.py knows what has to come out.
 */
#include "serve.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define HELP_SIZE ((size_t)1 << 20)
#define NAME_SIZE 256

static const char *const values[] = {
    "",
    "plain",
    "two words",
    " blanks around ",
    "a \"quote\"",
    "back\\slash",
    "ends in \\",
    "two\nlines",
    "\\n",
    "tab\tand\rreturn",
    "{a=\"b\"} 1",
    "# EOF",
    "a,b=\"c\",",
    "\x01\x7f",
    "gr\xc3\xbc\xc3\x9f",
    "\xe4\xb8\x96\xe7\x95\x8c",
    "\xf0\x9f\xa6\x80",
    "\xff",
    "\xfe", /* both become U+FFFD, and so one series */
    "cut \xe4\xb8",
    "surrogate \xed\xa0\x80",
    "overlong \xc0\xaf",
};

#define VALUE_COUNT (sizeof(values) / sizeof(values[0]))

static void make_labels(pitot_registry *reg, pitot_error *err)
{
    char large[PITOT_LABEL_VALUE_MAX + 2];
    pitot_counter_vec *vec = pitot_counter_vec_new(reg, err,
        &(pitot_desc){
            .name = "strange_values_total",
            .help =
                "Label values from \"strangers\": \\ and \\n, then\na second line. \xe2\x82\xac",
            .labels = PITOT_LABELS("value", "second"),
            .const_labels = (const pitot_label[]){{"constant", "a \"b\"\\\n"}, {NULL, NULL}},
        });

    for (size_t i = 0; i < VALUE_COUNT; i++)
        pitot_counter_add_u64(pitot_counter_with(vec, values[i], ""), i + 1);
    memset(large, 'x', sizeof(large)); /* the cut would be in the middle of a character */
    memcpy(large + PITOT_LABEL_VALUE_MAX - 1, "\xc3\xbc", 3);
    pitot_counter_add_u64(pitot_counter_with(vec, large, ""), 1000);
}

static void set_gauge(pitot_registry *reg, pitot_error *err, const char *name, double value)
{
    pitot_gauge *gauge =
        pitot_gauge_new(reg, err, &(pitot_desc){.name = name, .help = "A number."});

    pitot_gauge_set(gauge, value);
}

static void make_numbers(pitot_registry *reg, pitot_error *err)
{
    set_gauge(reg, err, "strange_nan", NAN);
    set_gauge(reg, err, "strange_inf", INFINITY);
    set_gauge(reg, err, "strange_negative_inf", -INFINITY);
    set_gauge(reg, err, "strange_negative_zero", -0.0);
    set_gauge(reg, err, "strange_smallest", 5e-324);
    set_gauge(reg, err, "strange_largest", DBL_MAX);
    set_gauge(reg, err, "strange_third", 1.0 / 3);
    set_gauge(reg, err, "_", 1);
    set_gauge(reg, err, ":strange:name:", 2);
    pitot_counter_add_u64(pitot_counter_new(reg, err,
                              &(pitot_desc){.name = "strange_most_total", .help = "2^64 - 1."}),
        UINT64_MAX);
    pitot_counter_inc(pitot_counter_new(
        reg, err, &(pitot_desc){.name = "strange_requests", .help = "Not called _total."}));
}

static void make_histograms(pitot_registry *reg, pitot_error *err)
{
    pitot_histogram *below = pitot_histogram_new(reg, err,
        &(pitot_desc){
            .name = "strange_celsius",
            .help = "Bounds below 0.",
            .unit = "celsius",
            .bounds = PITOT_BOUNDS(-20, -1e-7, 0, 0.1, 1e+06),
        });
    pitot_histogram_vec *sums = pitot_histogram_vec_new(reg, err,
        &(pitot_desc){
            .name = "strange_sums",
            .help = "Sums that are no numbers.",
            .labels = PITOT_LABELS("sum"),
            .bounds = PITOT_BOUNDS(1),
        });

    pitot_histogram_observe(below, -30);
    pitot_histogram_observe(below, -1e-7);
    pitot_histogram_observe(below, 2e6);
    pitot_histogram_observe(pitot_histogram_with(sums, "+Inf"), INFINITY);
    pitot_histogram_observe(pitot_histogram_with(sums, "NaN"), INFINITY);
    pitot_histogram_observe(pitot_histogram_with(sums, "NaN"), -INFINITY);
    pitot_histogram_observe(pitot_histogram_with(sums, "-2"), -2);
    pitot_histogram_observe(pitot_histogram_with(sums, "0.5"), 0.5);
    pitot_histogram_observe(pitot_histogram_with(sums, "0.5"), NAN); /* refused */
    pitot_histogram_new(reg, err,
        &(pitot_desc){
            .name = "strange_one_bucket", .help = "+Inf alone.", .bounds = PITOT_BOUNDS(INFINITY)});
}

static void make_texts(pitot_registry *reg, pitot_error *err)
{
    char name[NAME_SIZE + 1];
    char *help = malloc(HELP_SIZE + 1);

    if (!help)
        abort();
    for (size_t i = 0; i < HELP_SIZE; i++)
        help[i] = "help \"\\\n#"[i % 9];
    help[HELP_SIZE - 1] = '.';
    help[HELP_SIZE] = '\0';
    pitot_gauge_new(reg, err, &(pitot_desc){.name = "strange_help", .help = help});
    free(help);

    memset(name, 'n', NAME_SIZE);
    name[NAME_SIZE] = '\0';
    set_gauge(reg, err, name, 3);
    pitot_gauge_vec_new(reg, err,
        &(pitot_desc){
            .name = "strange_childless", .help = "None.", .labels = PITOT_LABELS("child")});
}

/* Good families and then one that is not: all of them have to stay off the page. */
static void collect_garbage(pitot_sink *sink, void *kind)
{
    pitot_sink_family(sink, PITOT_GAUGE, &(pitot_desc){.name = "garbage_first", .help = "Good."});
    pitot_sink_sample(sink, 1);
    if (strcmp(kind, "name") == 0) {
        pitot_sink_family(sink, PITOT_GAUGE, &(pitot_desc){.name = "garbage \xff", .help = "Bad."});
        pitot_sink_sample(sink, 1);
    } else if (strcmp(kind, "clash") == 0) {
        pitot_sink_family(
            sink, PITOT_GAUGE, &(pitot_desc){.name = "strange_nan", .help = "Another."});
        pitot_sink_sample(sink, 1);
    } else if (strcmp(kind, "counter") == 0) {
        pitot_sink_family(
            sink, PITOT_COUNTER, &(pitot_desc){.name = "garbage_total", .help = "Less than 0."});
        pitot_sink_sample(sink, -1);
    } else if (strcmp(kind, "twice") == 0) {
        pitot_sink_sample(sink, 2);
    } else {
        pitot_sink_fail(sink, "cannot read \"%s\"\n", "the thing");
    }
}

static void make_garbage(pitot_registry *reg, pitot_error *err)
{
    static char kinds[][8] = {"name", "clash", "counter", "twice", "fail"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        pitot_collector_add(reg, err,
            &(pitot_collector){.name = kinds[i], .collect = collect_garbage, .ctx = kinds[i]});
}

/* What is refused at set-up must leave nothing behind. */
static void make_refused(pitot_registry *reg)
{
    pitot_gauge *gauge = pitot_gauge_new(
        reg, NULL, &(pitot_desc){.name = "refused_help", .help = "not UTF-8: \xff"});

    pitot_gauge_set(gauge, 1);
    pitot_gauge_set(
        pitot_gauge_new(reg, NULL, &(pitot_desc){.name = "refused \xff", .help = "No UTF-8."}), 1);
    pitot_histogram_observe(
        pitot_histogram_new(reg, NULL,
            &(pitot_desc){.name = "strange", .help = "Clashes.", .labels = PITOT_LABELS("le")}),
        1);
}

int main(int argc, char **argv)
{
    sigset_t signals;
    pitot_error err = {0};

    block_signals(&signals);
    pitot_registry *reg = pitot_registry_new(&err);
    make_labels(reg, &err);
    make_numbers(reg, &err);
    make_histograms(reg, &err);
    make_texts(reg, &err);
    make_garbage(reg, &err);
    demand(&err);
    make_refused(reg);
    serve_until_sigterm(serve(reg, argc > 1 ? argv[1] : "127.0.0.1:0"), &signals);
    pitot_registry_free(reg);
    return EXIT_SUCCESS;
}
