/* SPDX-License-Identifier: MIT */
/* accept.h -- the elements of an Accept or Accept-Encoding header, one at a time (RFC 9110, 12.4).
 */
#ifndef PT_TRANSPORT_ACCEPT_H
#define PT_TRANSPORT_ACCEPT_H

#include <pitot/pitot.h>

#define PT_ACCEPT_SIZE_MAX 8192 /* a longer header counts as absent */
#define PT_ACCEPT_Q_ONE 1000000 /* q=1; a client's q=2 is twice that */

/* The parameters that somebody here reads; the others are skipped. */
enum pt_accept_param {
    PT_ACCEPT_VERSION,
    PT_ACCEPT_PROTO,
    PT_ACCEPT_ENCODING,
    PT_ACCEPT_ESCAPING,
    PT_ACCEPT_PARAM_COUNT
};

/* One element. What it does not have is a string whose `at` is NULL. */
struct pt_accept_range {
    pitot_str type;
    pitot_str subtype;
    pitot_str params[PT_ACCEPT_PARAM_COUNT]; /* the first of each, without its quotes */
    uint32_t q;
};

/* What is still to be read. */
struct pt_accept {
    const char *at;
    const char *end;
};

/* `header` may be NULL, and must stay while it is read. */
struct pt_accept pt_accept_open(const char *header);

/* The next well-formed element; false at the end. Malformed ones are passed over. */
bool pt_accept_next(struct pt_accept *accept, struct pt_accept_range *range);

/* Whether `str` is `word`, in whatever case. */
bool pt_accept_is(pitot_str str, const char *word);

#endif
