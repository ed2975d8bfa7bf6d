/* SPDX-License-Identifier: MIT */
/*
 * parse_test.c -- every number comes out as the C library reads it in the locale "C", which rounds
 * correctly and which this program never leaves. Other locales: format/text_family_test.c.
 */
#include "base/number.h"
#include "base/parse.h"

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t state_of_random = 42;

static uint64_t random_bits(void)
{
    state_of_random += 0x9e3779b97f4a7c15u;
    uint64_t z = state_of_random;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint64_t bits_of(double value)
{
    uint64_t bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static double double_of(uint64_t bits)
{
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

static void assert_like_strtod(const char *text)
{
    double expected = strtod(text, NULL), value = 0;
    bool fits = pt_parse_double(text, strlen(text), &value);

    if (isinf(expected)) {
        if (fits)
            fail_msg("%s was taken", text);
        return;
    }
    if (!fits || bits_of(value) != bits_of(expected))
        fail_msg("%s is %.17g, not %.17g", text, expected, value);
}

static void every_double_that_is_written_shortest_is_read_back(void **state)
{
    (void)state;

    for (int i = 0; i < 400000; i++) {
        double value = double_of(random_bits()), back = 0;
        char text[PT_NUMBER_MAX];

        if (isnan(value))
            continue;
        size_t size = pt_number_double(text, value);
        assert_true(pt_parse_double(text, size, &back));
        assert_int_equal(bits_of(back), bits_of(value));
    }
}

static void random_digits_and_exponents_are_read_as_strtod_reads_them(void **state)
{
    char text[64];

    (void)state;
    for (int i = 0; i < 400000; i++) {
        uint64_t digits = random_bits() >> random_bits() % 64;
        int exponent = (int)(random_bits() % 700) - 360;

        snprintf(text, sizeof(text), "%s%" PRIu64 "e%d", i & 1 ? "-" : "", digits, exponent);
        assert_like_strtod(text);
    }
}

static void decimals_with_a_point_anywhere_are_read_as_strtod_reads_them(void **state)
{
    char text[128];

    (void)state;
    for (int i = 0; i < 200000; i++) {
        size_t size = 1 + random_bits() % 60, point = random_bits() % (size + 1), used = 0;

        for (size_t j = 0; j < size; j++) {
            if (j == point)
                text[used++] = '.';
            text[used++] = (char)('0' + (random_bits() & 7 ? random_bits() % 10 : 0));
        }
        snprintf(text + used, sizeof(text) - used, "e%d", (int)(random_bits() % 80) - 40);
        assert_like_strtod(text);
    }
}

/* The middle of two doubles, to the last of its hundreds of digits, and a hair to both sides. */
static void ties_go_to_the_even_double_and_a_hair_decides(void **state)
{
    char text[1400];

    (void)state;
    for (int i = 0; i < 4000; i++) {
        /* 54 significant bits, the last of them set, scaled: long double holds them all. */
        uint64_t odd = random_bits() >> 10 | UINT64_C(1) << 53 | 1;
        int exponent = i & 1 ? (int)(random_bits() % 900) - 1075 : (int)(random_bits() % 900);
        long double tie = ldexpl((long double)odd, exponent);
        int size = snprintf(text, sizeof(text) - 8, "%.1200Lf", tie);

        if (size >= (int)sizeof(text) - 8)
            size = snprintf(text, sizeof(text) - 8, "%.900Lf", tie);
        if (size >= (int)sizeof(text) - 8)
            continue;
        assert_like_strtod(text);
        memcpy(text + size, "1", 2);
        assert_like_strtod(text);
    }
}

static void the_ends_of_the_range_are_exact(void **state)
{
    static const char *const texts[] = {"4.9406564584124654e-324", "2.4703282292062327e-324",
        "2.4703282292062328e-324", "2.2250738585072011e-308", "2.2250738585072014e-308",
        "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "1e309",
        "1e-400", "0e999999999999", "-0", "123456789012345678901234567890", "9007199254740993",
        "9007199254740992.99999999999999999999999999", "1e22", "1e23", "8.5e22", "0.000000001e318",
        "100000000000000000000000000000000000000000e-360", "7.2057594037927933e16"};
    (void)state;

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        assert_like_strtod(texts[i]);
}

static bool is_read(const char *text)
{
    double value;

    return pt_parse_double(text, strlen(text), &value);
}

static void only_the_syntax_of_the_formats_is_a_number(void **state)
{
    static const char *const good[] = {"1", "+1", "-1", "1.", ".5", "1e5", "1E+05", "00.10e-0",
        "inf", "+Inf", "-INF", "Infinity", "-infinity", "NaN", "nan", "NAN"};
    static const char *const bad[] = {"", ".", "e5", "1e", "1e+", "+", "--1", "1_000", "0x1p-3",
        "0b1", "0o1", " 1", "1 ", "1.2.3", "infin", "infinityx", "in", "nanx", "+nan", "-nan", "1f",
        "1,5", "\xd9\xa1", "1e400", "-1e400", "0x10"};
    (void)state;

    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        if (!is_read(good[i]))
            fail_msg("'%s' is a number", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        if (is_read(bad[i]))
            fail_msg("'%s' is no number", bad[i]);
}

static void integers_are_exact_up_to_the_last_one(void **state)
{
    uint64_t n = 0;
    int64_t i = 0;
    (void)state;

    assert_true(pt_parse_u64("18446744073709551615", 20, &n) && n == UINT64_MAX);
    assert_true(pt_parse_u64("00000000000000000000007", 23, &n) && n == 7);
    assert_false(pt_parse_u64("18446744073709551616", 20, &n));
    assert_false(pt_parse_u64("99999999999999999999", 20, &n));
    assert_false(pt_parse_u64("184467440737095516150", 21, &n));
    assert_false(pt_parse_u64("", 0, &n));
    assert_false(pt_parse_u64("+1", 2, &n));
    assert_false(pt_parse_u64("1.0", 3, &n));
    assert_true(pt_parse_i64("-9223372036854775808", 20, &i) && i == INT64_MIN);
    assert_true(pt_parse_i64("+9223372036854775807", 20, &i) && i == INT64_MAX);
    assert_false(pt_parse_i64("9223372036854775808", 19, &i));
    assert_false(pt_parse_i64("-", 1, &i));
}

static void assert_seconds(const char *text, int64_t expected)
{
    int64_t ns = 1;

    assert_true(pt_parse_seconds(text, strlen(text), &ns));
    assert_int_equal(ns, expected);
}

static void seconds_become_nanoseconds_exactly(void **state)
{
    int64_t ns;
    (void)state;

    assert_seconds("0", 0);
    assert_seconds("1520879607.789", INT64_C(1520879607789000000));
    assert_seconds("1520879607.123456789", INT64_C(1520879607123456789));
    assert_seconds("-0.5", -500000000);
    assert_seconds("1.5e9", INT64_C(1500000000000000000));
    assert_seconds("0.0000000005", 1);
    assert_seconds("0.0000000004999999999999999999999999", 0);
    assert_seconds("1e-300", 0);
    assert_seconds("9223372036.854775807", INT64_MAX);
    assert_seconds("-9223372036.854775808", INT64_MIN);
    assert_false(pt_parse_seconds("9223372036.854775808", 20, &ns));
    assert_false(pt_parse_seconds("1e300", 5, &ns));
    assert_false(pt_parse_seconds("NaN", 3, &ns));
    assert_false(pt_parse_seconds("", 0, &ns));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_double_that_is_written_shortest_is_read_back),
        cmocka_unit_test(random_digits_and_exponents_are_read_as_strtod_reads_them),
        cmocka_unit_test(decimals_with_a_point_anywhere_are_read_as_strtod_reads_them),
        cmocka_unit_test(ties_go_to_the_even_double_and_a_hair_decides),
        cmocka_unit_test(the_ends_of_the_range_are_exact),
        cmocka_unit_test(only_the_syntax_of_the_formats_is_a_number),
        cmocka_unit_test(integers_are_exact_up_to_the_last_one),
        cmocka_unit_test(seconds_become_nanoseconds_exactly),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
