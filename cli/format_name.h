/* SPDX-License-Identifier: MIT */
/*
 * format_name.h -- what people call the formats and the escaping schemes.
 */
#ifndef CLI_FORMAT_NAME_H
#define CLI_FORMAT_NAME_H

#include <pitot/export.h>

#include <stdbool.h>

#define FORMAT_NAMES "text, text1, openmetrics, openmetrics0, openmetrics2, protobuf or json"
#define ESCAPING_NAMES "underscores, dots, values or allow-utf-8"

const char *format_name(pitot_format format);  /* "openmetrics2" */
const char *format_title(pitot_format format); /* "OpenMetrics 2.0.0" */
bool format_of_name(const char *name, pitot_format *format);
bool escaping_of_name(const char *name, pitot_escaping *escaping);

/* The scheme that loses nothing where the format can quote names, else underscores. */
pitot_escaping format_escaping(pitot_format format);

#endif
