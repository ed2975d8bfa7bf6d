/* SPDX-License-Identifier: MIT */
/*
 * pair.h -- a sum and a count that change together.
 *
 * The bucket of a histogram: 16 aligned bytes, {double sum; uint64_t count}. On x86-64 an add is
 * one `lock cmpxchg16b` and a read one 16-byte load, so no reader ever sees half of an observation.
 * On other processors the two halves are added one after the other, and a read may find an
 * observation in the count that is not in the sum yet.
 */
#ifndef PT_STORAGE_PAIR_H
#define PT_STORAGE_PAIR_H

#include "storage/cell.h"

struct pt_pair {
    uint64_t sum; /* the bits of a double */
    uint64_t count;
};

#ifdef __x86_64__

/* Replaces `*at` when it is `*old`; otherwise tells what it is in `*old`. */
static inline bool pt_pair_replace(uint64_t *at, struct pt_pair *old, struct pt_pair new)
{
    bool done;

    __asm__ volatile(
        "lock cmpxchg16b %[at]"
        : [at] "+m"(*(struct pt_pair *)(void *)at), "=@ccz"(done), "+a"(old->sum), "+d"(old->count)
        : "b"(new.sum), "c"(new.count)
        : "memory");
    return done;
}

/* Processors with AVX do not tear an aligned 16-byte load; on others the locked form reads too. */
static inline struct pt_pair pt_pair_read(uint64_t *at)
{
    struct pt_pair pair = {0, 0};

    if (__builtin_cpu_supports("avx"))
        __asm__ volatile("movdqa %[at], %%xmm0\n\t"
                         "movq %%xmm0, %[sum]\n\t"
                         "psrldq $8, %%xmm0\n\t"
                         "movq %%xmm0, %[count]"
                         : [sum] "=r"(pair.sum), [count] "=r"(pair.count)
                         : [at] "m"(*(struct pt_pair *)(void *)at)
                         : "xmm0");
    else
        pt_pair_replace(at, &pair, pair);
    return pair;
}

static inline void pt_pair_add(uint64_t *at, double value)
{
    struct pt_pair old = {0, 0};
    struct pt_pair new = {pt_bits_of(value), 1};

    /* A wrong guess costs one round: an empty bucket is the first guess. */
    while (!pt_pair_replace(at, &old, new))
        new = (struct pt_pair){pt_bits_of(pt_double_of(old.sum) + value), old.count + 1};
}

/* Adds what another pair has. */
static inline void pt_pair_merge(uint64_t *at, struct pt_pair more)
{
    struct pt_pair old = {0, 0};
    struct pt_pair new = more;

    while (!pt_pair_replace(at, &old, new))
        new = (struct pt_pair){
            pt_bits_of(pt_double_of(old.sum) + pt_double_of(more.sum)), old.count + more.count};
}

/* Takes what is there and leaves 0. */
static inline struct pt_pair pt_pair_take(uint64_t *at)
{
    struct pt_pair old = {0, 0};

    while (!pt_pair_replace(at, &old, (struct pt_pair){0, 0}))
        continue;
    return old;
}

#else

static inline struct pt_pair pt_pair_read(uint64_t *at)
{
    struct pt_pair pair = {.count = pt_cell_read((pt_cell *)at + 1)};

    pair.sum = pt_cell_read((pt_cell *)at);
    return pair;
}

static inline void pt_pair_add(uint64_t *at, double value)
{
    pt_cell_add_double((pt_cell *)at, value);
    pt_cell_add((pt_cell *)at + 1, 1);
}

static inline void pt_pair_merge(uint64_t *at, struct pt_pair more)
{
    pt_cell_add_double((pt_cell *)at, pt_double_of(more.sum));
    pt_cell_add((pt_cell *)at + 1, more.count);
}

static inline struct pt_pair pt_pair_take(uint64_t *at)
{
    struct pt_pair pair = {
        .count = atomic_exchange_explicit((pt_cell *)at + 1, 0, memory_order_relaxed)};

    pair.sum = atomic_exchange_explicit((pt_cell *)at, 0, memory_order_relaxed);
    return pair;
}

#endif

static inline void pt_pair_clear(uint64_t *at)
{
    pt_pair_take(at);
}

#endif
