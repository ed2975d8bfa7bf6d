/* SPDX-License-Identifier: MIT */
/*
 * off_test.c -- metrics that are off: every function of the public headers with NULL as its object.
 *
 * Nothing happens, nothing is an error, and what has a value says 0 or NULL. A second test reads
 * the headers and sees that no function is missing from the table.
 */
#include "test.h"

#include <pitot/http.h>

/* The program may be linked without libpitot-http; its rows are left out then. */
#pragma weak pitot_server_start
#pragma weak pitot_server_port
#pragma weak pitot_server_url
#pragma weak pitot_server_error
#pragma weak pitot_server_stop
#pragma weak pitot_http_handle
#pragma weak pitot_http_response_free

static const char *const strings[] = {"a", "b"};
static const pitot_str views[] = {{"a", 1}, {"b", 1}};
static const pitot_label match[] = {{"a", "b"}, {0}};
static const pitot_desc desc = {.name = "x", .help = "H."};
static pitot_error err;

static double read_one(void *ctx)
{
    (void)ctx;
    return 1;
}

static void collect_nothing(pitot_sink *sink, void *ctx)
{
    (void)sink;
    (void)ctx;
}

static const pitot_function function = {
    .type = PITOT_GAUGE, .desc = {.name = "x", .help = "H."}, .read = read_one};
static const pitot_collector collector = {.name = "x", .collect = collect_nothing};
static const pitot_process_opts process_opts = {.pid = "1"};

static bool write_nothing(void *ctx, const char *bytes, size_t size)
{
    (void)ctx;
    (void)bytes;
    (void)size;
    fail_msg("there is nothing to write");
    return false;
}

static void handle_off(void)
{
    pitot_http_response response = {0};

    pitot_http_handle(
        NULL, &(pitot_http_request){.method = "GET", .target = "/metrics"}, &response);
    assert_in_range(response.status, 200, 599);
    pitot_http_response_free(&response);
}

/* function, what is done with NULL */
#define ROWS(X)                                                                                    \
    X(pitot_version, assert_string_equal(pitot_version(), PITOT_VERSION))                          \
    X(pitot_allocator_set, pitot_allocator_set(NULL))                                              \
    X(pitot_allocator_get, assert_non_null(pitot_allocator_get().allocate))                        \
    X(pitot_registry_new, pitot_registry_free(pitot_registry_new(NULL)))                           \
    X(pitot_registry_default, assert_non_null(pitot_registry_default()))                           \
    X(pitot_registry_limit_memory, pitot_registry_limit_memory(NULL, 1))                           \
    X(pitot_registry_free, pitot_registry_free(NULL))                                              \
    X(pitot_bounds_linear, assert_null(pitot_bounds_linear(NULL, 0, NULL, 0, 0)))                  \
    X(pitot_bounds_exponential, assert_null(pitot_bounds_exponential(NULL, 0, NULL, 0, 0)))        \
    X(pitot_bounds_exponential_range,                                                              \
        assert_null(pitot_bounds_exponential_range(NULL, 0, NULL, 0, 0)))                          \
    X(pitot_counter_new, assert_null(pitot_counter_new(NULL, &err, &desc)))                        \
    X(pitot_counter_vec_new, assert_null(pitot_counter_vec_new(NULL, &err, &desc)))                \
    X(pitot_counter_inc, pitot_counter_inc(NULL))                                                  \
    X(pitot_counter_add, pitot_counter_add(NULL, -1))                                              \
    X(pitot_counter_add_u64, pitot_counter_add_u64(NULL, 1))                                       \
    X(pitot_counter_inc_exemplar, pitot_counter_inc_exemplar(NULL, match))                         \
    X(pitot_counter_add_exemplar, pitot_counter_add_exemplar(NULL, 1, match))                      \
    X(pitot_counter_value, assert_true(pitot_counter_value(NULL) == 0))                            \
    X(pitot_counter_reset, pitot_counter_reset(NULL))                                              \
    X(pitot_gauge_new, assert_null(pitot_gauge_new(NULL, &err, &desc)))                            \
    X(pitot_gauge_vec_new, assert_null(pitot_gauge_vec_new(NULL, &err, &desc)))                    \
    X(pitot_gauge_set, pitot_gauge_set(NULL, 1))                                                   \
    X(pitot_gauge_add, pitot_gauge_add(NULL, 1))                                                   \
    X(pitot_gauge_inc, pitot_gauge_inc(NULL))                                                      \
    X(pitot_gauge_dec, pitot_gauge_dec(NULL))                                                      \
    X(pitot_gauge_set_to_current_time, pitot_gauge_set_to_current_time(NULL))                      \
    X(pitot_gauge_value, assert_true(pitot_gauge_value(NULL) == 0))                                \
    X(pitot_histogram_new, assert_null(pitot_histogram_new(NULL, &err, &desc)))                    \
    X(pitot_histogram_vec_new, assert_null(pitot_histogram_vec_new(NULL, &err, &desc)))            \
    X(pitot_histogram_observe, pitot_histogram_observe(NULL, 1))                                   \
    X(pitot_histogram_observe_exemplar, pitot_histogram_observe_exemplar(NULL, 1, match))          \
    X(pitot_histogram_count, assert_int_equal(pitot_histogram_count(NULL), 0))                     \
    X(pitot_histogram_sum, assert_true(pitot_histogram_sum(NULL) == 0))                            \
    X(pitot_histogram_reset, pitot_histogram_reset(NULL))                                          \
    X(pitot_info_new, assert_null(pitot_info_new(NULL, &err, &desc)))                              \
    X(pitot_info_vec_new, assert_null(pitot_info_vec_new(NULL, &err, &desc)))                      \
    X(pitot_info_child, assert_null(pitot_info_child(NULL, strings, 2)))                           \
    X(pitot_info_child_str, assert_null(pitot_info_child_str(NULL, views, 2)))                     \
    X(pitot_info_with, assert_null(pitot_info_with(NULL, "a", "b")))                               \
    X(pitot_info_remove, assert_int_equal(pitot_info_remove(NULL, strings, 2), 0))                 \
    X(pitot_info_remove_matching, assert_int_equal(pitot_info_remove_matching(NULL, match), 0))    \
    X(pitot_info_clear, assert_int_equal(pitot_info_clear(NULL), 0))                               \
    X(pitot_stateset_new, assert_null(pitot_stateset_new(NULL, &err, &desc)))                      \
    X(pitot_stateset_vec_new, assert_null(pitot_stateset_vec_new(NULL, &err, &desc)))              \
    X(pitot_stateset_set, pitot_stateset_set(NULL, "a", true))                                     \
    X(pitot_stateset_enum, pitot_stateset_enum(NULL, "a"))                                         \
    X(pitot_stateset_is, assert_false(pitot_stateset_is(NULL, "a")))                               \
    X(pitot_stateset_child, assert_null(pitot_stateset_child(NULL, strings, 2)))                   \
    X(pitot_stateset_child_str, assert_null(pitot_stateset_child_str(NULL, views, 2)))             \
    X(pitot_stateset_with, assert_null(pitot_stateset_with(NULL, "a", "b")))                       \
    X(pitot_stateset_remove, assert_int_equal(pitot_stateset_remove(NULL, strings, 2), 0))         \
    X(pitot_stateset_remove_matching,                                                              \
        assert_int_equal(pitot_stateset_remove_matching(NULL, match), 0))                          \
    X(pitot_stateset_clear, assert_int_equal(pitot_stateset_clear(NULL), 0))                       \
    X(pitot_summary_new, assert_null(pitot_summary_new(NULL, &err, &desc)))                        \
    X(pitot_summary_vec_new, assert_null(pitot_summary_vec_new(NULL, &err, &desc)))                \
    X(pitot_summary_observe, pitot_summary_observe(NULL, 1))                                       \
    X(pitot_summary_count, assert_int_equal(pitot_summary_count(NULL), 0))                         \
    X(pitot_summary_sum, assert_true(pitot_summary_sum(NULL) == 0))                                \
    X(pitot_summary_reset, pitot_summary_reset(NULL))                                              \
    X(pitot_summary_observe_since, pitot_summary_observe_since(NULL, 0))                           \
    X(pitot_summary_child, assert_null(pitot_summary_child(NULL, strings, 2)))                     \
    X(pitot_summary_child_str, assert_null(pitot_summary_child_str(NULL, views, 2)))               \
    X(pitot_summary_with, assert_null(pitot_summary_with(NULL, "a")))                              \
    X(pitot_summary_remove, assert_int_equal(pitot_summary_remove(NULL, strings, 2), 0))           \
    X(pitot_summary_remove_matching,                                                               \
        assert_int_equal(pitot_summary_remove_matching(NULL, match), 0))                           \
    X(pitot_summary_clear, assert_int_equal(pitot_summary_clear(NULL), 0))                         \
    X(pitot_now, assert_true(pitot_now() > 0))                                                     \
    X(pitot_seconds_since, assert_true(pitot_seconds_since(0) > 0))                                \
    X(pitot_histogram_observe_since, pitot_histogram_observe_since(NULL, 0))                       \
    X(pitot_gauge_set_since, pitot_gauge_set_since(NULL, 0))                                       \
    X(pitot_counter_child, assert_null(pitot_counter_child(NULL, strings, 2)))                     \
    X(pitot_gauge_child, assert_null(pitot_gauge_child(NULL, strings, 2)))                         \
    X(pitot_histogram_child, assert_null(pitot_histogram_child(NULL, strings, 2)))                 \
    X(pitot_counter_child_str, assert_null(pitot_counter_child_str(NULL, views, 2)))               \
    X(pitot_gauge_child_str, assert_null(pitot_gauge_child_str(NULL, views, 2)))                   \
    X(pitot_histogram_child_str, assert_null(pitot_histogram_child_str(NULL, views, 2)))           \
    X(pitot_counter_with, assert_null(pitot_counter_with(NULL, "a", "b")))                         \
    X(pitot_gauge_with, assert_null(pitot_gauge_with(NULL, "a", NULL)))                            \
    X(pitot_histogram_with, assert_null(pitot_histogram_with(NULL, "a")))                          \
    X(pitot_counter_remove, assert_int_equal(pitot_counter_remove(NULL, strings, 2), 0))           \
    X(pitot_gauge_remove, assert_int_equal(pitot_gauge_remove(NULL, strings, 2), 0))               \
    X(pitot_histogram_remove, assert_int_equal(pitot_histogram_remove(NULL, strings, 2), 0))       \
    X(pitot_counter_remove_matching,                                                               \
        assert_int_equal(pitot_counter_remove_matching(NULL, match), 0))                           \
    X(pitot_gauge_remove_matching, assert_int_equal(pitot_gauge_remove_matching(NULL, match), 0))  \
    X(pitot_histogram_remove_matching,                                                             \
        assert_int_equal(pitot_histogram_remove_matching(NULL, match), 0))                         \
    X(pitot_counter_clear, assert_int_equal(pitot_counter_clear(NULL), 0))                         \
    X(pitot_gauge_clear, assert_int_equal(pitot_gauge_clear(NULL), 0))                             \
    X(pitot_histogram_clear, assert_int_equal(pitot_histogram_clear(NULL), 0))                     \
    X(pitot_unregister, assert_false(pitot_unregister(NULL, &err, "x")))                           \
    X(pitot_function_add, assert_false(pitot_function_add(NULL, &err, &function)))                 \
    X(pitot_collector_add, assert_false(pitot_collector_add(NULL, &err, &collector)))              \
    X(pitot_collector_remove, assert_false(pitot_collector_remove(NULL, &err, "x")))               \
    X(pitot_sink_family, pitot_sink_family(NULL, PITOT_GAUGE, &desc))                              \
    X(pitot_sink_value, pitot_sink_value(NULL, 1, strings, 2))                                     \
    X(pitot_sink_value_u64, pitot_sink_value_u64(NULL, 1, strings, 2))                             \
    X(pitot_sink_histogram, pitot_sink_histogram(NULL, (uint64_t[]){1}, 1, 1, strings, 2))         \
    X(pitot_sink_summary, pitot_sink_summary(NULL, (double[]){1}, 1, 1, 1, strings, 2))            \
    X(pitot_sink_stateset, pitot_sink_stateset(NULL, 1, strings, 2))                               \
    X(pitot_sink_started, pitot_sink_started(NULL, 1))                                             \
    X(pitot_sink_fail, pitot_sink_fail(NULL, "%d", 1))                                             \
    X(pitot_sink_sample, pitot_sink_sample(NULL, 1, "a"))                                          \
    X(pitot_process_collector_add,                                                                 \
        assert_false(pitot_process_collector_add(NULL, &err, &process_opts)))                      \
    X(pitot_build_info_add, assert_false(pitot_build_info_add(NULL, &err)))                        \
    X(pitot_snapshot_take, assert_null(pitot_snapshot_take(NULL, &err)))                           \
    X(pitot_snapshot_free, pitot_snapshot_free(NULL))                                              \
    X(pitot_snapshot_series_count, assert_int_equal(pitot_snapshot_series_count(NULL), 0))         \
    X(pitot_encode,                                                                                \
        assert_false(pitot_encode(NULL, PITOT_FORMAT_TEXT, write_nothing, NULL, &err)))            \
    X(pitot_encode_with,                                                                           \
        assert_false(pitot_encode_with(NULL, PITOT_FORMAT_TEXT, NULL, write_nothing, NULL, &err))) \
    X(pitot_snapshot_take_with, assert_null(pitot_snapshot_take_with(NULL, NULL, &err)))           \
    X(pitot_snapshot_filter, assert_null(pitot_snapshot_filter(NULL, NULL, &err)))                 \
    X(pitot_page_new, assert_null(pitot_page_new(NULL, PITOT_FORMAT_TEXT, NULL, &err)))            \
    X(pitot_page_piece_count, assert_int_equal(pitot_page_piece_count(NULL), 0))                   \
    X(pitot_page_write, assert_false(pitot_page_write(NULL, 0, write_nothing, NULL, &err)))        \
    X(pitot_page_piece_id, assert_true(pitot_page_piece_id(NULL, 0) == 0))                         \
    X(pitot_page_free, pitot_page_free(NULL))                                                      \
    X(pitot_format_content_type, assert_null(pitot_format_content_type((pitot_format)-1)))         \
    X(pitot_format_content_type_with,                                                              \
        assert_null(pitot_format_content_type_with((pitot_format)-1, PITOT_ESCAPING_NONE)))        \
    X(pitot_format_of_content_type, assert_false(pitot_format_of_content_type(NULL, NULL, NULL)))  \
    X(pitot_decode, assert_null(pitot_decode(PITOT_FORMAT_TEXT, NULL, 1, NULL, &err)))             \
    X(pitot_snapshot_family_count, assert_int_equal(pitot_snapshot_family_count(NULL), 0))         \
    X(pitot_snapshot_family, assert_false(pitot_snapshot_family(NULL, 0, &(pitot_family){0})))     \
    X(pitot_snapshot_series, assert_false(pitot_snapshot_series(NULL, 0, 0, &(pitot_series){0})))  \
    X(pitot_labels_next, assert_false(pitot_labels_next(                                           \
                             (pitot_str){0}, &(size_t){0}, &(pitot_str){0}, &(pitot_str){0})))     \
    X(pitot_labels_unescape, assert_int_equal(pitot_labels_unescape(NULL, (pitot_str){0}), 0))

/* The same of libpitot-http. */
#define HTTP_ROWS(X)                                                                               \
    X(pitot_server_start, assert_null(pitot_server_start(NULL, &err, NULL)))                       \
    X(pitot_server_port, assert_int_equal(pitot_server_port(NULL), 0))                             \
    X(pitot_server_url, (void)pitot_server_url(NULL))                                              \
    X(pitot_server_error, assert_false(pitot_server_error(NULL, &err)))                            \
    X(pitot_server_stop, pitot_server_stop(NULL))                                                  \
    X(pitot_http_handle, handle_off())                                                             \
    X(pitot_http_response_free, pitot_http_response_free(NULL))

#define X(name, call)                                                                              \
    static void call_##name(void)                                                                  \
    {                                                                                              \
        call;                                                                                      \
    }
ROWS(X)
HTTP_ROWS(X)
#undef X

static const struct row {
    const char *name;
    void (*call)(void);
} rows[] = {
#define X(name, call) {#name, call_##name},
    ROWS(X)
#undef X
};

static const struct row http_rows[] = {
#define X(name, call) {#name, call_##name},
    HTTP_ROWS(X)
#undef X
};

static void call_all(const struct row *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        err = (pitot_error){0};
        table[i].call();
        if (err.code != PITOT_OK)
            fail_msg("%s: %s", table[i].name, err.message);
    }
}

static void with_null_every_function_does_nothing(void **state)
{
    (void)state;
    call_all(rows, COUNT(rows));
}

static void with_null_every_function_of_the_server_does_nothing(void **state)
{
    (void)state;
    if (!pitot_server_start) {
        print_message("linked without libpitot-http: nothing to test\n");
        skip();
    }
    call_all(http_rows, COUNT(http_rows));
}

static void a_block_is_timed_and_counted_with_null_too(void **state)
{
    int left = 0;
    (void)state;

    for (int i = 0; i < 2; i++) {
        PITOT_TIME_SCOPE(NULL);
        PITOT_IN_FLIGHT(NULL);

        left++;
        if (i == 1)
            break;
    }

    assert_int_equal(left, 2);
}

static bool is_in_the_table(const char *name, size_t size)
{
    for (size_t i = 0; i < COUNT(rows) + COUNT(http_rows); i++) {
        const struct row *row = i < COUNT(rows) ? &rows[i] : &http_rows[i - COUNT(rows)];

        if (strlen(row->name) == size && memcmp(row->name, name, size) == 0)
            return true;
    }
    return false;
}

/* A copy of a header without comments and preprocessor lines. */
static char *read_header(const char *name)
{
    char path[1000];
    struct text text = {0};
    bool comment = false, directive = false;
    int c, before = '\n';

    snprintf(path, sizeof(path), "%s/include/pitot/%s", getenv("SOURCE_DIR"), name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text_write(&text, "", 0);
    while ((c = fgetc(file)) != EOF) {
        if (!comment && before == '/' && c == '*')
            comment = true;
        else if (comment && before == '*' && c == '/')
            comment = false;
        else if (!comment && before == '\n' && c == '#')
            directive = true;
        else if (directive && c == '\n')
            directive = before == '\\';
        else if (!comment && !directive)
            text_write(&text, &(char){(char)c}, 1);
        before = c;
    }
    fclose(file);
    return text.at;
}

static void the_table_has_every_function_of_the_headers(void **state)
{
    static const char *const headers[] = {"pitot.h", "export.h", "http.h"};
    size_t found = 0;
    (void)state;

    for (size_t i = 0; i < COUNT(headers); i++) {
        char *header = read_header(headers[i]);

        for (const char *at = header; (at = strstr(at, "pitot_")) != NULL;) {
            size_t size = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789_");

            bool type = at[size - 1] == 'n' && at[size - 2] == 'f' && at[size - 3] == '_';

            if (at[size] == '(' && at[size - 1] != '_' && !type) {
                found++;
                if (!is_in_the_table(at, size))
                    fail_msg("%s: %.*s() is not in the table", headers[i], (int)size, at);
            }
            at += size;
        }
        free(header);
    }
    assert_in_range(found, COUNT(rows) + COUNT(http_rows), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(with_null_every_function_does_nothing),
        cmocka_unit_test(with_null_every_function_of_the_server_does_nothing),
        cmocka_unit_test(a_block_is_timed_and_counted_with_null_too),
        cmocka_unit_test(the_table_has_every_function_of_the_headers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
