/* SPDX-License-Identifier: MIT */
/* bind_test.c -- where a server listens, and what it says when it cannot. */
#include "client.h"

#include <pitot/http.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

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

static pitot_server *start(const char *listen, pitot_error *err)
{
    return pitot_server_start(reg, err, &(pitot_server_opts){.listen = listen});
}

static int status_from(int fd)
{
    struct reply reply = {0};

    if (fd >= 0 && send_text(fd, GET("/-/healthy")))
        reply = read_reply(fd, true);
    if (fd >= 0)
        close(fd);
    free(reply.body);
    return reply.status;
}

static void port_0_is_any_free_port(void **state)
{
    pitot_error err = {0};
    pitot_server *one = start("127.0.0.1:0", &err);
    pitot_server *two = start("127.0.0.1:0", &err);

    (void)state;
    assert_int_equal(err.code, PITOT_OK);
    assert_int_not_equal(pitot_server_port(one), pitot_server_port(two));
    assert_int_equal(status_from(connect_port(pitot_server_port(one))), 200);
    assert_int_equal(status_from(connect_port(pitot_server_port(two))), 200);
    pitot_server_stop(one);
    pitot_server_stop(two);
}

static void an_empty_host_is_every_address(void **state)
{
    pitot_error err = {0};
    pitot_server *server = start(":0", &err);
    char url[64];

    (void)state;
    assert_non_null(server);
    snprintf(url, sizeof(url), "http://localhost:%u", pitot_server_port(server));
    assert_string_equal(pitot_server_url(server), url);
    assert_int_equal(status_from(connect_port(pitot_server_port(server))), 200);
    int six = connect_port6(pitot_server_port(server));
    if (six >= 0)
        assert_int_equal(status_from(six), 200);
    pitot_server_stop(server);
}

static void localhost_is_found_by_name(void **state)
{
    pitot_error err = {0};
    pitot_server *server = start("localhost:0", &err);

    (void)state;
    assert_non_null(server);
    assert_int_equal(status_from(connect_port(pitot_server_port(server))), 200);
    pitot_server_stop(server);
}

static void an_ipv6_address_is_in_brackets(void **state)
{
    pitot_error err = {0};
    pitot_server *server = start("[::1]:0", &err);
    char url[64];

    (void)state;
    if (!server && strstr(err.message, "Cannot assign requested address"))
        skip(); /* no IPv6 here */
    assert_non_null(server);
    snprintf(url, sizeof(url), "http://[::1]:%u", pitot_server_port(server));
    assert_string_equal(pitot_server_url(server), url);
    assert_int_equal(status_from(connect_port6(pitot_server_port(server))), 200);
    assert_int_equal(connect_port(pitot_server_port(server)), -1);
    pitot_server_stop(server);
}

static void a_port_that_is_taken_is_named_with_the_reason(void **state)
{
    pitot_error err = {0};
    pitot_server *first = start("127.0.0.1:0", &err);
    char listen[64];
    char message[128];

    (void)state;
    snprintf(listen, sizeof(listen), "127.0.0.1:%u", pitot_server_port(first));
    snprintf(message, sizeof(message), "cannot listen on \"%s\": Address already in use", listen);
    assert_null(start(listen, &err));
    assert_int_equal(err.code, PITOT_ESYSTEM);
    assert_string_equal(err.message, message);
    assert_int_equal(status_from(connect_port(pitot_server_port(first))), 200);
    pitot_server_stop(first);
}

static void what_cannot_be_bound_is_named_with_the_reason(void **state)
{
    const struct {
        const char *listen;
        pitot_code code;
        const char *message;
    } cases[] = {
        {"192.0.2.1:9464", PITOT_ESYSTEM,
            "cannot listen on \"192.0.2.1:9464\": Cannot assign requested address"},
        {"unix:/nonexistent/metrics.sock", PITOT_ESYSTEM,
            "cannot listen on \"unix:/nonexistent/metrics.sock\": No such file or directory"},
        {"9464", PITOT_EINVAL,
            "listen \"9464\": no port; write \"9464:9464\", or \":9464\" for any address"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pitot_error err = {0};

        assert_null(start(cases[i].listen, &err));
        assert_int_equal(err.code, cases[i].code);
        assert_string_equal(err.message, cases[i].message);
    }
}

static void a_port_is_free_as_soon_as_the_server_has_stopped(void **state)
{
    pitot_error err = {0};
    pitot_server *server = start("127.0.0.1:0", &err);
    char listen[64];

    (void)state;
    snprintf(listen, sizeof(listen), "127.0.0.1:%u", pitot_server_port(server));
    for (int i = 0; i < 20; i++) {
        uint16_t port = pitot_server_port(server);
        int idle = connect_port(port);
        assert_int_equal(status_from(connect_port(port)), 200);
        pitot_server_stop(server);
        assert_int_equal(connect_port(port), -1);
        server = start(listen, &err);
        assert_non_null(server);
        close(idle);
    }
    pitot_server_stop(server);
}

struct path {
    char dir[32];
    char file[64];
    char listen[80];
};

static struct path make_path(void)
{
    struct path path = {.dir = "/tmp/pitot-XXXXXX"};

    assert_non_null(mkdtemp(path.dir));
    snprintf(path.file, sizeof(path.file), "%s/metrics.sock", path.dir);
    snprintf(path.listen, sizeof(path.listen), "unix:%s", path.file);
    return path;
}

static void a_unix_socket_serves_its_group_and_goes_when_the_server_does(void **state)
{
    struct path path = make_path();
    pitot_error err = {0};
    struct stat status;
    pitot_server *server = start(path.listen, &err);

    (void)state;
    assert_non_null(server);
    assert_string_equal(pitot_server_url(server), path.listen);
    assert_int_equal(pitot_server_port(server), 0);
    assert_int_equal(stat(path.file, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0660);
    assert_int_equal(status_from(connect_path(path.file)), 200);
    pitot_server_stop(server);
    assert_int_equal(access(path.file, F_OK), -1);
    assert_int_equal(rmdir(path.dir), 0);
}

static void a_unix_socket_that_was_left_behind_is_taken_over(void **state)
{
    struct path path = make_path();
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    pitot_error err = {0};
    int dead = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    memcpy(address.sun_path, path.file, sizeof(path.file));
    assert_int_equal(bind(dead, (struct sockaddr *)&address, sizeof(address)), 0);
    close(dead);
    pitot_server *server = start(path.listen, &err);
    assert_non_null(server);
    assert_int_equal(status_from(connect_path(path.file)), 200);
    pitot_server_stop(server);
    rmdir(path.dir);
}

static void a_path_that_is_in_use_is_left_alone(void **state)
{
    struct path path = make_path();
    pitot_error err = {0};
    pitot_server *first = start(path.listen, &err);

    (void)state;
    assert_null(start(path.listen, &err));
    assert_int_equal(err.code, PITOT_ESYSTEM);
    assert_non_null(strstr(err.message, "Address already in use"));
    assert_int_equal(status_from(connect_path(path.file)), 200);
    pitot_server_stop(first);

    close(open(path.file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
    err = (pitot_error){0};
    assert_null(start(path.listen, &err));
    assert_non_null(strstr(err.message, "Address already in use"));
    assert_int_equal(unlink(path.file), 0);
    rmdir(path.dir);
}

static void a_socket_of_somebody_else_is_not_removed_at_the_end(void **state)
{
    struct path path = make_path();
    pitot_error err = {0};
    pitot_server *first = start(path.listen, &err);

    (void)state;
    assert_int_equal(unlink(path.file), 0);
    pitot_server *second = start(path.listen, &err);
    assert_non_null(second);
    pitot_server_stop(first);
    assert_int_equal(status_from(connect_path(path.file)), 200);
    pitot_server_stop(second);
    rmdir(path.dir);
}

static void metrics_that_are_off_are_not_served_and_that_is_no_error(void **state)
{
    pitot_error err = {0};

    (void)state;
    assert_null(pitot_server_start(NULL, &err, NULL));
    assert_int_equal(err.code, PITOT_OK);
    assert_int_equal(pitot_server_port(NULL), 0);
    assert_null(pitot_server_url(NULL));
    pitot_server_stop(NULL);
}

static void more_connections_than_can_be_served_are_refused(void **state)
{
    pitot_error err = {0};

    (void)state;
    assert_null(pitot_server_start(
        reg, &err, &(pitot_server_opts){.listen = "127.0.0.1:0", .connections_max = 4097}));
    assert_int_equal(err.code, PITOT_EINVAL);
    assert_string_equal(err.message, "connections_max 4097: at most 4096 can be served");
}

static void a_name_that_is_none_is_refused(void **state)
{
    const char *const names[] = {"metrics.example:9464"};
    pitot_error err = {0};

    (void)state;
    assert_null(pitot_server_start(
        reg, &err, &(pitot_server_opts){.listen = "127.0.0.1:0", .hosts = names, .host_count = 1}));
    assert_int_equal(err.code, PITOT_EINVAL);
    assert_string_equal(err.message,
        "hosts[0] \"metrics.example:9464\": that is not a name; write it as in "
        "\"metrics.example\", without port and path");
}

static void a_unix_socket_goes_by_any_name(void **state)
{
    char path[64];
    char listen[80];
    pitot_error err = {0};

    (void)state;
    snprintf(path, sizeof(path), "/tmp/pitot-bind-names.%d", getpid());
    snprintf(listen, sizeof(listen), "unix:%s", path);
    pitot_server *server = start(listen, &err);
    assert_non_null(server);
    int fd = connect_path(path);
    assert_true(send_text(fd, "GET /-/ready HTTP/1.1\r\nHost: any.example\r\n\r\n"));
    struct reply reply = read_reply(fd, true);
    assert_int_equal(reply.status, 200);
    free(reply.body);
    close(fd);
    pitot_server_stop(server);
}

static void without_file_descriptors_the_reason_is_given_and_none_is_kept(void **state)
{
    struct rlimit before;
    struct rlimit tight;
    int fds = count_fds();
    bool started = false;
    int spare = 0;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (; !started && spare < 100; spare++) {
        pitot_error err = {0};

        tight = before;
        tight.rlim_cur = (rlim_t)(lowest_free_fd() + spare);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
        pitot_server *server = start("127.0.0.1:0", &err);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        started = server != NULL;
        if (!started)
            assert_non_null(strstr(err.message, "Too many open files"));
        pitot_server_stop(server);
        assert_int_equal(count_fds(), fds);
    }
    assert_true(started);
    assert_true(spare > 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(port_0_is_any_free_port),
        TEST(an_empty_host_is_every_address),
        TEST(localhost_is_found_by_name),
        TEST(an_ipv6_address_is_in_brackets),
        TEST(a_port_that_is_taken_is_named_with_the_reason),
        TEST(what_cannot_be_bound_is_named_with_the_reason),
        TEST(a_port_is_free_as_soon_as_the_server_has_stopped),
        TEST(a_unix_socket_serves_its_group_and_goes_when_the_server_does),
        TEST(a_unix_socket_that_was_left_behind_is_taken_over),
        TEST(a_path_that_is_in_use_is_left_alone),
        TEST(a_socket_of_somebody_else_is_not_removed_at_the_end),
        TEST(metrics_that_are_off_are_not_served_and_that_is_no_error),
        TEST(more_connections_than_can_be_served_are_refused),
        TEST(a_name_that_is_none_is_refused),
        TEST(a_unix_socket_goes_by_any_name),
        TEST(without_file_descriptors_the_reason_is_given_and_none_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
