/* SPDX-License-Identifier: MIT */
/* budget.h -- how much of a processor a thread may take, and how long it rests when it took more.
 */
#ifndef PT_TRANSPORT_BUDGET_H
#define PT_TRANSPORT_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

/* What may be taken at once after a time with little to do: a page of 10^6 series. */
#define PT_BUDGET_BURST_NS INT64_C(50000000)

/* Begins zeroed, but for `percent`, with all of that. One thread's own. */
struct pt_budget {
    uint32_t percent; /* of one CPU; from 100 on it never rests */
    int64_t left_ns;  /* on the processor; below 0 it is owed */
    uint64_t seen_ns, used_ns;
};

/* Accounts for what was used since the last call, on the clocks of pt_clock_ns() and
 * pt_clock_thread_ns(). Returns for how many nanoseconds to rest. What is taken while it is not
 * limited is never owed. */
uint64_t pt_budget_spend(struct pt_budget *budget, uint64_t now_ns, uint64_t used_ns, bool limited);

#endif
