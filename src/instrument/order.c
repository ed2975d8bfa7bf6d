/* SPDX-License-Identifier: MIT */
/*
 * order.c -- the series of a small family in the order of their labels.
 *
 * New series are added behind the sorted ones; sorting sorts those and merges the two.
 */
#include "instrument/order.h"

#include "base/alloc.h"

#include <string.h>

void pt_order_add(struct pt_order *order, struct pt_series *series)
{
    if (order->given_up)
        return;
    if (order->count < PT_ORDER_MAX &&
        pt_grow(&order->series, order->count, &order->capacity, sizeof(*order->series), NULL)) {
        order->series[order->count++] = series;
        return;
    }
    pt_order_free(order);
    order->given_up = true;
}

void pt_order_sweep(struct pt_order *order)
{
    size_t kept = 0, sorted = 0;

    for (size_t i = 0; i < order->count; i++) {
        if (pt_series_is_removed(order->series[i]))
            continue;
        sorted += i < order->sorted;
        order->series[kept++] = order->series[i];
    }
    order->count = kept;
    order->sorted = sorted;
}

void pt_order_free(struct pt_order *order)
{
    pt_free(order->series);
    *order = (struct pt_order){0};
}

static bool is_before(const struct pt_series *a, const struct pt_series *b)
{
    uint32_t common = a->labels_size < b->labels_size ? a->labels_size : b->labels_size;
    int order = common ? memcmp(a->labels, b->labels, common) : 0;

    return order < 0 || (order == 0 && a->labels_size < b->labels_size);
}

static void merge(struct pt_series **to, struct pt_series **a, size_t a_count, struct pt_series **b,
    size_t b_count)
{
    while (a_count && b_count) {
        if (is_before(*b, *a)) {
            *to++ = *b++;
            b_count--;
        } else {
            *to++ = *a++;
            a_count--;
        }
    }
    memcpy(to, a, a_count * sizeof(*a)); /* one of the two is empty */
    memcpy(to + a_count, b, b_count * sizeof(*b));
}

/* Merge sort of `items`, with as much room in `scratch`. */
static void sort(struct pt_series **items, struct pt_series **scratch, size_t count)
{
    if (count < 2)
        return;
    size_t half = count / 2;
    sort(items, scratch, half);
    sort(items + half, scratch, count - half);
    if (!is_before(items[half], items[half - 1]))
        return;
    merge(scratch, items, half, items + half, count - half);
    memcpy(items, scratch, count * sizeof(*items));
}

void pt_order_sort(struct pt_order *order)
{
    size_t added = order->count - order->sorted;

    if (added == 0)
        return;
    struct pt_series **scratch = pt_alloc(order->count * sizeof(*scratch), NULL);
    if (!scratch)
        return; /* the page is valid in any order; the next scrape tries again */
    sort(order->series + order->sorted, scratch, added);
    merge(scratch, order->series, order->sorted, order->series + order->sorted, added);
    memcpy(order->series, scratch, order->count * sizeof(*scratch));
    order->sorted = order->count;
    pt_free(scratch);
}
