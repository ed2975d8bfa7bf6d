/* SPDX-License-Identifier: MIT */
/* inherit_test.c -- the sockets of a service manager, and what is said where there are none. */
#include "transport/inherit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void announce(const char *pid, const char *fds, const char *names)
{
    char own[20];

    snprintf(own, sizeof(own), "%ld", (long)getpid());
    setenv("LISTEN_PID", pid ? pid : own, 1);
    setenv("LISTEN_FDS", fds, 1);
    setenv("LISTEN_FDNAMES", names, 1);
}

/* Two sockets at 3 and 4, of which the first does not listen. */
static int set_up(void **state)
{
    struct sockaddr_in any = {.sin_family = AF_INET};
    (void)state;

    for (int i = 0; i < 2; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        if (bind(fd, (struct sockaddr *)&any, sizeof(any)) != 0 || (i == 1 && listen(fd, 5) != 0))
            return -1;
        if (fd != 3 + i) {
            dup2(fd, 3 + i);
            close(fd);
        }
    }
    return 0;
}

static void systemd_and_a_name_mean_such_a_socket(void **state)
{
    (void)state;
    assert_true(pt_inherit_is("systemd"));
    assert_true(pt_inherit_is("systemd:metrics"));
    assert_false(pt_inherit_is("systemd:"));
    assert_false(pt_inherit_is("systemd.example.org:9464"));
    assert_false(pt_inherit_is(""));
    assert_false(pt_inherit_is(NULL));
}

static void a_copy_of_the_one_with_the_name_is_taken(void **state)
{
    pitot_error err = {0};
    (void)state;

    announce(NULL, "2", "a:metrics");
    int fd = pt_inherit_open("systemd:metrics", &err);
    assert_string_equal(err.message, "");
    assert_true(fd > 4);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(4, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    close(fd);
    assert_true(fcntl(4, F_GETFD) >= 0);
}

static void what_is_wrong_is_said_with_its_fix(void **state)
{
    static const struct {
        const char *listen, *pid, *fds, *names, *part;
    } cases[] = {
        {"systemd", "0", "1", "", "LISTEN_PID is \"0\""},
        {"systemd", "12x", "1", "", "LISTEN_PID is \"12x\""},
        {"systemd", NULL, "0", "", "LISTEN_FDS is \"0\", not a number from 1 to 4096"},
        {"systemd", NULL, "99999", "", "ListenStream="},
        {"systemd", NULL, "2", "a:b", "write \"systemd:NAME\""},
        {"systemd:c", NULL, "2", "a:b", "LISTEN_FDNAMES is \"a:b\"; set FileDescriptorName=c"},
        {"systemd:c", NULL, "2", "a:b:c", "set FileDescriptorName=c"},
        {"systemd", "99999999999999999999", "1", "", "LISTEN_PID is \"99999999999999999999\""},
        {"systemd", NULL, ":1", "", "LISTEN_FDS is \":1\", not a number from 1 to 4096"},
        {"systemd:a", NULL, "2", "a:b", "fd 3 does not listen"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pitot_error err = {0};

        announce(cases[i].pid, cases[i].fds, cases[i].names);
        assert_int_equal(pt_inherit_open(cases[i].listen, &err), -1);
        assert_int_equal(err.code, PITOT_EINVAL);
        if (!strstr(err.message, cases[i].part))
            fail_msg("%s", err.message);
    }
    announce(NULL, "90", "");
    setenv(
        "LISTEN_FDNAMES", "x:x:x:x:x:x:x:x:x:x:x:x:x:x:x:x:x:x:x:x:x:x:x:x:x:x:x:x:x:x:closed", 1);
    pitot_error err = {0};
    assert_int_equal(pt_inherit_open("systemd:closed", &err), -1);
    assert_int_equal(err.code, PITOT_ESYSTEM);
    unsetenv("LISTEN_FDS");
    err = (pitot_error){0};
    assert_int_equal(pt_inherit_open("systemd", &err), -1);
    assert_non_null(strstr(err.message, "LISTEN_FDS is not set"));
    announce(NULL, "2", "");
    unsetenv("LISTEN_PID");
    err = (pitot_error){0};
    assert_int_equal(pt_inherit_open("systemd", &err), -1);
    assert_non_null(strstr(err.message, "LISTEN_PID is not set"));
    announce(NULL, "2", "");
    unsetenv("LISTEN_FDNAMES");
    err = (pitot_error){0};
    assert_int_equal(pt_inherit_open("systemd:a", &err), -1);
    assert_non_null(strstr(err.message, "LISTEN_FDNAMES is \"\"; set FileDescriptorName=a"));
}

static void a_socket_for_datagrams_is_refused(void **state)
{
    pitot_error err = {0};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    (void)state;

    assert_int_equal(dup2(fd, 3), 3);
    close(fd);
    announce(NULL, "1", "");
    assert_int_equal(pt_inherit_open("systemd", &err), -1);
    assert_non_null(strstr(err.message, "fd 3 does not listen for connections"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(systemd_and_a_name_mean_such_a_socket),
        cmocka_unit_test(a_copy_of_the_one_with_the_name_is_taken),
        cmocka_unit_test(what_is_wrong_is_said_with_its_fix),
        cmocka_unit_test(a_socket_for_datagrams_is_refused),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
