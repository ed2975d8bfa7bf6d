/* SPDX-License-Identifier: MIT */
/* drop.h -- why something was refused at run time. A metrics library reports through metrics. */
#ifndef PT_INSTRUMENT_DROP_H
#define PT_INSTRUMENT_DROP_H

#include "storage/cell.h"

/* One row per reason: the enum and the label value can never disagree. */
#define PT_DROPS(X)                                                                                \
    X(PT_DROP_NEGATIVE, "negative")         /* a counter was to go down */                         \
    X(PT_DROP_NOT_FINITE, "not_finite")     /* NaN or Inf where it has no meaning */               \
    X(PT_DROP_SERIES_LIMIT, "series_limit") /* a new label set went to `__overflow__` */           \
    X(PT_DROP_MEMORY_LIMIT, "memory_limit") /* the same, for the limit of the registry */          \
    X(PT_DROP_LABELS, "labels")             /* a wrong number of label values, or a NULL one */    \
    X(PT_DROP_LABEL_SIZE, "label_size")     /* a label value was cut at its limit */               \
    X(PT_DROP_MEMORY, "memory")             /* a series could not be made */                       \
    X(PT_DROP_STATE, "state")               /* a stateset does not know that state */              \
    X(PT_DROP_EXEMPLAR, "exemplar")         /* labels that cannot be an exemplar's */

enum pt_drop {
#define X(name, text) name,
    PT_DROPS(X)
#undef X
        PT_DROP_COUNT
};

/* Counts of one registry. Any thread adds, a scrape reads. */
struct pt_drops {
    pt_cell by_reason[PT_DROP_COUNT];
    pt_cell invalid_utf8; /* label values that had to be repaired */
};

/* The label value for a reason. */
const char *pt_drop_text(enum pt_drop reason);

#endif
