/* SPDX-License-Identifier: MIT */
/*
 * export.h -- for who ships or reads the numbers: a registry frozen at one moment, the bytes of it,
 * and back.
 *
 * The rules at the top of pitot.h hold here too. A snapshot is immutable: any number of threads may
 * encode one at the same time, and nobody who records ever waits for them.
 */
#ifndef PITOT_EXPORT_H
#define PITOT_EXPORT_H

#include <pitot/pitot.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

/* Every family and series at one moment: of a registry, or of a page that was read. */
typedef struct pitot_snapshot pitot_snapshot;

/* Runs the collectors that run at scrape, then reads every series. A series is read once, so a
 * counter never goes back between two snapshots taken one after the other, and a histogram's
 * count always equals the sum of its buckets. */
pitot_snapshot *pitot_snapshot_take(pitot_registry *reg, pitot_error *err);

/* How a snapshot is taken. A field left out takes its default. */
typedef struct pitot_snapshot_opts {
    /* 10000. Collectors that are not done by then lose their families for this snapshot, and run
     * on; a later snapshot waits for that run only as long as this one would have. UINT32_MAX: they
     * run on the calling thread, however long it takes. */
    uint32_t collect_timeout_ms;
    uintptr_t reserved_[7]; /* zero */
} pitot_snapshot_opts;

/* The same, with options; NULL is all defaults. */
pitot_snapshot *pitot_snapshot_take_with(
    pitot_registry *reg, const pitot_snapshot_opts *opts, pitot_error *err);

/* Which part of a snapshot is wanted. A family is kept when its name is one of `names`, or there
 * are none (a counter's and an info's also without `_total` and `_info`, as OpenMetrics has it); a
 * series when for each label that `labels` name (ended by a NULL name) it has one of the values
 * given there. A label that it does not have has the value "". Neither is escaped. `le` and
 * `quantile` are no labels here. */
typedef struct pitot_filter {
    const char *const *names; /* ended by NULL; may be NULL */
    const pitot_label *labels;
    uintptr_t reserved_[6]; /* zero */
} pitot_filter;

/* That part, as a snapshot of its own; it may outlive `snap`, and keeps alive what it shares with
 * it: all text, and each family that has all its series still. A family that has none is gone. A
 * NULL filter keeps everything. NULL when memory ran out, or a label has no value. */
pitot_snapshot *pitot_snapshot_filter(
    const pitot_snapshot *snap, const pitot_filter *filter, pitot_error *err);

void pitot_snapshot_free(pitot_snapshot *snap);

/* Series in the snapshot: label sets, not lines of text. */
size_t pitot_snapshot_series_count(const pitot_snapshot *snap);

/* ---- Formats ---- */

typedef enum pitot_format {
    PITOT_FORMAT_TEXT = 0,          /* Prometheus text 0.0.4 */
    PITOT_FORMAT_OPENMETRICS = 1,   /* OpenMetrics 1.0.0 text */
    PITOT_FORMAT_PROTOBUF = 2,      /* io.prometheus.client.MetricFamily, each after its length */
    PITOT_FORMAT_JSON = 3,          /* docs/json.md; for tools, carries everything */
    PITOT_FORMAT_TEXT_1 = 4,        /* Prometheus text 1.0.0: the same, with quoted names */
    PITOT_FORMAT_OPENMETRICS_0 = 5, /* OpenMetrics 0.0.1, which 1.0.0 pages conform to */
    PITOT_FORMAT_OPENMETRICS_2 = 6  /* OpenMetrics 2.0.0-rc0, experimental */
} pitot_format;
#define PITOT_FORMAT_COUNT 7

/* What becomes of names that are not `[a-zA-Z_:][a-zA-Z0-9_:]*` ("Escaping schemes" of the
 * Prometheus documentation). Names that are stay as they are in every scheme. */
typedef enum pitot_escaping {
    PITOT_ESCAPING_UNDERSCORES = 0, /* each other character becomes `_` */
    PITOT_ESCAPING_DOTS = 1,        /* `.` becomes `_dot_`, `_` becomes `__`, others `__` */
    PITOT_ESCAPING_VALUES = 2,      /* `U__` and then each other character in hex: `U__a_2e_b` */
    PITOT_ESCAPING_NONE = 3         /* allow-utf-8: names as they are, in quotes */
} pitot_escaping;

/* Takes the next `size` bytes; false stops the encoding. */
typedef bool pitot_write_fn(void *ctx, const char *bytes, size_t size);

typedef struct pitot_encode_opts {
    pitot_escaping escaping;
    bool created;    /* OpenMetrics 1: `_created` samples, which a Prometheus stores as series */
    size_t *dropped; /* receives how many families, series and exemplars were left out because
                      * they collide after escaping or cannot be written; may be NULL */
    uintptr_t reserved_[4]; /* zero */
} pitot_encode_opts;

/* Writes the snapshot in `format`, in pieces, in a stable order (families by name, series by
 * their labels), whatever the locale. `opts` NULL is all defaults. False when `write` said so, or
 * memory ran out. */
bool pitot_encode(const pitot_snapshot *snap, pitot_format format, pitot_write_fn *write, void *ctx,
    pitot_error *err);
bool pitot_encode_with(const pitot_snapshot *snap, pitot_format format,
    const pitot_encode_opts *opts, pitot_write_fn *write, void *ctx, pitot_error *err);

/* The Content-Type of what pitot_encode() writes; NULL for a format that does not exist. */
const char *pitot_format_content_type(pitot_format format);
const char *pitot_format_content_type_with(pitot_format format, pitot_escaping escaping);

/* ---- A page in pieces ---- */

/* The page that pitot_encode_with() writes, cut into pieces of about 64 KiB or less; a series is
 * never cut. Any piece can be made at any time, by any thread, as often as one likes: who sends a
 * page need not hold it. */
typedef struct pitot_page pitot_page;

/* The snapshot must outlive the page; `opts` need not. Costs little next to the bytes: it looks at
 * the sizes of labels. With `opts->dropped` it also writes the whole page to nowhere, because only
 * that tells what cannot be written; pitot_encode_with() counts as it goes. */
pitot_page *pitot_page_new(const pitot_snapshot *snap, pitot_format format,
    const pitot_encode_opts *opts, pitot_error *err);

/* A page without a byte has no piece. */
size_t pitot_page_piece_count(const pitot_page *page);

/* Writes piece `piece`; all of them, in order, are the page. `write` is called more than once where
 * a piece turns out larger than 64 KiB. False when `write` said so, or memory ran out, or there is
 * no such piece. The first piece of a protobuf family begins with the size of all of it, and so
 * costs more than the others. */
bool pitot_page_write(
    const pitot_page *page, size_t piece, pitot_write_fn *write, void *ctx, pitot_error *err);

/* What the piece's bytes depend on: two pieces of pages of one registry, in the same format with
 * the same options, have the same bytes when they have the same id. 0 when that is not known: small
 * families share a piece, and what a collector or a page brought has no version. */
uint64_t pitot_page_piece_id(const pitot_page *page, size_t piece);

void pitot_page_free(pitot_page *page);

/* ---- Reading a page ---- */

/* Something that is wrong at one place. `line` and `column` count from 1, columns in bytes; of a
 * protobuf page `line` is the number of the message and `column` its byte. `text` is one sentence
 * that names the value and the fix; it is only valid during the call. */
typedef struct pitot_problem {
    size_t line, column;
    const char *text;
} pitot_problem;

typedef struct pitot_decode_opts {
    bool lenient;      /* what can be understood is taken, the rest is left out */
    size_t memory_max; /* bytes the snapshot may take; 0 means 64 times the page, and 1 MiB more */
    void (*problem)(void *ctx, const pitot_problem *problem); /* told of each; may be NULL */
    void *ctx;
    size_t problems_max;    /* after so many, reading ends; 0 means 100 */
    uintptr_t reserved_[4]; /* zero */
} pitot_decode_opts;

/*
 * Reads a whole page. Strict (the default) refuses what the format's specification forbids: NULL,
 * with the first problem as PITOT_EPARSE "line 3, column 14: ..." in `err`. Lenient fails only when
 * memory runs out or `memory_max` is reached (PITOT_ELIMIT). The bytes are copied. What
 * pitot_encode() wrote reads back as the same snapshot, as far as the format can carry it.
 */
pitot_snapshot *pitot_decode(pitot_format format, const char *bytes, size_t size,
    const pitot_decode_opts *opts, pitot_error *err);

/* Which format a Content-Type names, and which escaping; either may be NULL. False when it is none
 * of ours. Parameters in any order; a missing version is the oldest. */
bool pitot_format_of_content_type(
    const char *content_type, pitot_format *format, pitot_escaping *escaping);

/* ---- Looking into a snapshot ---- */

/* An integer or a double; pitot_series.is_double says which. */
typedef union pitot_number {
    uint64_t u64;
    double f64;
} pitot_number;

#define PITOT_TIME_NONE INT64_MIN        /* no time; all others are ns since 1970, UTC */
#define PITOT_EXEMPLAR_NATIVE UINT32_MAX /* not of one classic bucket */

typedef struct pitot_exemplar {
    pitot_str labels; /* a block, like a series' */
    double value;
    int64_t time;    /* PITOT_TIME_NONE: it came without */
    uint32_t bucket; /* classic histograms: its bucket; else 0 or PITOT_EXEMPLAR_NATIVE */
} pitot_exemplar;

/* `length` buckets side by side; `offset` empty ones lie between the last span and this one. The
 * first offset is the index of the first bucket. */
typedef struct pitot_span {
    int32_t offset;
    uint32_t length;
} pitot_span;

#define PITOT_SCHEMA_NONE INT32_MIN /* this series has no native buckets */
#define PITOT_SCHEMA_MIN (-4)
#define PITOT_SCHEMA_MAX 8

/*
 * The native (exponential) buckets of one series. Bucket i of schema n takes (b^(i-1), b^i] with
 * b = 2^(2^-n), mirrored for the negative ones; the zero bucket takes [-threshold, threshold].
 * Counts are absolute, in the order of the spans, and integers or doubles like the series. They add
 * up to the series' count, except that NaN observations are in no bucket.
 */
typedef struct pitot_native {
    int32_t schema;
    double zero_threshold;
    pitot_number zero_count;
    const pitot_span *positive_spans, *negative_spans;
    size_t positive_span_count, negative_span_count;
    const pitot_number *positive, *negative;
    size_t positive_count, negative_count; /* buckets: the sum of the spans' lengths */
} pitot_native;

/* What a family is. Strings live as long as the snapshot. */
typedef struct pitot_family {
    pitot_type type;
    pitot_str name; /* as in the text format: a counter's ends in `_total`, an info's in `_info` */
    pitot_str help, unit; /* `.at` is NULL where a page said nothing */
    size_t series_count;
} pitot_family;

/*
 * One series. `numbers` are, by the family's type:
 *   histogram, gauge histogram   bound_count + 1 counts, not cumulative, +Inf last; then the sum
 *   summary                      bound_count values (doubles) of the quantiles in `bounds`; the
 *                                count; the sum
 *   all others                   one value (a stateset has a series per state)
 * Sums and quantile values are always doubles; the rest are integers unless `is_double`. A sum that
 * a page left out is NaN. A native histogram without classic buckets has bound_count 0.
 */
typedef struct pitot_series {
    pitot_str labels; /* `method="GET",status="2xx"`: escaped, without braces; may be empty */
    bool is_double;
    const pitot_number *numbers;
    const double *bounds; /* upper and inclusive, without +Inf; of a summary: its quantiles */
    size_t bound_count;
    int64_t start;                   /* when it began to count, or PITOT_TIME_NONE */
    int64_t time;                    /* of the sample itself; PITOT_TIME_NONE means "now" */
    const pitot_exemplar *exemplars; /* by their buckets; those of none last */
    size_t exemplar_count;
    const pitot_native *native; /* NULL when there are no native buckets */
} pitot_series;

/* Families are in the order of their names. False when there is no such one. */
size_t pitot_snapshot_family_count(const pitot_snapshot *snap);
bool pitot_snapshot_family(const pitot_snapshot *snap, size_t family, pitot_family *out);
bool pitot_snapshot_series(
    const pitot_snapshot *snap, size_t family, size_t series, pitot_series *out);

/* One label of a block: `at` starts at 0 and moves past it. Both are as they stand there, escaped,
 * without their quotes. False at the end. */
bool pitot_labels_next(pitot_str block, size_t *at, pitot_str *name, pitot_str *value);

/* Undoes `\\`, `\"` and `\n`. `out` has room for text.size bytes; returns how many it used. */
size_t pitot_labels_unescape(char *out, pitot_str text);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
