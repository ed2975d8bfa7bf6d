/* SPDX-License-Identifier: MIT */
/* login_test.c -- clients whose password takes long to hash, and what may happen to them until
 * then.
 */
#include "client.h"

#include <pitot/http.h>

#define LOGIN(credential)                                                                          \
    "GET /-/healthy HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic " credential "\r\n\r\n"
#define KNOWN LOGIN("YWxpY2U6d29uZGVybGFuZA==") /* alice:wonderland */
#define SLOW LOGIN("c2xvdzpndWVzcw==")          /* slow:guess */

/* alice's costs nothing; the other one takes about half a second, and nobody knows it. */
static const pitot_web_user users[] = {
    {"alice", "$2y$04$2Dc57WvngcsJmOtfj.KXCOYpyy7BjSEhadLr7gHtKS.Gv0xHgg0EW"},
    {"slow", "$2y$13$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"},
};

static pitot_registry *reg;
static pitot_server *server;
static uint16_t port;

static void start(const pitot_server_opts *opts)
{
    const pitot_web_config web = {.users = users, .user_count = 2};
    pitot_error err = {0};
    pitot_server_opts all = *opts;

    all.listen = "127.0.0.1:0";
    all.web = &web;
    server = pitot_server_start(reg, &err, &all);
    assert_string_equal(err.message, "");
    port = pitot_server_port(server);
}

static int set_up(void **state)
{
    (void)state;
    server = NULL;
    reg = pitot_registry_new(NULL);
    return reg ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pitot_server_stop(server);
    pitot_registry_free(reg);
    return 0;
}

static int ask(const char *request)
{
    int fd = connect_port(port);

    assert_true(fd >= 0);
    assert_true(send_text(fd, request));
    return fd;
}

static int status_of(int fd)
{
    struct reply reply = read_reply(fd, true);

    free(reply.body);
    close(fd);
    return reply.status;
}

static void who_is_known_does_not_wait_for_those_who_are_not(void **state)
{
    (void)state;
    start(&(pitot_server_opts){0});
    assert_int_equal(fetch_status(port, KNOWN), 200);
    int slow[4] = {ask(SLOW), ask(SLOW), ask(SLOW), ask(SLOW)};
    int waiting = 0;

    assert_int_equal(fetch_status(port, KNOWN), 200);
    for (int i = 0; i < 4; i++)
        waiting += receive(slow[i], (char[1]){0}, 1, 0) < 0;
    assert_true(waiting > 0);
    for (int i = 0; i < 4; i++)
        close(slow[i]);
}

static void who_is_replaced_while_it_waits_gets_no_answer_and_harms_nobody(void **state)
{
    (void)state;
    start(&(pitot_server_opts){.connections_max = 2});
    int slow[2] = {ask(SLOW), ask(SLOW)};

    sleep_ms(50); /* one is being hashed by then, most likely, and the other waits */
    assert_int_equal(fetch_status(port, KNOWN), 200);
    assert_int_equal(fetch_status(port, GET("/-/healthy")), 401);
    for (int i = 0; i < 2; i++)
        assert_true(status_of(slow[i]) != 200);
    assert_int_equal(fetch_status(port, KNOWN), 200);
}

static void who_waits_too_long_is_told_to_come_back(void **state)
{
    (void)state;
    start(&(pitot_server_opts){.send_timeout_ms = 100});
    int slow[3] = {ask(SLOW), ask(SLOW), ask(SLOW)};
    int told = 0;

    for (int i = 0; i < 3; i++)
        told += status_of(slow[i]) == 503;
    assert_true(told >= 2); /* the one that is being hashed may be cut */
}

static void who_leaves_while_it_waits_leaves_nothing_behind(void **state)
{
    (void)state;
    start(&(pitot_server_opts){0});
    assert_int_equal(fetch_status(port, KNOWN), 200);
    int fds = count_fds();

    for (int i = 0; i < 3; i++)
        close(ask(SLOW));
    ASSERT_SOON(count_fds() <= fds);
    assert_int_equal(fetch_status(port, KNOWN), 200);
}

static void a_server_stops_while_passwords_are_hashed(void **state)
{
    (void)state;
    start(&(pitot_server_opts){0});
    int slow[3] = {ask(SLOW), ask(SLOW), ask(SLOW)};

    sleep_ms(50); /* as above */
    pitot_server_stop(server);
    server = NULL;
    for (int i = 0; i < 3; i++)
        assert_true(status_of(slow[i]) != 200);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(who_is_known_does_not_wait_for_those_who_are_not),
        TEST(who_is_replaced_while_it_waits_gets_no_answer_and_harms_nobody),
        TEST(who_waits_too_long_is_told_to_come_back),
        TEST(who_leaves_while_it_waits_leaves_nothing_behind),
        TEST(a_server_stops_while_passwords_are_hashed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
