/* SPDX-License-Identifier: MIT */
/*
 * function.c -- metrics whose value is read by a call of the host's.
 *
 * `reading` counts the calls that run, under the family's lock; who unregisters waits until there
 * is none. A function that unregisters its own metric does not wait for itself. One that forks is
 * not counted in the child.
 */
#include "instrument/function.h"

#include "base/error.h"
#include "base/fork.h"

/* The functions that this thread is inside of, innermost first. */
struct call {
    const struct pt_family *family;
    uint32_t process; /* that `reading` counts it in */
    struct call *outer;
};
static __thread struct call *calls_here;

bool pitot_function_add(pitot_registry *reg, pitot_error *err, const pitot_function *function)
{
    if (!reg)
        return false;
    if (!function || !function->read)
        return pt_fail(err, PITOT_EINVAL, "a function metric has no .read");
    if (!pt_reserved_are_zero(function->reserved_, 4, "function metric", err))
        return false;
    if (function->type != PITOT_COUNTER && function->type != PITOT_GAUGE &&
        function->type != PITOT_UNKNOWN)
        return pt_fail(err, PITOT_EINVAL,
            "metric \"%s\": a function is a counter, a gauge or unknown, not a %s",
            function->desc.name ? function->desc.name : "", pt_type_text(function->type));
    if (function->desc.exemplars)
        return pt_fail(err, PITOT_EINVAL,
            "metric \"%s\": a function has no exemplars; leave .exemplars out",
            function->desc.name ? function->desc.name : "");
    return pt_registry_family(reg, function->type, false, &function->desc, function->read,
               function->ctx, err) != NULL;
}

bool pt_function_read(struct pt_family *family, double *value)
{
    struct call call = {family, pt_fork_process(), calls_here};

    for (const struct call *outer = calls_here; outer; outer = outer->outer)
        if (outer->family == family)
            return false; /* a snapshot from inside this very function is without it */
    if (!pt_family_lock(family))
        return false;
    bool stopped = family->stopped;
    family->reading += !stopped;
    pt_family_unlock(family);
    if (stopped)
        return false;
    calls_here = &call;
    *value = family->read(family->ctx);
    calls_here = call.outer;
    if (!pt_family_lock(family))
        return false;
    if (call.process == family->process && --family->reading == 0)
        pthread_cond_broadcast(&family->idle);
    pt_family_unlock(family);
    return true;
}

void pt_function_stop(struct pt_family *family)
{
    unsigned own = 0;

    for (const struct call *call = calls_here; call; call = call->outer)
        own += call->family == family && call->process == pt_fork_process();
    if (!pt_family_lock(family))
        return;
    family->stopped = true;
    while (family->reading > own)
        pt_lock_wait(&family->lock, &family->idle);
    pt_family_unlock(family);
}
