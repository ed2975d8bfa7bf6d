/* SPDX-License-Identifier: MIT */
/* handle_test.c -- request in, response out: pitot_http_handle() as a host with its own loop uses
 * it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memmem() */
#endif
#include <pitot/export.h>
#include <pitot/http.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"
#define OPENMETRICS                                                                                \
    "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"
#define BROWSER "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

static int set_up(void **state)
{
    pitot_error err = {0};
    pitot_registry *reg = pitot_registry_new(&err);

    pitot_counter_inc(pitot_counter_new(
        reg, &err, &(pitot_desc){.name = "answers_total", .help = "Answers given."}));
    *state = reg;
    return err.code == PITOT_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    pitot_registry_free(*state);
    return 0;
}

static pitot_http_response ask(pitot_registry *reg, const char *method, const char *target,
    const char *accept, const char *accept_encoding)
{
    pitot_http_response response;
    const pitot_http_request request = {
        .method = method,
        .target = target,
        .accept = accept,
        .accept_encoding = accept_encoding,
    };

    memset(&response, 0xaa, sizeof(response));
    pitot_http_handle(reg, &request, &response);
    return response;
}

static const char *header(const pitot_http_response *response, const char *name)
{
    const char *value = NULL;

    for (size_t i = 0; i < response->header_count; i++) {
        if (strcmp(response->headers[i].name, name) == 0) {
            assert_null(value);
            value = response->headers[i].value;
        }
    }
    return value;
}

/* `expected` NULL means that there must be none. */
static void assert_header(
    const pitot_http_response *response, const char *name, const char *expected)
{
    const char *value = header(response, name);

    if (!expected) {
        assert_null(value);
        return;
    }
    assert_non_null(value);
    assert_string_equal(value, expected);
}

static bool body_has(const pitot_http_response *response, const char *text)
{
    return memmem(response->body, response->body_size, text, strlen(text)) != NULL;
}

static void metrics_are_answered_in_the_format_that_is_asked_for(void **state)
{
    pitot_http_response text = ask(*state, "GET", "/metrics", NULL, NULL);
    pitot_http_response om =
        ask(*state, "GET", "/metrics", "application/openmetrics-text;version=1.0.0", NULL);

    assert_int_equal(text.status, 200);
    assert_header(&text, "Content-Type", TEXT);
    assert_true(body_has(&text, "\nanswers_total 1\n"));
    assert_false(body_has(&text, "# EOF"));
    assert_int_equal(om.status, 200);
    assert_header(&om, "Content-Type", OPENMETRICS);
    assert_true(body_has(&om, "# TYPE answers counter\n"));
    assert_memory_equal(om.body + om.body_size - 6, "# EOF\n", 6);
    pitot_http_response_free(&text);
    pitot_http_response_free(&om);
}

static void the_content_type_says_exactly_what_was_negotiated(void **state)
{
    const struct {
        const char *accept, *content_type;
    } cases[] = {
        {NULL, TEXT}, {"*/*", TEXT},
        {"text/plain;version=0.0.4;escaping=allow-utf-8",
            "text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8"},
        {"text/plain;version=1.0.0;escaping=allow-utf-8",
            "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8"},
        {"text/plain;version=1.0.0;escaping=x7yz3",
            "text/plain; version=1.0.0; charset=utf-8; escaping=underscores"},
        {"application/openmetrics-text;version=0.0.1",
            "application/openmetrics-text; version=0.0.1; charset=utf-8; escaping=underscores"},
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
         "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
         "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8"},
        {"application/openmetrics-text;version=1.0.0;escaping=values",
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=values"},
        {"application/openmetrics-text;version=2.0.0", TEXT}, /* is not switched on */
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pitot_http_response response = ask(*state, "GET", "/metrics", cases[i].accept, NULL);

        assert_int_equal(response.status, 200);
        assert_header(&response, "Content-Type", cases[i].content_type);
        pitot_http_response_free(&response);
    }
}

static void openmetrics_2_is_for_who_asks_where_it_is_switched_on(void **state)
{
    pitot_http_request request = {.method = "GET",
        .target = "/metrics",
        .accept = "application/openmetrics-text;version=2.0.0",
        .openmetrics2 = true};
    pitot_http_response response;

    pitot_http_handle(*state, &request, &response);
    assert_header(&response, "Content-Type",
        "application/openmetrics-text; version=2.0.0; charset=utf-8; escaping=underscores");
    assert_true(body_has(&response, "# TYPE answers_total counter\n"));
    pitot_http_response_free(&response);
    request.accept = "application/openmetrics-text";
    pitot_http_handle(*state, &request, &response);
    assert_header(&response, "Content-Type", OPENMETRICS);
    pitot_http_response_free(&response);
}

static void every_answer_is_kept_from_caches_and_from_sniffers(void **state)
{
    const char *const targets[] = {"/metrics", "/", "/-/healthy", "/-/ready", "/nowhere"};

    for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
        pitot_http_response response = ask(*state, "GET", targets[i], NULL, NULL);

        assert_header(&response, "Cache-Control", "no-store");
        assert_header(&response, "X-Content-Type-Options", "nosniff");
        assert_header(
            &response, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
        assert_header(&response, "Vary", i < 2 ? "Accept, Accept-Encoding" : NULL);
        assert_non_null(header(&response, "Content-Type"));
        pitot_http_response_free(&response);
    }
}

static void the_root_is_a_page_for_a_browser_and_the_metrics_for_everybody_else(void **state)
{
    pitot_http_response page = ask(*state, "GET", "/", BROWSER, NULL);
    pitot_http_response curl = ask(*state, "GET", "/", "*/*", NULL);
    pitot_http_response prometheus =
        ask(*state, "GET", "/", "application/openmetrics-text,*/*;q=0.1", NULL);
    pitot_http_response metrics = ask(*state, "GET", "/metrics", BROWSER, NULL);

    assert_header(&page, "Content-Type", "text/html; charset=utf-8");
    assert_memory_equal(
        header(&page, "Content-Security-Policy"), "default-src 'none'; style-src ", 30);
    assert_true(body_has(&page, "<a href=\"metrics\">"));
    assert_header(&curl, "Content-Type", TEXT);
    assert_true(body_has(&curl, "\nanswers_total 1\n"));
    assert_header(&curl, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    assert_header(&prometheus, "Content-Type", OPENMETRICS);
    assert_header(&metrics, "Content-Type", TEXT);
    pitot_http_response_free(&page);
    pitot_http_response_free(&curl);
    pitot_http_response_free(&prometheus);
    pitot_http_response_free(&metrics);
}

static void only_the_exact_paths_are_known(void **state)
{
    const struct {
        const char *target;
        int status;
    } cases[] = {
        {"/metrics", 200},
        {"/metrics?", 200},
        {"/metrics?name[]=a&b=/../", 200},
        {"/-/healthy", 200},
        {"/-/ready?x=1", 200},
        {"/?x", 200},
        {"/metrics/", 404},
        {"//metrics", 404},
        {"/./metrics", 404},
        {"/METRICS", 404},
        {"/metric", 404},
        {"/metricss", 404},
        {"/%6detrics", 404},
        {"/metrics%00", 404},
        {"/metrics#x", 404},
        {"/../etc/passwd", 404},
        {"/-/", 404},
        {"http://evil.example/metrics", 404},
        {"metrics", 404},
        {"*", 404},
        {"", 404},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        pitot_http_response response = ask(*state, "GET", cases[i].target, NULL, NULL);

        if (response.status != cases[i].status)
            fail_msg("%s: %d", cases[i].target, response.status);
        assert_header(&response, "Location", NULL);
        pitot_http_response_free(&response);
    }
}

static void only_get_and_head_are_allowed(void **state)
{
    const char *const methods[] = {
        "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PATCH", "get", "GETS", ""};

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        pitot_http_response response = ask(*state, methods[i], "/metrics", NULL, NULL);

        assert_int_equal(response.status, 405);
        assert_header(&response, "Allow", "GET, HEAD");
        pitot_http_response_free(&response);
    }
}

static void head_is_answered_like_get(void **state)
{
    pitot_http_response get = ask(*state, "GET", "/-/healthy", NULL, NULL);
    pitot_http_response head = ask(*state, "HEAD", "/-/healthy", NULL, NULL);

    assert_int_equal(head.status, 200);
    assert_int_equal(head.body_size, get.body_size);
    assert_int_equal(head.header_count, get.header_count);
    pitot_http_response_free(&get);
    pitot_http_response_free(&head);
}

static void a_page_is_compressed_when_asked_and_long_enough(void **state)
{
    pitot_registry *reg = *state;
    pitot_gauge_vec *vec = pitot_gauge_vec_new(
        reg, NULL, &(pitot_desc){.name = "g", .help = "A gauge.", .labels = PITOT_LABELS("n")});

    for (char n = 'a'; n <= 'z'; n++)
        pitot_gauge_set(pitot_gauge_with(vec, ((char[]){n, n, n, n, n, n, '\0'})), n * 1e9);
    pitot_http_response plain = ask(reg, "GET", "/metrics", NULL, NULL);
    pitot_http_response small = ask(reg, "GET", "/-/healthy", NULL, "gzip");
    pitot_http_response refused = ask(reg, "GET", "/metrics", NULL, "gzip;q=0");
    pitot_http_response zipped = ask(reg, "GET", "/metrics", NULL, "gzip, deflate, br");

    assert_true(plain.body_size > 1024);
    assert_header(&plain, "Content-Encoding", NULL);
    assert_header(&small, "Content-Encoding", NULL);
    assert_header(&refused, "Content-Encoding", NULL);
    assert_header(&zipped, "Content-Encoding", "gzip");
    assert_true(zipped.body_size < plain.body_size);
    assert_memory_equal(zipped.body, "\x1f\x8b\x08", 3);
    pitot_http_response_free(&plain);
    pitot_http_response_free(&small);
    pitot_http_response_free(&refused);
    pitot_http_response_free(&zipped);
}

static void metrics_that_are_off_make_a_valid_page_that_is_empty(void **state)
{
    pitot_http_response text = ask(NULL, "GET", "/metrics", NULL, "gzip");
    pitot_http_response om = ask(NULL, "GET", "/metrics", "application/openmetrics-text", "gzip");

    (void)state;
    assert_int_equal(text.status, 200);
    assert_header(&text, "Content-Type", TEXT);
    assert_non_null(text.body);
    assert_int_equal(text.body_size, 0);
    assert_int_equal(om.status, 200);
    assert_int_equal(om.body_size, 6);
    assert_memory_equal(om.body, "# EOF\n", 6);
    pitot_http_response_free(&text);
    pitot_http_response_free(&om);
    om = ask(NULL, "GET", "/metrics", "application/openmetrics-text;version=0.0.1", NULL);
    assert_int_equal(om.body_size, 6);
    assert_memory_equal(om.body, "# EOF\n", 6);
    pitot_http_response_free(&om);
}

static void nothing_of_the_request_is_sent_back(void **state)
{
    static const char mark[] = "x7yz3";
    const char *const targets[] = {"/x7yz3", "/metrics?x7yz3", "/?x7yz3", "x7yz3"};
    const char *const methods[] = {"GET", "x7yz3"};

    for (size_t i = 0; i < 8; i++) {
        pitot_http_response response =
            ask(*state, methods[i % 2], targets[i / 2], "text/x7yz3, text/html;x7yz3", mark);

        assert_false(body_has(&response, mark));
        for (size_t j = 0; j < response.header_count; j++)
            assert_null(strstr(response.headers[j].value, mark));
        pitot_http_response_free(&response);
    }
}

static void what_is_missing_is_a_bad_request(void **state)
{
    pitot_http_response response = ask(*state, NULL, "/metrics", NULL, NULL);

    assert_int_equal(response.status, 400);
    pitot_http_response_free(&response);
    response = ask(*state, "GET", NULL, NULL, NULL);
    assert_int_equal(response.status, 400);
    pitot_http_response_free(&response);
    pitot_http_handle(*state, NULL, &response);
    assert_int_equal(response.status, 400);
    pitot_http_response_free(&response);
    pitot_http_handle(*state, NULL, NULL);
}

static void a_timeout_is_a_positive_number_or_nothing(void **state)
{
    static const char *const texts[] = {
        "10", "0.5", "1e-9", "1e99", "0", "-1", "NaN", "+Inf", "1e999", "ten", "", " 1"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const pitot_http_request request = {
            .method = "GET", .target = "/metrics", .scrape_timeout = texts[i]};
        pitot_http_response response;

        pitot_http_handle(*state, &request, &response);
        assert_int_equal(response.status, 200);
        assert_true(body_has(&response, "answers_total 1\n"));
        pitot_http_response_free(&response);
    }
}

static void a_query_that_cannot_be_read_is_a_bad_request(void **state)
{
    pitot_http_response response = ask(*state, "GET", "/metrics?name[]=%", NULL, NULL);

    assert_int_equal(response.status, 400);
    assert_false(body_has(&response, "answers_total"));
    pitot_http_response_free(&response);
}

static void a_response_may_be_freed_twice(void **state)
{
    pitot_http_response response = ask(*state, "GET", "/metrics", NULL, NULL);

    pitot_http_response_free(&response);
    assert_int_equal(response.body_size, 0);
    assert_null(response.body);
    pitot_http_response_free(&response);
    pitot_http_response_free(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(metrics_are_answered_in_the_format_that_is_asked_for),
        TEST(the_content_type_says_exactly_what_was_negotiated),
        TEST(openmetrics_2_is_for_who_asks_where_it_is_switched_on),
        TEST(every_answer_is_kept_from_caches_and_from_sniffers),
        TEST(the_root_is_a_page_for_a_browser_and_the_metrics_for_everybody_else),
        TEST(only_the_exact_paths_are_known),
        TEST(only_get_and_head_are_allowed),
        TEST(head_is_answered_like_get),
        TEST(a_page_is_compressed_when_asked_and_long_enough),
        TEST(metrics_that_are_off_make_a_valid_page_that_is_empty),
        TEST(nothing_of_the_request_is_sent_back),
        TEST(what_is_missing_is_a_bad_request),
        TEST(a_timeout_is_a_positive_number_or_nothing),
        TEST(a_query_that_cannot_be_read_is_a_bad_request),
        TEST(a_response_may_be_freed_twice),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
