/* SPDX-License-Identifier: MIT */
/*
 * fork_test.c -- children of a program whose threads are in the middle of everything.
 *
 * Threads record, make and remove series, scrape with collectors and register, while the test makes
 * children. One of fork() can do all of it; one of a raw clone() can record, and is told so about
 * the rest. A child that hangs is ended by its alarm, and so seen.
 */
#include "proof.h"

#include <pitot/export.h>

#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static struct {
    pitot_registry *reg;
    pitot_counter *counter;
    pitot_counter_vec *vec;
    pitot_histogram *histogram;
    _Atomic(bool) stop;
    _Atomic(int) reads;
} all;

static void collect_one(pitot_sink *sink, void *ctx)
{
    (void)ctx;
    pitot_sink_family(sink, PITOT_GAUGE, &(pitot_desc){.name = "collected", .help = "H."});
    pitot_sink_sample(sink, 7);
}

static double read_one(void *ctx)
{
    (void)ctx;
    atomic_fetch_add(&all.reads, 1);
    sched_yield();
    return 3;
}

static void make_all(void)
{
    pitot_error err = {0};

    memset(&all, 0, sizeof(all));
    all.reg = pitot_registry_new(NULL);
    all.counter = pitot_counter_new(all.reg, &err, &(pitot_desc){.name = "n_total", .help = "H."});
    all.histogram = pitot_histogram_new(all.reg, &err, &(pitot_desc){.name = "h", .help = "H."});
    all.vec = pitot_counter_vec_new(all.reg, &err,
        &(pitot_desc){
            .name = "v_total", .help = "H.", .labels = PITOT_LABELS("k"), .series_max = 5000});
    pitot_collector_add(all.reg, &err, &(pitot_collector){.name = "c", .collect = collect_one});
    pitot_collector_add(
        all.reg, &err, &(pitot_collector){.name = "p", .collect = collect_one, .period_ms = 1});
    pitot_collector_remove(all.reg, &err, "p"); /* its thread stays */
    pitot_function_add(all.reg, &err,
        &(pitot_function){
            .type = PITOT_GAUGE, .read = read_one, .desc = {.name = "f", .help = "H."}});
    assert_string_equal(err.message, "");
}

static void scrape(const char **problem)
{
    pitot_error err = {0};
    pitot_snapshot *snap = pitot_snapshot_take(all.reg, &err);
    struct text page = {0};

    if (!snap || !pitot_encode(snap, PITOT_FORMAT_TEXT, text_write, &page, &err) ||
        !strstr(page.at, "\ncollected 7\n") || !strstr(page.at, "\nf 3\n"))
        *problem = "a page is not whole";
    free(page.at);
    pitot_snapshot_free(snap);
}

static void be_busy(void *shared, int number)
{
    const char *problem = NULL;
    char key[32];
    (void)shared;

    for (int i = 0; !atomic_load(&all.stop); i++) {
        pitot_counter_inc(all.counter);
        pitot_histogram_observe(all.histogram, 0.5);
        switch (number % 4) {
        case 0: /* makes series, and removes them */
            snprintf(key, sizeof(key), "%d-%d", number, i % 400);
            pitot_counter_inc(pitot_counter_with(all.vec, key));
            if (i % 400 == 399)
                pitot_counter_clear(all.vec);
            break;
        case 1:
            scrape(&problem);
            break;
        case 2: /* registers, and unregisters while it is read; a registry keeps what it had */
            if (i >= 2000)
                break;
            pitot_function_add(all.reg, NULL,
                &(pitot_function){
                    .type = PITOT_GAUGE, .read = read_one, .desc = {.name = "g", .help = "H."}});
            pitot_unregister(all.reg, NULL, "g");
            break;
        default:
            pitot_counter_value(all.counter);
        }
        if (i % 16 == 15)
            sleep_us(50); /* the children want a processor, too */
    }
    note_problem(problem);
}

/* What a child does, which has a copy of everything, and of no thread but the one that forked. */
static int use_everything(void)
{
    const char *problem = NULL;
    pitot_error err = {0};
    double before = pitot_counter_value(all.counter);

    alarm(30);
    pitot_counter_inc(all.counter);
    if (pitot_counter_value(all.counter) != before + 1)
        return 1;
    pitot_counter_inc(pitot_counter_with(all.vec, "of the child"));
    if (pitot_counter_value(pitot_counter_with(all.vec, "of the child")) != 1)
        return 2;
    pitot_gauge_set(
        pitot_gauge_new(all.reg, &err, &(pitot_desc){.name = "child", .help = "H."}), 1);
    pitot_collector_add(all.reg, &err, &(pitot_collector){.name = "child", .collect = collect_one});
    pitot_collector_remove(all.reg, &err, "child");
    if (err.code)
        return 3;
#ifndef THREAD_SANITIZER /* which allows no thread in a child, as collectors need one */
    scrape(&problem);
#endif
    if (problem)
        return 4;
    pitot_unregister(all.reg, NULL, "g");
    pitot_unregister(all.reg, NULL, "f");
    pitot_counter_clear(all.vec);
    pitot_registry_free(all.reg);
    return 0;
}

static int record_and_be_refused(void)
{
    pitot_error made = {0}, taken = {0};

    alarm(30);
    pitot_counter_inc(all.counter);
    pitot_histogram_observe(all.histogram, 0.5);
    pitot_counter_inc(pitot_counter_with(all.vec, "of the child"));
    pitot_counter_clear(all.vec);
    pitot_counter_value(all.counter);
    pitot_counter_reset(all.counter);
    if (pitot_gauge_new(all.reg, &made, &(pitot_desc){.name = "child", .help = "H."}) ||
        !strstr(made.message, "fork()"))
        return 1;
    if (pitot_snapshot_take(all.reg, &taken) || !strstr(taken.message, "fork()"))
        return 2;
    if (pitot_collector_add(
            all.reg, NULL, &(pitot_collector){.name = "child", .collect = collect_one}) ||
        pitot_collector_remove(all.reg, NULL, "c") || pitot_unregister(all.reg, NULL, "f"))
        return 3;
    pitot_registry_free(all.reg);
    return 0;
}

static pid_t raw_clone(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static void make_children(int count, pid_t (*make)(void), int (*live)(void))
{
    static struct crew crew;

    make_all();
    crew_start(&crew, 8, be_busy, NULL);
    for (int i = 0; i < count; i++) {
        int status = -1;
        pid_t child = make();

        if (child == 0)
            _exit(live());
        assert_true(child > 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
    atomic_store(&all.stop, true);
    crew_join(&crew);
    assert_no_problem();
    assert_true(atomic_load(&all.reads) > 0);
    pitot_registry_free(all.reg);
}

static void a_child_of_fork_can_do_everything_whatever_other_threads_were_doing(void **state)
{
    (void)state;
#ifdef ADDRESS_SANITIZER
    skip(); /* its allocator may be left locked in a child */
#endif
    make_children(proof_share(300), fork, use_everything);
}

static void a_child_of_a_raw_clone_records_and_is_refused_the_rest(void **state)
{
    (void)state;
#ifdef THREAD_SANITIZER
    skip(); /* the sanitizer itself does not survive that */
#endif
    make_children(proof_share(300), raw_clone, record_and_be_refused);
}

static void a_child_of_a_raw_clone_may_have_a_registry_of_its_own(void **state)
{
    (void)state;
    int status = -1;

    make_all();
    pid_t child = raw_clone();
    if (child == 0) {
        make_all();
        _exit(use_everything());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    pitot_registry_free(all.reg);
}

static double fork_and_read(void *ctx)
{
    pid_t child = fork();
    int status = -1;

    if (child == 0)
        return 3;
    waitpid(child, &status, 0);
    *(int *)ctx = status;
    return 3;
}

static void a_function_or_collector_that_forks_may_return_in_both(void **state)
{
    int status = -1;
    pid_t before = getpid();
    (void)state;

    make_all();
    assert_true(pitot_function_add(all.reg, NULL,
        &(pitot_function){.type = PITOT_GAUGE,
            .read = fork_and_read,
            .ctx = &status,
            .desc = {.name = "forks", .help = "H."}}));
    pitot_snapshot *snap = pitot_snapshot_take(all.reg, NULL);
    if (getpid() != before) {
        alarm(30);
        _exit(snap && pitot_unregister(all.reg, NULL, "forks") ? 0 : 1);
    }
    assert_non_null(snap);
    assert_int_equal(status, 0);
    pitot_snapshot_free(snap);
    pitot_registry_free(all.reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_of_fork_can_do_everything_whatever_other_threads_were_doing),
        cmocka_unit_test(a_child_of_a_raw_clone_records_and_is_refused_the_rest),
        cmocka_unit_test(a_child_of_a_raw_clone_may_have_a_registry_of_its_own),
        cmocka_unit_test(a_function_or_collector_that_forks_may_return_in_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
