/* SPDX-License-Identifier: MIT */
/*
 * metrics.c -- names, help texts and label values, each in one place.
 *
 * No call is checked: a failure leaves NULL, which the next call accepts, and the first message
 * stays in `err` for main() to show.
 */
#include "metrics.h"

#include <errno.h>

static const char *const steps[STEP_COUNT] = {"walk", "read", "tokenize", "write"};
static const char *const results[RESULT_COUNT] = {"indexed", "skipped", "failed"};
static const char *const skips[SKIP_COUNT] = {
    "not_regular", "empty", "binary", "too_large", "too_deep"};

/* A few names that tell somebody what to do. All of errno would be a series each. */
static const struct {
    int number;
    const char *name;
} causes[] = {
    {0, "other"}, /* first: whatever is not below */
    {EACCES, "EACCES"},
    {EIO, "EIO"},
    {ELOOP, "ELOOP"}, /* became a symbolic link */
    {EMFILE, "EMFILE"},
    {ENAMETOOLONG, "ENAMETOOLONG"},
    {ENFILE, "ENFILE"},
    {ENOENT, "ENOENT"}, /* went away after it was listed */
    {ENOMEM, "ENOMEM"},
    {EPERM, "EPERM"},
};

#define CAUSE_COUNT (sizeof(causes) / sizeof(causes[0]))
_Static_assert(CAUSE_COUNT <= CAUSES_MAX, "metrics.h has room for every cause");

static void init_counters(struct metrics *m, pitot_registry *reg, pitot_error *err)
{
    pitot_counter_vec *files = pitot_counter_vec_new(reg, err,
        &(pitot_desc){
            .name = "indexer_files_total",
            .help = "Files met in the tree, by what became of them.",
            .labels = PITOT_LABELS("result"),
        });
    pitot_counter_vec *bytes = pitot_counter_vec_new(reg, err,
        &(pitot_desc){
            .name = "indexer_bytes_total",
            .help = "Bytes read from files, by what became of the file.",
            .labels = PITOT_LABELS("result"),
        });
    pitot_counter_vec *skipped = pitot_counter_vec_new(reg, err,
        &(pitot_desc){
            .name = "indexer_skips_total",
            .help = "Files and directories left out on purpose, by reason.",
            .labels = PITOT_LABELS("reason"),
        });
    pitot_counter_vec *errors = pitot_counter_vec_new(reg, err,
        &(pitot_desc){
            .name = "indexer_errors_total",
            .help = "System calls that failed, by cause.",
            .labels = PITOT_LABELS("cause"),
        });

    for (int i = 0; i < RESULT_COUNT; i++) {
        m->files[i] = pitot_counter_with(files, results[i]);
        m->bytes[i] = pitot_counter_with(bytes, results[i]);
    }
    for (int i = 0; i < SKIP_COUNT; i++)
        m->skips[i] = pitot_counter_with(skipped, skips[i]);
    for (size_t i = 0; i < CAUSE_COUNT; i++)
        m->errors[i] = pitot_counter_with(errors, causes[i].name);
    m->words_refused = pitot_counter_new(reg, err,
        &(pitot_desc){
            .name = "indexer_words_refused_total",
            .help = "Words left out because the index has reached its memory limit.",
        });
}

static void init_gauges(struct metrics *m, pitot_registry *reg, pitot_error *err)
{
    m->in_flight = pitot_gauge_new(reg, err,
        &(pitot_desc){
            .name = "indexer_files_in_flight",
            .help = "Files that workers are on at the moment.",
        });
    m->height = pitot_gauge_new(reg, err,
        &(pitot_desc){
            .name = "indexer_index_height",
            .help = "Passes over the tree that are complete.",
        });
    m->words = pitot_gauge_new(reg, err,
        &(pitot_desc){
            .name = "indexer_index_words",
            .help = "Different words in the index.",
        });
    m->index_bytes = pitot_gauge_new(reg, err,
        &(pitot_desc){
            .name = "indexer_index_bytes",
            .help = "Memory that the index takes.",
            .unit = "bytes",
        });
    m->pass_finished = pitot_gauge_new(reg, err,
        &(pitot_desc){
            .name = "indexer_last_pass_timestamp_seconds",
            .help = "When the last complete pass ended; 0 before the first.",
            .unit = "seconds",
        });
}

void metrics_init(struct metrics *m, pitot_registry *reg, pitot_error *err)
{
    *m = (struct metrics){0};
    init_counters(m, reg, err);
    init_gauges(m, reg, err);

    pitot_histogram_vec *seconds = pitot_histogram_vec_new(reg, err,
        &(pitot_desc){
            .name = "indexer_step_duration_seconds",
            .help =
                "Time of one step: listing a directory, or reading, tokenizing and writing a file.",
            .unit = "seconds",
            .labels = PITOT_LABELS("step"),
            .bounds = PITOT_BOUNDS(1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1),
        });
    for (int i = 0; i < STEP_COUNT; i++)
        m->seconds[i] = pitot_histogram_with(seconds, steps[i]);
}

void metrics_error(const struct metrics *m, int error_number)
{
    size_t cause = CAUSE_COUNT - 1;

    while (cause > 0 && causes[cause].number != error_number)
        cause--;
    pitot_counter_inc(m->errors[cause]);
}
