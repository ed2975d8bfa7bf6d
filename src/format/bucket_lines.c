/* SPDX-License-Identifier: MIT */
/*
 * bucket_lines.c -- the lines of histograms of one family.
 *
 * There are two ways to write the same: lines of usual length are put together in the chunk, with
 * one look at the room; for all others, and those with a time or an exemplar, see lines.h.
 */
#include "format/bucket_lines.h"

#include "format/exemplar_lines.h"

#define HEAD_MAX 1024 /* bytes of `name_bucket{labels,le="` */

static const char le[] = "le=\"";

static void keep_bounds(struct pt_bucket_lines *buckets)
{
    const struct pt_lines *lines = buckets->lines;
    size_t count = lines->family->bound_count;

    for (size_t i = 0; i <= count; i++) {
        char text[PT_NUMBER_MAX + 3] = "+Inf";
        size_t size = i < count ? lines->spelling->number(text, lines->family->bounds[i]) : 4;

        memcpy(text + size, "\"} ", 3);
        memcpy(buckets->les[i], text, PT_OUT_MOVE);
        buckets->le_sizes[i] = (uint8_t)(size + 3);
    }
}

void pt_bucket_lines_open(struct pt_bucket_lines *buckets, const struct pt_lines *lines,
    const char *sum_suffix, const char *count_suffix)
{
    buckets->lines = lines;
    buckets->sum_suffix = sum_suffix;
    buckets->count_suffix = count_suffix;
    buckets->prepared = lines->family->bound_count <= PT_BUCKET_LINES_MAX &&
                        !lines->family->times &&
                        pt_lines_prefix(&buckets->bucket, lines, "_bucket") &&
                        pt_lines_prefix(&buckets->sum, lines, sum_suffix) &&
                        pt_lines_prefix(&buckets->count, lines, count_suffix);
    if (buckets->prepared)
        keep_bounds(buckets);
}

/* `name_bucket{labels,le="`; returns its size. */
static size_t put_head(char *head, const struct pt_lines_prefix *prefix, pitot_str labels)
{
    char *at = pt_out_copy(head, prefix->text, prefix->size);

    if (labels.size) {
        memcpy(at, labels.at, labels.size);
        at += labels.size;
        *at++ = ',';
    }
    memcpy(at, le, sizeof(le) - 1);
    return (size_t)(at - head) + sizeof(le) - 1;
}

static struct pt_lines_total write_prepared(const struct pt_bucket_lines *buckets, size_t series)
{
    const struct pt_family_values *family = buckets->lines->family;
    const struct pt_spelling *spelling = buckets->lines->spelling;
    struct pt_out *out = buckets->lines->out;
    const uint64_t *counts = pt_values_of(family, series);
    enum pt_kind kind = pt_kind_of(family, series);
    struct pt_lines_total total = {0};
    size_t bound_count = family->bound_count;
    char head[HEAD_MAX + PT_OUT_MOVE]; /* see pt_out_copy() */
    size_t head_size = put_head(head, &buckets->bucket, pt_labels_of(family, series));

    for (size_t i = 0; i <= bound_count; i++) {
        char *at = pt_out_room(out, head_size + 2 * PT_OUT_MOVE + PT_NUMBER_MAX);

        pt_lines_add(&total, kind, counts[i]);
        memcpy(at, head, head_size); /* of this size, what libc has is faster */
        memcpy(at + head_size, buckets->les[i], PT_OUT_MOVE);
        at += head_size + buckets->le_sizes[i];
        at += kind == PT_U64 ? pt_digits_u64(at, total.u64) : spelling->number(at, total.f64);
        *at++ = '\n';
        pt_out_claim(out, at);
    }
    return total;
}

struct pt_lines_total pt_bucket_lines_write(
    const struct pt_bucket_lines *buckets, size_t series, const struct pt_exemplar_lines *exemplars)
{
    const struct pt_lines *lines = buckets->lines;
    const struct pt_family_values *family = lines->family;
    const pitot_str labels = pt_labels_of(family, series);
    const uint64_t *counts = pt_values_of(family, series);
    enum pt_kind kind = pt_kind_of(family, series);
    struct pt_lines_total total = {0};

    if (buckets->prepared && !exemplars &&
        buckets->bucket.size + labels.size + sizeof(le) <= HEAD_MAX)
        return write_prepared(buckets, series);
    for (size_t i = 0; i <= family->bound_count; i++) {
        pt_lines_add(&total, kind, counts[i]);
        pt_lines_head_up_to(lines, "_bucket", labels, le);
        if (i < family->bound_count)
            pt_lines_double(lines, family->bounds[i]);
        else
            PT_OUT_LITERAL(lines->out, "+Inf");
        PT_OUT_LITERAL(lines->out, "\"} ");
        pt_lines_total(lines, kind, total);
        pt_lines_time(lines, series);
        if (exemplars)
            pt_exemplar_lines_write(exemplars, i);
        PT_OUT_LITERAL(lines->out, "\n");
    }
    return total;
}

/* A line for a sum or a count; false when it is not prepared, or too long. */
static bool put_line(const struct pt_bucket_lines *buckets, const struct pt_lines_prefix *prefix,
    size_t series, enum pt_kind kind, uint64_t word)
{
    const struct pt_lines *lines = buckets->lines;
    pitot_str labels = pt_labels_of(lines->family, series);
    char *at = buckets->prepared ? pt_out_room(lines->out, pt_lines_room(prefix, labels)) : NULL;

    if (!at)
        return false;
    at = pt_lines_put_head(at, prefix, labels, lines->family->text != NULL);
    at = pt_lines_put_number(at, lines->spelling, kind, word);
    *at++ = '\n';
    pt_out_claim(lines->out, at);
    return true;
}

void pt_bucket_lines_sum(const struct pt_bucket_lines *buckets, size_t series)
{
    const struct pt_family_values *family = buckets->lines->family;

    if (!put_line(buckets, &buckets->sum, series, PT_DOUBLE,
            pt_values_of(family, series)[family->bound_count + 1]))
        pt_lines_line(buckets->lines, buckets->sum_suffix, series, pt_lines_sum_of(family, series));
}

void pt_bucket_lines_count(
    const struct pt_bucket_lines *buckets, size_t series, struct pt_lines_total count)
{
    enum pt_kind kind = pt_kind_of(buckets->lines->family, series);
    uint64_t word = count.u64;

    if (kind == PT_DOUBLE)
        memcpy(&word, &count.f64, sizeof(word));
    if (!put_line(buckets, &buckets->count, series, kind, word))
        pt_lines_count(buckets->lines, buckets->count_suffix, series, count);
}
