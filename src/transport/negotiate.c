/* SPDX-License-Identifier: MIT */
/*
 * negotiate.c -- which format answers an Accept header.
 *
 * The table of offers is all that is known about formats here: a new one is a new line. Each offer
 * takes its q from the most specific range that covers it (RFC 9110, 12.5.1), so `q=0` excludes.
 * The offer with the highest q wins, with the escaping of its range; among equals the one that was
 * named more specifically, then the one that was named earlier, then the one that is higher in the
 * table: for wildcards that is the text format, which everybody reads. Pure function, any thread,
 * no allocation.
 */
#include "transport/negotiate.h"

#include "base/media.h"

struct offer {
    const char *type;
    const char *subtype;
    const char *params[PT_MEDIA_PARAM_COUNT]; /* a range that names another value is not for it */
    bool named;                               /* only for a range that names all of this */
    pitot_format format;
};

/* The newer versions, and what only machines can read, are for who knows of them. */
static const struct offer offers[] = {
    {
        .type = "text",
        .subtype = "plain",
        .params[PT_MEDIA_VERSION] = "0.0.4",
        .format = PITOT_FORMAT_TEXT,
    },
    {
        .type = "text",
        .subtype = "plain",
        .params[PT_MEDIA_VERSION] = "1.0.0",
        .named = true,
        .format = PITOT_FORMAT_TEXT_1,
    },
    {
        .type = "application",
        .subtype = "openmetrics-text",
        .params[PT_MEDIA_VERSION] = "1.0.0",
        .format = PITOT_FORMAT_OPENMETRICS,
    },
    {
        .type = "application",
        .subtype = "openmetrics-text",
        .params[PT_MEDIA_VERSION] = "0.0.1",
        .format = PITOT_FORMAT_OPENMETRICS_0,
    },
    {
        .type = "application",
        .subtype = "openmetrics-text",
        .params[PT_MEDIA_VERSION] = "2.0.0",
        .named = true,
        .format = PITOT_FORMAT_OPENMETRICS_2,
    },
    {
        .type = "application",
        .subtype = "vnd.google.protobuf",
        .params[PT_MEDIA_PROTO] = "io.prometheus.client.MetricFamily",
        .params[PT_MEDIA_ENCODING] = "delimited",
        .named = true,
        .format = PITOT_FORMAT_PROTOBUF,
    },
    {
        .type = "application",
        .subtype = "json",
        .named = true,
        .format = PITOT_FORMAT_JSON,
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
    pitot_escaping escaping;
};

enum { ANY = 1, ANY_SUBTYPE, NAMED, NAMED_PARAMS };

static bool is_wild(pitot_str str)
{
    return str.size == 0 || pt_media_is(str, "*");
}

/* How closely the parameters of `range` name `offer`; 0 when they name another. */
static int rank_params(const struct pt_media_range *range, const struct offer *offer)
{
    int named = NAMED;

    for (size_t i = 0; i < PT_MEDIA_PARAM_COUNT; i++) {
        if (!offer->params[i])
            continue;
        if (range->params[i].at ? !pt_media_is(range->params[i], offer->params[i]) : offer->named)
            return 0;
        if (range->params[i].at)
            named = NAMED_PARAMS;
    }
    return named;
}

/* 0 when `range` does not cover `offer`. */
static int rank(const struct pt_media_range *range, const struct offer *offer)
{
    if (is_wild(range->type))
        return is_wild(range->subtype) && !offer->named ? ANY : 0;
    if (!pt_media_is(range->type, offer->type))
        return 0;
    if (is_wild(range->subtype))
        return range->subtype.at && !offer->named ? ANY_SUBTYPE : 0;
    if (!pt_media_is(range->subtype, offer->subtype))
        return 0;
    return rank_params(range, offer);
}

static void consider(struct standing *standing, const struct pt_media_range *range,
    const struct offer *offer, size_t order)
{
    int found = rank(range, offer);

    if (found == 0 || found < standing->rank)
        return;
    if (found == standing->rank && range->q <= standing->q)
        return;
    *standing = (struct standing){
        .rank = found, .q = range->q, .order = order, .escaping = pt_media_escaping(range)};
}

static bool beats(const struct standing *a, const struct standing *b)
{
    if (a->q != b->q)
        return a->q > b->q;
    if (a->rank != b->rank)
        return a->rank > b->rank;
    return a->order < b->order;
}

struct pt_negotiated pt_negotiate(const char *accept, unsigned formats)
{
    struct pt_media in = pt_media_open(accept);
    struct pt_media_range range;
    struct standing standings[OFFER_COUNT] = {{0}};
    struct standing page = {.rank = NAMED};
    size_t best = 0;

    for (size_t order = 0; pt_media_next(&in, &range); order++) {
        for (size_t i = 0; i < OFFER_COUNT; i++)
            consider(&standings[i], &range, &offers[i], order);
        consider(&page, &range, &html, order);
        consider(&page, &range, &xhtml, order);
    }
    for (size_t i = 1; i < OFFER_COUNT; i++) {
        if ((formats & PT_NEGOTIATE_BIT(offers[i].format)) &&
            beats(&standings[i], &standings[best]))
            best = i;
    }
    if (standings[best].q == 0) {
        best = 0;
        standings[best].escaping = PITOT_ESCAPING_UNDERSCORES;
    }
    return (struct pt_negotiated){
        .format = offers[best].format,
        .escaping = standings[best].escaping,
        .html = page.q > 0 && page.q >= standings[best].q,
    };
}
