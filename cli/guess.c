/* SPDX-License-Identifier: MIT */
/*
 * guess.c -- which format a page is in, when nobody says so.
 *
 * A wrong guess costs a confusing message and nothing else: the reader checks every byte anyway,
 * and
 * --format overrules. So each test is short, and asks for something that the other formats do
 * not have. OpenMetrics 0.0.1 and 1.0.0 cannot be told apart; it is taken for 1.0.0.
 */
#include "guess.h"

#include <stdint.h>
#include <string.h>

static bool ends_with(const char *path, const char *end)
{
    size_t size = strlen(path), end_size = strlen(end);

    return size > end_size && strcmp(path + size - end_size, end) == 0;
}

static bool starts_with(const char *at, size_t size, const char *start)
{
    return size >= strlen(start) && memcmp(at, start, strlen(start)) == 0;
}

static bool contains(const char *bytes, size_t size, const char *what)
{
    return memmem(bytes, size, what, strlen(what)) != NULL;
}

/* The number at `*at`, which moves past it; false when it does not end in time. */
static bool read_varint(const unsigned char *bytes, size_t size, size_t *at, uint64_t *number)
{
    *number = 0;
    for (unsigned shift = 0; shift < 35 && *at < size; shift += 7) {
        unsigned char byte = bytes[(*at)++];
        *number |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

/* A length, the tag of MetricFamily.name, a name that fits, and then another field's tag or the
 * end of the message. "#\n" at the start of a text passes the first two, never all. */
static bool is_protobuf(const char *bytes, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;
    size_t i = 0;
    uint64_t message, name;

    if (!read_varint(at, size, &i, &message) || message < 2 || message > size - i)
        return false;
    size_t end = i + (size_t)message;
    if (at[i++] != 0x0a || !read_varint(at, end, &i, &name) || name > end - i)
        return false;
    i += (size_t)name;
    return i == end || at[i] == 0x12 || at[i] == 0x18 || at[i] == 0x22 || at[i] == 0x2a;
}

/* Whether a TYPE line names a type that text 0.0.4 does not have. */
static bool has_openmetrics_type(const char *bytes, size_t size)
{
    static const char *const types[] = {
        " unknown\n", " info\n", " stateset\n", " gaugehistogram\n"};
    const char *at = bytes, *end = bytes + size;

    while ((at = memmem(at, (size_t)(end - at), "# TYPE ", 7))) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        if (!line_end)
            return false;
        for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
            size_t type_size = strlen(types[i]);
            if ((size_t)(line_end + 1 - at) > type_size &&
                memcmp(line_end + 1 - type_size, types[i], type_size) == 0)
                return true;
        }
        at = line_end;
    }
    return false;
}

static bool is_openmetrics(const char *bytes, size_t size)
{
    size_t tail = size < 16 ? size : 16;

    return contains(bytes + size - tail, tail, "# EOF") || starts_with(bytes, size, "# UNIT ") ||
           contains(bytes, size, "\n# UNIT ") || has_openmetrics_type(bytes, size);
}

static pitot_format openmetrics_version(const char *bytes, size_t size)
{
    bool composite = contains(bytes, size, " {count:") || contains(bytes, size, " {gcount:");

    return composite || contains(bytes, size, " st@") ? PITOT_FORMAT_OPENMETRICS_2
                                                      : PITOT_FORMAT_OPENMETRICS;
}

/* `{` and the key of a member. Text 1.0.0 may begin with `{"` too, but then no colon follows. */
static bool is_json(const char *bytes, size_t size)
{
    static const char blanks[] = {' ', '\t', '\r', '\n'};
    const char *at = bytes, *end = bytes + size;

    while (at < end && memchr(blanks, *at, sizeof(blanks)))
        at++;
    if (at == end || *at++ != '{')
        return false;
    while (at < end && memchr(blanks, *at, sizeof(blanks)))
        at++;
    if (at < end && *at == '}')
        return true;
    if (at == end || *at != '"')
        return false;
    at = memchr(at + 1, '"', (size_t)(end - at - 1));
    while (at && ++at < end && memchr(blanks, *at, sizeof(blanks)))
        continue;
    return at && at < end && *at == ':';
}

static pitot_format text_version(const char *bytes, size_t size)
{
    bool quoted = starts_with(bytes, size, "{\"") || contains(bytes, size, "\n{\"") ||
                  contains(bytes, size, "# TYPE \"");

    return quoted ? PITOT_FORMAT_TEXT_1 : PITOT_FORMAT_TEXT;
}

pitot_format guess_format(const char *path, const char *bytes, size_t size)
{
    if (path && ends_with(path, ".json"))
        return PITOT_FORMAT_JSON;
    if (path && (ends_with(path, ".pb") || ends_with(path, ".binpb")))
        return PITOT_FORMAT_PROTOBUF;
    if (path && (ends_with(path, ".om") || ends_with(path, ".openmetrics")))
        return openmetrics_version(bytes, size);
    if (path && ends_with(path, ".prom"))
        return text_version(bytes, size);
    if (is_protobuf(bytes, size))
        return PITOT_FORMAT_PROTOBUF;
    if (is_openmetrics(bytes, size))
        return openmetrics_version(bytes, size);
    return is_json(bytes, size) ? PITOT_FORMAT_JSON : text_version(bytes, size);
}
