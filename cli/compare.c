/* SPDX-License-Identifier: MIT */
/*
 * compare.c -- the rules between two expositions of one process, the older one first.
 *
 * Families are matched by name, their series by label set; each pair goes through the rules of its
 * type. A number may go back only where the series says that it began anew (its start time moved),
 * or where process_start_time_seconds says that the whole process did. What one of the two formats
 * cannot say (units in text, start times) is not held against the page.
 */
#include "compare.h"

#include "match.h"
#include "number_text.h"

#include <math.h>
#include <string.h>

#define NAMED_MAX 3 /* series that came or went, by name; the rest as a number */

struct compare {
    const pitot_snapshot *snaps[2];
    pitot_format formats[2];
    struct findings *findings;
    bool restarted; /* the process did */
    /* The pair at hand. */
    pitot_family families[2];
    size_t numbers[2];
    bool order_told; /* once per family */
};

static const pitot_str nothing = {"", 0};

#define ADD(compare, severity, rule, labels, ...)                                                  \
    findings_add(                                                                                  \
        (compare)->findings, severity, rule, (compare)->families[1].name, labels, __VA_ARGS__)

static bool same_string(pitot_str a, pitot_str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

/* ---- Families ---- */

static const char *type_name(pitot_type type)
{
    static const char *const names[] = {"unknown", "counter", "gauge", "histogram", "summary",
        "info", "stateset", "gauge histogram"};

    return names[type];
}

static bool is_text(pitot_format format)
{
    return format == PITOT_FORMAT_TEXT || format == PITOT_FORMAT_TEXT_1;
}

/* What a type becomes in a format that has not all of them. */
static pitot_type type_in(pitot_format format, pitot_type type)
{
    if (!is_text(format) && format != PITOT_FORMAT_PROTOBUF)
        return type;
    if (type == PITOT_INFO || type == PITOT_STATESET)
        return PITOT_GAUGE;
    return type == PITOT_GAUGE_HISTOGRAM && is_text(format) ? PITOT_HISTOGRAM : type;
}

static void compare_metadata(struct compare *c)
{
    const pitot_family *before = &c->families[0], *after = &c->families[1];
    bool same_format = c->formats[0] == c->formats[1];
    pitot_type type_before = type_in(c->formats[1], before->type);
    pitot_type type_after = type_in(c->formats[0], after->type);

    if (type_before != type_after)
        ADD(c, SEVERITY_ERROR, "type-changed", nothing, "the type changed from %s to %s",
            type_name(type_before), type_name(type_after));
    bool both_say = before->unit.at && after->unit.at;
    if ((both_say || same_format) && !same_string(before->unit, after->unit))
        ADD(c, SEVERITY_ERROR, "unit-changed", nothing,
            "the unit changed from \"%.*s\" to \"%.*s\"", STR(before->unit), STR(after->unit));
    if (!same_string(before->help, after->help))
        ADD(c, SEVERITY_WARNING, "help-changed", nothing,
            "the help changed from \"%.*s\" to \"%.*s\"", STR(before->help), STR(after->help));
}

/* Whether a label of this name is on some series of the family. */
static bool has_label(const pitot_snapshot *snap, size_t family, pitot_str wanted)
{
    pitot_series series;
    pitot_str name, value;

    for (size_t i = 0; pitot_snapshot_series(snap, family, i, &series); i++)
        for (size_t at = 0; pitot_labels_next(series.labels, &at, &name, &value);)
            if (value.size > 0 && same_string(name, wanted))
                return true;
    return false;
}

/* The first series stands for all: in a sound family all have the same names. */
static void compare_label_names(struct compare *c)
{
    pitot_series series;
    pitot_str name, value;

    for (int side = 0; side < 2; side++) {
        if (c->families[0].series_count == 0 || c->families[1].series_count == 0)
            return;
        pitot_snapshot_series(c->snaps[side], c->numbers[side], 0, &series);
        for (size_t at = 0; pitot_labels_next(series.labels, &at, &name, &value);)
            if (value.size > 0 && !has_label(c->snaps[!side], c->numbers[!side], name))
                ADD(c, SEVERITY_WARNING, "label-names", nothing,
                    side == 0 ? "no series has the label \"%.*s\" any more"
                              : "the label \"%.*s\" is new",
                    STR(name));
    }
}

/* ---- Series ---- */

static void compare_order(struct compare *c, const pitot_series *before, const pitot_series *after)
{
    pitot_str name_before, name_after, value;
    size_t at_before = 0, at_after = 0;

    while (!c->order_told && pitot_labels_next(before->labels, &at_before, &name_before, &value) &&
           pitot_labels_next(after->labels, &at_after, &name_after, &value)) {
        if (same_string(name_before, name_after))
            continue;
        c->order_told = true;
        ADD(c, SEVERITY_WARNING, "label-order", after->labels, "its labels are in another order");
    }
}

static void compare_number(struct compare *c, const char *rule, const char *what,
    const pitot_series *before, pitot_number a, const pitot_series *after, pitot_number b)
{
    if (number_less(b, after->is_double, a, before->is_double))
        ADD(c, SEVERITY_ERROR, rule, after->labels, "%s went back from %s to %s", what,
            text_of_number(a, before->is_double).text, text_of_number(b, after->is_double).text);
}

/* True when they are the same; else the first difference is told. */
static bool compare_bounds(struct compare *c, const char *rule, const char *what,
    const pitot_series *before, const pitot_series *after)
{
    size_t i = 0, least = before->bound_count < after->bound_count ? before->bound_count
                                                                   : after->bound_count;

    while (i < least && before->bounds[i] == after->bounds[i])
        i++;
    if (i == before->bound_count && i == after->bound_count)
        return true;
    bool gone = i < before->bound_count &&
                (i == after->bound_count || before->bounds[i] < after->bounds[i]);
    double bound = gone ? before->bounds[i] : after->bounds[i];
    ADD(c, SEVERITY_ERROR, rule, after->labels, "%s %s is %s, of %zu before and %zu now", what,
        text_of_double(bound).text, gone ? "gone" : "new", before->bound_count, after->bound_count);
    return false;
}

static pitot_number total_of(const pitot_series *series)
{
    pitot_number total = series->numbers[0];

    for (size_t i = 1; i <= series->bound_count; i++) {
        if (series->is_double)
            total.f64 += series->numbers[i].f64;
        else
            total.u64 += series->numbers[i].u64;
    }
    return total;
}

/* A sum may fall when negative values are observed, so this is no error; and where a bound is
 * negative that is to be expected. */
static void compare_sum(
    struct compare *c, const pitot_series *after, pitot_number sum_before, pitot_number sum_after)
{
    bool negative = after->bound_count > 0 && after->bounds[0] < 0;
    bool native = after->native && after->native->negative_count > 0;

    if (!negative && !native && sum_after.f64 < sum_before.f64)
        ADD(c, SEVERITY_WARNING, "sum-back", after->labels, "the sum went back from %s to %s",
            text_of_double(sum_before.f64).text, text_of_double(sum_after.f64).text);
}

static void compare_histogram(
    struct compare *c, const pitot_series *before, const pitot_series *after, bool began_anew)
{
    size_t count = before->bound_count;

    /* One side may have come without its classic buckets, in a format that has native ones. */
    bool classic = before->bound_count > 0 || after->bound_count > 0;
    bool native_only =
        (!before->bound_count && before->native) || (!after->bound_count && after->native);
    bool same = !classic || native_only ||
                compare_bounds(c, "buckets-changed", "the bucket", before, after);

    if (began_anew || c->families[1].type == PITOT_GAUGE_HISTOGRAM)
        return;
    compare_number(c, "count-back", "the count", before, total_of(before), after, total_of(after));
    for (size_t i = 0; same && before->bound_count == after->bound_count && i < count; i++) {
        char what[80];
        snprintf(what, sizeof(what), "the bucket up to %s", text_of_double(before->bounds[i]).text);
        compare_number(
            c, "bucket-back", what, before, before->numbers[i], after, after->numbers[i]);
    }
    compare_sum(
        c, after, before->numbers[before->bound_count + 1], after->numbers[after->bound_count + 1]);
}

static void compare_summary(
    struct compare *c, const pitot_series *before, const pitot_series *after, bool began_anew)
{
    compare_bounds(c, "quantiles-changed", "the quantile", before, after);
    if (!began_anew)
        compare_number(c, "count-back", "the count", before, before->numbers[before->bound_count],
            after, after->numbers[after->bound_count]);
}

static void compare_pair(struct compare *c, size_t number_before, size_t number_after)
{
    pitot_series before, after;

    if (!pitot_snapshot_series(c->snaps[0], c->numbers[0], number_before, &before) ||
        !pitot_snapshot_series(c->snaps[1], c->numbers[1], number_after, &after))
        return;
    bool both_start = before.start != PITOT_TIME_NONE && after.start != PITOT_TIME_NONE;
    bool began_anew = c->restarted || (both_start && after.start > before.start);

    compare_order(c, &before, &after);
    if (both_start && after.start < before.start)
        ADD(c, SEVERITY_ERROR, "start-back", after.labels, "its start time went back from %s to %s",
            text_of_time(before.start).text, text_of_time(after.start).text);
    if (before.time != PITOT_TIME_NONE && after.time != PITOT_TIME_NONE && after.time < before.time)
        ADD(c, SEVERITY_ERROR, "time-back", after.labels, "its timestamp went back from %s to %s",
            text_of_time(before.time).text, text_of_time(after.time).text);
    if (c->families[0].type != c->families[1].type)
        return;
    switch (c->families[1].type) {
    case PITOT_COUNTER:
        if (!began_anew)
            compare_number(c, "counter-back", "the counter", &before, before.numbers[0], &after,
                after.numbers[0]);
        break;
    case PITOT_HISTOGRAM:
    case PITOT_GAUGE_HISTOGRAM:
        compare_histogram(c, &before, &after, began_anew);
        break;
    case PITOT_SUMMARY:
        compare_summary(c, &before, &after, began_anew);
        break;
    default: /* any value may follow any other */
        break;
    }
}

/* Names the first few series that are on one side only, and counts the others. */
static void tell_unmatched(struct compare *c, const struct matches *matches, int side)
{
    const char *rule = side == 0 ? "vanished" : "appeared";
    size_t count = 0;

    for (size_t i = 0; i < matches->count; i++) {
        size_t here = side == 0 ? matches->all[i].before : matches->all[i].after;
        size_t there = side == 0 ? matches->all[i].after : matches->all[i].before;
        pitot_series series;
        if (there != MATCH_NONE || ++count > NAMED_MAX)
            continue;
        if (pitot_snapshot_series(c->snaps[side], c->numbers[side], here, &series))
            ADD(c, SEVERITY_NOTE, rule, series.labels, "the series %s", rule);
    }
    if (count > NAMED_MAX)
        ADD(c, SEVERITY_NOTE, rule, nothing, "%zu more series %s", count - NAMED_MAX, rule);
}

static void compare_family(struct compare *c, size_t before, size_t after)
{
    struct matches series;

    c->numbers[0] = before;
    c->numbers[1] = after;
    c->order_told = false;
    pitot_snapshot_family(c->snaps[0], before, &c->families[0]);
    pitot_snapshot_family(c->snaps[1], after, &c->families[1]);
    compare_metadata(c);
    compare_label_names(c);
    if (!match_series(c->snaps[0], before, c->snaps[1], after, &series)) {
        c->findings->no_memory = true;
        return;
    }
    for (size_t i = 0; i < series.count; i++)
        if (series.all[i].before != MATCH_NONE && series.all[i].after != MATCH_NONE)
            compare_pair(c, series.all[i].before, series.all[i].after);
    tell_unmatched(c, &series, 0);
    tell_unmatched(c, &series, 1);
    matches_free(&series);
}

/* ---- All of it ---- */

/* The value of the one series of a family, NaN when it is not there. */
static double value_of(const pitot_snapshot *snap, const char *name)
{
    pitot_family family;
    pitot_series series;

    for (size_t i = 0; pitot_snapshot_family(snap, i, &family); i++) {
        if (family.type != PITOT_HISTOGRAM && family.type != PITOT_SUMMARY &&
            same_string(family.name, (pitot_str){name, strlen(name)}) &&
            pitot_snapshot_series(snap, i, 0, &series))
            return series.is_double ? series.numbers[0].f64 : (double)series.numbers[0].u64;
    }
    return (double)NAN;
}

static void find_restart(struct compare *c)
{
    static const char name[] = "process_start_time_seconds";
    double before = value_of(c->snaps[0], name), after = value_of(c->snaps[1], name);
    pitot_str family = {name, sizeof(name) - 1};

    c->restarted = after > before;
    if (c->restarted)
        findings_add(c->findings, SEVERITY_NOTE, "restarted", family, nothing,
            "the process started anew between the two; what counts may begin at 0 again");
    if (after < before)
        findings_add(c->findings, SEVERITY_ERROR, "start-back", family, nothing,
            "the process started earlier; is the older page the first one?");
}

static void tell_family(struct compare *c, int side, size_t number)
{
    pitot_family family;
    const char *rule = side == 0 ? "vanished" : "appeared";

    if (pitot_snapshot_family(c->snaps[side], number, &family))
        findings_add(c->findings, SEVERITY_NOTE, rule, family.name, nothing, "the metric %s", rule);
}

void compare_expositions(
    const struct exposition *before, const struct exposition *after, struct findings *findings)
{
    struct compare c = {.snaps = {before->snap, after->snap},
        .formats = {before->format, after->format},
        .findings = findings};
    struct matches families;

    if (!match_families(before->snap, after->snap, &families)) {
        findings->no_memory = true;
        return;
    }
    find_restart(&c);
    for (size_t i = 0; i < families.count; i++) {
        const struct match *match = &families.all[i];
        if (match->before == MATCH_NONE)
            tell_family(&c, 1, match->after);
        else if (match->after == MATCH_NONE)
            tell_family(&c, 0, match->before);
        else
            compare_family(&c, match->before, match->after);
    }
    matches_free(&families);
}
