/* SPDX-License-Identifier: MIT */
/*
 * content_type.c -- which format a Content-Type names.
 *
 * The other way round is format.c's table. Parameters may come in any order and case; those that
 * nobody knows, and `charset`, which is always UTF-8, are not looked at. Pure function, any thread.
 */
#include "base/media.h"

static const struct {
    const char *type, *subtype;
    const char *version; /* NULL: has none */
    pitot_format format;
} known[] = {
    /* Of each media type the one for a missing version stands first. */
    {"text", "plain", "0.0.4", PITOT_FORMAT_TEXT},
    {"text", "plain", "1.0.0", PITOT_FORMAT_TEXT_1},
    {"application", "openmetrics-text", "0.0.1", PITOT_FORMAT_OPENMETRICS_0},
    {"application", "openmetrics-text", "1.0.0", PITOT_FORMAT_OPENMETRICS},
    {"application", "openmetrics-text", "2.0.0", PITOT_FORMAT_OPENMETRICS_2},
    {"application", "vnd.google.protobuf", NULL, PITOT_FORMAT_PROTOBUF},
    {"application", "json", NULL, PITOT_FORMAT_JSON},
};

/* There are other messages, and other ways to put them one after another. */
static bool is_delimited_families(const struct pt_media_range *media)
{
    return pt_media_is(media->params[PT_MEDIA_PROTO], "io.prometheus.client.MetricFamily") &&
           pt_media_is(media->params[PT_MEDIA_ENCODING], "delimited");
}

static bool find(const struct pt_media_range *media, pitot_format *format)
{
    pitot_str version = media->params[PT_MEDIA_VERSION];

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (!pt_media_is(media->type, known[i].type) ||
            !pt_media_is(media->subtype, known[i].subtype))
            continue;
        if (known[i].version && version.at && !pt_media_is(version, known[i].version))
            continue;
        *format = known[i].format;
        return *format != PITOT_FORMAT_PROTOBUF || is_delimited_families(media);
    }
    return false;
}

bool pitot_format_of_content_type(
    const char *content_type, pitot_format *format, pitot_escaping *escaping)
{
    struct pt_media in = pt_media_open(content_type);
    struct pt_media_range media, more;
    pitot_format found;

    if (!pt_media_next(&in, &media) || pt_media_next(&in, &more) || media.ambiguous ||
        !find(&media, &found))
        return false;
    if (format)
        *format = found;
    if (escaping)
        *escaping = pt_media_escaping(&media);
    return true;
}
