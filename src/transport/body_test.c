/* SPDX-License-Identifier: MIT */
/* body_test.c -- bodies, plain and compressed, in pieces of every size, and without memory. */
#include "transport/body.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#define PAGE_SIZE 300000

static char page[PAGE_SIZE];

/* What a client makes of `body`; it must be a whole gzip stream of `size` bytes. */
static void assert_unzips_to_page(const struct pt_buf *body, size_t size)
{
    static char plain[PAGE_SIZE + 1];
    z_stream stream = {
        .next_in = (Bytef *)body->at,
        .avail_in = (uInt)body->size,
        .next_out = (Bytef *)plain,
        .avail_out = sizeof(plain),
    };

    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.avail_in, 0);
    assert_int_equal(stream.total_out, size);
    assert_memory_equal(plain, page, size);
    inflateEnd(&stream);
}

static bool write_pieces(struct pt_body *body, size_t size, size_t piece)
{
    for (size_t at = 0; at < size; at += piece) {
        if (!pt_body_write(body, page + at, size - at < piece ? size - at : piece))
            return false;
    }
    return true;
}

static void a_body_of_1_kib_or_more_is_compressed_when_asked(void **state)
{
    const size_t sizes[] = {1024, 1025, 5000, 70000, PAGE_SIZE};
    const size_t pieces[] = {1, 7, 1023, 1024, 65536, PAGE_SIZE};
    enum pt_encoding used;
    struct pt_body body;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (size_t j = 0; j < sizeof(pieces) / sizeof(pieces[0]); j++) {
            pt_body_open(&body, PT_ENCODING_GZIP);
            assert_true(write_pieces(&body, sizes[i], pieces[j]));
            assert_true(pt_body_finish(&body, &used));
            assert_int_equal(used, PT_ENCODING_GZIP);
            assert_unzips_to_page(&body.out, sizes[i]);
            pt_body_close(&body);
        }
    }
}

static void a_shorter_one_stays_plain(void **state)
{
    const size_t sizes[] = {0, 1, 1023};
    enum pt_encoding used;
    struct pt_body body;

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        pt_body_open(&body, PT_ENCODING_GZIP);
        assert_true(write_pieces(&body, sizes[i], 100));
        assert_true(pt_body_finish(&body, &used));
        assert_int_equal(used, PT_ENCODING_IDENTITY);
        assert_int_equal(body.out.size, sizes[i]);
        if (sizes[i])
            assert_memory_equal(body.out.at, page, sizes[i]);
        pt_body_close(&body);
    }
}

static void identity_is_never_compressed(void **state)
{
    enum pt_encoding used;
    struct pt_body body;

    (void)state;
    pt_body_open(&body, PT_ENCODING_IDENTITY);
    assert_true(write_pieces(&body, PAGE_SIZE, 1000));
    assert_true(pt_body_finish(&body, &used));
    assert_int_equal(used, PT_ENCODING_IDENTITY);
    assert_int_equal(body.out.size, PAGE_SIZE);
    assert_memory_equal(body.out.at, page, PAGE_SIZE);
    pt_body_close(&body);
}

struct scarce {
    long left;  /* allocations that succeed */
    long alive; /* blocks in use */
};

static void *scarce_reallocate(void *ctx, void *block, size_t size)
{
    struct scarce *scarce = ctx;

    if (scarce->left-- <= 0)
        return NULL;
    scarce->alive += block == NULL;
    return realloc(block, size);
}

static void *scarce_allocate(void *ctx, size_t size)
{
    return scarce_reallocate(ctx, NULL, size);
}

static void scarce_release(void *ctx, void *block)
{
    struct scarce *scarce = ctx;

    scarce->alive -= block != NULL;
    free(block);
}

static void when_memory_runs_out_anywhere_it_says_so_and_keeps_nothing(void **state)
{
    struct scarce scarce = {0};
    const pitot_allocator allocator = {scarce_allocate, scarce_reallocate, scarce_release, &scarce};
    enum pt_encoding used;
    struct pt_body body;
    bool ok = false;
    long n = 0;

    (void)state;
    pt_alloc_use(&allocator);
    for (; !ok && n < 1000; n++) {
        scarce.left = n;
        pt_body_open(&body, PT_ENCODING_GZIP);
        ok = write_pieces(&body, PAGE_SIZE, 500) && pt_body_finish(&body, &used);
        pt_body_close(&body);
        assert_int_equal(scarce.alive, 0);
    }
    pt_alloc_use(NULL);
    assert_true(ok);
    assert_true(n > 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_body_of_1_kib_or_more_is_compressed_when_asked),
        cmocka_unit_test(a_shorter_one_stays_plain),
        cmocka_unit_test(identity_is_never_compressed),
        cmocka_unit_test(when_memory_runs_out_anywhere_it_says_so_and_keeps_nothing),
    };
    uint32_t seed = 1;

    for (size_t i = 0; i < PAGE_SIZE; i++) {
        seed = seed * 1664525 + 1013904223;
        page[i] = "abcdefghijklmnop{}=\"\n 0123456789"[seed >> 27];
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
