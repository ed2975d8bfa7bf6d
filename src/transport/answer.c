/* SPDX-License-Identifier: MIT */
/*
 * answer.c -- a response that several connections send at once.
 *
 * The page is in memory once, however many clients read it and however slowly.
 */
#include "transport/answer.h"

#include "base/alloc.h"

struct pt_answer *pt_answer_new(void)
{
    struct pt_answer *answer = pt_alloc_zero(sizeof(*answer), NULL);

    if (answer)
        atomic_init(&answer->holders, 1);
    return answer;
}

struct pt_answer *pt_answer_hold(struct pt_answer *answer)
{
    /* Relaxed: whoever holds one already keeps it alive. */
    atomic_fetch_add_explicit(&answer->holders, 1, memory_order_relaxed);
    return answer;
}

void pt_answer_release(struct pt_answer *answer)
{
    /* Release what this holder read; acquire what the others did before the last one frees. */
    if (!answer || atomic_fetch_sub_explicit(&answer->holders, 1, memory_order_acq_rel) != 1)
        return;
    pitot_http_response_free(&answer->response);
    pt_free(answer);
}
