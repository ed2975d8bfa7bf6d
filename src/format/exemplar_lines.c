/* SPDX-License-Identifier: MIT */
/*
 * exemplar_lines.c -- ` # {labels} value time`, behind a sample of OpenMetrics.
 *
 * Exemplars are rare and few, so they may cost something: a series that has none pays one test.
 */
#include "format/exemplar_lines.h"

#include "base/alloc.h"

#define POINTS_MAX 128 /* of all names and values of an exemplar, unescaped */

void pt_exemplar_lines_close(struct pt_exemplar_lines *exemplars)
{
    pt_free(exemplars->chosen);
}

/* Code points of a text of a block: an escape is one. */
static size_t points_of(pitot_str text)
{
    size_t points = 0;

    for (size_t i = 0; i < text.size; i++) {
        if (text.at[i] == '\\' && i + 1 < text.size)
            i++;
        points += (text.at[i] & 0xc0) != 0x80;
    }
    return points;
}

static bool is_short(pitot_str block)
{
    pitot_str name, value;
    size_t points = 0;

    for (size_t at = 0; pitot_labels_next(block, &at, &name, &value);)
        points += points_of(name) + points_of(value);
    return points <= POINTS_MAX;
}

/* The first bucket whose bound is not below the value. */
static size_t bucket_of(const struct pt_family_values *family, double value)
{
    size_t low = 0, high = family->bound_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (family->bounds[middle] >= value)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The bucket whose exemplar it may be; false when there is none. */
static bool find_bucket(
    struct pt_exemplar_lines *exemplars, const pitot_exemplar *exemplar, size_t *bucket)
{
    const struct pt_family_values *family = exemplars->lines->family;

    *bucket = 0;
    if (pt_type_is_bucketed(family->type)) {
        *bucket = bucket_of(family, exemplar->value);
        if (exemplar->value != exemplar->value)
            return false;
        if (exemplar->bucket == PITOT_EXEMPLAR_NATIVE ? family->bound_count == 0
                                                      : exemplar->bucket != *bucket)
            return false;
    }
    return is_short(pt_writer_block(exemplars->writer, exemplar->labels));
}

/* Whether `a` is to be written and not `b`. */
static bool is_better(const pitot_exemplar *a, const pitot_exemplar *b)
{
    bool native = a->bucket == PITOT_EXEMPLAR_NATIVE;

    if (native != (b->bucket == PITOT_EXEMPLAR_NATIVE))
        return !native;
    return a->time > b->time; /* PITOT_TIME_NONE is before all others */
}

static bool make_room(struct pt_exemplar_lines *exemplars, size_t count)
{
    if (count > exemplars->capacity) {
        pt_free(exemplars->chosen);
        exemplars->chosen =
            pt_alloc(count * sizeof(*exemplars->chosen), exemplars->writer->out->err);
        exemplars->capacity = exemplars->chosen ? count : 0;
    }
    if (exemplars->chosen)
        memset(exemplars->chosen, 0, count * sizeof(*exemplars->chosen));
    return exemplars->chosen != NULL;
}

void pt_exemplar_lines_choose(
    struct pt_exemplar_lines *exemplars, const struct pt_lines *lines, size_t series)
{
    const struct pt_family_values *family = lines->family;
    size_t buckets = pt_type_is_bucketed(family->type) ? family->bound_count + 1 : 1;
    size_t count, bucket;

    exemplars->lines = lines;
    exemplars->at = pt_exemplars_of(family, series, &count);
    if (!exemplars->at)
        return;
    if (!make_room(exemplars, buckets)) {
        exemplars->at = NULL;
        exemplars->writer->out->stopped = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const pitot_exemplar *exemplar = &exemplars->at[i];

        if (!find_bucket(exemplars, exemplar, &bucket)) {
            pt_writer_drop(exemplars->writer, 1);
            continue;
        }
        uint32_t *chosen = &exemplars->chosen[bucket];
        if (*chosen)
            pt_writer_drop(exemplars->writer, 1);
        if (!*chosen || is_better(exemplar, &exemplars->at[*chosen - 1]))
            *chosen = (uint32_t)i + 1;
    }
}

static void write_one(
    struct pt_writer *writer, const struct pt_lines *lines, const pitot_exemplar *exemplar)
{
    char digits[PT_NUMBER_MAX];

    PT_OUT_LITERAL(lines->out, " # {");
    pt_out_str(lines->out, pt_writer_block(writer, exemplar->labels));
    PT_OUT_LITERAL(lines->out, "} ");
    pt_lines_double(lines, exemplar->value);
    if (exemplar->time == PITOT_TIME_NONE)
        return;
    PT_OUT_LITERAL(lines->out, " ");
    pt_out_add(lines->out, digits, lines->spelling->time(digits, exemplar->time));
}

void pt_exemplar_lines_write(const struct pt_exemplar_lines *exemplars, size_t bucket)
{
    if (exemplars->at && exemplars->chosen[bucket])
        write_one(
            exemplars->writer, exemplars->lines, &exemplars->at[exemplars->chosen[bucket] - 1]);
}

void pt_exemplar_lines_write_all(
    struct pt_writer *writer, const struct pt_lines *lines, size_t series)
{
    size_t count;
    const pitot_exemplar *at = pt_exemplars_of(lines->family, series, &count);

    for (size_t i = 0; i < count; i++)
        if (at[i].time == PITOT_TIME_NONE)
            pt_writer_drop(writer, 1);
        else
            write_one(writer, lines, &at[i]);
}

void pt_exemplar_lines_drop(struct pt_writer *writer, const struct pt_lines *lines, size_t series)
{
    size_t count;

    pt_exemplars_of(lines->family, series, &count);
    pt_writer_drop(writer, count);
}
