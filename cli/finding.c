/* SPDX-License-Identifier: MIT */
/*
 * finding.c -- something to say about a family or a series, found by a rule.
 *
 * A list that grows. When memory runs out it says so and keeps what it has: the verb then fails.
 */
#include "finding.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_SIZE_MAX 1200

const char *severity_name(enum severity severity)
{
    static const char *const names[] = {"error", "warning", "note"};

    return names[severity];
}

static bool make_room(struct findings *findings)
{
    if (findings->count < findings->room)
        return true;
    size_t room = findings->room ? 2 * findings->room : 16;
    struct finding *all = realloc(findings->all, room * sizeof(*all));
    if (!all)
        return false;
    findings->all = all;
    findings->room = room;
    return true;
}

void findings_add(struct findings *findings, enum severity severity, const char *rule,
    pitot_str family, pitot_str labels, const char *format, ...)
{
    char text[TEXT_SIZE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    findings->of_severity[severity]++;
    char *copy = strdup(text);
    if (!copy || !make_room(findings)) {
        free(copy);
        findings->no_memory = true;
        return;
    }
    findings->all[findings->count++] = (struct finding){severity, rule, family, labels, copy};
}

static int compare_strings(pitot_str a, pitot_str b)
{
    size_t least = a.size < b.size ? a.size : b.size;
    int order = least ? memcmp(a.at, b.at, least) : 0;

    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_findings(const void *a, const void *b)
{
    const struct finding *x = a, *y = b;
    int order = compare_strings(x->family, y->family);

    return order ? order : strcmp(x->text, y->text);
}

void findings_sort(struct findings *findings)
{
    size_t kept = 0;

    if (findings->count)
        qsort(findings->all, findings->count, sizeof(*findings->all), compare_findings);
    for (size_t i = 0; i < findings->count; i++) {
        if (kept && compare_findings(&findings->all[kept - 1], &findings->all[i]) == 0) {
            free(findings->all[i].text);
            findings->of_severity[findings->all[i].severity]--;
        } else {
            findings->all[kept++] = findings->all[i];
        }
    }
    findings->count = kept;
}

void findings_free(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++)
        free(findings->all[i].text);
    free(findings->all);
    *findings = (struct findings){0};
}

void finding_write_json(const struct finding *finding, struct json *json)
{
    json_open(json, NULL, '{');
    json_string(json, "severity", severity_name(finding->severity));
    json_string(json, "rule", finding->rule);
    json_text(json, "metric", finding->family.at, finding->family.size);
    json_text(json, "labels", finding->labels.at, finding->labels.size);
    json_string(json, "text", finding->text);
    json_close(json, '}');
}
