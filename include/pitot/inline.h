/* SPDX-License-Identifier: MIT */
/*
 * inline.h -- how a recording call becomes a handful of instructions. Part of pitot.h; nothing to
 * call here.
 *
 * A recording call is inlined into the program: one add to a word that only this CPU writes, in a
 * restartable sequence (rseq(2)) that the kernel aborts if the thread is moved or interrupted in
 * the middle. No atomic instruction, no shared cache line. Whatever does not go through (no rows
 * yet, an aborted sequence, a kernel without rseq) goes to a function of the library, which adds
 * atomically: nothing is ever lost. docs/design/ tells why.
 *
 * A sequence must not outlive its code: the kernel looks at the one that a thread ran last, even
 * after dlclose(). So code that is compiled for a shared library (-fPIC without -fPIE) calls the
 * library instead, unless it says with PITOT_NEVER_UNLOADED that it stays. PITOT_OUT_OF_LINE makes
 * any code call the library; code that is assembled with -masm=intel must.
 *
 * The layouts below are frozen: they are the library's ABI.
 */
#ifndef PITOT_INLINE_H
#define PITOT_INLINE_H

#include <pitot/pitot.h>

#if defined(__PIC__) && !defined(__PIE__) && !defined(PITOT_NEVER_UNLOADED)
#define PITOT_OUT_OF_LINE
#endif

#if defined(__x86_64__) && defined(__LP64__) && defined(__GLIBC__) &&                              \
    !defined(PITOT_OUT_OF_LINE) && !defined(__SANITIZE_THREAD__)
#if defined(__has_feature)
#if !__has_feature(thread_sanitizer)
#define PITOT_INLINE_ 1
#endif
#else
#define PITOT_INLINE_ 1
#endif
#endif

#ifdef PITOT_INLINE_
#if !__GLIBC_PREREQ(2, 35)
#undef PITOT_INLINE_
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* How a bucket is found: the bucket of a value whose upper bits are `first + k` is one of at[k] to
 * at[k + 1]. */
struct pitot_guide_ {
    struct {
        uint64_t sum, count;
    } one; /* {0, 1}: what an observation adds to a bucket's count; 16-byte aligned */
    const double *bounds; /* upper and inclusive, +Inf last */
    uint32_t bound_count; /* without +Inf */
    uint32_t shift;       /* how many low bits of a value do not matter */
    uint64_t first;
    uint64_t count;
    const uint16_t *at;
};

/* What a family begins with. */
struct pitot_family_ {
    uint64_t epoch;                   /* changes when children may have gone */
    const struct pitot_guide_ *guide; /* NULL: a bucket is found by the library */
};

/* What a handle begins with. The row of CPU n is at `row + (n << PITOT_ROW_SHIFT_)` bytes. */
struct pitot_hot_ {
    uint64_t *row; /* NULL: not here, ask the library */
    const struct pitot_family_ *family;
    uint32_t rows; /* CPUs that have one; 0 when rows are shared between CPUs */
    uint16_t heat;
    uint16_t flags;
};

#define PITOT_ROW_SHIFT_ 18

/* What a call site remembers: the child of its literal values in the family of that epoch. */
struct pitot_site_ {
    uint32_t turn; /* odd while it is being written */
    uint64_t epoch;
    void *child;
};

#pragma GCC visibility push(default)
void pitot_site_keep_(struct pitot_site_ *site, uint64_t epoch, void *child);
void pitot_counter_slow_(struct pitot_hot_ *hot, uint64_t n);
void pitot_counter_slow_double_(struct pitot_hot_ *hot, double n);
void pitot_histogram_slow_(struct pitot_hot_ *hot, size_t bucket, double value);
void pitot_histogram_native_(struct pitot_hot_ *hot, double value);
#pragma GCC visibility pop

/* Always part of who uses it: it has no symbol. */
#define PITOT_HELPER_ extern inline __attribute__((gnu_inline, always_inline))

/* The bucket of a value that is not NaN: the first bound that is not below it. */
PITOT_HELPER_ size_t pitot_bucket_(const struct pitot_guide_ *guide, double value)
{
    uint64_t bits;
    size_t i;

    __builtin_memcpy(&bits, &value, sizeof(bits));
    /* Flipping makes the bits of doubles, negative ones too, sort like the doubles. */
    uint64_t ordered = bits ^ ((uint64_t)((int64_t)bits >> 63) | (uint64_t)1 << 63);
    uint64_t k = (ordered >> guide->shift) - guide->first;
    if (__builtin_expect(k >= guide->count, 0))
        return (int64_t)k < 0 ? 0 : guide->bound_count;
    /* The first step is taken without a branch, because nobody could predict it; the table is fine
     * enough for there to be hardly ever a second one. */
    i = guide->at[k];
    i += guide->bounds[i] < value;
    if (__builtin_expect(guide->bounds[i] < value, 0)) { /* many bounds share this entry */
        size_t end = guide->at[k + 1];

        while (i < end) {
            size_t middle = i + (end - i) / 2;

            if (guide->bounds[middle] < value)
                i = middle + 1;
            else
                end = middle;
        }
    }
    return i;
}

/* The child that the site remembers for this family; NULL when it has to be looked up. */
PITOT_HELPER_ void *pitot_site_find_(const struct pitot_site_ *site, uint64_t epoch)
{
    uint32_t turn = __atomic_load_n(&site->turn, __ATOMIC_ACQUIRE);
    uint64_t kept = __atomic_load_n(&site->epoch, __ATOMIC_ACQUIRE);
    void *child = __atomic_load_n(&site->child, __ATOMIC_ACQUIRE);

    if (kept != epoch || (turn & 1) || turn != __atomic_load_n(&site->turn, __ATOMIC_RELAXED))
        return NULL;
    return child;
}

#ifndef __cplusplus
/* A literal is what starts with a quote and is an array. Every place that such a call is expanded
 * to has one static site, so nothing less than a literal will do: a parameter that is constant
 * after inlining is not the same everywhere. More than 8 values are always looked up. */
#define PITOT_WITH_(kind, vec, ...)                                                                \
    (__extension__({                                                                               \
        static struct pitot_site_ pitot_its_site_;                                                 \
        pitot_##kind##_vec *const pitot_its_vec_ = (vec);                                          \
        const bool pitot_its_literal_ = pitot_its_vec_ && PITOT_LITERALS_(__VA_ARGS__);            \
        const uint64_t pitot_its_epoch_ =                                                          \
            pitot_its_literal_                                                                     \
                ? __atomic_load_n(                                                                 \
                      &((const struct pitot_family_ *)pitot_its_vec_)->epoch, __ATOMIC_ACQUIRE)    \
                : 0;                                                                               \
        pitot_##kind *pitot_its_child_ =                                                           \
            pitot_its_literal_                                                                     \
                ? (pitot_##kind *)pitot_site_find_(&pitot_its_site_, pitot_its_epoch_)             \
                : NULL;                                                                            \
        if (!pitot_its_child_) {                                                                   \
            pitot_its_child_ = pitot_##kind##_child(                                               \
                pitot_its_vec_, PITOT_VALUES_(__VA_ARGS__), PITOT_COUNT_(__VA_ARGS__));            \
            if (pitot_its_literal_)                                                                \
                pitot_site_keep_(&pitot_its_site_, pitot_its_epoch_, pitot_its_child_);            \
        }                                                                                          \
        pitot_its_child_;                                                                          \
    }))

#define PITOT_LITERAL_(x) ((#x)[0] == '"' && __builtin_types_compatible_p(__typeof__(x), char[]))
#define PITOT_L1_(a) PITOT_LITERAL_(a)
#define PITOT_L2_(a, ...) PITOT_LITERAL_(a) && PITOT_L1_(__VA_ARGS__)
#define PITOT_L3_(a, ...) PITOT_LITERAL_(a) && PITOT_L2_(__VA_ARGS__)
#define PITOT_L4_(a, ...) PITOT_LITERAL_(a) && PITOT_L3_(__VA_ARGS__)
#define PITOT_L5_(a, ...) PITOT_LITERAL_(a) && PITOT_L4_(__VA_ARGS__)
#define PITOT_L6_(a, ...) PITOT_LITERAL_(a) && PITOT_L5_(__VA_ARGS__)
#define PITOT_L7_(a, ...) PITOT_LITERAL_(a) && PITOT_L6_(__VA_ARGS__)
#define PITOT_L8_(a, ...) PITOT_LITERAL_(a) && PITOT_L7_(__VA_ARGS__)
#define PITOT_LMANY_(...) 0
#define PITOT_M8_(m) m, m, m, m, m, m, m, m
#define PITOT_64TH_(p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15, p16, p17,    \
    p18, p19, p20, p21, p22, p23, p24, p25, p26, p27, p28, p29, p30, p31, p32, p33, p34, p35, p36, \
    p37, p38, p39, p40, p41, p42, p43, p44, p45, p46, p47, p48, p49, p50, p51, p52, p53, p54, p55, \
    p56, p57, p58, p59, p60, p61, p62, p63, p64, pick, ...)                                        \
    pick
#define PITOT_PICK_(...) PITOT_64TH_(__VA_ARGS__)
#define PITOT_LITERALS_(...)                                                                       \
    PITOT_PICK_(__VA_ARGS__, PITOT_M8_(PITOT_LMANY_), PITOT_M8_(PITOT_LMANY_),                     \
        PITOT_M8_(PITOT_LMANY_), PITOT_M8_(PITOT_LMANY_), PITOT_M8_(PITOT_LMANY_),                 \
        PITOT_M8_(PITOT_LMANY_), PITOT_M8_(PITOT_LMANY_), PITOT_L8_, PITOT_L7_, PITOT_L6_,         \
        PITOT_L5_, PITOT_L4_, PITOT_L3_, PITOT_L2_, PITOT_L1_, )                                   \
    (__VA_ARGS__)
#endif

/* Where rows are shared by threads there are so many, and the handle has this flag; its rows then
 * stay for good. */
#define PITOT_STRIPES_ 16
#define PITOT_SHARED_ 8

PITOT_HELPER_ bool pitot_is_shared_(const struct pitot_hot_ *hot)
{
    return __atomic_load_n(&hot->flags, __ATOMIC_ACQUIRE) & PITOT_SHARED_;
}

/* This thread's row of a shared handle, to be added to atomically. No branch, and no load that the
 * add has to wait for: with one branch more a locked add took 7.5 ns instead of 5.5. So the stack
 * tells threads apart: stacks lie an odd number of pages apart, and threads made one after the
 * other differ in their lowest page bits. */
PITOT_HELPER_ uint64_t *pitot_stripe_(const struct pitot_hot_ *hot)
{
    uintptr_t stack;

#ifdef __x86_64__
    __asm__("movq %%rsp, %0" : "=r"(stack));
#else
    stack = (uintptr_t)__builtin_frame_address(0);
#endif
    return (uint64_t *)(void *)((char *)__atomic_load_n(&hot->row, __ATOMIC_RELAXED) +
                                ((stack >> 12 & (PITOT_STRIPES_ - 1)) << PITOT_ROW_SHIFT_));
}

#ifdef PITOT_INLINE_

extern const ptrdiff_t __rseq_offset; /* glibc: from the thread pointer to its struct rseq */

/* Head and tail of a restartable sequence; in between, %%rax is this CPU's row. The
 * tail's address carries the signature that the kernel checks before it jumps there. An index
 * register in the last instruction would cost 4 more cycles: the store could not be forwarded by
 * its address. */
#define PITOT_SEQUENCE_OPEN_                                                                       \
    ".pushsection __rseq_cs, \"aw?\"\n\t"                                                          \
    ".balign 32\n"                                                                                 \
    "3:\n\t"                                                                                       \
    ".long 0, 0\n\t"                                                                               \
    ".quad 1f, (2f - 1f), 4f\n\t"                                                                  \
    ".popsection\n\t"                                                                              \
    ".pushsection __rseq_cs_ptr_array, \"aw?\"\n\t"                                                \
    ".quad 3b\n\t"                                                                                 \
    ".popsection\n\t"                                                                              \
    "leaq 3b(%%rip), %%rax\n\t"                                                                    \
    "movq %%rax, %%fs:8(%[rseq])\n"                                                                \
    "1:\n\t"                                                                                       \
    "movq %c[row](%[hot]), %%rax\n\t"

#define PITOT_SEQUENCE_CPU_                                                                        \
    "movl %%fs:4(%[rseq]), %%ecx\n\t"                                                              \
    "cmpl %c[rows](%[hot]), %%ecx\n\t"                                                             \
    "jae %l[slow]\n\t"                                                                             \
    "shlq %[shift], %%rcx\n\t"                                                                     \
    "addq %%rcx, %%rax\n\t"

#define PITOT_SEQUENCE_HEAD_                                                                       \
    PITOT_SEQUENCE_OPEN_                                                                           \
    "testq %%rax, %%rax\n\t"                                                                       \
    "jz %l[slow]\n\t" PITOT_SEQUENCE_CPU_

#define PITOT_SEQUENCE_TAIL_                                                                       \
    "2:\n\t"                                                                                       \
    ".pushsection __rseq_failure, \"ax?\"\n\t"                                                     \
    ".byte 0x0f, 0xb9, 0x3d\n\t"                                                                   \
    ".long 0x53053053\n"                                                                           \
    "4:\n\t"                                                                                       \
    "jmp %l[slow]\n\t"                                                                             \
    ".popsection"

#define PITOT_SEQUENCE_INPUTS_                                                                     \
    [hot] "r"(hot), [rseq] "r"(__rseq_offset), [row] "i"(offsetof(struct pitot_hot_, row)),        \
        [rows] "i"(offsetof(struct pitot_hot_, rows)), [shift] "i"(PITOT_ROW_SHIFT_)

/* Each returns false when the library has to be asked. */
PITOT_HELPER_ bool pitot_row_add_(struct pitot_hot_ *hot, uint64_t n)
{
    __asm__ goto(PITOT_SEQUENCE_HEAD_ "addq %[n], (%%rax)\n" PITOT_SEQUENCE_TAIL_
                 :
                 : PITOT_SEQUENCE_INPUTS_, [n] "er"(n)
                 : "rax", "rcx", "cc", "memory"
                 : slow);
    return true;
slow:
    return false;
}

PITOT_HELPER_ bool pitot_row_add_double_(struct pitot_hot_ *hot, double n)
{
    __asm__ goto(PITOT_SEQUENCE_HEAD_ "movsd 8(%%rax), %%xmm15\n\t"
                                      "addsd %[n], %%xmm15\n\t"
                                      "movsd %%xmm15, 8(%%rax)\n" PITOT_SEQUENCE_TAIL_
                 :
                 : PITOT_SEQUENCE_INPUTS_, [n] "x"(n)
                 : "rax", "rcx", "xmm15", "cc", "memory"
                 : slow);
    return true;
slow:
    return false;
}

/* A bucket is 16 bytes, {double sum; uint64_t count}, and commits with one aligned 16-byte store:
 * an observation is in both or in neither. The sum is the lower half, so that adding to it as a
 * scalar leaves the count alone. */
PITOT_HELPER_ bool pitot_row_observe_(
    struct pitot_hot_ *hot, const struct pitot_guide_ *guide, size_t bucket, double value)
{
    __asm__ goto(
        PITOT_SEQUENCE_HEAD_ "addq %[at], %%rax\n\t"
                             "movapd (%%rax), %%xmm15\n\t"
                             "addsd %[value], %%xmm15\n\t"
                             "paddq %[one], %%xmm15\n\t"
                             "movapd %%xmm15, (%%rax)\n" PITOT_SEQUENCE_TAIL_
        :
        : PITOT_SEQUENCE_INPUTS_, [at] "er"(bucket * 16), [value] "x"(value), [one] "m"(guide->one)
        : "rax", "rcx", "xmm15", "cc", "memory"
        : slow);
    return true;
slow:
    return false;
}

#ifndef PITOT_BUILDING_ /* the library itself defines these calls, it does not inline them */
#define PITOT_RECORDING_ extern inline __attribute__((gnu_inline))

PITOT_RECORDING_ void pitot_counter_add_u64(pitot_counter *c, uint64_t n)
{
    struct pitot_hot_ *hot = (struct pitot_hot_ *)c;

    if (!c)
        return;
    if (__builtin_expect(pitot_is_shared_(hot), 0))
        __atomic_fetch_add(pitot_stripe_(hot), n, __ATOMIC_RELAXED);
    else if (__builtin_expect(!pitot_row_add_(hot, n), 0))
        pitot_counter_slow_(hot, n);
}

PITOT_RECORDING_ void pitot_counter_inc(pitot_counter *c)
{
    pitot_counter_add_u64(c, 1);
}

PITOT_RECORDING_ void pitot_counter_add(pitot_counter *c, double n)
{
    struct pitot_hot_ *hot = (struct pitot_hot_ *)c;

    if (!c)
        return;
    if (n >= 0 && n < 9223372036854775808.0 && (double)(int64_t)n == n) {
        pitot_counter_add_u64(c, (uint64_t)(int64_t)n);
        return;
    }
    if (!(n >= 0 && n < 9223372036854775808.0) || !pitot_row_add_double_(hot, n))
        pitot_counter_slow_double_(hot, n);
}

PITOT_RECORDING_ void pitot_gauge_set(pitot_gauge *g, double value)
{
    uint64_t *word = g ? __atomic_load_n(&((struct pitot_hot_ *)g)->row, __ATOMIC_ACQUIRE) : NULL;
    uint64_t bits;

    if (!word)
        return;
    __builtin_memcpy(&bits, &value, sizeof(bits));
    __atomic_store_n(word, bits, __ATOMIC_RELAXED);
}

PITOT_RECORDING_ void pitot_histogram_observe(pitot_histogram *h, double value)
{
    struct pitot_hot_ *hot = (struct pitot_hot_ *)h;
    const struct pitot_family_ *family;
    const struct pitot_guide_ *guide;
    size_t bucket = 0;

    if (!h)
        return;
    family = __atomic_load_n(&hot->family, __ATOMIC_RELAXED);
    if (__builtin_expect(!family, 0)) /* removed long ago */
        return;
    guide = family->guide;
    if (__builtin_expect(!guide, 0)) {
        pitot_histogram_native_(hot, value);
        return;
    }
    if (__builtin_expect(value == value, 1)) {
        bucket = pitot_bucket_(guide, value);
        if (__builtin_expect(pitot_row_observe_(hot, guide, bucket, value), 1))
            return;
    }
    pitot_histogram_slow_(hot, bucket, value);
}

PITOT_RECORDING_ void pitot_summary_observe(pitot_summary *s, double value)
{
    pitot_histogram_observe((pitot_histogram *)s, value); /* of one bucket, or native */
}

#undef PITOT_RECORDING_
#endif
#endif
#undef PITOT_HELPER_

#ifdef __cplusplus
}
#endif

#endif
