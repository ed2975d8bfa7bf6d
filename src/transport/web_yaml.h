/* SPDX-License-Identifier: MIT */
/* web_yaml.h -- a web configuration file, as text with places. */
#ifndef PT_TRANSPORT_WEB_YAML_H
#define PT_TRANSPORT_WEB_YAML_H

#include "transport/web_config.h"

/* Fills `config`, whose path is set and which is not checked yet. PITOT_ENOTFOUND when this was
 * built without libyaml. */
bool pt_web_yaml_read(
    struct pt_web_config *config, const char *bytes, size_t size, pitot_error *err);

#endif
