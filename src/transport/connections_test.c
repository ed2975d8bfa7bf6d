/* SPDX-License-Identifier: MIT */
/* connections_test.c -- whose time is up and who has to go, on a clock of the test's own. */
#include "transport/connections.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define HEADER 100
#define IDLE 1000
#define SEND 500
#define LIVE_MAX 3
#define SECOND UINT64_C(1000000000)
#define RATE_MIN 1000

static const struct pt_connections_limits limits = {.live_max = LIVE_MAX,
    .origin_max = 2,
    .header_ns = HEADER,
    .idle_ns = IDLE,
    .send_ns = SEND,
    .rate_min = RATE_MIN};

struct fixture {
    struct pt_connections table;
    int client[LIVE_MAX * 2]; /* the other ends */
    int server[LIVE_MAX * 2];
    size_t count;
};

static int set_up(void **state)
{
    static struct fixture fixture;

    fixture = (struct fixture){0};
    *state = &fixture;
    return pt_connections_open(&fixture.table, &limits, NULL) ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < fixture->count; i++) {
        close(fixture->client[i]);
        close(fixture->server[i]);
    }
    pt_connections_close(&fixture->table);
    return 0;
}

static struct pt_connection *connect_at(struct fixture *fixture, uint64_t now)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    fixture->client[fixture->count] = pair[0];
    fixture->server[fixture->count] = pair[1];
    fixture->count++;
    struct pt_connection *connection = pt_connections_add(&fixture->table, pair[1], 0, now);
    assert_non_null(connection);
    return connection;
}

static void headers_have_a_deadline_that_counts_from_the_beginning(void **state)
{
    struct fixture *fixture = *state;
    struct pt_connection *connection = connect_at(fixture, 10);

    assert_int_equal(pt_connections_deadline(&fixture->table), 10 + HEADER);
    pt_connections_enter(connection, PT_CONNECTION_READING, 60);
    assert_int_equal(pt_connections_deadline(&fixture->table), 10 + HEADER);
    assert_null(pt_connections_overdue(&fixture->table, 10 + HEADER - 1));
    assert_ptr_equal(pt_connections_overdue(&fixture->table, 10 + HEADER), connection);
}

/* 32 bits of milliseconds last for 49.7 days, 31 for half as long. */
static void deadlines_hold_where_milliseconds_pass_32_bits(void **state)
{
    struct fixture *fixture = *state;
    const uint64_t wraps[] = {SECOND / 1000 << 31, SECOND / 1000 << 32};

    for (size_t i = 0; i < 2; i++) {
        struct pt_connection *connection = connect_at(fixture, wraps[i] - HEADER / 2);

        assert_true(pt_connections_deadline(&fixture->table) == wraps[i] + HEADER - HEADER / 2);
        assert_null(pt_connections_overdue(&fixture->table, wraps[i]));
        assert_ptr_equal(
            pt_connections_overdue(&fixture->table, wraps[i] + HEADER - HEADER / 2), connection);
        pt_connections_kill(&fixture->table, connection);
    }
}

static void an_answer_has_a_deadline_that_counts_from_the_end_of_the_request(void **state)
{
    struct fixture *fixture = *state;
    struct pt_connection *connection = connect_at(fixture, 10);

    connection->timeout_ns = SEND;
    pt_connections_enter(connection, PT_CONNECTION_WAITING, 50);
    assert_int_equal(pt_connections_deadline(&fixture->table), 50 + SEND);
    assert_null(pt_connections_overdue(&fixture->table, 50 + SEND - 1));
    assert_ptr_equal(pt_connections_overdue(&fixture->table, 50 + SEND), connection);
}

/* Somebody who has been sent an answer since 0, with an hour for it. */
static struct pt_connection *send_at_0(struct fixture *fixture)
{
    struct pt_connection *connection = connect_at(fixture, 0);

    connection->timeout_ns = 3600 * SECOND;
    pt_connections_send(&fixture->table, connection, 0);
    return connection;
}

static void who_takes_less_than_the_least_rate_is_overdue_after_a_grace(void **state)
{
    struct fixture *fixture = *state;
    struct pt_connection *slow = send_at_0(fixture);
    struct pt_connection *just_enough = send_at_0(fixture);

    slow->handed = 7 * RATE_MIN - 1;
    just_enough->handed = 7 * RATE_MIN;
    assert_int_equal(pt_connections_deadline(&fixture->table), SECOND);
    assert_null(pt_connections_overdue(&fixture->table, 5 * SECOND));
    assert_int_equal(pt_connections_deadline(&fixture->table), 6 * SECOND);
    assert_ptr_equal(pt_connections_overdue(&fixture->table, 7 * SECOND), slow);
    pt_connections_kill(&fixture->table, slow);
    assert_null(pt_connections_overdue(&fixture->table, 7 * SECOND));
    assert_ptr_equal(pt_connections_overdue(&fixture->table, 9 * SECOND), just_enough);
}

static void the_whole_of_an_answer_has_a_deadline_however_fast_it_is(void **state)
{
    struct fixture *fixture = *state;
    struct pt_connection *connection = send_at_0(fixture);

    connection->handed = UINT64_MAX / 2;
    assert_null(pt_connections_overdue(&fixture->table, 3600 * SECOND - 1));
    assert_ptr_equal(pt_connections_overdue(&fixture->table, 3600 * SECOND), connection);
}

static void the_time_that_pages_take_is_not_the_clients(void **state)
{
    struct fixture *fixture = *state;
    struct pt_connection *connection;

    fixture->table.work_ns = 1000 * SECOND;
    connection = send_at_0(fixture);
    connection->handed = 2 * RATE_MIN;
    fixture->table.work_ns += 8 * SECOND;
    assert_false(pt_connections_slow(&fixture->table, connection, 0, 10 * SECOND));
    assert_false(pt_connections_slow(&fixture->table, connection, 3 * SECOND, 11 * SECOND));
    assert_true(pt_connections_slow(&fixture->table, connection, 0, 11 * SECOND));
    assert_false(pt_connections_slow(&fixture->table, connection, 0, 4 * SECOND));
    connection->handed = UINT64_MAX / 2;
    assert_null(pt_connections_overdue(&fixture->table, 3608 * SECOND - 1));
    assert_ptr_equal(pt_connections_overdue(&fixture->table, 3608 * SECOND), connection);
}

static void only_who_is_sent_something_is_slow(void **state)
{
    struct fixture *fixture = *state;
    struct pt_connection *connection = connect_at(fixture, 0);

    assert_false(pt_connections_slow(&fixture->table, connection, 0, SECOND));
    pt_connections_enter(connection, PT_CONNECTION_WAITING, 0);
    assert_false(pt_connections_slow(&fixture->table, connection, 0, SECOND));
    pt_connections_enter(connection, PT_CONNECTION_IDLE, 0);
    assert_false(pt_connections_slow(&fixture->table, connection, 0, SECOND));
}

static void an_idle_connection_has_a_deadline_and_is_looked_at_in_between(void **state)
{
    struct fixture *fixture = *state;
    struct pt_connection *connection = connect_at(fixture, 0);

    pt_connections_enter(connection, PT_CONNECTION_WAITING, 10);
    pt_connections_enter(connection, PT_CONNECTION_IDLE, 20);
    assert_int_equal(pt_connections_deadline(&fixture->table), 20 + HEADER / 2);
    assert_null(pt_connections_overdue(&fixture->table, 20 + HEADER / 2));
    assert_int_equal(pt_connections_deadline(&fixture->table), 20 + HEADER);
    assert_ptr_equal(pt_connections_overdue(&fixture->table, 20 + IDLE), connection);
}

static void a_connection_that_begins_to_send_is_idle_no_more(void **state)
{
    struct fixture *fixture = *state;
    struct pt_connection *connection = connect_at(fixture, 0);

    pt_connections_enter(connection, PT_CONNECTION_IDLE, 0);
    connection->bytes--; /* as if one had come; a socket pair does not count */
    assert_null(pt_connections_overdue(&fixture->table, HEADER / 2));
    assert_int_equal(connection->state, PT_CONNECTION_READING);
    assert_int_equal(pt_connections_deadline(&fixture->table), HEADER / 2 + HEADER);
}

static void there_is_no_deadline_without_connections(void **state)
{
    struct fixture *fixture = *state;

    assert_true(pt_connections_deadline(&fixture->table) == UINT64_MAX);
    assert_null(pt_connections_overdue(&fixture->table, UINT64_MAX - 1));
}

static void nobody_has_to_go_while_there_is_room(void **state)
{
    struct fixture *fixture = *state;

    connect_at(fixture, 1);
    connect_at(fixture, 2);
    assert_null(pt_connections_victim(&fixture->table));
}

static void who_waited_for_longest_goes_first_and_who_is_answered_last(void **state)
{
    struct fixture *fixture = *state;
    struct pt_connection *answered = connect_at(fixture, 1);
    struct pt_connection *idle = connect_at(fixture, 2);
    struct pt_connection *reading = connect_at(fixture, 5);

    pt_connections_enter(answered, PT_CONNECTION_WAITING, 2);
    pt_connections_enter(idle, PT_CONNECTION_IDLE, 9);
    assert_ptr_equal(pt_connections_victim(&fixture->table), reading);

    pt_connections_enter(reading, PT_CONNECTION_WAITING, 10);
    assert_ptr_equal(pt_connections_victim(&fixture->table), idle);

    pt_connections_enter(idle, PT_CONNECTION_WAITING, 11);
    assert_ptr_equal(pt_connections_victim(&fixture->table), answered);
}

static void who_has_its_share_gives_up_one_of_its_own(void **state)
{
    struct fixture *fixture = *state;
    struct pt_connection *others = connect_at(fixture, 1);
    struct pt_connection *first = connect_at(fixture, 2);

    others->origin = 7;
    first->origin = 8;
    assert_null(pt_connections_victim_of(&fixture->table, 8));
    struct pt_connection *second = connect_at(fixture, 3);
    second->origin = 8;
    assert_ptr_equal(pt_connections_victim_of(&fixture->table, 8), first);
    assert_null(pt_connections_victim_of(&fixture->table, 7));
    assert_null(pt_connections_victim_of(&fixture->table, 9));

    pt_connections_enter(first, PT_CONNECTION_WAITING, 4);
    assert_ptr_equal(pt_connections_victim_of(&fixture->table, 8), second);
    pt_connections_kill(&fixture->table, second);
    assert_null(pt_connections_victim_of(&fixture->table, 8));
}

static void who_is_nobody_has_no_share(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < LIVE_MAX; i++)
        connect_at(fixture, 1);
    assert_null(pt_connections_victim_of(&fixture->table, 0));
}

static void a_killed_connection_is_shut_down_makes_room_and_waits_for_its_owner(void **state)
{
    struct fixture *fixture = *state;
    struct pt_connection *killed = connect_at(fixture, 1);
    char byte;

    connect_at(fixture, 2);
    connect_at(fixture, 3);
    pt_connections_kill(&fixture->table, killed);
    pt_connections_kill(&fixture->table, killed);

    assert_int_equal(read(fixture->client[0], &byte, 1), 0);
    assert_null(pt_connections_victim(&fixture->table));
    assert_null(pt_connections_overdue(&fixture->table, 1 + HEADER));
    pt_connections_enter(killed, PT_CONNECTION_IDLE, 4);
    assert_int_equal(killed->state, PT_CONNECTION_DYING);
    pt_connections_remove(&fixture->table, killed);
    assert_int_equal(fixture->table.used, 2);
    assert_int_equal(fixture->table.live, 2);
}

static void as_many_may_be_dying_as_may_live(void **state)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < LIVE_MAX; i++)
        pt_connections_kill(&fixture->table, connect_at(fixture, 1));
    for (size_t i = 0; i < LIVE_MAX; i++)
        connect_at(fixture, 2);
    assert_null(pt_connections_add(&fixture->table, -1, 0, 3));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(headers_have_a_deadline_that_counts_from_the_beginning),
        TEST(deadlines_hold_where_milliseconds_pass_32_bits),
        TEST(an_answer_has_a_deadline_that_counts_from_the_end_of_the_request),
        TEST(who_takes_less_than_the_least_rate_is_overdue_after_a_grace),
        TEST(the_whole_of_an_answer_has_a_deadline_however_fast_it_is),
        TEST(the_time_that_pages_take_is_not_the_clients),
        TEST(only_who_is_sent_something_is_slow),
        TEST(an_idle_connection_has_a_deadline_and_is_looked_at_in_between),
        TEST(a_connection_that_begins_to_send_is_idle_no_more),
        TEST(there_is_no_deadline_without_connections),
        TEST(nobody_has_to_go_while_there_is_room),
        TEST(who_waited_for_longest_goes_first_and_who_is_answered_last),
        TEST(who_has_its_share_gives_up_one_of_its_own),
        TEST(who_is_nobody_has_no_share),
        TEST(a_killed_connection_is_shut_down_makes_room_and_waits_for_its_owner),
        TEST(as_many_may_be_dying_as_may_live),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
