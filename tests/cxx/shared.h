/* SPDX-License-Identifier: MIT */
/* shared.h -- inline code that two translation units both have: the linker keeps one of each. */
#ifndef TESTS_CXX_SHARED_H
#define TESTS_CXX_SHARED_H

#include <pitot/pitot.h>

struct metrics {
    pitot_counter *requests;
    pitot_counter_vec *by_method;
    pitot_histogram *seconds;
};

inline void hit(const metrics &m, const char *method)
{
    pitot_counter_inc(m.requests);
    pitot_counter_inc(pitot_counter_with(m.by_method, method));
    pitot_histogram_observe(m.seconds, 0.25);
}

template <class Number> void add(const metrics &m, Number n)
{
    pitot_counter_add(m.requests, n);
}

void hit_elsewhere(const metrics &m);

#endif
