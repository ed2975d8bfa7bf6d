/* SPDX-License-Identifier: MIT */
/*
 * page.c -- a page in pieces.
 *
 * Immutable once made; any thread.
 */
#include "base/alloc.h"
#include "base/error.h"
#include "format/format.h"

struct pitot_page {
    const pitot_snapshot *snap;
    pitot_format format;
    pitot_encode_opts opts;
};

pitot_page *pitot_page_new(const pitot_snapshot *snap, pitot_format format,
    const pitot_encode_opts *opts, pitot_error *err)
{
    if (!snap)
        return NULL;
    if (!pitot_format_content_type(format)) {
        pt_fail(err, PITOT_ENOTFOUND, "encode: there is no format %d", (int)format);
        return NULL;
    }
    pitot_page *page = pt_alloc_zero(sizeof(*page), err);
    if (page) {
        page->snap = snap;
        page->format = format;
        page->opts = opts ? *opts : (pitot_encode_opts){0};
    }
    return page;
}

size_t pitot_page_piece_count(const pitot_page *page)
{
    return page ? 1 : 0;
}

bool pitot_page_write(
    const pitot_page *page, size_t piece, pitot_write_fn *write, void *ctx, pitot_error *err)
{
    if (!page || piece > 0)
        return false;
    return pitot_encode_with(page->snap, page->format, &page->opts, write, ctx, err);
}

uint64_t pitot_page_piece_id(const pitot_page *page, size_t piece)
{
    (void)page;
    (void)piece;
    return 0;
}

void pitot_page_free(pitot_page *page)
{
    pt_free(page);
}
