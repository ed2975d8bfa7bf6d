/* SPDX-License-Identifier: MIT */
/*
 * media.c -- media types: the elements of an Accept, Accept-Encoding or Content-Type header.
 *
 * The grammar is RFC 9110's, read with the tolerance that real scrapers need: `q=2` and `q=.2`, a
 * parameter twice, empty elements, `/` or `*` for any type. Every byte is looked at a fixed number
 * of times and nothing is copied: a range points into the header. Pure functions, any thread.
 */
#include "base/media.h"

#include "base/bytes.h"

#include <string.h>
#include <strings.h>

static const char *const param_names[PT_MEDIA_PARAM_COUNT] = {
    [PT_MEDIA_VERSION] = "version",
    [PT_MEDIA_PROTO] = "proto",
    [PT_MEDIA_ENCODING] = "encoding",
    [PT_MEDIA_ESCAPING] = "escaping",
};

struct pt_media pt_media_open(const char *header)
{
    size_t size = header ? strnlen(header, PT_MEDIA_SIZE_MAX + 1) : 0;

    if (size == 0 || size > PT_MEDIA_SIZE_MAX)
        return (struct pt_media){0};
    return (struct pt_media){.at = header, .end = header + size};
}

bool pt_media_is(pitot_str str, const char *word)
{
    return str.size == strlen(word) && strncasecmp(str.at, word, str.size) == 0;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_token_char(char c)
{
    if (is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return true;
    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static void skip_spaces(struct pt_media *in)
{
    while (in->at < in->end && is_space(*in->at))
        in->at++;
}

/* True when `c` comes next, after spaces; it is then behind us. */
static bool take(struct pt_media *in, char c)
{
    skip_spaces(in);
    if (in->at == in->end || *in->at != c)
        return false;
    in->at++;
    return true;
}

static pitot_str take_token(struct pt_media *in)
{
    const char *start = in->at;

    while (in->at < in->end && is_token_char(*in->at))
        in->at++;
    return (pitot_str){start, (size_t)(in->at - start)};
}

/* The inside of a quoted string whose opening quote is behind us. A `\` stays in it: no value that
 * is known here has one. */
static bool take_quoted(struct pt_media *in, pitot_str *out)
{
    const char *start = in->at;

    for (; in->at < in->end; in->at++) {
        if (*in->at == '"') {
            *out = (pitot_str){start, (size_t)(in->at - start)};
            in->at++;
            return true;
        }
        if (*in->at == '\\' && in->at + 1 < in->end)
            in->at++;
    }
    return false;
}

/* Millionths. What is smaller than one of them, but not zero, counts as one: only q=0 refuses. */
static bool parse_q(pitot_str text, uint32_t *q)
{
    const uint32_t whole_max = 1000;
    uint32_t whole = 0;
    uint32_t fraction = 0;
    uint32_t unit = PT_MEDIA_Q_ONE;
    bool nonzero = false;
    size_t i = 0;

    for (; i < text.size && is_digit(text.at[i]); i++) {
        nonzero |= text.at[i] != '0';
        whole = whole * 10 + (uint32_t)(text.at[i] - '0');
        if (whole > whole_max)
            whole = whole_max;
    }
    bool point = i < text.size && text.at[i] == '.';
    if (point)
        i++;
    for (; point && i < text.size && is_digit(text.at[i]); i++) {
        nonzero |= text.at[i] != '0';
        unit /= 10;
        fraction += unit * (uint32_t)(text.at[i] - '0');
    }
    if (i != text.size || text.size == 0 || (point && text.size == 1))
        return false;
    *q = whole * PT_MEDIA_Q_ONE + fraction;
    if (*q == 0 && nonzero)
        *q = 1;
    return true;
}

static bool set_param(struct pt_media_range *range, pitot_str name, pitot_str value)
{
    if (pt_media_is(name, "q"))
        return parse_q(value, &range->q);
    for (size_t i = 0; i < PT_MEDIA_PARAM_COUNT; i++) {
        pitot_str *param = &range->params[i];

        if (!pt_media_is(name, param_names[i]))
            continue;
        if (!param->at)
            *param = value;
        else if (!pt_str_equal(*param, value))
            range->ambiguous = true;
    }
    return true;
}

/* `;name=value`s up to the end of the element. */
static bool parse_params(struct pt_media *in, struct pt_media_range *range)
{
    while (take(in, ';')) {
        pitot_str value = {0};

        skip_spaces(in);
        pitot_str name = take_token(in);
        if (name.size == 0)
            continue;
        if (take(in, '=')) {
            skip_spaces(in);
            if (take(in, '"')) {
                if (!take_quoted(in, &value))
                    return false;
            } else {
                value = take_token(in);
            }
        }
        if (!set_param(range, name, value))
            return false;
    }
    skip_spaces(in);
    return in->at == in->end;
}

static bool parse_element(struct pt_media in, struct pt_media_range *out)
{
    struct pt_media_range range = {.q = PT_MEDIA_Q_ONE};

    range.type = take_token(&in);
    if (in.at < in.end && *in.at == '/') {
        in.at++;
        range.subtype = take_token(&in);
        if ((range.type.size == 0) != (range.subtype.size == 0))
            return false;
    } else if (range.type.size == 0) {
        return false;
    }
    if (!parse_params(&in, &range))
        return false;
    *out = range;
    return true;
}

/* Up to the next comma that is not inside quotes. */
static struct pt_media take_element(struct pt_media *in)
{
    struct pt_media element = {.at = in->at};
    pitot_str quoted;

    while (in->at < in->end && *in->at != ',') {
        if (*in->at++ == '"')
            take_quoted(in, &quoted);
    }
    element.end = in->at;
    return element;
}

bool pt_media_next(struct pt_media *in, struct pt_media_range *range)
{
    for (;;) {
        while (in->at < in->end && (is_space(*in->at) || *in->at == ','))
            in->at++;
        if (in->at == in->end)
            return false;
        if (parse_element(take_element(in), range))
            return true;
    }
}

pitot_escaping pt_media_escaping(const struct pt_media_range *range)
{
    static const char *const names[] = {
        [PITOT_ESCAPING_UNDERSCORES] = "underscores",
        [PITOT_ESCAPING_DOTS] = "dots",
        [PITOT_ESCAPING_VALUES] = "values",
        [PITOT_ESCAPING_NONE] = "allow-utf-8",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (pt_media_is(range->params[PT_MEDIA_ESCAPING], names[i]))
            return (pitot_escaping)i;
    }
    return PITOT_ESCAPING_UNDERSCORES;
}
