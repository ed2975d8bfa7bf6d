/* SPDX-License-Identifier: MIT */
/* parse_double.c -- any text as a number: what is one is the number that strtod() reads. */
#include "base/number.h"
#include "base/parse.h"
#include "fuzz/fuzz.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1), written[PT_NUMBER_MAX];
    double value = 0, again = 0;
    int64_t ns;

    FUZZ_ASSERT(text);
    memcpy(text, bytes, size);
    text[size] = '\0';
    if (pt_parse_double(text, size, &value)) {
        char *end;
        double expected = strtod(text, &end);

        FUZZ_EXPECT(end == text + size, text);
        FUZZ_EXPECT(expected == value || (isnan(expected) && isnan(value)), text);
        size_t written_size = pt_number_double(written, value);
        FUZZ_ASSERT(pt_parse_double(written, written_size, &again));
        FUZZ_EXPECT(again == value || isnan(value), text);
    }
    pt_parse_seconds(text, size, &ns);
    free(text);
    return 0;
}
