/* SPDX-License-Identifier: MIT */
/* hostile_test.c -- clients that are broken, slow, silent, or many: none of them stops a scrape. */
#include "client.h"

#include <pitot/http.h>

#include <signal.h>
#include <sys/resource.h>

#define SLOW_PAGE_SERIES 30000 /* of a kilobyte each */

static pitot_registry *reg;

static int set_up(void **state)
{
    (void)state;
    reg = pitot_registry_new(NULL);
    return reg ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pitot_registry_free(reg);
    return 0;
}

static pitot_server *start(const pitot_server_opts *opts)
{
    pitot_error err = {0};
    pitot_server_opts all = *opts;

    all.listen = "127.0.0.1:0";
    pitot_server *server = pitot_server_start(reg, &err, &all);
    assert_string_equal(err.message, "");
    return server;
}

static void fill_page(void)
{
    char value[1001];
    pitot_gauge_vec *vec = pitot_gauge_vec_new(reg, NULL,
        &(pitot_desc){.name = "g",
            .help = "A gauge.",
            .labels = PITOT_LABELS("n"),
            .series_max = SLOW_PAGE_SERIES});

    for (unsigned i = 0; i < SLOW_PAGE_SERIES; i++) {
        write_long_value(value, sizeof(value), i);
        pitot_gauge_set(pitot_gauge_with(vec, value), i);
    }
}

#define HOST "Host: localhost\r\n"
#define END "\r\n"

static void a_request_that_is_not_sound_is_refused_and_its_connection_closed(void **state)
{
    const struct {
        const char *request;
        int status; /* 0: closed without an answer */
    } cases[] = {
        {"GET /metrics HTTP/1.1\r\n" END, 400},
        {"GET /metrics HTTP/1.1\r\n" HOST HOST END, 400},
        {"GET /metrics HTTP/1.1\r\nHost : localhost\r\n" END, 400},
        {"GET /metrics HTTP/1.1\r\n" HOST "Content-Length: 5\r\n" END, 400},
        {"GET /metrics HTTP/1.1\r\n" HOST "Content-Length: 5\r\n" END "12345", 400},
        {"POST /metrics HTTP/1.1\r\n" HOST "Content-Length: 5\r\n" END "12345", 405},
        {"PUT /metrics HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n" END "0\r\n\r\n", 405},
        {"GET /metrics HTTP/1.1\r\n" HOST "Content-Length : 5\r\n" END "12345", 400},
        {"GET /metrics HTTP/1.1\r\n" HOST "Transfer-Encoding : chunked\r\n" END "0\r\n\r\n", 400},
        {"GET /metrics HTTP/1.1\r\n" HOST "Content-Length: -1\r\n" END, 400},
        {"GET /metrics HTTP/1.1\r\n" HOST "Content-Length: 0x1\r\n" END, 400},
        {"GET /metrics HTTP/1.1\r\n" HOST "Content-Length: 0\r\nContent-Length: 0\r\n" END, 400},
        {"GET /metrics HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n" END "0\r\n\r\n", 400},
        {"POST /metrics HTTP/1.1\r\n" HOST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n" END
         "0\r\n\r\n",
            400},
        {"GET /metrics\r\n" END, 400},
        {"GET /metrics HTTP/2.0\r\n" HOST END, 505},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        {"GET /metrics HTTP/0.9\r\n" HOST END, 505},
        {"GET /metrics x HTTP/1.1\r\n" HOST END, 400},
        {"GET  /metrics HTTP/1.1\r\n" HOST END, 400},
        {"GET /metrics  HTTP/1.1\r\n" HOST END, 400},
        {"GET /metrics?\x01 HTTP/1.1\r\n" HOST END, 400},
        {"GET http://localhost/metrics HTTP/1.1\r\n" HOST END, 400},
        {"G@T /metrics HTTP/1.1\r\n" HOST END, 400},
        {"CONNECT localhost:80 HTTP/1.1\r\n" HOST END, 400},
        {"GET /metrics HTTP/1.1\n" HOST END, 400},
        {"GET /metrics HTTP/1.1\r\nHost: localhost\n" END, 400},
        {"GET /metrics HTTP/1.1\r\n" HOST "\n", 400},
        {"GET /metrics HTTP/1.1\r\n" HOST "X: y\nZ: z\r\n" END, 400},
        {"GET /metrics HTTP/1.1\r\n" HOST "Content-Length:\r\n 5\r\n" END "12345", 400},
        {"GET /metrics HTTP/1.1\r\n" HOST "Content-Length: 0\r\n 5\r\n" END "12345", 400},
        {"GET /metrics HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\tchunked\r\n" END, 400},
        {"GET /metrics HTTP/1.1\r\n" HOST "X: y\r\n \r\n" END, 400},
        {"GET /metrics HTTP/1.1\r\n" HOST ": x\r\n" END, 400},
        {"GET /metrics HTTP/1.1\r\n" HOST "X: a\rb\r\n" END, 400},
        {"GET /metrics HTTP/1.1\r\n" HOST "X: a\x7f\r\n" END, 400},
        {"GET /metrics\r\n\r\n", 400},
        {"GET\r\n\r\n", 0},
    };
    pitot_server *server = start(&(pitot_server_opts){.header_timeout_ms = 60000});

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int fd = connect_port(pitot_server_port(server));

        assert_true(send_text(fd, cases[i].request));
        struct reply reply = read_reply(fd, true);
        if (reply.status != cases[i].status)
            fail_msg("%d instead of %d for:\n%s", reply.status, cases[i].status, cases[i].request);
        if (ms_until_closed(fd, PATIENCE_MS) < 0)
            fail_msg("not closed after:\n%s", cases[i].request);
        free(reply.body);
        close(fd);
    }
    assert_int_equal(fetch_status(pitot_server_port(server), GET("/metrics")), 200);
    pitot_server_stop(server);
}

/* `before`, then `count` times `fill`, then `after`. */
static int status_of_long(
    uint16_t port, const char *before, const char *fill, size_t count, const char *after)
{
    int fd = connect_port(port);
    bool sent = send_text(fd, before);

    for (size_t i = 0; sent && i < count; i++)
        sent = send_text(fd, fill);
    if (sent)
        send_text(fd, after);
    struct reply reply = read_reply(fd, true);
    free(reply.body);
    close(fd);
    return reply.status;
}

/* An answer may be lost to a client that is still sending when the connection ends. */
static bool is_or_cut(int status, int expected)
{
    return status == expected || status == 0;
}

static void headers_and_targets_have_a_limit(void **state)
{
    static const char ten[] = "aaaaaaaaaa";
    static const char rest[] = " HTTP/1.1\r\n" HOST END;
    pitot_server *server = start(&(pitot_server_opts){0});
    uint16_t port = pitot_server_port(server);

    (void)state;
    assert_int_equal(status_of_long(port, "GET /-/ready?", ten, 200, rest), 200);
    assert_int_equal(status_of_long(port, "GET /-/ready?", ten, 210, rest), 414);
    assert_true(is_or_cut(status_of_long(port, "GET /-/ready?", ten, 2000, rest), 414));
    const char *line = "GET /-/ready HTTP/1.1\r\n" HOST "X: ";
    assert_int_equal(status_of_long(port, line, ten, 800, "\r\n\r\n"), 200);
    assert_int_equal(status_of_long(port, line, ten, 820, "\r\n\r\n"), 431);
    assert_true(is_or_cut(status_of_long(port, line, ten, 1900, "\r\n\r\n"), 431));
    line = "GET /-/ready HTTP/1.1\r\n" HOST;
    assert_int_equal(status_of_long(port, line, "X: y\r\n", 63, "\r\n"), 200);
    assert_int_equal(status_of_long(port, line, "X: y\r\n", 64, "\r\n"), 431);
    assert_int_equal(fetch_status(port, GET("/metrics")), 200);
    pitot_server_stop(server);
}

static void a_hundred_requests_for_http_2_leave_nothing_behind(void **state)
{
    pitot_server *server = start(&(pitot_server_opts){0});
    uint16_t port = pitot_server_port(server);
    int fds = count_fds();
    int threads = count_threads();

    (void)state;
    for (int i = 0; i < 100; i++)
        assert_int_equal(fetch_status(port, "GET / HTTP/2.0\r\n" HOST END), 505);
    ASSERT_SOON(count_fds() == fds);
    assert_int_equal(count_threads(), threads);
    assert_int_equal(fetch_status(port, GET("/metrics")), 200);
    pitot_server_stop(server);
}

static void headers_that_drip_are_cut_off_at_their_deadline(void **state)
{
    pitot_server *server = start(&(pitot_server_opts){.header_timeout_ms = 200});
    int silent = connect_port(pitot_server_port(server));
    int dripping = connect_port(pitot_server_port(server));
    int64_t start_ms = now_ms();

    (void)state;
    while (send_text(dripping, "G") && now_ms() - start_ms < PATIENCE_MS)
        sleep_ms(10);
    assert_in_range(now_ms() - start_ms, 150, 2000);
    assert_true(ms_until_closed(silent, 1000) >= 0);
    close(silent);
    close(dripping);
    pitot_server_stop(server);
}

static void an_idle_connection_is_closed_at_its_deadline(void **state)
{
    pitot_server *server = start(&(pitot_server_opts){.idle_timeout_ms = 300});
    int fd = connect_port(pitot_server_port(server));

    (void)state;
    assert_true(send_text(fd, GET("/-/ready")));
    free(read_reply(fd, true).body);
    assert_in_range(ms_until_closed(fd, PATIENCE_MS), 250, 2000);
    close(fd);
    pitot_server_stop(server);
}

static void the_second_request_of_a_connection_may_not_drip_either(void **state)
{
    pitot_server *server =
        start(&(pitot_server_opts){.header_timeout_ms = 200, .idle_timeout_ms = 60000});
    int fd = connect_port(pitot_server_port(server));

    (void)state;
    assert_true(send_text(fd, GET("/-/ready")));
    free(read_reply(fd, true).body);
    sleep_ms(300);
    int64_t start_ms = now_ms();
    while (send_text(fd, "G") && now_ms() - start_ms < PATIENCE_MS)
        sleep_ms(10);
    assert_in_range(now_ms() - start_ms, 150, 2000);
    close(fd);
    pitot_server_stop(server);
}

static void a_second_request_that_begins_with_the_first_one_may_not_drip_either(void **state)
{
    pitot_server *server =
        start(&(pitot_server_opts){.header_timeout_ms = 200, .idle_timeout_ms = 600000});
    int fd = connect_port(pitot_server_port(server));

    (void)state;
    assert_true(send_text(fd, GET("/-/ready") "GET /-/rea"));
    free(read_reply(fd, true).body);
    assert_true(ms_until_closed(fd, PATIENCE_MS) >= 0);
    close(fd);
    pitot_server_stop(server);
}

static int status_for_host(pitot_server *server, const char *host)
{
    char request[200];

    snprintf(request, sizeof(request), "GET /-/ready HTTP/1.1\r\nHost: %s\r\n\r\n", host);
    return fetch_status(pitot_server_port(server), request);
}

static void a_name_that_was_made_to_point_to_this_machine_is_refused(void **state)
{
    const char *const names[] = {"metrics.example"};
    pitot_server *server = start(&(pitot_server_opts){0});

    (void)state;
    assert_int_equal(status_for_host(server, "localhost"), 200);
    assert_int_equal(status_for_host(server, "127.0.0.1:9464"), 200);
    assert_int_equal(status_for_host(server, "evil.example"), 403);
    assert_int_equal(status_for_host(server, "metrics.example"), 403);
    assert_int_equal(fetch_status(pitot_server_port(server), "GET /-/ready HTTP/1.0\r\n\r\n"), 200);
    pitot_server_stop(server);

    server = start(&(pitot_server_opts){.hosts = names, .host_count = 1});
    assert_int_equal(status_for_host(server, "evil.example"), 403);
    assert_int_equal(status_for_host(server, "metrics.example"), 200);
    pitot_server_stop(server);
}

static void a_server_that_others_reach_goes_by_any_name(void **state)
{
    pitot_server *server = pitot_server_start(reg, NULL, &(pitot_server_opts){.listen = ":0"});

    (void)state;
    assert_int_equal(status_for_host(server, "any.example"), 200);
    pitot_server_stop(server);
}

static double cut_for(uint16_t port, const char *reason)
{
    char line[100];

    snprintf(line, sizeof(line), "\npitot_http_connections_cut_total{reason=\"%s\"} ", reason);
    struct reply reply = fetch(port, GET_CLOSE("/metrics"));
    const char *found = strstr(reply.body, line);
    double value = found ? strtod(found + strlen(line), NULL) : -1;
    free(reply.body);
    return value;
}

static void one_address_has_no_more_connections_than_its_share(void **state)
{
    pitot_server *server = start(&(pitot_server_opts){.connections_max = 8, .per_address_max = 3});
    uint16_t port = pitot_server_port(server);
    int fds[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        fds[i] = connect_port(port);
    assert_true(ms_until_closed(fds[0], PATIENCE_MS) >= 0);
    for (int i = 1; i < 4; i++)
        assert_int_equal(ms_until_closed(fds[i], 50), -1);
    assert_true(cut_for(port, "address") >= 1);
    assert_true(cut_for(port, "replaced") == 0);
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    pitot_server_stop(server);
}

static void this_machine_has_them_all_unless_it_is_given_a_share(void **state)
{
    pitot_server *server = start(&(pitot_server_opts){.connections_max = 4});
    uint16_t port = pitot_server_port(server);
    int fds[4];

    (void)state;
    for (int i = 0; i < 4; i++)
        fds[i] = connect_port(port);
    for (int i = 0; i < 4; i++) {
        assert_true(send_text(fds[i], GET("/-/ready")));
        struct reply reply = read_reply(fds[i], true);
        assert_int_equal(reply.status, 200);
        free(reply.body);
    }
    for (int i = 0; i < 4; i++)
        close(fds[i]);
    pitot_server_stop(server);
}

static void a_client_that_never_reads_stops_nobody_and_is_cut_off(void **state)
{
    pitot_server *server = start(&(pitot_server_opts){.send_timeout_ms = 3000});
    uint16_t port = pitot_server_port(server);
    int fds = count_fds();
    int slow[4];

    (void)state;
    fill_page();
    for (int i = 0; i < 4; i++) {
        slow[i] = connect_port(port);
        assert_true(send_text(slow[i], GET("/metrics")));
    }
    struct reply reply = fetch(port, GET("/metrics"));
    assert_int_equal(reply.status, 200);
    assert_true(reply.body_size > SLOW_PAGE_SERIES * 1000u);
    assert_int_equal(reply.body[reply.body_size - 1], '\n');
    free(reply.body);
    assert_int_equal(fetch_status(port, GET("/-/healthy")), 200);

    ASSERT_SOON(count_fds() == fds + 4); /* the clients' own are left */
    for (int i = 0; i < 4; i++)
        close(slow[i]);
    pitot_server_stop(server);
}

static void two_hundred_silent_connections_do_not_stop_a_scrape(void **state)
{
    pitot_server *server =
        start(&(pitot_server_opts){.header_timeout_ms = 60000, .connections_max = 64});
    uint16_t port = pitot_server_port(server);
    int fds = count_fds();
    int threads = count_threads();
    int silent[200];

    (void)state;
    for (int i = 0; i < 200; i++) {
        silent[i] = connect_port(port);
        assert_true(silent[i] >= 0);
    }
    for (int i = 0; i < 100; i++)
        assert_int_equal(fetch_status(port, GET("/metrics")), 200);
    ASSERT_SOON(count_fds() <= fds + 200 + 64);
    assert_int_equal(count_threads(), threads);
    assert_true(ms_until_closed(silent[0], PATIENCE_MS) >= 0);
    assert_int_equal(ms_until_closed(silent[199], 50), -1);
    for (int i = 0; i < 200; i++)
        close(silent[i]);
    ASSERT_SOON(count_fds() == fds);
    pitot_server_stop(server);
}

static void take_a_while(pitot_sink *sink, void *ctx)
{
    (void)sink;
    sleep_ms(*(const int *)ctx);
}

static void who_is_being_answered_is_not_evicted_for_a_newcomer(void **state)
{
    static int ms = 300;
    const pitot_collector collector = {.name = "slow", .collect = take_a_while, .ctx = &ms};
    pitot_server *server = start(&(pitot_server_opts){.connections_max = 8});
    uint16_t port = pitot_server_port(server);
    int waiting[4];

    (void)state;
    assert_true(pitot_collector_add(reg, NULL, &collector));
    for (int i = 0; i < 4; i++) {
        waiting[i] = connect_port(port);
        assert_true(send_text(waiting[i], GET("/metrics")));
    }
    sleep_ms(50);
    for (int i = 0; i < 30; i++)
        close(connect_port(port));
    for (int i = 0; i < 4; i++) {
        struct reply reply = read_reply(waiting[i], true);
        assert_int_equal(reply.status, 200);
        free(reply.body);
        close(waiting[i]);
    }
    pitot_server_stop(server);
}

static void when_all_are_being_answered_a_newcomer_still_gets_in(void **state)
{
    static int ms = 500;
    const pitot_collector collector = {.name = "slow", .collect = take_a_while, .ctx = &ms};
    pitot_server *server = start(&(pitot_server_opts){.connections_max = 8});
    uint16_t port = pitot_server_port(server);
    int fds = count_fds();
    int waiting[30];

    (void)state;
    assert_true(pitot_collector_add(reg, NULL, &collector));
    for (int i = 0; i < 30; i++) {
        waiting[i] = connect_port(port);
        assert_true(send_text(waiting[i], GET("/metrics")));
    }
    assert_int_equal(fetch_status(port, GET("/-/healthy")), 200);
    for (int i = 0; i < 30; i++)
        close(waiting[i]);
    ASSERT_SOON(count_fds() == fds);
    assert_int_equal(fetch_status(port, GET("/metrics")), 200);
    pitot_server_stop(server);
}

static void a_scrape_that_waits_past_its_deadline_is_told_to_come_back(void **state)
{
    static int ms = 1500;
    const pitot_collector collector = {.name = "slow", .collect = take_a_while, .ctx = &ms};
    pitot_server *server = start(&(pitot_server_opts){.send_timeout_ms = 100});
    uint16_t port = pitot_server_port(server);
    int first = connect_port(port);
    int second = connect_port(port);

    (void)state;
    assert_true(pitot_collector_add(reg, NULL, &collector));
    assert_true(send_text(first, GET("/metrics")));
    sleep_ms(50);
    int64_t start_ms = now_ms();
    assert_true(send_text(second, GET("/metrics")));
    for (int i = 0; i < 2; i++) {
        struct reply reply = read_reply(i ? second : first, true);
        assert_int_equal(reply.status, 503);
        assert_string_equal(header_of(&reply, "Retry-After"), "1");
        free(reply.body);
    }
    assert_in_range(now_ms() - start_ms, 0, 1200); /* while the collector still runs */
    assert_true(send_text(first, GET("/-/healthy")));
    struct reply reply = read_reply(first, true);
    assert_int_equal(reply.status, 200);
    free(reply.body);
    close(first);
    close(second);
    pitot_server_stop(server);
}

/* CPU time of this process. */
static int64_t cpu_ms(void)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

static void it_lives_through_a_want_of_file_descriptors(void **state)
{
    pitot_server *server = start(&(pitot_server_opts){.header_timeout_ms = 60000});
    uint16_t port = pitot_server_port(server);
    struct rlimit before;
    struct rlimit tight;
    int clients[20];

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (int i = 0; i < 20; i++) { /* the sockets first: their own limit is not what is tested */
        clients[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_true(clients[i] >= 0);
    }
    tight = before;
    tight.rlim_cur = (rlim_t)lowest_free_fd();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    const struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int64_t cpu = cpu_ms();
    for (int i = 0; i < 20; i++)
        assert_int_equal(
            connect(clients[i], (const struct sockaddr *)&address, sizeof(address)), 0);
    for (int i = 0; i < 20; i++) /* each is told, none hangs */
        assert_true(ms_until_closed(clients[i], PATIENCE_MS) >= 0);
    sleep_ms(500);
    assert_true(cpu_ms() - cpu < 250);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);

    for (int i = 0; i < 20; i++)
        close(clients[i]);
    sleep_ms(150);
    assert_int_equal(fetch_status(port, GET("/metrics")), 200);
    pitot_server_stop(server);
}

static void a_client_that_hangs_up_early_raises_no_signal(void **state)
{
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    pitot_server *server = start(&(pitot_server_opts){0});
    uint16_t port = pitot_server_port(server);

    (void)state;
    signal(SIGPIPE, SIG_DFL);
    for (int i = 0; i < 200; i++) {
        int fd = connect_port(port);
        if (i % 4)
            assert_true(send_text(fd, GET("/metrics") GET("/metrics") GET("/-/ready")));
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
        if (i % 3 == 0)
            sched_yield();
        close(fd);
    }
    assert_int_equal(fetch_status(port, GET("/metrics")), 200);
    pitot_server_stop(server);
}

static void random_bytes_do_no_harm(void **state)
{
    static const char *const words[] = {"GET ", "/metrics", " HTTP/1.1", "\r\n", "Host: x",
        "\r\n\r\n", "Content-Length: ", "Transfer-Encoding: chunked", "0", "\n", "%00", "?", ":",
        " ", "\xff", "Accept: */*", "Expect: 100-continue", "Connection: close", "POST ", "HEAD "};
    pitot_server *server = start(&(pitot_server_opts){.header_timeout_ms = 100});
    uint16_t port = pitot_server_port(server);

    (void)state;
    srand(7);
    for (int i = 0; i < 1000; i++) {
        int fd = connect_port(port);
        for (int n = rand() % 30; n > 0; n--) {
            if (!send_text(fd, words[(size_t)rand() % (sizeof(words) / sizeof(words[0]))]))
                break;
        }
        close(fd);
    }
    assert_int_equal(fetch_status(port, GET("/metrics")), 200);
    pitot_server_stop(server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_request_that_is_not_sound_is_refused_and_its_connection_closed),
        TEST(headers_and_targets_have_a_limit),
        TEST(a_hundred_requests_for_http_2_leave_nothing_behind),
        TEST(headers_that_drip_are_cut_off_at_their_deadline),
        TEST(an_idle_connection_is_closed_at_its_deadline),
        TEST(the_second_request_of_a_connection_may_not_drip_either),
        TEST(a_second_request_that_begins_with_the_first_one_may_not_drip_either),
        TEST(a_name_that_was_made_to_point_to_this_machine_is_refused),
        TEST(a_server_that_others_reach_goes_by_any_name),
        TEST(one_address_has_no_more_connections_than_its_share),
        TEST(this_machine_has_them_all_unless_it_is_given_a_share),
        TEST(a_client_that_never_reads_stops_nobody_and_is_cut_off),
        TEST(two_hundred_silent_connections_do_not_stop_a_scrape),
        TEST(who_is_being_answered_is_not_evicted_for_a_newcomer),
        TEST(when_all_are_being_answered_a_newcomer_still_gets_in),
        TEST(a_scrape_that_waits_past_its_deadline_is_told_to_come_back),
        TEST(it_lives_through_a_want_of_file_descriptors),
        TEST(a_client_that_hangs_up_early_raises_no_signal),
        TEST(random_bytes_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
