/* SPDX-License-Identifier: MIT */
/* process.h -- what the tests of the process collector share: its page, and numbers found there. */
#ifndef PITOT_TESTS_API_PROCESS_H
#define PITOT_TESTS_API_PROCESS_H

#include "test.h"

struct page {
    char text[32768];
    size_t size;
};

static inline bool add_to_page(void *ctx, const char *bytes, size_t size)
{
    struct page *page = ctx;

    if (size >= sizeof(page->text) - page->size)
        return false;
    memcpy(page->text + page->size, bytes, size);
    page->size += size;
    page->text[page->size] = '\0';
    return true;
}

/* On this thread, so that the process has no other one. False when memory ran out. */
static inline bool scrape(pitot_registry *reg, struct page *page, pitot_error *err)
{
    const pitot_snapshot_opts opts = {.collect_timeout_ms = UINT32_MAX};
    pitot_snapshot *snap = pitot_snapshot_take_with(reg, &opts, err);

    page->size = 0;
    bool encoded = snap && pitot_encode(snap, PITOT_FORMAT_TEXT, add_to_page, page, err);
    pitot_snapshot_free(snap);
    return encoded;
}

static inline pitot_registry *registry_of(const char *root, const char *pid)
{
    pitot_error err = {0};
    pitot_registry *reg = new_registry();

    assert_true(pitot_process_collector_add(
        reg, &err, &(pitot_process_opts){.proc_root = root, .pid = pid}));
    assert_int_equal(err.code, PITOT_OK);
    return reg;
}

static inline struct page scraped(pitot_registry *reg)
{
    struct page page;
    pitot_error err = {0};

    assert_true(scrape(reg, &page, &err));
    assert_ok(&err);
    return page;
}

/* The text after `series` and a blank, to the end of its line; NULL when it is not there. */
static inline const char *value_in(const struct page *page, const char *series)
{
    static char value[64];
    char key[128];

    snprintf(key, sizeof(key), "%s ", series);
    const char *line = find_line(page->text, key);
    if (!line)
        return NULL;
    line += strlen(key);
    snprintf(value, sizeof(value), "%.*s", (int)strcspn(line, "\n"), line);
    return value;
}

static inline double number_in(const struct page *page, const char *series)
{
    const char *value = value_in(page, series);

    if (!value)
        fail_msg("no %s on the page:\n%s", series, page->text);
    return strtod(value, NULL);
}

/* Exactly these lines about the process, without the ones that start with '#'. */
static inline void assert_process_lines(const struct page *page, const char *expected)
{
    char lines[4096] = "";
    size_t size = 0;

    for (const char *line = page->text; *line; line += strcspn(line, "\n") + 1) {
        int length = (int)strcspn(line, "\n") + 1;

        if (strncmp(line, "process_", 8) == 0 || strncmp(line, "pitot_process_", 14) == 0)
            size += (size_t)snprintf(lines + size, sizeof(lines) - size, "%.*s", length, line);
    }
    assert_string_equal(lines, expected);
}

#endif
