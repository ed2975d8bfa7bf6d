/* SPDX-License-Identifier: MIT */
/* answer.h -- a response that several connections send at once. */
#ifndef PT_TRANSPORT_ANSWER_H
#define PT_TRANSPORT_ANSWER_H

#include <pitot/http.h>

#include <stdatomic.h>

struct pt_answer {
    pitot_http_response response; /* immutable once there is a second holder */
    _Atomic size_t holders;       /* any thread; the one that brings it to 0 frees */
};

/* For the caller to fill. NULL without memory. */
struct pt_answer *pt_answer_new(void);

struct pt_answer *pt_answer_hold(struct pt_answer *answer);

/* NULL is ignored. */
void pt_answer_release(struct pt_answer *answer);

#endif
