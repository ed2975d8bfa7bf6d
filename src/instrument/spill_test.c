/* SPDX-License-Identifier: MIT */
/* spill_test.c -- a key has one pair in a table, whoever asks, until there is no room. */
#include "instrument/spill.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SLOTS 64
#define THREADS 4

static uint64_t room[2 + 3 * SLOTS] __attribute__((aligned(16)));

static struct pt_spill *new_table(uint64_t *words)
{
    struct pt_spill *table = (struct pt_spill *)(void *)words;

    memset(words, 0, sizeof(room));
    table->slots = SLOTS;
    return table;
}

static void a_table_takes_as_many_keys_as_it_has_slots(void **state)
{
    struct pt_spill *table = new_table(room);
    (void)state;

    assert_true(pt_spill_words(SLOTS) * sizeof(uint64_t) <= sizeof(room));
    for (uint64_t key = 1; key <= SLOTS; key++) {
        uint64_t *pair = pt_spill_claim(table, key << 20);

        assert_non_null(pair);
        assert_int_equal((uintptr_t)pair % 16, 0);
        assert_ptr_equal(pt_spill_claim(table, key << 20), pair);
        assert_ptr_equal(pt_spill_find(table, key << 20), pair);
        assert_int_equal(pt_spill_used(table), key);
    }
    assert_null(pt_spill_claim(table, 5));
    assert_null(pt_spill_find(table, 5));
}

static void older_tables_are_searched(void **state)
{
    static uint64_t more[2 + 3 * SLOTS] __attribute__((aligned(16)));
    struct pt_spill *table = new_table(room), *newer = new_table(more);
    (void)state;
    newer->older = table;

    uint64_t *pair = pt_spill_claim(table, 7);
    assert_ptr_equal(pt_spill_find(newer, 7), pair);
    assert_null(pt_spill_find(newer, 8));
}

static void *claim_and_add(void *table)
{
    for (int i = 0; i < 64 * 500; i++)
        pt_pair_add(pt_spill_claim(table, (uint64_t)(i % SLOTS + 1) * 1000003), 0.5);
    return NULL;
}

static void threads_that_race_for_a_key_get_the_same_pair(void **state)
{
    struct pt_spill *table = new_table(room);
    pthread_t threads[THREADS];
    (void)state;

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, claim_and_add, table), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t slot = 0; slot < SLOTS; slot++) {
        struct pt_pair pair = pt_pair_read(pt_spill_pair(table, slot));

        assert_int_equal(pair.count, THREADS * 500);
        assert_true(pt_double_of(pair.sum) == THREADS * 250);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_takes_as_many_keys_as_it_has_slots),
        cmocka_unit_test(older_tables_are_searched),
        cmocka_unit_test(threads_that_race_for_a_key_get_the_same_pair),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
