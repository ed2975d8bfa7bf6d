/* SPDX-License-Identifier: MIT */
/* fuzz.h -- what the fuzz targets of this folder share: how they say that something is wrong. */
#ifndef PITOT_FUZZ_FUZZ_H
#define PITOT_FUZZ_FUZZ_H

#include <pitot/export.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Each target is one of these. libFuzzer calls it, or replay.c. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

#define FUZZ_EXPECT(condition, why)                                                                \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, (why));             \
            abort();                                                                               \
        }                                                                                          \
    } while (0)
#define FUZZ_ASSERT(condition) FUZZ_EXPECT(condition, "is not so")

#endif
