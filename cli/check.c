/* SPDX-License-Identifier: MIT */
/*
 * check.c -- pitot check: is a page valid, and does it follow from the one before?
 *
 * Problems are printed while the page is read, so their number needs no memory. Of several pages
 * two snapshots are held at a time.
 */
#include "compare.h"
#include "format_name.h"
#include "input.h"
#include "plain.h"
#include "problem.h"
#include "verbs.h"

#include <stdio.h>
#include <string.h>

struct page {
    struct input input;
    pitot_snapshot *snap; /* NULL: invalid, or not there */
};

struct check {
    const struct options *options;
    struct json json;
    const struct page *page; /* being read */
    size_t problem_count;
    bool failed;
};

static void tell_problem(void *ctx, const pitot_problem *problem)
{
    struct check *check = ctx;

    check->problem_count++;
    if (check->options->json)
        problem_write_json(&check->json, problem);
    else
        problem_write(stdout, check->page->input.source, check->options->lenient, problem);
}

static void tell_finding(const struct check *check, const struct finding *finding)
{
    const char *source = check->page->input.source;

    if (check->options->quiet && finding->severity == SEVERITY_NOTE)
        return;
    printf("%s: ", source);
    if (finding->severity != SEVERITY_ERROR)
        printf("%s: ", severity_name(finding->severity));
    plain_write(stdout, finding->family.at, finding->family.size);
    if (finding->labels.size > 0) {
        putchar('{');
        plain_write(stdout, finding->labels.at, finding->labels.size);
        putchar('}');
    }
    fputs(": ", stdout);
    plain_string(stdout, finding->text);
    putchar('\n');
}

static void compare_pages(struct check *check, const struct page *before, const struct page *after)
{
    struct findings findings = {0};

    compare_expositions(&(struct exposition){before->snap, before->input.format},
        &(struct exposition){after->snap, after->input.format}, &findings);
    if (check->options->json) {
        json_string(&check->json, "before", before->input.source);
        json_open(&check->json, "changes", '[');
    }
    for (size_t i = 0; i < findings.count; i++) {
        if (check->options->json)
            finding_write_json(&findings.all[i], &check->json);
        else
            tell_finding(check, &findings.all[i]);
    }
    if (check->options->json)
        json_close(&check->json, ']');
    if (findings.no_memory)
        input_complain(check->options, &after->input, "no memory to compare it");
    if (findings.of_severity[SEVERITY_ERROR] > 0 || findings.no_memory)
        check->failed = true;
    findings_free(&findings);
}

static void tell_valid(struct check *check, const struct page *page, const char *error)
{
    const char *format = format_name(page->input.format);
    size_t families = pitot_snapshot_family_count(page->snap);
    size_t series = pitot_snapshot_series_count(page->snap);

    if (check->options->json) {
        json_flag(&check->json, "valid", page->snap && !page->input.doubt[0]);
        json_string(&check->json, "format", page->input.bytes ? format : NULL);
        json_string(&check->json, "error", error);
        json_count(&check->json, "metrics", families);
        json_count(&check->json, "series", series);
        return;
    }
    if (page->input.doubt[0]) {
        printf("%s: ", page->input.source);
        plain_string(stdout, page->input.doubt);
        putchar('\n');
    }
    if (error)
        input_complain(check->options, &page->input, error);
    if (page->snap && !page->input.doubt[0] && !check->options->quiet)
        printf("%s: %s (%s, %zu metrics, %zu series)\n", page->input.source,
            check->problem_count ? "readable" : "valid", format_title(page->input.format), families,
            series);
}

/* Reads one page and tells all about it alone. */
static void check_page(struct check *check, const char *source, struct page *page)
{
    pitot_error err = {0};

    *page = (struct page){0};
    check->page = page;
    check->problem_count = 0;
    bool there = input_read(&page->input, source, fetch_accept_text, check->options, &err);
    if (check->options->json) {
        json_open(&check->json, NULL, '{');
        json_string(&check->json, "page", page->input.source);
        json_open(&check->json, "problems", '[');
    }
    if (there)
        page->snap = input_decode(&page->input, check->options, tell_problem, check, &err);
    if (check->options->json) {
        if (page->input.doubt[0])
            tell_problem(check, &(pitot_problem){.text = page->input.doubt});
        json_close(&check->json, ']');
    }
    /* The first problem is in `err` too, and has been told. */
    bool told = err.code == PITOT_EPARSE && check->problem_count > 0;
    tell_valid(check, page, err.code && !told ? err.message : NULL);
    if (!page->snap || page->input.doubt[0])
        check->failed = true;
}

int check_run(const struct options *options)
{
    static char *const only_stdin[] = {NULL};
    struct check check = {.options = options, .json = {.out = stdout}};
    struct page pages[2] = {0};
    char *const *sources = options->argument_count ? options->arguments : only_stdin;
    size_t count = options->argument_count ? options->argument_count : 1;

    if (options->json) {
        json_open(&check.json, NULL, '{');
        json_open(&check.json, "pages", '[');
    }
    for (size_t i = 0; i < count; i++) {
        struct page *page = &pages[i % 2], *before = &pages[1 - i % 2];
        check_page(&check, sources[i], page);
        if (page->snap && before->snap && !options->apart)
            compare_pages(&check, before, page);
        if (options->json)
            json_close(&check.json, '}');
        pitot_snapshot_free(before->snap);
        input_free(&before->input);
        *before = (struct page){0};
    }
    for (int i = 0; i < 2; i++) {
        pitot_snapshot_free(pages[i].snap);
        input_free(&pages[i].input);
    }
    if (options->json) {
        json_close(&check.json, ']');
        json_flag(&check.json, "ok", !check.failed);
        json_close(&check.json, '}');
        json_end(&check.json);
    }
    return check.failed ? EXIT_BAD : EXIT_GOOD;
}
