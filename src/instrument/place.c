/* SPDX-License-Identifier: MIT */
/* place.c -- which native bucket and which classic bucket an observation belongs to. */
#include "instrument/place.h"

#include "instrument/schema.h"

#include <math.h>

/* index 0..31, classic 32..47, schema 48..55, kind 56..61, negative 62 */
#define SCHEMA_BIAS 16

uint64_t pt_place_pack(struct pt_place place)
{
    return (uint32_t)place.index | (uint64_t)place.classic << 32 |
           (uint64_t)(uint32_t)(place.schema + SCHEMA_BIAS) << 48 | (uint64_t)place.kind << 56 |
           (uint64_t)place.negative << 62;
}

struct pt_place pt_place_unpack(uint64_t word)
{
    return (struct pt_place){
        .kind = (enum pt_place_kind)(word >> 56 & 0x3f),
        .negative = word >> 62 & 1,
        .schema = (int32_t)(word >> 48 & 0xff) - SCHEMA_BIAS,
        .index = (int32_t)(uint32_t)word,
        .classic = word >> 32 & 0xffff,
    };
}

/* The first bound that is not below the value; the bucket above all of them for NaN. */
static size_t classic_of(const struct pt_desc *desc, double value)
{
    size_t from = 0, to = desc->native.classic_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (value <= desc->bounds[middle])
            to = middle;
        else
            from = middle + 1;
    }
    return from;
}

uint64_t pt_place_of(const struct pt_desc *desc, int32_t schema, double value)
{
    struct pt_place place = {.kind = PT_PLACE_BUCKET, .classic = classic_of(desc, value)};
    double magnitude = fabs(value);

    if (isnan(value)) {
        place.kind = PT_PLACE_NAN;
    } else if (magnitude <= desc->native.zero_threshold) {
        place.kind = PT_PLACE_ZERO;
    } else {
        place.negative = value < 0;
        place.schema = isinf(value) ? desc->native.schema : schema; /* so there is only one */
        place.index = pt_schema_index(place.schema, magnitude);
    }
    return pt_place_pack(place);
}
