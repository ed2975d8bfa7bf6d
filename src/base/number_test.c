/* SPDX-License-Identifier: MIT */
/*
 * number_test.c -- numbers to text: spelled-out texts for the edges, and properties held against
 * libc's strtod and snprintf for everything between.
 */
#include "base/number.h"

#include <float.h>
#include <math.h>
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
#define RANDOM_COUNT 100000
#define ROOM (PT_NUMBER_MAX + 8)
#define UNTOUCHED '#'

struct text {
    char at[ROOM + 1];
};

/* Zero-terminated, after a look at whether the function kept to its PT_NUMBER_MAX bytes. */
static struct text finish(struct text text, size_t size)
{
    for (size_t i = PT_NUMBER_MAX; i < ROOM; i++)
        assert_int_equal(text.at[i], UNTOUCHED);
    assert_in_range(size, 1, PT_NUMBER_MAX);
    text.at[size] = '\0';
    return text;
}

static struct text blank(void)
{
    struct text text;

    memset(text.at, UNTOUCHED, sizeof(text.at));
    return text;
}

static struct text u64_text(uint64_t n)
{
    struct text text = blank();
    size_t size = pt_number_u64(text.at, n);

    return finish(text, size);
}

static struct text double_text(double v)
{
    struct text text = blank();
    size_t size = pt_number_double(text.at, v);

    return finish(text, size);
}

static struct text om_text(double v)
{
    struct text text = blank();
    size_t size = pt_number_double_om(text.at, v);

    return finish(text, size);
}

/* SplitMix64: the same numbers in every run. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static double from_bits(uint64_t bits)
{
    double v;

    memcpy(&v, &bits, sizeof(v));
    return v;
}

static uint64_t to_bits(double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof(bits));
    return bits;
}

static double next_random_finite(uint64_t *state)
{
    double v;

    do
        v = from_bits(next_random(state));
    while (!isfinite(v));
    return v;
}

/* The significant digits of a text, without sign, point, exponent and zeros at either end. */
static struct text digits_of(const char *number)
{
    struct text digits = {{0}};
    size_t count = 0;

    for (; *number && *number != 'e'; number++) {
        if (*number >= '0' && *number <= '9' && (count || *number != '0'))
            digits.at[count++] = *number;
    }
    while (count && digits.at[count - 1] == '0')
        digits.at[--count] = '\0';
    return digits;
}

static void check_reads_back(double v)
{
    struct text text = double_text(v);

    assert_int_equal(to_bits(strtod(text.at, NULL)), to_bits(v));
    assert_int_equal(to_bits(strtod(om_text(v).at, NULL)), to_bits(v));
}

/*
 * Of the texts with as few digits as snprintf needs, ours is the one nearest to v. It may have
 * fewer: below a power of two the doubles lie twice as close, and the nearest text can be out of
 * reach there while a farther one above is not.
 */
static void check_shortest(double v)
{
    struct text ours = digits_of(double_text(v).at);
    char libc[64];
    int count = 0;

    do
        snprintf(libc, sizeof(libc), "%.*e", count++, v);
    while (strtod(libc, NULL) != v);
    assert_true(strlen(ours.at) <= (size_t)count);
    if (strlen(ours.at) == (size_t)count)
        assert_string_equal(ours.at, digits_of(libc).at);
}

static void check_double(double v)
{
    check_reads_back(v);
    if (v != 0)
        check_shortest(v);
}

static void an_integer_is_written_in_decimal_without_leading_zeros(void **state)
{
    static const struct {
        uint64_t n;
        const char *text;
    } cases[] = {
        {0, "0"},
        {1, "1"},
        {9, "9"},
        {10, "10"},
        {99, "99"},
        {100, "100"},
        {101, "101"},
        {9999, "9999"},
        {10000, "10000"},
        {10001, "10001"},
        {4294967295, "4294967295"},
        {4294967296, "4294967296"},
        {99999999, "99999999"},
        {100000000, "100000000"},
        {100000001, "100000001"},
        {9007199254740993, "9007199254740993"},
        {9999999999999999, "9999999999999999"},
        {10000000000000000, "10000000000000000"},
        {10000000000000001, "10000000000000001"},
        {9223372036854775807, "9223372036854775807"},
        {9223372036854775808u, "9223372036854775808"},
        {9999999999999999999u, "9999999999999999999"},
        {10000000000000000000u, "10000000000000000000"},
        {18446744073709551615u, "18446744073709551615"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(u64_text(cases[i].n).at, cases[i].text);
}

static void check_u64(uint64_t n)
{
    char expected[32];

    snprintf(expected, sizeof(expected), "%llu", (unsigned long long)n);
    assert_string_equal(u64_text(n).at, expected);
}

static void an_integer_of_any_length_is_written_as_libc_does(void **state)
{
    uint64_t seed = 1;
    (void)state;

    for (uint64_t n = 0; n < 20000; n++)
        check_u64(n);
    for (uint64_t power = 1, i = 0; i < 20; i++, power *= 10) {
        check_u64(power - 1);
        check_u64(power);
        check_u64(power + 1);
    }
    for (int i = 0; i < RANDOM_COUNT; i++) {
        unsigned shift = next_random(&seed) % 64;
        check_u64(next_random(&seed) >> shift);
    }
}

static const struct {
    double v;
    const char *text;
} go_forms[] = {
    {0.0, "0"},
    {-0.0, "-0"},
    {1, "1"},
    {-1, "-1"},
    {10, "10"},
    {100000, "100000"},
    {120000, "120000"},
    {999999, "999999"},
    {-999999, "-999999"},
    {1e6, "1e+06"},
    {1000001, "1.000001e+06"},
    {1234567.5, "1.2345675e+06"},
    {1756047.3, "1.7560473e+06"},
    {123456789, "1.23456789e+08"},
    {1500000000, "1.5e+09"},
    {1e21, "1e+21"},
    {1e22, "1e+22"},
    {1e23, "1e+23"},
    {9007199254740991, "9.007199254740991e+15"},
    {9007199254740992, "9.007199254740992e+15"},
    {9007199254740993.0, "9.007199254740992e+15"},
    {9007199254740994, "9.007199254740994e+15"},
    {18446744073709551615.0, "1.8446744073709552e+19"},
    {0.5, "0.5"},
    {0.1, "0.1"},
    {0.2, "0.2"},
    {0.3, "0.3"},
    {0.1 + 0.2, "0.30000000000000004"},
    {2.5, "2.5"},
    {10.25, "10.25"},
    {123.456, "123.456"},
    {-123.456, "-123.456"},
    {1234.5678, "1234.5678"},
    {12345.678, "12345.678"},
    {99999.99999999999, "99999.99999999999"},
    {999999.9999999999, "999999.9999999999"},
    {999999.5, "999999.5"},
    {0.01, "0.01"},
    {0.001, "0.001"},
    {0.0001, "0.0001"},
    {0.00012345678901234567, "0.00012345678901234567"},
    {-0.00012345678901234567, "-0.00012345678901234567"},
    {0.00009999999999999999, "9.999999999999999e-05"},
    {1e-5, "1e-05"},
    {1.5e-5, "1.5e-05"},
    {1e-10, "1e-10"},
    {1e99, "1e+99"},
    {1e100, "1e+100"},
    {1e-99, "1e-99"},
    {1e-100, "1e-100"},
    {3.141592653589793, "3.141592653589793"},
    {2.718281828459045, "2.718281828459045"},
    {5e-324, "5e-324"},
    {1e-323, "1e-323"},
    {1.5e-323, "1.5e-323"},
    {-2.5e-322, "-2.5e-322"},
    {2.225073858507201e-308, "2.225073858507201e-308"},
    {2.2250738585072014e-308, "2.2250738585072014e-308"},
    {4.4501477170144028e-308, "4.450147717014403e-308"},
    {1.7976931348623157e308, "1.7976931348623157e+308"},
    {-1.7976931348623157e308, "-1.7976931348623157e+308"},
    {8.98846567431158e307, "8.98846567431158e+307"},
    {9.5367431640625e-07, "9.5367431640625e-07"},
    /* 2^-44: 5.684341886080801e-14 is nearer, but below the reach of a power of two. */
    {0x1p-44, "5.684341886080802e-14"},
    {0x1p83, "9.671406556917033e+24"},
    /* Halfway between two texts: to the even one. */
    {2.98023223876953125e-8, "2.9802322387695312e-08"},
    /* Of all doubles the nearest to halfway between two texts, above by 2^-64 of their
       distance. */
    {1.3076622631878654e65, "1.3076622631878654e+65"},
};

static void a_double_is_written_in_the_form_that_go_uses(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT(go_forms); i++)
        assert_string_equal(double_text(go_forms[i].v).at, go_forms[i].text);
}

static void what_is_not_a_number_or_not_finite_has_a_name(void **state)
{
    (void)state;

    assert_string_equal(double_text(NAN).at, "NaN");
    assert_string_equal(double_text(-NAN).at, "NaN");
    assert_string_equal(double_text(from_bits(UINT64_C(0x7ff0000000000001))).at, "NaN");
    assert_string_equal(double_text(INFINITY).at, "+Inf");
    assert_string_equal(double_text(-INFINITY).at, "-Inf");
    assert_string_equal(om_text(NAN).at, "NaN");
    assert_string_equal(om_text(INFINITY).at, "+Inf");
    assert_string_equal(om_text(-INFINITY).at, "-Inf");
}

static void openmetrics_has_a_point_or_an_exponent_in_every_double(void **state)
{
    static const struct {
        double v;
        const char *text;
    } cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1, "1.0"},
        {-17, "-17.0"},
        {100000, "100000.0"},
        {-999999, "-999999.0"},
        {1e6, "1e+06"},
        {1234567, "1.234567e+06"},
        {0.5, "0.5"},
        {99.9, "99.9"},
        {1e-5, "1e-05"},
        {1e21, "1e+21"},
        {5e-324, "5e-324"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(om_text(cases[i].v).at, cases[i].text);
}

static void the_shortest_digits_read_back_as_the_same_double(void **state)
{
    uint64_t seed = 2;
    (void)state;

    for (int i = 0; i < RANDOM_COUNT; i++)
        check_reads_back(next_random_finite(&seed));
}

static void no_shorter_or_nearer_digits_read_back_as_the_same_double(void **state)
{
    uint64_t seed = 3;
    (void)state;

    for (int i = 0; i < RANDOM_COUNT / 10; i++)
        check_shortest(next_random_finite(&seed));
}

static void powers_of_two_and_their_neighbours_read_back_in_seventeen_digits_at_most(void **state)
{
    (void)state;

    for (int e = -1074; e <= 1023; e++) {
        double v = ldexp(1, e);

        check_double(v);
        check_double(-v);
        check_double(nextafter(v, 0));
        check_double(nextafter(v, INFINITY));
        assert_in_range(strlen(digits_of(double_text(v).at).at), 1, DBL_DECIMAL_DIG);
    }
}

static void a_power_of_ten_has_one_digit(void **state)
{
    (void)state;

    for (int e = -323; e <= 308; e++) {
        char text[16];

        snprintf(text, sizeof(text), "1e%d", e);
        double v = strtod(text, NULL);
        assert_string_equal(digits_of(double_text(v).at).at, "1");
        check_double(nextafter(v, 0));
        check_double(nextafter(v, INFINITY));
    }
}

static void what_was_written_with_fifteen_digits_comes_out_as_it_went_in(void **state)
{
    uint64_t seed = 4;
    (void)state;

    for (int i = 0; i < RANDOM_COUNT; i++) {
        char text[40];
        unsigned long long digits = next_random(&seed) % 1000000000000000;
        int exponent = (int)(next_random(&seed) % 580) - 300;

        snprintf(text, sizeof(text), "%llue%d", digits >> next_random(&seed) % 50, exponent);
        double v = strtod(text, NULL);
        assert_string_equal(digits_of(double_text(v).at).at, digits_of(text).at);
    }
}

/* Where the ends of the interval fall on multiples of ten, and where an integer is between two
 * texts. */
static void integers_around_the_end_of_the_exact_ones_are_shortest_too(void **state)
{
    uint64_t seed = 5;
    (void)state;

    for (int i = 0; i < RANDOM_COUNT / 10; i++) {
        check_double((double)(next_random(&seed) >> next_random(&seed) % 64));
        check_double((double)((UINT64_C(1) << 53) + next_random(&seed) % 100000));
        check_double((double)((UINT64_C(1) << 53) - next_random(&seed) % 100000));
    }
}

static void subnormals_are_shortest_too(void **state)
{
    uint64_t seed = 6;
    (void)state;

    for (uint64_t bits = 1; bits <= 500; bits++)
        check_double(from_bits(bits));
    for (int i = 0; i < 500; i++)
        check_double(from_bits(next_random(&seed) >> (12 + next_random(&seed) % 40)));
    check_double(from_bits((UINT64_C(1) << 52) - 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_integer_is_written_in_decimal_without_leading_zeros),
        cmocka_unit_test(an_integer_of_any_length_is_written_as_libc_does),
        cmocka_unit_test(a_double_is_written_in_the_form_that_go_uses),
        cmocka_unit_test(what_is_not_a_number_or_not_finite_has_a_name),
        cmocka_unit_test(openmetrics_has_a_point_or_an_exponent_in_every_double),
        cmocka_unit_test(the_shortest_digits_read_back_as_the_same_double),
        cmocka_unit_test(no_shorter_or_nearer_digits_read_back_as_the_same_double),
        cmocka_unit_test(powers_of_two_and_their_neighbours_read_back_in_seventeen_digits_at_most),
        cmocka_unit_test(a_power_of_ten_has_one_digit),
        cmocka_unit_test(what_was_written_with_fifteen_digits_comes_out_as_it_went_in),
        cmocka_unit_test(integers_around_the_end_of_the_exact_ones_are_shortest_too),
        cmocka_unit_test(subnormals_are_shortest_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
