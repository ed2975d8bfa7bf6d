/* SPDX-License-Identifier: MIT */
/*
 * coding_test.c -- bodies coded piece by piece, unpacked by other people's programs.
 *
 * Built twice where the build has ISA-L: with it, and with what stands in for it.
 */
#include "transport/coding.h"

#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#ifdef PITOT_HAS_ZSTD
#include <zstd.h>
#endif

#include <cmocka.h>

#include "tests/heap.h"

#define OUT_MAX ((size_t)1 << 26)
#define ROUNDS 150
#define PIECES_MAX 9

static const enum pt_encoding codings[] = {
    PT_ENCODING_IDENTITY,
    PT_ENCODING_GZIP,
#ifdef PITOT_HAS_ZSTD
    PT_ENCODING_ZSTD,
#endif
};

#define CODINGS (sizeof(codings) / sizeof(codings[0]))

static uint64_t seed = 1;

static uint32_t draw(uint32_t end)
{
    seed = seed * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)(seed >> 33) % end;
}

/* ---- What is coded: lines of a page, noise, or one byte over and over ---- */

static void add_plain(struct pt_buf *plain, size_t size)
{
    size_t end = plain->size + size;
    uint32_t kind = draw(4);
    char line[100];

    while (plain->size < end) {
        size_t n;

        if (kind < 2) {
            n = (size_t)snprintf(line, sizeof(line),
                "requests_total{zone=\"%u\",host=\"host-%06u\",device=\"sd%c\"} %u\n", draw(4),
                draw(1000000), 'a' + (int)draw(4), draw(1 << 30));
        } else {
            n = sizeof(line);
            for (size_t i = 0; i < n; i++)
                line[i] = kind == 2 ? (char)draw(256) : 'x';
        }
        pt_buf_add(plain, line, n < end - plain->size ? n : end - plain->size);
    }
    assert_false(plain->failed);
}

static size_t draw_size(void)
{
    static const size_t sizes[] = {0, 1, 2, 100, 8191, 16384, 32768, 65535, 65536, 131072};

    return draw(2) ? sizes[draw(10)] : draw(70000);
}

/* ---- What a client makes of it ---- */

static void gunzip(const struct pt_buf *body, struct pt_buf *plain, size_t size)
{
    z_stream stream = {.next_in = (Bytef *)body->at, .avail_in = (uInt)body->size};
    char *room = pt_buf_reserve(plain, size + 1);

    assert_non_null(room);
    stream.next_out = (Bytef *)room;
    stream.avail_out = (uInt)size + 1;
    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END); /* its CRC and size are right */
    assert_int_equal(stream.avail_in, 0);
    plain->size += stream.total_out;
    inflateEnd(&stream);
}

#ifdef PITOT_HAS_ZSTD
static void unzstd(const struct pt_buf *body, struct pt_buf *plain, size_t size)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    ZSTD_inBuffer in = {body->at, body->size, 0};
    ZSTD_outBuffer out = {pt_buf_reserve(plain, size + 1), size + 1, 0};
    size_t left = 1;

    assert_true(body->size > 0);
    while (in.pos < in.size) {
        left = ZSTD_decompressStream(context, &out, &in);
        assert_false(ZSTD_isError(left));
        assert_true(out.pos <= size);
    }
    assert_int_equal(left, 0);
    plain->size += out.pos;
    ZSTD_freeDCtx(context);
}
#endif

static void assert_unpacks(
    enum pt_encoding coding, const struct pt_buf *body, const char *plain, size_t size)
{
    struct pt_buf unpacked = pt_buf_new(OUT_MAX);

    if (coding == PT_ENCODING_IDENTITY)
        pt_buf_add(&unpacked, body->at, body->size);
    else if (coding == PT_ENCODING_GZIP)
        gunzip(body, &unpacked, size);
#ifdef PITOT_HAS_ZSTD
    else
        unzstd(body, &unpacked, size);
#endif
    assert_int_equal(unpacked.size, size);
    if (size)
        assert_memory_equal(unpacked.at, plain, size);
    pt_buf_free(&unpacked);
}

/* Codes the pieces of `plain` that end at `ends`. */
static bool code_body(struct pt_coder *coder, enum pt_encoding coding, const struct pt_buf *plain,
    const size_t *ends, size_t count, struct pt_buf *out)
{
    struct pt_coding_end total = {0}, piece = {0};
    size_t from = 0;

    if (!pt_coding_begin(coding, out))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!pt_coding_piece(
                coder, coding, plain->at ? plain->at + from : "", ends[i] - from, out, &piece))
            return false;
        assert_int_equal(piece.size, ends[i] - from);
        pt_coding_join(&total, &piece);
        from = ends[i];
    }
    assert_int_equal(total.size, from);
    return pt_coding_finish(coding, &total, out);
}

static void pieces_of_any_size_become_one_body(void **state)
{
    struct pt_coder coder = {0};

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct pt_buf plain = pt_buf_new(OUT_MAX);
        size_t ends[PIECES_MAX], count = draw(PIECES_MAX + 1);

        for (size_t i = 0; i < count; i++) {
            add_plain(&plain, draw_size());
            ends[i] = plain.size;
        }
        for (size_t i = 0; i < CODINGS; i++) {
            struct pt_buf out = pt_buf_new(OUT_MAX);

            assert_true(code_body(&coder, codings[i], &plain, ends, count, &out));
            assert_unpacks(codings[i], &out, plain.at, plain.size);
            pt_buf_free(&out);
        }
        pt_buf_free(&plain);
    }
    pt_coder_free(&coder);
}

static void a_piece_may_have_10_megabytes(void **state)
{
    struct pt_coder coder = {0};
    struct pt_buf plain = pt_buf_new(OUT_MAX);

    (void)state;
    for (int i = 0; i < 5; i++)
        add_plain(&plain, 2000003);
    for (size_t i = 0; i < CODINGS; i++) {
        struct pt_buf out = pt_buf_new(OUT_MAX);

        assert_true(code_body(&coder, codings[i], &plain, &plain.size, 1, &out));
        assert_unpacks(codings[i], &out, plain.at, plain.size);
        pt_buf_free(&out);
    }
    pt_buf_free(&plain);
    pt_coder_free(&coder);
}

/* What `command` makes of a file with `body` in it. */
static void assert_unpacks_with(
    const char *command, const struct pt_buf *body, const char *plain, size_t size)
{
    char path[] = "/tmp/pitot-coding-XXXXXX", line[200];
    char *unpacked = malloc(size + 1);
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, body->at, body->size), body->size);
    close(fd);
    snprintf(line, sizeof(line), "%s <%s", command, path);
    FILE *output = popen(line, "r");
    assert_non_null(output);
    assert_int_equal(fread(unpacked, 1, size + 1, output), size);
    assert_int_equal(pclose(output), 0);
    unlink(path);
    assert_memory_equal(unpacked, plain, size);
    free(unpacked);
}

static void other_programs_unpack_a_body(void **state)
{
    static const char *const commands[][2] = {
        [PT_ENCODING_GZIP] = {"gzip -dc", "python3 -c 'import sys, zlib; sys.stdout.buffer.write("
                                          "zlib.decompress(sys.stdin.buffer.read(), 31))'"},
        [PT_ENCODING_ZSTD] = {"zstd -dcq", "zstd -dcq --single-thread -M8MB"},
    };
    struct pt_coder coder = {0};
    struct pt_buf plain = pt_buf_new(OUT_MAX);
    size_t ends[PIECES_MAX];

    (void)state;
    for (size_t i = 0; i < PIECES_MAX; i++) {
        add_plain(&plain, i == 2 ? 0 : 65000 + draw(1000));
        ends[i] = plain.size;
    }
    for (size_t i = 1; i < CODINGS; i++) {
        struct pt_buf out = pt_buf_new(OUT_MAX);

        assert_true(code_body(&coder, codings[i], &plain, ends, PIECES_MAX, &out));
        for (size_t j = 0; j < 2; j++)
            assert_unpacks_with(commands[codings[i]][j], &out, plain.at, plain.size);
        pt_buf_free(&out);
    }
    pt_buf_free(&plain);
    pt_coder_free(&coder);
}

static void a_body_of_nothing_is_a_body(void **state)
{
    struct pt_coder coder = {0};
    struct pt_buf plain = pt_buf_new(OUT_MAX);
    const size_t ends[] = {0, 0};

    (void)state;
    for (size_t i = 0; i < CODINGS; i++) {
        for (size_t count = 0; count <= 2; count++) {
            struct pt_buf out = pt_buf_new(OUT_MAX);

            assert_true(code_body(&coder, codings[i], &plain, ends, count, &out));
            assert_unpacks(codings[i], &out, "", 0);
            pt_buf_free(&out);
        }
    }
    assert_null(coder.deflate); /* nor did it need a compressor */
    assert_null(coder.zstandard);
}

static void a_coded_piece_depends_on_its_bytes_alone(void **state)
{
    struct pt_coder used = {0};

    (void)state;
    for (int round = 0; round < 30; round++) {
        struct pt_buf plain = pt_buf_new(OUT_MAX);

        add_plain(&plain, draw_size());
        for (size_t i = 0; i < CODINGS; i++) {
            struct pt_coder fresh = {0};
            struct pt_buf first = pt_buf_new(OUT_MAX), second = pt_buf_new(OUT_MAX);
            struct pt_coding_end end = {0}, again = {0};

            pt_buf_add_text(&second, "something else");
            size_t before = second.size;
            assert_true(pt_coding_piece(&fresh, codings[i], plain.at, plain.size, &first, &end));
            assert_true(pt_coding_piece(&used, codings[i], plain.at, plain.size, &second, &again));
            assert_int_equal(second.size - before, first.size);
            if (first.size)
                assert_memory_equal(second.at + before, first.at, first.size);
            assert_int_equal(end.crc, again.crc);
            assert_int_equal(end.size, again.size);
            pt_buf_free(&first);
            pt_buf_free(&second);
            pt_coder_free(&fresh);
        }
        pt_buf_free(&plain);
    }
    pt_coder_free(&used);
}

static void pages_become_at_most_an_eighth(void **state)
{
    struct pt_coder coder = {0};
    struct pt_buf plain = pt_buf_new(OUT_MAX);
    char line[200];

    (void)state;
    for (unsigned i = 0; plain.size < 65000; i++) {
        snprintf(line, sizeof(line),
            "bench_series_total{zone=\"zone-%05u\",host=\"host-%06u\",device=\"device-%09u\"} %u\n",
            i % 10, i / 10, i, i * 7919 % 1000003);
        pt_buf_add_text(&plain, line);
    }
    for (size_t i = 1; i < CODINGS; i++) {
        struct pt_buf out = pt_buf_new(OUT_MAX);

        assert_true(code_body(&coder, codings[i], &plain, &plain.size, 1, &out));
        assert_in_range(out.size, 1, plain.size / 8);
        pt_buf_free(&out);
    }
    pt_buf_free(&plain);
    pt_coder_free(&coder);
}

/* ---- Limits ---- */

static void a_piece_that_is_too_large_or_has_no_room_leaves_all_as_it_was(void **state)
{
    struct pt_coder coder = {0};
    struct pt_buf plain = pt_buf_new(OUT_MAX);
    struct pt_coding_end end = {.crc = 7, .size = 7};

    (void)state;
    seed = 3;
    while (plain.size < 100000)
        add_plain(&plain, 10000);
    for (size_t i = 0; i < CODINGS; i++) {
        struct pt_buf out = pt_buf_new(5000);

        pt_buf_add_text(&out, "before");
        assert_false(pt_coding_piece(&coder, codings[i], "", PT_CODING_PIECE_MAX + 1, &out, &end));
        assert_false(out.failed);
        assert_false(pt_coding_piece(&coder, codings[i], plain.at, plain.size, &out, &end));
        assert_int_equal(out.size, 6);
        assert_memory_equal(out.at, "before", 6);
        assert_int_equal(end.crc, 7);
        assert_int_equal(end.size, 7);
        assert_true(out.failed);
        assert_false(pt_coding_piece(&coder, codings[i], "x", 1, &out, &end));
        assert_false(pt_coding_finish(codings[i], &end, &out));
        pt_buf_free(&out);
    }
    pt_buf_free(&plain);
    pt_coder_free(&coder);
}

static void sizes_past_4_gib_are_told_modulo_2_to_the_32(void **state)
{
    struct pt_coding_end total = {0};
    const struct pt_coding_end piece = {.crc = 1, .size = (uint64_t)1 << 30};
    struct pt_buf out = pt_buf_new(100);

    (void)state;
    for (int i = 0; i < 5; i++)
        pt_coding_join(&total, &piece);
    assert_int_equal(total.size, (uint64_t)5 << 30);
    assert_true(pt_coding_finish(PT_ENCODING_GZIP, &total, &out));
    assert_memory_equal(out.at + out.size - 4, "\0\0\0\x40", 4);
    pt_buf_free(&out);
}

#ifndef PITOT_HAS_ZSTD
static void without_libzstd_nothing_is_coded_with_it(void **state)
{
    struct pt_coder coder = {0};
    struct pt_buf out = pt_buf_new(OUT_MAX);
    struct pt_coding_end end;

    (void)state;
    assert_false(pt_coding_piece(&coder, PT_ENCODING_ZSTD, "x", 1, &out, &end));
    assert_int_equal(out.size, 0);
    pt_buf_free(&out);
    pt_coder_free(&coder);
}
#endif

/* ---- Memory that runs out ---- */

static void any_allocation_may_fail_and_the_same_coder_works_again(void **state)
{
    struct pt_buf plain = pt_buf_new(OUT_MAX);
    const size_t ends[] = {70000, 140000};

    (void)state;
    pt_alloc_use(&heap_allocator);
    while (plain.size < ends[1])
        add_plain(&plain, 10000);
    for (size_t i = 0; i < CODINGS; i++) {
        bool ok = false;
        size_t n = 0;

        for (; !ok && n < 1000; n++) {
            struct pt_coder coder = {0};
            struct pt_buf out = pt_buf_new(OUT_MAX);

            heap_fail(n + 1, false);
            ok = code_body(&coder, codings[i], &plain, ends, 2, &out);
            heap_fail(0, false);
            out = (pt_buf_free(&out), pt_buf_new(OUT_MAX));
            assert_true(code_body(&coder, codings[i], &plain, ends, 2, &out));
            assert_unpacks(codings[i], &out, plain.at, ends[1]);
            pt_buf_free(&out);
            pt_coder_free(&coder);
            assert_int_equal(heap.live, 1); /* `plain` */
        }
        assert_true(ok);
        assert_true(n > (codings[i] == PT_ENCODING_IDENTITY ? 1U : 3U));
    }
    pt_buf_free(&plain);
    pt_alloc_use(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_of_any_size_become_one_body),
        cmocka_unit_test(a_piece_may_have_10_megabytes),
        cmocka_unit_test(other_programs_unpack_a_body),
        cmocka_unit_test(a_body_of_nothing_is_a_body),
        cmocka_unit_test(a_coded_piece_depends_on_its_bytes_alone),
        cmocka_unit_test(pages_become_at_most_an_eighth),
        cmocka_unit_test(a_piece_that_is_too_large_or_has_no_room_leaves_all_as_it_was),
        cmocka_unit_test(sizes_past_4_gib_are_told_modulo_2_to_the_32),
#ifndef PITOT_HAS_ZSTD
        cmocka_unit_test(without_libzstd_nothing_is_coded_with_it),
#endif
        cmocka_unit_test(any_allocation_may_fail_and_the_same_coder_works_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
