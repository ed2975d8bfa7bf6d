/* SPDX-License-Identifier: MIT */
/* web_source.h -- the two ways to a web configuration: a file, and the program's struct. */
#ifndef PT_TRANSPORT_WEB_SOURCE_H
#define PT_TRANSPORT_WEB_SOURCE_H

#include "transport/web_config.h"

/* Each fills `config`, which is empty, and checks it; what is left after a failure is to be freed
 * too. No message has a secret in it. `path` is the name in messages, and relative paths are in its
 * folder. */
bool pt_web_source_read(struct pt_web_config *config, const char *path, pitot_error *err);
bool pt_web_source_parse(struct pt_web_config *config, const char *path, const char *bytes,
    size_t size, pitot_error *err);
bool pt_web_source_copy(
    struct pt_web_config *config, const pitot_web_config *options, pitot_error *err);

#endif
