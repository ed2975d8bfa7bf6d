/* SPDX-License-Identifier: MIT */
/*
 * suspect.c -- what a label value looks like that has no end of different ones.
 *
 * A UUID, an address or a time is told from its form alone. A long number or a hash may be one
 * version or one build, so they are suspect only when there are several. A pure function.
 */
#include "lint.h"

#include <string.h>

#define LONG_NUMBER 6 /* digits; ports, years and status codes have fewer */
#define HASH_SIZE 16
#define UUID_SIZE 36

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_all(pitot_str text, bool (*test)(char c))
{
    for (size_t i = 0; i < text.size; i++)
        if (!test(text.at[i]))
            return false;
    return text.size > 0;
}

static bool is_uuid(pitot_str text)
{
    if (text.size != UUID_SIZE)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.at[i] != '-' : !is_hex(text.at[i]))
            return false;
    }
    return true;
}

static bool is_email(pitot_str text)
{
    const char *at = text.size ? memchr(text.at, '@', text.size) : NULL;

    if (!at || at == text.at || memchr(text.at, ' ', text.size) || memchr(text.at, '/', text.size))
        return false;
    size_t host = text.size - (size_t)(at + 1 - text.at);
    const char *dot = host ? memchr(at + 1, '.', host) : NULL;
    return dot && dot > at + 1 && dot + 1 < text.at + text.size;
}

/* 2026-08-21T..., or seconds, milliseconds, ... since 1970 for the years 2001 to 2033. */
static bool is_time(pitot_str text)
{
    static const char form[] = "0000-00-00T00:00";

    if (text.size >= sizeof(form) - 1) {
        size_t i = 0;
        while (i < sizeof(form) - 1 &&
               (form[i] == '0' ? is_digit(text.at[i])
                               : text.at[i] == form[i] || (form[i] == 'T' && text.at[i] == ' ')))
            i++;
        if (i == sizeof(form) - 1)
            return true;
    }
    bool length = text.size == 10 || text.size == 13 || text.size == 16 || text.size == 19;
    return length && text.at[0] == '1' && is_all(text, is_digit);
}

static bool is_hash(pitot_str text)
{
    size_t digits = 0;

    for (size_t i = 0; i < text.size; i++)
        digits += is_digit(text.at[i]);
    return text.size >= HASH_SIZE && is_all(text, is_hex) && digits > 0 && digits < text.size;
}

/* A path of which one part is a number or an id: /users/4711/orders. */
static bool is_path_with_id(pitot_str text)
{
    const char *end = text.at + text.size;

    if (text.size < 2 || text.at[0] != '/')
        return false;
    for (const char *at = text.at + 1; at < end;) {
        const char *slash = memchr(at, '/', (size_t)(end - at));
        pitot_str part = {at, (size_t)((slash ? slash : end) - at)};
        if (is_all(part, is_digit) || is_uuid(part) || is_hash(part))
            return true;
        at += part.size + 1;
    }
    return false;
}

const char *suspect_value(pitot_str value, bool *many)
{
    *many = false;
    if (is_uuid(value))
        return "a UUID";
    if (is_email(value))
        return "an e-mail address";
    if (is_time(value))
        return "a time";
    if (is_path_with_id(value))
        return "a path with an id in it";
    *many = true;
    if (value.size >= LONG_NUMBER && is_all(value, is_digit))
        return "a long number";
    return is_hash(value) ? "a hash" : NULL;
}
