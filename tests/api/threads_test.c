/* SPDX-License-Identifier: MIT */
/*
 * threads_test.c -- everything at once: sums are exact, counters never go back, a histogram's count
 * is its last bucket, and every page in between is valid. Built with the thread sanitizer too.
 */
#include "page.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define WRITERS 8
#define SCRAPERS 2
#define ROUNDS 3000
#define CHILDREN 16

/* The first thing that a thread other than the test's own found wrong: only that one may fail. */
static _Atomic(const char *) problem_seen;

static void note_problem(const char *problem)
{
    const char *none = NULL;

    if (problem)
        atomic_compare_exchange_strong(&problem_seen, &none, problem);
}

/* Runs `work` on `count` threads, each with its number, and waits for them. */
struct crew {
    void (*work)(void *shared, int number);
    void *shared;
    _Atomic(int) next;
};

static void *run_one(void *arg)
{
    struct crew *crew = arg;

    crew->work(crew->shared, atomic_fetch_add(&crew->next, 1));
    return NULL;
}

static void run_crew(int count, void (*work)(void *shared, int number), void *shared)
{
    struct crew crew = {.work = work, .shared = shared};
    pthread_t threads[WRITERS + SCRAPERS];

    for (int i = 0; i < count; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_one, &crew), 0);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    const char *problem = atomic_exchange(&problem_seen, NULL);
    if (problem)
        fail_msg("%s", problem);
}

/* ---- Recording while pages are made ---- */

struct busy {
    pitot_registry *reg;
    pitot_counter *counter;
    pitot_counter_vec *fixed, *churned;
    pitot_gauge *gauge;
    pitot_histogram *histogram;
    _Atomic(int) writing;
};

static void write_busily(struct busy *busy, int number)
{
    char name[16], churn[16];

    for (int i = 0; i < ROUNDS; i++) {
        snprintf(name, sizeof(name), "%d", (i + number) % CHILDREN);
        snprintf(churn, sizeof(churn), "%d", (i * 7 + number) % 50);
        pitot_counter_inc(busy->counter);
        pitot_counter_add(busy->counter, 0.5);
        pitot_counter_add_u64(pitot_counter_with(busy->fixed, name), 2);
        pitot_counter_inc(pitot_counter_with(busy->churned, churn, "x\n"));
        pitot_gauge_add(busy->gauge, i % 2 ? -2 : 3);
        pitot_histogram_observe(busy->histogram, i % 4);
        if (i % 16 == 0)
            pitot_counter_remove_matching(busy->churned, (pitot_label[]){{"i", churn}, {0}});
        if (i % 512 == 0)
            pitot_counter_clear(busy->churned);
        if (i % 64 == number) {
            pitot_gauge_new(busy->reg, NULL, &(pitot_desc){.name = "now_and_then", .help = "H."});
            pitot_unregister(busy->reg, NULL, "now_and_then");
        }
    }
    atomic_fetch_sub(&busy->writing, 1);
}

/* What a scraper has seen so far, and the page it looks at. */
struct seen {
    double counter, fixed[CHILDREN], last_bucket, bucket_before;
    const char *problem;
};

static void check_up(struct seen *seen, double *last, double value)
{
    if (value < *last)
        seen->problem = "a counter went back";
    *last = value;
}

static void look_at(void *ctx, const struct page_sample *sample)
{
    struct seen *seen = ctx;

    if (strcmp(sample->name, "c_total") == 0) {
        check_up(seen, &seen->counter, sample->value);
    } else if (strcmp(sample->name, "fixed_total") == 0) {
        check_up(seen, &seen->fixed[atoi(sample->labels[0].value)], sample->value);
    } else if (strcmp(sample->name, "h_bucket") == 0) {
        bool first = strcmp(sample->labels[0].value, "0.0") == 0 ||
                     strcmp(sample->labels[0].value, "0") == 0;

        if (!first && sample->value < seen->bucket_before)
            seen->problem = "a bucket has less than the one below it";
        if (strcmp(sample->labels[0].value, "+Inf") == 0)
            check_up(seen, &seen->last_bucket, sample->value);
        seen->bucket_before = sample->value;
    } else if (strcmp(sample->name, "h_count") == 0 && sample->value != seen->bucket_before) {
        seen->problem = "the count is not the last bucket";
    }
}

static void scrape_busily(struct busy *busy, int number)
{
    pitot_format format = number % 2 ? PITOT_FORMAT_TEXT : PITOT_FORMAT_OPENMETRICS;
    struct seen seen = {0};
    int pages = 0;

    while (pages++ < 3 || atomic_load(&busy->writing) > 0) {
        char *page = page_of(busy->reg, format);

        if (page_problem(page, format, look_at, &seen))
            note_problem("no valid page");
        note_problem(seen.problem);
        free(page);
    }
}

static void write_or_scrape(void *shared, int number)
{
    if (number < WRITERS)
        write_busily(shared, number);
    else
        scrape_busily(shared, number);
}

static void sums_are_exact_while_pages_are_made_and_series_come_and_go(void **state)
{
    pitot_registry *reg = new_registry();
    struct busy busy = {.reg = reg, .writing = WRITERS};
    char line[100];
    (void)state;
    busy.counter = pitot_counter_new(reg, NULL, &(pitot_desc){.name = "c_total", .help = "H."});
    busy.gauge = pitot_gauge_new(reg, NULL, &(pitot_desc){.name = "g", .help = "H."});
    busy.fixed = pitot_counter_vec_new(
        reg, NULL, &(pitot_desc){.name = "fixed_total", .help = "H.", .labels = PITOT_LABELS("i")});
    busy.churned = pitot_counter_vec_new(reg, NULL,
        &(pitot_desc){.name = "churned_total",
            .help = "H.",
            .labels = PITOT_LABELS("i", "text"),
            .series_max = 40});
    busy.histogram = pitot_histogram_new(
        reg, NULL, &(pitot_desc){.name = "h", .help = "H.", .bounds = PITOT_BOUNDS(0, 1, 2)});

    run_crew(WRITERS + SCRAPERS, write_or_scrape, &busy);

    const int all = WRITERS * ROUNDS;
    assert_true(pitot_counter_value(busy.counter) == all * 1.5);
    assert_true(pitot_gauge_value(busy.gauge) == all / 2);
    assert_true(pitot_histogram_sum(busy.histogram) == all / 4 * 6);
    assert_int_equal(pitot_histogram_count(busy.histogram), all);
    char *page = page_of(reg, PITOT_FORMAT_TEXT);
    uint64_t fixed = 0;
    const char *at = page;
    while ((at = find_line(at, "fixed_total{")) != NULL) {
        fixed += strtoull(strchr(at, ' '), NULL, 10);
        at = strchr(at, '\n') + 1;
    }
    assert_int_equal(fixed, all * 2);
    snprintf(line, sizeof(line), "h_bucket{le=\"1\"} %d", all / 2);
    assert_true(has_line(page, line));
    free(page);
    pitot_registry_free(reg);
}

/* ---- Making the same things at the same time ---- */

#define SAME 300

struct same {
    pitot_registry *reg;
    pitot_counter_vec *vec;
    pitot_counter *children[WRITERS][SAME];
    pitot_gauge *gauges[WRITERS][SAME];
};

static void make_same_children(void *shared, int number)
{
    struct same *same = shared;
    char value[16];

    for (int i = 0; i < SAME; i++) {
        int child = number % 2 ? i : SAME - 1 - i;

        snprintf(value, sizeof(value), "%d", child);
        same->children[number][child] = pitot_counter_with(same->vec, value);
        pitot_counter_inc(same->children[number][child]);
    }
}

static void threads_that_want_the_same_child_get_the_same_one(void **state)
{
    static struct same same;
    pitot_registry *reg = new_registry();
    (void)state;
    same.vec = pitot_counter_vec_new(
        reg, NULL, &(pitot_desc){.name = "x", .help = "H.", .labels = PITOT_LABELS("a")});

    run_crew(WRITERS, make_same_children, &same);

    for (int i = 0; i < SAME; i++) {
        assert_true(pitot_counter_value(same.children[0][i]) == WRITERS);
        for (int thread = 1; thread < WRITERS; thread++)
            assert_ptr_equal(same.children[thread][i], same.children[0][i]);
    }
    char *page = page_of(reg, PITOT_FORMAT_TEXT);
    assert_page(page, PITOT_FORMAT_TEXT);
    assert_int_equal(count_lines(page, "x{"), SAME);
    free(page);
    pitot_registry_free(reg);
}

static void make_same_gauges(void *shared, int number)
{
    struct same *same = shared;
    char name[16];

    for (int i = 0; i < SAME; i++) {
        snprintf(name, sizeof(name), "g%d", i);
        same->gauges[number][i] =
            pitot_gauge_new(same->reg, NULL, &(pitot_desc){.name = name, .help = "H."});
        pitot_gauge_inc(same->gauges[number][i]);
    }
}

static void threads_that_register_the_same_metric_get_the_same_one(void **state)
{
    static struct same same;
    (void)state;
    same.reg = new_registry();

    run_crew(WRITERS, make_same_gauges, &same);

    for (int i = 0; i < SAME; i++) {
        assert_true(pitot_gauge_value(same.gauges[0][i]) == WRITERS);
        for (int thread = 1; thread < WRITERS; thread++)
            assert_ptr_equal(same.gauges[thread][i], same.gauges[0][i]);
    }
    pitot_registry_free(same.reg);
}

static void overflow(void *shared, int number)
{
    char value[32];

    for (int i = 0; i < 500; i++) {
        snprintf(value, sizeof(value), "%d/%d", number, i);
        pitot_counter_inc(pitot_counter_with((pitot_counter_vec *)shared, value));
    }
}

static void the_cap_holds_and_nothing_is_lost_when_threads_race_for_it(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_counter_vec *vec = pitot_counter_vec_new(reg, NULL,
        &(pitot_desc){.name = "x", .help = "H.", .labels = PITOT_LABELS("a"), .series_max = 100});
    (void)state;

    run_crew(WRITERS, overflow, vec);

    char *page = page_of(reg, PITOT_FORMAT_TEXT);
    assert_int_equal(count_lines(page, "x{"), 101);
    assert_true(has_line(page, "x{a=\"__overflow__\"} 3900"));
    assert_true(has_line(page, "pitot_dropped_total{reason=\"series_limit\"} 3900"));
    free(page);
    pitot_registry_free(reg);
}

/* ---- Collectors ---- */

struct removal {
    pitot_registry *reg;
    _Atomic(bool) done;
};

/* What a collector looks at; its owner takes it away after removing the collector. */
struct target {
    _Atomic(bool) gone;
    _Atomic(int) runs, late_runs;
};

static void look_at_target(pitot_sink *sink, void *ctx)
{
    struct target *target = ctx;
    const struct timespec moment = {0, 50 * 1000};

    (void)sink;
    nanosleep(&moment, NULL); /* long enough for other scrapes to queue up */
    atomic_fetch_add(&target->runs, 1);
    atomic_fetch_add(&target->late_runs, atomic_load(&target->gone));
}

static struct target targets[150];

static void add_and_remove(struct removal *removal)
{
    for (size_t i = 0; i < COUNT(targets); i++) {
        struct target *target = &targets[i];

        pitot_collector_add(removal->reg, NULL,
            &(pitot_collector){.name = "x", .collect = look_at_target, .ctx = target});
        for (int j = 0; j < 10000 && atomic_load(&target->runs) < 1 + (int)i % 3; j++)
            nanosleep(&(struct timespec){0, 20 * 1000}, NULL);
        pitot_collector_remove(removal->reg, NULL, "x");
        atomic_store(&target->gone, true);
    }
    atomic_store(&removal->done, true);
}

static void remove_or_scrape(void *shared, int number)
{
    struct removal *removal = shared;

    if (number == 0) {
        add_and_remove(removal);
        return;
    }
    while (!atomic_load(&removal->done))
        free(page_of(removal->reg, PITOT_FORMAT_TEXT));
}

static void a_removed_collector_never_runs_again_however_many_scrapes_waited_for_it(void **state)
{
    struct removal removal = {.reg = new_registry()};
    (void)state;

    run_crew(6, remove_or_scrape, &removal);

    for (size_t i = 0; i < COUNT(targets); i++) {
        assert_true(targets[i].runs > 0);
        assert_int_equal(targets[i].late_runs, 0);
    }
    pitot_registry_free(removal.reg);
}

static void take_a_page_inside(pitot_sink *sink, void *ctx)
{
    free(page_of(ctx, PITOT_FORMAT_TEXT));
    pitot_sink_family(sink, PITOT_GAUGE, &(pitot_desc){.name = "inside", .help = "H."});
    pitot_sink_sample(sink, 1);
}

static void scrape_often(void *shared, int number)
{
    (void)number;
    for (int i = 0; i < 200; i++)
        free(page_of(shared, PITOT_FORMAT_TEXT));
}

static void collectors_that_take_snapshots_do_not_wait_for_each_other(void **state)
{
    pitot_registry *reg = new_registry();
    (void)state;
    pitot_collector_add(
        reg, NULL, &(pitot_collector){.name = "one", .collect = take_a_page_inside, .ctx = reg});
    pitot_collector_add(
        reg, NULL, &(pitot_collector){.name = "two", .collect = take_a_page_inside, .ctx = reg});
    pitot_collector_add(reg, NULL,
        &(pitot_collector){
            .name = "periodic", .collect = take_a_page_inside, .ctx = reg, .period_ms = 1});

    alarm(100); /* what a deadlock ends by */
    run_crew(4, scrape_often, reg);
    alarm(0);

    assert_line(reg, "inside 1");
    pitot_registry_free(reg);
}

struct counted {
    _Atomic(int) running, at_once, runs;
};

static void count_at_once(pitot_sink *sink, void *ctx)
{
    struct counted *counted = ctx;

    if (atomic_fetch_add(&counted->running, 1) > 0)
        atomic_fetch_add(&counted->at_once, 1);
    pitot_sink_family(sink, PITOT_COUNTER, &(pitot_desc){.name = "runs_total", .help = "H."});
    pitot_sink_sample(sink, atomic_fetch_add(&counted->runs, 1) + 1);
    atomic_fetch_sub(&counted->running, 1);
}

static void scrape_and_look(void *shared, int number)
{
    (void)number;
    for (int i = 0; i < 100; i++) {
        char *page = page_of(shared, PITOT_FORMAT_TEXT);

        if (page_problem(page, PITOT_FORMAT_TEXT, NULL, NULL))
            note_problem("no valid page");
        if (!find_line(page, "runs_total "))
            note_problem("the collector's family is missing");
        free(page);
    }
}

static void a_collector_runs_for_every_scrape_and_never_twice_at_once(void **state)
{
    static struct counted counted;
    pitot_registry *reg = new_registry();
    (void)state;
    pitot_collector_add(
        reg, NULL, &(pitot_collector){.name = "x", .collect = count_at_once, .ctx = &counted});

    run_crew(4, scrape_and_look, reg);

    assert_int_equal(atomic_load(&counted.runs), 400);
    assert_int_equal(atomic_load(&counted.at_once), 0);
    pitot_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_exact_while_pages_are_made_and_series_come_and_go),
        cmocka_unit_test(threads_that_want_the_same_child_get_the_same_one),
        cmocka_unit_test(threads_that_register_the_same_metric_get_the_same_one),
        cmocka_unit_test(the_cap_holds_and_nothing_is_lost_when_threads_race_for_it),
        cmocka_unit_test(a_removed_collector_never_runs_again_however_many_scrapes_waited_for_it),
        cmocka_unit_test(collectors_that_take_snapshots_do_not_wait_for_each_other),
        cmocka_unit_test(a_collector_runs_for_every_scrape_and_never_twice_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
