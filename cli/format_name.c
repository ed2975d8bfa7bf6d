/* SPDX-License-Identifier: MIT */
/*
 * format_name.c -- what people call the formats and the escaping schemes.
 *
 * One row per format; the names are those of the command line, of reports and of the man pages.
 */
#include "format_name.h"

#include <string.h>

static const struct {
    const char *name, *title;
    bool quotes; /* its grammar has a place for any UTF-8 name */
} formats[PITOT_FORMAT_COUNT] = {
    [PITOT_FORMAT_TEXT] = {"text", "Prometheus text 0.0.4", false},
    [PITOT_FORMAT_TEXT_1] = {"text1", "Prometheus text 1.0.0", true},
    [PITOT_FORMAT_OPENMETRICS] = {"openmetrics", "OpenMetrics 1.0.0", false},
    [PITOT_FORMAT_OPENMETRICS_0] = {"openmetrics0", "OpenMetrics 0.0.1", false},
    [PITOT_FORMAT_OPENMETRICS_2] = {"openmetrics2", "OpenMetrics 2.0.0", true},
    [PITOT_FORMAT_PROTOBUF] = {"protobuf", "delimited protobuf", true},
    [PITOT_FORMAT_JSON] = {"json", "JSON", true},
};

static const char *const escapings[] = {
    [PITOT_ESCAPING_UNDERSCORES] = "underscores",
    [PITOT_ESCAPING_DOTS] = "dots",
    [PITOT_ESCAPING_VALUES] = "values",
    [PITOT_ESCAPING_NONE] = "allow-utf-8",
};

const char *format_name(pitot_format format)
{
    return formats[format].name;
}

const char *format_title(pitot_format format)
{
    return formats[format].title;
}

bool format_of_name(const char *name, pitot_format *format)
{
    for (unsigned i = 0; i < PITOT_FORMAT_COUNT; i++) {
        if (strcmp(formats[i].name, name) == 0) {
            *format = (pitot_format)i;
            return true;
        }
    }
    return false;
}

bool escaping_of_name(const char *name, pitot_escaping *escaping)
{
    for (unsigned i = 0; i < sizeof(escapings) / sizeof(*escapings); i++) {
        if (strcmp(escapings[i], name) == 0) {
            *escaping = (pitot_escaping)i;
            return true;
        }
    }
    return false;
}

pitot_escaping format_escaping(pitot_format format)
{
    return formats[format].quotes ? PITOT_ESCAPING_NONE : PITOT_ESCAPING_UNDERSCORES;
}
