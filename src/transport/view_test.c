/* SPDX-License-Identifier: MIT */
/* view_test.c -- who shares a snapshot with whom, and who has to wait; on a clock of the test's
 * own, but for the worker, which has the system's. */
#include "transport/view.h"

#include "base/clock.h"

#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)
#define READERS 8

struct fixture {
    pitot_registry *reg;
    struct pt_views views;
    int wake_fd;
    struct pt_reader readers[READERS];
    int changes;
};

static struct fixture fixture;

static void count_change(struct pt_reader *reader)
{
    (void)reader;
    fixture.changes++;
}

static int set_up(void **state)
{
    (void)state;
    fixture = (struct fixture){.reg = pitot_registry_new(NULL), .wake_fd = eventfd(0, 0)};
    fixture.views.share_ns = SECOND;
    fixture.views.changed = count_change;
    return pt_scrape_start(&fixture.views.scrape, fixture.reg, fixture.wake_fd, NULL) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < READERS; i++)
        pt_views_leave(&fixture.views, &fixture.readers[i], pt_clock_ns());
    pt_scrape_stop(&fixture.views.scrape);
    pt_views_close(&fixture.views);
    pitot_registry_free(fixture.reg);
    close(fixture.wake_fd);
    return 0;
}

static int count_views(void)
{
    int count = 0;

    for (int i = 0; i < PT_VIEWS_MAX; i++)
        count += fixture.views.at[i] != NULL;
    return count;
}

/* A reader, as it is once nothing goes on any more. */
static struct pt_reader *join(int number, pitot_format format, const char *target, uint64_t now_ns)
{
    struct pt_reader *reader = &fixture.readers[number];
    struct pt_query *query;

    assert_int_equal(pt_query_parse(target, &query), PT_QUERY_FOUND);
    *reader = (struct pt_reader){.format = format, .query = query};
    pt_views_join(&fixture.views, reader, now_ns);
    while (reader->state == PT_READER_PENDING) {
        struct pollfd wake = {.fd = fixture.wake_fd, .events = POLLIN};
        uint64_t wakes;

        assert_int_equal(poll(&wake, 1, 20000), 1);
        assert_int_equal(read(fixture.wake_fd, &wakes, sizeof(wakes)), sizeof(wakes));
        pt_views_deliver(&fixture.views, now_ns);
    }
    return reader;
}

static struct pt_reader *join_all(int number, uint64_t now_ns)
{
    return join(number, PITOT_FORMAT_TEXT, "/metrics", now_ns);
}

static const pitot_snapshot *snapshot_of(const struct pt_reader *reader)
{
    return reader->page->view->take.snap;
}

static void who_comes_soon_shares_the_snapshot_and_the_page(void **state)
{
    struct pt_reader *first = join_all(0, pt_clock_ns());
    struct pt_reader *second = join_all(1, pt_clock_ns());
    struct pt_reader *other = join(2, PITOT_FORMAT_OPENMETRICS, "/metrics", pt_clock_ns());

    (void)state;
    assert_int_equal(first->state, PT_READER_READY);
    assert_false(first->shared);
    assert_int_equal(second->state, PT_READER_READY);
    assert_true(second->shared);
    assert_ptr_equal(first->page, second->page);
    assert_ptr_not_equal(first->page, other->page);
    assert_ptr_equal(snapshot_of(first), snapshot_of(other));
    assert_int_equal(count_views(), 1);
}

static void who_comes_later_gets_a_snapshot_of_its_own(void **state)
{
    struct pt_reader *first = join_all(0, pt_clock_ns());
    struct pt_reader *second = join_all(1, pt_clock_ns() + SECOND);

    (void)state;
    assert_int_equal(second->state, PT_READER_READY);
    assert_false(second->shared);
    assert_ptr_not_equal(snapshot_of(first), snapshot_of(second));
    assert_int_equal(count_views(), 2);
    assert_ptr_equal(pt_views_oldest(&fixture.views), first->page->view);
}

static void a_snapshot_that_is_to_be_kept_stays_while_it_is_young(void **state)
{
    uint64_t now_ns = pt_clock_ns();
    struct pt_reader *first = join_all(0, now_ns);
    struct pt_reader *second = join_all(1, now_ns);
    const pitot_snapshot *shared = snapshot_of(first);
    uint64_t began_ns = atomic_load(&first->page->view->take.began_ns);

    (void)state;
    fixture.views.keep_until_ns = now_ns + 2 * SECOND;
    pt_views_leave(&fixture.views, first, now_ns);
    assert_true(pt_views_deadline(&fixture.views) == UINT64_MAX);
    pt_views_leave(&fixture.views, second, now_ns);
    assert_int_equal(count_views(), 1);

    struct pt_reader *third = join_all(2, now_ns + SECOND / 2);
    assert_true(third->shared);
    assert_ptr_equal(snapshot_of(third), shared);
    pt_views_leave(&fixture.views, third, now_ns + SECOND / 2);
    assert_true(pt_views_deadline(&fixture.views) <= began_ns + SECOND);
    pt_views_deliver(&fixture.views, pt_views_deadline(&fixture.views));
    assert_int_equal(count_views(), 0);
    assert_true(pt_views_deadline(&fixture.views) == UINT64_MAX);
}

static void nothing_is_kept_for_longer_than_it_was_to_be(void **state)
{
    uint64_t now_ns = pt_clock_ns();

    (void)state;
    fixture.views.keep_until_ns = now_ns + SECOND / 100;
    pt_views_leave(&fixture.views, join_all(0, now_ns), now_ns);
    assert_true(pt_views_deadline(&fixture.views) == now_ns + SECOND / 100);
    pt_views_leave(&fixture.views, join_all(1, now_ns), now_ns);
    assert_true(fixture.readers[1].shared);
    pt_views_deliver(&fixture.views, now_ns + SECOND / 100);
    assert_int_equal(count_views(), 0);
    assert_false(join_all(2, now_ns + SECOND / 100)->shared);
}

static void what_is_kept_makes_room_for_who_wants_something_else(void **state)
{
    uint64_t now_ns = pt_clock_ns();

    (void)state;
    fixture.views.keep_until_ns = now_ns + SECOND;
    for (int i = 0; i < 4; i++)
        join(i, PITOT_FORMAT_TEXT, i % 2 ? "/metrics?name[]=a" : "/metrics", now_ns);
    for (int i = 0; i < 4; i++)
        pt_views_leave(&fixture.views, &fixture.readers[i], now_ns);
    assert_int_equal(count_views(), 2);
    struct pt_reader *other = join(4, PITOT_FORMAT_TEXT, "/metrics?name[]=b", now_ns);
    assert_int_equal(other->state, PT_READER_READY);
    assert_false(other->shared);
    assert_int_equal(count_views(), 2);
    for (int i = 0; i < 5; i++)
        pt_query_release(fixture.readers[i].query);
}

static void who_asks_alone_gets_a_fresh_one_each_time(void **state)
{
    uint64_t now_ns = pt_clock_ns();

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct pt_reader *reader = join_all(0, now_ns);
        assert_false(reader->shared);
        pt_views_leave(&fixture.views, reader, now_ns);
        assert_int_equal(count_views(), 0);
    }
}

static void a_third_waits_until_one_of_two_is_gone(void **state)
{
    uint64_t now_ns = pt_clock_ns();
    struct pt_reader *first = join_all(0, now_ns);
    struct pt_reader *same = join_all(1, now_ns);

    (void)state;
    fixture.views.share_ns = 0; /* but for a snapshot that is not taken yet */
    struct pt_reader *second = join_all(2, pt_clock_ns());
    struct pt_reader *third = join_all(3, pt_clock_ns());
    struct pt_reader *fourth = join_all(4, pt_clock_ns());
    assert_int_equal(third->state, PT_READER_WAITING);
    assert_int_equal(fourth->state, PT_READER_WAITING);
    pt_views_leave(&fixture.views, first, pt_clock_ns());
    assert_int_equal(third->state, PT_READER_WAITING);
    pt_views_leave(&fixture.views, same, pt_clock_ns());
    assert_int_equal(third->state, PT_READER_PENDING);
    assert_int_equal(fourth->state, PT_READER_PENDING);
    assert_true(fourth->shared);
    assert_ptr_equal(third->page, fourth->page);
    assert_null(fixture.views.waiting);
    assert_int_equal(second->state, PT_READER_READY);
}

static void who_waits_may_leave(void **state)
{
    uint64_t now_ns = pt_clock_ns();

    (void)state;
    join_all(0, now_ns);
    join_all(1, now_ns + 5 * SECOND);
    for (int i = 2; i < 5; i++)
        assert_int_equal(join_all(i, now_ns + 10 * SECOND)->state, PT_READER_WAITING);
    pt_views_leave(&fixture.views, &fixture.readers[3], now_ns);
    pt_views_leave(&fixture.views, &fixture.readers[2], now_ns);
    assert_ptr_equal(fixture.views.waiting, &fixture.readers[4]);
    pt_views_leave(&fixture.views, &fixture.readers[4], now_ns);
    assert_null(fixture.views.waiting);
}

static void who_leaves_while_its_page_is_made_leaves_nothing_behind(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        fixture.readers[0] = (struct pt_reader){.format = PITOT_FORMAT_TEXT};
        pt_views_join(&fixture.views, &fixture.readers[0], pt_clock_ns());
        if (i % 2)
            sched_yield();
        pt_views_leave(&fixture.views, &fixture.readers[0], pt_clock_ns());
        pt_views_deliver(&fixture.views, pt_clock_ns());
    }
    while (count_views() > 0)
        pt_views_deliver(&fixture.views, pt_clock_ns());
    assert_int_equal(fixture.changes, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(who_comes_soon_shares_the_snapshot_and_the_page),
        TEST(who_comes_later_gets_a_snapshot_of_its_own),
        TEST(a_snapshot_that_is_to_be_kept_stays_while_it_is_young),
        TEST(nothing_is_kept_for_longer_than_it_was_to_be),
        TEST(what_is_kept_makes_room_for_who_wants_something_else),
        TEST(who_asks_alone_gets_a_fresh_one_each_time),
        TEST(a_third_waits_until_one_of_two_is_gone),
        TEST(who_waits_may_leave),
        TEST(who_leaves_while_its_page_is_made_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
