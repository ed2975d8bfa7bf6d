/* SPDX-License-Identifier: MIT */
/*
 * rung.h -- how this machine lets us add: the ladder of fallbacks.
 *
 *     rseq      one row per CPU, plain adds in restartable sequences
 *     striped   a few rows shared by threads, atomic adds: under valgrind or the thread sanitizer,
 *               on an old kernel, with GLIBC_TUNABLES=glibc.pthread.rseq=0
 *     single    no rows: one atomic cell per number; also where rows are not to be had
 *
 * Decided once per process, and the same for all registries.
 */
#ifndef PT_STORAGE_RUNG_H
#define PT_STORAGE_RUNG_H

#include <pitot/pitot.h>
#include <stdbool.h>
#include <stdint.h>

enum pt_rung { PT_RUNG_SINGLE, PT_RUNG_STRIPED, PT_RUNG_RSEQ };

struct pt_ladder {
    enum pt_rung rung;
    uint32_t rows; /* CPUs that the kernel may ever number, or PITOT_STRIPES_ */
    bool fence;    /* membarrier can wait until no sequence is in flight */
};

/* Safe to call from anywhere but a signal handler. */
struct pt_ladder pt_ladder(void);

/* For tests and benchmarks, before any registry is made: the ladder of another machine. */
void pt_ladder_pretend(struct pt_ladder ladder);

/* Waits until every sequence that was in flight has committed or aborted. False when the kernel
 * cannot; then what the sequences may write to must not be used for anything else. */
bool pt_ladder_fence(void);

#endif
