/* SPDX-License-Identifier: MIT */
/*
 * format.c -- which formats there are.
 *
 * One row per pitot_format. Adding a format is a file beside this one and a row here.
 */
#include "format/format.h"

#include "base/alloc.h"
#include "base/error.h"

static const struct {
    const char *content_type;
    void (*encode)(const pitot_snapshot *snap, struct pt_out *out);
} formats[] = {
    [PITOT_FORMAT_TEXT] =
        {
            "text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
            pt_text_encode,
        },
    [PITOT_FORMAT_OPENMETRICS] =
        {
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
            pt_openmetrics_encode,
        },
};

#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

const char *pitot_format_content_type(pitot_format format)
{
    return (unsigned)format < FORMAT_COUNT ? formats[format].content_type : NULL;
}

bool pitot_encode(const pitot_snapshot *snap, pitot_format format, pitot_write_fn *write, void *ctx,
    pitot_error *err)
{
    if (!snap || !write)
        return false;
    if ((unsigned)format >= FORMAT_COUNT)
        return pt_fail(err, PITOT_ENOTFOUND, "encode: there is no format %d", (int)format);
    struct pt_out out = {.chunk = pt_alloc(PT_OUT_CHUNK, err), .write = write, .ctx = ctx};
    if (!out.chunk)
        return false;
    formats[format].encode(snap, &out);
    pt_out_flush(&out);
    pt_free(out.chunk);
    if (out.stopped)
        return pt_fail(err, PITOT_ESYSTEM, "encode: the receiver stopped it");
    return true;
}
