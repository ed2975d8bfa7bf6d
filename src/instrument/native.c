/* SPDX-License-Identifier: MIT */
/*
 * native.c -- the numbers of a native histogram: recording, reading and resetting them.
 *
 * A recorder that goes to a row compares, inside its restartable sequence, the handle's rows with
 * those of the layout it took the cell from. So a reset needs only to take the rows out of the
 * handle and wait until no sequence is in flight. Another layout may become the current one at any
 * time: who still adds to the one before adds to something that counts.
 */
#include "instrument/native.h"

#include "base/clock.h"
#include "instrument/batch.h"
#include "instrument/exemplars.h"
#include "instrument/place.h"
#include "instrument/recording.h"

#include <float.h>
#include <math.h>

#define SLOTS_FIRST 64
#define SLOTS_FIRST_SINGLE 256 /* where there are no rows to take more from */
#define SLOTS_OF_TABLE_MAX 4096

static struct pt_rows *rows_of(const struct pt_series *series)
{
    return &pt_series_family(series)->reg->rows;
}

size_t pt_native_words(const struct pt_desc *desc)
{
    return (sizeof(struct pt_native) + 16 * (desc->native.classic_count + 1)) / sizeof(uint64_t);
}

/* ---- The spill ---- */

static struct pt_spill *newest_of(struct pt_native *native)
{
    return __atomic_load_n(&native->spill, __ATOMIC_ACQUIRE);
}

static size_t slots_in_all(struct pt_native *native)
{
    size_t slots = 0;

    for (const struct pt_spill *table = newest_of(native); table; table = table->older)
        slots += table->slots;
    return slots;
}

/* Puts a table of zeroed words in front. If another thread does so too, both are there. */
static void put_in_front(struct pt_native *native, uint64_t *words, size_t slots)
{
    struct pt_spill *table = (struct pt_spill *)(void *)words;

    table->slots = slots;
    table->older = __atomic_load_n(&native->spill, __ATOMIC_ACQUIRE);
    while (!__atomic_compare_exchange_n(
        &native->spill, &table->older, table, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        continue;
}

/* As many slots as there are already; 0 when there may be no more. A lower resolution has keys of
 * its own, while those of the one before stay where they are. */
static size_t slots_to_add(const struct pt_series *series)
{
    struct pt_native *native = pt_series_native(series);
    int32_t schema = __atomic_load_n(&native->schema, __ATOMIC_RELAXED);
    size_t slots = slots_in_all(native), add = SLOTS_OF_TABLE_MAX;
    size_t most =
        PT_NATIVE_SLOTS_MAX +
        (size_t)(pt_series_family(series)->desc.native.schema - schema) * PT_NATIVE_SLOTS_MORE;

    if (slots >= most)
        return 0;
    while (add > SLOTS_FIRST && (add > slots || add > most - slots))
        add /= 2;
    return add;
}

/* In a recording there is no other memory than that of rows: row 0 of a group, which the others
 * leave untouched. */
static bool grow_from_rows(struct pt_series *series)
{
    struct pt_native *native = pt_series_native(series);
    size_t slots = slots_to_add(series);
    uint64_t *words = slots ? pt_rows_take(rows_of(series), pt_spill_words(slots)) : NULL;

    if (words)
        put_in_front(native, words, slots);
    return words != NULL;
}

static void grow_from_arena(struct pt_series *series)
{
    struct pt_native *native = pt_series_native(series);
    size_t slots = slots_to_add(series);
    uint64_t *words =
        slots ? pt_arena_words(&pt_series_family(series)->reg->arena, pt_spill_words(slots), NULL)
              : NULL;

    if (words)
        put_in_front(native, words, slots);
}

/* The pair of a place, made if it must be; NULL when there is no room for it. */
static uint64_t *pair_of(struct pt_series *series, uint64_t place)
{
    struct pt_native *native = pt_series_native(series);

    for (;;) {
        uint64_t *pair = pt_spill_claim(newest_of(native), place);

        if (!pair)
            pair = pt_spill_find(newest_of(native), place);
        if (pair || !grow_from_rows(series))
            return pair;
    }
}

/* ---- Recording: any thread, any signal handler ---- */

#ifdef PITOT_INLINE_

/* pitot_row_observe_() for a cell that was found in a layout. */
static inline __attribute__((always_inline)) bool observe_row(
    struct pitot_hot_ *hot, const struct pt_layout *layout, size_t cell, double value)
{
    __asm__ goto(PITOT_SEQUENCE_OPEN_ "cmpq %[group], %%rax\n\t"
                                      "jne %l[slow]\n\t" PITOT_SEQUENCE_CPU_ "addq %[at], %%rax\n\t"
                                      "movapd (%%rax), %%xmm15\n\t"
                                      "addsd %[value], %%xmm15\n\t"
                                      "paddq %[one], %%xmm15\n\t"
                                      "movapd %%xmm15, (%%rax)\n" PITOT_SEQUENCE_TAIL_
                 :
                 : PITOT_SEQUENCE_INPUTS_, [group] "r"(layout->group), [at] "r"(cell * 16),
                 [value] "x"(value), [one] "m"(layout->guide.one)
                 : "rax", "rcx", "xmm15", "cc", "memory"
                 : slow);
    return true;
slow:
    return false;
}

#else

static inline bool observe_row(
    struct pitot_hot_ *hot, const struct pt_layout *layout, size_t cell, double value)
{
    return (void)hot, (void)layout, (void)cell, (void)value, false;
}

#endif

/* True when the observation is in a row now. */
static inline __attribute__((always_inline)) bool to_row(struct pitot_hot_ *hot, double value)
{
    struct pt_native *native = pt_series_native((struct pt_series *)hot);
    const struct pt_layout *layout = __atomic_load_n(&native->layout, __ATOMIC_ACQUIRE);

    if (__builtin_expect(!layout, 0))
        return false;
    size_t cell = pitot_bucket_(&layout->guide, pt_double_of(pt_bits_of(value) ^ layout->flip));
    if (__builtin_expect(cell - 1 >= layout->last && value != 0, 0)) /* NaN, too */
        return false;
    return __builtin_expect(observe_row(hot, layout, cell, value), 1);
}

static void get_warmer(struct pt_series *series)
{
    uint16_t heat = __atomic_load_n(&series->hot.heat, __ATOMIC_RELAXED);

    if (heat < PT_HEAT_MAX)
        __atomic_store_n(&series->hot.heat, (uint16_t)(heat + 1), __ATOMIC_RELAXED);
}

static __attribute__((noinline)) void to_spill(struct pt_series *series, double value)
{
    const struct pt_desc *desc = &pt_series_family(series)->desc;
    struct pt_native *native = pt_series_native(series);

    if (pt_series_flags(series) & PT_SERIES_REMOVED)
        return;
    if (value != value && desc->type == PITOT_SUMMARY) {
        pt_registry_drop(pt_series_family(series)->reg, PT_DROP_NOT_FINITE);
        return;
    }
    get_warmer(series);
    uint64_t place = pt_place_of(desc, __atomic_load_n(&native->schema, __ATOMIC_RELAXED), value);
    uint64_t *pair = pair_of(series, place);
    if (!pair)
        pair = native->waiting + pt_place_unpack(place).classic * 2;
    pt_pair_add(pair, value);
}

void pitot_histogram_native_(struct pitot_hot_ *hot, double value)
{
    if (!to_row(hot, value) && !to_row(hot, value))
        to_spill((struct pt_series *)hot, value);
}

/* ---- Reading, under the family's lock ---- */

static bool each_cell(
    const struct pt_series *series, const struct pt_layout *layout, pt_native_fn *each, void *ctx)
{
    uint32_t rows = rows_of(series)->ladder.rows;

    for (size_t cell = 0; cell <= layout->last; cell++) {
        struct pt_pair all = {0, 0};
        double sum = 0;

        for (uint32_t r = 0; r < rows; r++) {
            struct pt_pair pair = pt_pair_read(pt_rows_word(layout->group, r, cell * 2));

            all.count += pair.count;
            sum += pt_double_of(pair.sum);
        }
        all.sum = pt_bits_of(sum);
        if (all.count && !each(ctx, layout->places[cell], all))
            return false;
    }
    return true;
}

/* What waits in a classic bucket is of the native bucket of its mean. */
static uint64_t place_of_waiting(
    const struct pt_series *series, size_t classic, struct pt_pair pair)
{
    double mean = pt_double_of(pair.sum) / (double)pair.count;

    /* All of them were finite, but their sum may not be. */
    if (!isfinite(mean))
        mean = isnan(mean) ? 0 : copysign(DBL_MAX, mean);
    struct pt_place place = pt_place_unpack(
        pt_place_of(&pt_series_family(series)->desc, pt_series_native(series)->schema, mean));

    place.classic = classic; /* whatever rounding did */
    return pt_place_pack(place);
}

bool pt_native_each(const struct pt_series *series, pt_native_fn *each, void *ctx)
{
    struct pt_native *native = pt_series_native(series);

    for (const struct pt_layout *layout = native->layouts; layout; layout = layout->older)
        if (!each_cell(series, layout, each, ctx))
            return false;
    for (struct pt_spill *table = newest_of(native); table; table = table->older) {
        for (size_t slot = 0; slot < table->slots; slot++) {
            uint64_t place = pt_spill_key(table, slot);
            struct pt_pair pair =
                place ? pt_pair_read(pt_spill_pair(table, slot)) : (struct pt_pair){0, 0};

            if (pair.count && !each(ctx, place, pair))
                return false;
        }
    }
    for (size_t i = 0; i <= pt_series_family(series)->desc.native.classic_count; i++) {
        struct pt_pair pair = pt_pair_read(native->waiting + i * 2);

        if (pair.count && !each(ctx, place_of_waiting(series, i, pair), pair))
            return false;
    }
    return true;
}

static bool add_up(void *ctx, uint64_t place, struct pt_pair pair)
{
    struct pt_pair *total = ctx;

    (void)place;
    total->count += pair.count;
    total->sum = pt_bits_of(pt_double_of(total->sum) + pt_double_of(pair.sum));
    return true;
}

void pt_native_total(const struct pt_series *series, uint64_t *count, double *sum)
{
    struct pt_pair total = {0, 0};

    pt_native_each(series, add_up, &total);
    *count = total.count;
    *sum = pt_double_of(total.sum);
}

/* ---- Changing it, under the family's lock ---- */

/* Numbers that must always find room, because no mean could place them: they are in no bucket that
 * others share, or in none at all. */
static void claim_specials(struct pt_series *series)
{
    static const double specials[] = {0, NAN, INFINITY, -INFINITY};
    struct pt_native *native = pt_series_native(series);

    for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++)
        pair_of(series, pt_place_of(&pt_series_family(series)->desc, native->schema, specials[i]));
}

bool pt_native_start(struct pt_series *series, pitot_error *err)
{
    const struct pt_desc *desc = &pt_series_family(series)->desc;
    struct pt_family *family = pt_series_family(series);
    struct pt_native *native = pt_series_native(series);
    size_t slots =
        rows_of(series)->ladder.rung == PT_RUNG_SINGLE ? SLOTS_FIRST_SINGLE : SLOTS_FIRST;
    uint64_t *words = pt_arena_words(&family->reg->arena, pt_spill_words(slots), err);

    if (!words)
        return false;
    put_in_front(native, words, slots);
    native->schema = desc->native.schema;
    native->zero_threshold = desc->native.zero_threshold;
    native->began_ns = pt_clock_ns();
    claim_specials(series);
    if (desc->type == PITOT_SUMMARY)
        native->window =
            pt_window_new(&family->pool, desc->window_s, desc->window_parts, native->began_ns, err);
    return desc->type != PITOT_SUMMARY || native->window;
}

static void clear_atomically(struct pt_series *series)
{
    struct pt_native *native = pt_series_native(series);

    for (struct pt_spill *table = newest_of(native); table; table = table->older)
        for (size_t slot = 0; slot < table->slots; slot++)
            if (pt_spill_key(table, slot))
                pt_pair_clear(pt_spill_pair(table, slot));
    for (size_t i = 0; i <= pt_series_family(series)->desc.native.classic_count; i++)
        pt_pair_clear(native->waiting + i * 2);
}

void pt_native_reset(struct pt_series *series)
{
    const struct pt_desc *desc = &pt_series_family(series)->desc;
    struct pt_native *native = pt_series_native(series);
    struct pt_layout *layout = native->layout;

    __atomic_store_n(&series->hot.row, NULL, __ATOMIC_RELEASE);
    if (native->layouts && !pt_ladder_fence())
        native->layouts = layout = NULL; /* somebody may still add there: it does not count */
    for (struct pt_layout *each = native->layouts; each; each = each->older)
        pt_rows_zero(rows_of(series), each->group, each->words);
    clear_atomically(series);
    native->zero_threshold = desc->native.zero_threshold;
    native->began_ns = pt_clock_ns();
    native->reduced = false;
    pt_batch_set_start(series, pt_clock_unix_ns());
    pt_exemplars_clear(series);
    pt_window_clear(native->window, native->began_ns);
    __atomic_store_n(&native->schema, desc->native.schema, __ATOMIC_RELAXED);
    if (layout && layout->schema < desc->native.schema)
        layout = NULL;
    __atomic_store_n(&native->layout, layout, __ATOMIC_RELEASE);
    if (layout)
        __atomic_store_n(&series->hot.row, layout->group, __ATOMIC_RELEASE);
}

void pt_native_remove(struct pt_series *series)
{
    struct pt_native *native = pt_series_native(series);

    __atomic_store_n(&series->hot.row, NULL, __ATOMIC_RELEASE);
    __atomic_store_n(&native->layout, NULL, __ATOMIC_RELEASE);
    for (struct pt_layout *each = native->layouts; each; each = each->older)
        pt_rows_give_back(rows_of(series), each->group, each->words);
    native->layouts = NULL;
    pt_window_clear(native->window, 0);
}

void pt_native_settle(struct pt_series *series)
{
    const struct pt_desc *desc = &pt_series_family(series)->desc;
    struct pt_native *native = pt_series_native(series);
    struct pt_spill *newest = newest_of(native);

    if (pt_spill_used(newest) > newest->slots / 2)
        grow_from_arena(series);
    for (size_t i = 0; i <= desc->native.classic_count; i++) {
        struct pt_pair pair = pt_pair_read(native->waiting + i * 2);

        if (pair.count == 0)
            continue;
        pair = pt_pair_take(native->waiting + i * 2);
        uint64_t *to = pair_of(series, place_of_waiting(series, i, pair));
        pt_pair_merge(to ? to : native->waiting + i * 2, pair);
    }
}
