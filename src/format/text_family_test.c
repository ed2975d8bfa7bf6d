/* SPDX-License-Identifier: MIT */
/*
 * text_family_test.c -- what was written in a format of the text family reads back as the same
 * snapshot; and no page, however it was damaged, does harm.
 */
#include "base/buf.h"
#include "tests/locale.h"
#include "tests/random.h"
#include "tests/same.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define SEEDS 800
#define PAGE_MAX ((size_t)1 << 28)

enum {
    TEXT_WANTS =
        RANDOM_UTF8 | RANDOM_TYPES | RANDOM_TIMES | RANDOM_FLOATS | RANDOM_ODD | RANDOM_UNITS,
    OPENMETRICS_WANTS = RANDOM_UTF8 | RANDOM_TYPES | RANDOM_EXEMPLARS | RANDOM_STARTS |
                        RANDOM_TIMES | RANDOM_NANOSECONDS | RANDOM_UNITS,
    OPENMETRICS_2_WANTS = OPENMETRICS_WANTS | RANDOM_FLOATS | RANDOM_NATIVE,
};

/* What each format carries (`wants`, of random.h), and what it loses of that (of same.h). */
static const struct row {
    pitot_format format;
    unsigned wants;
    int lost;
} rows[] = {
    {PITOT_FORMAT_TEXT, TEXT_WANTS, SAME_NO_TYPES},
    {PITOT_FORMAT_TEXT_1, TEXT_WANTS, SAME_NO_TYPES},
    {PITOT_FORMAT_OPENMETRICS, OPENMETRICS_WANTS, 0},
    {PITOT_FORMAT_OPENMETRICS_0, OPENMETRICS_WANTS, 0},
    {PITOT_FORMAT_OPENMETRICS_2, OPENMETRICS_2_WANTS & ~(unsigned)RANDOM_EXEMPLARS, 0},
    /* It writes none without a time, and does not say which buckets one is of. */
    {PITOT_FORMAT_OPENMETRICS_2, OPENMETRICS_2_WANTS, SAME_NO_EXEMPLARS},
};
#define ROWS (sizeof(rows) / sizeof(*rows))

static pitot_snapshot *back(const pitot_snapshot *snap, const struct row *row, uint64_t seed)
{
    pitot_encode_opts opts = {.escaping = PITOT_ESCAPING_NONE, .created = true};
    struct pt_buf page = pt_buf_new(PAGE_MAX);
    pitot_error err = {0};
    size_t dropped = 0;

    opts.dropped = &dropped;
    assert_true(pitot_encode_with(snap, row->format, &opts, pt_buf_write, &page, &err));
    if (dropped && !(row->lost & SAME_NO_EXEMPLARS))
        fail_msg(
            "seed %llu, format %d: %zu dropped", (unsigned long long)seed, row->format, dropped);
    pitot_snapshot *read = pitot_decode(row->format, page.at, page.size, NULL, &err);
    if (!read)
        fail_msg("seed %llu, format %d: %s", (unsigned long long)seed, row->format, err.message);
    pt_buf_free(&page);
    return read;
}

static void assert_comes_back(uint64_t seed, const struct row *row)
{
    pitot_error err = {0};
    pitot_snapshot *snap = random_snapshot(seed, row->wants, &err);
    char why[300];

    assert_non_null(snap);
    pitot_snapshot *read = back(snap, row, seed);
    if (!snapshots_same(snap, read, row->lost, why, sizeof(why)))
        fail_msg("seed %llu, format %d: %s", (unsigned long long)seed, row->format, why);
    pitot_snapshot_free(read);
    pitot_snapshot_free(snap);
}

static void every_snapshot_comes_back_from_each_format(void **state)
{
    (void)state;

    for (size_t i = 0; i < ROWS; i++)
        for (uint64_t seed = 0; seed < SEEDS; seed++)
            assert_comes_back(seed, &rows[i]);
}

static void a_locale_with_a_decimal_comma_changes_nothing(void **state)
{
    char folder[] = COMMA_LOCALE_FOLDER;
    (void)state;
    use_comma_locale(folder, LC_NUMERIC);

    for (size_t i = 0; i < ROWS; i++)
        for (uint64_t seed = 0; seed < 100; seed++)
            assert_comes_back(seed, &rows[i]);
    leave_comma_locale(folder, LC_NUMERIC);
}

/* ---- Pages that are bad ---- */

static pitot_snapshot *decode(const struct pt_buf *page, pitot_format format, bool lenient)
{
    pitot_decode_opts opts = {.lenient = lenient, .problems_max = SIZE_MAX};
    pitot_error err = {0};
    /* Its own block, so that reading past its end shows. */
    char *exact = malloc(page->size ? page->size : 1);

    if (page->size)
        memcpy(exact, page->at, page->size);
    pitot_snapshot *read = pitot_decode(format, exact, page->size, &opts, &err);
    assert_true(read || !lenient || err.code == PITOT_ELIMIT);
    free(exact);
    return read;
}

static void a_page_that_was_damaged_is_read_or_refused(void **state)
{
    static const char marks[] = "\"\\{},=#\n \t+.e0[]:_N";
    struct random random = {.state = 7};
    (void)state;

    for (uint64_t seed = 0; seed < 3000; seed++) {
        const struct row *row = &rows[seed % ROWS];
        pitot_snapshot *snap = random_snapshot(seed % 100, row->wants, NULL);
        struct pt_buf page = pt_buf_new(PAGE_MAX);

        assert_true(pitot_encode(snap, row->format, pt_buf_write, &page, NULL));
        for (size_t n = random_below(&random, 6); n > 0 && page.size; n--)
            page.at[random_below(&random, page.size)] =
                random_one_in(&random, 4) ? (char)random_next(&random)
                                          : marks[random_below(&random, sizeof(marks) - 1)];
        if (random_one_in(&random, 3))
            page.size = random_below(&random, page.size + 1);
        pitot_snapshot_free(decode(&page, row->format, true));
        pitot_snapshot_free(decode(&page, row->format, false));
        pt_buf_free(&page);
        pitot_snapshot_free(snap);
    }
}

static double seconds_for(const struct pt_buf *page, pitot_format format)
{
    struct timespec begin, end;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    pitot_snapshot_free(decode(page, format, true));
    pitot_snapshot_free(decode(page, format, false));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    return (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
}

/* Pieces of pages that would take forever if anything were quadratic in them. `%zu` is the number
 * of the piece. */
static void no_page_takes_more_time_than_its_size_deserves(void **state)
{
    static const struct {
        const char *head, *piece, *tail;
        size_t count;
    } pages[] = {
        {"a{", "l%zu=\"v\",", "} 1\n", 50000},
        {"a{", "l%zu=\"v\", ", "} 1\n", 50000},
        {"a{", "l=\"v%zu\",", "} 1\n", 50000},
        {"", "a x%zu\n", "", 60000},
        {"", "a%zu 1\n", "", 50000},
        {"", "# TYPE a%zu counter\n", "", 50000},
        {"", "a{b=\"%zu\"} 1\n", "", 50000},
        {"# TYPE h histogram\n", "h_bucket{le=\"%zu\"} 1\n", "", 50000},
        {"# TYPE h histogram\n", "h_bucket{le=\"-%zu\"} 1\n", "", 50000},
        {"# TYPE h histogram\n", "h_bucket{a=\"%zu\",le=\"+Inf\"} 1\n", "", 50000},
        {"# TYPE h histogram\n", "h_bucket{a=\"%1$zu\",le=\"%1$zu\"} 1\n", "", 50000},
        {"# TYPE h histogram\n",
            "h_bucket{a=\"%1$zu\",le=\"%1$zu\"} 1\nh_bucket{a=\"%1$zu\",le=\"+Inf\"} 1\n", "",
            50000},
        {"# TYPE s summary\n", "s{quantile=\"%zu\"} 1\n", "", 50000},
        {"a{b=\"", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx%zu", "\"} 1\n", 100000},
        {"a{b=\"", "\\\\\\\"%zu", "\"} 1\n", 100000},
        {"# HELP a ", "\\\\%zu", "\n", 100000},
        {"a ", "1%zu", "\n", 50000},
        {"a 0.", "0%zu", "\n", 50000},
        {"a 1e", "0%zu", "\n", 50000},
        {"# TYPE h histogram\nh {count:1,sum:1,bucket:[", "%zu:1,", "+Inf:1]}\n", 50000},
        {"# TYPE h histogram\nh {count:0,sum:1,schema:0,zero_threshold:0,zero_count:0,"
         "positive_spans:[",
            "1:0%.0zu,", "1:1],positive_buckets:[0]}\n", 50000},
    };
    static const pitot_format formats[] = {
        PITOT_FORMAT_TEXT, PITOT_FORMAT_OPENMETRICS, PITOT_FORMAT_OPENMETRICS_2};
    (void)state;

    for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
        struct pt_buf page = pt_buf_new(PAGE_MAX);
        char piece[200];

        pt_buf_add_text(&page, pages[i].head);
        for (size_t j = 0; j < pages[i].count; j++) {
            snprintf(piece, sizeof(piece), pages[i].piece, j);
            pt_buf_add_text(&page, piece);
        }
        pt_buf_add_text(&page, pages[i].tail);
        for (size_t j = 0; j < 3; j++) {
            double seconds = seconds_for(&page, formats[j]);

            if (seconds > 3)
                fail_msg("page %zu takes %d s", i, (int)seconds);
        }
        pt_buf_free(&page);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_snapshot_comes_back_from_each_format),
        cmocka_unit_test(a_locale_with_a_decimal_comma_changes_nothing),
        cmocka_unit_test(a_page_that_was_damaged_is_read_or_refused),
        cmocka_unit_test(no_page_takes_more_time_than_its_size_deserves),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
