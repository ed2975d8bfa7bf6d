/* SPDX-License-Identifier: MIT */
/* accept.c -- any text as an Accept header: there is always an answer, and it is one of ours. */
#include "fuzz/fuzz.h"
#include "transport/negotiate.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1);

    FUZZ_ASSERT(text);
    memcpy(text, bytes, size);
    text[size] = '\0';
    struct pt_negotiated answer = pt_negotiate(text, ~0u);
    FUZZ_ASSERT(pitot_format_content_type(answer.format) != NULL);
    free(text);
    return 0;
}
