/* SPDX-License-Identifier: MIT */
/* drop.c -- the names of the reasons, as `pitot_dropped_total{reason}` shows them. */
#include "instrument/drop.h"

const char *pt_drop_text(enum pt_drop reason)
{
    static const char *const texts[] = {
#define X(name, text) text,
        PT_DROPS(X)
#undef X
    };

    return texts[reason];
}
