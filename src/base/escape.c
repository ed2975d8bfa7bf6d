/* SPDX-License-Identifier: MIT */
/*
 * escape.c -- names that an old reader does not know, as names that it does.
 *
 * Where the text of the specification and its one implementation differ (`dots` writes two
 * underscores for what it does not know, `values` writes small hex digits) this does as the
 * implementation, because that is what a Prometheus undoes. Characters that are not well-formed
 * count as U+FFFD. Pure functions, any thread.
 */
#include "base/escape.h"

#include "base/utf8.h"

#include <string.h>

#define VALUES_MARK "U__"
#define VALUES_MARK_SIZE 3
#define HEX_DIGITS_MAX 6 /* U+10FFFF */
#define REPLACEMENT 0xfffdu

static bool is_legacy_char(char c, bool first, bool colons)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

    return letter || (c >= '0' && c <= '9' && !first) || (c == ':' && colons);
}

bool pt_escape_is_legacy(pitot_str name, bool colons)
{
    for (size_t i = 0; i < name.size; i++)
        if (!is_legacy_char(name.at[i], i == 0, colons))
            return false;
    return name.size > 0;
}

/* The code point of a well-formed character of `size` bytes. */
static uint32_t code_point(const char *at, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)at;
    uint32_t point = size == 1 ? bytes[0] : bytes[0] & (0xffu >> (size + 1));

    for (size_t i = 1; i < size; i++)
        point = point << 6 | (bytes[i] & 0x3f);
    return point;
}

/* `_HEX_`; returns its size. */
static size_t write_hex(char *out, uint32_t point)
{
    size_t digits = 1, size = 0;

    while (digits < HEX_DIGITS_MAX && point >> (digits * 4))
        digits++;
    out[size++] = '_';
    while (digits-- > 0)
        out[size++] = "0123456789abcdef"[point >> (digits * 4) & 15];
    out[size++] = '_';
    return size;
}

/* What one character becomes that is not legal, or is an underscore; returns its size. */
static size_t write_char(char *out, pitot_escaping scheme, uint32_t point)
{
    if (scheme == PITOT_ESCAPING_VALUES && point != '_')
        return write_hex(out, point);
    if (scheme == PITOT_ESCAPING_DOTS && point == '.') {
        memcpy(out, "_dot_", 5);
        return 5;
    }
    memcpy(out, "__", 2);
    return scheme == PITOT_ESCAPING_UNDERSCORES ? 1 : 2;
}

size_t pt_escape_name(char *out, pitot_str name, pitot_escaping scheme, bool colons)
{
    size_t used = 0;

    if (scheme == PITOT_ESCAPING_NONE || pt_escape_is_legacy(name, colons)) {
        if (name.size)
            memcpy(out, name.at, name.size);
        return name.size;
    }
    if (scheme == PITOT_ESCAPING_VALUES) {
        memcpy(out, VALUES_MARK, VALUES_MARK_SIZE);
        used = VALUES_MARK_SIZE;
    }
    for (size_t i = 0; i < name.size;) {
        size_t bad = 0;
        size_t size = pt_utf8_char(name.at + i, name.size - i, &bad);

        if (name.at[i] != '_' && is_legacy_char(name.at[i], i == 0, colons))
            out[used++] = name.at[i];
        else
            used +=
                write_char(out + used, scheme, size ? code_point(name.at + i, size) : REPLACEMENT);
        i += size ? size : bad;
    }
    return used;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Writes a code point as UTF-8; 0 when there is no such character, or it is NUL. */
static size_t write_utf8(char *out, uint32_t point)
{
    if (point == 0 || (point >= 0xd800 && point <= 0xdfff) || point > 0x10ffff)
        return 0;
    size_t size = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    if (size == 1) {
        out[0] = (char)point;
        return 1;
    }
    for (size_t i = size; i-- > 1; point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    out[0] = (char)((0xf00u >> size & 0xff) | point);
    return size;
}

/* Reads what stands behind an underscore: another one, or `HEX_`. Returns its size, 0 if neither;
 * `point` is the character meant. */
static size_t read_escape(pitot_str text, uint32_t *point)
{
    *point = 0;
    if (text.size && text.at[0] == '_') {
        *point = '_';
        return 1;
    }
    for (size_t i = 0; i < text.size && i <= HEX_DIGITS_MAX; i++) {
        int digit = hex_digit(text.at[i]);

        if (text.at[i] == '_')
            return i + 1;
        if (digit < 0)
            return 0;
        *point = *point << 4 | (uint32_t)digit;
    }
    return 0;
}

size_t pt_escape_undo(char *out, pitot_str escaped)
{
    size_t used = 0;

    if (escaped.size <= VALUES_MARK_SIZE || memcmp(escaped.at, VALUES_MARK, VALUES_MARK_SIZE) != 0)
        return 0;
    for (size_t i = VALUES_MARK_SIZE; i < escaped.size;) {
        uint32_t point;

        if (!is_legacy_char(escaped.at[i], false, true))
            return 0;
        if (escaped.at[i] != '_') {
            out[used++] = escaped.at[i++];
            continue;
        }
        size_t size = read_escape((pitot_str){escaped.at + i + 1, escaped.size - i - 1}, &point);
        size_t written = size ? write_utf8(out + used, point) : 0;
        if (!written)
            return 0;
        used += written;
        i += size + 1;
    }
    return used;
}
