/* SPDX-License-Identifier: MIT */
/*
 * family.h -- one name and its series.
 *
 * The public types of instruments are these two, under another name: a pitot_counter is a
 * struct pt_series, a pitot_counter_vec is a struct pt_family. A series is made once and stays
 * where it is, in a batch, until the registry goes.
 */
#ifndef PT_INSTRUMENT_FAMILY_H
#define PT_INSTRUMENT_FAMILY_H

#include "instrument/batch.h"
#include "instrument/desc.h"
#include "instrument/order.h"
#include "instrument/registry.h"
#include "instrument/table.h"
#include "storage/pair.h"

#include <pthread.h>

struct pt_family {
    struct pitot_family_ face; /* what the inlined calls see; `epoch` is under the lock below */
    struct pitot_registry *reg;
    struct pt_desc desc;
    double (*read)(void *ctx); /* a function metric's value, or NULL */
    void *ctx;
    size_t word_count;         /* of each series */
    size_t stride;             /* the same, and the words of its exemplars */
    uint32_t exemplar_buckets; /* slots of each series, behind its cold words: per bucket, or a */
    uint32_t exemplar_natives; /* counter's one; then those of the native buckets */

    unsigned reading;    /* calls of `read` that run; with the next two, under the lock */
    bool stopped;        /* no more of them may begin */
    pthread_cond_t idle; /* `reading` came to 0 */

    struct pt_lock lock;             /* over what follows; nests inside the registry's */
    uint32_t process;                /* that `reading`, `idle` and `readers` are of */
    struct pt_table table;           /* finding a child needs no lock */
    struct pt_batch *batches, *last; /* in the order they were made */
    size_t over;                     /* batches that may be without live series */
    unsigned readers;                /* walks over them that let go of the lock on the way */
    size_t count;                    /* live series */
    struct pt_order order;
    struct pt_series *_Atomic overflow; /* the `__overflow__` child, once there is one */
    _Atomic(unsigned) interval;         /* between two snapshots: what counts as hot begins anew */
    _Atomic(bool) full;             /* no room for more, and `overflow` is there; read without */
    enum pt_drop full_reason;       /* the lock, as is why */
    uint32_t expired_s;             /* when it was last looked for idle children */
    struct pt_pool pool;            /* descriptions, and the layouts of native series */
    struct pt_family *next_retired; /* under the registry's lock */
};

/* A family that is not registered yet, and has no series. */
struct pt_family *pt_family_new(struct pitot_registry *reg, pitot_type type, bool is_vec,
    const pitot_desc *desc, pitot_error *err);

/* Under the registry's lock: makes the one series of a metric without labels. */
bool pt_family_start(struct pt_family *family, pitot_error *err);

void pt_family_free(struct pt_family *family);

/* False, without the lock, in a process that must not have it (lock.h). In a child of fork() the
 * first to take it forgets the parent's threads. */
bool pt_family_lock(struct pt_family *family);
void pt_family_unlock(struct pt_family *family);

/* The only series of a family that is not a vec. */
struct pt_series *pt_family_single(struct pt_family *family);

/* The child with these values, made if it must be; NULL when it was refused, which is counted. */
struct pt_series *pt_family_child(
    struct pt_family *family, const char *const *values, size_t count);
struct pt_series *pt_family_child_str(
    struct pt_family *family, const pitot_str *values, size_t count);

/* Removes what `fits` says yes to; returns how many. The second is for who has the lock. */
size_t pt_family_remove(
    struct pt_family *family, bool (*fits)(struct pt_series *, const void *), const void *ctx);
size_t pt_family_remove_locked(
    struct pt_family *family, bool (*fits)(struct pt_series *, const void *), const void *ctx);

/* Removes the child whose labels are this block; returns how many that was. */
size_t pt_family_remove_block(struct pt_family *family, pitot_str block);

/* Before a snapshot reads it, under its lock: what is to go goes, and what was refused for want of
 * memory may be tried again. */
void pt_family_settle(struct pt_family *family);

/* pt_series_reset() under the family's lock. */
void pt_family_reset(struct pt_series *series);

#endif
