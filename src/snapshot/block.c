/* SPDX-License-Identifier: MIT */
/*
 * block.c -- a series' labels as text.
 *
 * Who writes blocks keeps to their syntax; reading one never goes past its end all the same. Pure
 * functions, any thread.
 */
#include "snapshot/block.h"

#include "base/escape.h"

#include <string.h>

/* The size of a quoted text at `at`, without its quotes; `at` is behind the first. */
static size_t quoted_size(const char *at, size_t size)
{
    size_t i = 0;

    while (i < size && at[i] != '"')
        i += at[i] == '\\' ? 2 : 1;
    return i < size ? i : size;
}

bool pitot_labels_next(pitot_str block, size_t *at, pitot_str *name, pitot_str *value)
{
    size_t i = *at;

    if (i < block.size && block.at[i] == ',')
        i++;
    if (i >= block.size)
        return false;
    if (block.at[i] == '"') {
        *name = (pitot_str){block.at + i + 1, quoted_size(block.at + i + 1, block.size - i - 1)};
        i += name->size + 2;
    } else {
        const char *equals = memchr(block.at + i, '=', block.size - i);
        size_t size = equals ? (size_t)(equals - (block.at + i)) : block.size - i;

        *name = (pitot_str){block.at + i, size};
        i += size;
    }
    i += 2; /* the '=' and the quote */
    if (i > block.size)
        i = block.size;
    *value = (pitot_str){block.at + i, quoted_size(block.at + i, block.size - i)};
    i += value->size + 1;
    *at = i < block.size ? i : block.size;
    return true;
}

size_t pitot_labels_unescape(char *out, pitot_str text)
{
    size_t used = 0;

    for (size_t i = 0; i < text.size; i++) {
        char c = text.at[i];

        if (c == '\\' && i + 1 < text.size) {
            c = text.at[++i];
            if (c == 'n')
                c = '\n';
        }
        out[used++] = c;
    }
    return used;
}

uint64_t pt_block_hash(pitot_str block, struct pt_hash_key key)
{
    pitot_str name, value;
    uint64_t sum = 0;

    for (size_t at = 0; pitot_labels_next(block, &at, &name, &value);)
        if (value.size) {
            uint64_t hash = pt_hash_add(key, key.a, name.at, name.size);

            sum += pt_hash_add(key, hash, value.at, value.size);
        }
    return sum;
}

static bool str_equal(pitot_str a, pitot_str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

/* The value of a label in a block; empty when it has none. */
static pitot_str value_of(pitot_str block, pitot_str wanted)
{
    pitot_str name, value;

    for (size_t at = 0; pitot_labels_next(block, &at, &name, &value);)
        if (str_equal(name, wanted))
            return value;
    return (pitot_str){NULL, 0};
}

static bool has_all(pitot_str block, pitot_str wanted)
{
    pitot_str name, value;

    for (size_t at = 0; pitot_labels_next(wanted, &at, &name, &value);)
        if (!str_equal(value_of(block, name), value))
            return false;
    return true;
}

bool pt_block_equal(pitot_str a, pitot_str b)
{
    return str_equal(a, b) || (has_all(a, b) && has_all(b, a));
}

void pt_block_add(struct pt_buf *block, pitot_str name, pitot_str value)
{
    if (block->size)
        pt_buf_add_char(block, ',');
    if (pt_block_name_is_legacy(name, false))
        pt_buf_add_str(block, name);
    else
        pt_buf_add_quoted(block, name);
    pt_buf_add_char(block, '=');
    pt_buf_add_quoted(block, value);
}

bool pt_block_name_is_legacy(pitot_str name, bool colons)
{
    return pt_escape_is_legacy(name, colons);
}
