/* SPDX-License-Identifier: MIT */
/* escape_test.c -- the cases of the one implementation that others follow, and what ours adds. */
#include "base/escape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ALL 1000

struct row {
    const char *name, *underscores, *dots, *values;
};

static const struct row rows[] = {
    {"no:escaping_required", "no:escaping_required", "no:escaping_required",
        "no:escaping_required"},
    {"mysystem.prod.west.cpu.load", "mysystem_prod_west_cpu_load",
        "mysystem_dot_prod_dot_west_dot_cpu_dot_load",
        "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load"},
    {"mysystem.prod.west.cpu.load_total", "mysystem_prod_west_cpu_load_total",
        "mysystem_dot_prod_dot_west_dot_cpu_dot_load__total",
        "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load__total"},
    {"http.status:sum", "http_status:sum", "http_dot_status:sum", "U__http_2e_status:sum"},
    {"label with \xf0\x9f\x98\xb1", "label_with__", "label__with____",
        "U__label_20_with_20__1f631_"},
    {"\xe8\x8a\xb1\xe7\x81\xab", "__", "____", "U___82b1__706b_"},
    {"0starts with a digit", "_starts_with_a_digit", "__starts__with__a__digit",
        "U___30_starts_20_with_20_a_20_digit"},
    {"under_score.9", "under_score_9", "under__score_dot_9", "U__under__score_2e_9"},
    {".", "_", "_dot_", "U___2e_"},
    {"\xf4\x8f\xbf\xbf", "_", "__", "U___10ffff_"},
    {"-a", "_a", "__a", "U___2d_a"},
    {"bad\xff!", "bad__", "bad____", "U__bad_fffd__21_"},
};

static void assert_escapes(const char *name, pitot_escaping scheme, bool colons, const char *wanted)
{
    char out[PT_ESCAPE_ROOM(ALL)];
    size_t size = pt_escape_name(out, (pitot_str){name, strlen(name)}, scheme, colons);

    assert_int_equal(size, strlen(wanted));
    assert_memory_equal(out, wanted, size);
}

static void each_scheme_writes_what_a_prometheus_reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_escapes(rows[i].name, PITOT_ESCAPING_UNDERSCORES, true, rows[i].underscores);
        assert_escapes(rows[i].name, PITOT_ESCAPING_DOTS, true, rows[i].dots);
        assert_escapes(rows[i].name, PITOT_ESCAPING_VALUES, true, rows[i].values);
        assert_escapes(rows[i].name, PITOT_ESCAPING_NONE, true, rows[i].name);
    }
}

static void a_colon_is_legal_in_the_name_of_a_metric_alone(void **state)
{
    (void)state;
    assert_escapes("a:b", PITOT_ESCAPING_UNDERSCORES, true, "a:b");
    assert_escapes("a:b", PITOT_ESCAPING_UNDERSCORES, false, "a_b");
    assert_escapes("a:b", PITOT_ESCAPING_DOTS, false, "a__b");
    assert_escapes("a:b", PITOT_ESCAPING_VALUES, false, "U__a_3a_b");
    assert_escapes("a:b", PITOT_ESCAPING_NONE, false, "a:b");
}

static void what_is_written_is_a_legacy_name(void **state)
{
    (void)state;
    for (int scheme = PITOT_ESCAPING_UNDERSCORES; scheme <= PITOT_ESCAPING_VALUES; scheme++) {
        for (int first = 1; first < 256; first++) {
            for (int second = 1; second < 256; second++) {
                char name[] = {(char)first, (char)second, 'x'}, out[PT_ESCAPE_ROOM(sizeof(name))];
                size_t size = pt_escape_name(
                    out, (pitot_str){name, sizeof(name)}, (pitot_escaping)scheme, false);

                assert_true(size <= sizeof(out));
                assert_true(pt_escape_is_legacy((pitot_str){out, size}, false));
            }
        }
    }
}

static void a_long_name_fits_its_room(void **state)
{
    char name[ALL], out[PT_ESCAPE_ROOM(ALL)];

    (void)state;
    memset(name, '.', sizeof(name));
    assert_int_equal(
        pt_escape_name(out, (pitot_str){name, ALL}, PITOT_ESCAPING_DOTS, true), ALL * 5);
    memset(name, '!', sizeof(name));
    assert_int_equal(
        pt_escape_name(out, (pitot_str){name, ALL}, PITOT_ESCAPING_VALUES, true), ALL * 4 + 3);
    memset(name, '\xff', sizeof(name)); /* each is a U+FFFD of its own */
    assert_int_equal(
        pt_escape_name(out, (pitot_str){name, ALL}, PITOT_ESCAPING_VALUES, true), ALL * 6 + 3);
}

static size_t undo(const char *escaped, char *out)
{
    return pt_escape_undo(out, (pitot_str){escaped, strlen(escaped)});
}

static void values_are_undone(void **state)
{
    char out[ALL];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]) - 1; i++) { /* all but the ill-formed */
        size_t size = undo(rows[i].values, out);

        if (rows[i].name == rows[i].values || memcmp(rows[i].values, "U__", 3) != 0) {
            assert_int_equal(size, 0);
            continue;
        }
        assert_int_equal(size, strlen(rows[i].name));
        assert_memory_equal(out, rows[i].name, size);
    }
}

static void every_character_comes_back(void **state)
{
    (void)state;
    for (uint32_t point = 1; point <= 0x10ffff; point += point < 0x3000 ? 1 : 97) {
        char hex[16], name[8], out[16], again[PT_ESCAPE_ROOM(8)];
        int n = snprintf(hex, sizeof(hex), "U___%x_", (unsigned)point);
        size_t size = pt_escape_undo(out, (pitot_str){hex, (size_t)n});

        if (point >= 0xd800 && point <= 0xdfff) {
            assert_int_equal(size, 0);
            continue;
        }
        assert_in_range(size, 1, 4);
        name[0] = '.'; /* so that it is escaped, whatever the character */
        memcpy(name + 1, out, size);
        size_t used =
            pt_escape_name(again, (pitot_str){name, size + 1}, PITOT_ESCAPING_VALUES, true);
        assert_int_equal(pt_escape_undo(out, (pitot_str){again, used}), size + 1);
        assert_memory_equal(out, name, size + 1);
    }
}

static void what_the_scheme_does_not_write_is_refused(void **state)
{
    static const char *const names[] = {"", "U", "U__", "U_", "a_b", "u__a", "U__a_", "U__a_2e",
        "U__a_2g_", "U__a_0_", "U___d800_", "U___dfff_", "U___110000_", "U___0000061_", "U__a.b",
        "U__\xc3\xa9", "U___x_", "U__bad__utf8_12345678_"};
    char out[ALL];

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(undo(names[i], out), 0);
}

static void hex_digits_of_either_case_are_read(void **state)
{
    char out[ALL];

    (void)state;
    assert_int_equal(undo("U__a_2E_b", out), 3);
    assert_memory_equal(out, "a.b", 3);
    assert_int_equal(undo("U___10FFFF_", out), 4);
    assert_memory_equal(out, "\xf4\x8f\xbf\xbf", 4);
}

static void the_legacy_set_is_letters_digits_and_the_underscore(void **state)
{
    (void)state;
    assert_true(pt_escape_is_legacy((pitot_str){"_a9Z", 4}, false));
    assert_true(pt_escape_is_legacy((pitot_str){":a", 2}, true));
    assert_false(pt_escape_is_legacy((pitot_str){":a", 2}, false));
    assert_false(pt_escape_is_legacy((pitot_str){"9a", 2}, true));
    assert_false(pt_escape_is_legacy((pitot_str){"", 0}, true));
    assert_false(pt_escape_is_legacy((pitot_str){"a\0", 2}, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_scheme_writes_what_a_prometheus_reads),
        cmocka_unit_test(a_colon_is_legal_in_the_name_of_a_metric_alone),
        cmocka_unit_test(what_is_written_is_a_legacy_name),
        cmocka_unit_test(a_long_name_fits_its_room),
        cmocka_unit_test(values_are_undone),
        cmocka_unit_test(every_character_comes_back),
        cmocka_unit_test(what_the_scheme_does_not_write_is_refused),
        cmocka_unit_test(hex_digits_of_either_case_are_read),
        cmocka_unit_test(the_legacy_set_is_letters_digits_and_the_underscore),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
