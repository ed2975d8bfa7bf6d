/* SPDX-License-Identifier: MIT */
/*
 * registry.c -- who is registered.
 *
 * One lock over the list of families and the names they take. It is held for a look-up and an
 * insertion, never while a callback runs or anything is formatted, so registering while a page
 * is served, or from inside a collector, is safe.
 */
#include "instrument/registry.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/moment.h"
#include "instrument/family.h"
#include "instrument/function.h"

#include <string.h>

static const struct {
    pitot_type type;
    const char *name;
} self_metrics[] = {
    {PITOT_GAUGE, PT_SELF_SERIES},
    {PITOT_COUNTER, PT_SELF_DROPPED},
    {PITOT_COUNTER, PT_SELF_UTF8},
    {PITOT_GAUGE, PT_SELF_MEMORY},
    {PITOT_COUNTER, PT_SELF_EXPIRED},
    {PITOT_COUNTER, PT_SELF_SNAPSHOTS},
    {PITOT_COUNTER, PT_SELF_FAILURES},
    {PITOT_COUNTER, PT_SELF_TIMEOUTS},
    {PITOT_GAUGE, PT_SELF_DURATION},
};

static bool take_self_names(pitot_registry *reg, pitot_error *err)
{
    for (size_t i = 0; i < sizeof(self_metrics) / sizeof(self_metrics[0]); i++) {
        pitot_str name = {self_metrics[i].name, strlen(self_metrics[i].name)};

        if (!pt_names_take(&reg->names, self_metrics[i].type, name, reg, err))
            return false;
    }
    return true;
}

pitot_registry *pitot_registry_new(pitot_error *err)
{
    pitot_registry *reg = pt_alloc_zero(sizeof(*reg), err);

    if (!reg)
        return NULL;
    atomic_init(&reg->refs, 1);
    pt_lock_start(&reg->lock);
    pt_arena_start(&reg->arena);
    pt_region_start(&reg->region);
    pt_rows_start(&reg->rows);
    pt_moment_start();
    reg->hash_key = pt_hash_key_random();
    reg->started = pt_clock_unix_ns();
    if (!take_self_names(reg, err)) {
        pt_registry_unref(reg);
        return NULL;
    }
    return reg;
}

void pitot_registry_free(pitot_registry *reg)
{
    if (!reg || !pt_lock_may(&reg->lock, NULL))
        return;
    /* Collectors may still be running, and look for their list, until this has returned. */
    struct pt_collectors *collectors = atomic_load(&reg->collectors);
    if (collectors)
        atomic_load (&reg->detach)(collectors);
    atomic_store(&reg->collectors, NULL);
    pt_registry_unref(reg);
}

void pt_registry_ref(pitot_registry *reg)
{
    atomic_fetch_add_explicit(&reg->refs, 1, memory_order_relaxed); /* the caller holds one */
}

void pt_registry_unref(pitot_registry *reg)
{
    /* Release what we did with the registry; acquire what others did before it goes. */
    if (atomic_fetch_sub_explicit(&reg->refs, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < reg->family_count; i++)
        pt_family_free(reg->families[i]);
    while (reg->retired) {
        struct pt_family *family = reg->retired;

        reg->retired = family->next_retired;
        pt_family_free(family);
    }
    pt_free(reg->families);
    pt_names_free(&reg->names);
    pt_arena_free(&reg->arena);
    pt_region_free(&reg->region);
    pt_rows_free(&reg->rows);
    pt_lock_end(&reg->lock);
    pt_free(reg);
}

void pt_registry_drop(pitot_registry *reg, enum pt_drop reason)
{
    pt_cell_add(&reg->drops.by_reason[reason], 1);
}

void pitot_registry_limit_memory(pitot_registry *reg, size_t bytes)
{
    if (reg)
        atomic_store_explicit(&reg->memory_max, bytes, memory_order_relaxed);
}

/* Relaxed: a limit, not an account; each maker sees at least its own. */
bool pt_registry_has_room(const pitot_registry *reg)
{
    size_t most = atomic_load_explicit(&reg->memory_max, memory_order_relaxed);

    return most == 0 || atomic_load_explicit(&reg->memory, memory_order_relaxed) < most;
}

void pt_registry_take(pitot_registry *reg, size_t bytes)
{
    atomic_fetch_add_explicit(&reg->memory, bytes, memory_order_relaxed);
}

void pt_registry_release(pitot_registry *reg, size_t bytes)
{
    atomic_fetch_sub_explicit(&reg->memory, bytes, memory_order_relaxed);
}

struct pt_family **pt_registry_families(pitot_registry *reg, size_t *count, pitot_error *err)
{
    struct pt_family **copy = NULL;

    pt_lock_take(&reg->lock);
    *count = reg->family_count;
    if (reg->family_count > 0) {
        copy = pt_alloc(reg->family_count * sizeof(*copy), err);
        if (copy)
            memcpy(copy, reg->families, reg->family_count * sizeof(*copy));
    }
    pt_lock_give(&reg->lock);
    return copy;
}

static bool is_called(const struct pt_family *family, pitot_str name)
{
    return family->desc.name.size == name.size &&
           memcmp(family->desc.name.at, name.at, name.size) == 0;
}

/* The registered family of that name. A name's owner may also be the registry itself, or a family
 * that writes it as a suffix. */
static struct pt_family *find(const pitot_registry *reg, pitot_str name)
{
    const void *owner = pt_names_find(&reg->names, name);

    for (size_t i = 0; owner && i < reg->family_count; i++) {
        struct pt_family *family = reg->families[i];

        if (family == owner)
            return is_called(family, name) ? family : NULL;
    }
    return NULL;
}

/* The family that is registered already, if it is the same; else an error. */
static struct pt_family *get_same(
    struct pt_family *have, const struct pt_family *want, pitot_error *err)
{
    if (!pt_desc_same(&have->desc, &want->desc, err))
        return NULL;
    if (have->desc.is_vec != want->desc.is_vec || have->read != want->read ||
        have->ctx != want->ctx) {
        pt_fail(err, PITOT_EEXIST, "metric \"%s\" exists with another source of its value",
            have->desc.name.at);
        return NULL;
    }
    return have;
}

/* Under the lock. Returns `want` when it is in now, the one that was there, or NULL. */
static struct pt_family *get_or_insert(
    pitot_registry *reg, struct pt_family *want, pitot_error *err)
{
    struct pt_family *have = find(reg, want->desc.name);
    const char *clash = NULL;

    if (have)
        return get_same(have, want, err);
    if (pt_names_owner(&reg->names, want->desc.type, want->desc.name, &clash)) {
        pt_fail(err, PITOT_EEXIST,
            "metric \"%s\": a name that it writes is taken by metric \"%s\"; rename one",
            want->desc.name.at, clash);
        return NULL;
    }
    if (!pt_grow(&reg->families, reg->family_count, &reg->family_capacity, sizeof(*reg->families),
            err) ||
        !pt_names_take(&reg->names, want->desc.type, want->desc.name, want, err))
        return NULL;
    if (!pt_family_start(want, err)) {
        pt_names_give_back(&reg->names, want->desc.type, want->desc.name, want);
        return NULL;
    }
    reg->families[reg->family_count++] = want;
    return want;
}

struct pt_family *pt_registry_family(pitot_registry *reg, pitot_type type, bool is_vec,
    const pitot_desc *desc, double (*read)(void *ctx), void *ctx, pitot_error *err)
{
    if (!reg || !pt_lock_may(&reg->lock, err))
        return NULL;
    struct pt_family *want = pt_family_new(reg, type, is_vec, desc, err);
    if (!want)
        return NULL;
    want->read = read;
    want->ctx = ctx;
    pt_lock_take(&reg->lock);
    struct pt_family *got = get_or_insert(reg, want, err);
    pt_lock_give(&reg->lock);
    if (got != want)
        pt_family_free(want);
    return got;
}

bool pitot_unregister(pitot_registry *reg, pitot_error *err, const char *name)
{
    if (!reg)
        return false;
    if (!name)
        return pt_fail(err, PITOT_EINVAL, "unregister: the name is NULL");
    if (!pt_lock_may(&reg->lock, err))
        return false;
    pt_lock_take(&reg->lock);
    struct pt_family *family = find(reg, (pitot_str){name, strlen(name)});
    for (size_t i = 0; family && i < reg->family_count; i++) {
        if (reg->families[i] != family)
            continue;
        reg->families[i] = reg->families[--reg->family_count];
        break;
    }
    if (family) {
        pt_names_give_back(&reg->names, family->desc.type, family->desc.name, family);
        family->next_retired = reg->retired;
        reg->retired = family;
    }
    pt_lock_give(&reg->lock);
    if (!family)
        return pt_fail(err, PITOT_ENOTFOUND, "unregister: there is no metric \"%s\"", name);
    pt_function_stop(family);
    return true;
}
