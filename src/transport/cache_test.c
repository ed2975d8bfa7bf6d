/* SPDX-License-Identifier: MIT */
/* cache_test.c -- what a bounded cache keeps of pages that are read over and over. */
#include "transport/cache.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/heap.h"

#define PIECE_SIZE 6000

static struct pt_cache_key key_of(uint64_t id)
{
    return (struct pt_cache_key){.id = id, .format = PITOT_FORMAT_TEXT, .coding = PT_ENCODING_GZIP};
}

static void put_text(struct pt_cache *cache, struct pt_cache_key key, const char *text)
{
    pt_cache_put(cache, &key, text, strlen(text),
        &(struct pt_coding_end){.crc = (uint32_t)key.id, .size = 10 * strlen(text)}, true);
}

static bool has(struct pt_cache *cache, struct pt_cache_key key)
{
    const struct pt_cached *piece = pt_cache_get(cache, &key);

    pt_cached_release(piece);
    return piece;
}

/* As a server does it: what is not there is made, and offered. */
static bool want(struct pt_cache *cache, uint64_t id)
{
    static char bytes[PIECE_SIZE];
    const struct pt_cache_key key = key_of(id);

    if (has(cache, key))
        return true;
    memcpy(bytes, &id, sizeof(id));
    pt_cache_put(cache, &key, bytes, sizeof(bytes), &(struct pt_coding_end){0}, false);
    return false;
}

static size_t bytes_for(size_t pieces)
{
    struct pt_cache *cache = pt_cache_new(PT_CACHE_BYTES_DEFAULT);
    size_t empty = pt_cache_bytes(cache);

    want(cache, 1);
    want(cache, 1);
    size_t piece = pt_cache_bytes(cache) - empty;
    pt_cache_free(cache);
    return empty + pieces * piece;
}

static void a_piece_that_was_put_is_found_with_its_end(void **state)
{
    struct pt_cache *cache = pt_cache_new(PT_CACHE_BYTES_DEFAULT);
    const struct pt_cache_key key = key_of(5);

    (void)state;
    assert_null(pt_cache_get(cache, &key));
    put_text(cache, key, "five");
    const struct pt_cached *piece = pt_cache_get(cache, &key);
    assert_non_null(piece);
    assert_int_equal(piece->size, 4);
    assert_memory_equal(piece->bytes, "five", 4);
    assert_int_equal(piece->end.crc, 5);
    assert_int_equal(piece->end.size, 40);
    pt_cached_release(piece);
    put_text(cache, key, "again"); /* it is there: nothing happens */
    piece = pt_cache_get(cache, &key);
    assert_int_equal(piece->size, 4);
    pt_cached_release(piece);
    pt_cache_free(cache);
}

static void id_format_escaping_and_coding_tell_pieces_apart(void **state)
{
    struct pt_cache *cache = pt_cache_new(PT_CACHE_BYTES_DEFAULT);
    const struct pt_cache_key keys[] = {
        {1, PITOT_FORMAT_TEXT, PITOT_ESCAPING_UNDERSCORES, PT_ENCODING_GZIP},
        {2, PITOT_FORMAT_TEXT, PITOT_ESCAPING_UNDERSCORES, PT_ENCODING_GZIP},
        {1, PITOT_FORMAT_OPENMETRICS, PITOT_ESCAPING_UNDERSCORES, PT_ENCODING_GZIP},
        {1, PITOT_FORMAT_TEXT, PITOT_ESCAPING_VALUES, PT_ENCODING_GZIP},
        {1, PITOT_FORMAT_TEXT, PITOT_ESCAPING_UNDERSCORES, PT_ENCODING_ZSTD},
    };
    const size_t count = sizeof(keys) / sizeof(keys[0]);
    char text[2] = {0};

    (void)state;
    for (size_t i = 0; i < count; i++) {
        assert_false(has(cache, keys[i]));
        text[0] = (char)('a' + i);
        put_text(cache, keys[i], text);
    }
    for (size_t i = 0; i < count; i++) {
        const struct pt_cached *piece = pt_cache_get(cache, &keys[i]);

        assert_non_null(piece);
        assert_int_equal(piece->bytes[0], 'a' + i);
        pt_cached_release(piece);
    }
    pt_cache_free(cache);
}

static void id_0_is_never_kept(void **state)
{
    struct pt_cache *cache = pt_cache_new(PT_CACHE_BYTES_DEFAULT);
    size_t empty = pt_cache_bytes(cache);

    (void)state;
    put_text(cache, key_of(0), "nobody knows");
    assert_false(has(cache, key_of(0)));
    assert_int_equal(pt_cache_bytes(cache), empty);
    pt_cache_free(cache);
}

static void what_is_offered_once_takes_no_memory(void **state)
{
    struct pt_cache *cache = pt_cache_new(PT_CACHE_BYTES_DEFAULT);
    size_t empty = pt_cache_bytes(cache);

    (void)state;
    for (uint64_t id = 1; id < 100000; id++)
        want(cache, id);
    assert_int_equal(pt_cache_bytes(cache), empty);
    want(cache, 7);
    want(cache, 7);
    assert_true(has(cache, key_of(7)));
    pt_cache_free(cache);
}

static void a_held_piece_outlives_its_place_and_the_cache(void **state)
{
    struct pt_cache *cache = pt_cache_new(bytes_for(3));
    const struct pt_cache_key key = key_of(1000);

    (void)state;
    put_text(cache, key, "held");
    const struct pt_cached *first = pt_cache_get(cache, &key);
    const struct pt_cached *second = pt_cache_get(cache, &key);
    for (uint64_t id = 2000; id < 3000; id++)
        put_text(cache, key_of(id), "other");
    assert_false(has(cache, key));
    assert_memory_equal(first->bytes, "held", 4);
    pt_cached_release(first);
    pt_cache_free(cache);
    assert_memory_equal(second->bytes, "held", 4);
    pt_cached_release(second);
}

static void the_budget_holds_whatever_is_put(void **state)
{
    const size_t budgets[] = {
        0, 1000, bytes_for(0), bytes_for(1) - 1, bytes_for(1), bytes_for(7), bytes_for(100)};

    (void)state;
    for (size_t i = 0; i < sizeof(budgets) / sizeof(budgets[0]); i++) {
        struct pt_cache *cache = pt_cache_new(budgets[i]);
        size_t empty = pt_cache_bytes(cache);

        for (uint64_t id = 1; id < 1000; id++) {
            struct pt_cache_key key = key_of(id);
            static char bytes[20000];

            pt_cache_put(
                cache, &key, bytes, id * 7919 % sizeof(bytes), &(struct pt_coding_end){0}, true);
            assert_true(pt_cache_bytes(cache) == empty || pt_cache_bytes(cache) <= budgets[i]);
        }
        pt_cache_free(cache);
    }
}

/* The share of pieces, in percent, that a scrape finds after some: `steady` pieces that stay as
 * they are, with `fresh` others behind each of them, that change every time. */
static unsigned found(size_t room, uint64_t steady, uint64_t fresh)
{
    struct pt_cache *cache = pt_cache_new(bytes_for(room));
    uint64_t next = 1000000;
    size_t hits = 0;

    for (int scrape = 0; scrape < 100; scrape++) {
        for (uint64_t id = 1; id <= steady; id++) {
            hits += want(cache, id) && scrape >= 50;
            for (uint64_t i = 0; i < fresh; i++)
                want(cache, next++);
        }
    }
    pt_cache_free(cache);
    return (unsigned)(hits * 2 / steady);
}

static void a_page_that_fits_is_found_whole(void **state)
{
    (void)state;
    assert_int_equal(found(100, 100, 0), 100);
}

static void of_a_page_half_as_large_again_more_than_half_is_found(void **state)
{
    (void)state;
    assert_in_range(found(1000, 1500, 0), 55, 67);
}

static void pieces_that_change_do_not_push_out_those_that_do_not(void **state)
{
    (void)state;
    assert_in_range(found(1000, 700, 1), 95, 100);
    assert_in_range(found(1000, 500, 3), 90, 100);
}

static void a_new_page_takes_the_place_of_one_that_nobody_wants(void **state)
{
    struct pt_cache *cache = pt_cache_new(bytes_for(100));
    size_t hits = 0;

    (void)state;
    for (uint64_t id = 1; id <= 100; id++)
        want(cache, id);
    for (int scrape = 0; scrape < 60; scrape++) {
        hits = 0;
        for (uint64_t id = 1001; id <= 1100; id++)
            hits += want(cache, id);
    }
    assert_in_range(hits, 95, 100);
    pt_cache_free(cache);
}

static void no_cache_is_a_cache_that_keeps_nothing(void **state)
{
    (void)state;
    put_text(NULL, key_of(1), "x");
    assert_false(has(NULL, key_of(1)));
    assert_int_equal(pt_cache_bytes(NULL), 0);
    pt_cached_release(NULL);
    pt_cache_free(NULL);
}

/* ---- Memory that runs out ---- */

static void without_memory_it_keeps_what_it_has(void **state)
{
    (void)state;
    pt_alloc_use(&heap_allocator);
    heap_fail(1, true);
    assert_null(pt_cache_new(PT_CACHE_BYTES_DEFAULT));
    heap_fail(4, true);
    struct pt_cache *cache = pt_cache_new(PT_CACHE_BYTES_DEFAULT);
    assert_non_null(cache);
    for (uint64_t id = 1; id <= 4; id++)
        put_text(cache, key_of(id), "text");
    size_t bytes = pt_cache_bytes(cache);
    assert_true(has(cache, key_of(1)) && has(cache, key_of(2)));
    assert_false(has(cache, key_of(3)) || has(cache, key_of(4)));
    heap_fail(2, true);
    put_text(cache, key_of(3), "text");
    assert_true(has(cache, key_of(3)));
    assert_true(pt_cache_bytes(cache) > bytes);
    pt_cache_free(cache);
    assert_int_equal(heap.live, 0);
    pt_alloc_use(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_piece_that_was_put_is_found_with_its_end),
        cmocka_unit_test(id_format_escaping_and_coding_tell_pieces_apart),
        cmocka_unit_test(id_0_is_never_kept),
        cmocka_unit_test(what_is_offered_once_takes_no_memory),
        cmocka_unit_test(a_held_piece_outlives_its_place_and_the_cache),
        cmocka_unit_test(the_budget_holds_whatever_is_put),
        cmocka_unit_test(a_page_that_fits_is_found_whole),
        cmocka_unit_test(of_a_page_half_as_large_again_more_than_half_is_found),
        cmocka_unit_test(pieces_that_change_do_not_push_out_those_that_do_not),
        cmocka_unit_test(a_new_page_takes_the_place_of_one_that_nobody_wants),
        cmocka_unit_test(no_cache_is_a_cache_that_keeps_nothing),
        cmocka_unit_test(without_memory_it_keeps_what_it_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
