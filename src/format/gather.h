/* SPDX-License-Identifier: MIT */
/*
 * gather.h -- samples to series: the lines of a histogram, a summary, and `_created`.
 *
 * For text 0.0.4 and OpenMetrics 1, where one series stands on several lines. Lines of different
 * series of a family may be mixed; a strict reader of OpenMetrics refuses that. What is gathered
 * goes to the builder at the latest when the family is closed.
 */
#ifndef PT_FORMAT_GATHER_H
#define PT_FORMAT_GATHER_H

#include "format/scan.h"

enum pt_role { PT_VALUE, PT_BUCKET, PT_QUANTILE, PT_COUNT, PT_SUM, PT_CREATED };

struct pt_sample {
    enum pt_role role;
    const char *at;   /* its value, on this line, for messages */
    pitot_str labels; /* without le and quantile */
    double bound;     /* le or quantile */
    struct pt_scan_number value;
    int64_t time; /* of PT_CREATED: what it tells */
    bool has_exemplar;
    pitot_exemplar exemplar;
};

struct pt_gather {
    struct pt_scan *scan;
    bool openmetrics;
    /* What follows is gather.c's own. */
    pitot_type type;
    pitot_str name;
    /* One value: */
    bool pending, pending_has_value;
    size_t line, column;
    pitot_series series;
    pitot_number number;
    pitot_exemplar exemplar;
    /* Several: */
    struct pt_group *groups;
    size_t group_count, groups_room, current; /* current: counted from 1 */
    struct pt_point *points;
    size_t point_count, points_room;
    pitot_exemplar *exemplars;
    size_t exemplar_count, exemplars_room;
    uint32_t *slots; /* groups by hash */
    size_t slot_room;
    /* The group that is being added: */
    struct pt_point *sorted;
    double *bounds;
    pitot_number *numbers;
    pitot_exemplar *its_exemplars;
    size_t sorted_room, bounds_room, numbers_room, its_exemplars_room;
};

struct pt_gather pt_gather_new(struct pt_scan *scan, bool openmetrics);
void pt_gather_free(struct pt_gather *gather);

/* Around the samples of a family, or of a part of it. Closing adds all that is left. */
void pt_gather_open(struct pt_gather *gather, pitot_type type, pitot_str name);
void pt_gather_add(struct pt_gather *gather, const struct pt_sample *sample);
void pt_gather_close(struct pt_gather *gather);

/* A whole series, where a format has it on one line. */
void pt_gather_series(struct pt_gather *gather, const pitot_series *series);

/* The labels of the group that the last line was of; `.at` NULL when there is none. A reader that
 * finds them again need not take them apart. */
pitot_str pt_gather_labels(const struct pt_gather *gather);

#endif
