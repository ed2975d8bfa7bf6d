/* SPDX-License-Identifier: MIT */
/*
 * budget.c -- how much of a processor a thread may take.
 *
 * A bucket of time on the processor that is filled by `percent` of the time that passes and holds
 * PT_BUDGET_BURST_NS. Who took more than there was rests until it is filled up again. The thread
 * takes first and rests then, so what it owes is as long as what it does in one go.
 */
#include "transport/budget.h"

uint64_t pt_budget_spend(struct pt_budget *budget, uint64_t now_ns, uint64_t used_ns, bool limited)
{
    uint64_t passed_ns = now_ns - budget->seen_ns;

    if (budget->percent >= 100)
        return 0;
    if (passed_ns / 100 >= (uint64_t)PT_BUDGET_BURST_NS)
        budget->left_ns = PT_BUDGET_BURST_NS;
    else
        budget->left_ns += (int64_t)(passed_ns * budget->percent / 100);
    if (budget->left_ns > PT_BUDGET_BURST_NS)
        budget->left_ns = PT_BUDGET_BURST_NS;
    budget->left_ns -= (int64_t)(used_ns - budget->used_ns);
    budget->seen_ns = now_ns;
    budget->used_ns = used_ns;
    if (!limited && budget->left_ns < 0)
        budget->left_ns = 0;
    return budget->left_ns < 0 ? (uint64_t)-budget->left_ns * 100 / budget->percent : 0;
}
