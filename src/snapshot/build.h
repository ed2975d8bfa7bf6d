/* SPDX-License-Identifier: MIT */
/*
 * build.h -- a snapshot from what a reader finds on a page, family by family.
 *
 * The reader knows its format's rules and tells what is wrong; the builder keeps the columns, finds
 * label sets that stand twice, and keeps to a memory bound. Sticky: after a failure nothing more is
 * taken. One thread.
 *
 * Texts are not copied: they live in the builder's pool (pt_builder_text) or outlive the snapshot.
 * Everything else is copied.
 */
#ifndef PT_SNAPSHOT_BUILD_H
#define PT_SNAPSHOT_BUILD_H

#include "snapshot/snapshot.h"

struct pt_builder;

enum pt_added {
    PT_ADDED,
    PT_ADDED_BEFORE, /* the label set is there already: left out */
    PT_ADDED_FAILED  /* memory; pt_builder_finish() says more */
};

struct pt_builder *pt_builder_new(size_t memory_max, pitot_error *err);

/* Bytes that live as long as the snapshot: a copy; `.at` is NULL when memory ran out. */
pitot_str pt_builder_text(struct pt_builder *builder, const char *bytes, size_t size);

/* Room for size + more bytes of text that live as long; NULL when memory ran out. */
char *pt_builder_room(struct pt_builder *builder, size_t size, size_t more);

/* Opens a family and closes the one before. The same name may come again later; it goes on then,
 * as it was described the first time. */
void pt_builder_family(
    struct pt_builder *builder, pitot_type type, pitot_str name, pitot_str help, pitot_str unit);

/*
 * Adds a series to the open family. `series` is laid out as export.h says; what it points to, but
 * for the labels' and exemplars' text, is copied. The same label set may come again directly after
 * itself with a later time: several points of one series.
 */
enum pt_added pt_builder_series(struct pt_builder *builder, const pitot_series *series);

/* The reader ran out of memory of its own: nothing more is taken, and finishing fails. */
void pt_builder_fail(struct pt_builder *builder);

/* The last family closed and the whole sealed; NULL when anything failed. Frees the builder. */
pitot_snapshot *pt_builder_finish(struct pt_builder *builder, pitot_error *err);

/* Gives up. NULL does nothing. */
void pt_builder_free(struct pt_builder *builder);

#endif
