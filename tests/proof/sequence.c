/* SPDX-License-Identifier: MIT */
/* sequence.c -- recording calls as a program has them; `sequence` reads what they are compiled to.
 */
#include <pitot/pitot.h>

void proof_inc(pitot_counter *c);
void proof_add_u64(pitot_counter *c, uint64_t n);
void proof_add(pitot_counter *c, double n);
void proof_observe(pitot_histogram *h, double value);

void proof_inc(pitot_counter *c)
{
    pitot_counter_inc(c);
}

void proof_add_u64(pitot_counter *c, uint64_t n)
{
    pitot_counter_add_u64(c, n);
}

void proof_add(pitot_counter *c, double n)
{
    pitot_counter_add(c, n);
}

void proof_observe(pitot_histogram *h, double value)
{
    pitot_histogram_observe(h, value);
}
