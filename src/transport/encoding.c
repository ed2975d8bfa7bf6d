/* SPDX-License-Identifier: MIT */
/*
 * encoding.c -- which content coding answers an Accept-Encoding header (RFC 9110, 12.5.3).
 *
 * A client that names gzip gets gzip, unless it likes identity better. One that says nothing, or
 * only
 * `*`, gets identity: every client reads that. Pure functions, any thread.
 */
#include "transport/encoding.h"

#include "base/media.h"

struct weight {
    bool named;
    uint32_t q;
};

static void name(struct weight *weight, uint32_t q)
{
    if (!weight->named || q > weight->q)
        *weight = (struct weight){.named = true, .q = q};
}

enum pt_encoding pt_encoding_choose(const char *accept_encoding)
{
    struct pt_media in = pt_media_open(accept_encoding);
    struct pt_media_range range;
    struct weight gzip = {0};
    struct weight identity = {0};
    struct weight any = {0};

    while (pt_media_next(&in, &range)) {
        if (range.subtype.at)
            continue;
        if (pt_media_is(range.type, "gzip") || pt_media_is(range.type, "x-gzip"))
            name(&gzip, range.q);
        else if (pt_media_is(range.type, "identity"))
            name(&identity, range.q);
        else if (pt_media_is(range.type, "*"))
            name(&any, range.q);
    }
    uint32_t gzip_q = gzip.named ? gzip.q : any.q;
    uint32_t identity_q = identity.named ? identity.q : any.q;
    if (gzip_q > identity_q || (gzip.named && gzip_q > 0 && gzip_q == identity_q))
        return PT_ENCODING_GZIP;
    return PT_ENCODING_IDENTITY;
}

const char *pt_encoding_name(enum pt_encoding encoding)
{
    return encoding == PT_ENCODING_GZIP ? "gzip" : NULL;
}
