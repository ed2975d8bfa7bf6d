/* SPDX-License-Identifier: MIT */
/*
 * site.c -- a call site that remembers its child: the writer's side.
 *
 * A site is a static variable of the program that says "for the vec with this epoch, it is this
 * child". `turn` is odd while one thread writes it; readers (pitot_site_find_() in pitot.h) that
 * meet an odd or a changed turn look the child up instead. A thread that finds the site being
 * written leaves it alone, so nobody waits.
 */
#include <pitot/pitot.h>

void pitot_site_keep_(struct pitot_site_ *site, uint64_t epoch, void *child)
{
    uint32_t turn = __atomic_load_n(&site->turn, __ATOMIC_RELAXED);

    if (!child || (turn & 1) ||
        !__atomic_compare_exchange_n(
            &site->turn, &turn, turn + 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
        return;
    /* Release, so that nothing of the new state is seen under the old turn. */
    __atomic_store_n(&site->epoch, epoch, __ATOMIC_RELEASE);
    __atomic_store_n(&site->child, child, __ATOMIC_RELEASE);
    __atomic_store_n(&site->turn, turn + 2, __ATOMIC_RELEASE);
}
