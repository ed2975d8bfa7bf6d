/* SPDX-License-Identifier: MIT */
/*
 * rung.c -- how this machine lets us add.
 *
 * Read from glibc, the kernel and the processor on first use, and kept in one word, so that two
 * threads that both find out write the same.
 */
#include "storage/rung.h"

#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>

#define ROWS_MAX 4096 /* CPUs; a machine with more uses single cells */

/* From <linux/membarrier.h>, which is newer than some kernels' headers. */
#define MEMBARRIER_PRIVATE_EXPEDITED_RSEQ (1 << 7)
#define MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_RSEQ (1 << 8)

#if defined(__SANITIZE_THREAD__)
#define SANITIZED_THREADS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SANITIZED_THREADS 1
#endif
#endif

#if defined(__x86_64__) && defined(__GLIBC__) && !defined(SANITIZED_THREADS)
#if __GLIBC_PREREQ(2, 35)
#define HAVE_SEQUENCES 1
#endif
#endif

#ifdef HAVE_SEQUENCES
#include <sys/rseq.h>

/* Sequences need glibc to have registered this thread, and histograms a 16-byte store that is not
 * torn: processors with AVX promise that. */
static bool has_sequences(void)
{
    const struct rseq *area =
        (const struct rseq *)((const char *)__builtin_thread_pointer() + __rseq_offset);

    return __rseq_size > 0 && (int32_t)area->cpu_id >= 0 && __builtin_cpu_supports("avx");
}
#else
static bool has_sequences(void)
{
    return false;
}
#endif

/* The highest CPU number the kernel may ever use, plus one: "0-3,8-11" says 12. 0 when unknown. */
static uint32_t possible_cpus(void)
{
    char text[256];
    uint32_t number = 0;
    int fd = pt_sys_open("/sys/devices/system/cpu/possible", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? pt_sys_read(fd, text, sizeof(text)) : -1;

    if (fd >= 0)
        pt_sys_close(fd);
    if (size <= 0 || size == (ssize_t)sizeof(text))
        return 0;
    for (ssize_t i = 0; i < size; i++) {
        if (text[i] >= '0' && text[i] <= '9' && number < ROWS_MAX)
            number = number * 10 + (uint32_t)(text[i] - '0');
        else if (text[i] == ',' || text[i] == '-')
            number = 0;
    }
    return number < ROWS_MAX ? number + 1 : 0;
}

static bool membarrier(int command)
{
    return pt_sys_membarrier(command) == 0;
}

static struct pt_ladder look(void)
{
    int saved = errno;
    uint32_t cpus = has_sequences() ? possible_cpus() : 0;
    struct pt_ladder ladder = {PT_RUNG_STRIPED, PITOT_STRIPES_, false};

    if (cpus > 0)
        ladder = (struct pt_ladder){
            PT_RUNG_RSEQ, cpus, membarrier(MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_RSEQ)};
    errno = saved;
    return ladder;
}

static _Atomic(uint64_t) known; /* 1 << 63 | fence << 40 | rung << 32 | rows; 0: not yet */

/* Relaxed: the word publishes nothing but itself. */
static uint64_t remember(struct pt_ladder ladder)
{
    uint64_t word = (uint64_t)1 << 63 | (uint64_t)ladder.fence << 40 | (uint64_t)ladder.rung << 32 |
                    ladder.rows;

    atomic_store_explicit(&known, word, memory_order_relaxed);
    return word;
}

void pt_ladder_pretend(struct pt_ladder ladder)
{
    remember(ladder);
}

struct pt_ladder pt_ladder(void)
{
    uint64_t word = atomic_load_explicit(&known, memory_order_relaxed);

    if (word == 0)
        word = remember(look());
    return (struct pt_ladder){
        .rung = (enum pt_rung)(word >> 32 & 0xff),
        .rows = (uint32_t)word,
        .fence = word >> 40 & 1,
    };
}

bool pt_ladder_fence(void)
{
    int saved = errno;
    /* A child of fork() may have to register anew. */
    bool done = pt_ladder().fence && (membarrier(MEMBARRIER_PRIVATE_EXPEDITED_RSEQ) ||
                                         (membarrier(MEMBARRIER_REGISTER_PRIVATE_EXPEDITED_RSEQ) &&
                                             membarrier(MEMBARRIER_PRIVATE_EXPEDITED_RSEQ)));

    errno = saved;
    return done;
}
