/* SPDX-License-Identifier: MIT */
/*
 * unload_test.c -- libraries and plugins that are opened and closed while threads record.
 *
 * The kernel may look at a restartable sequence's description long after it has run, so neither may
 * vanish: libpitot stays in memory once it was opened, and a plugin that can be unloaded has none
 * of its own. This program is not linked with libpitot.
 */
#include "proof.h"

#include <dlfcn.h>

#define OPENINGS 200
#define THREADS 4

/* The library's functions, looked up by name. */
static struct {
    pitot_registry *(*registry_new)(pitot_error *err);
    void (*registry_free)(pitot_registry *reg);
    pitot_counter *(*counter_new)(pitot_registry *reg, pitot_error *err, const pitot_desc *desc);
    void (*counter_inc)(pitot_counter *c);
    double (*counter_value)(const pitot_counter *c);
    pitot_histogram *(*histogram_new)(
        pitot_registry *reg, pitot_error *err, const pitot_desc *desc);
    void (*histogram_observe)(pitot_histogram *h, double value);
    uint64_t (*histogram_count)(const pitot_histogram *h);
    double (*histogram_sum)(const pitot_histogram *h);
} lib;

static void look_up(void *library, const char *name, void *function_ref)
{
    void *function = dlsym(library, name);

    if (!function)
        fail_msg("%s", dlerror());
    memcpy(function_ref, &function, sizeof(function));
}

static void *open_library(void)
{
    void *library = dlopen(PITOT_LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (!library)
        fail_msg("%s", dlerror());
    look_up(library, "pitot_registry_new", &lib.registry_new);
    look_up(library, "pitot_registry_free", &lib.registry_free);
    look_up(library, "pitot_counter_new", &lib.counter_new);
    look_up(library, "pitot_counter_inc", &lib.counter_inc);
    look_up(library, "pitot_counter_value", &lib.counter_value);
    look_up(library, "pitot_histogram_new", &lib.histogram_new);
    look_up(library, "pitot_histogram_observe", &lib.histogram_observe);
    look_up(library, "pitot_histogram_count", &lib.histogram_count);
    look_up(library, "pitot_histogram_sum", &lib.histogram_sum);
    return library;
}

static bool is_loaded(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_NOLOAD);

    if (library)
        dlclose(library);
    return library != NULL;
}

static pitot_registry *reg;
static pitot_counter *counter;
static pitot_histogram *histogram;

static void make_numbers(void)
{
    reg = lib.registry_new(NULL);
    counter = lib.counter_new(reg, NULL, &(pitot_desc){.name = "host_total", .help = "H."});
    histogram = lib.histogram_new(reg, NULL, &(pitot_desc){.name = "host_sizes", .help = "H."});
    assert_true(counter && histogram);
}

static void record(int rounds)
{
    for (int i = 0; i < rounds; i++) {
        lib.counter_inc(counter);
        lib.histogram_observe(histogram, 0.5);
    }
}

static void assert_recorded(uint64_t rounds)
{
    assert_true(lib.counter_value(counter) == (double)rounds);
    assert_int_equal(lib.histogram_count(histogram), rounds);
    assert_true(lib.histogram_sum(histogram) == (double)rounds * 0.5);
}

/* ---- The library itself ---- */

static void record_a_while(void *shared, int number)
{
    (void)number;
    for (int i = 0; i < 100; i++) {
        record(100);
        if (i == 50)
            atomic_fetch_add((_Atomic(int) *)shared, 1);
        sched_yield();
    }
}

static void the_library_stays_when_it_is_closed_under_threads_that_record(void **state)
{
    static struct crew crew;
    (void)state;
    assert_false(is_loaded(PITOT_LIBRARY));

    for (int i = 0; i < 20; i++) {
        static _Atomic(int) half_done;
        void *library = open_library();

        make_numbers();
        atomic_store(&half_done, 0);
        crew_start(&crew, THREADS, record_a_while, &half_done);
        while (atomic_load(&half_done) == 0)
            sched_yield();
        assert_int_equal(dlclose(library), 0);
        crew_join(&crew);

        assert_true(is_loaded(PITOT_LIBRARY));
        assert_recorded(THREADS * 100 * 100);
        lib.registry_free(reg);
    }
}

static void *come_and_go(void *arg)
{
    (void)arg;
    record(1);
    return NULL;
}

static void threads_that_record_and_end_leave_nothing_behind(void **state)
{
    const int rounds = proof_share(5000);
    (void)state;
    void *library = open_library();
    make_numbers();

    for (int i = 0; i < rounds; i++) {
        pthread_t threads[4];

        for (size_t j = 0; j < COUNT(threads); j++)
            assert_int_equal(pthread_create(&threads[j], NULL, come_and_go, NULL), 0);
        for (size_t j = 0; j < COUNT(threads); j++)
            pthread_join(threads[j], NULL);
    }

    assert_recorded((uint64_t)rounds * 4);
    lib.registry_free(reg);
    dlclose(library);
}

/* ---- A plugin ---- */

struct host {
    pthread_barrier_t opened, used;
    void (*record)(pitot_registry *reg, int rounds); /* the plugin's; NULL says that it is over */
    uint64_t rounds[THREADS];
    _Atomic(int) closed; /* how often it was */
};

/* Records through the plugin while it is there, and on its own when it has gone. */
static void use_plugin(void *shared, int number)
{
    struct host *host = shared;

    for (int opening = 0;; opening++) {
        pthread_barrier_wait(&host->opened);
        if (!host->record)
            return;
        host->record(reg, 300);
        pthread_barrier_wait(&host->used);
        while (atomic_load(&host->closed) == opening) {
            record(50);
            host->rounds[number] += 50;
            sched_yield(); /* the kernel looks at the sequence that ran last */
        }
    }
}

static void a_plugin_can_be_closed_while_threads_that_recorded_through_it_live_on(void **state)
{
    static struct host host;
    static struct crew crew;
    uint64_t rounds = 0, plugin_rounds = (uint64_t)THREADS * 300;
    const int openings = proof_is_small() ? 20 : OPENINGS;
    (void)state;
    void *library = open_library();
    make_numbers();
    pthread_barrier_init(&host.opened, NULL, THREADS + 1);
    pthread_barrier_init(&host.used, NULL, THREADS + 1);

    crew_start(&crew, THREADS, use_plugin, &host);
    for (int i = 0; i < openings; i++) {
        void *plugin = dlopen(PROOF_PLUGIN, RTLD_NOW | RTLD_LOCAL);

        if (!plugin)
            fail_msg("%s", dlerror());
        look_up(plugin, "plugin_record", &host.record);
        pthread_barrier_wait(&host.opened);
        pthread_barrier_wait(&host.used);
        assert_int_equal(dlclose(plugin), 0);
        assert_false(is_loaded(PROOF_PLUGIN));
        sleep_us(500);
        atomic_fetch_add(&host.closed, 1);
    }
    host.record = NULL;
    pthread_barrier_wait(&host.opened);
    crew_join(&crew);

    for (int i = 0; i < THREADS; i++)
        rounds += host.rounds[i];
    assert_recorded(rounds);
    plugin_rounds *= (uint64_t)openings;
    assert_true(
        lib.counter_value(lib.counter_new(reg, NULL,
            &(pitot_desc){.name = "plugin_total", .help = "H."})) == (double)plugin_rounds * 1.5);
    assert_int_equal(lib.histogram_count(lib.histogram_new(
                         reg, NULL, &(pitot_desc){.name = "plugin_sizes", .help = "H."})),
        plugin_rounds);
    lib.registry_free(reg);
    dlclose(library);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_stays_when_it_is_closed_under_threads_that_record),
        cmocka_unit_test(threads_that_record_and_end_leave_nothing_behind),
        cmocka_unit_test(a_plugin_can_be_closed_while_threads_that_recorded_through_it_live_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
