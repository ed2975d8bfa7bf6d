/* SPDX-License-Identifier: MIT */
/*
 * problem.c -- one problem of a page, told in the same way by every verb.
 */
#include "problem.h"

#include "plain.h"

void problem_write(FILE *out, const char *source, bool warning, const pitot_problem *problem)
{
    fprintf(
        out, "%s:%zu:%zu: %s", source, problem->line, problem->column, warning ? "warning: " : "");
    plain_string(out, problem->text);
    fputc('\n', out);
}

void problem_write_json(struct json *json, const pitot_problem *problem)
{
    json_open(json, NULL, '{');
    json_count(json, "line", problem->line);
    json_count(json, "column", problem->column);
    json_string(json, "text", problem->text);
    json_close(json, '}');
}
