/* SPDX-License-Identifier: MIT */
/* serve_test.c -- what a well-behaved client gets from a running server. */
#include "client.h"

#include <pitot/http.h>

#include <pthread.h>
#include <semaphore.h>
#include <sys/stat.h>

struct fixture {
    pitot_registry *reg;
    pitot_server *server;
    uint16_t port;
    sem_t entered; /* the collector that blocks is running */
    sem_t leave;
};

static int set_up(void **state)
{
    static struct fixture fixture;
    pitot_error err = {0};

    fixture = (struct fixture){.reg = pitot_registry_new(&err)};
    sem_init(&fixture.entered, 0, 0);
    sem_init(&fixture.leave, 0, 0);
    pitot_counter_inc(pitot_counter_new(
        fixture.reg, &err, &(pitot_desc){.name = "answers_total", .help = "Answers given."}));
    fixture.server = pitot_server_start(
        fixture.reg, &err, &(pitot_server_opts){.listen = "127.0.0.1:0", .name = "a <b> & c"});
    fixture.port = pitot_server_port(fixture.server);
    *state = &fixture;
    return err.code == PITOT_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    pitot_server_stop(fixture->server);
    pitot_registry_free(fixture->reg);
    return 0;
}

static void block(pitot_sink *sink, void *ctx)
{
    struct fixture *fixture = ctx;

    (void)sink;
    sem_post(&fixture->entered);
    sem_wait(&fixture->leave);
}

static void add_blocking_collector(struct fixture *fixture)
{
    const pitot_collector collector = {.name = "blocking", .collect = block, .ctx = fixture};

    assert_true(pitot_collector_add(fixture->reg, NULL, &collector));
}

static void a_scrape_gets_the_metrics(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply = fetch(fixture->port, GET("/metrics"));

    assert_int_equal(reply.status, 200);
    assert_string_equal(header_of(&reply, "Content-Type"),
        "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
    assert_string_equal(header_of(&reply, "Vary"), "Accept, Accept-Encoding");
    assert_non_null(strstr(reply.body, "\nanswers_total 1\n"));
    free(reply.body);
}

static void a_server_serves_openmetrics_2_when_told_to(void **state)
{
    struct fixture *fixture = *state;
    pitot_error err = {0};
    pitot_server *server = pitot_server_start(
        fixture->reg, &err, &(pitot_server_opts){.listen = "127.0.0.1:0", .openmetrics2 = true});
    static const char request[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: "
                                  "application/openmetrics-text;version=2.0.0\r\n\r\n";
    struct reply on = fetch(pitot_server_port(server), request);
    struct reply off = fetch(fixture->port, request);

    assert_string_equal(header_of(&on, "Content-Type"),
        "application/openmetrics-text; version=2.0.0; charset=utf-8; escaping=underscores");
    assert_non_null(strstr(on.body, "# TYPE answers_total counter\n"));
    assert_string_equal(header_of(&off, "Content-Type"),
        "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
    free(on.body);
    free(off.body);
    pitot_server_stop(server);
}

static void what_is_registered_while_it_serves_is_served(void **state)
{
    struct fixture *fixture = *state;

    free(fetch(fixture->port, GET("/metrics")).body);
    pitot_gauge_set(
        pitot_gauge_new(fixture->reg, NULL, &(pitot_desc){.name = "late", .help = "Came later."}),
        7);
    struct reply reply = fetch(fixture->port, GET("/metrics"));
    assert_non_null(strstr(reply.body, "\nlate 7\n"));
    free(reply.body);
}

static void the_landing_page_shows_the_name_it_was_given(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply = fetch(
        fixture->port, "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html,*/*;q=0.8\r\n\r\n");

    assert_int_equal(reply.status, 200);
    assert_string_equal(header_of(&reply, "Content-Type"), "text/html; charset=utf-8");
    assert_non_null(header_of(&reply, "Content-Security-Policy"));
    assert_non_null(strstr(reply.body, "<h1>a &lt;b&gt; &amp; c</h1>"));
    free(reply.body);
}

static void the_server_says_where_it_is(void **state)
{
    struct fixture *fixture = *state;
    char url[64];

    snprintf(url, sizeof(url), "http://127.0.0.1:%u", fixture->port);
    assert_string_equal(pitot_server_url(fixture->server), url);
    assert_int_not_equal(fixture->port, 0);
}

static void a_connection_serves_many_requests(void **state)
{
    struct fixture *fixture = *state;
    int fd = connect_port(fixture->port);

    for (int i = 0; i < 50; i++) {
        assert_true(send_text(fd, i % 2 ? GET("/-/ready") : GET("/metrics")));
        struct reply reply = read_reply(fd, true);
        assert_int_equal(reply.status, 200);
        assert_null(header_of(&reply, "Connection"));
        free(reply.body);
    }
    close(fd);
}

static void pipelined_requests_are_answered_in_their_order(void **state)
{
    struct fixture *fixture = *state;
    const char *const requests[] = {
        GET("/metrics"), GET("/-/ready"), GET("/nowhere"), GET("/-/healthy")};
    const char *const bodies[] = {"# HELP", "Ready.\n", "Not found.", "Healthy.\n"};
    int fd = connect_port(fixture->port);

    for (int i = 0; i < 200; i++)
        assert_true(send_text(fd, requests[i % 4]));
    for (int i = 0; i < 200; i++) {
        struct reply reply = read_reply(fd, true);
        assert_non_null(reply.body);
        assert_memory_equal(reply.body, bodies[i % 4], strlen(bodies[i % 4]));
        free(reply.body);
    }
    close(fd);
}

static void a_request_may_come_in_pieces(void **state)
{
    static const char request[] = GET("/-/healthy?x=1");
    struct fixture *fixture = *state;
    int fd = connect_port(fixture->port);

    for (size_t at = 1; at < sizeof(request) - 1; at++) {
        assert_true(send_bytes(fd, request, at));
        sched_yield();
        assert_true(send_text(fd, request + at));
        struct reply reply = read_reply(fd, true);
        assert_int_equal(reply.status, 200);
        free(reply.body);
    }
    close(fd);
}

static void head_has_the_length_and_no_body(void **state)
{
    struct fixture *fixture = *state;
    int fd = connect_port(fixture->port);

    for (int i = 0; i < 3; i++) {
        assert_true(send_text(fd, "HEAD /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        struct reply reply = read_reply(fd, false);
        assert_int_equal(reply.status, 200);
        assert_string_equal(header_of(&reply, "Content-Length"), "9");
        free(reply.body);
    }
    close(fd);
}

static void a_refused_method_does_not_end_the_connection(void **state)
{
    struct fixture *fixture = *state;
    int fd = connect_port(fixture->port);

    for (int i = 0; i < 3; i++) {
        assert_true(send_text(fd, "DELETE /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        struct reply reply = read_reply(fd, true);
        assert_int_equal(reply.status, 405);
        assert_string_equal(header_of(&reply, "Allow"), "GET, HEAD");
        free(reply.body);
    }
    close(fd);
}

static void http_1_0_is_answered_and_closed(void **state)
{
    struct fixture *fixture = *state;
    int fd = connect_port(fixture->port);

    assert_true(send_text(fd, "GET /-/ready HTTP/1.0\r\n\r\n"));
    struct reply reply = read_reply(fd, true);
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, "Ready.\n");
    assert_true(ms_until_closed(fd, PATIENCE_MS) >= 0);
    free(reply.body);
    close(fd);
}

static void a_list_header_may_come_in_several_lines(void **state)
{
    struct fixture *fixture = *state;
    struct reply reply = fetch(fixture->port,
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain;q=0.1\r\n"
        "accept: application/openmetrics-text;version=1.0.0\r\n"
        "Accept-Encoding: br\r\nAccept-Encoding: gzip\r\n\r\n");

    assert_string_equal(header_of(&reply, "Content-Type"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores");
    free(reply.body);
}

static void a_long_page_is_compressed_for_who_asks(void **state)
{
    struct fixture *fixture = *state;
    char name[16];
    pitot_gauge_vec *vec = pitot_gauge_vec_new(fixture->reg, NULL,
        &(pitot_desc){.name = "g", .help = "A gauge.", .labels = PITOT_LABELS("n")});

    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof(name), "%d", i);
        pitot_gauge_set(pitot_gauge_with(vec, name), i);
    }
    struct reply plain = fetch(fixture->port, GET("/metrics"));
    struct reply zipped = fetch(
        fixture->port, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n");
    assert_null(header_of(&plain, "Content-Encoding"));
    assert_string_equal(header_of(&zipped, "Content-Encoding"), "gzip");
    assert_true(zipped.body_size < plain.body_size / 2);
    assert_memory_equal(zipped.body, "\x1f\x8b\x08", 3);
    free(plain.body);
    free(zipped.body);
}

static void a_slow_collector_delays_nothing_but_pages(void **state)
{
    struct fixture *fixture = *state;
    int scrape = connect_port(fixture->port);

    add_blocking_collector(fixture);
    assert_true(send_text(scrape, GET("/metrics")));
    sem_wait(&fixture->entered);
    assert_int_equal(fetch_status(fixture->port, GET("/-/healthy")), 200);
    assert_int_equal(fetch_status(fixture->port, GET("/-/ready")), 200);
    assert_int_equal(fetch_status(fixture->port, GET("/nowhere")), 404);
    assert_int_equal(fetch_status(fixture->port,
                         "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n"),
        200);
    sem_post(&fixture->leave);
    struct reply reply = read_reply(scrape, true);
    assert_int_equal(reply.status, 200);
    free(reply.body);
    close(scrape);
}

static void a_client_that_leaves_while_it_waits_is_forgotten(void **state)
{
    struct fixture *fixture = *state;
    int fds = count_fds();
    int clients[20];

    add_blocking_collector(fixture);
    for (int i = 0; i < 20; i++) {
        clients[i] = connect_port(fixture->port);
        assert_true(send_text(clients[i], GET("/metrics")));
    }
    sem_wait(&fixture->entered);
    for (int i = 0; i < 20; i++)
        close(clients[i]);
    for (int i = 0; i < 20 + 1; i++) /* at most a page for each, and the one below */
        sem_post(&fixture->leave);
    ASSERT_SOON(count_fds() == fds);
    assert_int_equal(fetch_status(fixture->port, GET("/metrics")), 200);
}

static void *scrape_often(void *port)
{
    for (int i = 0; i < 50; i++) {
        struct reply reply = fetch(*(uint16_t *)port, GET("/metrics"));
        bool complete = reply.status == 200 && strstr(reply.body, "\nanswers_total ");
        free(reply.body);
        if (!complete)
            return port;
    }
    return NULL;
}

static void many_scrape_while_others_record_and_register(void **state)
{
    struct fixture *fixture = *state;
    pthread_t scrapers[4];
    void *failed;
    char name[16];
    pitot_counter_vec *vec = pitot_counter_vec_new(fixture->reg, NULL,
        &(pitot_desc){.name = "c_total", .help = "A counter.", .labels = PITOT_LABELS("n")});

    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&scrapers[i], NULL, scrape_often, &fixture->port), 0);
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof(name), "%d", i);
        pitot_counter_inc(pitot_counter_with(vec, name));
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(scrapers[i], &failed);
        assert_null(failed);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_scrape_gets_the_metrics),
        TEST(a_server_serves_openmetrics_2_when_told_to),
        TEST(what_is_registered_while_it_serves_is_served),
        TEST(the_landing_page_shows_the_name_it_was_given),
        TEST(the_server_says_where_it_is),
        TEST(a_connection_serves_many_requests),
        TEST(pipelined_requests_are_answered_in_their_order),
        TEST(a_request_may_come_in_pieces),
        TEST(head_has_the_length_and_no_body),
        TEST(a_refused_method_does_not_end_the_connection),
        TEST(http_1_0_is_answered_and_closed),
        TEST(a_list_header_may_come_in_several_lines),
        TEST(a_long_page_is_compressed_for_who_asks),
        TEST(a_slow_collector_delays_nothing_but_pages),
        TEST(a_client_that_leaves_while_it_waits_is_forgotten),
        TEST(many_scrape_while_others_record_and_register),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
