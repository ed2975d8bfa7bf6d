/* SPDX-License-Identifier: MIT */
/*
 * order.h -- the series of a small family in the order of their labels.
 *
 * People read small families, so they are sorted. A family that has ever had more than
 * PT_ORDER_MAX series at a time is shown in the order they were made, which needs no list and no
 * sorting, and reads memory from front to back. Under the family's lock.
 */
#ifndef PT_INSTRUMENT_ORDER_H
#define PT_INSTRUMENT_ORDER_H

#include "instrument/series.h"

#define PT_ORDER_MAX 1024

struct pt_order {
    struct pt_series **series; /* live ones: `sorted` in order, then new ones */
    size_t count, sorted, capacity;
    bool given_up; /* the family is large; the rest is empty */
};

/* A list that cannot grow for want of memory is given up, too. */
void pt_order_add(struct pt_order *order, struct pt_series *series);

/* Leaves out what has been removed. */
void pt_order_sweep(struct pt_order *order);

/* Sorts; in want of memory the new ones stay at the end. */
void pt_order_sort(struct pt_order *order);

void pt_order_free(struct pt_order *order);

#endif
