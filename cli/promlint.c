/* SPDX-License-Identifier: MIT */
/*
 * promlint.c -- the rules of promlint, in its words.
 *
 * They are those of client_golang's testutil/promlint, which `promtool check metrics` prints, so a
 * team may change from one to the other and see the same. Untyped metrics are exempt from what
 * depends on the type. Where promlint says the same thing twice about a metric it is said once
 * here.
 */
#include "lint.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *unit, *base;
} units[] = {
    {"amperes", "amperes"},
    {"bytes", "bytes"},
    {"celsius", "celsius"},
    {"grams", "grams"},
    {"joules", "joules"},
    {"kelvin", "kelvin"},
    {"meters", "meters"},
    {"metres", "metres"},
    {"seconds", "seconds"},
    {"volts", "volts"},
    {"minutes", "seconds"},
    {"hours", "seconds"},
    {"days", "seconds"},
    {"weeks", "seconds"},
    {"kelvins", "kelvin"},
    {"fahrenheit", "celsius"},
    {"rankine", "celsius"},
    {"inches", "meters"},
    {"yards", "meters"},
    {"miles", "meters"},
    {"bits", "bytes"},
    {"calories", "joules"},
    {"pounds", "grams"},
    {"ounces", "grams"},
};

static const char *const prefixes[] = {"", "pico", "nano", "micro", "milli", "centi", "deci",
    "deca", "hecto", "kilo", "kibi", "mega", "mibi", "giga", "gibi", "tera", "tebi", "peta",
    "pebi"};

static const char *const abbreviations[] = {
    "s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d"};

static const char *const type_names[] = {
    "counter", "gauge", "summary", "histogram", "gauge_histogram"};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const pitot_str nothing = {"", 0};

static bool ends_with(pitot_str name, const char *end)
{
    size_t size = strlen(end);

    return name.size >= size && memcmp(name.at + name.size - size, end, size) == 0;
}

static bool is(pitot_str name, const char *text)
{
    return name.size == strlen(text) && memcmp(name.at, text, name.size) == 0;
}

/* Whether `_word_` is in the name, or `_word` at its end, in either case. */
static bool has_word(pitot_str name, const char *word)
{
    size_t size = strlen(word);

    for (size_t i = 0; i + size < name.size; i++) {
        bool here = name.at[i] == '_' && strncasecmp(name.at + i + 1, word, size) == 0;
        size_t end = i + 1 + size;
        if (here && (end == name.size || name.at[end] == '_'))
            return true;
    }
    return false;
}

static bool is_camel_case(pitot_str name)
{
    for (size_t i = 1; i < name.size; i++)
        if (name.at[i - 1] >= 'a' && name.at[i - 1] <= 'z' && name.at[i] >= 'A' &&
            name.at[i] <= 'Z')
            return true;
    return false;
}

/* ---- Units ---- */

static const char *base_of(pitot_str word)
{
    for (size_t i = 0; i < COUNT(units); i++) {
        size_t unit = strlen(units[i].unit);
        if (!ends_with(word, units[i].unit))
            continue;
        for (size_t j = 0; j < COUNT(prefixes); j++)
            if (is((pitot_str){word.at, word.size - unit}, prefixes[j]))
                return units[i].base;
    }
    return NULL;
}

bool promlint_unit(pitot_str name, pitot_str *unit, const char **base)
{
    bool found = false;

    for (size_t start = 0; start <= name.size;) {
        size_t end = start;
        while (end < name.size && name.at[end] != '_')
            end++;
        pitot_str word = {name.at + start, end - start};
        const char *base_here = base_of(word);
        if (base_here && (!found || !is(word, base_here))) {
            *unit = word;
            *base = base_here;
            found = true;
            if (!is(word, base_here))
                return true;
        }
        start = end + 1;
    }
    return found;
}

static void lint_units(const pitot_family *family, struct findings *out)
{
    pitot_str unit;
    const char *base;

    if (promlint_unit(family->name, &unit, &base) && !is(unit, base))
        findings_add(out, SEVERITY_WARNING, "promlint/unit", family->name, nothing,
            "use base unit \"%s\" instead of \"%.*s\"", base, STR(unit));
    for (size_t i = 0; i < COUNT(abbreviations); i++)
        if (has_word(family->name, abbreviations[i]))
            findings_add(out, SEVERITY_WARNING, "promlint/unit-abbreviation", family->name, nothing,
                "metric names should not contain abbreviated units");
}

/* ---- Names ---- */

static void lint_suffixes(const pitot_family *family, struct findings *out)
{
    pitot_str name = family->name;
    bool counter = family->type == PITOT_COUNTER;
    bool histogram = family->type == PITOT_HISTOGRAM || family->type == PITOT_GAUGE_HISTOGRAM;
    bool summary = family->type == PITOT_SUMMARY;

    if (family->type == PITOT_UNKNOWN)
        return;
    if (counter && !ends_with(name, "_total"))
        findings_add(out, SEVERITY_WARNING, "promlint/counter", name, nothing,
            "counter metrics should have \"_total\" suffix");
    if (!counter && ends_with(name, "_total"))
        findings_add(out, SEVERITY_WARNING, "promlint/counter", name, nothing,
            "non-counter metrics should not have \"_total\" suffix");
    if (!histogram && ends_with(name, "_bucket"))
        findings_add(out, SEVERITY_WARNING, "promlint/reserved", name, nothing,
            "non-histogram metrics should not have \"_bucket\" suffix");
    if (!histogram && !summary && ends_with(name, "_count"))
        findings_add(out, SEVERITY_WARNING, "promlint/reserved", name, nothing,
            "non-histogram and non-summary metrics should not have \"_count\" suffix");
    if (!histogram && !summary && ends_with(name, "_sum"))
        findings_add(out, SEVERITY_WARNING, "promlint/reserved", name, nothing,
            "non-histogram and non-summary metrics should not have \"_sum\" suffix");
}

static void lint_name(const pitot_family *family, struct findings *out)
{
    pitot_str name = family->name;

    for (size_t i = 0; i < COUNT(type_names); i++)
        if (has_word(name, type_names[i]))
            findings_add(out, SEVERITY_WARNING, "promlint/type-in-name", name, nothing,
                "metric name should not include type '%s'", type_names[i]);
    if (memchr(name.at, ':', name.size))
        findings_add(out, SEVERITY_WARNING, "promlint/colon", name, nothing,
            "metric names should not contain ':'");
    if (is_camel_case(name))
        findings_add(out, SEVERITY_WARNING, "promlint/camel-case", name, nothing,
            "metric names should be written in 'snake_case' not 'camelCase'");
}

/* ---- Labels ---- */

static void lint_labels(
    const pitot_snapshot *snap, size_t number, const pitot_family *family, struct findings *out)
{
    bool typed = family->type != PITOT_UNKNOWN;
    bool histogram = family->type == PITOT_HISTOGRAM || family->type == PITOT_GAUGE_HISTOGRAM;
    bool le = false, quantile = false, camel = false;
    pitot_series series;
    pitot_str name, value;

    for (size_t i = 0; pitot_snapshot_series(snap, number, i, &series); i++) {
        for (size_t at = 0; pitot_labels_next(series.labels, &at, &name, &value);) {
            le |= typed && !histogram && is(name, "le");
            quantile |= typed && family->type != PITOT_SUMMARY && is(name, "quantile");
            camel |= is_camel_case(name);
        }
    }
    if (le)
        findings_add(out, SEVERITY_WARNING, "promlint/reserved", family->name, nothing,
            "non-histogram metrics should not have \"le\" label");
    if (quantile)
        findings_add(out, SEVERITY_WARNING, "promlint/reserved", family->name, nothing,
            "non-summary metrics should not have \"quantile\" label");
    if (camel)
        findings_add(out, SEVERITY_WARNING, "promlint/camel-case", family->name, nothing,
            "label names should be written in 'snake_case' not 'camelCase'");
}

void promlint_family(
    const pitot_snapshot *snap, size_t number, const pitot_family *family, struct findings *out)
{
    if (family->series_count == 0) /* a TYPE or HELP without samples is no metric to promlint */
        return;
    if (family->help.size == 0)
        findings_add(out, SEVERITY_WARNING, "promlint/help", family->name, nothing, "no help text");
    lint_units(family, out);
    lint_suffixes(family, out);
    lint_name(family, out);
    lint_labels(snap, number, family, out);
}
