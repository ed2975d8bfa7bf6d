/* SPDX-License-Identifier: MIT */
/* query.h -- which part of the metrics a request target asks for. */
#ifndef PT_TRANSPORT_QUERY_H
#define PT_TRANSPORT_QUERY_H

#include <pitot/export.h>

#define PT_QUERY_ITEMS_MAX 64

/* Immutable but for `holders`, which belong to one thread at a time. */
struct pt_query {
    size_t holders;
    pitot_filter filter; /* of memory of this query */
    const char *names[PT_QUERY_ITEMS_MAX + 1];
    pitot_label labels[PT_QUERY_ITEMS_MAX + 1];
    char text[]; /* what they point to */
};

enum pt_query_result { PT_QUERY_FOUND, PT_QUERY_MALFORMED, PT_QUERY_NO_MEMORY };

/* `target` is as it came: "/metrics?name[]=up&label[]=method%3DGET". `*query` is NULL when
 * everything is wanted, and also when the result is not PT_QUERY_FOUND. */
enum pt_query_result pt_query_parse(const char *target, struct pt_query **query);

/* NULL is everything. True only if both say the same in the same order. */
bool pt_query_same(const struct pt_query *a, const struct pt_query *b);

/* All of them take NULL. */
struct pt_query *pt_query_hold(struct pt_query *query);
void pt_query_release(struct pt_query *query);

#endif
