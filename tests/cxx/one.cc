/* SPDX-License-Identifier: MIT */
/*
 * one.cc -- a C++ program instruments inline functions and templates.
 *
 * That it links is most of the test: what an inlined recording puts into sections of its own must
 * go when the linker drops a second copy of the function.
 */
#include "shared.h"

#include <cstdio>

static bool is(const char *what, double have, double want)
{
    if (have != want)
        std::printf("%s: %g, not %g\n", what, have, want);
    return have == want;
}

int main()
{
    pitot_error err = {};
    pitot_registry *reg = pitot_registry_new(&err);
    pitot_desc desc = {};
    metrics m;

    desc.name = "requests_total";
    desc.help = "Requests.";
    m.requests = pitot_counter_new(reg, &err, &desc);
    desc.name = "seconds";
    desc.bounds = PITOT_BOUNDS(0.1, 1);
    desc.exemplars = true;
    m.seconds = pitot_histogram_new(reg, &err, &desc);
    desc.bounds = nullptr;
    desc.exemplars = false;
    desc.name = "by_method_total";
    desc.labels = PITOT_LABELS("method");
    m.by_method = pitot_counter_vec_new(reg, &err, &desc);
    desc.name = "disk_info";
    pitot_info_vec *infos = pitot_info_vec_new(reg, &err, &desc);
    desc.name = "power";
    desc.states = PITOT_LABELS("up", "down");
    pitot_stateset_vec *power = pitot_stateset_vec_new(reg, &err, &desc);
    if (err.code != PITOT_OK)
        std::printf("%s\n", err.message);

    pitot_stateset_enum(pitot_stateset_with(power, "GET"), "up");
    hit(m, "GET");
    add(m, 2);
    hit_elsewhere(m);
    pitot_histogram_observe_exemplar(m.seconds, 1, PITOT_EXEMPLAR("trace_id", "a", "span_id", "b"));
    pitot_histogram_observe_exemplar(m.seconds, 1, PITOT_EXEMPLAR("le", "no exemplar"));

    bool good = err.code == PITOT_OK;
    good &= is("requests", pitot_counter_value(m.requests), 5.5);
    good &= is("GET", pitot_counter_value(pitot_counter_with(m.by_method, "GET")), 1);
    good &= is("PUT", pitot_counter_value(pitot_counter_with(m.by_method, "PUT")), 1);
    good &= is("info", pitot_info_with(infos, "sda") != nullptr, true);
    good &= is("up", pitot_stateset_is(pitot_stateset_with(power, "GET"), "up"), true);
    good &= is("sum", pitot_histogram_sum(m.seconds), 2.5);
    pitot_registry_free(reg);
    return good ? 0 : 1;
}
