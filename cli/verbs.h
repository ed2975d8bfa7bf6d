/* SPDX-License-Identifier: MIT */
/*
 * verbs.h -- the verbs; each returns the status that the program ends with.
 */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "options.h"

int check_run(const struct options *options);
int lint_run(const struct options *options);
int convert_run(const struct options *options);
int scrape_run(const struct options *options);

#endif
