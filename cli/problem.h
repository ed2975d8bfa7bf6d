/* SPDX-License-Identifier: MIT */
/*
 * problem.h -- one problem of a page, told.
 */
#ifndef CLI_PROBLEM_H
#define CLI_PROBLEM_H

#include "json.h"

#include <pitot/export.h>

/* "page:3:14: message", or with `warning`, "page:3:14: warning: message". */
void problem_write(FILE *out, const char *source, bool warning, const pitot_problem *problem);
void problem_write_json(struct json *json, const pitot_problem *problem);

#endif
