/* SPDX-License-Identifier: MIT */
/* utf8_test.c -- every sequence of up to three bytes, and the edges of four, held against a decoder
 * that works by arithmetic instead of by table. */
#include "base/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Bytes of the character that the code point in `at` takes when it is encoded again; 0 if none. */
static size_t decoded_size(const unsigned char *at, size_t size)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t wanted = at[0] < 0x80       ? 1
                    : at[0] >> 5 == 6  ? 2
                    : at[0] >> 4 == 14 ? 3
                    : at[0] >> 3 == 30 ? 4
                                       : 0;
    if (wanted == 0 || wanted > size)
        return 0;
    uint32_t point = wanted == 1 ? at[0] : at[0] & (0xffu >> (wanted + 1));
    for (size_t i = 1; i < wanted; i++) {
        if (at[i] >> 6 != 2)
            return 0;
        point = point << 6 | (at[i] & 0x3f);
    }
    bool surrogate = point >= 0xd800 && point <= 0xdfff;
    return point >= least[wanted] && point <= 0x10ffff && !surrogate ? wanted : 0;
}

static void assert_agrees(const unsigned char *bytes, size_t size)
{
    size_t bad = 0;
    size_t good = pt_utf8_char((const char *)bytes, size, &bad);

    if (good != decoded_size(bytes, size))
        fail_msg("%02x %02x %02x %02x: %zu", bytes[0], bytes[1], bytes[2], bytes[3], good);
    if (good == 0)
        assert_in_range(bad, 1, size);
}

static void a_character_is_what_decodes_to_a_code_point(void **state)
{
    (void)state;

    for (uint32_t three = 0; three < 1u << 24; three++) {
        unsigned char bytes[4] = {
            (unsigned char)(three >> 16), (unsigned char)(three >> 8), (unsigned char)three, 0};

        if (bytes[2] == 0) {
            assert_agrees(bytes, 1);
            assert_agrees(bytes, 2);
        }
        if (bytes[0] >= 0xdf)
            assert_agrees(bytes, 3);
    }
}

static void four_bytes_are_a_character_up_to_the_last_code_point(void **state)
{
    static const unsigned char edges[] = {0, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    (void)state;

    for (unsigned lead = 0xef; lead <= 0xff; lead++)
        for (unsigned second = 0; second < 256; second++)
            for (size_t i = 0; i < sizeof(edges); i++)
                for (size_t j = 0; j < sizeof(edges); j++)
                    assert_agrees((unsigned char[]){(unsigned char)lead, (unsigned char)second,
                                      edges[i], edges[j]},
                        4);
}

/* One U+FFFD per maximal subpart, as Unicode recommends. */
static void an_ill_formed_run_ends_where_the_next_character_may_begin(void **state)
{
    static const struct {
        const char *bytes;
        size_t size, bad;
    } rows[] = {
        {"\x80\x80", 2, 1},
        {"\xc0\x80", 2, 1},
        {"\xe0\x80\x80", 3, 1},
        {"\xe1\x80", 2, 2},
        {"\xe1\x80z", 3, 2},
        {"\xed\xa0\x80", 3, 1},
        {"\xf0\x90\x80", 3, 3},
        {"\xf0\x90\x80z", 4, 3},
        {"\xf4\x90\x80\x80", 4, 1},
        {"\xf1\xc3\xa9", 3, 1},
        {"\xff\xff", 2, 1},
    };
    (void)state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t bad = 0;

        assert_int_equal(pt_utf8_char(rows[i].bytes, rows[i].size, &bad), 0);
        assert_int_equal(bad, rows[i].bad);
    }
}

/* Text is looked at eight bytes at a time; the place of the error must not depend on that. */
static void the_first_bad_byte_is_found_wherever_it_is(void **state)
{
    char text[41];
    (void)state;

    for (size_t size = 0; size <= 40; size++) {
        memset(text, 'a', sizeof(text));
        assert_true(pt_utf8_valid(text, size));
        for (size_t at = 0; at < size; at++) {
            memset(text, 'a', sizeof(text));
            text[at] = '\xff';
            assert_int_equal(pt_utf8_error(text, size), at);
            assert_false(pt_utf8_valid(text, size));
        }
    }
    assert_int_equal(pt_utf8_error("aaaaaaa\xc3\xa9\xe2\x82", 11), 9);
    assert_true(pt_utf8_valid("a\0b", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_character_is_what_decodes_to_a_code_point),
        cmocka_unit_test(four_bytes_are_a_character_up_to_the_last_code_point),
        cmocka_unit_test(an_ill_formed_run_ends_where_the_next_character_may_begin),
        cmocka_unit_test(the_first_bad_byte_is_found_wherever_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
