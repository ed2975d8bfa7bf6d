/* SPDX-License-Identifier: MIT */
/*
 * convert.c -- pitot convert: a page in another format.
 *
 * The page goes to standard output, what is lost on the way to standard error.
 */
#include "format_name.h"
#include "input.h"
#include "json.h"
#include "output.h"
#include "problem.h"
#include "verbs.h"

#include <stdio.h>

struct convert {
    const struct options *options;
    struct input input;
    struct output output;
};

static void tell_problem(void *ctx, const pitot_problem *problem)
{
    const struct convert *convert = ctx;

    if (!convert->options->json)
        problem_write(stderr, convert->input.source, convert->options->lenient, problem);
}

static void tell_losses(const struct convert *convert)
{
    const struct losses *losses = &convert->output.losses;
    const char *title = format_title(convert->options->to);

    for (size_t i = 0; i < losses->count; i++)
        fprintf(stderr, "pitot convert: warning: %s has no place for %zu %s\n", title,
            losses->all[i].count, losses->all[i].what);
    if (convert->output.dropped > 0)
        fprintf(stderr, "pitot convert: warning: %zu metrics, series or exemplars were left out\n",
            convert->output.dropped);
}

static void tell_json(const struct convert *convert, const char *error)
{
    struct json json = {.out = stderr};
    const struct losses *losses = &convert->output.losses;

    json_open(&json, NULL, '{');
    json_string(&json, "page", convert->input.source);
    json_string(&json, "from", format_name(convert->input.format));
    json_string(&json, "to", format_name(convert->options->to));
    json_string(&json, "error", error);
    json_count(&json, "bytes", convert->output.size);
    json_count(&json, "dropped", convert->output.dropped);
    json_open(&json, "losses", '[');
    for (size_t i = 0; i < losses->count; i++) {
        json_open(&json, NULL, '{');
        json_count(&json, "count", losses->all[i].count);
        json_string(&json, "what", losses->all[i].what);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_flag(&json, "ok", !error);
    json_close(&json, '}');
    json_end(&json);
}

int convert_run(const struct options *options)
{
    struct convert convert = {.options = options};
    pitot_error err = {0};

    if (!options->has_to) {
        fputs("pitot convert: to which format? --to is needed\nTry 'pitot convert --help'.\n",
            stderr);
        return EXIT_USAGE;
    }
    const char *source = options->argument_count ? options->arguments[0] : NULL;
    pitot_encode_opts opts = {
        .escaping = options->has_escaping ? options->escaping : format_escaping(options->to),
        .created = options->created};
    pitot_snapshot *snap = input_read(&convert.input, source, fetch_accept, options, &err)
                               ? input_decode(&convert.input, options, tell_problem, &convert, &err)
                               : NULL;
    bool good = snap && output_print(snap, options->to, opts, &convert.output, &err);
    if (options->json) {
        tell_json(&convert, good ? NULL : err.message);
    } else {
        tell_losses(&convert);
        if (!good && err.code != PITOT_EPARSE)
            input_complain(options, &convert.input, err.message);
    }
    pitot_snapshot_free(snap);
    input_free(&convert.input);
    return good ? EXIT_GOOD : EXIT_BAD;
}
