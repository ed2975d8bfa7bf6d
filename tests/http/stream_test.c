/* SPDX-License-Identifier: MIT */
/* stream_test.c -- pages that are sent while they are made, to those who read them well, slowly, or
 * not to their end. */
#include "client.h"

#include <pitot/export.h>
#include <pitot/http.h>

#include <semaphore.h>
#include <sys/wait.h>

#define SERIES 20000 /* of some 200 bytes each */

static pitot_registry *reg;
static pitot_server *server;
static uint16_t port;

static void start(const pitot_server_opts *opts)
{
    pitot_error err = {0};
    pitot_server_opts all = *opts;

    all.listen = "127.0.0.1:0";
    server = pitot_server_start(reg, &err, &all);
    assert_string_equal(err.message, "");
    port = pitot_server_port(server);
}

static int set_up(void **state)
{
    char value[161];
    pitot_gauge_vec *vec;

    (void)state;
    reg = pitot_registry_new(NULL);
    server = NULL;
    vec = pitot_gauge_vec_new(reg, NULL,
        &(pitot_desc){
            .name = "g", .help = "A gauge.", .labels = PITOT_LABELS("n"), .series_max = SERIES});
    for (unsigned i = 0; i < SERIES; i++) {
        write_long_value(value, sizeof(value), i);
        pitot_gauge_set(pitot_gauge_with(vec, value), i);
    }
    return reg ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pitot_server_stop(server);
    pitot_registry_free(reg);
    return 0;
}

/* The body that ends with the connection; an error is no end. */
static void read_until_closed(int fd, struct reply *reply)
{
    errno = 0;
    while (read_more(fd, reply, 65536))
        ;
    reply->complete = errno == 0;
}

static int ask(const char *request)
{
    int fd = connect_port(port);

    assert_true(fd >= 0);
    assert_true(send_text(fd, request));
    return fd;
}

/* One that reads nothing of its own accord: the system takes little for it. */
static int ask_slowly(const char *request)
{
    const int size = 4096;
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_true(send_text(fd, request));
    return fd;
}

/* The head has come: its stream has begun. */
static struct reply wait_for_head(int fd)
{
    struct reply reply = {0};

    assert_true(read_head(fd, &reply));
    assert_int_equal(sscanf(reply.head, "HTTP/1.1 %d ", &reply.status), 1);
    assert_int_equal(reply.status, 200);
    return reply;
}

/* A number that the server counts; 0 when there is none. `labels` may be "". */
static double own_number(const char *name, const char *labels)
{
    pitot_snapshot *snap = pitot_snapshot_take(reg, NULL);
    double number = 0;
    pitot_family family;
    pitot_series series;

    for (size_t i = 0; pitot_snapshot_family(snap, i, &family); i++) {
        if (family.name.size != strlen(name) || memcmp(family.name.at, name, strlen(name)) != 0)
            continue;
        for (size_t j = 0; pitot_snapshot_series(snap, i, j, &series); j++)
            if (series.labels.size == strlen(labels) &&
                memcmp(series.labels.at, labels, strlen(labels)) == 0)
                number = series.is_double ? series.numbers[0].f64 : (double)series.numbers[0].u64;
    }
    pitot_snapshot_free(snap);
    return number;
}

static void assert_whole_page(const struct reply *reply)
{
    assert_int_equal(reply->status, 200);
    assert_true(reply->complete);
    assert_true(reply->body_size > SERIES * 160u);
    assert_int_equal(reply->body[reply->body_size - 1], '\n');
    assert_non_null(strstr(reply->body, "xxx1\"} 1\n"));
    assert_non_null(strstr(reply->body, "xxx19999\"} 19999\n"));
}

/* A scrape by somebody who reads as one should. */
static void assert_honest_scrape(void)
{
    struct reply reply = fetch(port, GET("/metrics"));

    assert_whole_page(&reply);
    free(reply.body);
}

static void a_long_page_comes_in_chunks_and_the_connection_stays(void **state)
{
    (void)state;
    start(&(pitot_server_opts){0});
    int fd = connect_port(port);
    for (int i = 0; i < 3; i++) {
        assert_true(send_text(fd, GET("/metrics")));
        struct reply reply = read_reply(fd, true);
        assert_string_equal(header_of(&reply, "Transfer-Encoding"), "chunked");
        assert_null(header_of(&reply, "Content-Length"));
        assert_whole_page(&reply);
        assert_in_range(reply.chunks, reply.body_size / 70000, reply.body_size / 32768);
        free(reply.body);
        assert_true(send_text(fd, GET("/-/ready")));
        reply = read_reply(fd, true);
        assert_int_equal(reply.status, 200);
        free(reply.body);
    }
    close(fd);
}

static void head_of_a_long_page_has_no_body(void **state)
{
    (void)state;
    start(&(pitot_server_opts){0});
    int fd = ask("HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
    struct reply reply = wait_for_head(fd);
    assert_string_equal(header_of(&reply, "Content-Type"),
        "text/plain; version=0.0.4; charset=utf-8; escaping=underscores");
    read_until_closed(fd, &reply);
    assert_true(reply.complete);
    assert_int_equal(reply.body_size, 0);
    free(reply.body);
    close(fd);
    assert_honest_scrape();
}

static void http_1_0_gets_a_long_page_until_the_end_of_the_connection(void **state)
{
    (void)state;
    start(&(pitot_server_opts){0});
    int fd = ask("GET /metrics HTTP/1.0\r\n\r\n");
    struct reply reply = wait_for_head(fd);
    assert_null(header_of(&reply, "Transfer-Encoding"));
    read_until_closed(fd, &reply);
    assert_whole_page(&reply);
    free(reply.body);
    close(fd);
}

static void who_leaves_in_the_middle_leaves_nothing_behind(void **state)
{
    char bytes[1000];

    (void)state;
    start(&(pitot_server_opts){.share_ms = 1});
    int fds = count_fds();
    for (int i = 0; i < 20; i++) {
        int fd = ask_slowly(GET("/metrics"));
        assert_true(receive(fd, bytes, sizeof(bytes), PATIENCE_MS) > 0);
        close(fd);
    }
    ASSERT_SOON(count_fds() == fds);
    ASSERT_SOON(own_number("pitot_http_connections", "") == 0);
    assert_honest_scrape();
}

static void who_comes_while_a_young_page_is_sent_shares_its_snapshot(void **state)
{
    (void)state;
    start(&(pitot_server_opts){.share_ms = 600000});
    int slow = ask_slowly(GET("/metrics"));
    wait_for_head(slow);
    for (int i = 0; i < 3; i++) {
        int fd = ask(i == 2 ? "GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
                              "Accept: application/openmetrics-text\r\n\r\n"
                            : GET("/metrics"));
        struct reply reply = read_reply(fd, true);
        assert_int_equal(reply.status, 200);
        free(reply.body);
        close(fd);
    }
    close(slow);
    ASSERT_SOON(own_number("pitot_http_scrapes_shared_total", "") == 3);
}

static void who_asks_alone_sees_fresh_numbers(void **state)
{
    pitot_counter *counter = pitot_counter_new(
        reg, NULL, &(pitot_desc){.name = "fresh_total", .help = "Counts requests."});
    char line[64];

    (void)state;
    start(&(pitot_server_opts){.share_ms = 600000});
    for (int i = 1; i <= 10; i++) {
        pitot_counter_inc(counter);
        struct reply reply = fetch(port, GET("/metrics"));
        snprintf(line, sizeof(line), "\nfresh_total %d\n", i);
        assert_non_null(strstr(reply.body, line));
        free(reply.body);
    }
}

static void slow_readers_of_two_snapshots_give_way_to_a_third(void **state)
{
    (void)state;
    start(&(pitot_server_opts){.share_ms = 1, .rate_min = 1 << 30});
    struct reply replies[2];
    int slow[2];
    for (int i = 0; i < 2; i++) {
        slow[i] = ask_slowly(GET("/metrics"));
        replies[i] = wait_for_head(slow[i]);
        sleep_ms(20);
    }
    assert_honest_scrape();
    assert_int_equal((int)own_number("pitot_http_connections_cut_total", "reason=\"busy\""), 1);
    read_body(slow[0], &replies[0]);
    assert_false(replies[0].complete);
    free(replies[0].body);
    for (int i = 0; i < 2; i++)
        close(slow[i]);
}

static void who_waits_too_long_for_a_third_snapshot_is_told_to_come_back(void **state)
{
    int slow[2];

    (void)state;
    start(&(pitot_server_opts){.share_ms = 1, .rate_min = 1, .send_timeout_ms = 2000});
    for (int i = 0; i < 2; i++) {
        slow[i] = ask_slowly("GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
                             "X-Prometheus-Scrape-Timeout-Seconds: 600\r\n\r\n");
        wait_for_head(slow[i]);
        sleep_ms(20);
    }
    struct reply reply = fetch(port, GET("/metrics"));
    assert_int_equal(reply.status, 503);
    assert_string_equal(header_of(&reply, "Retry-After"), "1");
    free(reply.body);
    for (int i = 0; i < 2; i++)
        close(slow[i]);
    ASSERT_SOON(own_number("pitot_http_scrapes_refused_total", "") == 1);
}

static void more_scrapes_than_are_allowed_are_told_to_come_back(void **state)
{
    int slow[3];

    (void)state;
    start(&(pitot_server_opts){.share_ms = 600000, .scrapes_max = 3});
    for (int i = 0; i < 3; i++) {
        slow[i] = ask_slowly(GET("/metrics"));
        wait_for_head(slow[i]);
    }
    struct reply reply = fetch(port, GET("/metrics"));
    assert_int_equal(reply.status, 503);
    assert_string_equal(header_of(&reply, "Retry-After"), "1");
    free(reply.body);
    assert_int_equal(fetch_status(port, GET("/-/healthy")), 200);
    for (int i = 0; i < 3; i++)
        close(slow[i]);
    ASSERT_SOON(fetch_status(port, "HEAD /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n") == 200);
}

static void who_reads_slower_than_the_least_rate_is_cut_and_sees_that_it_was(void **state)
{
    (void)state;
    start(&(pitot_server_opts){.rate_min = 1 << 20});
    int chunked = ask_slowly(GET("/metrics"));
    int plain = ask_slowly("GET /metrics HTTP/1.0\r\n\r\n");
    struct reply replies[] = {wait_for_head(chunked), wait_for_head(plain)};
    ASSERT_SOON(own_number("pitot_http_connections_cut_total", "reason=\"slow\"") == 2);
    read_body(chunked, &replies[0]);
    assert_false(replies[0].complete);
    free(replies[0].body);
    read_until_closed(plain, &replies[1]);
    assert_false(replies[1].complete);
    free(replies[1].body);
    close(chunked);
    close(plain);
}

/* Reads about a kilobyte a second, from many connections. */
static void drip(int *fds, int count)
{
    char bytes[50];

    for (int i = 0; i < count; i++)
        (void)!recv(fds[i], bytes, sizeof(bytes), MSG_DONTWAIT);
    sleep_ms(50);
}

static void many_who_read_a_kilobyte_a_second_do_not_stop_a_scrape(void **state)
{
    int slow[100];

    (void)state;
    start(&(pitot_server_opts){0});
    for (int i = 0; i < 100; i++)
        slow[i] = ask_slowly(GET("/metrics"));
    for (int round = 0; round < 4; round++) {
        int64_t start_ms = now_ms();
        assert_honest_scrape();
        assert_true(now_ms() - start_ms < PATIENCE_MS);
        for (int i = 0; i < 15; i++)
            drip(slow, 100);
    }
    for (int i = 0; i < 100; i++)
        close(slow[i]);
    ASSERT_SOON(own_number("pitot_http_connections", "") == 0);
}

static void emit_late(pitot_sink *sink, void *ctx)
{
    struct timespec end;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += PATIENCE_MS / 1000;
    sem_timedwait(ctx, &end);
    pitot_sink_family(sink, PITOT_GAUGE, &(pitot_desc){.name = "late", .help = "Comes late."});
    pitot_sink_value(sink, 1, NULL, 0);
}

static void a_slow_collector_is_left_out_when_the_client_cannot_wait(void **state)
{
    static sem_t leave;
    const pitot_collector collector = {.name = "slow", .collect = emit_late, .ctx = &leave};

    (void)state;
    sem_init(&leave, 0, 0);
    assert_true(pitot_collector_add(reg, NULL, &collector));
    start(&(pitot_server_opts){0});
    struct reply reply = fetch(port, "GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
                                     "X-Prometheus-Scrape-Timeout-Seconds: 1\r\n\r\n");
    sem_post(&leave);
    if (reply.status != 503) /* it may be too late for the client, on a busy machine */
        assert_whole_page(&reply);
    assert_null(strstr(reply.body, "\nlate 1\n"));
    free(reply.body);
}

static void a_filter_makes_a_page_of_a_part(void **state)
{
    pitot_gauge_vec *vec = pitot_gauge_vec_new(reg, NULL,
        &(pitot_desc){.name = "h", .help = "A gauge.", .labels = PITOT_LABELS("method", "code")});

    (void)state;
    start(&(pitot_server_opts){0});
    pitot_gauge_set(pitot_gauge_with(vec, "GET", "200"), 1);
    pitot_gauge_set(pitot_gauge_with(vec, "PUT", "200"), 2);
    struct reply reply = fetch(port, GET("/metrics?x=1&name%5B%5D=h&label[]=method%3DPUT"));
    assert_int_equal(reply.status, 200);
    assert_string_equal(reply.body, "# HELP h A gauge.\n# TYPE h gauge\n"
                                    "h{method=\"PUT\",code=\"200\"} 2\n");
    free(reply.body);
    assert_int_equal(fetch_status(port, GET("/metrics?name[]=%zz")), 400);
    assert_int_equal(fetch_status(port, GET("/metrics?name[]=h")), 200);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_long_page_comes_in_chunks_and_the_connection_stays),
        TEST(head_of_a_long_page_has_no_body),
        TEST(http_1_0_gets_a_long_page_until_the_end_of_the_connection),
        TEST(who_leaves_in_the_middle_leaves_nothing_behind),
        TEST(who_comes_while_a_young_page_is_sent_shares_its_snapshot),
        TEST(who_asks_alone_sees_fresh_numbers),
        TEST(slow_readers_of_two_snapshots_give_way_to_a_third),
        TEST(who_waits_too_long_for_a_third_snapshot_is_told_to_come_back),
        TEST(more_scrapes_than_are_allowed_are_told_to_come_back),
        TEST(who_reads_slower_than_the_least_rate_is_cut_and_sees_that_it_was),
        TEST(many_who_read_a_kilobyte_a_second_do_not_stop_a_scrape),
        TEST(a_slow_collector_is_left_out_when_the_client_cannot_wait),
        TEST(a_filter_makes_a_page_of_a_part),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
