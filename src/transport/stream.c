/* SPDX-License-Identifier: MIT */
/*
 * stream.c -- a page on its way.
 *
 * Nothing of the page is kept but the piece that is being read, so memory does not depend on its
 * length. A piece that is not coded goes to the reader's own memory as far as there is room. One
 * thread at a time.
 */
#include "transport/stream.h"

#include "base/clock.h"

#include <string.h>

/* Where a piece is written: first to the reader, then to what is ready. */
struct target {
    char *at;
    size_t room;
    size_t used;
    struct pt_buf *rest;
};

static bool write_target(void *ctx, const char *bytes, size_t size)
{
    struct target *target = ctx;
    size_t direct = target->room - target->used;

    if (direct > size)
        direct = size;
    if (direct > 0)
        memcpy(target->at + target->used, bytes, direct);
    target->used += direct;
    return direct == size || pt_buf_write(target->rest, bytes + direct, size - direct);
}

static bool make_piece(struct pt_stream *stream, pitot_write_fn *write, void *ctx)
{
    return pitot_page_write(stream->page, stream->piece++, write, ctx, NULL);
}

/* Behind what is there. */
static bool make_plain(struct pt_stream *stream)
{
    return make_piece(stream, pt_buf_write, &stream->bench->plain);
}

/* What failed for want of memory may work the next time. */
static void empty_plain(struct pt_stream *stream)
{
    stream->bench->plain.size = 0;
    stream->bench->plain.max = PT_CODING_PIECE_MAX;
    stream->bench->plain.failed = false;
}

static struct pt_cache_key key_of(const struct pt_stream *stream, size_t piece)
{
    return (struct pt_cache_key){
        .id = pitot_page_piece_id(stream->page, piece),
        .format = stream->format,
        .escaping = stream->escaping,
        .coding = stream->coding,
    };
}

/* The plain bytes; they are the last piece alone if `key` is not NULL. */
static bool code_plain(struct pt_stream *stream, const struct pt_cache_key *key)
{
    const struct pt_buf *plain = &stream->bench->plain;
    struct pt_coding_end end;
    size_t before = stream->ready.size;

    if (!pt_coding_piece(
            &stream->bench->coder, stream->coding, plain->at, plain->size, &stream->ready, &end))
        return false;
    pt_coding_join(&stream->end, &end);
    if (key)
        pt_cache_put(stream->bench->cache, key, stream->ready.at + before,
            stream->ready.size - before, &end, stream->shared);
    return true;
}

/* The next piece, if it was coded before. */
static bool add_cached(struct pt_stream *stream)
{
    const struct pt_cache_key key = key_of(stream, stream->piece);
    const struct pt_cached *cached = pt_cache_get(stream->bench->cache, &key);

    if (!cached)
        return false;
    stream->piece++;
    pt_buf_add(&stream->ready, cached->bytes, cached->size);
    pt_coding_join(&stream->end, &cached->end);
    pt_cached_release(cached);
    return true;
}

static bool code_next(struct pt_stream *stream)
{
    const struct pt_cache_key key = key_of(stream, stream->piece);

    empty_plain(stream);
    return add_cached(stream) || (make_plain(stream) && code_plain(stream, &key));
}

static bool end_if_last(struct pt_stream *stream)
{
    if (stream->piece < stream->piece_count)
        return true;
    stream->ended = true;
    return pt_coding_finish(stream->coding, &stream->end, &stream->ready);
}

/* The next piece; as much as fits goes to `target` where nothing is coded. */
static bool make_next(struct pt_stream *stream, struct target *target)
{
    bool ok = stream->coding == PT_ENCODING_IDENTITY ? make_piece(stream, write_target, target)
                                                     : code_next(stream);

    return ok && !stream->ready.failed && end_if_last(stream);
}

/* Whether coding is worth it shows when there is enough; until then the pieces are gathered. */
static bool gather(struct pt_stream *stream)
{
    empty_plain(stream);
    while (stream->piece < stream->piece_count && stream->bench->plain.size < PT_STREAM_CODED_MIN) {
        if (!make_plain(stream))
            return false;
    }
    if (stream->bench->plain.size < PT_STREAM_CODED_MIN)
        stream->coding = PT_ENCODING_IDENTITY;
    return true;
}

static bool make_first(struct pt_stream *stream)
{
    const struct pt_cache_key key = key_of(stream, 0);

    if (!gather(stream) || !pt_coding_begin(stream->coding, &stream->ready))
        return false;
    bool alone = stream->piece == 1 && stream->coding != PT_ENCODING_IDENTITY;
    return code_plain(stream, alone ? &key : NULL) && end_if_last(stream);
}

static size_t made(const struct pt_stream *stream)
{
    return stream->coding == PT_ENCODING_IDENTITY ? stream->ready.size : (size_t)stream->end.size;
}

bool pt_stream_open(struct pt_stream *stream, size_t size)
{
    struct target ready = {.rest = &stream->ready};
    uint64_t start_ns = pt_clock_ns();

    stream->piece_count = pitot_page_piece_count(stream->page);
    stream->ready = pt_buf_new(PT_CODING_PIECE_MAX);
    bool ok = make_first(stream);
    while (ok && !stream->ended && made(stream) < size)
        ok = make_next(stream, &ready);
    stream->work_ns = pt_clock_ns() - start_ns;
    return ok;
}

static size_t read_ready(struct pt_stream *stream, char *at, size_t room)
{
    size_t size = stream->ready.size - stream->read;

    if (size > room)
        size = room;
    if (size > 0)
        memcpy(at, stream->ready.at + stream->read, size);
    stream->read += size;
    if (stream->read == stream->ready.size)
        stream->read = stream->ready.size = 0;
    return size;
}

ssize_t pt_stream_read(struct pt_stream *stream, char *at, size_t room)
{
    size_t used = read_ready(stream, at, room);

    if (used > 0)
        return (ssize_t)used;
    uint64_t start_ns = pt_clock_ns();
    struct target target = {.at = at, .room = room, .rest = &stream->ready};
    bool ok = true;
    while (ok && !stream->ended && target.used == 0 && stream->ready.size == 0)
        ok = make_next(stream, &target);
    stream->work_ns += pt_clock_ns() - start_ns;
    if (!ok)
        return -1;
    return (ssize_t)(target.used + read_ready(stream, at + target.used, room - target.used));
}

void pt_stream_close(struct pt_stream *stream)
{
    pt_buf_free(&stream->ready);
}

void pt_stream_bench_free(struct pt_stream_bench *bench)
{
    pt_buf_free(&bench->plain);
    pt_coder_free(&bench->coder);
    pt_cache_free(bench->cache);
    bench->cache = NULL;
}
