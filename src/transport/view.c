/* SPDX-License-Identifier: MIT */
/*
 * view.c -- the snapshots that are being served.
 *
 *     reader --> page --> view         many to one; a page goes with its view, a view with its
 *                                      last reader, or when it is not young any more
 *
 * A reader joins a view that shows what it wants and whose snapshot is young, or not taken yet;
 * else it gets one of its own, if there is room; else it waits until a view goes. Whoever asks
 * alone never finds a view, so what it sees is fresh. Only until `keep_until_ns` views stay while
 * they are young: who comes a moment after the others left would else cost a snapshot each time.
 * Everything belongs to the server's thread, but what scrape.h says is the worker's.
 */
#include "transport/view.h"

#include "base/alloc.h"

static void push_last(struct pt_reader **list, struct pt_reader *reader)
{
    while (*list)
        list = &(*list)->next;
    reader->next = NULL;
    *list = reader;
}

static void take_out(struct pt_reader **list, const struct pt_reader *reader)
{
    while (*list && *list != reader)
        list = &(*list)->next;
    if (*list)
        *list = reader->next;
}

static uint64_t began_ns(const struct pt_view *view)
{
    return atomic_load_explicit(&view->take.began_ns, memory_order_relaxed);
}

/* Also when its snapshot is not taken yet, or was after now_ns was read. */
static bool is_young(const struct pt_views *views, const struct pt_view *view, uint64_t now_ns)
{
    uint64_t began = began_ns(view);

    return began == 0 || began >= now_ns || now_ns - began < views->share_ns;
}

/* Nobody reads it, and the worker is not at it. */
static bool is_idle(const struct pt_view *view)
{
    for (const struct pt_view_page *page = view->pages; page; page = page->next)
        if (page->holders > 0 || !page->made)
            return false;
    return true;
}

static struct pt_view *find_view(
    struct pt_views *views, const struct pt_reader *reader, uint64_t now_ns)
{
    for (int i = 0; i < PT_VIEWS_MAX; i++) {
        struct pt_view *view = views->at[i];

        if (view && pt_query_same(view->query, reader->query) && is_young(views, view, now_ns))
            return view;
    }
    return NULL;
}

static struct pt_view *new_view(const struct pt_reader *reader)
{
    struct pt_view *view = pt_alloc_zero(sizeof(*view), NULL);

    if (!view)
        return NULL;
    view->query = pt_query_hold(reader->query);
    view->take.query = view->query;
    view->take.collect_by_ns = reader->collect_by_ns;
    atomic_init(&view->take.began_ns, 0);
    return view;
}

static void free_view(struct pt_views *views, struct pt_view *view)
{
    for (int i = 0; i < PT_VIEWS_MAX; i++)
        if (views->at[i] == view)
            views->at[i] = NULL;
    pitot_snapshot_free(view->take.snap);
    pt_query_release(view->query);
    pt_free(view);
}

static void free_page(struct pt_views *views, struct pt_view_page *page)
{
    struct pt_view *view = page->view;
    struct pt_view_page **link = &view->pages;

    while (*link != page)
        link = &(*link)->next;
    *link = page->next;
    pitot_page_free(page->job.page);
    pt_free(page);
    if (!view->pages)
        free_view(views, view);
}

static void free_pages(struct pt_views *views, int i)
{
    while (views->at[i])
        free_page(views, views->at[i]->pages);
}

/* How long one stays that is idle. */
static uint64_t kept_until_ns(const struct pt_views *views, const struct pt_view *view)
{
    uint64_t young_until_ns = began_ns(view) + views->share_ns;

    return young_until_ns < views->keep_until_ns ? young_until_ns : views->keep_until_ns;
}

/* Views that nobody will come for. */
static void free_idle(struct pt_views *views, uint64_t now_ns)
{
    for (int i = 0; i < PT_VIEWS_MAX; i++) {
        const struct pt_view *view = views->at[i];

        if (view && is_idle(view) && now_ns >= kept_until_ns(views, view))
            free_pages(views, i);
    }
}

static struct pt_view **find_room(struct pt_views *views)
{
    for (int i = 0; i < PT_VIEWS_MAX; i++)
        if (!views->at[i])
            return &views->at[i];
    for (int i = 0; i < PT_VIEWS_MAX; i++)
        if (is_idle(views->at[i])) {
            free_pages(views, i);
            return &views->at[i];
        }
    return NULL;
}

static struct pt_view_page *find_page(struct pt_view *view, const struct pt_reader *reader)
{
    struct pt_view_page *page = view->pages;

    while (page && (page->job.format != reader->format || page->job.escaping != reader->escaping))
        page = page->next;
    return page;
}

static struct pt_view_page *new_page(struct pt_view *view, const struct pt_reader *reader)
{
    struct pt_view_page *page = pt_alloc_zero(sizeof(*page), NULL);

    if (!page)
        return NULL;
    page->job.take = &view->take;
    page->job.format = reader->format;
    page->job.escaping = reader->escaping;
    page->job.owner = page;
    page->view = view;
    page->next = view->pages;
    view->pages = page;
    return page;
}

static void join_page(struct pt_view_page *page, struct pt_reader *reader)
{
    page->holders++;
    reader->page = page;
    reader->state = PT_READER_PENDING;
    if (page->made)
        reader->state = page->job.page ? PT_READER_READY : PT_READER_FAILED;
    else
        push_last(&page->pending, reader);
}

static void join_view(struct pt_views *views, struct pt_view *view, struct pt_reader *reader)
{
    struct pt_view_page *page = find_page(view, reader);

    if (page) {
        join_page(page, reader);
        return;
    }
    page = new_page(view, reader);
    if (!page) {
        reader->state = PT_READER_FAILED;
        if (!view->pages)
            free_view(views, view);
        return;
    }
    join_page(page, reader);
    pt_scrape_push(&views->scrape, &page->job);
}

/* False when there is no room; nothing has changed then. */
static bool join_if_room(struct pt_views *views, struct pt_reader *reader, uint64_t now_ns)
{
    struct pt_view *view = find_view(views, reader, now_ns);

    reader->shared = view != NULL;
    if (!view) {
        struct pt_view **room = find_room(views);

        if (!room)
            return false;
        view = *room = new_view(reader);
    }
    if (view)
        join_view(views, view, reader);
    else
        reader->state = PT_READER_FAILED;
    return true;
}

void pt_views_join(struct pt_views *views, struct pt_reader *reader, uint64_t now_ns)
{
    if (join_if_room(views, reader, now_ns))
        return;
    reader->state = PT_READER_WAITING;
    push_last(&views->waiting, reader);
}

static void let_in(struct pt_views *views, uint64_t now_ns)
{
    struct pt_reader **link = &views->waiting;

    while (*link) {
        struct pt_reader *reader = *link;
        struct pt_reader *next = reader->next; /* joining puts it in another list */

        if (!join_if_room(views, reader, now_ns)) {
            link = &reader->next;
            continue;
        }
        *link = next;
        if (reader->state != PT_READER_PENDING)
            views->changed(reader);
    }
}

void pt_views_leave(struct pt_views *views, struct pt_reader *reader, uint64_t now_ns)
{
    struct pt_view_page *page = reader->page;

    if (reader->state == PT_READER_WAITING)
        take_out(&views->waiting, reader);
    reader->state = PT_READER_NONE;
    reader->page = NULL;
    if (!page)
        return;
    take_out(&page->pending, reader);
    if (--page->holders > 0)
        return;
    if (!page->made && pt_scrape_cancel(&views->scrape, &page->job))
        free_page(views, page);
    free_idle(views, now_ns);
    let_in(views, now_ns);
}

static void tell_pending(struct pt_views *views, struct pt_view_page *page)
{
    while (page->pending) {
        struct pt_reader *reader = page->pending;

        page->pending = reader->next;
        reader->state = page->job.page ? PT_READER_READY : PT_READER_FAILED;
        views->changed(reader);
    }
}

void pt_views_deliver(struct pt_views *views, uint64_t now_ns)
{
    struct pt_scrape_job *job = pt_scrape_done(&views->scrape);

    while (job) {
        struct pt_scrape_job *next = job->next;
        struct pt_view_page *page = job->owner;

        page->made = true;
        tell_pending(views, page);
        job = next;
    }
    free_idle(views, now_ns);
    let_in(views, now_ns);
}

uint64_t pt_views_deadline(const struct pt_views *views)
{
    uint64_t first_ns = UINT64_MAX;

    for (int i = 0; i < PT_VIEWS_MAX; i++) {
        const struct pt_view *view = views->at[i];

        if (view && is_idle(view) && kept_until_ns(views, view) < first_ns)
            first_ns = kept_until_ns(views, view);
    }
    return first_ns;
}

const struct pt_view *pt_views_oldest(const struct pt_views *views)
{
    const struct pt_view *oldest = NULL;

    for (int i = 0; i < PT_VIEWS_MAX; i++) {
        const struct pt_view *view = views->at[i];

        if (view && began_ns(view) > 0 && (!oldest || began_ns(view) < began_ns(oldest)))
            oldest = view;
    }
    return oldest;
}

void pt_views_close(struct pt_views *views)
{
    if (!views->scrape.opened)
        return;
    pt_views_deliver(views, 0);
    for (int i = 0; i < PT_VIEWS_MAX; i++)
        free_pages(views, i);
    pt_scrape_close(&views->scrape);
}
