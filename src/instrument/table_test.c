/* SPDX-License-Identifier: MIT */
/* table_test.c -- what is in a table is found, whatever happens to others meanwhile, and neither an
 * addition nor what was taken out costs much. */
#include "instrument/table.h"

#include "base/hash.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

struct item {
    uint64_t hash;
};

static struct pt_table table;

/* What the table took from the allocator: in all, and since `since` was cleared. */
static size_t bytes, since, allocations_left = SIZE_MAX;

static void *allocate(void *ctx, size_t size)
{
    (void)ctx;
    if (allocations_left == 0)
        return NULL;
    allocations_left--;
    bytes += size;
    since += size;
    return malloc(size);
}

static void *reallocate(void *ctx, void *block, size_t size)
{
    (void)ctx;
    return realloc(block, size);
}

static void release(void *ctx, void *block)
{
    (void)ctx;
    free(block);
}

static int count_bytes(void **state)
{
    static const pitot_allocator counting = {
        .allocate = allocate, .reallocate = reallocate, .release = release};
    (void)state;

    bytes = since = 0;
    pt_alloc_use(&counting);
    return 0;
}

static int free_table(void **state)
{
    (void)state;
    pt_table_free(&table);
    pt_alloc_use(NULL);
    return 0;
}

static uint32_t hash_of(const void *item)
{
    return (uint32_t)((const struct item *)item)->hash;
}

static uint64_t number_hash(uint64_t number)
{
    static const struct pt_hash_key key = {0x0123456789abcdef, 0x1032547698badcf1};

    return pt_hash_end(key, pt_hash_add(key, key.a, (const char *)&number, sizeof(number)));
}

static struct item *new_items(size_t count, uint64_t first)
{
    struct item *items = malloc(count * sizeof(*items));

    assert_non_null(items);
    for (size_t i = 0; i < count; i++)
        items[i].hash = number_hash(first + i);
    return items;
}

static bool add(struct item *item)
{
    pitot_error err = {0};
    bool added = pt_table_add(&table, item->hash, item, hash_of, &err);

    assert_int_equal(err.code, added ? 0 : PITOT_ENOMEM);
    return added;
}

/* How many slots a look-up of the item reads; 0 when it is not there. */
static size_t steps_to(const struct item *item)
{
    struct pt_probe p = pt_probe_start(&table, item->hash);

    for (size_t start = p.at; pt_probe_next(&p);)
        if (p.item == item)
            return ((p.at - start - 1) & p.mask) + 1;
    return 0;
}

static double steps_per_item(const struct item *items, size_t count)
{
    size_t steps = 0;

    for (size_t i = 0; i < count; i++) {
        assert_true(steps_to(&items[i]) > 0);
        steps += steps_to(&items[i]);
    }
    return (double)steps / (double)count;
}

static void an_item_is_found_until_it_is_taken_out(void **state)
{
    enum { COUNT = 51000 };
    struct item *items = new_items(COUNT, 0);
    (void)state;

    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(steps_to(&items[i]), 0);
        assert_true(add(&items[i]));
        assert_true(steps_to(&items[i]) > 0);
        if (i % 3 == 2) {
            pt_table_remove(&table, hash_of(&items[i - 1]), &items[i - 1]);
            assert_int_equal(steps_to(&items[i - 1]), 0);
        }
    }
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(steps_to(&items[i]) > 0, i % 3 != 1);
    free(items);
}

static void an_addition_takes_no_more_memory_in_a_large_table(void **state)
{
    enum { COUNT = 400000 };
    struct item *items = new_items(COUNT, 0);
    (void)state;

    for (size_t i = 0; i < COUNT; i++) {
        since = 0;
        assert_true(add(&items[i]));
        assert_in_range(since, 0, 48 * 1024);
    }
    assert_true(steps_per_item(items, COUNT) < 3);
    assert_true(bytes < COUNT * (size_t)24);
    free(items);
}

static void others_for_ever_leave_nothing_behind(void **state)
{
    enum { COUNT = 8000, ROUNDS = 100 };
    size_t after_the_first = 0;
    (void)state;

    for (size_t round = 0; round < ROUNDS; round++) {
        struct item *items = new_items(COUNT, round * COUNT);

        for (size_t i = 0; i < COUNT; i++)
            assert_true(add(&items[i]));
        assert_true(steps_per_item(items, COUNT) < 5);
        for (size_t i = 0; i < COUNT; i++)
            pt_table_remove(&table, hash_of(&items[i]), &items[i]);
        free(items);
        if (round == 0)
            after_the_first = bytes;
    }
    assert_true(bytes <= after_the_first * 3 / 2);
}

static void a_few_at_a_time_for_ever_leave_nothing_behind(void **state)
{
    enum { COUNT = 8000, TURNS = 50 };
    struct item *items = new_items(COUNT, 0);
    (void)state;

    for (size_t i = 0; i < COUNT; i++)
        assert_true(add(&items[i]));
    size_t before = bytes;
    for (size_t i = 0; i < COUNT * (size_t)TURNS; i++) {
        struct item *item = &items[i % COUNT];

        pt_table_remove(&table, hash_of(item), item);
        item->hash = number_hash(COUNT + i);
        assert_true(add(item));
    }
    assert_true(steps_per_item(items, COUNT) < 5);
    assert_true(bytes <= before * 2);
    free(items);
}

/* Nobody can choose such hashes; if it happens all the same, the directory stays small. */
static void hashes_that_agree_are_slow_and_nothing_worse(void **state)
{
    enum { SAME = 3000, OTHERS = 20000 };
    struct item *same = new_items(SAME, 0), *others = new_items(OTHERS, SAME);
    (void)state;

    for (size_t i = 0; i < SAME; i++) {
        same[i].hash = 0xfedcba9876543210;
        assert_true(add(&same[i]));
    }
    for (size_t i = 0; i < OTHERS; i++)
        assert_true(add(&others[i]));
    for (size_t i = 0; i < SAME; i++)
        assert_true(steps_to(&same[i]) > 0);
    for (size_t i = 0; i < OTHERS; i++)
        assert_true(steps_to(&others[i]) > 0);
    assert_true(bytes < 1024 * 1024);
    free(others);
    free(same);
}

static void a_segment_that_cannot_grow_any_more_refuses(void **state)
{
    enum { COUNT = 65536 };
    struct item *items = new_items(COUNT, 0);
    size_t added = 0;
    (void)state;

    for (; added < COUNT; added++) {
        items[added].hash = 0xabcd0000u + added;
        if (!add(&items[added]))
            break;
    }
    assert_int_equal(added, COUNT / 4 * 3);
    assert_true(steps_per_item(items, added) < 2);
    free(items);
}

static void without_memory_what_is_in_stays_in(void **state)
{
    enum { COUNT = 10000 };
    struct item *items = new_items(COUNT, 0);
    size_t refused = 0;
    (void)state;

    for (size_t i = 0; i < COUNT; i++) {
        for (allocations_left = 0; !add(&items[i]); allocations_left = refused % 3) {
            assert_int_equal(steps_to(&items[i]), 0);
            assert_true(i == 0 || steps_to(&items[refused++ % i]) > 0);
            refused += i == 0;
        }
    }
    allocations_left = SIZE_MAX;
    assert_true(refused > 10);
    assert_true(steps_per_item(items, COUNT) < 5);
    free(items);
}

/* Under a key without random bits they all collide, as their second word makes a factor 0. */
static void keys_that_were_made_to_collide_cost_as_much_as_others(void **state)
{
    enum { COUNT = 200000 };
    struct pt_hash_key weak = {0x0100000000000001, 0x0100000000000001}, key = pt_hash_key_random();
    struct item *made = new_items(COUNT, 0), *others = new_items(COUNT, 0);
    (void)state;

    for (size_t i = 0; i < COUNT; i++) {
        uint64_t text[2] = {i, weak.a};

        assert_true(pt_hash_add(weak, weak.a, (const char *)text, sizeof(text)) ==
                    (weak.a ^ weak.b * sizeof(text)));
        made[i].hash = pt_hash_end(key, pt_hash_add(key, key.a, (const char *)text, sizeof(text)));
        assert_true(add(&made[i]));
    }
    double steps = steps_per_item(made, COUNT);
    pt_table_free(&table);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(add(&others[i]));
    assert_true(steps < 2 * steps_per_item(others, COUNT));
    free(others);
    free(made);
}

enum { STAYING = 20000, PASSING = 500 };

static struct item *staying;
static _Atomic(size_t) published;

/* Every item that was in when the look-up began is found, however often its segment moves. */
static void *look(void *missed)
{
    size_t *count = missed, known;

    do {
        known = atomic_load_explicit(&published, memory_order_acquire);
        for (size_t i = 0; i < 200 && known; i++)
            *count += steps_to(&staying[(i * 7919 + known) % known]) == 0;
    } while (known < STAYING);
    return NULL;
}

static void a_reader_misses_nothing_while_others_come_and_go(void **state)
{
    struct item *passing = new_items(PASSING, STAYING);
    pthread_t readers[2];
    size_t missed[2] = {0};
    (void)state;

    staying = new_items(STAYING, 0);
    atomic_store(&published, 0);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, look, &missed[i]), 0);
    for (size_t i = 0; i < STAYING; i++) {
        struct item *item = &passing[i % PASSING];

        if (i >= PASSING)
            pt_table_remove(&table, hash_of(item), item);
        assert_true(add(item));
        assert_true(add(&staying[i]));
        atomic_store_explicit(&published, i + 1, memory_order_release);
    }
    for (size_t i = 0; i < 2; i++) {
        pthread_join(readers[i], NULL);
        assert_int_equal(missed[i], 0);
    }
    free(staying);
    free(passing);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, count_bytes, free_table)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_item_is_found_until_it_is_taken_out),
        TEST(an_addition_takes_no_more_memory_in_a_large_table),
        TEST(others_for_ever_leave_nothing_behind),
        TEST(a_few_at_a_time_for_ever_leave_nothing_behind),
        TEST(hashes_that_agree_are_slow_and_nothing_worse),
        TEST(a_segment_that_cannot_grow_any_more_refuses),
        TEST(without_memory_what_is_in_stays_in),
        TEST(keys_that_were_made_to_collide_cost_as_much_as_others),
        TEST(a_reader_misses_nothing_while_others_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
