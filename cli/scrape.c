/* SPDX-License-Identifier: MIT */
/*
 * scrape.c -- pitot scrape: a page, got like a Prometheus does, printed and timed.
 *
 * The page goes to standard output and how it went to standard error; with --json there is only the
 * latter, on standard output. Protobuf is no sight for people and is printed as text, unless
 * --raw or --to say otherwise.
 */
#include "format_name.h"
#include "input.h"
#include "json.h"
#include "output.h"
#include "plain.h"
#include "problem.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define PROBLEMS_TOLD 20

struct scrape {
    const struct options *options;
    struct input input;
    struct output output;
    pitot_snapshot *snap;
    double decode_s;
    size_t problem_count;
    struct json json;
};

static double now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void tell_problem(void *ctx, const pitot_problem *problem)
{
    struct scrape *scrape = ctx;

    scrape->problem_count++;
    if (scrape->options->json)
        problem_write_json(&scrape->json, problem);
    else if (scrape->problem_count <= PROBLEMS_TOLD)
        problem_write(stderr, scrape->input.source, scrape->options->lenient, problem);
}

/* ---- The page ---- */

static bool print_page(struct scrape *scrape, pitot_error *err)
{
    const struct options *options = scrape->options;
    bool convert = options->has_to || scrape->input.format == PITOT_FORMAT_PROTOBUF;
    pitot_format to = options->has_to ? options->to : PITOT_FORMAT_TEXT;

    if (options->raw || !convert) {
        fwrite(scrape->input.bytes, 1, scrape->input.size, stdout);
        return true;
    }
    pitot_encode_opts opts = {
        .escaping = options->has_escaping ? options->escaping : format_escaping(to),
        .created = options->created};
    return !scrape->snap || output_print(scrape->snap, to, opts, &scrape->output, err);
}

/* ---- The summary ---- */

static void tell_times(const struct fetched *f)
{
    fprintf(stderr, "time     %.1f ms: name %.1f, connection %.1f, ", f->total_s * 1e3,
        f->resolved_s * 1e3, (f->connected_s - f->resolved_s) * 1e3);
    double ready = f->connected_s;
    if (f->secured_s > 0) {
        fprintf(stderr, "TLS %.1f, ", (f->secured_s - f->connected_s) * 1e3);
        ready = f->secured_s;
    }
    fprintf(stderr, "first byte %.1f, rest %.1f\n", (f->first_byte_s - ready) * 1e3,
        (f->total_s - f->first_byte_s) * 1e3);
}

static void tell_summary(const struct scrape *scrape)
{
    const struct input *input = &scrape->input;
    const struct fetched *fetched = &input->fetched;
    const struct losses *losses = &scrape->output.losses;

    if (fetched->status == 0)
        return;
    fprintf(stderr, "status   %ld\ntype     ", fetched->status);
    plain_string(stderr, fetched->content_type[0] ? fetched->content_type : "(no Content-Type)");
    fputc('\n', stderr);
    tell_times(fetched);
    fprintf(stderr, "size     %llu bytes on the wire%s%s, %zu unpacked\n",
        (unsigned long long)fetched->wire_size, fetched->content_encoding[0] ? " as " : "",
        fetched->content_encoding, input->size);
    if (scrape->snap)
        fprintf(stderr, "page     %s, %zu metrics, %zu series, read in %.2f ms\n",
            format_title(input->format), pitot_snapshot_family_count(scrape->snap),
            pitot_snapshot_series_count(scrape->snap), scrape->decode_s * 1e3);
    for (size_t i = 0; i < losses->count; i++)
        fprintf(stderr, "not shown: %zu %s\n", losses->all[i].count, losses->all[i].what);
    if (scrape->problem_count > 0)
        fprintf(stderr, "problems %zu\n", scrape->problem_count);
}

static void tell_json(struct scrape *scrape, const char *error)
{
    const struct input *input = &scrape->input;
    const struct fetched *f = &input->fetched;
    struct json *json = &scrape->json;

    json_string(json, "error", error);
    json_count(json, "status", (uint64_t)f->status);
    json_string(json, "content_type", f->content_type);
    json_string(json, "content_encoding", f->content_encoding);
    json_string(json, "format", f->status == 200 ? format_name(input->format) : NULL);
    json_number(json, "resolved_seconds", f->resolved_s);
    json_number(json, "connected_seconds", f->connected_s);
    json_number(json, "secured_seconds", f->secured_s);
    json_number(json, "first_byte_seconds", f->first_byte_s);
    json_number(json, "total_seconds", f->total_s);
    json_number(json, "read_seconds", scrape->decode_s);
    json_count(json, "wire_bytes", f->wire_size);
    json_count(json, "bytes", input->size);
    json_count(json, "metrics", pitot_snapshot_family_count(scrape->snap));
    json_count(json, "series", pitot_snapshot_series_count(scrape->snap));
    json_flag(json, "ok", !error);
}

/* ---- All of it ---- */

static bool get_and_decode(struct scrape *scrape, pitot_error *err)
{
    const struct options *options = scrape->options;
    const char *source = options->arguments[0];

    if (!input_read(&scrape->input, source, fetch_accept, options, err))
        return false;
    double begin = now_s();
    scrape->snap = input_decode(&scrape->input, options, tell_problem, scrape, err);
    scrape->decode_s = now_s() - begin;
    return scrape->snap && (!scrape->input.doubt[0] || input_fail(err, "%s", scrape->input.doubt));
}

int scrape_run(const struct options *options)
{
    struct scrape scrape = {.options = options, .json = {.out = stdout}};
    pitot_error err = {0};

    const char *url = options->argument_count ? options->arguments[0] : "";
    if (!input_is_url(url)) {
        fprintf(stderr,
            "pitot scrape: '%s': a URL or HOST:PORT is needed\nTry 'pitot scrape --help'.\n", url);
        return EXIT_USAGE;
    }
    if (options->json) {
        json_open(&scrape.json, NULL, '{');
        json_string(&scrape.json, "url", url);
        json_open(&scrape.json, "problems", '[');
    }
    bool good = get_and_decode(&scrape, &err);
    if (options->json) {
        json_close(&scrape.json, ']');
        tell_json(&scrape, good ? NULL : err.message);
        json_close(&scrape.json, '}');
        json_end(&scrape.json);
    } else {
        if (scrape.input.fetched.status == 200)
            good = print_page(&scrape, &err) && good;
        fflush(stdout);
        if (!options->quiet)
            tell_summary(&scrape);
        if (!good)
            input_complain(options, &scrape.input, err.message);
    }
    pitot_snapshot_free(scrape.snap);
    input_free(&scrape.input);
    return good ? EXIT_GOOD : EXIT_BAD;
}
