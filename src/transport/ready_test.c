/* SPDX-License-Identifier: MIT */
/* ready_test.c -- READY=1 goes to the socket that NOTIFY_SOCKET names, or nowhere. */
#include "transport/ready.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static void it_is_told_to_an_abstract_socket(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    socklen_t size = sizeof(sa_family_t); /* the system chooses an abstract name of five digits */
    char name[10] = "@", got[20] = "";
    int manager = socket(AF_UNIX, SOCK_DGRAM, 0);
    (void)state;

    assert_int_equal(bind(manager, (struct sockaddr *)&address, size), 0);
    size = sizeof(address);
    getsockname(manager, (struct sockaddr *)&address, &size);
    memcpy(name + 1, address.sun_path + 1, 5);
    setenv("NOTIFY_SOCKET", name, 1);
    assert_true(pt_ready_notify());
    assert_int_equal(recv(manager, got, sizeof(got) - 1, 0), 7);
    assert_string_equal(got, "READY=1");
    close(manager);
    assert_false(pt_ready_notify());
}

static void nobody_is_told_where_there_is_no_socket(void **state)
{
    char longer[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];
    (void)state;

    memset(longer, '/', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    const char *const names[] = {"", "/", "@", "relative", "/nowhere/at/all", longer};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        assert_false(pt_ready_notify());
    }
    unsetenv("NOTIFY_SOCKET");
    assert_false(pt_ready_notify());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_told_to_an_abstract_socket),
        cmocka_unit_test(nobody_is_told_where_there_is_no_socket),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
