/* SPDX-License-Identifier: MIT */
/*
 * head_test.c -- heads accounted for byte by byte.
 *
 * parse() does to a head what libmicrohttpd 0.9.75 does: it separates in place. What the library
 * itself does is tried in tests/http/hostile_test.c and tests/torture.
 */
#include "transport/head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LINE "GET /metrics?a=b HTTP/1.1\r\n"

/* The next line, ended by NULs where its end was; `*at` is behind it. */
static char *take_line(char **at)
{
    char *line = *at;
    char *feed = line;

    while (*feed != '\n')
        feed++;
    *at = feed + 1;
    *feed = '\0';
    if (feed > line && feed[-1] == '\r')
        feed[-1] = '\0';
    return line;
}

static struct pt_head_line parse_line(char *text, size_t size)
{
    struct pt_head_line line = {.method = text};
    char *target = memchr(text, ' ', size);
    char *version = memrchr(text, ' ', size);

    *target++ = '\0';
    target += strspn(target, " ");
    *version = '\0';
    line.target = target;
    line.target_size = strlen(target);
    line.version = version + 1;
    char *query = strchr(target, '?');
    if (query)
        *query = '\0';
    return line;
}

/* A name, a value, and where a line that begins with a blank moves the name to. */
struct field {
    char *name;
    char *value;
    char moved[200];
};

static void pass_on(struct pt_head *head, const struct field *field)
{
    if (field->name)
        pt_head_field(head, field->name, field->value);
}

static bool parse_fields(struct pt_head *head, char **at)
{
    struct field last = {0};
    struct field folded[8];
    size_t count = 0;

    for (;;) {
        char *line = take_line(at);
        if (last.name && (*line == ' ' || *line == '\t')) {
            struct field *to = &folded[count++];
            snprintf(to->moved, sizeof(to->moved), "%s%s", last.name, line + strspn(line, " \t"));
            last.name = to->moved;
            continue;
        }
        pass_on(head, &last);
        if (!*line)
            return true;
        last.name = line;
        char *colon = strchr(line, ':');
        if (!colon)
            return false;
        *colon = '\0';
        last.value = colon + 1 + strspn(colon + 1, " \t");
        if (!*line)
            return true; /* a line that was ":..." looks empty to it */
    }
}

/* The library has to know where the head ends before it calls, so this parses a copy first. */
static bool is_whole(const char *bytes, size_t size)
{
    struct pt_head head = {0};
    bool whole = false;
    size_t head_size = 0;

    for (int pass = 0; pass < 2; pass++) {
        char *text = malloc(size);
        assert_non_null(text);
        memcpy(text, bytes, size);
        char *at = text;
        take_line(&at);
        const struct pt_head_line line = parse_line(text, (size_t)(at - text));
        pt_head_begin(&head, &line, head_size);
        if (pass == 0)
            head.malformed = true; /* it does not look yet */
        if (parse_fields(&head, &at))
            whole = pt_head_is_whole(&head);
        head_size = (size_t)(at - text);
        free(text);
    }
    return whole;
}

struct text {
    const char *bytes;
    size_t size;
};

#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static void a_sound_head_is_whole(void **state)
{
    static const struct text heads[] = {
        TEXT("GET / HTTP/1.0\r\n\r\n"),
        TEXT(LINE "\r\n"),
        TEXT(LINE "Host: localhost\r\n\r\n"),
        TEXT(LINE "Host:localhost\r\nX:\r\nY: \r\nZ: \t \t\r\n\r\n"),
        TEXT(LINE "X:  a b\t c \t \r\nAccept: */*\r\n\r\n"),
        TEXT(LINE "X: a:b: c\r\nX: a\r\nX: a\r\n\r\n"),
        TEXT(LINE "X: \xe9\r\n\r\n"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        if (!is_whole(heads[i].bytes, heads[i].size))
            fail_msg("not whole:\n%s", heads[i].bytes);
    }
}

static void what_the_library_takes_for_sound_and_is_not_is_not_whole(void **state)
{
    static const struct text heads[] = {
        TEXT("GET  / HTTP/1.1\r\nX: y\r\n\r\n"),
        TEXT("GET /\0 HTTP/1.1\r\nX: y\r\n\r\n"),
        TEXT("GET /?\0b HTTP/1.1\r\nX: y\r\n\r\n"),
        TEXT("G\0T / HTTP/1.1\r\nX: y\r\n\r\n"),
        TEXT("GET / HTTP/1.1\nX: y\r\n\r\n"),
        TEXT("GET / HTTP/1.1\n\r\n"),
        TEXT("GET / HTTP/1.1\n\n"),
        TEXT(LINE "X: y\n\r\n"),
        TEXT(LINE "X: y\r\n\n"),
        TEXT(LINE "X: y\n\n"),
        TEXT(LINE "X: y\nZ: z\r\n\r\n"),
        TEXT(LINE "X:\nZ: z\r\n\r\n"),
        TEXT(LINE "X: y\r\n z\r\n\r\n"),
        TEXT(LINE "X: y\r\n\tz\r\nZ: z\r\n\r\n"),
        TEXT(LINE "X: y\r\n \r\n\r\n"),
        TEXT(LINE "X:\r\n 5\r\n\r\n"),
        TEXT(LINE "X:\r\n \r\n \r\nY: z\r\n\r\n"),
        TEXT(LINE "X: a\0b\r\n\r\n"),
        TEXT(LINE "X: a\0b\r\nZ: z\r\n\r\n"),
        TEXT(LINE "X: a\0\r\n\r\n"),
        TEXT(LINE "X:\0a\r\n\r\n"),
        TEXT(LINE "X: \0\r\nZ: z\r\n\r\n"),
        TEXT(LINE "X: y\r\n\0Content-Length: 5\r\n\r\n"),
        TEXT(LINE "X: y\n\0Content-Length: 5\r\n\r\n"),
        TEXT(LINE "X: y\r\n: z\r\n\r\n"),
        TEXT(LINE "X: y\r\n:\r\n\r\n"),
        TEXT(LINE "X: y\n: z\r\n\r\n"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        if (is_whole(heads[i].bytes, heads[i].size))
            fail_msg("whole (%zu):\n%s", i, heads[i].bytes);
    }
}

/* What docs/design/016 says of it: the four last bytes are NULs, whatever they were. */
static void what_the_last_four_bytes_were_cannot_be_told(void **state)
{
    static const struct text heads[] = {
        TEXT(LINE "X: y\r\n:\n"),
        TEXT(LINE "X: y\n:\r\n"),
        TEXT(LINE "X: y\0\n\r\n"),
        TEXT(LINE "X: y\r\n\0\n"),
        TEXT(LINE "X: y\n\0\0\n"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
        assert_true(is_whole(heads[i].bytes, heads[i].size));
}

static void a_size_that_is_not_the_heads_is_noticed(void **state)
{
    char text[] = "GET\0/\0HTTP/1.1\0\0\0";
    const struct pt_head_line line = {text, text + 4, 1, text + 6};

    (void)state;
    for (size_t size = 0; size < 40; size++) {
        struct pt_head head;

        pt_head_begin(&head, &line, size);
        assert_true(pt_head_is_whole(&head) == (size == 18));
    }
}

static void a_token_has_no_separators(void **state)
{
    (void)state;
    assert_true(pt_head_is_token("Content-Length"));
    assert_true(pt_head_is_token("!#$%&'*+-.^_`|~09AZaz"));
    assert_false(pt_head_is_token(""));
    for (int byte = 1; byte < 256; byte++) {
        const char text[] = {'a', (char)byte, '\0'};
        if (strchr(" \t\r\n\"(),/:;<=>?@[\\]{}\x7f", byte) || byte < 33 || byte > 126)
            assert_false(pt_head_is_token(text));
        else
            assert_true(pt_head_is_token(text));
    }
}

static void a_value_has_no_control_character_but_the_tab(void **state)
{
    (void)state;
    assert_true(pt_head_is_value(""));
    for (int byte = 1; byte < 256; byte++) {
        const char text[] = {'a', (char)byte, '\0'};
        assert_true(pt_head_is_value(text) == (byte == '\t' || (byte >= 32 && byte != 127)));
    }
}

static void a_target_is_a_path_without_blanks_and_control_characters(void **state)
{
    (void)state;
    assert_true(pt_head_is_target("/"));
    assert_true(pt_head_is_target("/metrics?name[]=<\">"));
    assert_true(pt_head_is_target("/\xc3\xa9"));
    assert_false(pt_head_is_target(""));
    assert_false(pt_head_is_target("*"));
    assert_false(pt_head_is_target("metrics"));
    assert_false(pt_head_is_target("http://localhost/metrics"));
    assert_false(pt_head_is_target("localhost:80"));
    assert_false(pt_head_is_target("/ "));
    assert_false(pt_head_is_target("/\t"));
    assert_false(pt_head_is_target("/\r"));
    assert_false(pt_head_is_target("/?\x01"));
    assert_false(pt_head_is_target("/\x7f"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_head_is_whole),
        cmocka_unit_test(what_the_library_takes_for_sound_and_is_not_is_not_whole),
        cmocka_unit_test(what_the_last_four_bytes_were_cannot_be_told),
        cmocka_unit_test(a_size_that_is_not_the_heads_is_noticed),
        cmocka_unit_test(a_token_has_no_separators),
        cmocka_unit_test(a_value_has_no_control_character_but_the_tab),
        cmocka_unit_test(a_target_is_a_path_without_blanks_and_control_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
