/* SPDX-License-Identifier: MIT */
/*
 * finding.h -- something to say about a family or a series, found by a rule.
 *
 * `check` reports them as they come; `lint` collects and sorts them first.
 */
#ifndef CLI_FINDING_H
#define CLI_FINDING_H

#include "json.h"

#include <pitot/export.h>

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_NOTE };

struct finding {
    enum severity severity;
    const char *rule;
    pitot_str family; /* empty: of the whole page */
    pitot_str labels; /* a block; empty: of the whole family */
    char *text;
};

/* In the order they were found; the texts belong to it, all else to the snapshots. */
struct findings {
    struct finding *all;
    size_t count, room;
    size_t of_severity[3];
    bool no_memory; /* the list is not complete */
};

/* A text that does not fit is cut. */
void findings_add(struct findings *findings, enum severity severity, const char *rule,
    pitot_str family, pitot_str labels, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* By family and text, as promlint does, each pair once. */
void findings_sort(struct findings *findings);
void findings_free(struct findings *findings);

void finding_write_json(const struct finding *finding, struct json *json);
const char *severity_name(enum severity severity);

/* "%.*s" of a pitot_str. */
#define STR(str) (int)((str).size < 512 ? (str).size : 512), (str).at ? (str).at : ""

#endif
