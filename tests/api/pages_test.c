/* SPDX-License-Identifier: MIT */
/*
 * pages_test.c -- the pages under tests/pages: what is good is taken, whole and without a word;
 * what is bad is refused, at the right place and for the right reason, and a lenient reader lives
 * with it. And memory may run out anywhere while they are read or written.
 *
 * Each folder has an `index`: of good pages the number of families and of series, of bad ones the
 * place of the first problem and some words of its text. A new page needs a line there and nothing
 * else.
 */
#include "../heap.h"
#include "../same.h"
#include "test.h"

#include <sys/stat.h>

struct page {
    char *bytes;
    size_t size;
};

struct told {
    size_t count;
    pitot_problem first;
    char text[256];
};

static struct page read_file(const char *folder, const char *name)
{
    const char *root = getenv("SOURCE_DIR");
    char path[512];
    struct page page = {0};

    snprintf(path, sizeof(path), "%s/tests/pages/%s/%s", root ? root : ".", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file)
        fail_msg("%s is missing", path);
    struct stat info;
    assert_int_equal(fstat(fileno(file), &info), 0);
    page.size = (size_t)info.st_size;
    page.bytes = malloc(page.size + 1);
    assert_int_equal(fread(page.bytes, 1, page.size, file), page.size);
    page.bytes[page.size] = '\0';
    fclose(file);
    return page;
}

static void remember(void *ctx, const pitot_problem *problem)
{
    struct told *told = ctx;

    if (told->count++ == 0) {
        told->first = *problem;
        snprintf(told->text, sizeof(told->text), "%s", problem->text);
    }
}

static pitot_snapshot *decode(
    pitot_format format, const struct page *page, bool lenient, struct told *told, pitot_error *err)
{
    /* Its own block of memory, so that a sanitizer sees who reads past the end. */
    char *exact = malloc(page->size ? page->size : 1);

    *told = (struct told){0};
    memcpy(exact, page->bytes, page->size);
    pitot_snapshot *snap = pitot_decode(format, exact, page->size,
        &(pitot_decode_opts){.lenient = lenient, .problem = remember, .ctx = told}, err);
    free(exact);
    return snap;
}

/* Calls `check` for each line of the folder's index; it returns how many were not as they should.
 */
static size_t each_page(const char *folder, pitot_format format,
    size_t (*check)(
        pitot_format format, const char *name, const struct page *page, const char *expected))
{
    struct page index = read_file(folder, "index");
    size_t wrong = 0, count = 0;
    char *rest = index.bytes;

    for (char *line; (line = strsep(&rest, "\n")) && *line; count++) {
        char *expected = line;
        const char *name = strsep(&expected, " ");
        struct page page = read_file(folder, name);

        wrong += check(format, name, &page, expected);
        free(page.bytes);
    }
    free(index.bytes);
    assert_true(count > 0);
    return wrong;
}

static size_t check_good(
    pitot_format format, const char *name, const struct page *page, const char *expected)
{
    pitot_error err = {0}, lenient_err = {0};
    struct told told, lenient_told;
    pitot_snapshot *snap = decode(format, page, false, &told, &err);
    pitot_snapshot *lenient = decode(format, page, true, &lenient_told, &lenient_err);
    char counts[64], why[200] = "";
    bool good = snap && lenient && told.count == 0 && lenient_told.count == 0;

    snprintf(counts, sizeof(counts), "%zu %zu", pitot_snapshot_family_count(snap),
        pitot_snapshot_series_count(snap));
    if (!good)
        print_error("%s: %s%s\n", name, err.message, told.text);
    else if (strcmp(counts, expected) != 0)
        print_error("%s: has %s families and series, not %s\n", name, counts, expected);
    else if (!snapshots_same(snap, lenient, 0, why, sizeof(why)))
        print_error("%s: strict and lenient read it differently: %s\n", name, why);
    else
        counts[0] = '\0';
    pitot_snapshot_free(snap);
    pitot_snapshot_free(lenient);
    return counts[0] != '\0';
}

static size_t check_bad(
    pitot_format format, const char *name, const struct page *page, const char *expected)
{
    pitot_error err = {0}, lenient_err = {0};
    struct told told, lenient_told;
    pitot_snapshot *snap = decode(format, page, false, &told, &err);
    pitot_snapshot *lenient = decode(format, page, true, &lenient_told, &lenient_err);
    const char *words = strchr(expected, ' ') + 1;
    char place[64], message[400];
    size_t wrong = 1;

    snprintf(place, sizeof(place), "%zu:%zu", told.first.line, told.first.column);
    snprintf(message, sizeof(message), "line %zu, column %zu: %s", told.first.line,
        told.first.column, told.text);
    if (snap || err.code != PITOT_EPARSE || told.count == 0)
        print_error("%s: is taken\n", name);
    else if (strncmp(place, expected, strlen(place)) != 0 || expected[strlen(place)] != ' ' ||
             !strstr(told.text, words))
        print_error("%s: expected %s; got %s %s\n", name, expected, place, told.text);
    else if (strncmp(err.message, message, 200) != 0)
        print_error("%s: the error is not the first problem: %s\n", name, err.message);
    else if (!lenient)
        print_error("%s: a lenient reader refuses it: %s\n", name, lenient_err.message);
    else
        wrong = 0;
    pitot_snapshot_free(snap);
    pitot_snapshot_free(lenient);
    return wrong;
}

static void good_text_is_taken(void **state)
{
    (void)state;

    assert_int_equal(each_page("text/good", PITOT_FORMAT_TEXT, check_good), 0);
    assert_int_equal(each_page("text/good", PITOT_FORMAT_TEXT_1, check_good), 0);
}

static void bad_text_is_refused_where_it_is_bad(void **state)
{
    (void)state;

    assert_int_equal(each_page("text/bad", PITOT_FORMAT_TEXT, check_bad), 0);
}

static void good_openmetrics_is_taken(void **state)
{
    (void)state;

    assert_int_equal(each_page("openmetrics/good", PITOT_FORMAT_OPENMETRICS, check_good), 0);
    assert_int_equal(each_page("openmetrics/good", PITOT_FORMAT_OPENMETRICS_0, check_good), 0);
}

static void bad_openmetrics_is_refused_where_it_is_bad(void **state)
{
    (void)state;

    assert_int_equal(each_page("openmetrics/bad", PITOT_FORMAT_OPENMETRICS, check_bad), 0);
}

static void good_openmetrics_2_is_taken(void **state)
{
    (void)state;

    assert_int_equal(each_page("openmetrics2/good", PITOT_FORMAT_OPENMETRICS_2, check_good), 0);
}

static void bad_openmetrics_2_is_refused_where_it_is_bad(void **state)
{
    (void)state;

    assert_int_equal(each_page("openmetrics2/bad", PITOT_FORMAT_OPENMETRICS_2, check_bad), 0);
}

/* ---- Without memory ---- */

static bool write_to_file(void *ctx, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, ctx) == size;
}

static bool write_nowhere(void *ctx, const char *bytes, size_t size)
{
    (void)ctx;
    (void)bytes;
    return size > 0;
}

/* What it says when it fails; what is bad may be found before memory runs out. */
static bool says_why(const pitot_error *err)
{
    return err->code == PITOT_ENOMEM || err->code == PITOT_EPARSE;
}

/* Reads the page while the n-th allocation fails; false when it was not reached. What is read all
 * the same is what is read with memory. */
static bool read_scarce(pitot_format format, const struct page *page, bool lenient,
    const pitot_snapshot *whole, size_t n, bool for_ever)
{
    size_t live = heap.live;
    pitot_error err = {0};
    struct told told;
    char why[200] = "";

    heap_fail(n, for_ever);
    pitot_snapshot *snap = decode(format, page, lenient, &told, &err);
    bool reached = heap.failures > 0;
    heap_fail(0, false);
    assert_true(snap ? err.code == PITOT_OK : says_why(&err));
    if (snap && !snapshots_same(snap, whole, 0, why, sizeof(why)))
        fail_msg("something is lost without a word: %s", why);
    pitot_snapshot_free(snap);
    assert_int_equal(heap.live, live);
    return reached;
}

static size_t check_scarce_reading(
    pitot_format format, const char *name, const struct page *page, const char *expected)
{
    (void)name;
    (void)expected;
    for (int form = 0; form < 4; form++) {
        bool lenient = form & 1, for_ever = form & 2;
        struct told told;
        pitot_error err = {0};
        pitot_snapshot *whole = decode(format, page, lenient, &told, &err);
        size_t n = 1;

        while (read_scarce(format, page, lenient, whole, n, for_ever))
            n++;
        pitot_snapshot_free(whole);
    }
    return 0;
}

/* Writes the snapshot likewise. */
static bool write_scarce(const pitot_snapshot *snap, pitot_format format, size_t n)
{
    size_t live = heap.live;
    pitot_error err = {0};

    heap_fail(n, false);
    bool ok = pitot_encode_with(snap, format,
        &(pitot_encode_opts){.escaping = PITOT_ESCAPING_VALUES}, write_nowhere, NULL, &err);
    bool reached = heap.failures > 0;
    heap_fail(0, false);
    assert_true(ok || err.code == PITOT_ENOMEM);
    assert_int_equal(heap.live, live);
    return reached;
}

/* And reads what was written, which for some formats is the only way to get a page. */
static void read_back_scarce(const pitot_snapshot *snap, pitot_format format)
{
    struct told told;
    pitot_error err = {0};
    struct page page = {0};
    FILE *file = open_memstream(&page.bytes, &page.size);

    assert_true(pitot_encode_with(
        snap, format, &(pitot_encode_opts){.created = true}, write_to_file, file, &err));
    fclose(file);
    check_scarce_reading(format, "", &page, "");
    pitot_snapshot_free(decode(format, &page, false, &told, &err));
    free(page.bytes);
}

static size_t check_scarce_writing(
    pitot_format format, const char *name, const struct page *page, const char *expected)
{
    struct told told;
    pitot_error err = {0};
    pitot_snapshot *snap = decode(format, page, true, &told, &err);
    (void)name;
    (void)expected;

    for (int to = 0; snap && to < PITOT_FORMAT_COUNT; to++) {
        size_t n = 1;
        while (write_scarce(snap, (pitot_format)to, n))
            n++;
    }
    if (snap) {
        read_back_scarce(snap, PITOT_FORMAT_PROTOBUF);
        read_back_scarce(snap, PITOT_FORMAT_JSON);
    }
    pitot_snapshot_free(snap);
    return 0;
}

static const struct {
    const char *folder;
    pitot_format format;
} folders[] = {
    {"text/good", PITOT_FORMAT_TEXT},
    {"text/bad", PITOT_FORMAT_TEXT},
    {"openmetrics/good", PITOT_FORMAT_OPENMETRICS},
    {"openmetrics/bad", PITOT_FORMAT_OPENMETRICS},
    {"openmetrics2/good", PITOT_FORMAT_OPENMETRICS_2},
    {"openmetrics2/bad", PITOT_FORMAT_OPENMETRICS_2},
};

static void memory_may_run_out_anywhere_while_a_page_is_read(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        each_page(folders[i].folder, folders[i].format, check_scarce_reading);
}

static void memory_may_run_out_anywhere_while_a_page_is_written(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i += 2) /* the good ones */
        each_page(folders[i].folder, folders[i].format, check_scarce_writing);
}

static size_t problems_of(const char *text, size_t problems_max)
{
    struct told told = {0};
    pitot_error err = {0};

    assert_null(pitot_decode(PITOT_FORMAT_TEXT, text, strlen(text),
        &(pitot_decode_opts){.problem = remember, .ctx = &told, .problems_max = problems_max},
        &err));
    return told.count;
}

static void every_bad_line_is_told_of_up_to_the_limit(void **state)
{
    static const char text[] = "a x\nb 1\nc\n{\n# TYPE d e\nf 2\n";
    (void)state;

    assert_int_equal(problems_of(text, 0), 4);
    assert_int_equal(problems_of(text, 2), 2);
}

static void a_lenient_reader_keeps_what_it_understands(void **state)
{
    static const char text[] = "a x\nb 1\r\nc{x=\"1\",x=\"2\"} 1\n# TYPE b counter\n"
                               "d{l=\"a\\qb\"} 2\nb{x=\"2\"} 3";
    pitot_error err = {0};
    pitot_snapshot *snap = pitot_decode(
        PITOT_FORMAT_TEXT, text, sizeof(text) - 1, &(pitot_decode_opts){.lenient = true}, &err);
    pitot_series series;
    (void)state;

    assert_ok(&err);
    assert_int_equal(pitot_snapshot_series_count(snap), 3);
    pitot_snapshot_series(snap, 0, 1, &series);
    assert_int_equal(series.numbers[0].u64, 3);
    pitot_snapshot_free(snap);
}

/* As others read it, who write all types first, say. */
static void a_lenient_reader_puts_a_histogram_together_that_is_in_two_places(void **state)
{
    static const char text[] = "# TYPE h histogram\n# TYPE s summary\n# TYPE b gauge\nb 1\n"
                               "h_bucket{le=\"+Inf\"} 3\nh_sum 1\nh_count 3\ns_sum 2\ns_count 7\n";
    pitot_error err = {0};
    pitot_snapshot *snap = pitot_decode(
        PITOT_FORMAT_TEXT, text, sizeof(text) - 1, &(pitot_decode_opts){.lenient = true}, &err);
    pitot_family family;
    (void)state;

    assert_ok(&err);
    assert_int_equal(pitot_snapshot_family_count(snap), 3);
    assert_true(pitot_snapshot_family(snap, 1, &family));
    assert_int_equal(family.type, PITOT_HISTOGRAM);
    assert_int_equal(family.series_count, 1);
    assert_true(pitot_snapshot_family(snap, 2, &family));
    assert_int_equal(family.type, PITOT_SUMMARY);
    assert_int_equal(family.series_count, 1);
    pitot_snapshot_free(snap);
}

/* The standards let it stand anywhere in HELP, and we write it. A page that ends every line so is
 * refused for the others. */
static void a_carriage_return_at_the_end_of_help_belongs_to_it(void **state)
{
    static const char text[] = "# HELP a A.\r\n# TYPE a gauge\na 1\n# EOF\n";
    static const pitot_format formats[] = {
        PITOT_FORMAT_TEXT, PITOT_FORMAT_OPENMETRICS, PITOT_FORMAT_OPENMETRICS_2};
    (void)state;

    for (size_t i = 0; i < 2 * sizeof(formats) / sizeof(*formats); i++) {
        bool lenient = i % 2;
        pitot_error err = {0};
        pitot_snapshot *snap = pitot_decode(
            formats[i / 2], text, sizeof(text) - 1, &(pitot_decode_opts){.lenient = lenient}, &err);
        pitot_family family;

        assert_ok(&err);
        assert_true(pitot_snapshot_family(snap, 0, &family));
        assert_int_equal(family.help.size, lenient ? 2 : 3);
        assert_memory_equal(family.help.at, "A.\r", family.help.size);
        pitot_snapshot_free(snap);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_text_is_taken),
        cmocka_unit_test(bad_text_is_refused_where_it_is_bad),
        cmocka_unit_test(good_openmetrics_is_taken),
        cmocka_unit_test(bad_openmetrics_is_refused_where_it_is_bad),
        cmocka_unit_test(good_openmetrics_2_is_taken),
        cmocka_unit_test(bad_openmetrics_2_is_refused_where_it_is_bad),
        cmocka_unit_test(memory_may_run_out_anywhere_while_a_page_is_read),
        cmocka_unit_test(memory_may_run_out_anywhere_while_a_page_is_written),
        cmocka_unit_test(every_bad_line_is_told_of_up_to_the_limit),
        cmocka_unit_test(a_lenient_reader_keeps_what_it_understands),
        cmocka_unit_test(a_lenient_reader_puts_a_histogram_together_that_is_in_two_places),
        cmocka_unit_test(a_carriage_return_at_the_end_of_help_belongs_to_it),
    };

    pitot_allocator_set(&heap_allocator); /* before anything else of the library */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
