/* SPDX-License-Identifier: MIT */
/*
 * reader.c -- whose sample a line is.
 *
 * The family that is open is asked first, by the ends that its samples' names may have; any other
 * name turns to the family of that name.
 */
#include "format/reader.h"

#include "base/parse.h"

#include <math.h>

static const char le[] = "le", quantile[] = "quantile";

struct ending {
    const char *text;
    enum pt_role role;
};

#define ENDINGS_MAX 5 /* of a type, and one that ends the list */

/* What the names of samples end in, by type. */
static const struct ending openmetrics[][ENDINGS_MAX] = {
    [PITOT_UNKNOWN] = {{"", PT_VALUE}},
    [PITOT_GAUGE] = {{"", PT_VALUE}},
    [PITOT_STATESET] = {{"", PT_VALUE}},
    [PITOT_INFO] = {{"_info", PT_VALUE}},
    [PITOT_COUNTER] = {{"_total", PT_VALUE}, {"_created", PT_CREATED}},
    [PITOT_SUMMARY] = {{"", PT_QUANTILE}, {"_count", PT_COUNT}, {"_sum", PT_SUM},
        {"_created", PT_CREATED}},
    [PITOT_HISTOGRAM] = {{"_bucket", PT_BUCKET}, {"_count", PT_COUNT}, {"_sum", PT_SUM},
        {"_created", PT_CREATED}},
    [PITOT_GAUGE_HISTOGRAM] = {{"_bucket", PT_BUCKET}, {"_gcount", PT_COUNT}, {"_gsum", PT_SUM}},
};
static const struct ending text_summary[] = {
    {"", PT_QUANTILE}, {"_count", PT_COUNT}, {"_sum", PT_SUM}, {NULL, PT_VALUE}};
static const struct ending text_histogram[] = {
    {"_bucket", PT_BUCKET}, {"_count", PT_COUNT}, {"_sum", PT_SUM}, {NULL, PT_VALUE}};
static const struct ending alone[] = {{"", PT_VALUE}, {NULL, PT_VALUE}};

bool pt_reader_begin(struct pt_reader *reader, const struct pt_page *page, enum pt_dialect dialect)
{
    bool good = pt_scan_begin(&reader->scan, page, dialect != PT_DIALECT_TEXT);

    reader->gather = pt_gather_new(&reader->scan, dialect != PT_DIALECT_TEXT);
    reader->heads = pt_heads_new(&reader->scan, &reader->gather, dialect);
    return good;
}

void pt_reader_end(struct pt_reader *reader)
{
    if (!reader->scan.stopped)
        pt_heads_finish(&reader->heads);
    pt_heads_free(&reader->heads);
    pt_gather_free(&reader->gather);
    pt_scan_end(&reader->scan);
}

static const struct ending *endings_of(const struct pt_reader *reader, const struct pt_head *head)
{
    switch (reader->heads.dialect) {
    case PT_DIALECT_OPENMETRICS:
        return pt_heads_is_total(&reader->heads, head) ? alone : openmetrics[head->type];
    case PT_DIALECT_TEXT:
        if (head->type == PITOT_HISTOGRAM)
            return text_histogram;
        if (head->type == PITOT_SUMMARY)
            return text_summary;
        break;
    case PT_DIALECT_OPENMETRICS_2:
        break;
    }
    return alone;
}

/* What a sample of this name is in this family; false when it is of another. */
static bool role_of(
    const struct pt_reader *reader, const struct pt_head *head, pitot_str name, enum pt_role *role)
{
    const struct ending *ending = endings_of(reader, head);
    size_t size = head->name.size;

    if (name.size < size || memcmp(name.at, head->name.at, size) != 0)
        return false;
    for (; ending->text; ending++)
        if (strlen(ending->text) == name.size - size &&
            memcmp(name.at + size, ending->text, name.size - size) == 0) {
            *role = ending->role;
            return true;
        }
    return false;
}

/* The label that is not one of the series. */
static const char *special_of(const struct pt_reader *reader, const struct pt_head *head)
{
    if (!head || reader->heads.dialect == PT_DIALECT_OPENMETRICS_2)
        return NULL;
    return pt_type_is_bucketed(head->type) ? le : head->type == PITOT_SUMMARY ? quantile : NULL;
}

static bool read_bound(
    struct pt_scan *scan, const char *open, pitot_str text, struct pt_sample *sample)
{
    const char *label = sample->role == PT_BUCKET ? le : quantile;

    if (sample->role != PT_BUCKET && sample->role != PT_QUANTILE) {
        if (!text.at)
            return true;
        return pt_scan_problem(scan, text.at,
            "only buckets have the label le, only quantiles quantile: leave it out here");
    }
    if (!text.at)
        return pt_scan_problem(scan, open, "this sample should have the label %s", label);
    if (pt_parse_double(text.at, text.size, &sample->bound) && !isnan(sample->bound))
        return true;
    return pt_scan_problem(
        scan, text.at, "'%.*s' is no number, which %s should be", PT_SHOWN(text), label);
}

/* The usual case, without taking the labels apart: a bucket of the same series as the line before.
 */
static bool is_next_bucket(struct pt_reader *reader, struct pt_sample *sample)
{
    struct pt_scan *scan = &reader->scan;
    pitot_str labels = pt_gather_labels(&reader->gather);
    const struct pt_head *head = pt_heads_open(&reader->heads);
    size_t left = (size_t)(scan->end - scan->at);

    if (!labels.size || !pt_type_is_bucketed(head->type) ||
        left < head->name.size + labels.size + 16)
        return false;
    const char *at = scan->at + head->name.size, *behind = at + 8 + labels.size;
    if (memcmp(at, "_bucket{", 8) != 0 || memcmp(behind, ",le=\"", 5) != 0 ||
        memcmp(at + 8, labels.at, labels.size) != 0 ||
        memcmp(scan->at, head->name.at, head->name.size) != 0)
        return false;
    pitot_str bound = {behind + 5, 0};
    const char *quote = memchr(bound.at, '"', (size_t)(scan->end - bound.at));
    if (!quote || quote[1] != '}')
        return false;
    bound.size = (size_t)(quote - bound.at);
    if (!pt_parse_double(bound.at, bound.size, &sample->bound) || isnan(sample->bound))
        return false;
    sample->role = PT_BUCKET;
    sample->labels = labels;
    scan->at = quote + 2;
    return true;
}

/* The name of the family, not the open one, that a sample of this name is of. In the text format
 * that may be a histogram or summary that was open before; OpenMetrics sees that two families have
 * a sample's name in common. */
static pitot_str family_of(const struct pt_reader *reader, pitot_str name)
{
    enum pt_role role;

    if (reader->heads.dialect != PT_DIALECT_TEXT || pt_heads_find(&reader->heads, name))
        return name;
    for (const struct ending *ending = text_histogram; ending->text; ending++) {
        size_t size = strlen(ending->text);
        pitot_str base = {name.at, name.size > size ? name.size - size : 0};
        const struct pt_head *head = pt_heads_find(&reader->heads, base);

        if (head && role_of(reader, head, name, &role))
            return base;
    }
    return name;
}

/* Opens the family that a sample of this name is of. */
static struct pt_head *find_family(
    struct pt_reader *reader, pitot_str name, const char *at, enum pt_role *role)
{
    struct pt_head *head = pt_heads_open(&reader->heads);

    if (head && role_of(reader, head, name, role))
        return head;
    head = pt_heads_turn_to(&reader->heads, family_of(reader, name), at);
    if (!head || role_of(reader, head, name, role))
        return head;
    pt_scan_problem(&reader->scan, at, "a sample of '%.*s' ends in %s, which is missing here",
        PT_SHOWN(head->name), endings_of(reader, head)->text);
    return NULL;
}

bool pt_reader_identity(struct pt_reader *reader, struct pt_sample *sample)
{
    struct pt_scan *scan = &reader->scan;
    const char *from = scan->at, *open = from;
    struct pt_head *head = NULL;
    struct pt_scan_labels labels;
    pitot_str name = {NULL, 0};

    if (is_next_bucket(reader, sample))
        return true;
    if (*from != '{') {
        if (!pt_scan_name(scan, false, &name))
            return false;
        char next = *scan->at;
        if (next != ' ' && next != '\t' && next != '{' && scan->at < scan->end)
            return pt_scan_problem(scan, scan->at,
                "'%c' is no character of a name: put the name in quotes, in braces",
                next > ' ' && next < 0x7f ? next : '?');
        bool may = !scan->exact && reader->heads.dialect != PT_DIALECT_OPENMETRICS_2;
        for (open = scan->at; may && (*open == ' ' || *open == '\t'); open++)
            continue;
        if (*open == '{')
            scan->at = open;
        head = find_family(reader, name, from, &sample->role);
        if (!head)
            return false;
    }
    /* A name in quotes comes with the labels, so until then the family is a guess. */
    const char *special = special_of(reader, head ? head : pt_heads_open(&reader->heads));
    if (!pt_scan_labels(scan, special, &labels))
        return false;
    if (!head) {
        if (!labels.name.at)
            return pt_scan_problem(scan, from, "the metric name is missing");
        head = find_family(reader, labels.name, from, &sample->role);
        if (!head)
            return false;
        if (special_of(reader, head) != special) {
            scan->at = open;
            if (!pt_scan_labels(scan, special_of(reader, head), &labels))
                return false;
        }
    } else if (labels.name.at) {
        return pt_scan_problem(scan, open, "there are two metric names: leave one out");
    }
    sample->labels = labels.block;
    return read_bound(scan, open, labels.special, sample);
}
