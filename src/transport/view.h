/* SPDX-License-Identifier: MIT */
/* view.h -- the snapshots that are being served, at most two at a time, and who is served them. */
#ifndef PT_TRANSPORT_VIEW_H
#define PT_TRANSPORT_VIEW_H

#include "transport/scrape.h"

#define PT_VIEWS_MAX 2 /* one that somebody reads slowly, and one for all others */

/* One snapshot. It lives as long as one reader does, or the worker is at it; until `keep_until_ns`
 * also as long as it is young. */
struct pt_view {
    struct pt_take take;
    struct pt_query *query;
    struct pt_view_page *pages;
};

/* A page of it, in one format. It lives as long as the view does. */
struct pt_view_page {
    struct pt_scrape_job job;
    struct pt_view *view;
    struct pt_view_page *next;
    struct pt_reader *pending; /* who waits for it */
    size_t holders;            /* all its readers */
    bool made;
};

enum pt_reader_state {
    PT_READER_NONE = 0,
    PT_READER_WAITING, /* for a snapshot that must go first */
    PT_READER_PENDING, /* for its page */
    PT_READER_READY,   /* the page is there until it leaves */
    PT_READER_FAILED   /* for want of memory */
};

/* Somebody who wants a page. The fields above `state` are its own to fill. */
struct pt_reader {
    pitot_format format;
    pitot_escaping escaping;
    struct pt_query *query;
    uint64_t collect_by_ns; /* as in struct pt_take, if it is the first of a view */
    void *owner;
    enum pt_reader_state state;
    bool shared; /* the snapshot was taken for somebody else */
    struct pt_view_page *page;
    struct pt_reader *next; /* of those who wait for the same */
};

struct pt_views {
    struct pt_scrape scrape;
    uint64_t share_ns;
    uint64_t keep_until_ns; /* what is young stays without readers; the caller's to set */
    void (*changed)(struct pt_reader *reader); /* READY or FAILED, at last */
    struct pt_view *at[PT_VIEWS_MAX];          /* in no order; NULL is room */
    struct pt_reader *waiting;                 /* oldest first */
};

/* Makes the reader READY at once, or makes it wait until `changed` tells. */
void pt_views_join(struct pt_views *views, struct pt_reader *reader, uint64_t now_ns);

/* The reader wants nothing any more, whatever its state. Who waited for room may get it now. */
void pt_views_leave(struct pt_views *views, struct pt_reader *reader, uint64_t now_ns);

/* Passes on the pages that are made, and lets go the views that nobody will come for. */
void pt_views_deliver(struct pt_views *views, uint64_t now_ns);

/* When pt_views_deliver() is to be called even if nothing happens; UINT64_MAX for never. */
uint64_t pt_views_deadline(const struct pt_views *views);

/* The one whose snapshot is the oldest; NULL when there is none. */
const struct pt_view *pt_views_oldest(const struct pt_views *views);

/* Frees what the worker left, which must have been stopped. Nobody may be reading. */
void pt_views_close(struct pt_views *views);

#endif
