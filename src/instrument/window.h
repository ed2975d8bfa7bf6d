/* SPDX-License-Identifier: MIT */
/*
 * window.h -- the quantiles of the last while: what a summary counts now minus what it had counted
 * when the window began.
 *
 * A window keeps a few earlier states of a sketch, one for each of its parts. It moves on when the
 * summary is scraped: it never covers more than its length, unless nobody scraped for longer than
 * that. Under the family's lock.
 */
#ifndef PT_INSTRUMENT_WINDOW_H
#define PT_INSTRUMENT_WINDOW_H

#include "base/pool.h"
#include "instrument/sketch.h"

struct pt_window;

/* NULL on failure. It keeps memory that only pt_window_clear() gives back. */
struct pt_window *pt_window_new(
    struct pt_pool *pool, uint32_t seconds, uint32_t parts, uint64_t now_ns, pitot_error *err);

/* Empty, as if it began now. NULL does nothing. */
void pt_window_clear(struct pt_window *window, uint64_t now_ns);

/* The quantiles `qs` of the window that ends now, at `now`, as the bits of doubles to `words`. */
bool pt_window_quantiles(struct pt_window *window, const struct pt_sketch *now, uint64_t now_ns,
    const double *qs, size_t count, uint64_t *words, pitot_error *err);

#endif
