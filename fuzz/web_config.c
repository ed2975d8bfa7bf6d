/* SPDX-License-Identifier: MIT */
/* web_config.c -- any bytes as a web configuration file: refused with its place, or sound. */
#include "fuzz/fuzz.h"
#include "transport/web_source.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct pt_web_config config = {0};
    pitot_error err = {0};
    bool ok = pt_web_source_parse(&config, "web.yml", (const char *)bytes, size, &err);

    FUZZ_ASSERT(ok == (err.code == PITOT_OK));
    FUZZ_EXPECT(ok || strncmp(err.message, "web.yml:", 8) == 0, err.message);
    if (ok && config.tls) {
        FUZZ_ASSERT(config.version_min >= 12 && config.version_min <= config.version_max);
        FUZZ_ASSERT(config.values[PT_WEB_KEY].text || config.values[PT_WEB_KEY_FILE].text);
    }
    pt_web_config_free(&config);
    return 0;
}
