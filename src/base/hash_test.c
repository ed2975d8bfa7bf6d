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

    return pt_hash_end(key, pt_hash_add(key, key.a, text, (size_t)size));
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

enum { KEYS = 4096, KEY_SIZE = 64 };

/* Keys that differ where a hash of this kind could be blind. Each writes number `i` to `text`,
 * which is zeros, and returns its size. */
static size_t after_a_long_prefix(char *text, uint32_t i)
{
    memset(text, 'a', 48);
    memcpy(text + 48, &i, sizeof(i));
    return 52;
}

static size_t in_one_or_two_bits(char *text, uint32_t i)
{
    text[i % 512 / 8] ^= (char)(1 << i % 8);
    text[i / 512] ^= 1;
    return 64;
}

static size_t in_size_and_one_byte(char *text, uint32_t i)
{
    memset(text, (int)(i / 64), i % 64 + 1);
    return i % 64 + 1;
}

static size_t in_high_bits_of_the_first_word(char *text, uint32_t i)
{
    text[7] = (char)(i << 4);
    text[6] = (char)(i >> 4);
    return 16;
}

static size_t in_high_bits_of_the_second_word(char *text, uint32_t i)
{
    text[15] = (char)(i << 4);
    text[14] = (char)(i >> 4);
    return 16;
}

static size_t in_high_bits_of_the_first_block(char *text, uint32_t i)
{
    text[7] = (char)(i << 2);
    text[15] = (char)(i >> 6);
    return 20;
}

static size_t in_how_the_same_word_is_repeated(char *text, uint32_t i)
{
    for (size_t word = 0; word < 4; word++)
        memcpy(text + word * 16, &i, sizeof(i));
    return 64;
}

static size_t in_both_words_alike(char *text, uint32_t i)
{
    memcpy(text, &i, sizeof(i));
    memcpy(text + 8, &i, sizeof(i));
    return 16;
}

static size_t in_two_bytes(char *text, uint32_t i)
{
    text[0] = (char)i;
    text[1] = (char)(i >> 8);
    return 3;
}

/* All the same under a key without random bits: a factor is 0. */
static size_t beside_a_factor_of_zero(char *text, uint32_t i)
{
    memcpy(text, &i, sizeof(i));
    text[8] = text[15] = 1;
    return 16;
}

/* Two of one hash are bad luck; the cost of a table is the sum of its squares. */
static void assert_spread(size_t (*write)(char *text, uint32_t i), int shift)
{
    struct pt_hash_key key = pt_hash_key_random();
    uint32_t counts[KEYS] = {0};
    size_t sum = 0;

    for (uint32_t i = 0; i < KEYS; i++) {
        char text[KEY_SIZE] = {0};
        size_t size = write(text, i);

        counts[pt_hash_end(key, pt_hash_add(key, key.a, text, size)) >> shift & (KEYS - 1)]++;
    }
    for (size_t i = 0; i < KEYS; i++)
        sum += counts[i] * (size_t)counts[i];
    assert_in_range(sum, KEYS, 2 * 2 * KEYS); /* 2 * KEYS is expected of random keys */
}

static void strings_of_one_pattern_spread_like_random_ones(void **state)
{
    size_t (*const patterns[])(char *text, uint32_t i) = {after_a_long_prefix, in_one_or_two_bits,
        in_size_and_one_byte, in_high_bits_of_the_first_word, in_high_bits_of_the_second_word,
        in_high_bits_of_the_first_block, in_how_the_same_word_is_repeated, in_both_words_alike,
        in_two_bytes, beside_a_factor_of_zero};
    (void)state;

    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
        for (int key_number = 0; key_number < 20; key_number++)
            for (int shift = 0; shift <= 48; shift += 8)
                assert_spread(patterns[i], shift);
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
        cmocka_unit_test(strings_of_one_pattern_spread_like_random_ones),
        cmocka_unit_test(the_end_of_one_string_is_not_the_start_of_the_next),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
