/* SPDX-License-Identifier: MIT */
/*
 * process_test.c -- the process collector on real processes, whose numbers are known from
 * elsewhere, and short of memory.
 *
 * The program runs itself under other names, as `NAME --report`: see report().
 */
#define _GNU_SOURCE
#include "process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Resident bytes, as the kernel tells in a file that has no name in it. */
static double resident_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file && fscanf(file, "%*u %lu", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

/* What the program does when it runs as `NAME --report`. */
static int report(void)
{
    pitot_error err = {0};
    pitot_registry *reg = pitot_registry_new(&err);
    struct page page;
    char name[17] = "";

    prctl(PR_GET_NAME, name);
    pitot_process_collector_add(reg, &err, NULL);
    if (!scrape(reg, &page, &err))
        return 1;
    printf("%s\n%.0f\n%.0f\n%.0f\n%.0f\n", name, resident_bytes(),
        number_in(&page, "process_resident_memory_bytes"), number_in(&page, "process_threads"),
        number_in(&page, "pitot_process_unreadable_total{source=\"stat\"}"));
    pitot_registry_free(reg);
    return 0;
}

/* Runs this program through a link called `name`, and reads what it prints. */
static void run_as(const char *name, char *out, size_t size)
{
    char directory[] = "/tmp/pitot-process-XXXXXX", path[64], self[4096] = "";
    int ends[2], status;
    ssize_t got;
    size_t used = 0;

    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    assert_true(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
    assert_int_equal(symlink(self, path), 0);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        execl(path, name, "--report", NULL);
        _exit(127);
    }
    close(ends[1]);
    while ((got = read(ends[0], out + used, size - 1 - used)) > 0)
        used += (size_t)got;
    out[used] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    unlink(path);
    rmdir(directory);
    assert_int_equal(status, 0);
}

static void a_program_of_any_name_tells_its_true_size(void **state)
{
    static const char *const names[] = {"my app", "a) R 1 (x", ") S 1 2 3 4 5 "};

    (void)state;
    for (size_t i = 0; i < COUNT(names); i++) {
        char out[512];
        char *line = out;

        run_as(names[i], out, sizeof(out));
        assert_string_equal(strsep(&line, "\n"), names[i]);
        double truth = strtod(strsep(&line, "\n"), NULL);
        double told = strtod(strsep(&line, "\n"), NULL);
        if (truth < 100000 || told < truth - 2e6 || told > truth + 2e6)
            fail_msg("%s: %.0f bytes instead of %.0f", names[i], told, truth);
        assert_int_equal(strtod(strsep(&line, "\n"), NULL), 1);
        assert_int_equal(strtod(strsep(&line, "\n"), NULL), 0);
    }
}

static double cpu_seconds(void)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void cpu_time_is_told_between_ticks(void **state)
{
    pitot_registry *reg = registry_of(NULL, NULL);
    double last = 0;

    (void)state;
    for (int i = 0; i < 20; i++) {
        double before = cpu_seconds();
        struct page page = scraped(reg);
        double after = cpu_seconds(), told = number_in(&page, "process_cpu_seconds_total");

        assert_true(before <= told && told <= after);
        assert_true(told > last);
        last = told;
    }
    pitot_registry_free(reg);
}

static void as_many_descriptors_are_told_as_are_opened(void **state)
{
    pitot_registry *reg = registry_of(NULL, NULL);
    struct page page = scraped(reg);
    double before = number_in(&page, "process_open_fds");
    int extra[50];

    (void)state;
    for (size_t i = 0; i < COUNT(extra); i++)
        assert_true((extra[i] = open("/dev/null", O_RDONLY)) >= 0);
    page = scraped(reg);
    assert_int_equal(number_in(&page, "process_open_fds"), before + COUNT(extra));
    for (size_t i = 0; i < COUNT(extra); i++)
        close(extra[i]);
    page = scraped(reg);
    assert_int_equal(number_in(&page, "process_open_fds"), before);
    pitot_registry_free(reg);
}

/* A host may close every descriptor it does not know, and open its own in their place. */
static void no_descriptor_is_kept_between_scrapes(void **state)
{
    int next = dup(0);
    pitot_registry *reg = registry_of(NULL, NULL);

    (void)state;
    close(next);
    for (int i = 0; i < 3; i++) {
        scraped(reg);
        int now = dup(0);
        close(now);
        assert_int_equal(now, next);
    }
    pitot_registry_free(reg);
}

static void a_page_without_free_descriptors_tells_how_many_are_open(void **state)
{
    pitot_registry *reg = registry_of(NULL, NULL);
    struct rlimit limit, low;
    struct stat fds;

    (void)state;
    assert_int_equal(stat("/proc/self/fd", &fds), 0);
    bool has_sizes = fds.st_size > 0; /* Linux since 6.2 */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    struct page page = scraped(reg);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_true((value_in(&page, "process_open_fds") != NULL) == has_sizes);
    assert_int_equal(number_in(&page, "pitot_process_unreadable_total{source=\"fd\"}"), !has_sizes);
    assert_int_equal(number_in(&page, "pitot_process_unreadable_total{source=\"stat\"}"), 1);
    assert_int_equal(number_in(&page, "pitot_process_unreadable_total{source=\"io\"}"), 1);
    assert_string_equal(value_in(&page, "process_max_fds"), "0");
    assert_true(number_in(&page, "process_cpu_seconds_total") > 0);
    assert_null(value_in(&page, "process_resident_memory_bytes"));
    page = scraped(reg);
    assert_non_null(value_in(&page, "process_resident_memory_bytes"));
    pitot_registry_free(reg);
}

static void limits_are_told_as_they_are_now(void **state)
{
    pitot_registry *reg = registry_of(NULL, NULL);
    struct rlimit limit, low;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    low = (struct rlimit){.rlim_cur = 123, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    struct page page = scraped(reg);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_string_equal(value_in(&page, "process_max_fds"), "123");
    pitot_registry_free(reg);
}

/* By its number, all comes from files: they must agree with the system calls. */
static void a_process_looks_the_same_by_its_number(void **state)
{
    static const char *const same[] = {
        "process_open_fds", "process_max_fds", "process_start_time_seconds", "process_threads"};
    char pid[16];

    (void)state;
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    pitot_registry *by_self = registry_of(NULL, NULL), *by_pid = registry_of(NULL, pid);
    struct page a = scraped(by_self), b = scraped(by_pid);
    for (size_t i = 0; i < COUNT(same); i++)
        assert_true(number_in(&a, same[i]) == number_in(&b, same[i]));
    double ticks = number_in(&b, "process_cpu_seconds_total");
    assert_true(cpu_seconds() - ticks < 1 && ticks - cpu_seconds() < 1);
    assert_true(number_in(&b, "process_context_switches_total{type=\"voluntary\"}") >=
                number_in(&a, "process_context_switches_total{type=\"voluntary\"}"));
    assert_true(number_in(&b, "process_io_read_bytes_total") >=
                number_in(&a, "process_io_read_bytes_total"));
    pitot_registry_free(by_self);
    pitot_registry_free(by_pid);
}

static void the_start_is_in_the_past_and_stays_where_it_is(void **state)
{
    pitot_registry *reg = registry_of(NULL, NULL);
    struct page page = scraped(reg);
    double start = number_in(&page, "process_start_time_seconds"), now = (double)time(NULL);

    (void)state;
    assert_true(start > now - 600 && start < now + 2);
    for (int i = 0; i < 5; i++) {
        page = scraped(reg);
        assert_true(number_in(&page, "process_start_time_seconds") == start);
    }
    pitot_registry_free(reg);
}

/* In a child: after setuid(), the kernel shows a process' own files to root only. */
static int scrape_as_nobody(void)
{
    pitot_error err = {0};
    pitot_registry *reg = pitot_registry_new(&err);
    struct page page;

    pitot_process_collector_add(reg, &err, NULL);
    if ((getuid() == 0 && setuid(65534) != 0) || prctl(PR_SET_DUMPABLE, 0) != 0)
        return 2;
    if (!scrape(reg, &page, &err))
        return 3;
    const char *io = value_in(&page, "pitot_process_unreadable_total{source=\"io\"}");
    return io && strcmp(io, "1") == 0 && !value_in(&page, "process_io_read_bytes_total") &&
                   value_in(&page, "process_resident_memory_bytes")
               ? 0
               : 4;
}

static void a_process_that_may_not_see_its_own_io_leaves_it_out(void **state)
{
    int status;
    pid_t child = fork();

    (void)state;
    if (child == 0)
        _exit(scrape_as_nobody());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static size_t blocks_left;

static bool take_block(void)
{
    return blocks_left > 0 && blocks_left--;
}

static void *allocate_some(void *ctx, size_t size)
{
    (void)ctx;
    return take_block() ? malloc(size) : NULL;
}

static void *reallocate_some(void *ctx, void *block, size_t size)
{
    (void)ctx;
    return take_block() ? realloc(block, size) : NULL;
}

static void release(void *ctx, void *block)
{
    (void)ctx;
    free(block);
}

static void set_blocks(size_t count)
{
    blocks_left = count;
    pitot_allocator_set(&(pitot_allocator){allocate_some, reallocate_some, release, NULL});
}

static void adding_it_without_memory_fails_and_can_be_tried_again(void **state)
{
    pitot_error err = {0};
    pitot_registry *reg = new_registry();
    bool added = false;
    size_t n = 0;

    (void)state;
    for (; !added && n < 100; n++) {
        err = (pitot_error){0};
        set_blocks(n);
        added = pitot_process_collector_add(reg, &err, NULL);
        pitot_allocator_set(NULL);
        assert_int_equal(err.code, added ? PITOT_OK : PITOT_ENOMEM);
    }
    assert_true(added && n > 3);
    struct page page = scraped(reg);
    assert_non_null(value_in(&page, "process_threads"));
    pitot_registry_free(reg);
}

/* The page is whole, or whole but for the process, which then is counted as failed. */
static void a_scrape_without_memory_yields_no_half_of_the_process(void **state)
{
    pitot_registry *reg = registry_of(NULL, NULL);
    size_t n = 0, failed = 0, partial = 0;
    bool whole = false;

    (void)state;
    for (; !whole && n < 10000; n++) {
        struct page page;
        pitot_error err = {0};

        set_blocks(n);
        bool done = scrape(reg, &page, &err);
        pitot_allocator_set(NULL);
        if (!done) {
            assert_int_equal(err.code, PITOT_ENOMEM);
            failed++;
            continue;
        }
        assert_int_equal(page.text[page.size - 1], '\n');
        whole = value_in(&page, "process_threads") != NULL;
        if (whole)
            continue;
        assert_process_lines(&page, "");
        partial++;
    }
    assert_true(whole && failed > 3);
    struct page page = scraped(reg);
    assert_true(number_in(&page, "pitot_collector_failures_total{collector=\"process\"}") >=
                (double)partial);
    assert_non_null(value_in(&page, "process_virtual_memory_bytes"));
    pitot_registry_free(reg);
}

static void it_can_be_added_once_and_removed(void **state)
{
    pitot_error err = {0};
    pitot_registry *reg = registry_of(NULL, NULL);

    (void)state;
    assert_false(pitot_process_collector_add(reg, &err, NULL));
    assert_int_equal(err.code, PITOT_EEXIST);
    err = (pitot_error){0};
    assert_true(pitot_collector_remove(reg, &err, "process"));
    struct page page = scraped(reg);
    assert_null(value_in(&page, "process_threads"));
    assert_true(pitot_process_collector_add(reg, &err, NULL));
    pitot_registry_free(reg);
}

static void options_that_make_no_sense_are_refused_with_a_reason(void **state)
{
    static const struct {
        pitot_process_opts opts;
        const char *message;
    } cases[] = {
        {{.proc_root = ""}, "process collector: .proc_root is empty; leave it NULL"},
        {{.pid = ""}, "process collector: .pid \"\" is not a name of one directory in .proc_root"},
        {{.pid = "self/task/1"}, "process collector: .pid \"self/task/1\" is not a name of one "
                                 "directory in .proc_root"},
    };
    pitot_registry *reg = new_registry();

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        pitot_error err = {0};

        assert_false(pitot_process_collector_add(reg, &err, &cases[i].opts));
        assert_int_equal(err.code, PITOT_EINVAL);
        assert_string_equal(err.message, cases[i].message);
    }
    pitot_registry_free(reg);
}

static void without_a_registry_nothing_happens(void **state)
{
    pitot_error err = {0};

    (void)state;
    assert_false(pitot_process_collector_add(NULL, &err, NULL));
    assert_int_equal(err.code, PITOT_OK);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_of_any_name_tells_its_true_size),
        cmocka_unit_test(cpu_time_is_told_between_ticks),
        cmocka_unit_test(as_many_descriptors_are_told_as_are_opened),
        cmocka_unit_test(no_descriptor_is_kept_between_scrapes),
        cmocka_unit_test(a_page_without_free_descriptors_tells_how_many_are_open),
        cmocka_unit_test(limits_are_told_as_they_are_now),
        cmocka_unit_test(a_process_looks_the_same_by_its_number),
        cmocka_unit_test(the_start_is_in_the_past_and_stays_where_it_is),
        cmocka_unit_test(a_process_that_may_not_see_its_own_io_leaves_it_out),
        cmocka_unit_test(adding_it_without_memory_fails_and_can_be_tried_again),
        cmocka_unit_test(a_scrape_without_memory_yields_no_half_of_the_process),
        cmocka_unit_test(it_can_be_added_once_and_removed),
        cmocka_unit_test(options_that_make_no_sense_are_refused_with_a_reason),
        cmocka_unit_test(without_a_registry_nothing_happens),
    };

    if (argc == 2 && strcmp(argv[1], "--report") == 0)
        return report();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
