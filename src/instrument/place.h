/* SPDX-License-Identifier: MIT */
/*
 * place.h -- which native bucket and which classic bucket an observation belongs to, in one word.
 *
 * Never 0. A place says its own schema, so what was counted under a finer one stays right when the
 * resolution is halved. Pure functions.
 */
#ifndef PT_INSTRUMENT_PLACE_H
#define PT_INSTRUMENT_PLACE_H

#include "instrument/desc.h"

enum pt_place_kind {
    PT_PLACE_BUCKET = 1,
    PT_PLACE_ZERO, /* the zero bucket, as the description has it */
    PT_PLACE_NAN,  /* no native bucket at all */
};

struct pt_place {
    enum pt_place_kind kind;
    bool negative;
    int32_t schema, index;
    size_t classic;
};

uint64_t pt_place_pack(struct pt_place place);
struct pt_place pt_place_unpack(uint64_t word);

/* The place of any value, NaN included. */
uint64_t pt_place_of(const struct pt_desc *desc, int32_t schema, double value);

#endif
