/* SPDX-License-Identifier: MIT */
/*
 * page.c -- a page in pieces: the one way in which anything is encoded.
 *
 * A piece is a run of series: from where it begins up to where the next one does. Heads of families
 * are with their first series. Where the cuts are depends on what each values' bytes are
 * estimated to be: large ones are cut into even parts and share no piece with others, small ones
 * are gathered. So a piece of large values is a function of those values and nothing else, which
 * is what its id says. No bytes are held. Immutable once made; any thread.
 */
#include "base/alloc.h"
#include "base/error.h"
#include "format/format.h"

#define PIECE_MAX PT_OUT_CHUNK    /* estimated bytes of a piece */
#define SMALL_MAX (PIECE_MAX / 4) /* values of more share no piece with others */

/* Estimates, rather too large than too small: what there is beside names and labels in a line, in a
 * series that is no line, in each number of it, and in what is rare. */
#define LINE_BYTES 24
#define BUCKET_LINE_BYTES 34
#define SERIES_BYTES 36
#define NUMBER_BYTES 14
#define RARE_BYTES 256

/* An id is the version of the values, the first series, and whether the head is there. */
#define ID_SERIES_BITS 20
#define ID_VERSION_MAX (UINT64_C(1) << (63 - ID_SERIES_BITS))

/* Where a piece begins. */
struct place {
    size_t family, series;
};

struct pitot_page {
    const struct pt_encoder *encoder;
    bool created;
    pitot_escaping escaping;
    struct pt_families families;
    size_t dropped; /* before anything is written */
    /* The next of the last one is behind all families. It writes the end as well, which may be all
     * it writes. */
    struct place *pieces;
    size_t piece_count, capacity;
};

/* ---- Estimates ---- */

/* What values take on the page: so much for each series, and its labels so many times. */
struct estimate {
    size_t per_series, labels_times;
};

static struct estimate estimate_of(
    const struct pt_encoder *encoder, const struct pt_family_values *values)
{
    bool composite = pt_type_is_bucketed(values->type) || values->type == PITOT_SUMMARY;
    size_t lines = composite ? values->bound_count + 3 : 1;
    bool rare = values->exemplar_ends || values->natives;
    size_t line = values->name.size + (composite ? BUCKET_LINE_BYTES : LINE_BYTES);

    if (encoder->lines)
        return (struct estimate){lines * line + rare * RARE_BYTES, lines};
    return (struct estimate){
        SERIES_BYTES + values->words_per_series * NUMBER_BYTES + rare * RARE_BYTES, 1};
}

/* Bytes of the labels of a run of series. */
static size_t labels_between(const struct pt_family_values *values, size_t from, size_t to)
{
    size_t size = 0;

    if (from >= to)
        return 0;
    if (values->text)
        return values->ends[to - 1] - (from ? values->ends[from - 1] : 0) -
               (to - from) * values->gap;
    for (size_t i = from; i < to; i++)
        size += values->labels[i].size;
    return size;
}

static size_t bytes_between(
    const struct estimate *estimate, const struct pt_family_values *values, size_t from, size_t to)
{
    return (to - from) * estimate->per_series +
           labels_between(values, from, to) * estimate->labels_times;
}

/* The end of the shortest run from `from` that takes `bytes` or more; one series at the least. */
static size_t run_end(const struct estimate *estimate, const struct pt_family_values *values,
    size_t from, size_t bytes)
{
    size_t low = from + 1, high = values->series_count, sum = 0;

    for (; values->labels && from < high && sum < bytes; from++)
        sum += bytes_between(estimate, values, from, from + 1);
    if (values->labels)
        return from;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (bytes_between(estimate, values, from, middle) < bytes)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* ---- Cutting ---- */

static bool add_piece(struct pitot_page *page, size_t family, size_t series, pitot_error *err)
{
    if (page->piece_count + 1 >= page->capacity) { /* one is the end of the last */
        size_t capacity = page->capacity ? page->capacity * 2 : 16;
        struct place *pieces = pt_realloc(page->pieces, capacity * sizeof(*pieces), err);

        if (!pieces)
            return false;
        page->pieces = pieces;
        page->capacity = capacity;
    }
    page->pieces[page->piece_count++] = (struct place){family, series};
    return true;
}

/* Large values, in even parts. */
static bool cut(struct pitot_page *page, size_t family, const struct estimate *estimate,
    size_t bytes, pitot_error *err)
{
    const struct pt_family_values *values = page->families.at[family];
    size_t part = bytes / (bytes / PIECE_MAX + 1) + 1;

    for (size_t from = 0; from < values->series_count; from = run_end(estimate, values, from, part))
        if (!add_piece(page, family, from, err))
            return false;
    return true;
}

static bool ends_alone(const struct pitot_page *page)
{
    return page->encoder->end &&
           (page->piece_count == 0 || pitot_page_piece_id(page, page->piece_count - 1) != 0);
}

static bool cut_all(struct pitot_page *page, pitot_error *err)
{
    const struct pt_families *families = &page->families;
    size_t gathered = PIECE_MAX; /* bytes of the piece that is open for small values */

    for (size_t i = 0; i < families->count; i++) {
        const struct pt_family_values *values = families->at[i];
        struct estimate estimate = estimate_of(page->encoder, values);
        size_t bytes = bytes_between(&estimate, values, 0, values->series_count);

        if (bytes > SMALL_MAX) {
            if (!cut(page, i, &estimate, bytes, err))
                return false;
            gathered = PIECE_MAX;
            continue;
        }
        bytes += values->help.size + 2 * values->name.size + SERIES_BYTES;
        if (gathered + bytes > PIECE_MAX) {
            if (!add_piece(page, i, 0, err))
                return false;
            gathered = 0;
        }
        gathered += bytes;
    }
    if (page->piece_count)
        page->pieces[page->piece_count] = (struct place){families->count, 0};
    if (ends_alone(page) && !add_piece(page, families->count, 0, err))
        return false;
    if (page->piece_count)
        page->pieces[page->piece_count] = (struct place){families->count, 0};
    return true;
}

/* ---- Writing ---- */

static void write_values(
    const struct pitot_page *page, struct pt_writer *writer, size_t family, size_t from, size_t to)
{
    if (from == 0 && !pt_families_continue(&page->families, family))
        page->encoder->head(writer, family);
    page->encoder->series(writer, family, from, to);
}

static void write_piece(const struct pitot_page *page, struct pt_writer *writer, size_t piece)
{
    struct place from = page->pieces[piece], to = page->pieces[piece + 1];

    for (; from.family < to.family && !writer->out->stopped;
         from = (struct place){from.family + 1, 0})
        write_values(
            page, writer, from.family, from.series, page->families.at[from.family]->series_count);
    if (from.series < to.series)
        write_values(page, writer, from.family, from.series, to.series);
    if (piece + 1 == page->piece_count && page->encoder->end)
        page->encoder->end(writer);
}

/* Pieces from `from` up to `to`. `dropped` receives what shows only while they are written; it may
 * be NULL. */
static bool write_pieces(const struct pitot_page *page, size_t from, size_t to,
    pitot_write_fn *write, void *ctx, size_t *dropped, pitot_error *err)
{
    struct pt_out out = {
        .chunk = pt_alloc(PT_OUT_CHUNK, err), .write = write, .ctx = ctx, .err = err};
    struct pt_writer writer = {
        .families = &page->families,
        .created = page->created,
        .out = &out,
        .relabel = pt_relabel_new(page->escaping),
    };

    if (!out.chunk)
        return false;
    for (size_t i = from; i < to && !out.stopped; i++)
        write_piece(page, &writer, i);
    pt_out_flush(&out);
    pt_free(out.chunk);
    if (dropped)
        *dropped = writer.relabel.dropped;
    pt_relabel_free(&writer.relabel);
    return !out.stopped || pt_fail(err, PITOT_ESYSTEM, "encode: the receiver stopped it");
}

static bool write_nowhere(void *ctx, const char *bytes, size_t size)
{
    (void)ctx;
    (void)bytes;
    (void)size;
    return true;
}

/* ---- The public face ---- */

static pitot_page *make(const pitot_snapshot *snap, pitot_format format,
    const pitot_encode_opts *opts, pitot_error *err)
{
    const struct pt_encoder *encoder = pt_format_encoder(format);
    pitot_escaping escaping = opts ? opts->escaping : PITOT_ESCAPING_UNDERSCORES;

    if (!encoder) {
        pt_fail(err, PITOT_ENOTFOUND, "encode: there is no format %d", (int)format);
        return NULL;
    }
    if ((unsigned)escaping > PITOT_ESCAPING_NONE) {
        pt_fail(err, PITOT_ENOTFOUND, "encode: there is no escaping %d", (int)escaping);
        return NULL;
    }
    pitot_page *page = pt_alloc_zero(sizeof(*page), err);
    if (!page)
        return NULL;
    page->encoder = encoder;
    page->created = opts && opts->created;
    page->escaping = encoder->any_name ? PITOT_ESCAPING_NONE : escaping;
    if (pt_families_prepare(&page->families, snap, page->escaping, &page->dropped, err) &&
        cut_all(page, err))
        return page;
    pitot_page_free(page);
    return NULL;
}

pitot_page *pitot_page_new(const pitot_snapshot *snap, pitot_format format,
    const pitot_encode_opts *opts, pitot_error *err)
{
    pitot_page *page = snap ? make(snap, format, opts, err) : NULL;
    size_t more;

    if (!page || !opts || !opts->dropped)
        return page;
    if (!write_pieces(page, 0, page->piece_count, write_nowhere, NULL, &more, err)) {
        pitot_page_free(page);
        return NULL;
    }
    *opts->dropped = page->dropped + more;
    return page;
}

size_t pitot_page_piece_count(const pitot_page *page)
{
    return page ? page->piece_count : 0;
}

bool pitot_page_write(
    const pitot_page *page, size_t piece, pitot_write_fn *write, void *ctx, pitot_error *err)
{
    if (!page || !write || piece >= page->piece_count)
        return false;
    return write_pieces(page, piece, piece + 1, write, ctx, NULL, err);
}

uint64_t pitot_page_piece_id(const pitot_page *page, size_t piece)
{
    if (!page || piece >= page->piece_count)
        return 0;
    struct place from = page->pieces[piece], to = page->pieces[piece + 1];
    bool several = to.family > from.family + 1 || (to.family > from.family && to.series > 0);
    if (from.family == to.family && from.series == to.series) /* the end of the page */
        return 0;
    if (several)
        return 0;
    const struct pt_families *families = &page->families;
    uint64_t version = families->at[from.family]->version;
    bool head = from.series == 0 && !pt_families_continue(families, from.family);
    if (version == 0 || version >= ID_VERSION_MAX || from.series >> ID_SERIES_BITS)
        return 0;
    if (page->encoder->stands_alone && !page->encoder->stands_alone(families, from.family, head))
        return 0;
    return version << (ID_SERIES_BITS + 1) | (uint64_t)from.series << 1 | head;
}

void pitot_page_free(pitot_page *page)
{
    if (!page)
        return;
    pt_families_free(&page->families);
    pt_free(page->pieces);
    pt_free(page);
}

bool pitot_encode(const pitot_snapshot *snap, pitot_format format, pitot_write_fn *write, void *ctx,
    pitot_error *err)
{
    return pitot_encode_with(snap, format, NULL, write, ctx, err);
}

bool pitot_encode_with(const pitot_snapshot *snap, pitot_format format,
    const pitot_encode_opts *opts, pitot_write_fn *write, void *ctx, pitot_error *err)
{
    pitot_page *page = snap && write ? make(snap, format, opts, err) : NULL;
    size_t dropped;

    if (!page)
        return false;
    bool ok = write_pieces(page, 0, page->piece_count, write, ctx, &dropped, err);
    if (opts && opts->dropped)
        *opts->dropped = page->dropped + dropped;
    pitot_page_free(page);
    return ok;
}
