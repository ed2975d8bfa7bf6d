/* SPDX-License-Identifier: MIT */
/*
 * encoded.h -- what tests of the encoders share: families made by hand, and pages compared with
 * text that is spelled out.
 */
#ifndef PITOT_TESTS_ENCODED_H
#define PITOT_TESTS_ENCODED_H

#include "base/buf.h"
#include "snapshot/snapshot.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define STR(literal)                                                                               \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

static inline uint64_t bits(double value)
{
    uint64_t word;

    memcpy(&word, &value, sizeof(word));
    return word;
}

/* The page of several families, which stand in the order of their names. `opts` may be NULL. */
static inline void assert_page(const struct pt_family_values *const *families, size_t count,
    pitot_format format, const pitot_encode_opts *opts, const char *expected)
{
    pitot_snapshot snap = {
        .families = (const struct pt_family_values **)(uintptr_t)families, .family_count = count};
    struct pt_buf page = pt_buf_new(1000000);
    pitot_error err = {0};

    for (size_t i = 0; i < count; i++)
        snap.continued += pt_family_continues(&snap, i);
    assert_true(pitot_encode_with(&snap, format, opts, pt_buf_write, &page, &err));
    pt_buf_add_char(&page, '\0');

    assert_string_equal(page.at, expected);
    pt_buf_free(&page);
}

/* The page of one family with default options. */
static inline void assert_encoded(
    const struct pt_family_values *family, pitot_format format, const char *expected)
{
    assert_page(&family, 1, format, NULL, expected);
}

/* The series that a snapshot begins with. */
static inline pitot_series first_series(const pitot_snapshot *snap)
{
    pitot_series series;

    assert_true(pitot_snapshot_series(snap, 0, 0, &series));
    return series;
}

#endif
