/* SPDX-License-Identifier: MIT */
/* faults.h -- what is failing, what may therefore fail, and what is owed in the end: for tests of
 * calls that fail, in a build with PITOT_FAULTS. */
#ifndef TESTS_FAULTS_H
#define TESTS_FAULTS_H

#include <pitot/pitot.h>

#include "base/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int patience_ms; /* with what does not answer */

static struct {
    const char *site; /* NULL: nothing */
    size_t n;
    bool for_ever;
    bool ended; /* nothing will fail any more */
} fault;

static atomic_long alive; /* blocks of the library */

static inline void *allocate(void *ctx, size_t size)
{
    void *block = malloc(size);

    (void)ctx;
    atomic_fetch_add(&alive, block != NULL);
    return block;
}

static inline void *reallocate(void *ctx, void *block, size_t size)
{
    void *moved = realloc(block, size);

    (void)ctx;
    atomic_fetch_add(&alive, moved && !block);
    return moved;
}

static inline void release(void *ctx, void *block)
{
    (void)ctx;
    atomic_fetch_sub(&alive, block != NULL);
    free(block);
}

/* Where no client is let in, or nobody is told of one, there is no answer. */
static inline bool may_be_mute(const char *site)
{
    return strcmp(site, "accept4") == 0 || strcmp(site, "poll") == 0;
}

static inline void arm(const char *site, size_t n, bool for_ever)
{
    fault.site = site;
    fault.n = n;
    fault.for_ever = for_ever;
    patience_ms = site && for_ever && may_be_mute(site) ? 300 : 20000;
    assert_true(pt_fault_arm(site ? site : "*", n, for_ever));
}

static inline bool is_reached(void)
{
    return fault.site && pt_fault_count(fault.site) >= fault.n;
}

/* What is only interrupted is asked again. */
static inline bool is_interrupted(void)
{
    return !fault.for_ever && (strcmp(fault.site, "open") == 0 || strcmp(fault.site, "read") == 0 ||
                                  strcmp(fault.site, "getdents64") == 0);
}

/* What is asked for works, or says why not, and then there is a reason. */
static inline bool worked(bool success, pitot_error *err)
{
    if (success) {
        assert_string_equal(err->message, "");
        return true;
    }
    if (!is_reached())
        fail_msg("fails though nothing does: %d, %s", err->code, err->message);
    /* A file that a configuration names is refused with its place in the configuration. */
    bool named = err->code == PITOT_EINVAL && strstr(err->message, "_file \"");
    if ((err->code != PITOT_ENOMEM && err->code != PITOT_ESYSTEM && !named) || is_interrupted())
        fail_msg("fails for a wrong reason: %d, %s", err->code, err->message);
    assert_true(strlen(err->message) > 10);
    *err = (pitot_error){0};
    return false;
}

/* What may be missing while something fails, and only then. */
static inline bool there(bool success)
{
    if (!success && !is_reached())
        fail_msg("missing though nothing fails");
    return success;
}

#endif
