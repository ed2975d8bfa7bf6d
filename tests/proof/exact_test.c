/* SPDX-License-Identifier: MIT */
/*
 * exact_test.c -- no increment is lost, counted twice, or counted elsewhere, whatever happens.
 *
 * Threads in numbers that a machine has no CPUs for, a signal handler that records the same
 * numbers a thousand times a second, threads that are moved from CPU to CPU, series that get hot,
 * vanish and are reset meanwhile, children that are forked, and one who scrapes all the while.
 */
#include "proof.h"

#include "../api/page.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* ---- What everybody records: one round of it is worth a known amount ---- */

#define GENERATIONS                                                                                \
    24 /* children of the vecs: each starts cold and gets hot while it is current                  \
        */
#define ROUND_PLAIN 1
#define ROUND_MIXED 4.25
static const double values_seen[] = {1, 3, 10, 100};

struct numbers {
    pitot_registry *reg;
    pitot_counter *plain, *mixed, *generation[GENERATIONS];
    pitot_histogram *constant, *varied, *varied_generation[GENERATIONS];
};

static struct numbers numbers;
static double native;        /* the factor of all histograms, or 0 */
static _Atomic(int) current; /* the generation */
static _Atomic(bool) stop;

static void make_numbers(void)
{
    const double *const bounds = PITOT_BOUNDS(1, 4, 16); /* one for each of values_seen */
    pitot_registry *reg = new_registry();
    char name[16];

    numbers = (struct numbers){.reg = reg};
    numbers.plain =
        pitot_counter_new(reg, NULL, &(pitot_desc){.name = "plain_total", .help = "H."});
    numbers.mixed =
        pitot_counter_new(reg, NULL, &(pitot_desc){.name = "mixed_total", .help = "H."});
    numbers.constant = pitot_histogram_new(
        reg, NULL, &(pitot_desc){.name = "constant", .help = "H.", .native_factor = native});
    numbers.varied = pitot_histogram_new(reg, NULL,
        &(pitot_desc){.name = "varied", .help = "H.", .bounds = bounds, .native_factor = native});
    pitot_counter_vec *counters = pitot_counter_vec_new(
        reg, NULL, &(pitot_desc){.name = "g_total", .help = "H.", .labels = PITOT_LABELS("g")});
    pitot_histogram_vec *histograms = pitot_histogram_vec_new(reg, NULL,
        &(pitot_desc){.name = "varied_g",
            .help = "H.",
            .labels = PITOT_LABELS("g"),
            .bounds = bounds,
            .native_factor = native});
    for (int g = 0; g < GENERATIONS; g++) {
        snprintf(name, sizeof(name), "%d", g);
        numbers.generation[g] = pitot_counter_with(counters, name);
        numbers.varied_generation[g] = pitot_histogram_with(histograms, name);
        assert_non_null(numbers.varied_generation[g]);
    }
    atomic_store(&current, 0);
    atomic_store(&stop, false);
}

static void record_round(int g)
{
    pitot_counter_inc(numbers.plain);
    pitot_counter_inc(numbers.mixed);
    pitot_counter_add(numbers.mixed, 0.25);
    pitot_counter_add_u64(numbers.mixed, 3);
    pitot_histogram_observe(numbers.constant, 0.375);
    for (size_t i = 0; i < COUNT(values_seen); i++)
        pitot_histogram_observe(numbers.varied, values_seen[i]);
    pitot_counter_inc(numbers.generation[g]);
    for (size_t i = 0; i < COUNT(values_seen); i++)
        pitot_histogram_observe(numbers.varied_generation[g], values_seen[i]);
}

static void assert_numbers(const uint64_t rounds_of[GENERATIONS])
{
    uint64_t rounds = 0;

    for (int g = 0; g < GENERATIONS; g++) {
        assert_true(pitot_counter_value(numbers.generation[g]) == (double)rounds_of[g]);
        assert_int_equal(pitot_histogram_count(numbers.varied_generation[g]), 4 * rounds_of[g]);
        assert_true(
            pitot_histogram_sum(numbers.varied_generation[g]) == 114.0 * (double)rounds_of[g]);
        rounds += rounds_of[g];
    }
    assert_true(pitot_counter_value(numbers.plain) == (double)rounds * ROUND_PLAIN);
    assert_true(pitot_counter_value(numbers.mixed) == (double)rounds * ROUND_MIXED);
    assert_int_equal(pitot_histogram_count(numbers.constant), rounds);
    assert_true(pitot_histogram_sum(numbers.constant) == (double)rounds * 0.375);
    assert_int_equal(pitot_histogram_count(numbers.varied), 4 * rounds);
    assert_true(pitot_histogram_sum(numbers.varied) == (double)rounds * 114);
}

/* ---- The handler, which interrupts everything above ---- */

static _Atomic(uint64_t) handled[GENERATIONS];

static void on_tick(int number)
{
    int saved = errno;
    int g = atomic_load(&current);
    (void)number;

    record_round(g);
    atomic_fetch_add(&handled[g], 1);
    errno = saved;
}

static timer_t start_ticks(void)
{
    struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGPROF};
    const long ns = 1000000;
    timer_t timer;

    for (int g = 0; g < GENERATIONS; g++)
        atomic_store(&handled[g], 0);
    sigaction(SIGPROF, &action, NULL);
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
    assert_int_equal(timer_settime(timer, 0, &(struct itimerspec){{0, ns}, {0, ns}}, NULL), 0);
    return timer;
}

static void stop_ticks(timer_t timer)
{
    timer_delete(timer);
    sleep_us(5000); /* the last one may be on its way */
    signal(SIGPROF, SIG_IGN);
}

/* ---- The scraper ---- */

/* What one series of a histogram looks like while its lines go by. */
struct lines {
    double last, weighted, sum;
    uint64_t parts; /* buckets, _sum and _count seen */
};

struct seen {
    double plain, mixed, generation[GENERATIONS], count[GENERATIONS + 2];
    struct lines lines;
};

static double up(double *last, double value)
{
    if (value < *last)
        note_problem("a reading went back");
    return *last = value;
}

static int generation_of(const struct page_sample *sample)
{
    for (size_t i = 0; i < sample->label_count; i++)
        if (strcmp(sample->labels[i].name, "g") == 0)
            return atoi(sample->labels[i].value);
    return -1;
}

static double worth_of(const struct page_sample *sample)
{
    static const char *const bounds[] = {"1", "4", "16", "+Inf"};

    for (size_t i = 0; i < COUNT(bounds); i++)
        if (strcmp(sample->labels[sample->label_count - 1].value, bounds[i]) == 0)
            return values_seen[i];
    return 0;
}

static void look_at_histogram(
    struct lines *lines, const struct page_sample *sample, double *count_before, bool constant)
{
    const char *suffix = strrchr(sample->name, '_');
    bool is_count = strcmp(suffix, "_count") == 0, is_sum = strcmp(suffix, "_sum") == 0;

    if (!is_count && !is_sum) {
        if (sample->value < lines->last)
            note_problem("a bucket has less than the one below it");
        lines->weighted += (sample->value - lines->last) * (constant ? 0.375 : worth_of(sample));
        lines->last = sample->value;
        return;
    }
    if (is_count && up(count_before, sample->value) != lines->last)
        note_problem("the count is not the sum of the buckets");
    if (is_sum && sample->value != lines->weighted)
        note_problem("the sum is not that of the observations in the buckets");
    if (++lines->parts == 2)
        *lines = (struct lines){0};
}

static void look_at(void *ctx, const struct page_sample *sample)
{
    struct seen *seen = ctx;
    int g = generation_of(sample);

    if (strcmp(sample->name, "plain_total") == 0)
        up(&seen->plain, sample->value);
    else if (strcmp(sample->name, "mixed_total") == 0)
        up(&seen->mixed, sample->value);
    else if (strcmp(sample->name, "g_total") == 0)
        up(&seen->generation[g], sample->value);
    else if (strncmp(sample->name, "constant_", 9) == 0)
        look_at_histogram(&seen->lines, sample, &seen->count[GENERATIONS], true);
    else if (strncmp(sample->name, "varied_g_", 9) == 0)
        look_at_histogram(&seen->lines, sample, &seen->count[g], false);
    else if (strncmp(sample->name, "varied_", 7) == 0)
        look_at_histogram(&seen->lines, sample, &seen->count[GENERATIONS + 1], false);
}

static void scrape(struct seen *seen)
{
    char *page = page_of(numbers.reg, PITOT_FORMAT_TEXT);

    if (page_problem(page, PITOT_FORMAT_TEXT, look_at, seen))
        note_problem("no valid page");
    free(page);
}

static void scrape_until_stopped(void *shared, int number)
{
    struct seen *seen = calloc(1, sizeof(*seen));
    double plain = 0;
    (void)shared;
    (void)number;

    while (!atomic_load(&stop)) {
        scrape(seen);
        for (int i = 0; i < 50; i++)
            up(&plain, pitot_counter_value(numbers.plain));
        sched_yield();
    }
    free(seen);
}

/* ---- Those who record, and who moves them ---- */

struct writers {
    int count;
    _Atomic(pid_t) ids[CREW_MAX];
    uint64_t rounds[CREW_MAX][GENERATIONS];
};

static struct writers writers;

static void write_until_stopped(void *shared, int number)
{
    uint64_t rounds[GENERATIONS] = {0};
    const int batch = proof_share(200);
    (void)shared;

    atomic_store(&writers.ids[number], (pid_t)syscall(SYS_gettid));
    while (!atomic_load(&stop)) {
        int g = atomic_load(&current);

        for (int i = 0; i < batch; i++)
            record_round(g);
        rounds[g] += (uint64_t)batch;
        if (writers.count > 8)
            sleep_us(writers.count *
                     20); /* or those who move, scrape and stop them would hardly ever run */
    }
    memcpy(writers.rounds[number], rounds, sizeof(rounds));
}

static void move_until_stopped(void *shared, int number)
{
    int cpus[64];
    int count = usable_cpus(cpus, 64);
    unsigned step = 1;
    (void)shared;
    (void)number;

    while (!atomic_load(&stop)) {
        for (int i = 0; i < writers.count; i++) {
            pid_t id = atomic_load(&writers.ids[i]);

            step = step * 1664525u + 1013904223u;
            if (id)
                pin(id, cpus[(step >> 16) % (unsigned)count]);
        }
        sleep_us(100);
    }
}

static void sums_are_exact_with(int count)
{
    static struct crew writing, scraping, moving;
    uint64_t rounds[GENERATIONS];
    uint64_t all = 0, ticks = 0;

    make_numbers();
    memset(&writers, 0, sizeof(writers));
    writers.count = count;
    timer_t timer = start_ticks();
    crew_start(&writing, count, write_until_stopped, NULL);
    crew_start(&scraping, 1, scrape_until_stopped, NULL);
    crew_start(&moving, 1, move_until_stopped, NULL);
    for (int g = 0; g < GENERATIONS; g++) {
        atomic_store(&current, g);
        sleep_us(10000);
    }
    atomic_store(&stop, true);
    crew_join(&writing);
    crew_join(&moving);
    crew_join(&scraping);
    stop_ticks(timer);

    assert_no_problem();
    for (int g = 0; g < GENERATIONS; g++) {
        rounds[g] = atomic_load(&handled[g]);
        ticks += rounds[g];
        for (int i = 0; i < count; i++)
            rounds[g] += writers.rounds[i][g];
        all += rounds[g];
    }
    print_message("%d threads: %llu rounds, %llu of them in the handler\n", count,
        (unsigned long long)all, (unsigned long long)ticks);
    assert_true(ticks > 0);
    assert_numbers(rounds);
    pitot_registry_free(numbers.reg);
}

static void sums_are_exact_with_2_threads(void **state)
{
    (void)state;
    sums_are_exact_with(2);
}

static void sums_are_exact_with_8_threads(void **state)
{
    (void)state;
    sums_are_exact_with(8);
}

static void sums_are_exact_with_64_threads(void **state)
{
    (void)state;
    if (proof_is_small())
        skip();
    sums_are_exact_with(64);
}

static void sums_are_exact_with_256_threads(void **state)
{
    (void)state;
    if (proof_is_small())
        skip();
    sums_are_exact_with(256);
}

/* ---- Series that go while they are recorded on ---- */

struct removals {
    pitot_counter_vec *victims, *quiet;
    pitot_histogram_vec *victim_times, *quiet_times;
    _Atomic(pitot_counter *) victim; /* all threads record on these two, gone or not */
    _Atomic(pitot_histogram *) victim_time;
    pitot_counter *steady;
    _Atomic(uint64_t) steady_count;
};

static void record_on_victims(void *shared, int number)
{
    struct removals *removals = shared;
    uint64_t count = 0;
    (void)number;

    while (!atomic_load(&stop)) {
        pitot_counter *victim = atomic_load(&removals->victim);
        pitot_histogram *victim_time = atomic_load(&removals->victim_time);

        for (int i = 0; i < 100; i++) {
            pitot_counter_inc(victim);
            pitot_counter_add(victim, 0.5);
            pitot_histogram_observe(victim_time, 2);
            pitot_counter_inc(removals->steady);
            count++;
        }
    }
    atomic_fetch_add(&removals->steady_count, count);
}

/* Makes, warms and removes; what a quiet series gets, perhaps with the words that a victim had,
 * must be what it was given here and nothing of the victim's. */
static void remove_one_by_one(struct removals *removals, int rounds)
{
    char name[16];

    for (int i = 0; i < rounds; i++) {
        const char *const values[] = {name};

        snprintf(name, sizeof(name), "%d", i % 3);
        pitot_counter *quiet = pitot_counter_with(removals->quiet, name);
        pitot_histogram *quiet_time = pitot_histogram_with(removals->quiet_times, name);
        for (int j = 0; j < 1500; j++) {
            pitot_counter_inc(quiet);
            pitot_histogram_observe(quiet_time, 8);
        }
        pitot_counter_add(quiet, 0.25);
        if (pitot_counter_value(quiet) != 1500.25)
            note_problem("a counter has what was never added to it");
        if (pitot_histogram_count(quiet_time) != 1500 || pitot_histogram_sum(quiet_time) != 12000)
            note_problem("a histogram has what was never observed there");
        pitot_counter_remove(removals->quiet, values, 1);
        pitot_histogram_clear(removals->quiet_times);

        pitot_counter *victim = pitot_counter_with(removals->victims, name);
        atomic_store(&removals->victim, victim);
        atomic_store(&removals->victim_time, pitot_histogram_with(removals->victim_times, name));
        sleep_us(i % 4 * 100);
        if (i % 2)
            free(
                page_of(numbers.reg, PITOT_FORMAT_TEXT)); /* a scrape makes what got hot promoted */
        pitot_counter_clear(removals->victims);
        pitot_histogram_clear(removals->victim_times);
    }
}

static void what_a_removed_series_had_is_never_found_in_another(void **state)
{
    static struct crew crew;
    pitot_registry *reg = new_registry();
    const double *const bounds = PITOT_BOUNDS(1, 4);
    static struct removals removals;
    (void)state;
    numbers = (struct numbers){.reg = reg};
    memset(&removals, 0, sizeof(removals));
    removals.victims = pitot_counter_vec_new(reg, NULL,
        &(pitot_desc){.name = "victims_total", .help = "H.", .labels = PITOT_LABELS("a")});
    removals.quiet = pitot_counter_vec_new(
        reg, NULL, &(pitot_desc){.name = "quiet_total", .help = "H.", .labels = PITOT_LABELS("a")});
    removals.victim_times = pitot_histogram_vec_new(reg, NULL,
        &(pitot_desc){.name = "victim_sizes",
            .help = "H.",
            .labels = PITOT_LABELS("a"),
            .bounds = bounds,
            .native_factor = native});
    removals.quiet_times = pitot_histogram_vec_new(reg, NULL,
        &(pitot_desc){.name = "quiet_sizes",
            .help = "H.",
            .labels = PITOT_LABELS("a"),
            .bounds = bounds,
            .native_factor = native});
    removals.steady =
        pitot_counter_new(reg, NULL, &(pitot_desc){.name = "steady_total", .help = "H."});
    assert_true(
        removals.victims && removals.quiet && removals.victim_times && removals.quiet_times);
    atomic_store(&stop, false);

    crew_start(&crew, 4, record_on_victims, &removals);
    remove_one_by_one(&removals, proof_share(600));
    atomic_store(&stop, true);
    crew_join(&crew);

    assert_no_problem();
    assert_true(
        pitot_counter_value(removals.steady) == (double)atomic_load(&removals.steady_count));
    pitot_registry_free(reg);
}

/* ---- Resets ---- */

struct resets {
    pitot_counter *counter;
    pitot_histogram *histogram;
    struct {
        _Atomic(uint64_t) begun, done;
        char pad[112];
    } of[8];
};

static uint64_t begun(struct resets *resets)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < COUNT(resets->of); i++)
        sum += atomic_load(&resets->of[i].begun);
    return sum;
}

static uint64_t done(struct resets *resets)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < COUNT(resets->of); i++)
        sum += atomic_load(&resets->of[i].done);
    return sum;
}

static void record_and_tell(void *shared, int number)
{
    struct resets *resets = shared;
    uint64_t count = 0;

    while (!atomic_load(&stop)) {
        atomic_store(&resets->of[number].begun, ++count);
        pitot_counter_inc(resets->counter);
        pitot_histogram_observe(resets->histogram, 0.375);
        atomic_store(&resets->of[number].done, count);
    }
}

static void a_reset_takes_what_was_before_it_and_nothing_of_what_comes_after(void **state)
{
    static struct resets resets;
    static struct crew crew;
    struct seen seen = {.plain = 0};
    uint64_t before = 0, after = 0;
    (void)state;
    numbers = (struct numbers){.reg = new_registry()};
    memset(&resets, 0, sizeof(resets));
    resets.counter =
        pitot_counter_new(numbers.reg, NULL, &(pitot_desc){.name = "x_total", .help = "H."});
    resets.histogram = pitot_histogram_new(numbers.reg, NULL,
        &(pitot_desc){.name = "constant", .help = "H.", .native_factor = native});
    atomic_store(&stop, false);

    crew_start(&crew, COUNT(resets.of), record_and_tell, &resets);
    for (int i = 0; i < proof_share(400); i++) {
        before = done(&resets);
        pitot_counter_reset(resets.counter);
        pitot_histogram_reset(resets.histogram);
        after = begun(&resets);
        double value = pitot_counter_value(resets.counter);
        double count = (double)pitot_histogram_count(resets.histogram);
        double most = (double)(begun(&resets) - before);
        if (value > most || count > most)
            note_problem("a reset left something of what was before it");
        seen.count[GENERATIONS] = 0;
        scrape(&seen);
        sched_yield();
    }
    uint64_t end_of_last = after;
    atomic_store(&stop, true);
    crew_join(&crew);

    assert_no_problem();
    uint64_t all = done(&resets);
    double value = pitot_counter_value(resets.counter);
    uint64_t count = pitot_histogram_count(resets.histogram);
    assert_true(value >= (double)(all - end_of_last) && value <= (double)(all - before));
    assert_true(count >= all - end_of_last && count <= all - before);
    pitot_counter_reset(resets.counter);
    pitot_histogram_reset(resets.histogram);
    assert_true(pitot_counter_value(resets.counter) == 0);
    assert_int_equal(pitot_histogram_count(resets.histogram), 0);
    for (int i = 0; i < 3000; i++) {
        pitot_counter_inc(resets.counter);
        pitot_histogram_observe(resets.histogram, 0.5);
    }
    assert_true(pitot_counter_value(resets.counter) == 3000);
    assert_true(pitot_histogram_sum(resets.histogram) == 1500);
    pitot_registry_free(numbers.reg);
}

/* ---- Forks ---- */

/* In a child, which has a copy of everything and is alone there. */
static int run_as_child(double most)
{
    double start = pitot_counter_value(numbers.plain);
    uint64_t count = pitot_histogram_count(numbers.constant);

    alarm(60);
    if (start > most)
        return 1;
    for (int i = 0; i < 3000; i++)
        record_round(GENERATIONS - 1);
    if (pitot_counter_value(numbers.plain) != start + 3000)
        return 2;
    if (pitot_histogram_count(numbers.constant) != count + 3000 ||
        pitot_histogram_sum(numbers.constant) != (double)(count + 3000) * 0.375)
        return 3;
    pitot_counter_reset(numbers.plain); /* waits for sequences of this process, not its parent */
    pitot_counter_inc(numbers.plain);
    return pitot_counter_value(numbers.plain) == 1 ? 0 : 4;
}

static void a_forked_child_counts_for_itself_and_its_parent_loses_nothing(void **state)
{
    static struct crew crew;
    uint64_t rounds[GENERATIONS] = {0};
    (void)state;
    make_numbers();
    memset(&writers, 0, sizeof(writers));

    crew_start(&crew, 4, write_until_stopped, NULL);
    for (int i = 0; i < proof_share(60); i++) {
        pid_t child = fork();
        int status = -1;

        if (child == 0)
            _exit(run_as_child(1e15));
        assert_true(child > 0);
        pitot_counter_value(numbers.plain);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    atomic_store(&stop, true);
    crew_join(&crew);

    for (int g = 0; g < GENERATIONS; g++)
        for (int i = 0; i < 4; i++)
            rounds[g] += writers.rounds[i][g];
    assert_numbers(rounds);
    pitot_registry_free(numbers.reg);
}

/* ---- Threads that come, go and are cancelled ---- */

static void *record_until_cancelled(void *arg)
{
    _Atomic(uint64_t) *done_count = arg;

    pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
    for (;;) {
        pitot_counter_inc(numbers.plain);
        pitot_histogram_observe(numbers.constant, 0.375);
        atomic_fetch_add(done_count, 1);
    }
    return NULL;
}

static void a_thread_that_is_cancelled_in_the_middle_leaves_whole_observations(void **state)
{
    static _Atomic(uint64_t) done_count;
    const int count = proof_share(400);
    (void)state;
#if defined(THREAD_SANITIZER) || defined(ADDRESS_SANITIZER)
    print_message("sanitizers do not know asynchronous cancellation\n");
    skip();
#endif
    make_numbers();
    atomic_store(&done_count, 0);

    for (int i = 0; i < count; i++) {
        pthread_t thread;

        assert_int_equal(pthread_create(&thread, NULL, record_until_cancelled, &done_count), 0);
        sleep_us(i % 3 * 50);
        pthread_cancel(thread);
        pthread_join(thread, NULL);
    }

    uint64_t all = atomic_load(&done_count), observed = pitot_histogram_count(numbers.constant);
    double value = pitot_counter_value(numbers.plain);
    assert_true(value >= (double)all && value <= (double)(all + (uint64_t)count));
    assert_true(observed >= all && observed <= all + (uint64_t)count);
    assert_true(pitot_histogram_sum(numbers.constant) == (double)observed * 0.375);
    pitot_registry_free(numbers.reg);
}

static int use_native(void **state)
{
    (void)state;
    native = 1.1;
    return 0;
}

static int use_classic(void **state)
{
    (void)state;
    native = 0;
    return 0;
}

#define NATIVE(test)                                                                               \
    {                                                                                              \
#test "_with_native_buckets", test, use_native, use_classic, NULL                          \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_exact_with_2_threads),
        cmocka_unit_test(sums_are_exact_with_8_threads),
        cmocka_unit_test(sums_are_exact_with_64_threads),
        cmocka_unit_test(sums_are_exact_with_256_threads),
        cmocka_unit_test(what_a_removed_series_had_is_never_found_in_another),
        cmocka_unit_test(a_reset_takes_what_was_before_it_and_nothing_of_what_comes_after),
        cmocka_unit_test(a_forked_child_counts_for_itself_and_its_parent_loses_nothing),
        cmocka_unit_test(a_thread_that_is_cancelled_in_the_middle_leaves_whole_observations),
        NATIVE(sums_are_exact_with_8_threads),
        NATIVE(sums_are_exact_with_64_threads),
        NATIVE(what_a_removed_series_had_is_never_found_in_another),
        NATIVE(a_reset_takes_what_was_before_it_and_nothing_of_what_comes_after),
        NATIVE(a_forked_child_counts_for_itself_and_its_parent_loses_nothing),
        NATIVE(a_thread_that_is_cancelled_in_the_middle_leaves_whole_observations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
