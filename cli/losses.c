/* SPDX-License-Identifier: MIT */
/*
 * losses.c -- what a format has no place for.
 *
 * A snapshot can hold more than any one format but JSON. This counts what is on the page and not in
 * the format, so that `convert` can say what its output lacks. It says nothing about what is only
 * written differently, and the encoder itself counts what it drops.
 */
#include "losses.h"

#define TWO_TO_64 18446744073709551616.0

struct counts {
    size_t exemplars, exemplars_not_classic;
    size_t natives, starts, units, infos, statesets, gauge_histograms;
    size_t odd_names, rounded;
};

static bool is_plain(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':' ||
           (!first && c >= '0' && c <= '9');
}

static bool is_odd(pitot_str name)
{
    for (size_t i = 0; i < name.size; i++)
        if (!is_plain(name.at[i], i == 0))
            return true;
    return false;
}

/* Of what protobuf has one double for. 2^64 - 1 rounds to 2^64, which is no integer to go back to.
 */
static bool is_rounded(const pitot_family *family, const pitot_series *series)
{
    uint64_t value = series->numbers[0].u64;
    bool single = family->type != PITOT_HISTOGRAM && family->type != PITOT_GAUGE_HISTOGRAM &&
                  family->type != PITOT_SUMMARY;

    if (!single || series->is_double)
        return false;
    return (double)value >= TWO_TO_64 || (uint64_t)(double)value != value;
}

static void count_series(const pitot_family *family, const pitot_series *series, struct counts *n)
{
    pitot_str name, value;
    bool counter = family->type == PITOT_COUNTER;

    n->exemplars += series->exemplar_count;
    for (size_t i = 0; i < series->exemplar_count; i++)
        n->exemplars_not_classic +=
            !counter && series->exemplars[i].bucket == PITOT_EXEMPLAR_NATIVE;
    n->natives += series->native != NULL;
    n->rounded += is_rounded(family, series);
    n->starts += series->start != PITOT_TIME_NONE;
    for (size_t at = 0; pitot_labels_next(series->labels, &at, &name, &value);)
        n->odd_names += is_odd(name);
}

static struct counts count_all(const pitot_snapshot *snap)
{
    struct counts n = {0};
    pitot_family family;
    pitot_series series;

    for (size_t i = 0; pitot_snapshot_family(snap, i, &family); i++) {
        n.units += family.unit.size > 0;
        n.infos += family.type == PITOT_INFO;
        n.statesets += family.type == PITOT_STATESET;
        n.gauge_histograms += family.type == PITOT_GAUGE_HISTOGRAM;
        n.odd_names += is_odd(family.name);
        for (size_t j = 0; pitot_snapshot_series(snap, i, j, &series); j++)
            count_series(&family, &series, &n);
    }
    return n;
}

static void add(struct losses *losses, size_t count, const char *what)
{
    if (count > 0 && losses->count < LOSSES_MAX)
        losses->all[losses->count++] = (struct loss){count, what};
}

struct losses losses_of(
    const pitot_snapshot *snap, pitot_format format, const pitot_encode_opts *opts)
{
    struct losses losses = {0};
    struct counts n = count_all(snap);
    bool text = format == PITOT_FORMAT_TEXT || format == PITOT_FORMAT_TEXT_1;
    bool openmetrics = format == PITOT_FORMAT_OPENMETRICS || format == PITOT_FORMAT_OPENMETRICS_0;

    if (format == PITOT_FORMAT_JSON)
        return losses;
    if (text) {
        add(&losses, n.exemplars, "exemplars");
        add(&losses, n.units, "units");
        add(&losses, n.gauge_histograms, "metrics that are gauge histograms");
    }
    if (openmetrics)
        add(&losses, n.exemplars_not_classic, "exemplars of native histograms");
    if (text || openmetrics)
        add(&losses, n.natives, "native histograms");
    if (text || (openmetrics && !opts->created))
        add(&losses, n.starts, openmetrics ? "start times (--created writes them)" : "start times");
    if (text || format == PITOT_FORMAT_PROTOBUF) {
        add(&losses, n.infos, "metrics that are infos, and become gauges");
        add(&losses, n.statesets, "metrics that are state sets, and become gauges");
    }
    if (format == PITOT_FORMAT_PROTOBUF)
        add(&losses, n.rounded, "integers that become rounded doubles");
    if (opts->escaping != PITOT_ESCAPING_NONE)
        add(&losses, n.odd_names, "names that must be escaped");
    return losses;
}
