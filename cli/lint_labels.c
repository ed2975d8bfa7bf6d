/* SPDX-License-Identifier: MIT */
/*
 * lint_labels.c -- advice about labels: how many values they have, which, and their names.
 *
 * Every value of every label of a family is collected and sorted once; that is 24 bytes each, and
 * gone when the family is done. Series of an info are exempt from what is said about values: there
 * one series carries what is unique.
 */
#include "lint.h"

#include <stdlib.h>
#include <string.h>

#define SUSPECT_MANY 2
#define FAMILIES_FOR_CONSTANT 3 /* with fewer, a label on all of them says nothing */
#define CONSTANT_MAX 64         /* labels of one series that are looked for on all others */

struct label {
    pitot_str name, value;
};

struct labels {
    struct label *all;
    size_t count, room;
};

static const pitot_str nothing = {"", 0};

static int compare_strings(pitot_str a, pitot_str b)
{
    size_t least = a.size < b.size ? a.size : b.size;
    int order = least ? memcmp(a.at, b.at, least) : 0;

    return order ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_labels(const void *a, const void *b)
{
    const struct label *x = a, *y = b;
    int order = compare_strings(x->name, y->name);

    return order ? order : compare_strings(x->value, y->value);
}

static bool is_one_of(pitot_str name, const char *const *names)
{
    for (; *names; names++)
        if (name.size == strlen(*names) && memcmp(name.at, *names, name.size) == 0)
            return true;
    return false;
}

static bool ends_with(pitot_str name, const char *end)
{
    size_t size = strlen(end);

    return name.size > size && memcmp(name.at + name.size - size, end, size) == 0;
}

static bool add(struct labels *labels, struct label label)
{
    if (labels->count == labels->room) {
        size_t room = labels->room ? 2 * labels->room : 64;
        struct label *all = realloc(labels->all, room * sizeof(*all));
        if (!all)
            return false;
        labels->all = all;
        labels->room = room;
    }
    labels->all[labels->count++] = label;
    return true;
}

static bool collect(const pitot_snapshot *snap, size_t number, struct labels *labels)
{
    pitot_series series;
    struct label label;

    for (size_t i = 0; pitot_snapshot_series(snap, number, i, &series); i++)
        for (size_t at = 0; pitot_labels_next(series.labels, &at, &label.name, &label.value);)
            if (!add(labels, label))
                return false;
    if (labels->count)
        qsort(labels->all, labels->count, sizeof(*labels->all), compare_labels);
    return true;
}

/* ---- One label name ---- */

static void lint_name(const pitot_family *family, pitot_str name, struct findings *out)
{
    static const char *const target[] = {"region", "zone", "cluster", "az", "dc", "datacenter",
        "owner", "customer", "stage", "service", "environment", "env", NULL};
    static const char *const scrape[] = {"job", "instance", NULL};
    static const char *const type[] = {"type", NULL};

    if (name.size > 1 && name.at[0] == '_' && name.at[1] == '_')
        findings_add(out, SEVERITY_WARNING, "advice/reserved-name", family->name, nothing,
            "label \"%.*s\": names with two leading underscores belong to the Prometheus itself",
            STR(name));
    else if (name.size > 0 && name.at[0] == '_')
        findings_add(out, SEVERITY_WARNING, "advice/reserved-name", family->name, nothing,
            "label \"%.*s\": OpenMetrics reserves names with a leading underscore", STR(name));
    if (is_one_of(name, scrape))
        findings_add(out, SEVERITY_WARNING, "advice/scrape-label", family->name, nothing,
            "label \"%.*s\": a Prometheus sets it for each target, and renames this one to "
            "\"exported_%.*s\"",
            STR(name), STR(name));
    if (is_one_of(name, target))
        findings_add(out, SEVERITY_WARNING, "advice/target-label", family->name, nothing,
            "label \"%.*s\" says where the target is: that is for the Prometheus that scrapes it",
            STR(name));
    if (is_one_of(name, type))
        findings_add(out, SEVERITY_WARNING, "advice/vague-label", family->name, nothing,
            "label \"%.*s\" says too little: of what?", STR(name));
}

/* Names of things of which there is always one more. */
static bool is_unbounded_name(pitot_str name)
{
    static const char *const names[] = {"uuid", "guid", "email", "user_id", "userid", "session_id",
        "request_id", "trace_id", "span_id", "transaction_id", "correlation_id", "order_id",
        "message_id", "customer_id", "timestamp", NULL};

    return is_one_of(name, names) || ends_with(name, "_uuid") || ends_with(name, "_email");
}

static void lint_values(const pitot_family *family, const struct label *first, size_t count,
    size_t distinct, const struct options *options, struct findings *out)
{
    const char *found = NULL;
    size_t suspects = 0;
    pitot_str example = nothing;
    bool sure = false;

    if (distinct > options->values_max)
        findings_add(out, SEVERITY_WARNING, "advice/label-values", family->name, nothing,
            "label \"%.*s\" has %zu values, more than %llu", STR(first->name), distinct,
            (unsigned long long)options->values_max);
    for (size_t i = 0; i < count && !sure; i++) {
        bool many;
        const char *kind = suspect_value(first[i].value, &many);
        if (!kind || (i > 0 && compare_labels(&first[i - 1], &first[i]) == 0))
            continue;
        suspects++;
        sure = !many;
        if (!found || sure) {
            found = kind;
            example = first[i].value;
        }
    }
    if (found && (sure || suspects >= SUSPECT_MANY))
        findings_add(out, SEVERITY_WARNING, "advice/unbounded-label", family->name, nothing,
            "label \"%.*s\" has a value like \"%.*s\", which looks like %s: every new one is a new "
            "series, for ever",
            STR(first->name), STR(example), found);
    else if (is_unbounded_name(first->name))
        findings_add(out, SEVERITY_WARNING, "advice/unbounded-label", family->name, nothing,
            "label \"%.*s\": by its name there is no end of values, and every new one is a new "
            "series",
            STR(first->name));
}

/* ---- Families ---- */

static bool is_info(const pitot_family *family)
{
    return family->type == PITOT_INFO || ends_with(family->name, "_info");
}

static void lint_each_label(const pitot_family *family, const struct labels *labels,
    const struct options *options, struct findings *out)
{
    for (size_t i = 0; i < labels->count;) {
        const struct label *first = &labels->all[i];
        size_t count = 0, distinct = 0, empty = 0;
        for (; i < labels->count && compare_strings(labels->all[i].name, first->name) == 0; i++) {
            distinct += count == 0 || compare_labels(&labels->all[i - 1], &labels->all[i]) != 0;
            empty += labels->all[i].value.size == 0;
            count++;
        }
        lint_name(family, first->name, out);
        if (empty > 0)
            findings_add(out, SEVERITY_WARNING, "advice/empty-label", family->name, nothing,
                "label \"%.*s\" has an empty value, which is the same as no label",
                STR(first->name));
        if (count != family->series_count)
            findings_add(out, SEVERITY_WARNING, "advice/label-names", family->name, nothing,
                "label \"%.*s\" is on %zu of %zu series: all should have the same labels",
                STR(first->name), count, family->series_count);
        if (!is_info(family))
            lint_values(family, first, count, distinct, options, out);
    }
}

void labels_family(const pitot_snapshot *snap, size_t number, const pitot_family *family,
    const struct options *options, struct findings *out)
{
    struct labels labels = {0};

    if (family->series_count > options->series_max)
        findings_add(out, SEVERITY_WARNING, "advice/series", family->name, nothing,
            "%zu series, more than %llu", family->series_count,
            (unsigned long long)options->series_max);
    if (collect(snap, number, &labels))
        lint_each_label(family, &labels, options, out);
    else
        out->no_memory = true;
    free(labels.all);
}

/* ---- The page ---- */

static bool has(const pitot_series *series, struct label wanted)
{
    struct label label;

    for (size_t at = 0; pitot_labels_next(series->labels, &at, &label.name, &label.value);)
        if (compare_labels(&label, &wanted) == 0)
            return true;
    return false;
}

static bool is_on_every_series(const pitot_snapshot *snap, struct label label)
{
    size_t with_series = 0;
    pitot_family family;
    pitot_series series;

    for (size_t i = 0; pitot_snapshot_family(snap, i, &family); i++) {
        with_series += family.series_count > 0;
        for (size_t j = 0; pitot_snapshot_series(snap, i, j, &series); j++)
            if (!has(&series, label))
                return false;
    }
    return with_series >= FAMILIES_FOR_CONSTANT;
}

void labels_page(const pitot_snapshot *snap, struct findings *out)
{
    struct label label;
    pitot_family family;
    pitot_series series;
    size_t first = 0;

    while (pitot_snapshot_family(snap, first, &family) && family.series_count == 0)
        first++;
    if (!pitot_snapshot_series(snap, first, 0, &series))
        return;
    size_t count = 0;
    for (size_t at = 0;
         count < CONSTANT_MAX && pitot_labels_next(series.labels, &at, &label.name, &label.value);
         count++)
        if (is_on_every_series(snap, label))
            findings_add(out, SEVERITY_WARNING, "advice/constant-label", nothing, nothing,
                "label %.*s=\"%.*s\" is on every series: it describes the target, which is for "
                "the Prometheus that scrapes it or for a target_info",
                STR(label.name), STR(label.value));
}
