/* SPDX-License-Identifier: MIT */
/*
 * faults_test.c -- memory runs out at the n-th allocation, for every n of a whole program's life.
 *
 * Nothing crashes or leaks, what fails says PITOT_ENOMEM or is counted, what is written is valid,
 * and once there is memory again the same calls make a complete page.
 */
#include "../heap.h"
#include "page.h"

#define CHILDREN 13
#define EXTRAS 5

/* ---- A program ---- */

struct program {
    pitot_registry *reg;
    pitot_counter *extras[EXTRAS];
    pitot_counter_vec *many, *few;
    pitot_gauge *gauge;
    pitot_histogram *histogram;
    pitot_histogram_vec *histograms;
    pitot_info_vec *infos;
    pitot_stateset *power;
    pitot_stateset_vec *statesets;
    size_t missing;  /* children that could not be made */
    size_t released; /* contexts of the collector */
};

static double read_one_and_a_half(void *ctx)
{
    (void)ctx;
    return 1.5;
}

static void emit(pitot_sink *sink, void *ctx)
{
    char value[40];

    (void)ctx;
    pitot_sink_family(sink, PITOT_GAUGE,
        &(pitot_desc){.name = "emitted", .help = "H.", .labels = PITOT_LABELS("a")});
    for (int i = 0; i < CHILDREN; i++) {
        snprintf(value, sizeof(value), "%d", i);
        pitot_sink_sample(sink, i, value);
    }
    pitot_sink_family(sink, PITOT_HISTOGRAM,
        &(pitot_desc){.name = "emitted_too", .help = "H.", .bounds = PITOT_BOUNDS(1)});
    pitot_sink_started(sink, 1);
    pitot_sink_histogram(sink, (const uint64_t[]){1, 2}, 2, 3, NULL, 0);
    pitot_sink_family(sink, PITOT_STATESET,
        &(pitot_desc){.name = "set", .help = "H.", .states = PITOT_LABELS("on")});
    pitot_sink_stateset(sink, 1, NULL, 0);
}

static void note_release(void *ctx)
{
    ((struct program *)ctx)->released++;
}

/* A set-up call either works, or says that there is no memory, and then there was none. */
static bool worked(bool success, pitot_error *err)
{
    if (success) {
        assert_ok(err);
    } else {
        assert_int_equal(err->code, PITOT_ENOMEM);
        assert_true(strlen(err->message) > 0);
        assert_true(heap.failures > 0);
    }
    *err = (pitot_error){0};
    return success;
}

static void set_up_extras(struct program *p)
{
    pitot_error err = {0};
    char name[32];

    for (int i = 0; i < EXTRAS; i++) {
        snprintf(name, sizeof(name), "extra%d_total", i);
        p->extras[i] = pitot_counter_new(p->reg, &err, &(pitot_desc){.name = name, .help = "H."});
        worked(p->extras[i] != NULL, &err);
    }
}

/* Names that readers may have to escape: here for a moment, and never on a page. */
static bool set_up_strange(struct program *p)
{
    pitot_error err = {0};
    pitot_gauge_vec *strange = pitot_gauge_vec_new(p->reg, &err,
        &(pitot_desc){.name = "b.c", .help = "H.", .labels = PITOT_LABELS("the \"i\"")});

    if (!worked(strange != NULL, &err))
        return false;
    pitot_gauge_set(pitot_gauge_with(strange, "1"), 1);
    pitot_gauge_remove_matching(strange, (pitot_label[]){{"the \"i\"", "1"}, {0}});
    return worked(pitot_unregister(p->reg, &err, "b.c"), &err);
}

static bool set_up_others(struct program *p)
{
    pitot_error err = {0};

    p->infos = pitot_info_vec_new(
        p->reg, &err, &(pitot_desc){.name = "b_info", .help = "H.", .labels = PITOT_LABELS("i")});
    bool all = worked(p->infos != NULL, &err);
    p->power = pitot_stateset_new(p->reg, &err,
        &(pitot_desc){.name = "power", .help = "H.", .states = PITOT_LABELS("up", "down")});
    all &= worked(p->power != NULL, &err);
    p->statesets = pitot_stateset_vec_new(p->reg, &err,
        &(pitot_desc){.name = "states",
            .help = "H.",
            .labels = PITOT_LABELS("i"),
            .states = PITOT_LABELS("a", "b")});
    return worked(p->statesets != NULL, &err) && all;
}

/* Returns true when everything is there. */
static bool set_up(struct program *p)
{
    pitot_error err = {0};

    if (!p->reg)
        p->reg = pitot_registry_new(&err);
    if (!worked(p->reg != NULL, &err))
        return false;
    set_up_extras(p);
    p->gauge = pitot_gauge_new(p->reg, &err,
        &(pitot_desc){.name = "gauge_bytes",
            .help = "H.",
            .unit = "bytes",
            .const_labels = (pitot_label[]){{"l", "v"}, {0}}});
    bool all = worked(p->gauge != NULL, &err);
    p->many = pitot_counter_vec_new(p->reg, &err,
        &(pitot_desc){.name = "many", .help = "H.", .labels = PITOT_LABELS("i", "text")});
    all &= worked(p->many != NULL, &err);
    p->few = pitot_counter_vec_new(p->reg, &err,
        &(pitot_desc){.name = "few", .help = "H.", .labels = PITOT_LABELS("i"), .series_max = 2});
    all &= worked(p->few != NULL, &err);
    p->histogram = pitot_histogram_new(
        p->reg, &err, &(pitot_desc){.name = "h", .help = "H.", .exemplars = true});
    all &= worked(p->histogram != NULL, &err);
    p->histograms = pitot_histogram_vec_new(
        p->reg, &err, &(pitot_desc){.name = "hs", .help = "H.", .labels = PITOT_LABELS("i")});
    all &= worked(p->histograms != NULL, &err);
    bool function = pitot_function_add(p->reg, &err,
        &(pitot_function){.type = PITOT_GAUGE,
            .desc = {.name = "read", .help = "H."},
            .read = read_one_and_a_half});
    all &= worked(function, &err);
    all &= set_up_others(p);
    return set_up_strange(p) && all;
}

static bool set_up_collector(struct program *p)
{
    pitot_error err = {0};

    return !p->reg ||
           worked(pitot_collector_add(p->reg, &err,
                      &(pitot_collector){
                          .name = "emit", .collect = emit, .ctx = p, .release = note_release}),
               &err);
}

static void record(struct program *p)
{
    char number[16], text[500];

    memset(text, '"', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    snprintf(number, sizeof(number), "%d", CHILDREN);
    pitot_gauge_set(p->gauge, 5);
    pitot_stateset_enum(p->power, "down");
    pitot_histogram_observe_exemplar(p->histogram, 0.3, PITOT_EXEMPLAR("trace_id", number));
    for (int i = 0; i < EXTRAS; i++)
        pitot_counter_inc(p->extras[i]);
    for (int i = 0; i < CHILDREN; i++) {
        snprintf(number, sizeof(number), "%d", i);
        pitot_counter *many = pitot_counter_with(p->many, number, text + i * 20);
        pitot_counter *few = pitot_counter_with(p->few, number);
        pitot_histogram *h = pitot_histogram_with(p->histograms, number);

        pitot_info *info = pitot_info_with(p->infos, number);
        pitot_stateset *s = pitot_stateset_with(p->statesets, number);

        p->missing += (size_t)((p->many && !many) + (p->few && !few) + (p->histograms && !h) +
                               (p->infos && !info) + (p->statesets && !s));
        pitot_stateset_set(s, "a", true);
        pitot_counter_inc(many);
        pitot_counter_inc(few);
        pitot_histogram_observe(h, i);
    }
}

/* Two that are there anyway; both cost memory, and count what they could not do. */
static void remove_some(struct program *p)
{
    const char *const value[] = {"1"};

    if (p->many)
        pitot_counter_remove_matching(p->many, (pitot_label[]){{"i", "1"}, {0}});
    if (p->histograms)
        pitot_histogram_remove(p->histograms, value, 1);
    if (p->infos)
        pitot_info_remove_matching(p->infos, (pitot_label[]){{"i", "1"}, {0}});
}

static void scrape(struct program *p)
{
    pitot_error err = {0};

    if (!p->reg)
        return;
    pitot_snapshot *snap = pitot_snapshot_take(p->reg, &err);
    if (!worked(snap != NULL, &err))
        return;
    for (int format = PITOT_FORMAT_TEXT; format <= PITOT_FORMAT_OPENMETRICS; format++) {
        struct text page = {0};

        if (worked(pitot_encode(snap, (pitot_format)format, text_write, &page, &err), &err))
            assert_page(page.at, (pitot_format)format);
        free(page.at);
    }
    pitot_snapshot_free(snap);
}

static void take_down(struct program *p)
{
    pitot_error err = {0};

    if (pitot_unregister(p->reg, &err, "hs"))
        p->histograms = NULL;
    pitot_collector_remove(p->reg, &err, "emit");
}

static void live(struct program *p)
{
    set_up(p);
    set_up_collector(p);
    record(p);
    scrape(p);
    remove_some(p);
    record(p);
    scrape(p);
    take_down(p);
    scrape(p);
}

/* Everything again, with memory this time. */
static void assert_heals(struct program *p)
{
    static const char *const lines[] = {"extra4_total ", "gauge_bytes{l=\"v\"} 5\n",
        "many{i=\"12\",text=\"\\\"", "few{i=\"__overflow__\"} ", "h_bucket{le=\"+Inf\"} ",
        "hs_count{i=\"12\"} ", "read 1.5\n", "emitted{a=\"12\"} 12\n", "emitted_too_sum 3\n",
        "power{power=\"down\"} 1\n", "states{i=\"12\",states=\"a\"} 1\n", "set{set=\"on\"} 1\n",
        "pitot_series "};

    assert_true(set_up(p));
    assert_true(set_up_collector(p));
    size_t missing = p->missing;
    record(p);
    assert_int_equal(p->missing, missing);

    char *page = page_of(p->reg, PITOT_FORMAT_TEXT);
    assert_page(page, PITOT_FORMAT_TEXT);
    for (size_t i = 0; i < COUNT(lines); i++)
        if (!find_line(page, lines[i]))
            fail_msg("no line %s after healing:\n%s", lines[i], page);
    assert_int_equal(count_lines(page, "many{"), CHILDREN);
    const char *memory = find_line(page, "pitot_dropped_total{reason=\"memory\"} ");
    assert_true(strtoull(strchr(memory, ' '), NULL, 10) >= missing);
    free(page);
}

/* Fails the n-th allocation of a life; false when the life has less than that. */
static bool live_through(size_t n, bool for_ever)
{
    struct program program = {0};

    heap_fail(n, for_ever);
    live(&program);
    bool failed = heap.failures > 0;
    heap.fails_at = 0;
    assert_heals(&program);

    pitot_registry_free(program.reg);
    assert_int_equal(heap.live, 0);
    assert_in_range(program.released, 1, 2);
    return failed;
}

static size_t live_through_all(bool for_ever)
{
    size_t n = 1;

    pitot_allocator_set(&heap_allocator);
    while (live_through(n, for_ever))
        n++;
    pitot_allocator_set(NULL);
    return n - 1;
}

static void any_one_allocation_may_fail(void **state)
{
    (void)state;
    assert_in_range(live_through_all(false), 100, 5000);
}

static void memory_may_run_out_at_any_moment_for_good(void **state)
{
    (void)state;
    assert_in_range(live_through_all(true), 100, 5000);
}

/* ---- Exponential buckets: a program of their own, whose values need ever more room ---- */

struct exponential {
    pitot_registry *reg;
    pitot_histogram *native;
    pitot_histogram_vec *natives;
    pitot_summary *summary;
};

static bool set_up_exponential(struct exponential *e)
{
    pitot_error err = {0};

    if (!e->reg)
        e->reg = pitot_registry_new(&err);
    if (!worked(e->reg != NULL, &err))
        return false;
    e->native = pitot_histogram_new(e->reg, &err,
        &(pitot_desc){
            .name = "n", .help = "H.", .native_factor = 1.01, .bounds = PITOT_BOUNDS(1, 2)});
    bool all = worked(e->native != NULL, &err);
    e->natives = pitot_histogram_vec_new(e->reg, &err,
        &(pitot_desc){
            .name = "ns", .help = "H.", .native_factor = 1.1, .labels = PITOT_LABELS("i")});
    all &= worked(e->natives != NULL, &err);
    e->summary = pitot_summary_new(
        e->reg, &err, &(pitot_desc){.name = "s", .help = "H.", .bounds = PITOT_BOUNDS(0.5)});
    return worked(e->summary != NULL, &err) && all;
}

/* Returns how much went to a child. */
static uint64_t record_exponential(struct exponential *e, int turn)
{
    pitot_histogram *child = pitot_histogram_with(e->natives, "1");

    for (int i = 1; i <= 1500; i++) {
        double value = i * (turn % 2 ? 0.01 : -3.0);

        pitot_histogram_observe(e->native, value);
        pitot_histogram_observe(child, value);
        pitot_summary_observe(e->summary, value);
    }
    return child ? 1500 : 0;
}

static bool scrape_exponential(struct exponential *e)
{
    pitot_error err = {0};
    pitot_snapshot *snap = pitot_snapshot_take(e->reg, &err);
    bool taken = worked(snap != NULL || !e->reg, &err);

    pitot_snapshot_free(snap);
    return taken;
}

static bool live_exponentially_through(size_t n, bool for_ever)
{
    struct exponential e = {0};

    heap_fail(n, for_ever);
    set_up_exponential(&e);
    for (int turn = 0; turn < 3; turn++) {
        record_exponential(&e, turn);
        scrape_exponential(&e);
    }
    pitot_histogram_reset(e.native);
    pitot_histogram_clear(e.natives);
    pitot_summary_reset(e.summary);
    record_exponential(&e, 3);
    scrape_exponential(&e);
    bool failed = heap.failures > 0;
    heap.fails_at = 0;
    assert_true(set_up_exponential(&e));
    uint64_t before = pitot_histogram_count(e.native);
    uint64_t child = pitot_histogram_count(pitot_histogram_with(e.natives, "1"));
    assert_int_equal(record_exponential(&e, 0), 1500);
    assert_true(scrape_exponential(&e));
    assert_int_equal(pitot_histogram_count(e.native), before + 1500);
    assert_int_equal(pitot_histogram_count(pitot_histogram_with(e.natives, "1")), child + 1500);
    pitot_registry_free(e.reg);
    assert_int_equal(heap.live, 0);
    return failed;
}

static void native_buckets_and_quantiles_lose_nothing_when_memory_runs_out(void **state)
{
    (void)state;

    pitot_allocator_set(&heap_allocator);
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        size_t n = 1;

        while (live_exponentially_through(n, for_ever))
            n++;
        assert_in_range(n, 50, 5000);
    }
    pitot_allocator_set(NULL);
}

static void recording_allocates_nothing(void **state)
{
    struct program program = {0};
    (void)state;
    pitot_allocator_set(&heap_allocator);
    heap.fails_at = 0;
    assert_true(set_up(&program));
    pitot_counter *child = pitot_counter_with(program.many, "1", "x\"y");
    struct exponential exponential = {.reg = program.reg};
    assert_true(set_up_exponential(&exponential));
    heap.calls = 0;

    for (int i = 0; i < 1000; i++) {
        pitot_histogram_observe(exponential.native, i);
        pitot_summary_observe(exponential.summary, i);
        pitot_summary_observe_since(exponential.summary, 0);
        pitot_counter_inc(child);
        pitot_counter_add(child, 0.5);
        pitot_counter_add(child, -1);
        pitot_gauge_add(program.gauge, i);
        pitot_gauge_set_to_current_time(program.gauge);
        pitot_histogram_observe(program.histogram, i);
        pitot_histogram_observe_exemplar(program.histogram, i, PITOT_EXEMPLAR("a", "b"));
        pitot_histogram_observe_since(program.histogram, 0);
        pitot_stateset_set(program.power, i % 2 ? "up" : "no", true);
        pitot_stateset_enum(program.power, "down");
        assert_ptr_equal(pitot_counter_with(program.many, "1", "x\"y"), child);
    }

    assert_int_equal(heap.calls, 0);
    pitot_registry_free(program.reg);
    pitot_allocator_set(NULL);
    assert_int_equal(heap.live, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_one_allocation_may_fail),
        cmocka_unit_test(memory_may_run_out_at_any_moment_for_good),
        cmocka_unit_test(native_buckets_and_quantiles_lose_nothing_when_memory_runs_out),
        cmocka_unit_test(recording_allocates_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
