/* SPDX-License-Identifier: MIT */
/*
 * heads.h -- what a page of the text family has said of its families so far: type, help, unit.
 *
 * One family is open at a time; opening another one finishes what was gathered of it. A family that
 * the page only describes reaches the snapshot too, at the end. In a lenient reading a family may
 * stop and go on later.
 */
#ifndef PT_FORMAT_HEADS_H
#define PT_FORMAT_HEADS_H

#include "format/gather.h"
#include "format/scan.h"

enum pt_dialect { PT_DIALECT_TEXT, PT_DIALECT_OPENMETRICS, PT_DIALECT_OPENMETRICS_2 };

struct pt_head {
    pitot_str name; /* as the page has it */
    pitot_str help, unit;
    pitot_type type;
    bool has_type, has_samples;
    bool clashes; /* another family's samples have its name: its own are left out */
    size_t line;  /* where it began */
};

struct pt_heads {
    struct pt_scan *scan;
    struct pt_gather *gather;
    enum pt_dialect dialect;
    /* What follows is heads.c's own. */
    struct pt_head *heads;
    size_t count, room, open; /* open: counted from 1; 0: none */
    bool begun;               /* the builder knows the open one */
    struct pt_name_slot *slots;
    size_t slot_count, slot_room;
    struct pt_buf scratch;
};

struct pt_heads pt_heads_new(
    struct pt_scan *scan, struct pt_gather *gather, enum pt_dialect dialect);
void pt_heads_free(struct pt_heads *heads);

/* The open family; NULL when none is. It moves when another one is opened. */
static inline struct pt_head *pt_heads_open(const struct pt_heads *heads)
{
    return heads->open ? &heads->heads[heads->open - 1] : NULL;
}

/* A counter that is called `_total` itself, which OpenMetrics forbids and a lenient reader takes.
 */
bool pt_heads_is_total(const struct pt_heads *heads, const struct pt_head *head);

/* The family of this name; NULL when there is none yet. It moves when another one is opened. */
struct pt_head *pt_heads_find(const struct pt_heads *heads, pitot_str name);

/* Opens the family of this name, new or known. `at` is where a problem would be. */
struct pt_head *pt_heads_turn_to(struct pt_heads *heads, pitot_str name, const char *at);

/* The rest of a metadata line, behind "HELP", "TYPE" or "UNIT" and a blank. */
void pt_heads_metadata(struct pt_heads *heads, pitot_str keyword);

/* A sample of the open family is about to be added. False when it is to be left out. */
bool pt_heads_begin(struct pt_heads *heads);

/* The page has ended. */
void pt_heads_finish(struct pt_heads *heads);

#endif
