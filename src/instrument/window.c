/* SPDX-License-Identifier: MIT */
/*
 * window.c -- the quantiles of the last while.
 *
 * The edges are in a ring, oldest first; there is always one, because the first is the empty sketch
 * of the beginning. There is room for one more than there are parts: those that lie within the
 * window, and the one before.
 */
#include "instrument/window.h"

#include "storage/cell.h"

struct edge {
    uint64_t ns;
    struct pt_sketch sketch;
};

struct pt_window {
    uint64_t length_ns, part_ns;
    size_t room, first, count;
    struct edge edges[];
};

static struct edge *edge_at(struct pt_window *window, size_t i)
{
    return &window->edges[(window->first + i) % window->room];
}

struct pt_window *pt_window_new(
    struct pt_pool *pool, uint32_t seconds, uint32_t parts, uint64_t now_ns, pitot_error *err)
{
    size_t room = (size_t)parts + 1;
    struct pt_window *window =
        pt_pool_alloc_zero(pool, sizeof(*window) + room * sizeof(struct edge), err);

    if (!window)
        return NULL;
    window->length_ns = seconds * (uint64_t)1000000000;
    window->part_ns = window->length_ns / parts;
    window->room = room;
    pt_window_clear(window, now_ns);
    return window;
}

void pt_window_clear(struct pt_window *window, uint64_t now_ns)
{
    if (!window)
        return;
    for (size_t i = 0; i < window->room; i++)
        pt_sketch_free(&window->edges[i].sketch);
    window->first = 0;
    window->count = 1;
    window->edges[0].ns = now_ns;
}

/* Lets go of the edges that are too old, but for the last one. */
static void forget(struct pt_window *window, uint64_t now_ns)
{
    while (window->count > 1 && now_ns - edge_at(window, 0)->ns > window->length_ns) {
        pt_sketch_start(&edge_at(window, 0)->sketch, 0, 0);
        window->first = (window->first + 1) % window->room;
        window->count--;
    }
}

bool pt_window_quantiles(struct pt_window *window, const struct pt_sketch *now, uint64_t now_ns,
    const double *qs, size_t count, uint64_t *words, pitot_error *err)
{
    forget(window, now_ns);
    struct pt_sketch *before = &edge_at(window, 0)->sketch;
    if (before->schema > now->schema)
        pt_sketch_coarsen(before, now->schema);
    before->schema = now->schema;
    for (size_t i = 0; i < count; i++)
        words[i] = pt_bits_of(pt_sketch_quantile(now, before, qs[i]));
    const struct edge *last = edge_at(window, window->count - 1);
    if (now_ns - last->ns < window->part_ns || window->count == window->room)
        return true;
    struct edge *edge = edge_at(window, window->count);
    edge->ns = now_ns;
    if (!pt_sketch_copy(&edge->sketch, now, err))
        return false;
    window->count++;
    return true;
}
