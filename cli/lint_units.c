/* SPDX-License-Identifier: MIT */
/*
 * lint_units.c -- advice about names and units, beyond promlint's.
 *
 * It looks at what promlint does not: the unit that a page declares, words that hide one, and
 * numbers that do not fit the unit in the name.
 */
#include "lint.h"
#include "number_text.h"

#include <string.h>

#define MILLISECONDS_BOUND 1000.0 /* a bucket of 17 minutes is rare, one of a second is not */
#define MILLISECONDS_FIRST 0.5    /* and then nobody leaves out all below half a second */
#define MILLISECONDS_TIME 1e11    /* in seconds, the year 5138 */

static const pitot_str nothing = {"", 0};

static bool ends_with(pitot_str name, const char *end)
{
    size_t size = strlen(end);

    return name.size >= size && memcmp(name.at + name.size - size, end, size) == 0;
}

/* Without `_total`, where the unit of a counter ends. */
static pitot_str base_name(const pitot_family *family)
{
    pitot_str name = family->name;

    if (family->type == PITOT_COUNTER && ends_with(name, "_total"))
        name.size -= strlen("_total");
    return name;
}

static bool ends_with_one_of(pitot_str name, const char *const *ends, const char **which)
{
    for (; *ends; ends++) {
        if (ends_with(name, *ends)) {
            *which = *ends;
            return true;
        }
    }
    return false;
}

static void lint_declared(const pitot_family *family, pitot_str base, struct findings *out)
{
    pitot_str unit = family->unit, found;
    const char *wanted;

    if (unit.size == 0)
        return;
    bool suffix = base.size > unit.size + 1 && base.at[base.size - unit.size - 1] == '_' &&
                  memcmp(base.at + base.size - unit.size, unit.at, unit.size) == 0;
    if (!suffix)
        findings_add(out, SEVERITY_WARNING, "advice/unit-suffix", family->name, nothing,
            "its unit is \"%.*s\", and the name should end in it", STR(unit));
    bool known = promlint_unit(unit, &found, &wanted);
    if (known && !suffix && (found.size != strlen(wanted) || memcmp(found.at, wanted, found.size)))
        findings_add(out, SEVERITY_WARNING, "advice/unit", family->name, nothing,
            "its unit should be \"%s\" instead of \"%.*s\"", wanted, STR(unit));
}

static void lint_words(const pitot_family *family, pitot_str base, struct findings *out)
{
    static const char *const times[] = {
        "_duration", "_latency", "_elapsed", "_uptime", "_delay", "_timeout", "_age", NULL};
    static const char *const percents[] = {"_percent", "_percentage", "_pct", NULL};
    static const char *const moments[] = {"_timestamp", NULL};
    static const char *const shorts[] = {"_millis", "_micros", "_nanos", "_msec", "_usec", "_nsec",
        "_msecs", "_usecs", "_nsecs", "_secs", "_mins", "_hrs", NULL};
    static const char *const sizes[] = {"_kib", "_mib", "_gib", "_tib", NULL};
    const char *word;

    if (ends_with_one_of(base, times, &word))
        findings_add(out, SEVERITY_WARNING, "advice/unit-missing", family->name, nothing,
            "\"%s\" in which unit? say \"%s_seconds\"", word + 1, word + 1);
    if (base.size == family->name.size && ends_with_one_of(base, moments, &word))
        findings_add(out, SEVERITY_WARNING, "advice/unit-missing", family->name, nothing,
            "\"timestamp\" in which unit? say \"timestamp_seconds\", since 1970");
    if (ends_with_one_of(base, percents, &word))
        findings_add(out, SEVERITY_WARNING, "advice/unit", family->name, nothing,
            "use \"ratio\", from 0 to 1, instead of \"%s\"", word + 1);
    if (ends_with_one_of(base, shorts, &word))
        findings_add(out, SEVERITY_WARNING, "advice/unit", family->name, nothing,
            "use base unit \"seconds\" instead of \"%s\"", word + 1);
    if (ends_with_one_of(base, sizes, &word))
        findings_add(out, SEVERITY_WARNING, "advice/unit", family->name, nothing,
            "use base unit \"bytes\" instead of \"%s\"", word + 1);
}

/* Numbers that are a thousand times too big for seconds. */
static void lint_numbers(
    const pitot_snapshot *snap, size_t number, const pitot_family *family, struct findings *out)
{
    pitot_series series;

    if (!pitot_snapshot_series(snap, number, 0, &series))
        return;
    size_t count = series.bound_count;
    bool histogram = family->type == PITOT_HISTOGRAM || family->type == PITOT_GAUGE_HISTOGRAM;
    if (histogram && ends_with(family->name, "_seconds") && count > 1 &&
        series.bounds[0] >= MILLISECONDS_FIRST && series.bounds[count - 1] >= MILLISECONDS_BOUND)
        findings_add(out, SEVERITY_WARNING, "advice/unit-of-values", family->name, nothing,
            "buckets from %s to %s look like milliseconds, not seconds",
            text_of_double(series.bounds[0]).text, text_of_double(series.bounds[count - 1]).text);
    if (family->type != PITOT_GAUGE && family->type != PITOT_UNKNOWN)
        return;
    double value = series.is_double ? series.numbers[0].f64 : (double)series.numbers[0].u64;
    if ((ends_with(family->name, "_timestamp_seconds") ||
            ends_with(family->name, "_time_seconds")) &&
        value >= MILLISECONDS_TIME)
        findings_add(out, SEVERITY_WARNING, "advice/unit-of-values", family->name, nothing,
            "%s looks like milliseconds since 1970, not seconds", text_of_double(value).text);
}

void advice_family(
    const pitot_snapshot *snap, size_t number, const pitot_family *family, struct findings *out)
{
    static const char scrape[] = "scrape_";
    pitot_str base = base_name(family), name = family->name;

    if (name.size > 0 && name.at[0] == '_')
        findings_add(out, SEVERITY_WARNING, "advice/reserved-name", name, nothing,
            "OpenMetrics reserves names with a leading underscore");
    if (name.size >= sizeof(scrape) && memcmp(name.at, scrape, sizeof(scrape) - 1) == 0)
        findings_add(out, SEVERITY_WARNING, "advice/reserved-name", name, nothing,
            "names with \"scrape_\" belong to the Prometheus that scrapes");
    lint_declared(family, base, out);
    lint_words(family, base, out);
    lint_numbers(snap, number, family, out);
}
