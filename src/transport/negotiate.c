/* SPDX-License-Identifier: MIT */
/*
 * negotiate.c -- which format answers an Accept header.
 *
 * The table of offers is all that is known about formats here: a new one is a new line. Each offer
 * takes its q from the most specific range that covers it (RFC 9110, 12.5.1), so `q=0` excludes.
 * The offer with the highest q wins; among equals the one that was named more specifically, then
 * the one that was named earlier, then the one that is higher in the table: for wildcards that is
 * the text format, which everybody reads. Pure function, any thread, no allocation.
 */
#include "transport/negotiate.h"

#include "transport/accept.h"

struct offer {
    const char *type;
    const char *subtype;
    const char *params[PT_ACCEPT_PARAM_COUNT]; /* a range that names another value is not for it */
    pitot_format format;
    const char *content_type;
};

/* No offer has PT_ACCEPT_ESCAPING: every name there is today looks the same in all schemes, so a
 * client that prefers another one is served with this one, and told so. */
static const struct offer offers[] = {
    {
        .type = "text",
        .subtype = "plain",
        .params[PT_ACCEPT_VERSION] = "0.0.4",
        .format = PITOT_FORMAT_TEXT,
        .content_type = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
    },
    {
        .type = "application",
        .subtype = "openmetrics-text",
        .params[PT_ACCEPT_VERSION] = "1.0.0",
        .format = PITOT_FORMAT_OPENMETRICS,
        .content_type =
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
    },
    {
        .type = "application",
        .subtype = "openmetrics-text",
        .params[PT_ACCEPT_VERSION] = "0.0.1",
        .format = PITOT_FORMAT_OPENMETRICS,
        .content_type =
            "application/openmetrics-text; version=0.0.1; charset=utf-8; escaping=underscores",
    },
};

#define OFFER_COUNT (sizeof(offers) / sizeof(offers[0]))

static const struct offer html = {.type = "text", .subtype = "html"};
static const struct offer xhtml = {.type = "application", .subtype = "xhtml+xml"};

/* How an offer fares: the best range that covers it so far. */
struct standing {
    int rank; /* 0: no range yet; then by how closely the range names it */
    uint32_t q;
    size_t order; /* of the range in the header */
};

enum { ANY = 1, ANY_SUBTYPE, NAMED, NAMED_PARAMS };

static bool is_wild(pitot_str str)
{
    return str.size == 0 || pt_accept_is(str, "*");
}

/* 0 when `range` does not cover `offer`. */
static int rank(const struct pt_accept_range *range, const struct offer *offer)
{
    int named = NAMED;

    if (is_wild(range->type))
        return is_wild(range->subtype) ? ANY : 0;
    if (!pt_accept_is(range->type, offer->type))
        return 0;
    if (is_wild(range->subtype))
        return range->subtype.at ? ANY_SUBTYPE : 0;
    if (!pt_accept_is(range->subtype, offer->subtype))
        return 0;
    for (size_t i = 0; i < PT_ACCEPT_PARAM_COUNT; i++) {
        if (!offer->params[i] || !range->params[i].at)
            continue;
        if (!pt_accept_is(range->params[i], offer->params[i]))
            return 0;
        named = NAMED_PARAMS;
    }
    return named;
}

static void consider(struct standing *standing, const struct pt_accept_range *range,
    const struct offer *offer, size_t order)
{
    int found = rank(range, offer);

    if (found == 0 || found < standing->rank)
        return;
    if (found == standing->rank && range->q <= standing->q)
        return;
    *standing = (struct standing){.rank = found, .q = range->q, .order = order};
}

static bool beats(const struct standing *a, const struct standing *b)
{
    if (a->q != b->q)
        return a->q > b->q;
    if (a->rank != b->rank)
        return a->rank > b->rank;
    return a->order < b->order;
}

struct pt_negotiated pt_negotiate(const char *accept)
{
    struct pt_accept in = pt_accept_open(accept);
    struct pt_accept_range range;
    struct standing standings[OFFER_COUNT] = {{0}};
    struct standing page = {.rank = NAMED};
    size_t best = 0;

    for (size_t order = 0; pt_accept_next(&in, &range); order++) {
        for (size_t i = 0; i < OFFER_COUNT; i++)
            consider(&standings[i], &range, &offers[i], order);
        consider(&page, &range, &html, order);
        consider(&page, &range, &xhtml, order);
    }
    for (size_t i = 1; i < OFFER_COUNT; i++) {
        if (beats(&standings[i], &standings[best]))
            best = i;
    }
    if (standings[best].q == 0)
        best = 0;
    return (struct pt_negotiated){
        .format = offers[best].format,
        .content_type = offers[best].content_type,
        .html = page.q > 0 && page.q >= standings[best].q,
    };
}
