/* SPDX-License-Identifier: MIT */
/*
 * buf.h -- bytes that grow, up to a limit given at birth.
 *
 * A buffer that failed to grow stays failed and ignores what is added from then on, so a run of
 * additions needs one check at its end: `buf.failed`. Zeroed memory with `max` set is a valid empty
 * buffer; `at` is not NUL-terminated.
 */
#ifndef PT_BASE_BUF_H
#define PT_BASE_BUF_H

#include <pitot/pitot.h>

struct pt_buf {
    char *at;
    size_t size;
    size_t capacity;
    size_t max; /* bytes it may grow to; growing past it fails */
    bool failed;
};

static inline struct pt_buf pt_buf_new(size_t max)
{
    return (struct pt_buf){.max = max};
}

void pt_buf_free(struct pt_buf *buf);

void pt_buf_add(struct pt_buf *buf, const void *bytes, size_t size);
void pt_buf_add_char(struct pt_buf *buf, char c);
void pt_buf_add_text(struct pt_buf *buf, const char *text); /* NULL adds nothing */
void pt_buf_add_str(struct pt_buf *buf, pitot_str str);
void pt_buf_add_u64(struct pt_buf *buf, uint64_t n); /* decimal */

/* The text in quotes, with a backslash before quotes and backslashes, and `\n` for a newline: how
 * label values and names stand on a page. */
void pt_buf_add_quoted(struct pt_buf *buf, pitot_str text);

/* Room for `size` more bytes at the end, to be written by the caller and then claimed by adding to
 * `buf->size`; NULL when it cannot grow. */
char *pt_buf_reserve(struct pt_buf *buf, size_t size);

/* A pitot_write_fn whose `ctx` is a struct pt_buf. */
bool pt_buf_write(void *buf, const char *bytes, size_t size);

#endif
