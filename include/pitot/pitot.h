/* SPDX-License-Identifier: MIT */
/*
 * pitot.h -- measure a running program without disturbing it.
 *
 * Five rules hold for every function below, so the comments do not repeat them.
 *
 *  1. Nothing here aborts, exits, prints or raises a signal. The host program always comes first.
 *  2. Set-up calls have one shape: (registry, err, &(what){...}). Only the first failure is written
 *     to `err`, so a whole block of set-up needs one check at its end. `err` may be NULL.
 *  3. A set-up call that fails returns NULL (or false), and every function accepts NULL as its
 *     object and does nothing. Metrics that are off, or that failed to start, cost one branch.
 *     A NULL registry means "metrics are off": what is made from it is NULL, and that is no error.
 *  4. Every function may be called from any thread. Recording on a handle (inc, dec, add, set,
 *     observe) takes no lock, allocates nothing, makes no system call, keeps errno, and is safe in
 *     a signal handler. What it must refuse it counts in `pitot_dropped_total{reason}`.
 *  5. Arguments are copied. What is made from a registry belongs to it and lives as long as it, so
 *     no handle ever dangles; the handle of a removed series becomes harmless.
 *
 * After fork(), also in a program with threads, everything here works in the child, each process
 * with its own numbers; threads and servers stay with the parent, so start servers after daemon().
 * A process that was made without fork()'s handlers (a raw clone(), _Fork()) can only record; all
 * else fails with PITOT_ESYSTEM, returns 0 or does nothing. An allocator must not fork.
 *
 * In a plugin that may be unloaded, compile with -fPIC or define PITOT_OUT_OF_LINE (inline.h).
 */
#ifndef PITOT_PITOT_H
#define PITOT_PITOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PITOT_VERSION_MAJOR 0
#define PITOT_VERSION_MINOR 1
#define PITOT_VERSION_PATCH 0
#define PITOT_VERSION "0.1.0"

#pragma GCC visibility push(default)

/* The version of the library that is loaded, which may be newer than PITOT_VERSION. */
const char *pitot_version(void);

/* ---- Errors ---- */

typedef enum pitot_code {
    PITOT_OK = 0,
    PITOT_EINVAL,    /* an argument breaks a rule of the data model; the message says which */
    PITOT_ENOMEM,    /* the allocator returned NULL */
    PITOT_EEXIST,    /* the name is taken by something that differs; the message shows both */
    PITOT_ENOTFOUND, /* no metric, collector or format of that name */
    PITOT_ELIMIT,    /* a named limit is reached */
    PITOT_ESYSTEM,   /* a system call failed; the message ends with its reason */
    PITOT_EPARSE     /* bytes that are not what they claim to be */
} pitot_code;

/* Start with `pitot_error err = {0};`. The message is one line in English, for a log: it names the
 * metric, the value and the fix. Once `code` is set, later failures leave the error alone. */
typedef struct pitot_error {
    pitot_code code;
    char message[252];
} pitot_error;

/* ---- Memory ---- */

/* Where the library gets its memory. `reallocate(ctx, NULL, n)` allocates; all three may be called
 * from any thread and must return blocks aligned for any type. */
typedef struct pitot_allocator {
    void *(*allocate)(void *ctx, size_t size);
    void *(*reallocate)(void *ctx, void *block, size_t size);
    void (*release)(void *ctx, void *block);
    void *ctx;
} pitot_allocator;

/* Replaces malloc for all of the library. Call it before anything else here: memory that was
 * taken from one allocator is released to the one in force. NULL restores malloc. */
void pitot_allocator_set(const pitot_allocator *allocator);
pitot_allocator pitot_allocator_get(void);

/* ---- Registries ---- */

typedef struct pitot_registry pitot_registry;

/* An empty registry: it holds the library's own `pitot_*` metrics and nothing else. */
pitot_registry *pitot_registry_new(pitot_error *err);

/* The registry of this process, made on first use, with the process collector and
 * `pitot_build_info` already in it. It is never freed. NULL only when memory ran out. */
pitot_registry *pitot_registry_default(void);

/* How many bytes all series may take, with their texts and numbers; 0, the default: any number.
 * Past it, new label sets share the `__overflow__` child of their vec, as past `series_max`. What
 * is there stays. `pitot_series_memory_bytes` tells how much it is. Any time, any thread. */
void pitot_registry_limit_memory(pitot_registry *reg, size_t bytes);

/* Stops the collectors, waiting for those that are running, and frees the registry with all that
 * was made from it: handles are invalid from here on. Stop a server that serves it first. Snapshots
 * outlive it. */
void pitot_registry_free(pitot_registry *reg);

/* ---- Describing a metric ---- */

typedef enum pitot_type {
    PITOT_UNKNOWN = 0,
    PITOT_COUNTER,
    PITOT_GAUGE,
    PITOT_HISTOGRAM,
    PITOT_SUMMARY,
    PITOT_INFO,
    PITOT_STATESET,
    PITOT_GAUGE_HISTOGRAM
} pitot_type;

typedef struct pitot_label {
    const char *name;
    const char *value;
} pitot_label;

/* A string that need not end in NUL. */
typedef struct pitot_str {
    const char *at;
    size_t size;
} pitot_str;

#define PITOT_SERIES_MAX_DEFAULT 1000 /* children of a vec whose description has no series_max */
#define PITOT_LABELS_MAX 64           /* label names of one metric, constant ones included */
#define PITOT_BOUNDS_MAX 4096         /* classic buckets of one histogram */
#define PITOT_STATES_MAX 64           /* states of one stateset */
#define PITOT_LABEL_VALUE_MAX 1024    /* bytes of a label value; longer ones are cut, and counted */

/*
 * What a metric is. A field left out takes its default; one that does not fit the kind is
 * PITOT_EINVAL. Names, help and label values are any UTF-8, names of 1 to 256 bytes, label names
 * without a leading `__` (the Prometheus data model). Best are names that every scraper knows,
 * `[a-zA-Z_:][a-zA-Z0-9_:]*` and for labels `[a-zA-Z_][a-zA-Z0-9_]*`: others are escaped for one
 * that does not ask for UTF-8, and are refused where two of them could become the same.
 */
typedef struct pitot_desc {
    const char *name;                /* "http_requests_total"; required */
    const char *help;                /* one sentence for the person on call; required */
    const char *unit;                /* "seconds", "bytes"; the name must then end in it */
    const char *const *labels;       /* PITOT_LABELS("method", "status"); _vec kinds only */
    const pitot_label *const_labels; /* on every series; ends with {NULL, NULL} */
    const double *bounds; /* PITOT_BOUNDS(0.1, 1, 10); histograms: upper and inclusive; summaries:
                           * quantiles, as PITOT_BOUNDS(0.5, 0.99) */
    uint32_t series_max;  /* most children of a vec; 0 means PITOT_SERIES_MAX_DEFAULT */
    bool exemplars;       /* counters, histograms: has room for them; see below */
    const char *const *states; /* PITOT_LABELS("starting", "up"); statesets */

    /* Histograms: native (exponential) buckets; see pitot_histogram_new(). */
    double native_factor;         /* most that a bucket grows by, as 1.1; 0: no native buckets */
    double native_zero_threshold; /* default 2^-128; or PITOT_NATIVE_ZERO_ONLY */
    double native_max_zero_threshold; /* how far the zero bucket may widen; 0: not at all */
    uint32_t native_buckets_max;      /* populated ones; 0 means 160 */
    uint32_t native_min_reset_s;      /* seconds before it may reset itself; 0: never */

    /* Summaries with quantiles: what these are of. */
    uint32_t window_s;     /* the last so many seconds; 0 means 600 */
    uint32_t window_parts; /* it moves on in so many steps; 0 means 5 */

    /* A child that nothing was recorded on for so many seconds is removed when a scrape, or a lack
     * of room, looks; 0: never. Look such children up for each recording: a handle that is kept may
     * be to one that went. */
    uint32_t idle_s;

    uintptr_t reserved_[2]; /* zero */
} pitot_desc;

#define PITOT_NATIVE_ZERO_ONLY (-1.0) /* the zero bucket takes nothing but 0 */
#define PITOT_WINDOW_PARTS_MAX 100

#ifdef __cplusplus
} /* the two list macros are C++ here, and take constants only */
#define PITOT_LABELS(...)                                                                          \
    ([]() -> const char *const * {                                                                 \
        static const char *const list_[] = {__VA_ARGS__, nullptr};                                 \
        return list_;                                                                              \
    }())
#define PITOT_BOUNDS(...)                                                                          \
    ([]() -> const double * {                                                                      \
        static const double list_[] = {__VA_ARGS__, __builtin_inf()};                              \
        return list_;                                                                              \
    }())
extern "C" {
#else
/* Label names, ended by NULL; upper bounds in increasing order, ended by +Inf. */
#define PITOT_LABELS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define PITOT_BOUNDS(...) ((const double[]){__VA_ARGS__, __builtin_inf()})
#endif

/*
 * Fill `bounds`, an array of `count` numbers, for `.bounds`. The last one is always +Inf, so
 * `count` counts the +Inf bucket (as the client library specification asks; client_golang does
 * not). They return `bounds`, or NULL with the reason in `err`.
 */
const double *pitot_bounds_linear(
    double *bounds, size_t count, pitot_error *err, double start, double width);
const double *pitot_bounds_exponential(
    double *bounds, size_t count, pitot_error *err, double start, double factor);
/* From `min` to `max` inclusive in equal ratios: bounds[0] is min, bounds[count - 2] is max. */
const double *pitot_bounds_exponential_range(
    double *bounds, size_t count, pitot_error *err, double min, double max);

/*
 * Get or register. The same description twice, in one program or in two libraries, yields the same
 * metric; a description that differs in kind, help, unit, labels, bounds, states or limit is
 * PITOT_EEXIST. So is a name that clashes with another through a suffix (`x` and `x_total`,
 * `x_count` and a histogram `x`).
 *
 * A metric without labels exists from here on and is exported as 0; a vec has no series until
 * its first child.
 */
typedef struct pitot_counter pitot_counter;
typedef struct pitot_counter_vec pitot_counter_vec;
typedef struct pitot_gauge pitot_gauge;
typedef struct pitot_gauge_vec pitot_gauge_vec;
typedef struct pitot_histogram pitot_histogram;
typedef struct pitot_histogram_vec pitot_histogram_vec;
typedef struct pitot_info pitot_info;
typedef struct pitot_info_vec pitot_info_vec;
typedef struct pitot_stateset pitot_stateset;
typedef struct pitot_stateset_vec pitot_stateset_vec;
typedef struct pitot_summary pitot_summary;
typedef struct pitot_summary_vec pitot_summary_vec;

/* ---- Counters: how often, how much in total ---- */

pitot_counter *pitot_counter_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc);
pitot_counter_vec *pitot_counter_vec_new(
    pitot_registry *reg, pitot_error *err, const pitot_desc *desc);

void pitot_counter_inc(pitot_counter *c);

/* `n` must be finite and >= 0. Whole numbers stay exact up to 2^64, then wrap to 0, which a
 * Prometheus reads as a restart; fractions are kept apart as a double and added at scrape. */
void pitot_counter_add(pitot_counter *c, double n);

/* The same for an integer that a double could not hold: exact for every `n`. */
void pitot_counter_add_u64(pitot_counter *c, uint64_t n);

/* Back to 0. What is recorded meanwhile counts either before or after, and is never lost from both
 * or counted twice. Not for a signal handler: it takes a lock. */
void pitot_counter_reset(pitot_counter *c);

/* The value at some moment during the call; exact when nobody records. 0 for NULL. */
double pitot_counter_value(const pitot_counter *c);

/* ---- Gauges: how much at the moment ---- */

pitot_gauge *pitot_gauge_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc);
pitot_gauge_vec *pitot_gauge_vec_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc);

void pitot_gauge_set(pitot_gauge *g, double value);
void pitot_gauge_add(pitot_gauge *g, double delta);
void pitot_gauge_inc(pitot_gauge *g);
void pitot_gauge_dec(pitot_gauge *g);

/* The wall clock, in seconds since 1970, for "when did it last succeed". */
void pitot_gauge_set_to_current_time(pitot_gauge *g);

double pitot_gauge_value(const pitot_gauge *g);

/* ---- Histograms: how long, how big, how spread ---- */

/*
 * Without `.bounds` the buckets are the usual ones for seconds: .005 .01 .025 .05 .1 .25 .5 1 2.5
 * 5 10. Bounds are upper and inclusive, strictly increasing, and not NaN; +Inf is always there.
 *
 * With `.native_factor` it has native buckets, which need no choosing: they cover all numbers, and
 * each is at most that factor times wider than the one before. It then has classic buckets only if
 * `.bounds` says so; the two always agree. A Prometheus stores native buckets when it scrapes the
 * protobuf format. When more than `.native_buckets_max` of them are populated, the next scrape
 * resets the histogram (all of it) if its last reset is `.native_min_reset_s` ago, else widens the
 * zero bucket, else halves the resolution; a later scrape resets it for that.
 */
pitot_histogram *pitot_histogram_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc);
pitot_histogram_vec *pitot_histogram_vec_new(
    pitot_registry *reg, pitot_error *err, const pitot_desc *desc);

/* NaN has no bucket and would spoil the sum for ever: it is refused, and counted. A histogram with
 * native buckets takes it, as their specification asks: in the count, the sum and the +Inf bucket,
 * but in no native one. */
void pitot_histogram_observe(pitot_histogram *h, double value);

/* Like pitot_counter_reset(): all buckets, the sum and the count. */
void pitot_histogram_reset(pitot_histogram *h);

/* Count and sum of everything observed so far. */
uint64_t pitot_histogram_count(const pitot_histogram *h);
double pitot_histogram_sum(const pitot_histogram *h);

/* ---- Infos: what it is ---- */

/*
 * Text that does not change while it is there, as labels of a series that is always 1. The name
 * ends in `_info`. `.const_labels` are the information of an info without labels; a child of a vec
 * is there from its first look-up until it is removed.
 */
pitot_info *pitot_info_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc);
pitot_info_vec *pitot_info_vec_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc);

/* ---- Statesets: which of a few states ---- */

/* Every one of `.states` is a series that is 1 or 0, with the state in a label that is called like
 * the metric. At first none is 1. */
pitot_stateset *pitot_stateset_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc);
pitot_stateset_vec *pitot_stateset_vec_new(
    pitot_registry *reg, pitot_error *err, const pitot_desc *desc);

/* One state on or off, whatever the others are; a state that is not of `.states` is refused, and
 * counted. */
void pitot_stateset_set(pitot_stateset *s, const char *state, bool on);

/* This state and no other. No scrape ever sees two of them, or none. */
void pitot_stateset_enum(pitot_stateset *s, const char *state);

/* False for NULL, and for a state that is not of `.states`. */
bool pitot_stateset_is(const pitot_stateset *s, const char *state);

/* ---- Exemplars: which request was it ---- */

#define PITOT_EXEMPLAR_CHARACTERS 128 /* of names and values of an exemplar's labels together */
#define PITOT_EXEMPLAR_BYTES 160      /* of the same on a page, escaped: `a="1",b="2"` */

/*
 * The same recordings, with the labels of one trace that stands for what was counted:
 *
 *     pitot_histogram_observe_exemplar(h, seconds, PITOT_EXEMPLAR("trace_id", id));
 *
 * A metric whose description says `.exemplars = true` keeps the newest per counter and per bucket,
 * with its value and the time (to some 4 ms), in 192 bytes each. Without it, and with
 * labels NULL, only the observation counts. `labels` ends with {NULL, NULL} and is copied.
 * Labels past the two limits above, a value that is not UTF-8, and names that are twice there, not
 * `[a-zA-Z_][a-zA-Z0-9_]*`, or reserved (`le`, `quantile`, a leading `__`) are no exemplar: the
 * observation counts, and so does `pitot_dropped_total{reason="exemplar"}`. Two at the same moment
 * in one bucket may lose one of them, never an observation.
 */
void pitot_counter_inc_exemplar(pitot_counter *c, const pitot_label *labels);
void pitot_counter_add_exemplar(pitot_counter *c, double n, const pitot_label *labels);
void pitot_histogram_observe_exemplar(pitot_histogram *h, double value, const pitot_label *labels);

/* Up to four names and values in turn. In C++ the list lives to the end of the expression. */
#ifndef __cplusplus
#define PITOT_EXEMPLAR(...)                                                                        \
    PITOT_9TH_(__VA_ARGS__, PITOT_E4_, , PITOT_E3_, , PITOT_E2_, , PITOT_E1_, )(__VA_ARGS__)
#define PITOT_9TH_(n1, v1, n2, v2, n3, v3, n4, v4, pick, ...) pick
#define PITOT_E1_(n1, v1) ((const pitot_label[]){{n1, v1}, {NULL, NULL}})
#define PITOT_E2_(n1, v1, n2, v2) ((const pitot_label[]){{n1, v1}, {n2, v2}, {NULL, NULL}})
#define PITOT_E3_(n1, v1, n2, v2, n3, v3)                                                          \
    ((const pitot_label[]){{n1, v1}, {n2, v2}, {n3, v3}, {NULL, NULL}})
#define PITOT_E4_(n1, v1, n2, v2, n3, v3, n4, v4)                                                  \
    ((const pitot_label[]){{n1, v1}, {n2, v2}, {n3, v3}, {n4, v4}, {NULL, NULL}})
#endif

/* ---- Summaries: how much, how often, and quantiles where nobody can add histograms up ---- */

/*
 * Without `.bounds` it is a count and a sum. With quantiles, `.bounds = PITOT_BOUNDS(0.5, 0.99)`,
 * it also shows those of the last `.window_s` seconds (NaN when nothing was observed in them). They
 * are read from exponential buckets, so they are off by 0.55 % of their value at most, however many
 * observations there are (one nearer to 0 than 3e-39 counts as 0), and what they are read from
 * could be added up over processes. The window moves on when it is scraped: it covers `.window_s`
 * less up to one part, and everything since the last scrape if that is longer ago.
 */
pitot_summary *pitot_summary_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc);
pitot_summary_vec *pitot_summary_vec_new(
    pitot_registry *reg, pitot_error *err, const pitot_desc *desc);

/* NaN is refused, and counted. */
void pitot_summary_observe(pitot_summary *s, double value);

/* Like pitot_counter_reset(): the quantiles, too. */
void pitot_summary_reset(pitot_summary *s);

/* Count and sum of everything observed so far. */
uint64_t pitot_summary_count(const pitot_summary *s);
double pitot_summary_sum(const pitot_summary *s);

/* ---- Time: always in seconds when it becomes a value ---- */

/* A moment in nanoseconds, of which only differences mean something: the processor's time stamp
 * counter where the kernel trusts it, else the monotonic clock. */
uint64_t pitot_now(void);

/* Seconds from `start` to now; never negative. */
double pitot_seconds_since(uint64_t start);

/* Observes, or sets the gauge to, the seconds since `start`. */
void pitot_histogram_observe_since(pitot_histogram *h, uint64_t start);
void pitot_summary_observe_since(pitot_summary *s, uint64_t start);
void pitot_gauge_set_since(pitot_gauge *g, uint64_t start);

/* ---- Children: one series of a vec ---- */

/*
 * The child with these label values, in the order of `desc.labels`, made on first use:
 *
 *     pitot_counter_inc(pitot_counter_with(requests, "GET", "2xx"));
 *
 * Finding an existing child takes no lock and allocates nothing; making one does both. In C a call
 * whose values are all string literals remembers its child, so that it costs little more than
 * keeping it would. Where values come from a small known set, look the children up once. Past
 * `series_max`, every new combination shares one child whose label values are all `__overflow__`,
 * and each such call is counted. A wrong number of values, or a NULL one, is refused and counted:
 * the result is NULL. Bytes that are not UTF-8 become U+FFFD, and are counted in
 * `pitot_invalid_utf8_total`.
 */
#ifndef __cplusplus
#define pitot_counter_with(vec, ...) PITOT_WITH_(counter, vec, __VA_ARGS__)
#define pitot_gauge_with(vec, ...) PITOT_WITH_(gauge, vec, __VA_ARGS__)
#define pitot_histogram_with(vec, ...) PITOT_WITH_(histogram, vec, __VA_ARGS__)
#define pitot_info_with(vec, ...) PITOT_WITH_(info, vec, __VA_ARGS__)
#define pitot_stateset_with(vec, ...) PITOT_WITH_(stateset, vec, __VA_ARGS__)
#define pitot_summary_with(vec, ...) PITOT_WITH_(summary, vec, __VA_ARGS__)
#endif

/* The same from an array of C strings, and from strings that need not end in NUL. */
pitot_counter *pitot_counter_child(pitot_counter_vec *vec, const char *const *values, size_t count);
pitot_gauge *pitot_gauge_child(pitot_gauge_vec *vec, const char *const *values, size_t count);
pitot_histogram *pitot_histogram_child(
    pitot_histogram_vec *vec, const char *const *values, size_t count);
pitot_info *pitot_info_child(pitot_info_vec *vec, const char *const *values, size_t count);
pitot_stateset *pitot_stateset_child(
    pitot_stateset_vec *vec, const char *const *values, size_t count);
pitot_summary *pitot_summary_child(pitot_summary_vec *vec, const char *const *values, size_t count);
pitot_counter *pitot_counter_child_str(
    pitot_counter_vec *vec, const pitot_str *values, size_t count);
pitot_gauge *pitot_gauge_child_str(pitot_gauge_vec *vec, const pitot_str *values, size_t count);
pitot_histogram *pitot_histogram_child_str(
    pitot_histogram_vec *vec, const pitot_str *values, size_t count);
pitot_info *pitot_info_child_str(pitot_info_vec *vec, const pitot_str *values, size_t count);
pitot_stateset *pitot_stateset_child_str(
    pitot_stateset_vec *vec, const pitot_str *values, size_t count);
pitot_summary *pitot_summary_child_str(
    pitot_summary_vec *vec, const pitot_str *values, size_t count);

/*
 * Series that are gone from the next scrape on: one by all of its values; all whose labels have
 * these values (`match` ends with {NULL, NULL}; an empty match fits every series); all. They return
 * how many series went. A handle that is still held does nothing from here on; looking the same
 * values up again makes a new series that starts at 0.
 * Their memory is reused as far as no handle could notice: whole batches of some hundred series,
 * once all of them have gone. With exemplars, native buckets or quantiles, and where there are no
 * restartable sequences, it stays until the registry goes.
 */
size_t pitot_counter_remove(pitot_counter_vec *vec, const char *const *values, size_t count);
size_t pitot_gauge_remove(pitot_gauge_vec *vec, const char *const *values, size_t count);
size_t pitot_histogram_remove(pitot_histogram_vec *vec, const char *const *values, size_t count);
size_t pitot_info_remove(pitot_info_vec *vec, const char *const *values, size_t count);
size_t pitot_stateset_remove(pitot_stateset_vec *vec, const char *const *values, size_t count);
size_t pitot_summary_remove(pitot_summary_vec *vec, const char *const *values, size_t count);
size_t pitot_counter_remove_matching(pitot_counter_vec *vec, const pitot_label *match);
size_t pitot_gauge_remove_matching(pitot_gauge_vec *vec, const pitot_label *match);
size_t pitot_histogram_remove_matching(pitot_histogram_vec *vec, const pitot_label *match);
size_t pitot_info_remove_matching(pitot_info_vec *vec, const pitot_label *match);
size_t pitot_stateset_remove_matching(pitot_stateset_vec *vec, const pitot_label *match);
size_t pitot_summary_remove_matching(pitot_summary_vec *vec, const pitot_label *match);
size_t pitot_counter_clear(pitot_counter_vec *vec);
size_t pitot_gauge_clear(pitot_gauge_vec *vec);
size_t pitot_histogram_clear(pitot_histogram_vec *vec);
size_t pitot_info_clear(pitot_info_vec *vec);
size_t pitot_stateset_clear(pitot_stateset_vec *vec);
size_t pitot_summary_clear(pitot_summary_vec *vec);

/* Takes a metric off the page, with all of its series. Its name is free again and its handles do
 * nothing from here on. A function metric's `read` does not run any more when this returns (unless
 * it is called from inside it). False with PITOT_ENOTFOUND when there is no metric of that name. */
bool pitot_unregister(pitot_registry *reg, pitot_error *err, const char *name);

/* ---- Values and families that live elsewhere ---- */

/* A metric whose value is read by a call at every scrape. `read` runs on the thread that
 * scrapes, perhaps on two at once, with no lock of the library held: it may use the registry.
 * A counter that answers with something negative or not finite is left out of that scrape. */
typedef struct pitot_function {
    pitot_type type; /* PITOT_COUNTER, PITOT_GAUGE, or PITOT_UNKNOWN */
    pitot_desc desc; /* .labels and .bounds stay empty */
    double (*read)(void *ctx);
    void *ctx;
    uintptr_t reserved_[4];
} pitot_function;

bool pitot_function_add(pitot_registry *reg, pitot_error *err, const pitot_function *function);

/*
 * A collector gives families and samples to a sink, which validates like the registry does. With
 * `.period_ms` 0 it runs at every scrape; above 0 it runs on one background thread of the registry,
 * first at once and then at that period, and scrapes show its last result.
 *
 * At a scrape, too, it runs on a thread of the registry (which takes no signals): so a page can
 * come without a collector that hangs, and never runs it a second time meanwhile. That is counted
 * in `pitot_collector_timeouts_total{collector}`; what such a run brings in the end is thrown away,
 * because nobody could tell how old it is. Only when no thread can be made does it run on the one
 * that scrapes. A collector that fails, or emits something invalid, loses its own families for
 * that scrape and is counted in `pitot_collector_failures_total{collector}`. The rest of the page
 * is unharmed in both cases.
 */
typedef struct pitot_sink pitot_sink;

/* Numbers of one run: a histogram has one per bucket and two more. Names, help and labels may take
 * 256 bytes for each of them, and 1 MiB more. */
#define PITOT_SAMPLES_MAX_DEFAULT 100000

typedef struct pitot_collector {
    const char *name; /* a label value: unique in the registry */
    void (*collect)(pitot_sink *sink, void *ctx);
    void *ctx;
    uint32_t period_ms;
    uint32_t samples_max; /* 0 means PITOT_SAMPLES_MAX_DEFAULT; a run that brings more has failed */
    void (*release)(void *ctx); /* called once, when the collector can run no more; may be NULL */
    uintptr_t reserved_[4];
} pitot_collector;

bool pitot_collector_add(pitot_registry *reg, pitot_error *err, const pitot_collector *collector);

/* When it returns, the collector is not running and will not run again (unless it is called from
 * inside that collector), so its context may go. A run that hangs is waited for. */
bool pitot_collector_remove(pitot_registry *reg, pitot_error *err, const char *name);

/* Opens a family; the samples that follow belong to it. Its description is that of a metric. */
void pitot_sink_family(pitot_sink *sink, pitot_type type, const pitot_desc *desc);

/* Since when the counter, histogram or summary that follows adds up, in ns since 1970 (UTC): for
 * all samples up to the next such call or family. Without it a collector's samples do not say. */
void pitot_sink_started(pitot_sink *sink, int64_t ns);

/* One series of the open family: `values` are those of desc.labels, in that order. An info's value
 * is 1. */
void pitot_sink_value(pitot_sink *sink, double value, const char *const *values, size_t count);
void pitot_sink_value_u64(
    pitot_sink *sink, uint64_t value, const char *const *values, size_t count);
/* `buckets` has one count (not cumulative) for each of desc.bounds and a last one for +Inf. */
void pitot_sink_histogram(pitot_sink *sink, const uint64_t *buckets, size_t bucket_count,
    double sum, const char *const *values, size_t count);

/* `.bounds` of a summary are its quantiles, from 0 to 1, and `quantiles` the value of each. Without
 * any, it has a count of observations and their sum only. */
void pitot_sink_summary(pitot_sink *sink, const double *quantiles, size_t quantile_count,
    uint64_t observations, double sum, const char *const *values, size_t count);

/* All states of one stateset: bit i of `states` is desc.states[i]. */
void pitot_sink_stateset(
    pitot_sink *sink, uint64_t states, const char *const *values, size_t count);

/* Gives up: this collector's families of this scrape are dropped, and the failure is counted. */
void pitot_sink_fail(pitot_sink *sink, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* `pitot_sink_sample(sink, 0.5, "sda")`; without labels, `pitot_sink_sample(sink, 0.5)`. */
#ifndef __cplusplus
#define pitot_sink_sample(sink, ...)                                                               \
    pitot_sink_value((sink), PITOT_FIRST_(__VA_ARGS__, 0), PITOT_REST_(__VA_ARGS__, NULL))
#define PITOT_FIRST_(first, ...) (first)
#define PITOT_REST_(first, ...) PITOT_VALUES_(__VA_ARGS__), PITOT_COUNT_(__VA_ARGS__) - 1
#define PITOT_VALUES_(...) ((const char *const[]){__VA_ARGS__})
#define PITOT_COUNT_(...) (sizeof(PITOT_VALUES_(__VA_ARGS__)) / sizeof(const char *))
#endif

/* ---- Ready-made collectors ---- */

/* The `process_*` metrics of this process under their standard names, read at scrape. What cannot
 * be read is left out, and counted in `pitot_process_unreadable_total{source}`. */
typedef struct pitot_process_opts {
    const char *proc_root; /* default "/proc" */
    const char *pid;       /* default "self"; the directory under proc_root */
    uintptr_t reserved_[4];
} pitot_process_opts;

bool pitot_process_collector_add(
    pitot_registry *reg, pitot_error *err, const pitot_process_opts *opts);

/* `pitot_build_info{version,compiler,...} 1`. */
bool pitot_build_info_add(pitot_registry *reg, pitot_error *err);

#pragma GCC visibility pop

#ifdef __cplusplus
} /* extern "C" */

/* In C++ the `_with` calls are templates, and take what converts to `const char *`. */
template <typename... Values>
inline pitot_counter *pitot_counter_with(pitot_counter_vec *vec, Values... values)
{
    const char *const list[] = {values...};
    return pitot_counter_child(vec, list, sizeof...(values));
}
template <typename... Values>
inline pitot_gauge *pitot_gauge_with(pitot_gauge_vec *vec, Values... values)
{
    const char *const list[] = {values...};
    return pitot_gauge_child(vec, list, sizeof...(values));
}
template <typename... Values>
inline pitot_histogram *pitot_histogram_with(pitot_histogram_vec *vec, Values... values)
{
    const char *const list[] = {values...};
    return pitot_histogram_child(vec, list, sizeof...(values));
}
template <size_t size> struct pitot_exemplar_list_ {
    pitot_label labels[size / 2 + 1];
    operator const pitot_label *() const
    {
        return labels;
    }
};
template <typename... Texts>
inline pitot_exemplar_list_<sizeof...(Texts)> pitot_exemplar_list_of_(Texts... texts)
{
    static_assert(sizeof...(Texts) % 2 == 0, "names and values in turn");
    const char *const list[] = {texts...};
    pitot_exemplar_list_<sizeof...(Texts)> of = {};
    for (size_t i = 0; i < sizeof...(Texts); i += 2)
        of.labels[i / 2] = {list[i], list[i + 1]};
    return of;
}
#define PITOT_EXEMPLAR(...) pitot_exemplar_list_of_(__VA_ARGS__)
template <typename... Values>
inline pitot_info *pitot_info_with(pitot_info_vec *vec, Values... values)
{
    const char *const list[] = {values...};
    return pitot_info_child(vec, list, sizeof...(values));
}
template <typename... Values>
inline pitot_stateset *pitot_stateset_with(pitot_stateset_vec *vec, Values... values)
{
    const char *const list[] = {values...};
    return pitot_stateset_child(vec, list, sizeof...(values));
}
template <typename... Values>
inline pitot_summary *pitot_summary_with(pitot_summary_vec *vec, Values... values)
{
    const char *const list[] = {values...};
    return pitot_summary_child(vec, list, sizeof...(values));
}
template <typename... Values>
inline void pitot_sink_sample(pitot_sink *sink, double value, Values... values)
{
    const char *const list[] = {values..., nullptr};
    pitot_sink_value(sink, value, list, sizeof...(values));
}
#endif

#include <pitot/inline.h>

/* ---- Timing a block ---- */

typedef struct pitot_scope_ {
    pitot_histogram *histogram;
    uint64_t start;
} pitot_scope_;

static inline void pitot_scope_end_(pitot_scope_ *scope)
{
    pitot_histogram_observe_since(scope->histogram, scope->start);
}

/* Times from here to the end of the enclosing block, whichever way the block is left. */
#define PITOT_TIME_SCOPE(h)                                                                        \
    __attribute__((cleanup(pitot_scope_end_), unused)) pitot_scope_ PITOT_NAME_(                   \
        pitot_scope_, __LINE__) = {(h), pitot_now()}

/* Counts the enclosing block as one more in flight: +1 here, -1 whichever way it is left. */
static inline void pitot_in_flight_end_(pitot_gauge **g)
{
    pitot_gauge_dec(*g);
}

static inline pitot_gauge *pitot_in_flight_begin_(pitot_gauge *g)
{
    pitot_gauge_inc(g);
    return g;
}

#define PITOT_IN_FLIGHT(g)                                                                         \
    __attribute__((cleanup(pitot_in_flight_end_), unused)) pitot_gauge *PITOT_NAME_(               \
        pitot_in_flight_, __LINE__) = pitot_in_flight_begin_(g)

#define PITOT_NAME_(prefix, line) PITOT_NAME2_(prefix, line)
#define PITOT_NAME2_(prefix, line) prefix##line

#endif
