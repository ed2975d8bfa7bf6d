/* SPDX-License-Identifier: MIT */
/* stream_test.c -- pages of every length, read in portions of every size, and without memory. */
#include "transport/stream.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "tests/heap.h"

#define SERIES_MANY 20000

struct fixture {
    pitot_registry *reg;
    pitot_snapshot *snap;
    pitot_page *page;
    struct pt_buf expected;
    struct pt_stream_bench bench;
};

static struct fixture new_fixture(int series)
{
    struct fixture fixture = {
        .reg = pitot_registry_new(NULL),
        .expected = pt_buf_new(SIZE_MAX),
    };
    pitot_gauge_vec *vec = pitot_gauge_vec_new(fixture.reg, NULL,
        &(pitot_desc){.name = "g",
            .help = "A gauge.",
            .labels = PITOT_LABELS("n"),
            .series_max = SERIES_MANY});
    char name[16];

    for (int i = 0; i < series; i++) {
        snprintf(name, sizeof(name), "%d", i);
        pitot_gauge_set(pitot_gauge_with(vec, name), i);
    }
    fixture.snap = pitot_snapshot_take(fixture.reg, NULL);
    fixture.page = pitot_page_new(fixture.snap, PITOT_FORMAT_TEXT, NULL, NULL);
    assert_non_null(fixture.page);
    assert_true(
        pitot_encode(fixture.snap, PITOT_FORMAT_TEXT, pt_buf_write, &fixture.expected, NULL));
    return fixture;
}

static void free_fixture(struct fixture *fixture)
{
    pt_buf_free(&fixture->expected);
    pt_stream_bench_free(&fixture->bench);
    pitot_page_free(fixture->page);
    pitot_snapshot_free(fixture->snap);
    pitot_registry_free(fixture->reg);
}

static bool open_stream(
    struct pt_stream *stream, struct fixture *fixture, enum pt_encoding coding, size_t size)
{
    *stream = (struct pt_stream){.page = fixture->page, .bench = &fixture->bench, .coding = coding};
    return pt_stream_open(stream, size);
}

/* All of it, in portions; false when memory runs out. */
static bool read_all(struct pt_stream *stream, struct pt_buf *out, size_t portion)
{
    ssize_t size;

    do {
        char *at = pt_buf_reserve(out, portion);
        size = at ? pt_stream_read(stream, at, portion) : -1;
        if (size > 0)
            out->size += (size_t)size;
    } while (size > 0);
    return size == 0;
}

/* What a client makes of `body`; it must be one whole gzip stream. */
static void assert_unzips_to(const struct pt_buf *body, const struct pt_buf *expected)
{
    char *plain = malloc(expected->size + 1);
    z_stream stream = {
        .next_in = (Bytef *)body->at,
        .avail_in = (uInt)body->size,
        .next_out = (Bytef *)plain,
        .avail_out = (uInt)expected->size + 1,
    };

    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.avail_in, 0);
    assert_int_equal(stream.total_out, expected->size);
    assert_memory_equal(plain, expected->at, expected->size);
    inflateEnd(&stream);
    free(plain);
}

static void a_page_is_the_same_in_portions_of_any_size(void **state)
{
    const int series[] = {0, 1, 100, SERIES_MANY};
    const size_t portions[] = {1000, 65536, 1 << 20};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct fixture fixture = new_fixture(series[i]);
        for (size_t j = 0; j < 6; j++) {
            enum pt_encoding coding = j % 2 ? PT_ENCODING_GZIP : PT_ENCODING_IDENTITY;
            struct pt_buf read = pt_buf_new(SIZE_MAX);
            struct pt_stream stream;

            assert_true(open_stream(&stream, &fixture, coding, 65536));
            assert_true(read_all(&stream, &read, portions[j / 2]));
            if (stream.coding == PT_ENCODING_GZIP) {
                assert_unzips_to(&read, &fixture.expected);
            } else {
                assert_int_equal(read.size, fixture.expected.size);
                assert_memory_equal(read.at, fixture.expected.at, read.size);
            }
            pt_stream_close(&stream);
            pt_buf_free(&read);
        }
        free_fixture(&fixture);
    }
}

static void what_is_short_is_not_coded_and_complete_at_once(void **state)
{
    static const char text[] = "# HELP g A gauge.\n# TYPE g gauge\ng 1\n";
    pitot_snapshot *snap = pitot_decode(PITOT_FORMAT_TEXT, text, sizeof(text) - 1, NULL, NULL);
    struct fixture fixture = {.page = pitot_page_new(snap, PITOT_FORMAT_TEXT, NULL, NULL)};
    struct pt_stream stream;

    (void)state;
    assert_true(open_stream(&stream, &fixture, PT_ENCODING_GZIP, 65536));
    assert_true(stream.ended);
    assert_int_equal(stream.coding, PT_ENCODING_IDENTITY);
    assert_int_equal(stream.ready.size, sizeof(text) - 1);
    assert_memory_equal(stream.ready.at, text, sizeof(text) - 1);
    pt_stream_close(&stream);
    pt_stream_bench_free(&fixture.bench);
    pitot_page_free(fixture.page);
    pitot_snapshot_free(snap);
}

static void what_is_longer_is_coded(void **state)
{
    struct fixture fixture = new_fixture(100);
    struct pt_stream stream;

    (void)state;
    assert_true(open_stream(&stream, &fixture, PT_ENCODING_GZIP, 65536));
    assert_true(stream.ended);
    assert_int_equal(stream.coding, PT_ENCODING_GZIP);
    pt_stream_close(&stream);
    free_fixture(&fixture);
}

static void what_was_coded_before_is_sent_again(void **state)
{
    struct fixture fixture = new_fixture(SERIES_MANY);
    struct pt_buf read[2] = {pt_buf_new(SIZE_MAX), pt_buf_new(SIZE_MAX)};
    struct pt_stream stream;

    (void)state;
    fixture.bench.cache = pt_cache_new(PT_CACHE_BYTES_DEFAULT);
    for (int i = 0; i < 2; i++) {
        assert_true(open_stream(&stream, &fixture, PT_ENCODING_GZIP, 1));
        assert_true(read_all(&stream, &read[i], 65536));
        assert_unzips_to(&read[i], &fixture.expected);
        pt_stream_close(&stream);
    }
    assert_int_equal(read[0].size, read[1].size);
    assert_memory_equal(read[0].at, read[1].at, read[0].size);
    pt_buf_free(&read[0]);
    pt_buf_free(&read[1]);
    free_fixture(&fixture);
}

static void making_it_is_work(void **state)
{
    struct fixture fixture = new_fixture(SERIES_MANY);
    struct pt_buf read = pt_buf_new(SIZE_MAX);
    struct pt_stream stream;

    (void)state;
    assert_true(open_stream(&stream, &fixture, PT_ENCODING_GZIP, 1));
    assert_true(stream.work_ns > 0);
    assert_true(read_all(&stream, &read, 65536));
    pt_stream_close(&stream);
    pt_buf_free(&read);
    free_fixture(&fixture);
}

/* Whether all of it came, with as many allocations. */
static bool stream_with(const struct fixture *fixture, size_t allocations)
{
    heap_fail(allocations + 1, true);
    struct pt_stream_bench bench = {.cache = pt_cache_new(1 << 20)};
    struct pt_stream stream;
    static char portion[4096];
    ssize_t size = 1;

    stream = (struct pt_stream){.page = fixture->page, .bench = &bench, .coding = PT_ENCODING_GZIP};
    bool ok = pt_stream_open(&stream, 65536);
    while (ok && size > 0)
        size = pt_stream_read(&stream, portion, sizeof(portion));
    pt_stream_close(&stream);
    pt_stream_bench_free(&bench);
    return ok && size == 0;
}

static void when_memory_runs_out_anywhere_it_says_so_and_keeps_nothing(void **state)
{
    struct fixture fixture = new_fixture(5000);
    bool ok = false;
    size_t n = 0;

    (void)state;
    pt_alloc_use(&heap_allocator);
    for (; !ok && n < 5000; n++) {
        ok = stream_with(&fixture, n);
        assert_int_equal(heap.live, 0);
    }
    pt_alloc_use(NULL);
    assert_true(ok);
    assert_true(n > 5);
    free_fixture(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_is_the_same_in_portions_of_any_size),
        cmocka_unit_test(what_is_short_is_not_coded_and_complete_at_once),
        cmocka_unit_test(what_is_longer_is_coded),
        cmocka_unit_test(what_was_coded_before_is_sent_again),
        cmocka_unit_test(making_it_is_work),
        cmocka_unit_test(when_memory_runs_out_anywhere_it_says_so_and_keeps_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
