/* SPDX-License-Identifier: MIT */
/*
 * allocator.c -- the host's choice of an allocator, as the public calls see it.
 *
 * Not in base/: libpitot-http has a copy of base/ of its own, and must ask libpitot's.
 */
#include "base/alloc.h"

void pitot_allocator_set(const pitot_allocator *allocator)
{
    pt_alloc_use(allocator);
}

pitot_allocator pitot_allocator_get(void)
{
    return pt_alloc_in_force();
}
