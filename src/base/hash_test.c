/* SPDX-License-Identifier: MIT */
/* hash_test.c -- who knows the labels does not know the hash: strings that collide under one key
 * do not under another. */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static uint64_t hash_of(struct pt_hash_key key, size_t number)
{
    char text[32];
    int size = snprintf(text, sizeof(text), "/user/%zu", number);

    return pt_hash_add(key, key.a, text, (size_t)size);
}

static void two_keys_are_never_the_same_nor_are_those_of_two_processes(void **state)
{
    struct pt_hash_key key = pt_hash_key_random(), other = pt_hash_key_random(), childs = {0, 0};
    int pipes[2];
    (void)state;

    assert_true(key.a != other.a && key.b != other.b);
    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        childs = pt_hash_key_random();
        _exit(write(pipes[1], &childs, sizeof(childs)) == sizeof(childs) ? 0 : 1);
    }
    assert_int_equal(read(pipes[0], &childs, sizeof(childs)), sizeof(childs));
    waitpid(child, NULL, 0);
    close(pipes[0]);
    close(pipes[1]);
    assert_true(childs.a != key.a && childs.a != other.a && childs.b != key.b);
}

static void strings_that_were_chosen_to_collide_do_not_under_another_key(void **state)
{
    struct pt_hash_key key = pt_hash_key_random(), other = pt_hash_key_random();
    uint64_t wanted = hash_of(key, 0) & 1023;
    size_t flood = 0, collisions = 0;
    (void)state;

    for (size_t i = 0; flood < 1000; i++) {
        if ((hash_of(key, i) & 1023) != wanted)
            continue;
        flood++;
        collisions += (hash_of(other, i) & 1023) == (hash_of(other, 0) & 1023);
    }
    assert_in_range(collisions, 1, 20); /* itself, and about 1 by chance */
}

/* One hash of a family of strings that a last byte once made equal whatever the key: it took back
 * what the size had put in. */
static void a_longer_string_cannot_make_up_for_its_size(void **state)
{
    (void)state;

    for (int key_number = 0; key_number < 100; key_number++) {
        struct pt_hash_key key = pt_hash_key_random();
        uint64_t hashes[7];

        for (size_t i = 0; i < 7; i++) {
            char text[16] = "xaaaaaaaaaaaaaa";
            size_t size = 9 + i;

            text[size - 1] = (char)('i' + i);
            hashes[i] = pt_hash_add(key, key.a, text, size);
            for (size_t j = 0; j < i; j++)
                assert_true(hashes[i] != hashes[j]);
        }
    }
}

static void similar_strings_spread_evenly_over_a_table(void **state)
{
    struct pt_hash_key key = pt_hash_key_random();
    static uint32_t low[256], tag[256];
    (void)state;

    for (size_t i = 0; i < 256 * 100; i++) {
        low[hash_of(key, i) & 255]++;
        tag[hash_of(key, i) >> 56]++;
    }
    for (size_t i = 0; i < 256; i++) { /* 100 expected; 10 is the standard deviation */
        assert_in_range(low[i], 30, 180);
        assert_in_range(tag[i], 30, 180);
    }
}

static void the_end_of_one_string_is_not_the_start_of_the_next(void **state)
{
    struct pt_hash_key key = pt_hash_key_random();
    (void)state;

    uint64_t one = pt_hash_add(key, pt_hash_add(key, key.a, "ab", 2), "c", 1);
    uint64_t other = pt_hash_add(key, pt_hash_add(key, key.a, "a", 1), "bc", 2);
    assert_true(one != other);
    assert_true(pt_hash_add(key, key.a, "", 0) != pt_hash_add(key, key.a, "\0", 1));
    assert_true(pt_hash_add(key, key.a, "\0\0\0", 3) != pt_hash_add(key, key.a, "\0\0", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_keys_are_never_the_same_nor_are_those_of_two_processes),
        cmocka_unit_test(strings_that_were_chosen_to_collide_do_not_under_another_key),
        cmocka_unit_test(a_longer_string_cannot_make_up_for_its_size),
        cmocka_unit_test(similar_strings_spread_evenly_over_a_table),
        cmocka_unit_test(the_end_of_one_string_is_not_the_start_of_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
