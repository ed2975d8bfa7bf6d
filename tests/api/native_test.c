/* SPDX-License-Identifier: MIT */
/*
 * native_test.c -- native histograms: the buckets of the specification and of client_golang, both
 * views of one observation, the limit of buckets, and threads that observe while others scrape.
 */
#include "test.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

/* ---- Looking ---- */

static bool find(const pitot_snapshot *snap, const char *name, pitot_series *out)
{
    pitot_family family;

    for (size_t i = 0; pitot_snapshot_family(snap, i, &family); i++)
        if (family.name.size == strlen(name) && memcmp(family.name.at, name, family.name.size) == 0)
            return pitot_snapshot_series(snap, i, 0, out);
    return false;
}

static pitot_snapshot *take(pitot_registry *reg, pitot_series *out)
{
    pitot_error err = {0};
    pitot_snapshot *snap = pitot_snapshot_take(reg, &err);

    assert_ok(&err);
    assert_true(find(snap, "h", out));
    return snap;
}

static uint64_t classic_count(const pitot_series *series)
{
    uint64_t count = 0;

    for (size_t i = 0; i <= series->bound_count; i++)
        count += series->numbers[i].u64;
    return count;
}

static uint64_t native_count(const pitot_native *native)
{
    uint64_t count = native->zero_count.u64;

    for (size_t i = 0; i < native->positive_count; i++)
        count += native->positive[i].u64;
    for (size_t i = 0; i < native->negative_count; i++)
        count += native->negative[i].u64;
    return count;
}

static size_t populated(const pitot_native *native)
{
    size_t buckets = 0;

    for (size_t i = 0; i < native->positive_count; i++)
        buckets += native->positive[i].u64 > 0;
    for (size_t i = 0; i < native->negative_count; i++)
        buckets += native->negative[i].u64 > 0;
    return buckets;
}

static char shown[8192];

static __attribute__((format(printf, 1, 2))) void add(const char *format, ...)
{
    size_t size = strlen(shown);
    va_list args;

    va_start(args, format);
    vsnprintf(shown + size, sizeof(shown) - size, format, args);
    va_end(args);
}

static void add_side(
    char sign, const pitot_span *spans, size_t span_count, const pitot_number *counts)
{
    for (size_t i = 0; i < span_count; i++) {
        add(" %c%d:", sign, spans[i].offset);
        for (uint32_t j = 0; j < spans[i].length; j++)
            add(j ? ",%llu" : "%llu", (unsigned long long)(counts++)->u64);
    }
}

/* `count sum / schema threshold:zero +offset:counts... -offset:counts...` */
static const char *show(const pitot_series *series)
{
    const pitot_native *native = series->native;

    shown[0] = '\0';
    add("%llu %.12g / %d ", (unsigned long long)classic_count(series),
        series->numbers[series->bound_count + 1].f64, native->schema);
    if (native->zero_threshold == 0x1p-128)
        add("-:%llu", (unsigned long long)native->zero_count.u64);
    else
        add("%.12g:%llu", native->zero_threshold, (unsigned long long)native->zero_count.u64);
    add_side('+', native->positive_spans, native->positive_span_count, native->positive);
    add_side('-', native->negative_spans, native->negative_span_count, native->negative);
    return shown;
}

static pitot_histogram *new_native(pitot_registry *reg, pitot_desc desc)
{
    pitot_error err = {0};

    desc.name = "h";
    desc.help = "H.";
    pitot_histogram *h = pitot_histogram_new(reg, &err, &desc);
    assert_ok(&err);
    assert_non_null(h);
    return h;
}

static void assert_shown(pitot_registry *reg, const char *expected)
{
    pitot_series series;
    pitot_snapshot *snap = take(reg, &series);

    assert_non_null(series.native);
    assert_string_equal(show(&series), expected);
    pitot_snapshot_free(snap);
}

/* ---- What client_golang shows for the same observations (TestSparseHistogram, 1.14) ---- */

struct scenario {
    pitot_desc desc;
    size_t count;
    const double *values;
    const char *shown;
};

#define VALUES(...)                                                                                \
    .count = sizeof((const double[]){__VA_ARGS__}) / sizeof(double), .values = (const double[])    \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static void observe_all(pitot_histogram *h, const struct scenario *scenario)
{
    for (size_t i = 0; i < scenario->count; i++)
        pitot_histogram_observe(h, scenario->values[i]);
}

static void the_same_observations_make_the_same_buckets_as_in_client_golang(void **state)
{
    const struct scenario scenarios[] = {
        {{.native_factor = 1.1}, VALUES(0, 1, 2, 3), "4 6 / 3 -:1 +0:1 +7:1 +4:1"},
        {{.native_factor = 1.2}, VALUES(0, 1, 1.2, 1.4, 1.8, 2), "6 7.4 / 2 -:1 +0:1,0,2,0,2"},
        {{.native_factor = 4}, VALUES(0.5, 1, 1.5, 2, 3, 3.5, 5, 6, 7, 33.33),
            "10 62.83 / -1 -:0 +0:2,4,3,1"},
        {{.native_factor = 17}, VALUES(0.5, 1, 1.5, 2, 3, 3.5, 5, 6, 7, 33.33),
            "10 62.83 / -2 -:0 +0:2,7,1"},
        {{.native_factor = 1.2}, VALUES(0, -1, -1.2, -1.4, -1.8, -2),
            "6 -7.4 / 2 -:1 -0:1,0,2,0,2"},
        {{.native_factor = 1.2}, VALUES(0, -1, -1.2, -1.4, -1.8, -2, 1, 1.2, 1.4, 1.8, 2),
            "11 0 / 2 -:1 +0:1,0,2,0,2 -0:1,0,2,0,2"},
        {{.native_factor = 1.2, .native_zero_threshold = 1.4},
            VALUES(0, -1, -1.2, -1.4, -1.8, -2, 1, 1.2, 1.4, 1.8, 2), "11 0 / 2 1.4:7 +4:2 -4:2"},
        {{.native_factor = 1.2}, VALUES(0, 1, 1.2, 1.4, 1.8, 2, INFINITY),
            "7 inf / 2 -:1 +0:1,0,2,0,2 +4092:1"},
        {{.native_factor = 1.2}, VALUES(0, 1, 1.2, 1.4, 1.8, 2, -INFINITY),
            "7 -inf / 2 -:1 +0:1,0,2,0,2 -4097:1"},
        {{.native_factor = 1.2, .native_buckets_max = 4}, VALUES(0, 1, 1.2, 1.4, 1.8, 2),
            "6 7.4 / 2 -:1 +0:1,0,2,0,2"},
        {{.native_factor = 1.2, .native_buckets_max = 4}, VALUES(0, 1, 1.1, 1.2, 1.4, 1.8, 2, 3),
            "8 11.5 / 1 -:1 +0:1,3,2,0,1"},
        {{.native_factor = 1.2, .native_buckets_max = 4, .native_max_zero_threshold = 1.2},
            VALUES(0, 1, 1.1, 1.2, 1.4, 1.8, 2, 3), "8 11.5 / 2 1:2 +1:1,2,0,2,0,0,1"},
        {{.native_factor = 1.2, .native_buckets_max = 4, .native_max_zero_threshold = 1.2},
            VALUES(0, 1, 1.1, 1.2, 1.4, 1.8, 2, 3, 4), "9 15.5 / 2 1.189207115:3 +2:2,0,2,0,0,1,1"},
        {{.native_factor = 1.2, .native_buckets_max = 4},
            VALUES(0, -1, -1.1, -1.2, -1.4, -1.8, -2, -3), "8 -11.5 / 1 -:1 -0:1,3,2,0,1"},
        {{.native_factor = 1.2, .native_buckets_max = 4, .native_max_zero_threshold = 1.2},
            VALUES(0, -1, -1.1, -1.2, -1.4, -1.8, -2, -3), "8 -11.5 / 2 1:2 -1:1,2,0,2,0,0,1"},
        {{.native_factor = 1.2, .native_buckets_max = 4, .native_max_zero_threshold = 1.2},
            VALUES(0, -1, -1.1, -1.2, -1.4, -1.8, -2, -3, -4),
            "9 -15.5 / 2 1.189207115:3 -2:2,0,2,0,0,1,1"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(scenarios); i++) {
        pitot_registry *reg = new_registry();
        pitot_histogram *h = new_native(reg, scenarios[i].desc);

        observe_all(h, &scenarios[i]);
        assert_shown(reg, scenarios[i].shown);
        pitot_registry_free(reg);
    }
}

static void nan_is_in_the_count_and_the_sum_and_in_no_native_bucket(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_histogram *h =
        new_native(reg, (pitot_desc){.native_factor = 1.2, .bounds = PITOT_BOUNDS(1, 10)});
    pitot_series series;
    (void)state;

    for (int turn = 0; turn < 2; turn++) { /* in the spill, then with rows */
        pitot_histogram_observe(h, 0.5);
        pitot_histogram_observe(h, NAN);
        pitot_snapshot *snap = take(reg, &series);
        assert_int_equal(native_count(series.native), 1 + turn);
        assert_int_equal(series.numbers[0].u64, 1 + turn);
        assert_int_equal(series.numbers[1].u64, 0);
        assert_int_equal(series.numbers[2].u64, 1 + turn);
        assert_true(isnan(series.numbers[3].f64));
        assert_int_equal(pitot_histogram_count(h), 2 + 2 * turn);
        assert_true(isnan(pitot_histogram_sum(h)));
        pitot_snapshot_free(snap);
    }
    pitot_registry_free(reg);
}

static void a_zero_threshold_of_zero_takes_nothing_but_zero(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_histogram *h = new_native(
        reg, (pitot_desc){.native_factor = 2, .native_zero_threshold = PITOT_NATIVE_ZERO_ONLY});
    (void)state;

    pitot_histogram_observe(h, 0.0);
    pitot_histogram_observe(h, -0.0);
    pitot_histogram_observe(h, 0x1p-1074);
    assert_shown(reg, "3 4.94065645841e-324 / 0 0:2 +-1074:1");
    pitot_registry_free(reg);
}

static void only_native_buckets_means_no_classic_ones(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_histogram *h = new_native(reg, (pitot_desc){.native_factor = 1.1});
    pitot_series series;
    (void)state;

    pitot_histogram_observe(h, 3);
    pitot_snapshot *snap = take(reg, &series);
    assert_int_equal(series.bound_count, 0);
    assert_int_equal(series.numbers[0].u64, 1);
    assert_true(series.numbers[1].f64 == 3);
    pitot_snapshot_free(snap);
    assert_line(reg, "h_count 1");
    pitot_registry_free(reg);
}

static void one_without_observations_is_there_and_empty(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;

    new_native(reg, (pitot_desc){.native_factor = 1.1});
    assert_shown(reg, "0 0 / 3 -:0");
    pitot_registry_free(reg);
}

/* ---- Both views ---- */

static uint64_t seed = 88172645463325252u;

static uint64_t random_bits(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Mostly some decades around 1, of either sign, and now and then anything at all. */
static double random_value(double negative)
{
    double unit = (double)(random_bits() >> 11) * 0x1p-53, value = exp((unit - 0.5) * 12);

    switch (random_bits() % 64) {
    case 0:
        return 0;
    case 1:
        return INFINITY;
    case 2:
        return ldexp(unit, (int)(random_bits() % 2000) - 1000);
    case 3:
        return 1; /* a bound of both kinds */
    default:
        return (double)(random_bits() % 1000) < negative * 1000 ? -value : value;
    }
}

/* What the classic buckets have to be. */
struct mirror {
    uint64_t classic[5], count;
};

static const double both_bounds[] = {-2.5, 0, 1, 7.5, INFINITY};

static void observe_both(pitot_histogram *h, struct mirror *mirror, double value)
{
    size_t i = 0;

    pitot_histogram_observe(h, value);
    while (value > both_bounds[i] && i < 4)
        i++;
    mirror->classic[i]++;
    mirror->count++;
}

static void classic_and_native_buckets_agree_on_every_observation(void **state)
{
    (void)state;

    for (int run = 0; run < 6; run++) {
        pitot_registry *reg = new_registry();
        pitot_histogram *h = new_native(reg, (pitot_desc){.native_factor = run % 2 ? 1.01 : 1.1,
                                                 .bounds = both_bounds,
                                                 .native_zero_threshold = run % 3 ? 0 : 0.3,
                                                 .native_buckets_max = 10000});
        struct mirror mirror = {0};
        pitot_series series;

        for (int scrape = 0; scrape < 8; scrape++) {
            for (int i = 0; i < 3000; i++)
                observe_both(h, &mirror, random_value(run > 2 ? 0.9 : 0.1));
            pitot_snapshot *snap = take(reg, &series);
            for (size_t i = 0; i < 5; i++)
                assert_int_equal(series.numbers[i].u64, mirror.classic[i]);
            assert_int_equal(native_count(series.native), mirror.count);
            pitot_snapshot_free(snap);
        }
        pitot_registry_free(reg);
    }
}

/* Observes the same in both; the second one is never scraped, so it has no rows. */
static void buckets_do_not_depend_on_when_rows_came(void **state)
{
    pitot_registry *a = new_registry(), *b = new_registry();
    pitot_desc desc = {.native_factor = 1.1, .native_buckets_max = 100000};
    pitot_histogram *often = new_native(a, desc), *once = new_native(b, desc);
    pitot_series series;
    static char first[sizeof(shown)];
    (void)state;

    for (int i = 0; i < 30000; i++) {
        double value = i % 997 ? ldexp(1, (int)(random_bits() % 12) - 6) : random_value(0.2);

        if (i % 3) /* whole steps of every bucket, so that sums are exact */
            value = ldexp((double)(random_bits() % 512), -7);
        pitot_histogram_observe(often, value);
        pitot_histogram_observe(once, value);
        if (i % 1000 == 0)
            pitot_snapshot_free(take(a, &series));
    }
    pitot_snapshot *snap = take(a, &series);
    snprintf(first, sizeof(first), "%s", strchr(show(&series), '/'));
    pitot_snapshot_free(snap);
    snap = take(b, &series);
    assert_string_equal(first, strchr(show(&series), '/'));
    pitot_snapshot_free(snap);
    assert_int_equal(pitot_histogram_count(often), 30000);
    pitot_registry_free(a);
    pitot_registry_free(b);
}

/* ---- The limit ---- */

static void the_limit_holds_in_every_snapshot(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_histogram *h = new_native(reg, (pitot_desc){.native_factor = 1.005});
    pitot_series series;
    uint64_t observed = 0;
    int32_t schema = 8;
    (void)state;

    for (int scrape = 0; scrape < 20; scrape++) {
        for (int i = 0; i < 2000; i++, observed++)
            pitot_histogram_observe(h, exp((double)(random_bits() % 1000) / 1000 * scrape - 8));
        pitot_snapshot *snap = take(reg, &series);
        assert_in_range(populated(series.native), 1, 160);
        assert_int_equal(native_count(series.native), observed);
        assert_true(series.native->schema <= schema);
        schema = series.native->schema;
        pitot_snapshot_free(snap);
    }
    assert_in_range(schema, 2, 4);
    pitot_registry_free(reg);
}

static void a_histogram_that_has_too_many_buckets_starts_anew_when_it_may(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_histogram *h = new_native(reg, (pitot_desc){.native_factor = 1.2,
                                             .native_buckets_max = 2,
                                             .native_min_reset_s = 1,
                                             .bounds = PITOT_BOUNDS(1)});
    (void)state;

    pitot_histogram_observe(h, 1);
    pitot_histogram_observe(h, 2);
    pitot_histogram_observe(h, 3);
    assert_shown(reg, "3 6 / -1 -:0 +0:1,2");
    usleep(1100 * 1000);
    assert_shown(reg, "0 0 / 2 -:0");
    pitot_histogram_observe(h, 8);
    assert_shown(reg, "1 8 / 2 -:0 +12:1");
    assert_line(reg, "h_bucket{le=\"1\"} 0");
    usleep(1100 * 1000); /* now a scrape that finds too many begins at once */
    pitot_histogram_observe(h, 1);
    pitot_histogram_observe(h, 2);
    assert_shown(reg, "0 0 / 2 -:0");
    pitot_registry_free(reg);
}

static void a_reset_takes_everything_back_to_the_description(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_histogram *h = new_native(reg, (pitot_desc){.native_factor = 1.2,
                                             .native_buckets_max = 2,
                                             .native_max_zero_threshold = 1,
                                             .bounds = PITOT_BOUNDS(1)});
    (void)state;

    for (int turn = 0; turn < 3; turn++) {
        for (int i = 0; i < 5; i++) {
            pitot_histogram_observe(h, 0.001);
            pitot_histogram_observe(h, -3);
            pitot_histogram_observe(h, 400);
        }
        assert_shown(reg, "15 1985.005 / 2 0.00116133507324:5 +35:5 -7:5");
        pitot_histogram_observe(h, 3);
        assert_int_equal(pitot_histogram_count(h), 16);
        pitot_histogram_reset(h);
        assert_int_equal(pitot_histogram_count(h), 0);
        assert_shown(reg, "0 0 / 2 -:0");
        assert_line(reg, "h_bucket{le=\"1\"} 0");
    }
    pitot_registry_free(reg);
}

/* ---- Children ---- */

static void children_of_a_vec_are_histograms_of_their_own(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    pitot_histogram_vec *vec = pitot_histogram_vec_new(reg, &err,
        &(pitot_desc){
            .name = "h", .help = "H.", .labels = PITOT_LABELS("a"), .native_factor = 1.1});
    (void)state;

    assert_ok(&err);
    for (int i = 0; i < 5000; i++) {
        pitot_histogram_observe(pitot_histogram_with(vec, "x"), 1 + i % 10);
        pitot_histogram_observe(pitot_histogram_with(vec, "y"), 1);
        if (i % 2000 == 0)
            free(page_of(reg, PITOT_FORMAT_TEXT));
    }
    assert_line(reg, "h_count{a=\"x\"} 5000");
    assert_line(reg, "h_sum{a=\"x\"} 27500");
    assert_line(reg, "h_sum{a=\"y\"} 5000");
    pitot_histogram *gone = pitot_histogram_with(vec, "x");
    assert_int_equal(pitot_histogram_remove(vec, (const char *const[]){"x"}, 1), 1);
    pitot_histogram_observe(gone, 1);
    assert_no_line(reg, "h_count{a=\"x\"}");
    assert_int_equal(pitot_histogram_clear(vec), 1);
    assert_no_line(reg, "h_count");
    pitot_registry_free(reg);
}

/* ---- Descriptions ---- */

static void descriptions_that_make_no_sense_are_refused(void **state)
{
    static const double bounds[] = {1, INFINITY};
    const struct {
        pitot_desc desc;
        const char *message;
    } rows[] = {
        {{.native_factor = 1}, "metric \"h\": .native_factor is 1; buckets grow by more than 1, "
                               "as 1.1"},
        {{.native_factor = NAN},
            "metric \"h\": .native_factor is NaN; buckets grow by more than 1, "
            "as 1.1"},
        {{.native_factor = 1.1, .native_zero_threshold = INFINITY},
            "metric \"h\": .native_zero_threshold is +Inf; it must be a number"},
        {{.native_factor = 1.1, .native_max_zero_threshold = -1},
            "metric \"h\": .native_max_zero_threshold is -1; it must be a number from 0"},
        {{.native_buckets_max = 5, .bounds = bounds},
            "metric \"h\": native buckets without .native_factor; add it, as 1.1"},
        {{.window_s = 5},
            "metric \"h\": .window_s and .window_parts are for summaries, not a histogram"},
    };
    pitot_registry *reg = new_registry();
    (void)state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        pitot_desc desc = rows[i].desc;
        pitot_error err = {0};

        desc.name = "h";
        desc.help = "H.";
        assert_null(pitot_histogram_new(reg, &err, &desc));
        assert_error(&err, PITOT_EINVAL, rows[i].message);
    }
    pitot_error err = {0};
    assert_null(pitot_counter_new(
        reg, &err, &(pitot_desc){.name = "c_total", .help = "H.", .native_factor = 1.1}));
    assert_error(&err, PITOT_EINVAL,
        "metric \"c_total\": .native_factor and its kind are for histograms, not a counter");
    pitot_registry_free(reg);
}

static void emit_native(pitot_sink *sink, void *ctx)
{
    (void)ctx;
    pitot_sink_family(
        sink, PITOT_HISTOGRAM, &(pitot_desc){.name = "h", .help = "H.", .native_factor = 1.1});
    pitot_sink_histogram(sink, (const uint64_t[]){1}, 1, 1, NULL, 0);
}

static void a_collector_gives_no_native_buckets(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;

    assert_true(
        pitot_collector_add(reg, NULL, &(pitot_collector){.name = "x", .collect = emit_native}));
    assert_no_line(reg, "h_");
    assert_line(reg, "pitot_collector_failures_total{collector=\"x\"} 2");
    pitot_registry_free(reg);
}

static void another_description_of_the_same_histogram_is_refused(void **state)
{
    const struct {
        pitot_desc desc;
        const char *differs;
    } rows[] = {
        {{.native_factor = 1.5}, "factor"},
        {{.native_factor = 1.1, .native_zero_threshold = 1}, "zero threshold"},
        {{.native_factor = 1.1, .native_max_zero_threshold = 1}, "widest zero threshold"},
        {{.native_factor = 1.1, .native_buckets_max = 7}, "limit"},
        {{.native_factor = 1.1, .native_min_reset_s = 7}, "shortest time between resets"},
    };
    pitot_registry *reg = new_registry();
    pitot_histogram *h = new_native(reg, (pitot_desc){.native_factor = 1.1});
    (void)state;

    assert_ptr_equal(new_native(reg, (pitot_desc){.native_factor = 1.14}), h); /* also schema 3 */
    for (size_t i = 0; i < COUNT(rows); i++) {
        pitot_desc desc = rows[i].desc;
        pitot_error err = {0};
        char message[120];

        desc.name = "h";
        desc.help = "H.";
        assert_null(pitot_histogram_new(reg, &err, &desc));
        snprintf(message, sizeof(message), "metric \"h\" exists with native buckets of another %s",
            rows[i].differs);
        assert_error(&err, PITOT_EEXIST, message);
    }
    pitot_registry_free(reg);
}

/* ---- Threads ---- */

#define WRITERS 4
#define ROUNDS 30000

struct busy {
    pitot_registry *reg;
    pitot_histogram *h;
    bool resets;
    _Atomic(int) number, writing;
};

/* The range widens as time goes by, so that rows are fitted again and again. */
static void *write_busily(void *arg)
{
    struct busy *busy = arg;
    uint64_t number = (uint64_t)atomic_fetch_add(&busy->number, 1), x = number * 7919 + 1;

    for (int i = 0; i < ROUNDS; i++) {
        x = x * 6364136223846793005u + 1442695040888963407u;
        int range = 1 + i / 1500, power = (int)(x >> 33) % (2 * range) - range;
        pitot_histogram_observe(busy->h, ldexp(x >> 63 ? 1 : 1.25, power));
    }
    atomic_fetch_sub(&busy->writing, 1);
    return NULL;
}

/* The first wrong thing that a snapshot said, or NULL. */
static const char *look(const pitot_series *series, uint64_t *last, bool resets)
{
    uint64_t count = classic_count(series);

    if (native_count(series->native) != count)
        return "the native buckets do not add up to the count";
    if (!resets && count < *last)
        return "the count went back";
    if (populated(series->native) > 160)
        return "more buckets than the limit";
    *last = count;
    return NULL;
}

static uint64_t write_and_scrape(struct busy *busy)
{
    pthread_t threads[WRITERS];
    const char *problem = NULL;
    uint64_t last = 0;
    int turn = 0;
    pitot_series series;

    busy->writing = WRITERS;
    busy->number = 0;
    for (int i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_busily, busy), 0);
    while (atomic_load(&busy->writing) > 0) {
        pitot_snapshot *snap = take(busy->reg, &series);

        problem = problem ? problem : look(&series, &last, busy->resets);
        pitot_snapshot_free(snap);
        if (busy->resets && turn++ % 3 == 0)
            pitot_histogram_reset(busy->h);
    }
    for (int i = 0; i < WRITERS; i++)
        pthread_join(threads[i], NULL);
    if (problem)
        fail_msg("%s", problem);
    pitot_snapshot *snap = take(busy->reg, &series);
    uint64_t count = native_count(series.native);
    assert_int_equal(count, classic_count(&series));
    pitot_snapshot_free(snap);
    return count;
}

static void no_snapshot_is_torn_and_nothing_is_lost_while_threads_observe(void **state)
{
    struct busy busy = {.reg = new_registry()};
    (void)state;
    busy.h = new_native(
        busy.reg, (pitot_desc){.native_factor = 1.02, .bounds = PITOT_BOUNDS(0.1, 1, 10)});

    assert_int_equal(write_and_scrape(&busy), WRITERS * ROUNDS);
    assert_int_equal(pitot_histogram_count(busy.h), WRITERS * ROUNDS);
    pitot_registry_free(busy.reg);
}

static void no_snapshot_is_torn_by_resets(void **state)
{
    struct busy busy = {.reg = new_registry(), .resets = true};
    (void)state;
    busy.h = new_native(
        busy.reg, (pitot_desc){.native_factor = 1.1, .bounds = PITOT_BOUNDS(0.1, 1, 10)});

    assert_in_range(write_and_scrape(&busy), 0, WRITERS * ROUNDS);
    pitot_histogram_reset(busy.h);
    assert_shown(busy.reg, "0 0 / 3 -:0");
    pitot_registry_free(busy.reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_observations_make_the_same_buckets_as_in_client_golang),
        cmocka_unit_test(nan_is_in_the_count_and_the_sum_and_in_no_native_bucket),
        cmocka_unit_test(a_zero_threshold_of_zero_takes_nothing_but_zero),
        cmocka_unit_test(only_native_buckets_means_no_classic_ones),
        cmocka_unit_test(one_without_observations_is_there_and_empty),
        cmocka_unit_test(classic_and_native_buckets_agree_on_every_observation),
        cmocka_unit_test(buckets_do_not_depend_on_when_rows_came),
        cmocka_unit_test(the_limit_holds_in_every_snapshot),
        cmocka_unit_test(a_histogram_that_has_too_many_buckets_starts_anew_when_it_may),
        cmocka_unit_test(a_reset_takes_everything_back_to_the_description),
        cmocka_unit_test(children_of_a_vec_are_histograms_of_their_own),
        cmocka_unit_test(descriptions_that_make_no_sense_are_refused),
        cmocka_unit_test(a_collector_gives_no_native_buckets),
        cmocka_unit_test(another_description_of_the_same_histogram_is_refused),
        cmocka_unit_test(no_snapshot_is_torn_and_nothing_is_lost_while_threads_observe),
        cmocka_unit_test(no_snapshot_is_torn_by_resets),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
