/* SPDX-License-Identifier: MIT */
/*
 * process_tree_test.c -- the process collector on frozen trees of files, good and broken ones, with
 * its lines spelled out.
 */
#include "process.h"

#include <unistd.h>

static struct page page_of_tree(const char *tree)
{
    char root[4096];

    snprintf(root, sizeof(root), "%s/tests/fixtures/proc/%s", getenv("SOURCE_DIR"), tree);
    pitot_registry *reg = registry_of(root, NULL);
    struct page page = scraped(reg);
    pitot_registry_free(reg);
    return page;
}

#define READABLE                                                                                   \
    "pitot_process_unreadable_total{source=\"boot_time\"} 0\n"                                     \
    "pitot_process_unreadable_total{source=\"fd\"} 0\n"                                            \
    "pitot_process_unreadable_total{source=\"io\"} 0\n"                                            \
    "pitot_process_unreadable_total{source=\"limits\"} 0\n"                                        \
    "pitot_process_unreadable_total{source=\"stat\"} 0\n"                                          \
    "pitot_process_unreadable_total{source=\"status\"} 0\n"
#define SWITCHES                                                                                   \
    "process_context_switches_total{type=\"involuntary\"} 545\n"                                   \
    "process_context_switches_total{type=\"voluntary\"} 150\n"
#define CPU "process_cpu_seconds_total 13\n"
#define IO                                                                                         \
    "process_io_read_bytes_total 750339\n"                                                         \
    "process_io_storage_read_bytes_total 1024\n"                                                   \
    "process_io_storage_written_bytes_total 2048\n"                                                \
    "process_io_written_bytes_total 818609\n"
#define MAJOR "process_major_page_faults_total 7\n"
#define MAX_FDS "process_max_fds 1024\n"
#define MINOR "process_minor_page_faults_total 5021\n"
#define OPEN_FDS(n) "process_open_fds " #n "\n"
#define MEMORY                                                                                     \
    "process_resident_memory_bytes 1499136\n"                                                      \
    "process_start_time_seconds 1.70000190441e+09\n"                                               \
    "process_threads 3\n"                                                                          \
    "process_virtual_memory_bytes 3133440\n"
#define MAX_MEMORY "process_virtual_memory_max_bytes 8589934592\n"

/* The lines are those of a kernel with 4 KiB pages and 100 ticks a second. */
static void skip_on_another_kernel(void)
{
    if (sysconf(_SC_PAGESIZE) != 4096 || sysconf(_SC_CLK_TCK) != 100)
        skip();
}

static void every_metric_of_a_whole_tree_is_on_the_page(void **state)
{
    struct page page = page_of_tree("good");

    (void)state;
    skip_on_another_kernel();
    assert_process_lines(
        &page, READABLE SWITCHES CPU IO MAJOR MAX_FDS MINOR OPEN_FDS(7) MEMORY MAX_MEMORY);
}

static void a_name_with_blanks_or_parentheses_shifts_no_field(void **state)
{
    static const char *const trees[] = {"spaces", "parens"};

    (void)state;
    skip_on_another_kernel();
    for (size_t i = 0; i < COUNT(trees); i++) {
        struct page page = page_of_tree(trees[i]);

        assert_process_lines(
            &page, READABLE SWITCHES CPU IO MAJOR MAX_FDS MINOR OPEN_FDS(5) MEMORY MAX_MEMORY);
    }
}

static void no_limit_is_no_metric_and_no_failure(void **state)
{
    struct page page = page_of_tree("unlimited");

    (void)state;
    skip_on_another_kernel();
    assert_process_lines(&page, READABLE SWITCHES CPU IO MAJOR MINOR OPEN_FDS(5) MEMORY);
}

/* The kernel tells those of the first thread only. */
static void switches_of_another_process_with_threads_are_left_out(void **state)
{
    struct page page = page_of_tree("threads");

    (void)state;
    skip_on_another_kernel();
    assert_process_lines(&page, READABLE CPU IO MAJOR MAX_FDS MINOR OPEN_FDS(5) MEMORY MAX_MEMORY);
}

static void a_missing_file_takes_only_its_own_metrics(void **state)
{
    struct page page = page_of_tree("no_io");

    (void)state;
    skip_on_another_kernel();
    assert_string_equal(value_in(&page, "pitot_process_unreadable_total{source=\"io\"}"), "1");
    char *line = strstr(page.text, "source=\"io\"} 1");
    line[strlen("source=\"io\"} ")] = '0';
    assert_process_lines(
        &page, READABLE SWITCHES CPU MAJOR MAX_FDS MINOR OPEN_FDS(5) MEMORY MAX_MEMORY);
}

#define UNREADABLE                                                                                 \
    "pitot_process_unreadable_total{source=\"boot_time\"} 1\n"                                     \
    "pitot_process_unreadable_total{source=\"fd\"} 1\n"                                            \
    "pitot_process_unreadable_total{source=\"io\"} 1\n"                                            \
    "pitot_process_unreadable_total{source=\"limits\"} 1\n"                                        \
    "pitot_process_unreadable_total{source=\"stat\"} 1\n"                                          \
    "pitot_process_unreadable_total{source=\"status\"} 1\n"

static void what_is_empty_garbled_or_not_there_is_left_out_and_counted(void **state)
{
    static const char *const trees[] = {"empty", "broken", "not_there"};

    (void)state;
    for (size_t i = 0; i < COUNT(trees); i++) {
        struct page page = page_of_tree(trees[i]);

        assert_process_lines(&page, UNREADABLE);
    }
}

/* 2^64 - 1 is a number, 2^64 and what passes it when multiplied are not; long lines are skipped. */
static void numbers_that_do_not_fit_are_left_out_and_counted(void **state)
{
    struct page page = page_of_tree("huge");

    (void)state;
    skip_on_another_kernel();
    assert_process_lines(&page, "pitot_process_unreadable_total{source=\"boot_time\"} 0\n"
                                "pitot_process_unreadable_total{source=\"fd\"} 0\n"
                                "pitot_process_unreadable_total{source=\"io\"} 1\n"
                                "pitot_process_unreadable_total{source=\"limits\"} 1\n"
                                "pitot_process_unreadable_total{source=\"stat\"} 1\n"
                                "pitot_process_unreadable_total{source=\"status\"} 0\n" SWITCHES CPU
                                "process_io_read_bytes_total 18446744073709551615\n"
                                "process_io_storage_read_bytes_total 1024\n"
                                "process_io_storage_written_bytes_total 2048\n"
                                "process_max_fds 18446744073709551615\n"
                                "process_minor_page_faults_total 18446744073709551615\n" OPEN_FDS(
                                    3) "process_start_time_seconds 1.70000190441e+09\n"
                                       "process_virtual_memory_bytes 18446744073709551615\n");
}

static void every_scrape_that_lacks_something_counts(void **state)
{
    pitot_registry *reg = registry_of("/proc/self/nothing", NULL);

    (void)state;
    for (int i = 1; i <= 3; i++) {
        struct page page = scraped(reg);

        assert_int_equal(number_in(&page, "pitot_process_unreadable_total{source=\"stat\"}"), i);
    }
    pitot_registry_free(reg);
}

static void names_and_help_are_those_of_the_client_library_specification(void **state)
{
    static const char *const lines[] = {
        "\n# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds."
        "\n# TYPE process_cpu_seconds_total counter\n",
        "\n# HELP process_open_fds Number of open file descriptors."
        "\n# TYPE process_open_fds gauge\n",
        "\n# HELP process_max_fds Maximum number of open file descriptors."
        "\n# TYPE process_max_fds gauge\n",
        "\n# HELP process_virtual_memory_bytes Virtual memory size in bytes."
        "\n# TYPE process_virtual_memory_bytes gauge\n",
        "\n# HELP process_virtual_memory_max_bytes Maximum amount of virtual memory available in "
        "bytes.\n# TYPE process_virtual_memory_max_bytes gauge\n",
        "\n# HELP process_resident_memory_bytes Resident memory size in bytes."
        "\n# TYPE process_resident_memory_bytes gauge\n",
        "\n# HELP process_start_time_seconds Start time of the process since unix epoch in "
        "seconds.\n# TYPE process_start_time_seconds gauge\n",
        "\n# HELP process_threads Number of OS threads in the process."
        "\n# TYPE process_threads gauge\n",
    };
    struct page page = page_of_tree("good");

    (void)state;
    for (size_t i = 0; i < COUNT(lines); i++)
        if (!strstr(page.text, lines[i]))
            fail_msg("not on the page: %s", lines[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_metric_of_a_whole_tree_is_on_the_page),
        cmocka_unit_test(a_name_with_blanks_or_parentheses_shifts_no_field),
        cmocka_unit_test(no_limit_is_no_metric_and_no_failure),
        cmocka_unit_test(switches_of_another_process_with_threads_are_left_out),
        cmocka_unit_test(a_missing_file_takes_only_its_own_metrics),
        cmocka_unit_test(what_is_empty_garbled_or_not_there_is_left_out_and_counted),
        cmocka_unit_test(numbers_that_do_not_fit_are_left_out_and_counted),
        cmocka_unit_test(every_scrape_that_lacks_something_counts),
        cmocka_unit_test(names_and_help_are_those_of_the_client_library_specification),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
