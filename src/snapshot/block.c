/* SPDX-License-Identifier: MIT */
/*
 * block.c -- a series' labels as text.
 *
 * Who writes blocks keeps to their syntax; reading one never goes past its end all the same. Pure
 * functions, any thread.
 */
#include "snapshot/block.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/escape.h"

#include <stdlib.h>
#include <string.h>

#define PAIRS_MAX 16 /* labels that are compared each with each */

/* The size of a quoted text at `at`, without its quotes; `at` is behind the first. */
static inline size_t quoted_size(const char *at, size_t size)
{
    const char *quote = size ? memchr(at, '"', size) : NULL;
    size_t i = 0;

    if (!quote)
        return size;
    if (quote == at || quote[-1] != '\\') /* nearly always */
        return (size_t)(quote - at);
    while (i < size && at[i] != '"')
        i += at[i] == '\\' ? 2 : 1;
    return i < size ? i : size;
}

/* The size of a name that is not in quotes. They are short. */
static inline size_t bare_size(const char *at, size_t size)
{
    size_t i = 0;

    while (i < size && at[i] != '=')
        i++;
    return i;
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
        *name = (pitot_str){block.at + i, bare_size(block.at + i, block.size - i)};
        i += name->size;
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

uint64_t pt_block_hash_quotes(pitot_str block, struct pt_hash_key key, bool *quoted)
{
    uint64_t sum = 0;

    for (size_t at = 0; at < block.size;) {
        pitot_str name, value;

        if (!pitot_labels_next(block, &at, &name, &value))
            break;
        *quoted |= name.at[-(name.at > block.at)] == '"';
        if (value.size) /* name and value as they stand there: a label is spelled one way only */
            sum += pt_hash_one(key, name.at, (size_t)(value.at - name.at) + value.size);
    }
    return sum;
}

pitot_str pt_block_value(pitot_str block, pitot_str wanted)
{
    pitot_str name, value;

    for (size_t at = 0; pitot_labels_next(block, &at, &name, &value);)
        if (pt_str_equal(name, wanted))
            return value;
    return (pitot_str){NULL, 0};
}

static bool has_all(pitot_str block, pitot_str wanted)
{
    pitot_str name, value;

    for (size_t at = 0; pitot_labels_next(wanted, &at, &name, &value);)
        if (!pt_str_equal(pt_block_value(block, name), value))
            return false;
    return true;
}

/* ---- Blocks of very many labels ---- */

struct label {
    pitot_str name, value;
};

static int by_name(const void *a, const void *b)
{
    const struct label *x = a, *y = b;
    size_t common = x->name.size < y->name.size ? x->name.size : y->name.size;
    int order = memcmp(x->name.at, y->name.at, common);

    return order ? order : (x->name.size > y->name.size) - (x->name.size < y->name.size);
}

/* The labels that have a value. */
static size_t count_labels(pitot_str block)
{
    pitot_str name, value;
    size_t count = 0;

    for (size_t at = 0; pitot_labels_next(block, &at, &name, &value);)
        count += value.size > 0;
    return count;
}

static struct label *sorted_labels(pitot_str block, size_t count)
{
    struct label *labels = pt_alloc(count * sizeof(*labels), NULL);
    pitot_str name, value;
    size_t n = 0;

    if (!labels)
        return NULL;
    for (size_t at = 0; pitot_labels_next(block, &at, &name, &value);)
        if (value.size)
            labels[n++] = (struct label){name, value};
    qsort(labels, n, sizeof(*labels), by_name);
    return labels;
}

static bool same_sorted(pitot_str a, pitot_str b, size_t count)
{
    struct label *x = sorted_labels(a, count), *y = sorted_labels(b, count);
    bool same = x && y; /* without memory they count as two */

    for (size_t i = 0; same && i < count; i++)
        same = pt_str_equal(x[i].name, y[i].name) && pt_str_equal(x[i].value, y[i].value);
    pt_free(x);
    pt_free(y);
    return same;
}

bool pt_block_equal(pitot_str a, pitot_str b)
{
    if (pt_str_equal(a, b))
        return true;
    size_t count = count_labels(a);
    if (count != count_labels(b))
        return false;
    return count <= PAIRS_MAX ? has_all(a, b) && has_all(b, a) : same_sorted(a, b, count);
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
