/* SPDX-License-Identifier: MIT */
/*
 * fds_test.c -- a program that forks, or closes every fd it does not know, beside a server.
 *
 * What has the number of one of the server's fds afterwards is the program's: nobody else reads it,
 * writes it or closes it.
 */
#define _GNU_SOURCE
#include "client.h"

#include <pitot/export.h>
#include <pitot/http.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_FD 3
#define FDS 256

static pitot_registry *reg;
static pitot_server *server;

static int set_up(void **state)
{
    pitot_error err = {0};
    pitot_gauge_vec *vec;
    (void)state;

    reg = pitot_registry_new(&err);
    vec = pitot_gauge_vec_new(reg, &err,
        &(pitot_desc){
            .name = "g", .help = "A gauge.", .labels = PITOT_LABELS("n"), .series_max = 20000});
    for (unsigned i = 0; i < 5000; i++) {
        char value[1001];

        write_long_value(value, sizeof(value), i);
        pitot_gauge_set(pitot_gauge_with(vec, value), i);
    }
    server = pitot_server_start(reg, &err, &(pitot_server_opts){.listen = "127.0.0.1:0"});
    assert_string_equal(err.message, "");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pitot_registry_free(reg);
    return 0;
}

/* ---- Fds that are closed ---- */

/* Takes every free number up to FDS with a pipe that has a byte in it. */
static int take_numbers(int *readers, int *writers)
{
    int count = 0;

    for (;;) {
        int ends[2];

        assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
        if (ends[1] >= FDS) {
            close(ends[0]);
            close(ends[1]);
            return count;
        }
        assert_int_equal(write(ends[1], "x", 1), 1);
        readers[count] = ends[0];
        writers[count++] = ends[1];
    }
}

/* Nothing is missing, nothing was added. */
static void assert_untouched(const int *readers, const int *writers, int count)
{
    char bytes[100];

    for (int i = 0; i < count; i++) {
        assert_int_equal(read(readers[i], bytes, sizeof(bytes)), 1);
        assert_int_equal(bytes[0], 'x');
        assert_int_equal(write(writers[i], "y", 1), 1);
        close(readers[i]);
        close(writers[i]);
    }
}

/* Of this process only those from `first` on that no test's client has. */
static void close_all_but(const int *kept, int kept_count)
{
    for (int fd = FIRST_FD; fd < FDS; fd++) {
        bool keep = false;

        for (int i = 0; i < kept_count; i++)
            keep |= fd == kept[i];
        if (!keep)
            close(fd);
    }
}

static void a_host_that_closes_all_fds_keeps_those_that_it_opens_next(void **state)
{
    int readers[FDS], writers[FDS], clients[3];
    uint16_t port = pitot_server_port(server);
    pitot_error err = {0};
    (void)state;

    for (int i = 0; i < 3; i++) { /* one in the middle of a page, two that say nothing yet */
        char byte;

        clients[i] = connect_port(port);
        if (i == 0) {
            assert_true(send_text(clients[i], GET("/metrics")));
            assert_int_equal(receive(clients[i], &byte, 1, PATIENCE_MS), 1);
        }
    }
    assert_int_equal(fetch_status(port, GET("/-/ready")), 200);
    assert_false(pitot_server_error(server, &err));
    close_all_but(clients, 3);
    int count = take_numbers(readers, writers);
    send_text(clients[1], GET("/metrics")); /* what it slept on is still awake in the kernel */
    for (int i = 0; i < 3; i++)
        close(clients[i]);
    pitot_server_stop(server);
    assert_untouched(readers, writers, count);
}

static void a_server_whose_fds_were_closed_says_so_when_somebody_comes(void **state)
{
    uint16_t port = pitot_server_port(server);
    pitot_error err = {0};
    (void)state;

    int client = connect_port(port);
    assert_int_equal(fetch_status(port, GET("/-/ready")), 200);
    close_all_but(&client, 1);
    send_text(client, GET("/-/ready"));
    ASSERT_SOON(pitot_server_error(server, &err) || (close(connect_port(port)), false));
    assert_int_equal(err.code, PITOT_ESYSTEM);
    assert_non_null(strstr(err.message, "closefrom()"));
    close(client);
    pitot_server_stop(server);
}

static void a_server_that_sleeps_can_be_stopped_after_its_fds_were_closed(void **state)
{
    (void)state;
    sleep_ms(50);
    close_all_but(NULL, 0);
    alarm(60);
    pitot_server_stop(server);
    alarm(0);
}

/* ---- Children ---- */

static int status_of(pid_t child)
{
    int status = -1;

    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static pid_t raw_clone(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

/* 0 when stopping it closes this process's copies of its sockets, the one that listens too. */
static int stop_here(void)
{
    alarm(30);
    int before = count_fds();
    pitot_server_stop(server);
    return before - count_fds() >= 5 ? 0 : 1;
}

static void a_child_closes_its_copies_and_the_parent_serves_on(void **state)
{
    (void)state;
    uint16_t port = pitot_server_port(server);
    int client = connect_port(port);
    struct reply reply;

    assert_true(send_text(client, GET("/-/ready")));
    reply = read_reply(client, true);
    assert_int_equal(reply.status, 200);
    free(reply.body);
    for (int i = 0; i < 20; i++) {
        pid_t child = i % 2 ? raw_clone() : fork();

        if (child == 0)
            _exit(stop_here());
        assert_int_equal(status_of(child), 0);
    }
    assert_true(send_text(client, GET("/-/ready"))); /* on the same connection */
    reply = read_reply(client, true);
    assert_int_equal(reply.status, 200);
    free(reply.body);
    close(client);
    pitot_server_stop(server);
}

static void a_port_is_free_while_a_child_that_stopped_its_copy_lives_on(void **state)
{
    char listen[32];
    int ends[2];
    (void)state;

    snprintf(listen, sizeof(listen), "127.0.0.1:%u", pitot_server_port(server));
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        int failed = stop_here();

        (void)!write(ends[1], "x", 1);
        pause();
        _exit(failed);
    }
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), 1);
    pitot_server_stop(server);
    server = pitot_server_start(reg, NULL, &(pitot_server_opts){.listen = listen});
    assert_non_null(server);
    assert_int_equal(fetch_status(pitot_server_port(server), GET("/metrics")), 200);
    kill(child, SIGKILL);
    status_of(child);
    pitot_server_stop(server);
    close(ends[0]);
    close(ends[1]);
}

static int serve_here(void)
{
    pitot_error err = {0};

    alarm(60);
    pitot_server_stop(server);
    server = pitot_server_start(reg, &err, &(pitot_server_opts){.listen = "127.0.0.1:0"});
    int status = fetch_status(pitot_server_port(server), GET("/metrics"));
    pitot_server_stop(server);
    pitot_registry_free(reg);
    return status == 200 ? 0 : 1;
}

static void a_child_can_serve_what_it_has(void **state)
{
    (void)state;
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    pitot_server_stop(server);
    skip(); /* one sanitizer allows no threads in a child, the other's heap may be locked there */
#endif
    uint16_t port = pitot_server_port(server);
    for (int i = 0; i < 10; i++) {
        pid_t child = fork();

        if (child == 0)
            _exit(serve_here());
        assert_int_equal(fetch_status(port, GET("/metrics")), 200);
        assert_int_equal(status_of(child), 0);
    }
    pitot_server_stop(server);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_host_that_closes_all_fds_keeps_those_that_it_opens_next),
        TEST(a_server_whose_fds_were_closed_says_so_when_somebody_comes),
        TEST(a_server_that_sleeps_can_be_stopped_after_its_fds_were_closed),
        TEST(a_child_closes_its_copies_and_the_parent_serves_on),
        TEST(a_port_is_free_while_a_child_that_stopped_its_copy_lives_on),
        TEST(a_child_can_serve_what_it_has),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
