/* SPDX-License-Identifier: MIT */
/*
 * format.c -- which formats there are.
 *
 * One row per pitot_format. Adding a format is a file beside this one and a row here.
 */
#include "format/format.h"

#include "base/error.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

#define PROBLEMS_MAX_DEFAULT 100
#define MEMORY_PER_BYTE 64
#define MEMORY_LEAST ((size_t)1 << 20)

#define ESCAPED(media)                                                                             \
    {                                                                                              \
        media "; escaping=underscores", media "; escaping=dots", media "; escaping=values",        \
            media "; escaping=allow-utf-8"                                                         \
    }

static const struct {
    const char *content_types[4]; /* by pitot_escaping */
    const struct pt_encoder *encoder;
    void (*decode)(const struct pt_page *page);
} formats[PITOT_FORMAT_COUNT] = {
    [PITOT_FORMAT_TEXT] =
        {
            ESCAPED("text/plain; version=0.0.4; charset=utf-8"),
            &pt_text_encoder,
            pt_text_decode,
        },
    [PITOT_FORMAT_OPENMETRICS] =
        {
            ESCAPED("application/openmetrics-text; version=1.0.0; charset=utf-8"),
            &pt_openmetrics_encoder,
            pt_openmetrics_decode,
        },
    [PITOT_FORMAT_PROTOBUF] =
        {
            ESCAPED("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; "
                    "encoding=delimited"),
            &pt_protobuf_encoder,
            pt_protobuf_decode,
        },
    [PITOT_FORMAT_JSON] =
        {
            {"application/json", "application/json", "application/json", "application/json"},
            &pt_json_encoder,
            pt_json_decode,
        },
    [PITOT_FORMAT_TEXT_1] =
        {
            ESCAPED("text/plain; version=1.0.0; charset=utf-8"),
            &pt_text_encoder,
            pt_text_decode,
        },
    [PITOT_FORMAT_OPENMETRICS_0] =
        {
            ESCAPED("application/openmetrics-text; version=0.0.1; charset=utf-8"),
            &pt_openmetrics_encoder,
            pt_openmetrics_decode,
        },
    [PITOT_FORMAT_OPENMETRICS_2] =
        {
            ESCAPED("application/openmetrics-text; version=2.0.0; charset=utf-8"),
            &pt_openmetrics2_encoder,
            pt_openmetrics2_decode,
        },
};

const char *pitot_format_content_type(pitot_format format)
{
    return pitot_format_content_type_with(format, PITOT_ESCAPING_UNDERSCORES);
}

const char *pitot_format_content_type_with(pitot_format format, pitot_escaping escaping)
{
    bool exist = (unsigned)format < PITOT_FORMAT_COUNT && (unsigned)escaping < 4;

    return exist ? formats[format].content_types[escaping] : NULL;
}

const struct pt_encoder *pt_format_encoder(pitot_format format)
{
    return (unsigned)format < PITOT_FORMAT_COUNT ? formats[format].encoder : NULL;
}

/* A message quotes what a stranger wrote: no control characters, and no half characters. */
static void clean(char *text)
{
    size_t size = strlen(text), bad;

    while ((bad = pt_utf8_error(text, size)) < size)
        text[bad] = '?';
    for (char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
}

bool pt_problem(struct pt_problems *problems, size_t line, size_t column, const char *format, ...)
{
    char text[sizeof(problems->first.message)];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    clean(text);
    pt_fail(&problems->first, PITOT_EPARSE, "line %zu, column %zu: %s", line, column, text);
    if (problems->opts->problem)
        problems->opts->problem(
            problems->opts->ctx, &(pitot_problem){.line = line, .column = column, .text = text});
    return ++problems->count < problems->max;
}

pitot_snapshot *pitot_decode(pitot_format format, const char *bytes, size_t size,
    const pitot_decode_opts *opts, pitot_error *err)
{
    static const pitot_decode_opts defaults;
    size_t most = size < SIZE_MAX / MEMORY_PER_BYTE / 2 ? size * MEMORY_PER_BYTE : SIZE_MAX / 2;

    if (!bytes && size)
        return NULL;
    if (!opts)
        opts = &defaults;
    if ((unsigned)format >= PITOT_FORMAT_COUNT || !formats[format].decode) {
        pt_fail(err, PITOT_ENOTFOUND, "decode: there is no format %d", (int)format);
        return NULL;
    }
    struct pt_problems problems = {.opts = opts};
    problems.max = opts->problems_max ? opts->problems_max : PROBLEMS_MAX_DEFAULT;
    struct pt_page page = {bytes, size, opts->lenient, NULL, &problems};
    page.builder = pt_builder_new(opts->memory_max ? opts->memory_max : most + MEMORY_LEAST, err);
    if (!page.builder)
        return NULL;
    formats[format].decode(&page);
    if (opts->lenient || problems.count == 0)
        return pt_builder_finish(page.builder, err);
    pt_fail(err, PITOT_EPARSE, "%s", problems.first.message);
    pt_builder_free(page.builder);
    return NULL;
}
