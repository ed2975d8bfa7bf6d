/* SPDX-License-Identifier: MIT */
/*
 * lint.c -- pitot lint: what would be better about the metrics of a page.
 *
 * Every rule runs; then --only, --with and --without decide what is shown. A rule is GROUP/RULE,
 * and both halves are names to switch it by. target-label is off unless it is asked for: many names
 * that it knows are also names of other things.
 */
#include "lint.h"

#include "input.h"
#include "plain.h"
#include "problem.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>

static const char *const opt_in[] = {"target-label", "vague-label", NULL};

static const char *const names[] = {"promlint", "advice", "limits", "help", "unit",
    "unit-abbreviation", "counter", "reserved", "type-in-name", "colon", "camel-case", "series",
    "label-values", "unbounded-label", "empty-label", "label-names", "reserved-name",
    "scrape-label", "target-label", "constant-label", "vague-label", "unit-suffix", "unit-missing",
    "unit-of-values", "body-size", "sample", "label", "label-name-length", "label-value-length",
    "native-histogram-bucket", NULL};

/* ---- Which rules ---- */

static bool next_name(const char **list, char *name, size_t size)
{
    size_t length = strcspn(*list, ",");

    if (!**list)
        return false;
    snprintf(name, size, "%.*s", (int)length, *list);
    *list += length + ((*list)[length] == ',');
    return true;
}

/* Whether the list has the whole rule, its group or its own name. */
static bool has(const char *list, const char *rule)
{
    char name[80];
    const char *slash = strchr(rule, '/');
    size_t group = (size_t)(slash - rule);

    while (list && next_name(&list, name, sizeof(name)))
        if (strcmp(name, rule) == 0 || strcmp(name, slash + 1) == 0 ||
            (strlen(name) == group && strncmp(name, rule, group) == 0))
            return true;
    return false;
}

static bool is_opt_in(const char *rule)
{
    for (size_t i = 0; opt_in[i]; i++)
        if (strcmp(strchr(rule, '/') + 1, opt_in[i]) == 0)
            return true;
    return false;
}

static bool is_wanted(const struct options *options, const char *rule)
{
    const char *name = strchr(rule, '/') + 1;

    if (has(options->without, rule))
        return false;
    if (options->only)
        return has(options->only, rule) && (!is_opt_in(rule) || strstr(options->only, name));
    return !is_opt_in(rule) || has(options->with, rule);
}

static bool is_known(const char *name)
{
    size_t i = 0;

    while (names[i] && strcmp(names[i], name) != 0)
        i++;
    return names[i] != NULL;
}

/* The groups are the first three names. */
static bool is_group(const char *name, size_t size)
{
    for (size_t i = 0; i < 3; i++)
        if (strlen(names[i]) == size && strncmp(names[i], name, size) == 0)
            return true;
    return false;
}

static bool check_names(const char *option, const char *list)
{
    char name[80];

    while (list && next_name(&list, name, sizeof(name))) {
        const char *slash = strchr(name, '/'), *own = slash ? slash + 1 : name;
        if (is_known(own) && (!slash || is_group(name, (size_t)(slash - name))))
            continue;
        const char *nearest = options_nearest(own, names);
        fprintf(stderr, "pitot lint: %s '%s': there is no such rule%s%s%s\n", option, name,
            nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
        return false;
    }
    return true;
}

/* ---- One page ---- */

static void find_all(const pitot_snapshot *snap, const struct input *input,
    const struct options *options, struct findings *out)
{
    pitot_family family;

    for (size_t i = 0; pitot_snapshot_family(snap, i, &family); i++) {
        promlint_family(snap, i, &family, out);
        advice_family(snap, i, &family, out);
        labels_family(snap, i, &family, options, out);
        limits_family(snap, i, &family, options, out);
    }
    labels_page(snap, out);
    limits_page(snap, input->size, options, out);
    findings_sort(out);
}

static void tell(const struct options *options, const struct input *input,
    const struct finding *finding, struct json *json)
{
    if (options->json) {
        finding_write_json(finding, json);
        return;
    }
    if (options->argument_count > 1)
        printf("%s: ", input->source);
    if (finding->family.size > 0) {
        plain_write(stdout, finding->family.at, finding->family.size);
        putchar(' ');
    }
    plain_string(stdout, finding->text);
    printf(" [%s]\n", finding->rule);
}

struct reading {
    const struct options *options;
    struct input input;
};

static void tell_problem(void *ctx, const pitot_problem *problem)
{
    const struct reading *reading = ctx;

    problem_write(stderr, reading->input.source, reading->options->lenient, problem);
}

/* How many findings; -1 when the page cannot be read. */
static long lint_page(const char *source, const struct options *options, struct json *json)
{
    struct reading reading = {.options = options};
    struct input *input = &reading.input;
    struct findings findings = {0};
    pitot_error err = {0};
    long shown = 0;

    pitot_snapshot *snap = input_read(input, source, fetch_accept_text, options, &err)
                               ? input_decode(input, options, tell_problem, &reading, &err)
                               : NULL;
    if (options->json) {
        json_open(json, NULL, '{');
        json_string(json, "page", input->source);
        json_string(json, "error", snap ? NULL : err.message);
        json_open(json, "findings", '[');
    }
    if (snap)
        find_all(snap, input, options, &findings);
    else if (err.code != PITOT_EPARSE)
        input_complain(options, input, err.message);
    for (size_t i = 0; i < findings.count; i++) {
        if (is_wanted(options, findings.all[i].rule)) {
            tell(options, input, &findings.all[i], json);
            shown++;
        }
    }
    if (options->json) {
        json_close(json, ']');
        json_close(json, '}');
    }
    if (findings.no_memory)
        input_complain(options, input, "no memory for all of it");
    bool whole = snap && !findings.no_memory;
    findings_free(&findings);
    pitot_snapshot_free(snap);
    input_free(input);
    return whole ? shown : -1;
}

int lint_run(const struct options *options)
{
    static char *const only_stdin[] = {NULL};
    struct json json = {.out = stdout};
    char *const *sources = options->argument_count ? options->arguments : only_stdin;
    size_t count = options->argument_count ? options->argument_count : 1;
    bool failed = false, found = false;

    if (!check_names("--only", options->only) || !check_names("--with", options->with) ||
        !check_names("--without", options->without))
        return EXIT_USAGE;
    if (options->json) {
        json_open(&json, NULL, '{');
        json_open(&json, "pages", '[');
    }
    for (size_t i = 0; i < count; i++) {
        long shown = lint_page(sources[i], options, &json);
        failed |= shown < 0;
        found |= shown > 0;
    }
    if (options->json) {
        json_close(&json, ']');
        json_flag(&json, "ok", !failed && !found);
        json_close(&json, '}');
        json_end(&json);
    }
    if (failed)
        return EXIT_BAD;
    return found ? EXIT_FINDINGS : EXIT_GOOD;
}
