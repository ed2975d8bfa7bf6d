/* SPDX-License-Identifier: MIT */
/*
 * encoding.c -- which content coding answers an Accept-Encoding header (RFC 9110, 12.5.3).
 *
 * A client that names gzip or zstd gets it, unless it likes identity better. One that says nothing,
 * or only `*`, gets identity: every client reads that. Pure functions, any thread.
 */
#include "transport/encoding.h"

#include "base/media.h"

/* Who likes both as much gets what costs this program less. ISA-L's gzip takes half to three
 * quarters of the time of zstd, zlib's takes two to three times as long. */
#if defined(PITOT_HAS_ZSTD) && defined(PITOT_HAS_ISAL)
#define OFFER PT_ENCODING_OFFER_GZIP_ZSTD
#elif defined(PITOT_HAS_ZSTD)
#define OFFER PT_ENCODING_OFFER_ZSTD_GZIP
#else
#define OFFER PT_ENCODING_OFFER_GZIP
#endif

struct weight {
    bool named;
    uint32_t q;
};

struct weights {
    struct weight gzip, zstd, identity, any;
};

static void name(struct weight *weight, uint32_t q)
{
    if (!weight->named || q > weight->q)
        *weight = (struct weight){.named = true, .q = q};
}

static struct weights read_weights(const char *accept_encoding)
{
    struct pt_media in = pt_media_open(accept_encoding);
    struct pt_media_range range;
    struct weights w = {0};

    while (pt_media_next(&in, &range)) {
        if (range.subtype.at)
            continue;
        if (pt_media_is(range.type, "gzip") || pt_media_is(range.type, "x-gzip"))
            name(&w.gzip, range.q);
        else if (pt_media_is(range.type, "zstd"))
            name(&w.zstd, range.q);
        else if (pt_media_is(range.type, "identity"))
            name(&w.identity, range.q);
        else if (pt_media_is(range.type, "*"))
            name(&w.any, range.q);
    }
    return w;
}

enum pt_encoding pt_encoding_choose_of(enum pt_encoding_offer offer, const char *accept_encoding)
{
    struct weights w = read_weights(accept_encoding);
    uint32_t gzip_q = w.gzip.named ? w.gzip.q : w.any.q;
    uint32_t zstd_q = offer == PT_ENCODING_OFFER_GZIP ? 0 : w.zstd.q; /* not by `*` */
    uint32_t identity_q = w.identity.named ? w.identity.q : w.any.q;
    enum pt_encoding chosen = PT_ENCODING_IDENTITY;
    uint32_t q = identity_q;

    if (gzip_q > q || (w.gzip.named && gzip_q > 0 && gzip_q == q)) {
        chosen = PT_ENCODING_GZIP;
        q = gzip_q;
    }
    bool tie_is_zstd = chosen != PT_ENCODING_GZIP || offer == PT_ENCODING_OFFER_ZSTD_GZIP;
    if (zstd_q > q || (tie_is_zstd && zstd_q > 0 && zstd_q == q))
        chosen = PT_ENCODING_ZSTD;
    return chosen;
}

enum pt_encoding pt_encoding_choose(const char *accept_encoding)
{
    return pt_encoding_choose_of(OFFER, accept_encoding);
}

const char *pt_encoding_name(enum pt_encoding encoding)
{
    switch (encoding) {
    case PT_ENCODING_GZIP:
        return "gzip";
    case PT_ENCODING_ZSTD:
        return "zstd";
    case PT_ENCODING_IDENTITY:
        break;
    }
    return NULL;
}
