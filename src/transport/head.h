/* SPDX-License-Identifier: MIT */
/* head.h -- whether the head of a request is what RFC 9112 says, byte for byte. */
#ifndef PT_TRANSPORT_HEAD_H
#define PT_TRANSPORT_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What libmicrohttpd says of a request line. The texts are where they came to, in its buffer. */
struct pt_head_line {
    const char *method;
    const char *target; /* with all of its query, which is taken apart in place later */
    size_t target_size; /* before that */
    const char *version;
};

/* How far a head has been accounted for. */
struct pt_head {
    const char *at;  /* what comes next has to be here */
    const char *end; /* behind the empty line */
    bool malformed;
};

/* RFC 9110, 5.6.2. "Content-Length " with a blank is no header that we do not know but an attempt
 * to have one that others see. */
bool pt_head_is_token(const char *text);

/* Nothing but what may be in a value: no control character but the tab. */
bool pt_head_is_value(const char *text);

/* A path (and a query): neither an absolute URI nor an authority, no blank and no control
 * character. `target_copy` is what target_size was measured of. */
bool pt_head_is_target(const char *target_copy);

/* `size` is that of the whole head, from the method to behind the empty line. */
void pt_head_begin(struct pt_head *head, const struct pt_head_line *line, size_t size);

/* The next header; both texts where they came to. */
void pt_head_field(struct pt_head *head, const char *name, const char *value);

/* After the last one: whether every byte is accounted for. */
bool pt_head_is_whole(const struct pt_head *head);

#endif
