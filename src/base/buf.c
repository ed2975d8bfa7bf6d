/* SPDX-License-Identifier: MIT */
/*
 * buf.c -- bytes that grow, up to a limit given at birth.
 *
 * Invariant: size <= capacity <= max. Capacity doubles, so adding n bytes one at a time costs O(n).
 * A buffer belongs to one thread at a time.
 */
#include "base/buf.h"

#include "base/alloc.h"
#include "base/number.h"

#include <string.h>

#define CAPACITY_FIRST 256

void pt_buf_free(struct pt_buf *buf)
{
    pt_free(buf->at);
    *buf = pt_buf_new(buf->max);
}

static bool grow(struct pt_buf *buf, size_t wanted)
{
    size_t capacity = buf->capacity ? buf->capacity : CAPACITY_FIRST;

    if (wanted < buf->size || wanted > buf->max) {
        buf->failed = true;
        return false;
    }
    while (capacity < wanted)
        capacity = capacity > SIZE_MAX / 2 ? wanted : capacity * 2;
    if (capacity > buf->max)
        capacity = buf->max;
    char *at = pt_realloc(buf->at, capacity, NULL);
    if (!at) {
        buf->failed = true;
        return false;
    }
    buf->at = at;
    buf->capacity = capacity;
    return true;
}

char *pt_buf_reserve(struct pt_buf *buf, size_t size)
{
    if (buf->failed)
        return NULL;
    if (size > buf->capacity - buf->size && !grow(buf, buf->size + size))
        return NULL;
    return buf->at + buf->size;
}

void pt_buf_add(struct pt_buf *buf, const void *bytes, size_t size)
{
    if (size == 0)
        return;
    char *at = pt_buf_reserve(buf, size);
    if (!at)
        return;
    memcpy(at, bytes, size);
    buf->size += size;
}

void pt_buf_add_char(struct pt_buf *buf, char c)
{
    pt_buf_add(buf, &c, 1);
}

void pt_buf_add_text(struct pt_buf *buf, const char *text)
{
    if (text)
        pt_buf_add(buf, text, strlen(text));
}

void pt_buf_add_str(struct pt_buf *buf, pitot_str str)
{
    pt_buf_add(buf, str.at, str.size);
}

void pt_buf_add_quoted(struct pt_buf *buf, pitot_str text)
{
    size_t start = 0;

    pt_buf_add_char(buf, '"');
    for (size_t i = 0; i < text.size; i++) {
        char c = text.at[i];

        if (c != '\\' && c != '"' && c != '\n')
            continue;
        pt_buf_add(buf, text.at + start, i - start);
        pt_buf_add_char(buf, '\\');
        pt_buf_add_char(buf, c == '\n' ? 'n' : c);
        start = i + 1;
    }
    pt_buf_add(buf, text.at + start, text.size - start);
    pt_buf_add_char(buf, '"');
}

void pt_buf_add_u64(struct pt_buf *buf, uint64_t n)
{
    char digits[PT_NUMBER_MAX];

    pt_buf_add(buf, digits, pt_number_u64(digits, n));
}

bool pt_buf_write(void *buf, const char *bytes, size_t size)
{
    struct pt_buf *into = buf;

    pt_buf_add(into, bytes, size);
    return !into->failed;
}
