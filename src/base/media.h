/* SPDX-License-Identifier: MIT */
/*
 * media.h -- media types with their parameters, as Accept, Accept-Encoding and Content-Type have
 * them (RFC 9110, 8.3 and 12.4): one element at a time.
 */
#ifndef PT_BASE_MEDIA_H
#define PT_BASE_MEDIA_H

#include <pitot/export.h>

#define PT_MEDIA_SIZE_MAX 8192 /* a longer header counts as absent */
#define PT_MEDIA_Q_ONE 1000000 /* q=1; a client's q=2 is twice that */

/* The parameters that somebody here reads; the others are skipped. */
enum pt_media_param {
    PT_MEDIA_VERSION,
    PT_MEDIA_PROTO,
    PT_MEDIA_ENCODING,
    PT_MEDIA_ESCAPING,
    PT_MEDIA_PARAM_COUNT
};

/* One element. What it does not have is a string whose `at` is NULL. */
struct pt_media_range {
    pitot_str type;
    pitot_str subtype;
    pitot_str params[PT_MEDIA_PARAM_COUNT]; /* the first of each, without its quotes */
    uint32_t q;
    bool ambiguous; /* one of them stands there twice, with two values */
};

/* What is still to be read. */
struct pt_media {
    const char *at;
    const char *end;
};

/* `header` may be NULL, and must stay while it is read. */
struct pt_media pt_media_open(const char *header);

/* The next well-formed element; false at the end. Malformed ones are passed over. */
bool pt_media_next(struct pt_media *in, struct pt_media_range *range);

/* Whether `str` is `word`, in whatever case. */
bool pt_media_is(pitot_str str, const char *word);

/* What its parameter `escaping` says; underscores when it has none, or one that does not exist. */
pitot_escaping pt_media_escaping(const struct pt_media_range *range);

#endif
