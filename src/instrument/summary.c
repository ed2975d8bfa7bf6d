/* SPDX-License-Identifier: MIT */
/*
 * summary.c -- how much, how often, and quantiles on request.
 *
 * A summary without quantiles is a histogram of one bucket. One with quantiles is recorded like a
 * native histogram of schema 6, and only a scrape makes quantiles of it. Recording: any thread,
 * any signal handler.
 */
#include "instrument/recording.h"

pitot_summary *pitot_summary_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_summary *)pt_family_single(
        pt_registry_family(reg, PITOT_SUMMARY, false, desc, NULL, NULL, err));
}

pitot_summary_vec *pitot_summary_vec_new(
    pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_summary_vec *)pt_registry_family(reg, PITOT_SUMMARY, true, desc, NULL, NULL, err);
}

void pitot_summary_observe(pitot_summary *s, double value)
{
    pitot_histogram_observe((pitot_histogram *)s, value);
}

void pitot_summary_observe_since(pitot_summary *s, uint64_t start)
{
    pitot_histogram_observe_since((pitot_histogram *)s, start);
}

void pitot_summary_reset(pitot_summary *s)
{
    pitot_histogram_reset((pitot_histogram *)s);
}

uint64_t pitot_summary_count(const pitot_summary *s)
{
    return pitot_histogram_count((const pitot_histogram *)s);
}

double pitot_summary_sum(const pitot_summary *s)
{
    return pitot_histogram_sum((const pitot_histogram *)s);
}
