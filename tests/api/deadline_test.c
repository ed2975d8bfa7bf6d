/* SPDX-License-Identifier: MIT */
/*
 * deadline_test.c -- collectors that are not done in time: the page comes without them, they run on
 * in the background, and never twice at once.
 */
#define _GNU_SOURCE
#include "test.h"
#include "wait.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOUR_MS 3600000

/* ---- Threads, unless there are none ---- */

static _Atomic(bool) no_threads;

typedef int create_fn(
    pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg);

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
    create_fn *create;

    if (atomic_load(&no_threads))
        return EAGAIN;
    *(void **)&create = dlsym(RTLD_NEXT, "pthread_create");
    return create(thread, attr, run, arg);
}

/* ---- Collectors ---- */

/* One that hangs until the gate is open, and then shows which run of it this is. */
struct gate {
    _Atomic(int) started, finished, released;
    _Atomic(bool) open;
    const char *name;
};

static void pass_gate(pitot_sink *sink, void *ctx)
{
    struct gate *gate = ctx;
    int run = atomic_fetch_add(&gate->started, 1) + 1;

    while (!atomic_load(&gate->open))
        pause_ms(1);
    pitot_sink_family(sink, PITOT_GAUGE, &(pitot_desc){.name = gate->name, .help = "H."});
    pitot_sink_sample(sink, run);
    atomic_fetch_add(&gate->finished, 1);
}

static void note_release(void *ctx)
{
    atomic_fetch_add(&((struct gate *)ctx)->released, 1);
}

static void add_gate(pitot_registry *reg, struct gate *gate)
{
    assert_true(pitot_collector_add(reg, NULL,
        &(pitot_collector){
            .name = gate->name, .collect = pass_gate, .ctx = gate, .release = note_release}));
}

static char *page_within(pitot_registry *reg, uint32_t ms)
{
    pitot_error err = {0};
    pitot_snapshot *snap =
        pitot_snapshot_take_with(reg, &(pitot_snapshot_opts){.collect_timeout_ms = ms}, &err);

    assert_ok(&err);
    assert_non_null(snap);
    char *page = encoded(snap, PITOT_FORMAT_TEXT);
    pitot_snapshot_free(snap);
    return page;
}

/* The collector runs, and whoever wanted that has given up. */
static void make_late(pitot_registry *reg, struct gate *gate)
{
    for (int i = 0; i < 1000 && atomic_load(&gate->started) == 0; i++)
        free(page_within(reg, 5));
    assert_int_equal(atomic_load(&gate->started), 1);
}

static void open_and_free(pitot_registry *reg, struct gate *gate)
{
    atomic_store(&gate->open, true);
    pitot_registry_free(reg);
    assert_int_equal(atomic_load(&gate->released), 1);
}

/* ---- The page comes all the same ---- */

static void collectors_that_hang_cost_their_own_families_and_nobody_elses(void **state)
{
    struct gate one = {.name = "one"}, two = {.name = "two"}, good = {.name = "good", .open = true};
    pitot_registry *reg = new_registry();
    (void)state;
    add_gate(reg, &one);
    add_gate(reg, &two);
    add_gate(reg, &good);

    char *page = page_within(reg, 2000);

    assert_true(has_line(page, "good 1"));
    assert_null(find_line(page, "one"));
    assert_null(find_line(page, "two"));
    assert_true(has_line(page, "pitot_collector_timeouts_total{collector=\"one\"} 1"));
    assert_true(has_line(page, "pitot_collector_timeouts_total{collector=\"two\"} 1"));
    assert_true(has_line(page, "pitot_collector_timeouts_total{collector=\"good\"} 0"));
    assert_true(has_line(page, "pitot_collector_failures_total{collector=\"one\"} 0"));
    free(page);
    atomic_store(&two.open, true);
    open_and_free(reg, &one);
}

static void a_late_run_goes_on_and_is_not_begun_again(void **state)
{
    struct gate slow = {.name = "slow"};
    pitot_registry *reg = new_registry();
    (void)state;
    add_gate(reg, &slow);

    for (int i = 1; i <= 5; i++) {
        char line[80];
        char *page = page_within(reg, 5);

        snprintf(line, sizeof(line), "pitot_collector_timeouts_total{collector=\"slow\"} %d", i);
        assert_true(has_line(page, line));
        assert_null(find_line(page, "slow"));
        free(page);
    }

    make_late(reg, &slow);
    open_and_free(reg, &slow);
    assert_int_equal(atomic_load(&slow.started), 1);
}

static void what_a_late_run_brought_is_on_no_page(void **state)
{
    struct gate slow = {.name = "slow"};
    pitot_registry *reg = new_registry();
    (void)state;
    add_gate(reg, &slow);
    make_late(reg, &slow);

    atomic_store(&slow.open, true);
    wait_for(&slow.finished, 1);
    char *page = page_within(reg, HOUR_MS);

    assert_true(has_line(page, "slow 2"));
    free(page);
    pitot_registry_free(reg);
}

static void *open_soon(void *gate)
{
    pause_ms(20);
    atomic_store(&((struct gate *)gate)->open, true);
    return NULL;
}

/* Or a client in a hurry could take the numbers away from all others. */
static void who_has_more_time_waits_for_a_run_that_others_gave_up(void **state)
{
    struct gate slow = {.name = "slow"};
    pitot_registry *reg = new_registry();
    pthread_t opener;
    (void)state;
    add_gate(reg, &slow);
    make_late(reg, &slow);

    assert_int_equal(pthread_create(&opener, NULL, open_soon, &slow), 0);
    char *page = page_within(reg, HOUR_MS);

    assert_true(has_line(page, "slow 2"));
    assert_int_equal(atomic_load(&slow.finished), 2);
    free(page);
    pthread_join(opener, NULL);
    pitot_registry_free(reg);
}

/* ---- Adding and removing ---- */

struct removal {
    pitot_registry *reg;
    const char *name; /* NULL: the registry is freed */
    struct gate *gate;
    _Atomic(int) done;
    int finished_at_return;
};

static void *take_away(void *arg)
{
    struct removal *removal = arg;

    if (removal->name)
        pitot_collector_remove(removal->reg, NULL, removal->name);
    else
        pitot_registry_free(removal->reg);
    removal->finished_at_return = atomic_load(&removal->gate->finished);
    atomic_store(&removal->done, 1);
    return NULL;
}

static void assert_waits_for_a_late_run(const char *removed)
{
    struct gate slow = {.name = "slow"};
    struct removal removal = {new_registry(), removed, &slow, 0, 0};
    pthread_t remover;

    add_gate(removal.reg, &slow);
    make_late(removal.reg, &slow);

    assert_int_equal(pthread_create(&remover, NULL, take_away, &removal), 0);
    pause_ms(30);
    assert_int_equal(atomic_load(&removal.done), 0);
    assert_int_equal(atomic_load(&slow.released), 0);
    atomic_store(&slow.open, true);
    pthread_join(remover, NULL);

    assert_int_equal(removal.finished_at_return, 1);
    if (removed)
        pitot_registry_free(removal.reg);
    assert_int_equal(atomic_load(&slow.released), 1);
}

static void removing_a_collector_waits_for_its_late_run(void **state)
{
    (void)state;
    assert_waits_for_a_late_run("slow");
}

static void freeing_a_registry_waits_for_late_runs(void **state)
{
    (void)state;
    assert_waits_for_a_late_run(NULL);
}

static void remove_self_then_wait(pitot_sink *sink, void *ctx)
{
    struct removal *removal = ctx;

    pitot_collector_remove(removal->reg, NULL, removal->name);
    pass_gate(sink, removal->gate);
}

static void a_late_collector_may_have_removed_itself(void **state)
{
    struct gate slow = {.name = "slow"};
    struct removal removal = {new_registry(), "self", &slow, 0, 0};
    (void)state;
    assert_true(pitot_collector_add(removal.reg, NULL,
        &(pitot_collector){.name = "self", .collect = remove_self_then_wait, .ctx = &removal}));

    make_late(removal.reg, &slow);
    assert_no_line(removal.reg, "pitot_collector");

    atomic_store(&slow.open, true);
    pitot_registry_free(removal.reg);
    assert_int_equal(atomic_load(&slow.finished), 1);
}

/* ---- Where it runs ---- */

struct place {
    pthread_t thread;
    char name[16];
    bool takes_signals;
};

static void note_place(pitot_sink *sink, void *ctx)
{
    struct place *place = ctx;
    sigset_t blocked;

    place->thread = pthread_self();
    pthread_getname_np(place->thread, place->name, sizeof(place->name));
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    place->takes_signals = !sigismember(&blocked, SIGTERM);
    pitot_sink_family(sink, PITOT_GAUGE, &(pitot_desc){.name = "place", .help = "H."});
    pitot_sink_sample(sink, 1);
}

static void it_runs_on_a_thread_of_the_registry_that_takes_no_signals(void **state)
{
    pitot_registry *reg = new_registry();
    struct place place = {0};
    (void)state;
    pitot_collector_add(
        reg, NULL, &(pitot_collector){.name = "place", .collect = note_place, .ctx = &place});

    assert_line(reg, "place 1");

    assert_false(pthread_equal(place.thread, pthread_self()));
    assert_string_equal(place.name, "pitot-collect");
    assert_false(place.takes_signals);
    pitot_registry_free(reg);
}

static void without_a_limit_it_runs_on_the_thread_that_asks(void **state)
{
    pitot_registry *reg = new_registry();
    struct place place = {0};
    (void)state;
    pitot_collector_add(
        reg, NULL, &(pitot_collector){.name = "place", .collect = note_place, .ctx = &place});

    char *page = page_within(reg, UINT32_MAX);

    assert_true(has_line(page, "place 1"));
    assert_true(pthread_equal(place.thread, pthread_self()));
    free(page);
    pitot_registry_free(reg);
}

static void where_no_thread_can_be_made_it_runs_on_the_thread_that_asks(void **state)
{
    pitot_registry *reg = new_registry();
    struct place place = {0};
    (void)state;
    pitot_collector_add(
        reg, NULL, &(pitot_collector){.name = "place", .collect = note_place, .ctx = &place});

    atomic_store(&no_threads, true);
    assert_line(reg, "place 1");
    atomic_store(&no_threads, false);

    assert_true(pthread_equal(place.thread, pthread_self()));
    assert_line(reg, "place 1");
    assert_false(pthread_equal(place.thread, pthread_self()));
    pitot_registry_free(reg);
}

/* All that threads were doing at the fork() has ended in the child. */
static void a_child_of_fork_collects_and_frees_without_the_threads_of_its_parent(void **state)
{
    struct gate slow = {.name = "slow"}, good = {.name = "good", .open = true};
    pitot_registry *reg;
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* it allows no threads in such a child */
#endif
    reg = new_registry();
    add_gate(reg, &slow);
    add_gate(reg, &good);
    assert_true(pitot_collector_add(reg, NULL,
        &(pitot_collector){
            .name = "periodic", .collect = pass_gate, .ctx = &good, .period_ms = HOUR_MS}));
    make_late(reg, &slow);
    free(page_within(reg, 1000));
    wait_for(&good.finished, 2);

    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(60);
        atomic_store(&slow.open, true);
        char *page = page_within(reg, HOUR_MS);
        bool whole = has_line(page, "slow 2") && find_line(page, "good");
        free(page);
        pitot_registry_free(reg);
        _exit(whole ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    open_and_free(reg, &slow);
}

/* ---- Races ---- */

struct hasty {
    pitot_registry *reg;
    _Atomic(int) running, at_once, runs;
};

static void count_at_once(pitot_sink *sink, void *ctx)
{
    struct hasty *hasty = ctx;

    atomic_fetch_add(&hasty->at_once, atomic_fetch_add(&hasty->running, 1) > 0);
    int run = atomic_fetch_add(&hasty->runs, 1);
    nanosleep(&(struct timespec){0, run % 7 * 300000}, NULL);
    pitot_sink_family(sink, PITOT_COUNTER, &(pitot_desc){.name = "runs_total", .help = "H."});
    pitot_sink_sample(sink, run);
    atomic_fetch_sub(&hasty->running, 1);
}

static void *scrape_in_a_hurry(void *shared)
{
    struct hasty *hasty = shared;

    for (uint32_t i = 0; i < 100; i++)
        free(page_within(hasty->reg, 1 + i % 3));
    return NULL;
}

static void a_collector_never_runs_twice_at_once_however_many_gave_it_up(void **state)
{
    struct hasty hasty = {.reg = new_registry()};
    pthread_t threads[4];
    (void)state;
    pitot_collector_add(hasty.reg, NULL,
        &(pitot_collector){.name = "hasty", .collect = count_at_once, .ctx = &hasty});

    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, scrape_in_a_hurry, &hasty), 0);
    for (size_t i = 0; i < COUNT(threads); i++)
        pthread_join(threads[i], NULL);
    pitot_registry_free(hasty.reg);

    assert_true(atomic_load(&hasty.runs) > 0);
    assert_int_equal(atomic_load(&hasty.at_once), 0);
    assert_int_equal(atomic_load(&hasty.running), 0);
}

static void opts_that_are_not_zeroed_are_refused(void **state)
{
    pitot_registry *reg = new_registry();
    pitot_error err = {0};
    (void)state;

    assert_null(pitot_snapshot_take_with(reg, &(pitot_snapshot_opts){.reserved_ = {1}}, &err));

    assert_error(&err, PITOT_EINVAL, "a snapshot has something in .reserved_; start it from zero");
    pitot_registry_free(reg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(collectors_that_hang_cost_their_own_families_and_nobody_elses),
        cmocka_unit_test(a_late_run_goes_on_and_is_not_begun_again),
        cmocka_unit_test(what_a_late_run_brought_is_on_no_page),
        cmocka_unit_test(who_has_more_time_waits_for_a_run_that_others_gave_up),
        cmocka_unit_test(removing_a_collector_waits_for_its_late_run),
        cmocka_unit_test(freeing_a_registry_waits_for_late_runs),
        cmocka_unit_test(a_late_collector_may_have_removed_itself),
        cmocka_unit_test(it_runs_on_a_thread_of_the_registry_that_takes_no_signals),
        cmocka_unit_test(without_a_limit_it_runs_on_the_thread_that_asks),
        cmocka_unit_test(where_no_thread_can_be_made_it_runs_on_the_thread_that_asks),
        cmocka_unit_test(a_child_of_fork_collects_and_frees_without_the_threads_of_its_parent),
        cmocka_unit_test(a_collector_never_runs_twice_at_once_however_many_gave_it_up),
        cmocka_unit_test(opts_that_are_not_zeroed_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
