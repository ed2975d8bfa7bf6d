/* SPDX-License-Identifier: MIT */
/*
 * openmetrics.c -- OpenMetrics 1.0.0 text, which is 0.0.1 too.
 *
 * `# TYPE`, `# UNIT`, `# HELP`, then the samples, and `# EOF` at the end of all. A counter
 * `x_total` is the family `x`; one that is not called `_total` keeps its name, as an `unknown`, so
 * that a series has the same name whichever format its scraper asked for. So does one whose family
 * would have the name of another, as `x_total` beside a gauge `x`, which only a page that was read
 * can have. Where a threshold is
 * below 0, or the sum is not a number or below 0, `_sum` and `_count` are left out, as the standard
 * demands. Series that it forbids, and exemplars that have no place, are dropped and counted.
 * Native buckets are not shown.
 */
#include "format/openmetrics.h"

#include "base/escape.h"
#include "format/bucket_lines.h"
#include "format/exemplar_lines.h"
#include "format/format.h"

#include <math.h>

const struct pt_spelling pt_openmetrics_spelling = {pt_number_double_om, pt_lines_seconds};

/* What OpenMetrics calls a family, and what its samples end in. */
struct naming {
    const char *type;
    pitot_str name;
    const char *suffix;
};

/* What writes series of one family. */
struct encoder {
    struct pt_writer *writer;
    struct pt_lines lines;
    struct pt_bucket_lines buckets; /* of a histogram */
    struct naming naming;
    struct pt_exemplar_lines exemplars;
};

static bool ends_in(pitot_str name, const char *suffix, size_t size)
{
    return name.size > size && memcmp(name.at + name.size - size, suffix, size) == 0;
}

static pitot_str without(pitot_str name, const char *suffix)
{
    size_t size = strlen(suffix);

    if (ends_in(name, suffix, size))
        name.size -= size;
    return name;
}

/* Whether the family's name without its suffix is that of another family on the page. */
static bool is_taken(const struct pt_families *families, size_t i, const char *suffix)
{
    const struct pt_family_values *info = pt_families_sibling(families, i, suffix, "_info");

    return pt_families_sibling(families, i, suffix, "") ||
           (strcmp(suffix, "_total") == 0 &&
               ((info && info->type == PITOT_INFO) ||
                   pt_families_sibling(families, i, suffix, "_created")));
}

/* A gauge beside a histogram or a summary, of which it would be the sample. Python's library writes
 * such gauges into text 0.0.4. */
static bool is_start_of_another(const struct pt_families *families, size_t i)
{
    const struct pt_family_values *other = pt_families_sibling(families, i, "_created", "");

    return other && families->at[i]->type != PITOT_COUNTER &&
           (other->type == PITOT_HISTOGRAM || other->type == PITOT_SUMMARY);
}

static struct naming name_of(const struct pt_families *families, size_t i)
{
    const struct pt_family_values *family = families->at[i];
    pitot_str base;

    switch (family->type) {
    case PITOT_COUNTER:
        base = without(family->name, "_total");
        if (base.size == family->name.size || is_taken(families, i, "_total"))
            break;
        return (struct naming){"counter", base, "_total"};
    case PITOT_INFO:
        if (is_taken(families, i, "_info"))
            break;
        return (struct naming){"info", without(family->name, "_info"), "_info"};
    case PITOT_GAUGE:
        return (struct naming){"gauge", family->name, ""};
    case PITOT_STATESET:
        return (struct naming){"stateset", family->name, ""};
    case PITOT_HISTOGRAM:
        return (struct naming){"histogram", family->name, "_sum"};
    case PITOT_GAUGE_HISTOGRAM:
        return (struct naming){"gaugehistogram", family->name, "_gsum"};
    case PITOT_SUMMARY:
        return (struct naming){"summary", family->name, ""};
    case PITOT_UNKNOWN:
        break;
    }
    return (struct naming){"unknown", family->name, ""};
}

bool pt_openmetrics_is_unit(pitot_str text)
{
    pitot_str rest = text;

    while (rest.size > 0 && *rest.at >= '0' && *rest.at <= '9') { /* may not begin a name */
        rest.at++;
        rest.size--;
    }
    return text.size > 0 && (rest.size == 0 || pt_escape_is_legacy(rest, true));
}

bool pt_openmetrics_has_unit(const struct pt_family_values *family)
{
    return pt_openmetrics_is_unit(family->unit) && family->type != PITOT_INFO &&
           family->type != PITOT_STATESET;
}

/* A unit that the name does not end in makes Prometheus refuse the page. */
static bool ends_in_unit(const struct pt_family_values *family, pitot_str name)
{
    pitot_str unit = family->unit;

    return pt_openmetrics_has_unit(family) && ends_in(name, unit.at, unit.size) &&
           name.at[name.size - unit.size - 1] == '_';
}

bool pt_openmetrics_forbids(const struct pt_family_values *family, size_t series)
{
    uint64_t word = pt_values_of(family, series)[0];
    bool is_integer = pt_kind_of(family, series) == PT_U64;
    double value = is_integer ? (double)word : pt_lines_double_of(word);

    switch (family->type) {
    case PITOT_COUNTER:
        return !is_integer && !(value >= 0);
    case PITOT_INFO:
        return value != 1;
    case PITOT_STATESET:
        return value != 0 && value != 1;
    default:
        return false;
    }
}

bool pt_openmetrics_forbids_quantile(double quantile, double value)
{
    return !(quantile >= 0 && quantile <= 1) || value < 0;
}

static bool is_whole(uint64_t word)
{
    double count = pt_lines_double_of(word);

    return count >= 0 && isfinite(count) && floor(count) == count;
}

/* Counts are integers here, if only in value. */
static bool counts_are_whole(const struct pt_family_values *family, size_t series)
{
    const uint64_t *words = pt_values_of(family, series);
    bool summary = family->type == PITOT_SUMMARY;

    if (pt_kind_of(family, series) == PT_U64)
        return true;
    for (size_t i = summary ? family->bound_count : 0; i <= family->bound_count; i++)
        if (!is_whole(words[i]))
            return false;
    return true;
}

/* Behind all other samples of its series: there Prometheus looks for it. */
static void encode_created(const struct encoder *encoder, size_t series)
{
    const struct pt_lines *lines = &encoder->lines;
    int64_t start = pt_start_of(lines->family, series);
    char digits[PT_NUMBER_MAX];

    if (!encoder->writer->created || start == PITOT_TIME_NONE)
        return;
    pt_lines_head(lines, "_created", pt_labels_of(lines->family, series));
    pt_out_add(lines->out, digits, lines->spelling->time(digits, start));
    pt_lines_end(lines, series);
}

static void encode_histogram(struct encoder *encoder, size_t series)
{
    const struct pt_lines *lines = &encoder->lines;
    const struct pt_family_values *family = lines->family;
    bool gauge = family->type == PITOT_GAUGE_HISTOGRAM;
    bool below_zero = family->bound_count > 0 && family->bounds[0] < 0;
    double sum = pt_lines_sum_of(family, series);

    if (family->exemplar_ends)
        pt_exemplar_lines_choose(&encoder->exemplars, lines, series);
    struct pt_lines_total count = pt_bucket_lines_write(&encoder->buckets, series,
        family->exemplar_ends && encoder->exemplars.at ? &encoder->exemplars : NULL);
    if (sum >= 0 ? gauge || !below_zero : gauge && below_zero && sum < 0) {
        pt_bucket_lines_count(&encoder->buckets, series, count);
        pt_bucket_lines_sum(&encoder->buckets, series);
    }
    if (!gauge)
        encode_created(encoder, series);
}

static void encode_summary(const struct encoder *encoder, size_t series)
{
    const struct pt_lines *lines = &encoder->lines;
    const struct pt_family_values *family = lines->family;
    const uint64_t *words = pt_values_of(family, series);
    struct pt_lines_total count = {0};
    double sum = pt_lines_sum_of(family, series);

    for (size_t i = 0; i < family->bound_count; i++) {
        double value = pt_lines_double_of(words[i]);

        if (pt_openmetrics_forbids_quantile(family->bounds[i], value)) {
            pt_writer_drop(encoder->writer, 1);
            continue;
        }
        pt_lines_head_quantile(lines, pt_labels_of(family, series), family->bounds[i]);
        pt_lines_double(lines, value);
        pt_lines_end(lines, series);
    }
    pt_lines_add(&count, pt_kind_of(family, series), words[family->bound_count]);
    pt_lines_count(lines, "_count", series, count);
    if (sum >= 0)
        pt_lines_line(lines, "_sum", series, sum);
    encode_created(encoder, series);
}

/* `x_total`, the only single value that has an exemplar and a start. */
static void encode_counter(struct encoder *encoder, size_t series)
{
    const struct pt_lines *lines = &encoder->lines;
    const struct pt_family_values *family = lines->family;

    if (!family->exemplar_ends) {
        pt_lines_single(lines, encoder->naming.suffix, series);
    } else {
        pt_lines_head(lines, encoder->naming.suffix, pt_labels_of(family, series));
        pt_lines_number(lines, pt_kind_of(family, series), pt_values_of(family, series)[0]);
        pt_lines_time(lines, series);
        pt_exemplar_lines_choose(&encoder->exemplars, lines, series);
        pt_exemplar_lines_write(&encoder->exemplars, 0);
        PT_OUT_LITERAL(lines->out, "\n");
    }
    encode_created(encoder, series);
}

static void encode_series(struct encoder *encoder, size_t series)
{
    const struct pt_lines *lines = &encoder->lines;
    const struct pt_family_values *family = lines->family;
    bool bucketed = pt_type_is_bucketed(family->type);
    bool composite = bucketed || family->type == PITOT_SUMMARY;
    bool counter = family->type == PITOT_COUNTER && encoder->naming.suffix[0];

    if (composite ? !counts_are_whole(family, series)
                  : (counter || family->type != PITOT_COUNTER) &&
                        pt_openmetrics_forbids(family, series)) {
        pt_writer_drop(encoder->writer, 1);
        return;
    }
    if (family->exemplar_ends && !bucketed && !counter)
        pt_exemplar_lines_drop(encoder->writer, lines, series);
    if (bucketed)
        encode_histogram(encoder, series);
    else if (composite)
        encode_summary(encoder, series);
    else if (counter)
        encode_counter(encoder, series);
    else
        pt_lines_single(lines, encoder->naming.suffix, series);
}

static bool all_are_integers(const struct pt_family_values *family, size_t from, size_t to)
{
    return !family->kinds || !memchr(family->kinds + from, PT_DOUBLE, to - from);
}

/* Single values of which nothing is forbidden and to which nothing is added: almost all there are.
 */
static bool are_plain(const struct pt_family_values *family, bool created, size_t from, size_t to)
{
    if (family->exemplar_ends)
        return false;
    switch (family->type) {
    case PITOT_COUNTER:
        return all_are_integers(family, from, to) && !(created && family->starts);
    case PITOT_GAUGE:
    case PITOT_UNKNOWN:
        return true;
    default:
        return false;
    }
}

static void encode_head(struct pt_writer *writer, size_t family)
{
    const struct pt_family_values *values = writer->families->at[family];
    const struct naming naming = name_of(writer->families, family);
    const struct pt_lines lines =
        pt_lines_open(writer->out, values, naming.name, &pt_openmetrics_spelling);

    if (is_start_of_another(writer->families, family))
        return;
    pt_lines_type(&lines, naming.type);
    if (ends_in_unit(values, naming.name))
        pt_lines_unit(&lines);
    pt_lines_help(&lines, true);
}

static void encode_each(struct encoder *encoder, size_t from, size_t to)
{
    const struct pt_lines *lines = &encoder->lines;

    if (lines->family->type == PITOT_GAUGE_HISTOGRAM)
        pt_bucket_lines_open(&encoder->buckets, lines, "_gsum", "_gcount");
    else if (lines->family->type == PITOT_HISTOGRAM)
        pt_bucket_lines_open(&encoder->buckets, lines, "_sum", "_count");
    for (size_t i = from; i < to && !lines->out->stopped; i++)
        encode_series(encoder, i);
    pt_exemplar_lines_close(&encoder->exemplars);
}

static void encode_some(struct pt_writer *writer, size_t family, size_t from, size_t to)
{
    const struct pt_family_values *values = writer->families->at[family];
    struct encoder encoder;

    if (is_start_of_another(writer->families, family)) {
        pt_writer_drop(writer, to - from);
        return;
    }
    encoder.writer = writer;
    encoder.naming = name_of(writer->families, family);
    encoder.lines =
        pt_lines_open(writer->out, values, encoder.naming.name, &pt_openmetrics_spelling);
    encoder.exemplars = pt_exemplar_lines_open(writer);
    if (are_plain(values, writer->created, from, to))
        pt_lines_singles(&encoder.lines, encoder.naming.suffix, from, to);
    else
        encode_each(&encoder, from, to);
}

void pt_openmetrics_end(struct pt_writer *writer)
{
    PT_OUT_LITERAL(writer->out, "# EOF\n");
}

/* What a family is called depends on whether others have the name. */
static bool stands_alone(const struct pt_families *families, size_t family, bool head)
{
    (void)head;
    return !is_start_of_another(families, family) && !is_taken(families, family, "_total") &&
           !is_taken(families, family, "_info");
}

const struct pt_encoder pt_openmetrics_encoder = {
    .head = encode_head,
    .series = encode_some,
    .end = pt_openmetrics_end,
    .stands_alone = stands_alone,
    .lines = true,
};
