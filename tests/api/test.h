/* SPDX-License-Identifier: MIT */
/* test.h -- what the tests of this folder share: registries, and pages as text. */
#ifndef PITOT_TESTS_API_TEST_H
#define PITOT_TESTS_API_TEST_H

#include <pitot/export.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline pitot_registry *new_registry(void)
{
    pitot_error err = {0};
    pitot_registry *reg = pitot_registry_new(&err);

    assert_non_null(reg);
    assert_int_equal(err.code, PITOT_OK);
    return reg;
}

static inline void assert_ok(const pitot_error *err)
{
    if (err->code != PITOT_OK)
        fail_msg("unexpected error %d: %s", err->code, err->message);
}

static inline void assert_error(const pitot_error *err, pitot_code code, const char *message)
{
    assert_string_equal(err->message, message);
    assert_int_equal(err->code, code);
}

/* Text that grows; a pitot_write_fn fills it. Always ends in NUL. */
struct text {
    char *at;
    size_t size;
};

static inline bool text_write(void *ctx, const char *bytes, size_t size)
{
    struct text *text = ctx;
    char *at = realloc(text->at, text->size + size + 1);

    assert_non_null(at);
    memcpy(at + text->size, bytes, size);
    text->at = at;
    text->size += size;
    at[text->size] = '\0';
    return true;
}

/* What a snapshot looks like in a format; free() it. No page ever has a NUL in it. */
static inline char *encoded(const pitot_snapshot *snap, pitot_format format)
{
    pitot_error err = {0};
    struct text text = {0};
    bool done = pitot_encode(snap, format, text_write, &text, &err);

    assert_ok(&err);
    assert_true(done);
    assert_int_equal(strlen(text.at), text.size);
    return text.at;
}

static inline char *page_of(pitot_registry *reg, pitot_format format)
{
    pitot_error err = {0};
    pitot_snapshot *snap = pitot_snapshot_take(reg, &err);

    assert_ok(&err);
    assert_non_null(snap);
    char *page = encoded(snap, format);
    pitot_snapshot_free(snap);
    return page;
}

/* Where a line that starts like this begins on the page; NULL when there is none. */
static inline const char *find_line(const char *page, const char *start)
{
    size_t size = strlen(start);

    for (const char *line = page; *line; line = strchr(line, '\n') + 1) {
        if (strncmp(line, start, size) == 0)
            return line;
        assert_non_null(strchr(line, '\n'));
    }
    return NULL;
}

static inline size_t count_lines(const char *page, const char *start)
{
    size_t count = 0;
    const char *line = page;

    while ((line = find_line(line, start)) != NULL) {
        count++;
        line = strchr(line, '\n') + 1;
    }
    return count;
}

static inline bool has_line(const char *page, const char *whole)
{
    size_t size = strlen(whole);

    for (const char *line = find_line(page, whole); line; line = find_line(line, whole)) {
        if (line[size] == '\n')
            return true;
        line = strchr(line, '\n') + 1;
    }
    return false;
}

/* The text page of the registry has this whole line. */
static inline void assert_line(pitot_registry *reg, const char *whole)
{
    char *page = page_of(reg, PITOT_FORMAT_TEXT);

    if (!has_line(page, whole))
        fail_msg("no line \"%s\" on the page:\n%s", whole, page);
    free(page);
}

/* No line of the text page starts like this. */
static inline void assert_no_line(pitot_registry *reg, const char *start)
{
    char *page = page_of(reg, PITOT_FORMAT_TEXT);

    if (find_line(page, start))
        fail_msg("a line \"%s\" on the page:\n%s", start, page);
    free(page);
}

/* Every line of the family `name`, metadata included, is exactly `expected`. */
static inline void assert_family(
    pitot_registry *reg, pitot_format format, const char *name, const char *expected)
{
    char start[300];
    char *page = page_of(reg, format);
    const char *first = format == PITOT_FORMAT_TEXT ? "# HELP " : "# TYPE ";

    snprintf(start, sizeof(start), "%s%s ", first, name);
    const char *from = find_line(page, start);
    if (!from)
        fail_msg("no family \"%s\" on the page:\n%s", name, page);
    const char *to;
    for (to = strchr(from, '\n') + 1; *to; to = strchr(to, '\n') + 1)
        if (strncmp(to, first, strlen(first)) == 0 || strcmp(to, "# EOF\n") == 0)
            break;
    char *family = strndup(from, (size_t)(to - from));
    assert_string_equal(family, expected);
    free(family);
    free(page);
}

/* The number of the family `name` in a snapshot; fails when there is none. */
static inline size_t family_of(const pitot_snapshot *snap, const char *name, pitot_family *family)
{
    for (size_t i = 0; pitot_snapshot_family(snap, i, family); i++)
        if (family->name.size == strlen(name) &&
            memcmp(family->name.at, name, family->name.size) == 0)
            return i;
    fail_msg("no family \"%s\" in the snapshot", name);
    return 0;
}

/* The series of a family in a snapshot of the registry are exactly these: `labels number` each, a
 * line for each, whatever the formats make of it. */
static inline void assert_series(
    pitot_registry *reg, const char *name, pitot_type type, const char *expected)
{
    pitot_error err = {0};
    pitot_snapshot *snap = pitot_snapshot_take(reg, &err);
    struct text text = {0};
    pitot_family family;
    pitot_series series;

    assert_ok(&err);
    size_t at = family_of(snap, name, &family);
    assert_int_equal(family.type, type);
    text_write(&text, "", 0);
    for (size_t i = 0; pitot_snapshot_series(snap, at, i, &series); i++) {
        char number[40];
        int size = series.is_double ? snprintf(number, sizeof(number), " %g\n", series.numbers->f64)
                                    : snprintf(number, sizeof(number), " %llu\n",
                                          (unsigned long long)series.numbers->u64);

        text_write(&text, series.labels.at ? series.labels.at : "", series.labels.size);
        text_write(&text, number, (size_t)size);
    }
    assert_string_equal(text.at, expected);
    free(text.at);
    pitot_snapshot_free(snap);
}

#endif
