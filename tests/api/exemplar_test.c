/* SPDX-License-Identifier: MIT */
/*
 * exemplar_test.c -- observations with the trace that stands for them: what is kept, what is
 * refused, and that no recording is lost for it.
 */
#include "test.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>

#define TEXT_128                                                                                   \
    "0123456789012345678901234567890123456789012345678901234567890123"                             \
    "0123456789012345678901234567890123456789012345678901234567890123"

static const double three_bounds[] = {1, 2, 5, INFINITY};

static pitot_counter *new_counter(pitot_registry *reg)
{
    pitot_error err = {0};
    pitot_counter *c = pitot_counter_new(
        reg, &err, &(pitot_desc){.name = "c_total", .help = "H.", .exemplars = true});

    assert_ok(&err);
    return c;
}

static pitot_histogram *new_histogram(pitot_registry *reg)
{
    pitot_error err = {0};
    pitot_histogram *h = pitot_histogram_new(reg, &err,
        &(pitot_desc){.name = "h", .help = "H.", .bounds = three_bounds, .exemplars = true});

    assert_ok(&err);
    return h;
}

/* The only series of the family, as a snapshot of now has it. Free that. */
static pitot_snapshot *take(pitot_registry *reg, const char *name, pitot_series *series)
{
    pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);
    pitot_family family;

    assert_non_null(snap);
    for (size_t i = 0; pitot_snapshot_family(snap, i, &family); i++)
        if (strcmp(family.name.at, name) == 0 && pitot_snapshot_series(snap, i, 0, series))
            return snap;
    fail_msg("no series of %s", name);
    return NULL;
}

static void assert_exemplar(
    const pitot_exemplar *exemplar, uint32_t bucket, const char *labels, double value)
{
    assert_int_equal(exemplar->bucket, bucket);
    assert_string_equal(exemplar->labels.at, labels);
    assert_int_equal(exemplar->labels.size, strlen(labels));
    assert_true(exemplar->value == value);
}

static void assert_dropped(pitot_registry *reg, unsigned count)
{
    char line[100];

    snprintf(line, sizeof(line), "pitot_dropped_total{reason=\"exemplar\"} %u", count);
    assert_line(reg, line);
}

static void a_counter_shows_the_newest_exemplar(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter *c = new_counter(reg);
    pitot_series series;
    (void)state;

    pitot_snapshot *snap = take(reg, "c_total", &series);
    assert_int_equal(series.exemplar_count, 0);
    assert_null(series.exemplars);
    pitot_snapshot_free(snap);

    pitot_counter_inc_exemplar(c, PITOT_EXEMPLAR("trace_id", "abc"));
    pitot_counter_add_exemplar(c, 2.5, PITOT_EXEMPLAR("trace_id", "def", "span_id", "1"));
    pitot_counter_inc(c);

    snap = take(reg, "c_total", &series);
    assert_int_equal(series.exemplar_count, 1);
    assert_exemplar(&series.exemplars[0], 0, "trace_id=\"def\",span_id=\"1\"", 2.5);
    assert_true(pitot_counter_value(c) == 4.5);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void every_bucket_shows_the_newest_exemplar_of_its_own(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_histogram *h = new_histogram(reg);
    pitot_series series;
    (void)state;

    pitot_histogram_observe_exemplar(h, 1, PITOT_EXEMPLAR("a", "first"));
    pitot_histogram_observe_exemplar(h, 5, PITOT_EXEMPLAR("a", "old"));
    pitot_histogram_observe_exemplar(h, 2.5, PITOT_EXEMPLAR("a", "new"));
    pitot_histogram_observe_exemplar(h, 6, PITOT_EXEMPLAR("a", "last"));
    pitot_histogram_observe(h, 1.5);

    pitot_snapshot *snap = take(reg, "h", &series);
    assert_int_equal(series.exemplar_count, 3);
    assert_exemplar(&series.exemplars[0], 0, "a=\"first\"", 1);
    assert_exemplar(&series.exemplars[1], 2, "a=\"new\"", 2.5);
    assert_exemplar(&series.exemplars[2], 3, "a=\"last\"", 6);
    assert_int_equal(pitot_histogram_count(h), 5);
    assert_true(pitot_histogram_sum(h) == 16);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void an_exemplar_is_in_the_bucket_that_counts_it(void **state)
{
    const double values[] = {-INFINITY, -1, -0.0, 0, 0.999, 1, nextafter(1, 2), 2, nextafter(2, 3),
        4.999, 5, nextafter(5, 6), 1e300, INFINITY};
    (void)state;

    for (size_t i = 0; i < COUNT(values); i++) {
        pitot_registry *reg = new_registry();
        pitot_histogram *h = new_histogram(reg);
        pitot_series series;

        pitot_histogram_observe_exemplar(h, values[i], PITOT_EXEMPLAR("a", "b"));

        pitot_snapshot *snap = take(reg, "h", &series);
        assert_int_equal(series.exemplar_count, 1);
        assert_int_equal(series.numbers[series.exemplars[0].bucket].u64, 1);
        assert_true(series.exemplars[0].value == values[i]);
        pitot_snapshot_free(snap);
        pitot_registry_free(reg);
    }
}

static void exemplars_belong_to_their_own_series(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;
    pitot_histogram_vec *vec = pitot_histogram_vec_new(reg, NULL,
        &(pitot_desc){.name = "h",
            .help = "H.",
            .labels = PITOT_LABELS("x"),
            .bounds = three_bounds,
            .exemplars = true});
    pitot_series series;

    pitot_histogram_observe_exemplar(pitot_histogram_with(vec, "c"), 3, PITOT_EXEMPLAR("a", "3"));
    pitot_histogram_observe(pitot_histogram_with(vec, "b"), 3);
    pitot_histogram_observe_exemplar(pitot_histogram_with(vec, "a"), 1, PITOT_EXEMPLAR("a", "1"));
    pitot_histogram_observe_exemplar(pitot_histogram_with(vec, "a"), 2, PITOT_EXEMPLAR("a", "2"));

    pitot_snapshot *snap = take(reg, "h", &series);
    assert_int_equal(series.exemplar_count, 2);
    assert_exemplar(&series.exemplars[1], 1, "a=\"2\"", 2);
    assert_true(pitot_snapshot_series(snap, 0, 1, &series));
    assert_int_equal(series.exemplar_count, 0);
    assert_true(pitot_snapshot_series(snap, 0, 2, &series));
    assert_int_equal(series.exemplar_count, 1);
    assert_exemplar(&series.exemplars[0], 2, "a=\"3\"", 3);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void an_exemplar_says_when_it_was(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter *c = new_counter(reg);
    struct timespec before, after;
    pitot_series series;
    (void)state;

    clock_gettime(CLOCK_REALTIME, &before);
    pitot_counter_inc_exemplar(c, PITOT_EXEMPLAR("a", "b"));
    clock_gettime(CLOCK_REALTIME, &after);

    pitot_snapshot *snap = take(reg, "c_total", &series);
    int64_t time = series.exemplars[0].time;
    assert_true(time >= (int64_t)before.tv_sec * 1000000000 + before.tv_nsec - 20000000);
    assert_true(time <= (int64_t)after.tv_sec * 1000000000 + after.tv_nsec);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void labels_are_escaped_and_copied(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter *c = new_counter(reg);
    char value[] = "q\" b\\ l\n \xc3\xa9";
    pitot_series series;
    (void)state;

    pitot_counter_inc_exemplar(c, PITOT_EXEMPLAR("a", value, "b", ""));
    memset(value, 'x', sizeof(value));

    pitot_snapshot *snap = take(reg, "c_total", &series);
    assert_exemplar(&series.exemplars[0], 0, "a=\"q\\\" b\\\\ l\\n \xc3\xa9\",b=\"\"", 1);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void an_exemplar_may_have_no_labels(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter *c = new_counter(reg);
    pitot_series series;
    (void)state;

    pitot_counter_add_exemplar(c, 3, (const pitot_label[]){{NULL, NULL}});

    pitot_snapshot *snap = take(reg, "c_total", &series);
    assert_int_equal(series.exemplar_count, 1);
    assert_exemplar(&series.exemplars[0], 0, "", 3);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

/* name, value, whether that is an exemplar */
static const struct {
    const char *name, *value;
    bool good;
} limits[] = {
    {"a", TEXT_128, false},
    {"a", &TEXT_128[1], true}, /* 128 characters */
    {TEXT_128, "", false},     /* no letter first */
    {"x", "\xc3\xa9\xc3\xa9", true},
    {"x", "\xc3", false},
    {"x", "\xff", false},
    {"x", "\xc0\x80", false},
    {"x", "a\xed\xa0\x80", false},
    {"x", NULL, false},
    {"", "v", false},
    {"1x", "v", false},
    {"@x", "v", false},
    {"[x", "v", false},
    {"{x", "v", false},
    {"Zz", "v", true},
    {"zZ", "v", true},
    {"x{", "v", false},
    {"x\x1f", "v", false},
    {"x" TEXT_128 "0123456789012345678901234567890123456789", "", false}, /* nor fits a slot */
    {"x.y", "v", false},
    {"x:y", "v", false},
    {"\xc3\xa9", "v", false},
    {"_x9", "v", true},
    {"__x", "v", false},
    {"le", "v", false},
    {"quantile", "v", false},
    {"les", "v", true},
};

static void labels_past_the_limit_or_broken_are_no_exemplar_but_count(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT(limits); i++) {
        pitot_registry *reg = new_registry();
        pitot_counter *c = new_counter(reg);
        pitot_histogram *h = new_histogram(reg);
        pitot_series series;

        pitot_counter_inc_exemplar(c, PITOT_EXEMPLAR(limits[i].name, limits[i].value));
        pitot_histogram_observe_exemplar(
            h, 1, PITOT_EXEMPLAR("ok", "", limits[i].name, limits[i].value));
        pitot_snapshot *snap = take(reg, "c_total", &series);
        if (series.exemplar_count != limits[i].good)
            fail_msg("row %zu: %zu exemplars", i, series.exemplar_count);
        pitot_snapshot_free(snap);
        assert_true(pitot_counter_value(c) == 1);
        assert_int_equal(pitot_histogram_count(h), 1);
        /* Two more characters are in the histogram's. */
        assert_dropped(reg, (limits[i].good ? 0u : 2u) + (i == 1));
        pitot_registry_free(reg);
    }
}

/* 60 characters of 2 bytes are few enough, 80 are too many bytes. */
static void a_label_name_twice_or_too_many_bytes_are_no_exemplar(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter *c = new_counter(reg);
    char text[161];
    (void)state;
    for (size_t i = 0; i < 160; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    text[160] = '\0';

    pitot_counter_inc_exemplar(c, PITOT_EXEMPLAR("a", text));
    assert_dropped(reg, 1);
    text[120] = '\0';
    pitot_counter_inc_exemplar(c, PITOT_EXEMPLAR("a", text));
    assert_dropped(reg, 1);
    pitot_counter_inc_exemplar(c, PITOT_EXEMPLAR("a", "1", "b", "2", "a", "3"));
    assert_dropped(reg, 2);
    memset(text, '"', 100);
    text[100] = '\0'; /* 200 bytes once escaped */
    pitot_counter_inc_exemplar(c, PITOT_EXEMPLAR("a", text));
    assert_dropped(reg, 3);
    assert_true(pitot_counter_value(c) == 4);
    pitot_registry_free(reg);
}

static void the_largest_amount_has_one(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter *c = new_counter(reg);
    pitot_series series;
    (void)state;

    pitot_counter_add_exemplar(c, DBL_MAX, PITOT_EXEMPLAR("a", "b"));
    pitot_snapshot *snap = take(reg, "c_total", &series);
    assert_int_equal(series.exemplar_count, 1);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void what_is_not_counted_has_no_exemplar(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter *c = new_counter(reg);
    pitot_histogram *h = new_histogram(reg);
    pitot_series series;
    (void)state;

    pitot_counter_add_exemplar(c, -1, PITOT_EXEMPLAR("a", "b"));
    pitot_counter_add_exemplar(c, NAN, PITOT_EXEMPLAR("a", "b"));
    pitot_counter_add_exemplar(c, INFINITY, PITOT_EXEMPLAR("a", "b"));
    pitot_histogram_observe_exemplar(h, NAN, PITOT_EXEMPLAR("a", "b"));

    pitot_snapshot *snap = take(reg, "c_total", &series);
    assert_int_equal(series.exemplar_count, 0);
    pitot_snapshot_free(snap);
    snap = take(reg, "h", &series);
    assert_int_equal(series.exemplar_count, 0);
    pitot_snapshot_free(snap);
    assert_line(reg, "pitot_dropped_total{reason=\"not_finite\"} 3");
    assert_line(reg, "pitot_dropped_total{reason=\"negative\"} 1");
    assert_dropped(reg, 0);
    pitot_registry_free(reg);
}

static void a_metric_without_exemplars_counts_the_observation_only(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter *c = pitot_counter_new(reg, NULL, &(pitot_desc){.name = "c_total", .help = "H."});
    pitot_histogram *h = pitot_histogram_new(
        reg, NULL, &(pitot_desc){.name = "h", .help = "H.", .bounds = three_bounds});
    pitot_series series;
    (void)state;

    pitot_counter_inc_exemplar(c, PITOT_EXEMPLAR("a", "b"));
    pitot_histogram_observe_exemplar(h, 1, PITOT_EXEMPLAR("le", "b"));
    pitot_histogram_observe_exemplar(h, 1, NULL);

    pitot_snapshot *snap = take(reg, "h", &series);
    assert_int_equal(series.exemplar_count, 0);
    pitot_snapshot_free(snap);
    assert_true(pitot_counter_value(c) == 1);
    assert_int_equal(pitot_histogram_count(h), 2);
    assert_dropped(reg, 0);
    pitot_registry_free(reg);
}

static void a_reset_forgets_exemplars_and_a_removal_too(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_histogram *h = new_histogram(reg);
    pitot_series series;
    (void)state;
    pitot_counter_vec *vec = pitot_counter_vec_new(reg, NULL,
        &(pitot_desc){
            .name = "c_total", .help = "H.", .labels = PITOT_LABELS("a"), .exemplars = true});
    pitot_counter *removed = pitot_counter_with(vec, "x");

    pitot_histogram_observe_exemplar(h, 1, PITOT_EXEMPLAR("a", "b"));
    pitot_histogram_reset(h);
    pitot_histogram_observe(h, 1);
    pitot_counter_inc_exemplar(removed, PITOT_EXEMPLAR("a", "b"));
    pitot_counter_clear(vec);
    pitot_counter_inc_exemplar(removed, PITOT_EXEMPLAR("a", "b"));
    pitot_counter_inc_exemplar(removed, PITOT_EXEMPLAR("le", "b"));
    pitot_counter_inc(pitot_counter_with(vec, "x"));

    pitot_snapshot *snap = take(reg, "h", &series);
    assert_int_equal(series.exemplar_count, 0);
    pitot_snapshot_free(snap);
    snap = take(reg, "c_total", &series);
    assert_int_equal(series.exemplar_count, 0);
    assert_dropped(reg, 0);
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

static void only_counters_and_histograms_have_exemplars(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    assert_null(
        pitot_gauge_new(reg, &err, &(pitot_desc){.name = "g", .help = "H.", .exemplars = true}));
    assert_error(
        &err, PITOT_EINVAL, "metric \"g\": .exemplars is for counters and histograms, not a gauge");
    err = (pitot_error){0};
    new_counter(reg);
    assert_null(pitot_counter_new(reg, &err, &(pitot_desc){.name = "c_total", .help = "H."}));
    assert_error(&err, PITOT_EEXIST, "metric \"c_total\" exists with exemplars, not without");
    pitot_registry_free(reg);
}

static double read_one(void *ctx)
{
    (void)ctx;
    return 1;
}

static void a_function_metric_has_no_exemplars(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    assert_false(pitot_function_add(reg, &err,
        &(pitot_function){.type = PITOT_COUNTER,
            .desc = {.name = "f_total", .help = "H.", .exemplars = true},
            .read = read_one}));
    assert_error(&err, PITOT_EINVAL,
        "metric \"f_total\": a function has no exemplars; leave .exemplars out");
    pitot_registry_free(reg);
}

static void recording_an_exemplar_keeps_errno(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_histogram *h = new_histogram(reg);
    (void)state;

    errno = 1234;
    pitot_histogram_observe_exemplar(h, 1, PITOT_EXEMPLAR("a", "b"));
    pitot_histogram_observe_exemplar(h, 1, PITOT_EXEMPLAR("le", "b"));

    assert_int_equal(errno, 1234);
    pitot_registry_free(reg);
}

/* ---- Everything at once ---- */

#define WRITERS 4
#define ROUNDS 20000

struct crowd {
    pitot_registry *reg;
    pitot_counter *counter;
    pitot_histogram *histogram;
    pitot_counter_vec *churned;
    _Atomic(int) writing;
    atomic_uint next;
};

/* Value and labels follow from one number, so that a torn exemplar cannot pass. */
static void observe_number(pitot_histogram *h, unsigned n)
{
    char text[33], reversed[17];

    snprintf(text, sizeof(text), "%016x%016x", n, n);
    snprintf(reversed, sizeof(reversed), "%u", ~n);
    pitot_histogram_observe_exemplar(
        h, (double)(n % 7), PITOT_EXEMPLAR("trace_id", text, "n", reversed));
}

static bool is_whole(const pitot_series *series, const pitot_exemplar *exemplar)
{
    static const uint32_t buckets[] = {0, 0, 1, 2, 2, 2, 3};
    unsigned n, again, complement;

    if (sscanf(exemplar->labels.at, "trace_id=\"%16x%16x\",n=\"%u\"", &n, &again, &complement) != 3)
        return false;
    return n == again && complement == ~n && exemplar->value == (double)(n % 7) &&
           exemplar->bucket == buckets[n % 7] && series->numbers[exemplar->bucket].u64 > 0;
}

static void *observe_busily(void *shared)
{
    struct crowd *crowd = shared;

    for (int i = 0; i < ROUNDS; i++) {
        observe_number(crowd->histogram, atomic_fetch_add(&crowd->next, 1));
        pitot_counter_inc_exemplar(crowd->counter, PITOT_EXEMPLAR("a", "b"));
        pitot_counter_inc_exemplar(
            pitot_counter_with(crowd->churned, i % 2 ? "x" : "y"), PITOT_EXEMPLAR("a", "b"));
    }
    atomic_fetch_sub(&crowd->writing, 1);
    return NULL;
}

static void threads_that_record_never_tear_an_exemplar_nor_lose_a_count(void **state)
{
    struct crowd crowd = {.reg = new_registry(), .writing = WRITERS};
    pthread_t writers[WRITERS];
    size_t seen = 0, torn = 0;
    pitot_series series;
    (void)state;
    crowd.counter = new_counter(crowd.reg);
    crowd.histogram = new_histogram(crowd.reg);
    crowd.churned = pitot_counter_vec_new(crowd.reg, NULL,
        &(pitot_desc){
            .name = "churned", .help = "H.", .labels = PITOT_LABELS("a"), .exemplars = true});
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, observe_busily, &crowd), 0);

    bool writing = true;
    while (writing) {
        writing = atomic_load(&crowd.writing) > 0; /* so one is taken after the last write */
        pitot_snapshot *snap = take(crowd.reg, "h", &series);
        for (size_t i = 0; i < series.exemplar_count; i++, seen++)
            torn += !is_whole(&series, &series.exemplars[i]);
        pitot_snapshot_free(snap);
        pitot_counter_reset(pitot_counter_with(crowd.churned, "x"));
        pitot_counter_remove(crowd.churned, (const char *const[]){"y"}, 1);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);

    assert_int_equal(torn, 0);
    assert_true(seen > 0);
    assert_int_equal(pitot_histogram_count(crowd.histogram), WRITERS * ROUNDS);
    assert_true(pitot_counter_value(crowd.counter) == WRITERS * ROUNDS);
    assert_dropped(crowd.reg, 0);
    pitot_registry_free(crowd.reg);
}

static struct {
    pitot_histogram *histogram;
    atomic_uint ticks;
} in_handler;

static void observe_tick(int signal)
{
    (void)signal;
    pitot_histogram_observe_exemplar(in_handler.histogram, 3,
        PITOT_EXEMPLAR("who", "handler handler handler handler handler handler"));
    atomic_fetch_add(&in_handler.ticks, 1);
}

/* It interrupts the very write to the slot that it wants. */
static void a_signal_handler_may_record_an_exemplar_on_what_it_interrupts(void **state)
{
    enum { TICKS = 1000 };
    static const struct itimerval often = {{0, 50}, {0, 50}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = observe_tick, .sa_flags = SA_RESTART};
    pitot_registry *reg = new_registry();
    pitot_series series;
    unsigned rounds = 0;
    (void)state;
    in_handler.histogram = new_histogram(reg);
    assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);

    for (; atomic_load(&in_handler.ticks) < TICKS; rounds++)
        pitot_histogram_observe_exemplar(in_handler.histogram, 4,
            PITOT_EXEMPLAR("who", "loop loop loop loop loop loop loop loop loop loop"));
    setitimer(ITIMER_REAL, &never, NULL);
    signal(SIGALRM, SIG_IGN); /* one may be on its way */

    pitot_snapshot *snap = take(reg, "h", &series);
    assert_int_equal(series.exemplar_count, 1);
    if (series.exemplars[0].value == 3)
        assert_exemplar(
            &series.exemplars[0], 2, "who=\"handler handler handler handler handler handler\"", 3);
    else
        assert_exemplar(&series.exemplars[0], 2,
            "who=\"loop loop loop loop loop loop loop loop loop loop\"", 4);
    assert_int_equal(
        pitot_histogram_count(in_handler.histogram), rounds + atomic_load(&in_handler.ticks));
    pitot_snapshot_free(snap);
    pitot_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_shows_the_newest_exemplar),
        cmocka_unit_test(every_bucket_shows_the_newest_exemplar_of_its_own),
        cmocka_unit_test(an_exemplar_is_in_the_bucket_that_counts_it),
        cmocka_unit_test(exemplars_belong_to_their_own_series),
        cmocka_unit_test(an_exemplar_says_when_it_was),
        cmocka_unit_test(labels_are_escaped_and_copied),
        cmocka_unit_test(an_exemplar_may_have_no_labels),
        cmocka_unit_test(labels_past_the_limit_or_broken_are_no_exemplar_but_count),
        cmocka_unit_test(a_label_name_twice_or_too_many_bytes_are_no_exemplar),
        cmocka_unit_test(the_largest_amount_has_one),
        cmocka_unit_test(what_is_not_counted_has_no_exemplar),
        cmocka_unit_test(a_metric_without_exemplars_counts_the_observation_only),
        cmocka_unit_test(a_reset_forgets_exemplars_and_a_removal_too),
        cmocka_unit_test(only_counters_and_histograms_have_exemplars),
        cmocka_unit_test(a_function_metric_has_no_exemplars),
        cmocka_unit_test(recording_an_exemplar_keeps_errno),
        cmocka_unit_test(threads_that_record_never_tear_an_exemplar_nor_lose_a_count),
        cmocka_unit_test(a_signal_handler_may_record_an_exemplar_on_what_it_interrupts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
