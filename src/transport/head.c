/* SPDX-License-Identifier: MIT */
/*
 * head.c -- whether the head of a request is what RFC 9112 says, byte for byte.
 *
 * libmicrohttpd 0.9 takes folded headers, NULs, single line feeds and rows of blanks for sound; a
 * proxy in front may take them for something else, and then the two disagree about where a request
 * ends. It parses in place: the texts that it gives stay in its buffer where they arrived, and only
 * the separators behind them became NULs. So they have to lie one behind the other,
 *
 *     method 1 target 1 version 2 (name 1 blanks value 2)* 2
 *
 * with as many NULs between them as there are separators in a sound head, and end where it ends.
 * What is folded lies elsewhere; a NUL ends a text before its separator; a line feed without a
 * carriage return leaves one NUL, not two.
 *
 * Which bytes the last NULs were cannot be told any more: docs/design/016. Pure; any thread.
 */
#include "transport/head.h"

#include <string.h>

#define LINE_END 2

/* Pointers of which it is not sure that they are into one buffer. */
static bool is_between(const char *first, const char *at, const char *last)
{
    return (uintptr_t)first <= (uintptr_t)at && (uintptr_t)at <= (uintptr_t)last;
}

static bool has_control(const char *text, char allowed)
{
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        if ((byte < ' ' && *text != allowed) || byte == 0x7f)
            return true;
    }
    return false;
}

bool pt_head_is_token(const char *text)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "abcdefghijklmnopqrstuvwxyz";

    return *text && text[strspn(text, token)] == '\0';
}

bool pt_head_is_value(const char *text)
{
    return !has_control(text, '\t');
}

bool pt_head_is_target(const char *target_copy)
{
    return target_copy[0] == '/' && !strchr(target_copy, ' ') && !has_control(target_copy, '\0');
}

static bool skip_nuls(struct pt_head *head, size_t count)
{
    if ((uintptr_t)head->end - (uintptr_t)head->at < count)
        return false;
    for (; count > 0; count--, head->at++) {
        if (*head->at != '\0')
            return false;
    }
    return true;
}

void pt_head_begin(struct pt_head *head, const struct pt_head_line *line, size_t size)
{
    *head =
        (struct pt_head){.at = line->version + strlen(line->version), .end = line->method + size};
    head->malformed = line->target != line->method + strlen(line->method) + 1 ||
                      line->version != line->target + line->target_size + 1 ||
                      !is_between(line->method, head->at, head->end);
}

void pt_head_field(struct pt_head *head, const char *name, const char *value)
{
    if (head->malformed)
        return;
    head->malformed = true;
    if (!skip_nuls(head, LINE_END) || name != head->at)
        return;
    const char *colon = name + strlen(name);
    if (!is_between(colon + 1, value, head->end))
        return;
    for (const char *blank = colon + 1; blank < value; blank++) {
        if (*blank != ' ' && *blank != '\t')
            return;
    }
    head->at = value + strlen(value);
    head->malformed = !is_between(value, head->at, head->end);
}

bool pt_head_is_whole(const struct pt_head *head)
{
    struct pt_head rest = *head;

    return !head->malformed && skip_nuls(&rest, 2 * LINE_END) && rest.at == rest.end;
}
