/* SPDX-License-Identifier: MIT */
/*
 * query.c -- which part of the metrics a request target asks for.
 *
 * Names and values are decoded as forms are: `%41`, and `+` for a space. What cannot be decoded
 * makes the whole query malformed; parameters that are not ours are none of our business. Only here
 * is anything of a target decoded, and only what stands behind its `?`. Any thread.
 */
#include "transport/query.h"

#include "base/alloc.h"

#include <string.h>

struct reader {
    struct pt_query *query;
    char *to; /* where the next decoded text goes */
    size_t name_count;
    size_t label_count;
};

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* One byte of what `*at` begins with, which has `size` bytes; -1 when that is malformed. */
static int decode_byte(const char **at, size_t size)
{
    const char *text = *at;

    *at += 1;
    if (*text == '+')
        return ' ';
    if (*text != '%')
        return (unsigned char)*text;
    if (size < 3 || hex_digit(text[1]) < 0 || hex_digit(text[2]) < 0)
        return -1;
    *at += 2;
    int byte = hex_digit(text[1]) * 16 + hex_digit(text[2]);
    return byte ? byte : -1; /* a NUL would end the text before its end */
}

/* Where the decoded text stands, with a NUL behind it; NULL when it is malformed. */
static char *decode(struct reader *reader, const char *at, size_t size)
{
    const char *end = at + size;
    char *text = reader->to;

    while (at < end) {
        int byte = decode_byte(&at, (size_t)(end - at));
        if (byte < 0)
            return NULL;
        *reader->to++ = (char)byte;
    }
    *reader->to++ = '\0';
    return text;
}

static bool add_name(struct reader *reader, const char *value)
{
    if (reader->name_count + reader->label_count >= PT_QUERY_ITEMS_MAX)
        return false;
    reader->query->names[reader->name_count++] = value;
    return true;
}

static bool add_label(struct reader *reader, char *value)
{
    char *equals = strchr(value, '=');

    if (!equals || equals == value ||
        reader->name_count + reader->label_count >= PT_QUERY_ITEMS_MAX)
        return false;
    *equals = '\0';
    reader->query->labels[reader->label_count++] = (pitot_label){value, equals + 1};
    return true;
}

/* `name=value`, or `name` alone. */
static bool read_parameter(struct reader *reader, const char *at, size_t size)
{
    const char *equals = memchr(at, '=', size);
    size_t name_size = equals ? (size_t)(equals - at) : size;
    const char *name = decode(reader, at, name_size);
    char *value = equals ? decode(reader, equals + 1, size - name_size - 1) : reader->to - 1;

    if (!name || !value)
        return false;
    if (strcmp(name, "name[]") == 0)
        return add_name(reader, value);
    if (strcmp(name, "label[]") == 0)
        return add_label(reader, value);
    return true;
}

static bool read_parameters(struct reader *reader, const char *at)
{
    while (*at) {
        size_t size = strcspn(at, "&");

        if (!read_parameter(reader, at, size))
            return false;
        at += size + (at[size] == '&');
    }
    return true;
}

enum pt_query_result pt_query_parse(const char *target, struct pt_query **query)
{
    const char *text = target + strcspn(target, "?");

    *query = NULL;
    if (!*text || !text[1])
        return PT_QUERY_FOUND;
    /* A parameter is decoded to no more bytes than it has, and one NUL more for each `&`, `=` and
     * the end. */
    struct reader reader = {.query = pt_alloc_zero(sizeof(**query) + strlen(text) + 2, NULL)};
    if (!reader.query)
        return PT_QUERY_NO_MEMORY;
    reader.query->holders = 1;
    reader.to = reader.query->text;
    bool sound = read_parameters(&reader, text + 1);
    if (sound && reader.name_count > 0)
        reader.query->filter.names = reader.query->names;
    if (sound && reader.label_count > 0)
        reader.query->filter.labels = reader.query->labels;
    if (!reader.query->filter.names && !reader.query->filter.labels) {
        pt_query_release(reader.query);
        return sound ? PT_QUERY_FOUND : PT_QUERY_MALFORMED;
    }
    *query = reader.query;
    return PT_QUERY_FOUND;
}

bool pt_query_same(const struct pt_query *a, const struct pt_query *b)
{
    if (!a || !b)
        return a == b;
    for (size_t i = 0; i <= PT_QUERY_ITEMS_MAX && (a->names[i] || b->names[i]); i++)
        if (!a->names[i] || !b->names[i] || strcmp(a->names[i], b->names[i]) != 0)
            return false;
    for (size_t i = 0; i <= PT_QUERY_ITEMS_MAX && (a->labels[i].name || b->labels[i].name); i++)
        if (!a->labels[i].name || !b->labels[i].name ||
            strcmp(a->labels[i].name, b->labels[i].name) != 0 ||
            strcmp(a->labels[i].value, b->labels[i].value) != 0)
            return false;
    return true;
}

struct pt_query *pt_query_hold(struct pt_query *query)
{
    if (query)
        query->holders++;
    return query;
}

void pt_query_release(struct pt_query *query)
{
    if (query && --query->holders == 0)
        pt_free(query);
}
