/* SPDX-License-Identifier: MIT */
/* round_trip_test.c -- what was written in protobuf or JSON reads back as the same snapshot. */
#include "base/buf.h"
#include "tests/locale.h"
#include "tests/random.h"
#include "tests/same.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define SEEDS 1500
#define PAGE_MAX ((size_t)1 << 28)
/* A protobuf page has no such types, and times of samples in milliseconds. */
#define PROTOBUF_WANTS (RANDOM_ALL & ~(unsigned)(RANDOM_TYPES | RANDOM_NANOSECONDS))

static pitot_snapshot *back(const pitot_snapshot *snap, pitot_format format, uint64_t seed)
{
    pitot_encode_opts opts = {.escaping = PITOT_ESCAPING_NONE};
    struct pt_buf page = pt_buf_new(PAGE_MAX);
    pitot_error err = {0};
    size_t dropped = 1;

    opts.dropped = &dropped;
    assert_true(pitot_encode_with(snap, format, &opts, pt_buf_write, &page, &err));
    assert_int_equal(dropped, 0);
    pitot_snapshot *read = pitot_decode(format, page.at, page.size, NULL, &err);
    if (!read)
        fail_msg("seed %llu: %s", (unsigned long long)seed, err.message);
    pt_buf_free(&page);
    return read;
}

static void assert_comes_back(uint64_t seed, unsigned wants, pitot_format format, int lost)
{
    pitot_error err = {0};
    pitot_snapshot *snap = random_snapshot(seed, wants, &err);
    char why[300];

    assert_non_null(snap);
    pitot_snapshot *read = back(snap, format, seed);
    if (!snapshots_same(snap, read, lost, why, sizeof(why)))
        fail_msg("seed %llu: %s", (unsigned long long)seed, why);
    pitot_snapshot_free(read);
    pitot_snapshot_free(snap);
}

static void every_snapshot_comes_back_from_protobuf(void **state)
{
    (void)state;

    for (uint64_t seed = 0; seed < SEEDS; seed++)
        assert_comes_back(seed, PROTOBUF_WANTS, PITOT_FORMAT_PROTOBUF, 0);
}

static void types_that_protobuf_has_not_come_back_as_gauges(void **state)
{
    (void)state;

    for (uint64_t seed = 0; seed < SEEDS; seed++)
        assert_comes_back(
            seed, PROTOBUF_WANTS | RANDOM_TYPES, PITOT_FORMAT_PROTOBUF, SAME_NO_TYPES);
}

/* Also what same.h lets pass: whether a number is an integer or a double. */
static void assert_same_kinds(const pitot_snapshot *a, const pitot_snapshot *b)
{
    pitot_family family;
    pitot_series x, y;

    for (size_t i = 0; pitot_snapshot_family(a, i, &family); i++)
        for (size_t j = 0; j < family.series_count; j++) {
            assert_true(pitot_snapshot_series(a, i, j, &x));
            assert_true(pitot_snapshot_series(b, i, j, &y));
            assert_int_equal(x.is_double, y.is_double);
        }
}

static void every_snapshot_comes_back_from_json(void **state)
{
    (void)state;

    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        assert_comes_back(seed, RANDOM_ALL, PITOT_FORMAT_JSON, 0);
        pitot_snapshot *snap = random_snapshot(seed, RANDOM_ALL, NULL);
        pitot_snapshot *read = back(snap, PITOT_FORMAT_JSON, seed);
        assert_same_kinds(snap, read);
        pitot_snapshot_free(read);
        pitot_snapshot_free(snap);
    }
}

static void a_locale_with_a_decimal_comma_changes_nothing(void **state)
{
    char folder[] = COMMA_LOCALE_FOLDER;
    (void)state;
    use_comma_locale(folder, LC_NUMERIC);

    for (uint64_t seed = 0; seed < 200; seed++) {
        assert_comes_back(seed, PROTOBUF_WANTS, PITOT_FORMAT_PROTOBUF, 0);
        assert_comes_back(seed, RANDOM_ALL, PITOT_FORMAT_JSON, 0);
    }
    leave_comma_locale(folder, LC_NUMERIC);
}

/* Any byte of a page may be another one, or the last that came. */
static void a_page_that_was_damaged_is_read_or_refused(void **state)
{
    static const pitot_format formats[] = {PITOT_FORMAT_PROTOBUF, PITOT_FORMAT_JSON};
    struct random random = {.state = 7};
    (void)state;

    for (uint64_t seed = 0; seed < 3000; seed++) {
        pitot_snapshot *snap = random_snapshot(seed % 100, RANDOM_ALL, NULL);
        struct pt_buf page = pt_buf_new(PAGE_MAX);
        pitot_decode_opts opts = {.lenient = seed % 2};

        assert_true(pitot_encode(snap, formats[seed / 2 % 2], pt_buf_write, &page, NULL));
        for (size_t n = random_below(&random, 4); n > 0; n--)
            page.at[random_below(&random, page.size)] = (char)random_next(&random);
        if (random_one_in(&random, 3))
            page.size = random_below(&random, page.size);
        char *exact = memcpy(
            malloc(page.size + 1), page.at, page.size); /* so that reading past its end shows */
        exact = realloc(exact, page.size ? page.size : 1);
        pitot_snapshot *read = pitot_decode(formats[seed / 2 % 2], exact, page.size, &opts, NULL);
        assert_true(read || !opts.lenient);
        if (read)
            pitot_snapshot_free(back(read, PITOT_FORMAT_JSON, seed));
        free(exact);
        pitot_snapshot_free(read);
        pt_buf_free(&page);
        pitot_snapshot_free(snap);
    }
}

static size_t allocations_left;

static void *allocate(void *ctx, size_t size)
{
    (void)ctx;
    return allocations_left > 0 && allocations_left-- ? malloc(size) : NULL;
}

static void *reallocate(void *ctx, void *block, size_t size)
{
    (void)ctx;
    return allocations_left > 0 && allocations_left-- ? realloc(block, size) : NULL;
}

static void release(void *ctx, void *block)
{
    (void)ctx;
    free(block);
}

/* Writes and reads with so many allocations; true when that was enough. */
static bool works_with(
    const pitot_snapshot *snap, pitot_format format, size_t allocations, struct pt_buf *page)
{
    pitot_error err = {0};

    allocations_left = allocations;
    page->size = 0;
    if (!pitot_encode(snap, format, pt_buf_write, page, &err)) {
        assert_true(err.code == PITOT_ENOMEM || page->failed);
        page->failed = false;
        return false;
    }
    pitot_snapshot *read = pitot_decode(format, page->at, page->size, NULL, &err);
    if (!read)
        assert_int_equal(err.code, PITOT_ENOMEM);
    pitot_snapshot_free(read);
    return read;
}

static void memory_may_run_out_at_any_moment(void **state)
{
    static const pitot_allocator scarce = {allocate, reallocate, release, NULL};
    (void)state;

    for (uint64_t seed = 0; seed < 10; seed++)
        for (int format = PITOT_FORMAT_PROTOBUF; format <= PITOT_FORMAT_JSON; format++) {
            pitot_snapshot *snap = random_snapshot(seed, RANDOM_ALL & ~RANDOM_TYPES, NULL);
            struct pt_buf page = pt_buf_new(PAGE_MAX);
            size_t allocations = 0;

            pitot_allocator_set(&scarce);
            while (!works_with(snap, (pitot_format)format, allocations, &page))
                allocations++;
            pitot_allocator_set(NULL);
            assert_true(allocations > 10);
            pt_buf_free(&page);
            pitot_snapshot_free(snap);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_snapshot_comes_back_from_protobuf),
        cmocka_unit_test(types_that_protobuf_has_not_come_back_as_gauges),
        cmocka_unit_test(every_snapshot_comes_back_from_json),
        cmocka_unit_test(a_locale_with_a_decimal_comma_changes_nothing),
        cmocka_unit_test(a_page_that_was_damaged_is_read_or_refused),
        cmocka_unit_test(memory_may_run_out_at_any_moment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
