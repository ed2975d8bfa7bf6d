/* SPDX-License-Identifier: MIT */
/*
 * input.c -- a page: the bytes of a file, a URL or the standard input, and its format.
 *
 * The bytes and the snapshot made of them share one budget, --memory-max, so an endless page ends
 * the program with a message and never the machine. The format is what the user says, else the
 * Content-Type, else what the bytes look like.
 */
#include "input.h"

#include "format_name.h"
#include "guess.h"
#include "plain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZE_FIRST ((size_t)64 << 10)

bool input_fail(pitot_error *err, const char *format, ...)
{
    va_list args;

    if (err->code)
        return false;
    err->code = PITOT_ESYSTEM;
    va_start(args, format);
    vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    return false;
}

void input_complain(const struct options *options, const struct input *input, const char *message)
{
    fprintf(stderr, "pitot %s: %s: ", options->verb, input->source);
    plain_string(stderr, message);
    fputc('\n', stderr);
}

static bool is_host_and_port(const char *text)
{
    size_t host = text[0] == '[' ? strcspn(text, "]") + 1 : strcspn(text, ":/");

    if (host == 0 || host > strlen(text) || text[host] != ':')
        return false;
    size_t digits = strspn(text + host + 1, "0123456789");
    char after = text[host + 1 + digits];
    return digits > 0 && digits <= 5 && (after == '\0' || after == '/' || after == '?');
}

bool input_is_url(const char *text)
{
    if (strstr(text, "://") || strncmp(text, "unix:", 5) == 0)
        return true;
    return is_host_and_port(text) && access(text, F_OK) != 0;
}

/* ---- Reading ---- */

static bool grow(struct input *input, size_t *room, uint64_t most, pitot_error *err)
{
    size_t wanted = *room ? 2 * *room : SIZE_FIRST;

    if (*room >= most)
        return input_fail(
            err, "more than %llu bytes; --memory-max allows more", (unsigned long long)most);
    if (wanted > most)
        wanted = (size_t)most;
    char *bytes = realloc(input->bytes, wanted);
    if (!bytes)
        return input_fail(err, "no memory for %zu bytes", wanted);
    input->bytes = bytes;
    *room = wanted;
    return true;
}

static bool read_all(struct input *input, int fd, uint64_t most, pitot_error *err)
{
    size_t room = 0;

    for (;;) {
        if (input->size == room && !grow(input, &room, most, err))
            return false;
        ssize_t got = read(fd, input->bytes + input->size, room - input->size);
        if (got == 0)
            return true;
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return input_fail(err, "cannot read it: %s", strerror(errno));
        input->size += (size_t)got;
    }
}

static bool read_file(struct input *input, const char *path, uint64_t most, pitot_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return input_fail(err, "cannot open it: %s", strerror(errno));
    bool good = read_all(input, fd, most, err);
    close(fd);
    return good;
}

/* ---- URLs ---- */

/* "example:9464" means what a Prometheus makes of it; "example:9464?name[]=up" too. */
static const char *full_url(const char *source, char *url, size_t size)
{
    size_t host = strcspn(source, "/?");

    if (strncmp(source, "unix:", 5) == 0 || strstr(source, "://"))
        return source;
    snprintf(url, size, "http://%.*s%s%s", (int)host, source, source[host] == '/' ? "" : "/metrics",
        source + host);
    return url;
}

/* A name of a format means its Content-Type, which is also how one asks for it. */
static const char *accept_of(const struct options *options, const char *usual)
{
    pitot_format format;

    if (options->accept && format_of_name(options->accept, &format))
        return pitot_format_content_type_with(format, format_escaping(format));
    if (options->accept)
        return options->accept;
    if (options->has_format)
        return pitot_format_content_type_with(options->format, format_escaping(options->format));
    return usual;
}

static bool fetch_url(struct input *input, const char *source, const char *accept,
    const struct options *options, pitot_error *err)
{
    char url[2048];
    struct fetch_request request = {.url = full_url(source, url, sizeof(url)),
        .accept = accept_of(options, accept),
        .ca_file = options->ca_file,
        .headers = options->headers,
        .header_count = options->header_count,
        .timeout_s = options->timeout_s,
        .size_max = options->memory_max};

    if (strlen(source) >= sizeof(url) - sizeof("http:///metrics"))
        return input_fail(err, "the URL is too long");
    return fetch(&request, &input->fetched, &input->bytes, &input->size, err);
}

/* ---- The format ---- */

static void find_format(struct input *input, const struct options *options, const char *path)
{
    const char *type = input->fetched.content_type;

    input->format =
        options->has_format ? options->format : guess_format(path, input->bytes, input->size);
    if (!input->is_url)
        return;
    pitot_format named;
    if (!type[0]) {
        snprintf(
            input->doubt, sizeof(input->doubt), "no Content-Type: a Prometheus 3 refuses the page");
    } else if (!pitot_format_of_content_type(type, &named, NULL)) {
        snprintf(input->doubt, sizeof(input->doubt),
            "Content-Type '%.200s' is none of an exposition: a Prometheus 3 refuses the page",
            type);
    } else if (!options->has_format) {
        input->format = named;
    } else if (named != options->format) {
        char text[320];
        snprintf(text, sizeof(text), "note: read as %s, but its Content-Type is '%.200s'",
            format_title(options->format), type);
        input_complain(options, input, text);
    }
}

bool input_read(struct input *input, const char *source, const char *accept,
    const struct options *options, pitot_error *err)
{
    bool is_stdin = !source || strcmp(source, "-") == 0, good;

    *input = (struct input){.source = is_stdin ? "<stdin>" : source};
    input->is_url = !is_stdin && input_is_url(source);
    if (!source && isatty(STDIN_FILENO))
        input_complain(options, input, "type a page; Ctrl-D ends it");
    if (is_stdin)
        good = read_all(input, STDIN_FILENO, options->memory_max, err);
    else if (input->is_url)
        good = fetch_url(input, source, accept, options, err);
    else
        good = read_file(input, source, options->memory_max, err);
    if (good)
        find_format(input, options, is_stdin || input->is_url ? NULL : source);
    return good;
}

void input_free(struct input *input)
{
    free(input->bytes);
    input->bytes = NULL;
    input->size = 0;
}

pitot_snapshot *input_decode(const struct input *input, const struct options *options,
    void (*problem)(void *ctx, const pitot_problem *problem), void *ctx, pitot_error *err)
{
    uint64_t left = options->memory_max - input->size;
    pitot_decode_opts opts = {.lenient = options->lenient,
        .memory_max = left > 0 ? (size_t)left : 1,
        .problem = problem,
        .ctx = ctx,
        .problems_max = options->problems_max ? (size_t)options->problems_max : SIZE_MAX};

    return pitot_decode(input->format, input->bytes ? input->bytes : "", input->size, &opts, err);
}
