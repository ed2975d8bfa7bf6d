/* SPDX-License-Identifier: MIT */
/* pair_test.c -- a sum and a count that nobody ever sees apart. */
#include "storage/pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

struct aligned {
    _Alignas(16) uint64_t words[2];
};

static void adding_adds_to_the_sum_and_counts_one(void **state)
{
    struct aligned pair = {{0, 0}};
    (void)state;

    pt_pair_add(pair.words, 2.5);
    pt_pair_add(pair.words, -1);
    pt_pair_add(pair.words, 0);
    struct pt_pair read = pt_pair_read(pair.words);
    assert_true(pt_double_of(read.sum) == 1.5);
    assert_int_equal(read.count, 3);
}

static void clearing_leaves_zero(void **state)
{
    struct aligned pair = {{0, 0}};
    (void)state;

    pt_pair_clear(pair.words);
    pt_pair_add(pair.words, 8);
    pt_pair_clear(pair.words);
    struct pt_pair read = pt_pair_read(pair.words);
    assert_true(read.sum == 0 && read.count == 0);
}

#ifdef __x86_64__
static void a_replacement_happens_only_for_what_was_expected(void **state)
{
    struct aligned pair = {{5, 7}};
    struct pt_pair old = {5, 8};
    (void)state;

    assert_false(pt_pair_replace(pair.words, &old, (struct pt_pair){1, 2}));
    assert_true(old.sum == 5 && old.count == 7);
    assert_true(pt_pair_replace(pair.words, &old, (struct pt_pair){1, 2}));
    assert_true(pair.words[0] == 1 && pair.words[1] == 2);
}
#endif

/* ---- Threads ---- */

static struct aligned shared;
static _Atomic(bool) stop;
static void what_is_taken_from_one_pair_is_merged_into_another(void **state)
{
    static uint64_t from[2] __attribute__((aligned(16))), to[2] __attribute__((aligned(16)));
    (void)state;

    pt_pair_add(to, 2);
    pt_pair_add(from, 0.5);
    pt_pair_add(from, 1);
    struct pt_pair taken = pt_pair_take(from);
    assert_int_equal(taken.count, 2);
    pt_pair_merge(to, taken);
    assert_int_equal(pt_pair_read(from).count, 0);
    assert_int_equal(pt_pair_read(to).count, 3);
    assert_true(pt_double_of(pt_pair_read(to).sum) == 3.5);
}

static _Atomic(uint64_t) added, torn;

static void *add_until_stopped(void *arg)
{
    uint64_t count = 0;
    (void)arg;

    for (; !atomic_load(&stop); count++)
        pt_pair_add(shared.words, 0.375);
    atomic_fetch_add(&added, count);
    return NULL;
}

static void *read_until_stopped(void *arg)
{
    uint64_t last = 0;
    (void)arg;

    while (!atomic_load(&stop)) {
        struct pt_pair read = pt_pair_read(shared.words);

        atomic_fetch_add(
            &torn, read.count < last || pt_double_of(read.sum) != (double)read.count * 0.375);
        last = read.count;
    }
    return NULL;
}

static void no_reader_sees_half_of_an_observation_and_none_is_lost(void **state)
{
    pthread_t threads[4];
    const struct timespec while_they_run = {0, 200000000};
    (void)state;

    for (int i = 0; i < 4; i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, i ? add_until_stopped : read_until_stopped, NULL), 0);
    nanosleep(&while_they_run, NULL);
    atomic_store(&stop, true);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);

    struct pt_pair read = pt_pair_read(shared.words);
    assert_int_equal(read.count, atomic_load(&added));
    assert_true(pt_double_of(read.sum) == (double)read.count * 0.375);
#ifdef __x86_64__ /* elsewhere only the end is promised */
    assert_int_equal(atomic_load(&torn), 0);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adding_adds_to_the_sum_and_counts_one),
        cmocka_unit_test(clearing_leaves_zero),
        cmocka_unit_test(what_is_taken_from_one_pair_is_merged_into_another),
#ifdef __x86_64__
        cmocka_unit_test(a_replacement_happens_only_for_what_was_expected),
#endif
        cmocka_unit_test(no_reader_sees_half_of_an_observation_and_none_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
