/* SPDX-License-Identifier: MIT */
/*
 * registry.h -- who is registered.
 *
 * A registry owns its families, and through them every series, cell and text. Families are only
 * ever added to it: one that is unregistered moves to the retired list, so that handles and
 * snapshots stay valid. Snapshots hold a reference; the memory goes with the last one.
 */
#ifndef PT_INSTRUMENT_REGISTRY_H
#define PT_INSTRUMENT_REGISTRY_H

#include "base/hash.h"
#include "instrument/drop.h"
#include "instrument/names.h"
#include "storage/cell.h"
#include "storage/region.h"
#include "storage/rows.h"

#include <stdatomic.h>

struct pt_family;
struct pt_collectors;

struct pitot_registry {
    _Atomic(size_t) refs; /* the host's one, and one per snapshot */
    struct pt_lock lock;  /* over the fields down to `arena`; a family's lock may nest inside */
    struct pt_family **families; /* registered, in no order */
    size_t family_count, family_capacity;
    struct pt_family *retired; /* unregistered; linked by `next_retired` */
    struct pt_names names;
    struct pt_arena arena;       /* has a lock of its own */
    struct pt_region region;     /* has a lock of its own */
    _Atomic(size_t) memory;      /* bytes that series take */
    _Atomic(size_t) memory_max;  /* past which there are no more of them; 0: no limit */
    struct pt_rows rows;         /* has a lock of its own */
    struct pt_hash_key hash_key; /* never changes */
    int64_t started;             /* in ns since 1970; never changes */
    struct pt_drops drops;       /* any thread adds */
    pt_cell snapshots_taken;     /* any thread adds */
    pt_cell expired;             /* children that went because they were idle; any thread adds */
    /* What the snapshot layer keeps here: set once by it, and freed by it through `detach`. */
    _Atomic(struct pt_collectors *) collectors;
    void (*_Atomic detach)(struct pt_collectors *);
};

void pt_registry_ref(pitot_registry *reg);
void pt_registry_unref(pitot_registry *reg);

void pt_registry_drop(pitot_registry *reg, enum pt_drop reason);

/* Memory of series: whether there may be more of them, and what comes and goes. */
bool pt_registry_has_room(const pitot_registry *reg);
void pt_registry_take(pitot_registry *reg, size_t bytes);
void pt_registry_release(pitot_registry *reg, size_t bytes);

/* The registered families at this moment, in a new array of `*count`; free it with pt_free().
 * They live as long as the registry. NULL with an error, or without when there is none. */
struct pt_family **pt_registry_families(pitot_registry *reg, size_t *count, pitot_error *err);

/* Gets or registers. NULL with an error when the description is bad or clashes. `read` and `ctx`
 * are those of a function metric, else NULL. */
struct pt_family *pt_registry_family(pitot_registry *reg, pitot_type type, bool is_vec,
    const pitot_desc *desc, double (*read)(void *ctx), void *ctx, pitot_error *err);

/* The names that the registry's own metrics have on every page. */
#define PT_SELF_SERIES "pitot_series"
#define PT_SELF_DROPPED "pitot_dropped_total"
#define PT_SELF_UTF8 "pitot_invalid_utf8_total"
#define PT_SELF_MEMORY "pitot_series_memory_bytes"
#define PT_SELF_EXPIRED "pitot_series_expired_total"
#define PT_SELF_SNAPSHOTS "pitot_snapshots_total"
#define PT_SELF_FAILURES "pitot_collector_failures_total"
#define PT_SELF_TIMEOUTS "pitot_collector_timeouts_total"
#define PT_SELF_DURATION "pitot_collector_duration_seconds"

#endif
