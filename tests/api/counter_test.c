/* SPDX-License-Identifier: MIT */
/* counter_test.c -- how often, how much in total: exact, never down, safe anywhere. */
#include "test.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

static pitot_counter *new_counter(pitot_registry *reg)
{
    pitot_error err = {0};
    pitot_counter *c = pitot_counter_new(reg, &err, &(pitot_desc){.name = "x_total", .help = "H."});

    assert_ok(&err);
    assert_non_null(c);
    return c;
}

static void a_counter_without_labels_is_exported_as_0_from_the_start(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;

    pitot_counter *c = new_counter(reg);

    assert_true(pitot_counter_value(c) == 0);
    assert_line(reg, "x_total 0");
    pitot_registry_free(reg);
}

static void inc_adds_one(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter *c = new_counter(reg);
    (void)state;

    for (int i = 0; i < 1000; i++)
        pitot_counter_inc(c);

    assert_true(pitot_counter_value(c) == 1000);
    assert_line(reg, "x_total 1000");
    pitot_registry_free(reg);
}

static void amounts_add_up_to_the_text_on_the_page(void **state)
{
    static const struct {
        double adds[4];
        uint64_t add_u64;
        double value;
        const char *text, *openmetrics;
    } rows[] = {
        {{0}, 0, 0, "0", "0"},
        {{1, 2, 3}, 4, 10, "10", "10"},
        {{-0.0}, 0, 0, "0", "0"},
        {{0.5}, 0, 0.5, "0.5", "0.5"},
        {{0.5, 0.25, 2}, 1, 3.75, "3.75", "3.75"},
        {{0.5, 0.5}, 0, 1, "1", "1.0"},
        {{1e6, 0.5, 0.5}, 0, 1000001, "1.000001e+06", "1.000001e+06"},
        {{5e-324}, 0, 5e-324, "5e-324", "5e-324"},
        {{9007199254740992.0, 1}, 0, 9007199254740992.0, "9007199254740993", "9007199254740993"},
        {{18446744073709549568.0}, 2047, 18446744073709551616.0, "18446744073709551615",
            "18446744073709551615"},
        {{18446744073709551616.0}, 0, 18446744073709551616.0, "1.8446744073709552e+19",
            "1.8446744073709552e+19"},
        {{DBL_MAX}, 0, DBL_MAX, "1.7976931348623157e+308", "1.7976931348623157e+308"},
        {{0}, UINT64_MAX, 18446744073709551616.0, "18446744073709551615", "18446744073709551615"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        pitot_registry *reg = new_registry();
        pitot_counter *c = new_counter(reg);
        char expected[200];

        for (size_t j = 0; j < COUNT(rows[i].adds); j++)
            pitot_counter_add(c, rows[i].adds[j]);
        pitot_counter_add_u64(c, rows[i].add_u64);

        assert_true(pitot_counter_value(c) == rows[i].value);
        snprintf(expected, sizeof(expected),
            "# HELP x_total H.\n# TYPE x_total counter\nx_total %s\n", rows[i].text);
        assert_family(reg, PITOT_FORMAT_TEXT, "x_total", expected);
        snprintf(expected, sizeof(expected), "# TYPE x counter\n# HELP x H.\nx_total %s\n",
            rows[i].openmetrics);
        assert_family(reg, PITOT_FORMAT_OPENMETRICS, "x", expected);
        pitot_registry_free(reg);
    }
}

static void a_counter_is_exact_to_the_last_integer_and_then_wraps(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter *c = new_counter(reg);
    (void)state;

    pitot_counter_add_u64(c, UINT64_MAX - 1);
    assert_line(reg, "x_total 18446744073709551614");
    pitot_counter_inc(c);
    assert_line(reg, "x_total 18446744073709551615");
    pitot_counter_inc(c);

    assert_line(reg, "x_total 0");
    pitot_registry_free(reg);
}

static void what_would_take_it_down_or_spoil_it_is_refused_and_counted(void **state)
{
    static const struct {
        double add;
        const char *line;
    } rows[] = {
        {-1, "pitot_dropped_total{reason=\"negative\"} 1"},
        {-5e-324, "pitot_dropped_total{reason=\"negative\"} 1"},
        {-DBL_MAX, "pitot_dropped_total{reason=\"negative\"} 1"},
        {NAN, "pitot_dropped_total{reason=\"not_finite\"} 1"},
        {-NAN, "pitot_dropped_total{reason=\"not_finite\"} 1"},
        {INFINITY, "pitot_dropped_total{reason=\"not_finite\"} 1"},
        {-INFINITY, "pitot_dropped_total{reason=\"not_finite\"} 1"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        pitot_registry *reg = new_registry();
        pitot_counter *c = new_counter(reg);
        pitot_counter_add(c, 2.5);

        pitot_counter_add(c, rows[i].add);

        assert_true(pitot_counter_value(c) == 2.5);
        assert_line(reg, "x_total 2.5");
        assert_line(reg, rows[i].line);
        pitot_registry_free(reg);
    }
}

static void recording_keeps_errno_even_when_it_refuses(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter *c = new_counter(reg);
    pitot_gauge *g = pitot_gauge_new(reg, NULL, &(pitot_desc){.name = "g", .help = "H."});
    pitot_histogram *h = pitot_histogram_new(reg, NULL, &(pitot_desc){.name = "h", .help = "H."});
    (void)state;
    errno = 1234;

    pitot_counter_inc(c);
    pitot_counter_add(c, 0.5);
    pitot_counter_add(c, -1);
    pitot_counter_add(c, NAN);
    pitot_counter_add_u64(c, 3);
    pitot_gauge_set(g, 1);
    pitot_gauge_add(g, 1);
    pitot_gauge_set_to_current_time(g);
    pitot_gauge_set_since(g, 0);
    pitot_histogram_observe(h, 1);
    pitot_histogram_observe(h, NAN);
    pitot_histogram_observe_since(h, pitot_now());

    assert_int_equal(errno, 1234);
    pitot_registry_free(reg);
}

static struct {
    pitot_counter *counter;
    pitot_gauge *gauge;
    pitot_histogram *histogram;
    _Atomic(unsigned) ticks;
} in_handler;

static void record_tick(int signal)
{
    (void)signal;
    pitot_counter_inc(in_handler.counter);
    pitot_counter_add(in_handler.counter, 0.5);
    pitot_gauge_inc(in_handler.gauge);
    pitot_histogram_observe(in_handler.histogram, 1);
    atomic_fetch_add(&in_handler.ticks, 1);
}

/* The handler interrupts the very loop that records on the same handles. */
static void a_signal_handler_may_record_on_what_it_interrupts(void **state)
{
    enum { TICKS = 2000, ROUNDS_MAX = 200000000 };
    static const struct itimerval often = {{0, 20}, {0, 20}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = record_tick, .sa_flags = SA_RESTART};
    pitot_registry *reg = new_registry();
    char line[100];
    unsigned rounds = 0;
    (void)state;
    in_handler.counter = new_counter(reg);
    in_handler.gauge = pitot_gauge_new(reg, NULL, &(pitot_desc){.name = "g", .help = "H."});
    in_handler.histogram = pitot_histogram_new(
        reg, NULL, &(pitot_desc){.name = "h", .help = "H.", .bounds = PITOT_BOUNDS(2)});
    atomic_store(&in_handler.ticks, 0);

    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    for (; atomic_load(&in_handler.ticks) < TICKS && rounds < ROUNDS_MAX; rounds++) {
        pitot_counter_inc(in_handler.counter);
        pitot_counter_add(in_handler.counter, 0.5);
        pitot_gauge_inc(in_handler.gauge);
        pitot_histogram_observe(in_handler.histogram, 1);
    }
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_IGN); /* one may be on its way */

    unsigned all = rounds + atomic_load(&in_handler.ticks);
    assert_in_range(atomic_load(&in_handler.ticks), TICKS, UINT32_MAX);
    assert_true(pitot_counter_value(in_handler.counter) == all * 1.5);
    assert_true(pitot_gauge_value(in_handler.gauge) == all);
    assert_true(pitot_histogram_sum(in_handler.histogram) == all);
    snprintf(line, sizeof(line), "h_bucket{le=\"2\"} %u", all);
    assert_line(reg, line);
    pitot_registry_free(reg);
}

static void a_fraction_does_not_take_back_what_an_integer_has_shown(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter *c =
        pitot_counter_new(reg, NULL, &(pitot_desc){.name = "big_total", .help = "H."});
    (void)state;

    pitot_counter_add_u64(c, ((uint64_t)1 << 60) + 1);
    pitot_counter_add(c, 0.5);
    assert_line(reg, "big_total 1152921504606846977");

    pitot_counter_add(c, 0.5);
    assert_line(reg, "big_total 1152921504606846978");
    pitot_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_without_labels_is_exported_as_0_from_the_start),
        cmocka_unit_test(inc_adds_one),
        cmocka_unit_test(a_fraction_does_not_take_back_what_an_integer_has_shown),
        cmocka_unit_test(amounts_add_up_to_the_text_on_the_page),
        cmocka_unit_test(a_counter_is_exact_to_the_last_integer_and_then_wraps),
        cmocka_unit_test(what_would_take_it_down_or_spoil_it_is_refused_and_counted),
        cmocka_unit_test(recording_keeps_errno_even_when_it_refuses),
        cmocka_unit_test(a_signal_handler_may_record_on_what_it_interrupts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
