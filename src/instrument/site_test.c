/* SPDX-License-Identifier: MIT */
/* site_test.c -- a call site never answers with a child of another epoch. */
#include <pitot/pitot.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int children[4];

static void a_site_remembers_the_last_child_for_its_epoch_only(void **state)
{
    struct pitot_site_ site = {0};
    (void)state;

    assert_null(pitot_site_find_(&site, 1));
    pitot_site_keep_(&site, 1, &children[1]);
    assert_ptr_equal(pitot_site_find_(&site, 1), &children[1]);
    assert_null(pitot_site_find_(&site, 2));
    pitot_site_keep_(&site, 2, &children[2]);
    assert_ptr_equal(pitot_site_find_(&site, 2), &children[2]);
    assert_null(pitot_site_find_(&site, 1));
}

static void a_refused_child_is_not_remembered(void **state)
{
    struct pitot_site_ site = {0};
    (void)state;

    pitot_site_keep_(&site, 1, NULL);
    assert_int_equal(site.turn, 0);
    pitot_site_keep_(&site, 1, &children[1]);
    pitot_site_keep_(&site, 1, NULL);
    assert_ptr_equal(pitot_site_find_(&site, 1), &children[1]);
}

static void a_site_that_is_being_written_is_left_alone(void **state)
{
    struct pitot_site_ site = {.turn = 1, .epoch = 1, .child = &children[1]};
    (void)state;

    assert_null(pitot_site_find_(&site, 1));
    pitot_site_keep_(&site, 1, &children[2]);
    assert_int_equal(site.turn, 1);
    assert_ptr_equal(site.child, &children[1]);
}

/* ---- Threads: the child of epoch e is always children[e] ---- */

static struct pitot_site_ shared;
static _Atomic(bool) stop;
static _Atomic(int) wrong, found;

static void *use_site(void *arg)
{
    uint64_t epoch = 0;
    int seen = 0;
    (void)arg;

    /* Each epoch twice, so that what was kept is looked for even if one thread has the CPU. */
    for (unsigned turn = 0; !atomic_load(&stop); turn++) {
        epoch = turn / 2 % 4;
        void *child = pitot_site_find_(&shared, epoch);
        if (child) {
            seen++;
            atomic_fetch_add(&wrong, child != &children[epoch]);
        } else {
            pitot_site_keep_(&shared, epoch, &children[epoch]);
        }
    }
    atomic_fetch_add(&found, seen);
    return NULL;
}

static void threads_that_share_a_site_never_get_the_child_of_another_epoch(void **state)
{
    pthread_t threads[4];
    const struct timespec while_they_run = {0, 200000000};
    (void)state;

    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_site, NULL), 0);
    nanosleep(&while_they_run, NULL);
    atomic_store(&stop, true);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);

    assert_true(atomic_load(&found) > 0);
    assert_int_equal(atomic_load(&wrong), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_site_remembers_the_last_child_for_its_epoch_only),
        cmocka_unit_test(a_refused_child_is_not_remembered),
        cmocka_unit_test(a_site_that_is_being_written_is_left_alone),
        cmocka_unit_test(threads_that_share_a_site_never_get_the_child_of_another_epoch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
