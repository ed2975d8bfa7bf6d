/* SPDX-License-Identifier: MIT */
/*
 * input.h -- a page: the bytes of a file, a URL or the standard input, and its format.
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "fetch.h"
#include "options.h"

struct input {
    const char *source; /* as the user wrote it; "<stdin>" */
    char *bytes;
    size_t size;
    pitot_format format;
    bool is_url;
    struct fetched fetched; /* of a URL */
    char doubt[320];        /* a Content-Type that a Prometheus refuses; else empty */
};

/* `source` NULL and "-" are the standard input. `accept` is what to ask a URL for, unless the
 * options say. Then input_free(), whatever came of it. */
bool input_read(struct input *input, const char *source, const char *accept,
    const struct options *options, pitot_error *err);
void input_free(struct input *input);

/* The snapshot of a page, as the options ask, or NULL. `problem` is told of each problem. */
pitot_snapshot *input_decode(const struct input *input, const struct options *options,
    void (*problem)(void *ctx, const pitot_problem *problem), void *ctx, pitot_error *err);

/* Writes a failure of ours like the library writes its own: the first one stays. Always false. */
bool input_fail(pitot_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "pitot check: page: message", on standard error. */
void input_complain(const struct options *options, const struct input *input, const char *message);

/* Whether text names a URL rather than a file. */
bool input_is_url(const char *text);

#endif
