/* SPDX-License-Identifier: MIT */
/* query.c -- any text as a request target: what is found in it is no longer than it. */
#include "transport/query.h"
#include "fuzz/fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *target = malloc(size + 1);
    struct pt_query *query;
    size_t found = 0;

    FUZZ_ASSERT(target);
    memcpy(target, bytes, size);
    target[size] = '\0';
    if (pt_query_parse(target, &query) == PT_QUERY_FOUND && query) {
        FUZZ_ASSERT(query->names[0] || query->labels[0].name);
        for (size_t i = 0; query->names[i]; i++)
            found += strlen(query->names[i]);
        for (size_t i = 0; query->labels[i].name; i++)
            found += strlen(query->labels[i].name) + strlen(query->labels[i].value);
        FUZZ_ASSERT(found < size);
        FUZZ_ASSERT(pt_query_same(query, query));
    }
    pt_query_release(query);
    free(target);
    return 0;
}
