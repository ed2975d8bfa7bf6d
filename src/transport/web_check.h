/* SPDX-License-Identifier: MIT */
/* web_check.h -- whether a web configuration makes sense, whoever wrote it. */
#ifndef PT_TRANSPORT_WEB_CHECK_H
#define PT_TRANSPORT_WEB_CHECK_H

#include "transport/web_config.h"

/* Fills in what the texts mean. */
bool pt_web_check(struct pt_web_config *config, pitot_error *err);

/* Nanoseconds in "1m30s", "250ms", "0"; false for what is no duration of up to a day. */
bool pt_web_duration(const char *text, uint64_t *ns);

#endif
