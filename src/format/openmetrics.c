/* SPDX-License-Identifier: MIT */
/*
 * openmetrics.c -- OpenMetrics 1.0.0 text.
 *
 * `# TYPE`, `# UNIT`, `# HELP`, then the samples, and `# EOF` at the end of all. A counter
 * `x_total` is the family `x`; one that is not called `_total` keeps its name, as an `unknown`, so
 * that a series has the same name whichever format its scraper asked for. Where a threshold is
 * below 0, or the sum is not a number or below 0, `_sum` and `_count` are left out, as the standard
 * demands.
 */
#include "format/format.h"
#include "format/lines.h"

static const struct pt_spelling canonical = {pt_number_double_om};

/* What OpenMetrics calls a family, and what its samples end in. */
struct naming {
    const char *type;
    pitot_str name;
    const char *suffix;
};

static pitot_str without(pitot_str name, const char *suffix)
{
    size_t size = strlen(suffix);

    if (name.size > size && memcmp(name.at + name.size - size, suffix, size) == 0)
        name.size -= size;
    return name;
}

static struct naming name_of(const struct pt_family_values *family)
{
    pitot_str base;

    switch (family->type) {
    case PITOT_COUNTER:
        base = without(family->name, "_total");
        if (base.size == family->name.size)
            break;
        return (struct naming){"counter", base, "_total"};
    case PITOT_INFO:
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

static void encode_histogram(const struct pt_family_values *family, const struct naming *naming,
    size_t series, struct pt_out *out)
{
    char digits[PT_NUMBER_MAX];
    bool gauge = family->type == PITOT_GAUGE_HISTOGRAM;
    bool below_zero = family->bound_count > 0 && family->bounds[0] < 0;
    double sum = pt_lines_sum_of(family, series);
    uint64_t count = pt_lines_buckets(out, &canonical, family, series);

    if (gauge ? sum < 0 && !below_zero : below_zero || !(sum >= 0))
        return;
    pt_lines_head(out, naming->name, gauge ? "_gcount" : "_count", family->labels[series]);
    pt_out_u64(out, count);
    PT_OUT_LITERAL(out, "\n");
    pt_lines_head(out, naming->name, gauge ? "_gsum" : "_sum", family->labels[series]);
    pt_out_add(out, digits, canonical.number(digits, sum));
    PT_OUT_LITERAL(out, "\n");
}

static void encode_family(const struct pt_family_values *family, struct pt_out *out)
{
    struct naming naming = name_of(family);

    PT_OUT_LITERAL(out, "# TYPE ");
    pt_out_str(out, naming.name);
    PT_OUT_LITERAL(out, " ");
    pt_out_add(out, naming.type, strlen(naming.type));
    PT_OUT_LITERAL(out, "\n");
    if (family->unit.size) {
        PT_OUT_LITERAL(out, "# UNIT ");
        pt_out_str(out, naming.name);
        PT_OUT_LITERAL(out, " ");
        pt_out_str(out, family->unit);
        PT_OUT_LITERAL(out, "\n");
    }
    pt_lines_help(out, naming.name, family->help, true);
    for (size_t i = 0; i < family->series_count && !out->stopped; i++) {
        pt_lines_fetch_ahead(family, i);
        if (pt_type_is_bucketed(family->type)) {
            encode_histogram(family, &naming, i, out);
            continue;
        }
        pt_lines_head(out, naming.name, naming.suffix, family->labels[i]);
        pt_lines_value(out, &canonical, family, i);
    }
}

void pt_openmetrics_encode(
    const pitot_snapshot *snap, const pitot_encode_opts *opts, struct pt_out *out)
{
    (void)opts; /* no option is of this format yet */
    for (size_t i = 0; i < snap->family_count && !out->stopped; i++)
        encode_family(snap->families[i], out);
    PT_OUT_LITERAL(out, "# EOF\n");
}
