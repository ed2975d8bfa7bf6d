/* SPDX-License-Identifier: MIT */
/*
 * options.h -- what the command line said.
 *
 * One table in options.c has every option, which verbs take it, and its line of help.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <pitot/export.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EXIT_GOOD = 0, EXIT_BAD = 1, EXIT_USAGE = 2, EXIT_FINDINGS = 3 };

#define HEADERS_MAX 32
#define ACCEPT_SIZE_MAX 2000

/* The limits that a Prometheus can be given, by their names in its configuration. 0: no limit. */
enum limit {
    LIMIT_BODY_SIZE,
    LIMIT_SAMPLE,
    LIMIT_LABEL,
    LIMIT_LABEL_NAME_LENGTH,
    LIMIT_LABEL_VALUE_LENGTH,
    LIMIT_NATIVE_HISTOGRAM_BUCKET,
    LIMIT_COUNT
};

struct options {
    const char *verb;
    char *const *arguments; /* what is no option */
    size_t argument_count;

    bool json, quiet, lenient;
    bool has_format; /* else it is found out */
    pitot_format format;
    uint64_t memory_max;   /* bytes of one page, read and unpacked */
    uint64_t problems_max; /* 0: every problem */

    double timeout_s;
    const char *ca_file; /* NULL: the system's */
    const char *accept;  /* NULL: what a Prometheus sends */
    const char *headers[HEADERS_MAX];
    size_t header_count;

    bool apart;  /* check: the pages have nothing to do with each other */
    bool has_to; /* convert, scrape */
    pitot_format to;
    bool has_escaping;
    pitot_escaping escaping;
    bool created;
    bool raw; /* scrape: the bytes as they came */

    const char *only, *with, *without; /* lint: rules or groups, separated by commas */
    uint64_t series_max, values_max;
    uint64_t limits[LIMIT_COUNT];
};

struct verb {
    const char *name;
    const char *summary;  /* one line of `pitot --help` */
    const char *operands; /* "[FILE|URL]..." */
    const char *text;     /* what it does, for `pitot VERB --help` */
    int (*run)(const struct options *options);
    size_t arguments_max;
};

/* Ends the program for --help, --version and whatever it does not understand. */
struct options options_parse(const struct verb *verb, int argc, char **argv);

/* The entry of `names`, which ends with NULL, that looks most like `name`; NULL when none does. */
const char *options_nearest(const char *name, const char *const *names);

#endif
