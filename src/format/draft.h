/* SPDX-License-Identifier: MIT */
/*
 * draft.h -- what a reader gathers of a series before it can go to the builder.
 *
 * Lists are kept from one series to the next, so that few are ever grown, and never take more than
 * a small multiple of the page. Once memory ran out the builder knows it too, and what is added is
 * ignored. Zeroed memory with `builder` and `labels.max` set is valid and empty.
 */
#ifndef PT_FORMAT_DRAFT_H
#define PT_FORMAT_DRAFT_H

#include "base/buf.h"
#include "format/nameset.h"
#include "snapshot/build.h"

#define PT_LIST(type)                                                                              \
    struct {                                                                                       \
        type *items;                                                                               \
        size_t count, room;                                                                        \
    }

/* One sign of a native histogram. */
struct pt_draft_side {
    PT_LIST(pitot_span) spans;
    PT_LIST(pitot_number) counts;
};

struct pt_draft {
    struct pt_builder *builder;
    bool failed; /* no memory */
    struct pt_nameset families;
    struct pt_buf labels; /* the block being made */
    PT_LIST(pitot_str) label_names;
    struct pt_nameset label_set; /* the same names, once they are many */
    PT_LIST(pitot_number) numbers;
    PT_LIST(double) bounds;
    PT_LIST(pitot_exemplar) exemplars, native_exemplars;
    struct pt_draft_side sides[2]; /* positive, negative */
    pitot_native native;
};

/* Adds to a list of `draft` or of its reader; false when there is no memory. */
#define PT_DRAFT_ADD(draft, list, ...)                                                             \
    (pt_draft_grow((draft), &(list).items, (list).count, &(list).room, sizeof(*(list).items)) &&   \
        ((list).items[(list).count++] = (__VA_ARGS__), true))

bool pt_draft_grow(
    struct pt_draft *draft, void *items_ref, size_t count, size_t *room, size_t item_size);

void pt_draft_fail(struct pt_draft *draft);

/* A copy that lives as long as the snapshot. */
pitot_str pt_draft_keep(struct pt_draft *draft, pitot_str text);

/* Forgets the labels; and all of a series but them. */
void pt_draft_begin_labels(struct pt_draft *draft);
void pt_draft_begin_series(struct pt_draft *draft);

/* Adds a label, which has to stay where it is until all are there. NULL, or why it may not be. */
const char *pt_draft_label(struct pt_draft *draft, pitot_str name, pitot_str value);

/* Why these labels cannot be those of a series of this type, or NULL. */
const char *pt_draft_reserved(const struct pt_draft *draft, pitot_type type);

/* The labels, to stay. */
pitot_str pt_draft_labels(struct pt_draft *draft);

/* Fills in what stands in the lists. */
void pt_draft_series(const struct pt_draft *draft, pitot_series *series);

void pt_draft_free(struct pt_draft *draft);

#endif
