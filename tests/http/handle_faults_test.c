/* SPDX-License-Identifier: MIT */
/* handle_faults_test.c -- pitot_http_handle() without memory: an answer all the same, and the next
 * one is whole. */
#include "../heap.h"

#include <pitot/http.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static pitot_registry *reg;

static int set_up(void **state)
{
    pitot_error err = {0};

    (void)state;
    pitot_allocator_set(&heap_allocator);
    reg = pitot_registry_new(&err);
    pitot_counter_vec *vec = pitot_counter_vec_new(reg, &err,
        &(pitot_desc){.name = "answers_total", .help = "H.", .labels = PITOT_LABELS("to")});
    for (int i = 0; i < 300; i++) {
        char value[16];

        snprintf(value, sizeof(value), "%d", i);
        pitot_counter_inc(pitot_counter_with(vec, value));
    }
    return err.code == PITOT_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    pitot_registry_free(reg);
    return 0;
}

/* It is 500 as long as allocation `n`, and all or none after it, fails; then 200, as before. */
static void assert_answers(const pitot_http_request *request, bool for_ever)
{
    pitot_http_response response;
    size_t refused = 0;

    pitot_http_handle(reg, request, &response); /* what is allocated once is there now */
    assert_int_equal(response.status, 200);
    size_t size = response.body_size;
    pitot_http_response_free(&response);
    size_t live = heap.live;
    for (size_t n = 1;; n++) {
        heap_fail(n, for_ever);
        pitot_http_handle(reg, request, &response);
        bool failed = heap.failures > 0;
        heap_fail(0, false);
        if (response.status == 500)
            assert_non_null(strstr(response.body, "want of memory"));
        else
            assert_int_equal(response.status, 200);
        refused += response.status == 500;
        pitot_http_response_free(&response);
        assert_int_equal(heap.live, live);
        if (!failed)
            break;
    }
    assert_true(refused > 0);
    pitot_http_handle(reg, request, &response);
    assert_int_equal(response.status, 200);
    assert_true(response.body_size > size / 2);
    pitot_http_response_free(&response);
}

static void without_memory_it_is_500_and_nothing_is_lost(void **state)
{
    static const pitot_http_request requests[] = {
        {.method = "GET", .target = "/metrics"},
        {.method = "GET", .target = "/metrics", .accept_encoding = "gzip"},
        {.method = "GET", .target = "/metrics?name[]=answers_total"},
        {.method = "GET",
            .target = "/metrics?label[]=to=7",
            .accept = "application/openmetrics-text; version=1.0.0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
        for (int for_ever = 0; for_ever < 2; for_ever++)
            assert_answers(&requests[i], for_ever);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_memory_it_is_500_and_nothing_is_lost),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
