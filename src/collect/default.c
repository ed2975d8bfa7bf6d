/* SPDX-License-Identifier: MIT */
/*
 * default.c -- the registry of this process.
 *
 * Made by whoever asks first, without a lock, so that a fork() at the wrong moment leaves none
 * held: two threads may both make one, and the one that comes second frees its own. Never freed,
 * but always reachable. Without memory it is not made, and the next call tries again. Any thread.
 */
#include <pitot/pitot.h>
#include <stdatomic.h>

/* Stored once, with all that it points to (release); read by anybody (acquire). */
static _Atomic(pitot_registry *) the_registry;

static pitot_registry *make(void)
{
    pitot_error err = {0};
    pitot_registry *reg = pitot_registry_new(&err);

    pitot_build_info_add(reg, &err);
    pitot_process_collector_add(reg, &err, NULL);
    if (err.code == PITOT_OK)
        return reg;
    pitot_registry_free(reg);
    return NULL;
}

pitot_registry *pitot_registry_default(void)
{
    pitot_registry *reg = atomic_load_explicit(&the_registry, memory_order_acquire);

    if (reg)
        return reg;
    pitot_registry *made = make();
    /* On failure `reg` becomes what another thread stored meanwhile. */
    if (!made)
        return atomic_load_explicit(&the_registry, memory_order_acquire);
    if (atomic_compare_exchange_strong_explicit(
            &the_registry, &reg, made, memory_order_acq_rel, memory_order_acquire))
        return made;
    pitot_registry_free(made);
    return reg;
}
