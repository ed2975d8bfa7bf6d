/* SPDX-License-Identifier: MIT */
/*
 * take.c -- a registry to a snapshot.
 *
 * Collectors first, with no lock held; then each family under its own lock, which keeps series from
 * being made or removed there for as long as copying its values, or one batch of a large family's,
 * takes. Recording takes no lock, so it never waits for this.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "instrument/column.h"
#include "instrument/family.h"
#include "instrument/function.h"
#include "instrument/native.h"
#include "instrument/stateset.h"
#include "snapshot/exemplar_list.h"
#include "snapshot/natives.h"
#include "snapshot/round.h"
#include "snapshot/self.h"

#include <math.h>

/* Series with exponential buckets: a native histogram, or the quantiles of a summary. `sketch` is
 * room that every series of a family may use. */
static bool read_native(struct pt_part *part, struct pt_series *series, struct pt_sketch *sketch,
    uint64_t *words, pitot_native *native, pitot_error *err)
{
    const struct pt_desc *desc = &pt_series_family(series)->desc;
    size_t quantiles = desc->type == PITOT_SUMMARY ? desc->bound_count : 0;

    if (!pt_native_fold(series, words + quantiles, sketch, err))
        return false;
    if (desc->type == PITOT_HISTOGRAM)
        return pt_natives_write(native, sketch, &part->pool, err);
    return pt_window_quantiles(pt_series_native(series)->window, sketch, pt_clock_ns(),
        desc->bounds, quantiles, words, err);
}

static struct pt_family_values describe(const struct pt_desc *desc)
{
    return (struct pt_family_values){
        .type = desc->type,
        .name = desc->name,
        .quoted = desc->quoted,
        .help = desc->help,
        .unit = desc->unit,
        .bound_count = desc->bound_count,
        .bounds = desc->bounds,
        .words_per_series = pt_column_width(desc),
    };
}

/* A few series in the order that they are to be shown in. */
struct selection {
    struct pt_series **series;
    size_t count;
};

/* Each state is a series on the page. All are integers, so there is no column of kinds. */
static bool copy_stateset(struct pt_part *part, const struct pt_family *family,
    const struct selection *from, pitot_error *err)
{
    size_t states = family->desc.state_count, count = from->count * states;
    pitot_str *labels = pt_pool_alloc(&part->pool, count * sizeof(*labels), err);
    uint64_t *words = pt_pool_alloc(&part->pool, count * sizeof(*words), err);
    struct pt_family_values *out = labels && words ? pt_part_family(part, err) : NULL;

    if (!out)
        return false;
    for (size_t i = 0; i < from->count; i++)
        pt_stateset_read(from->series[i], labels + i * states, words + i * states);
    *out = describe(&family->desc);
    out->series_count = count;
    out->labels = labels;
    out->words = words;
    return true;
}

/* The columns of a family, while they are filled. Those that it does not have are NULL. */
struct columns {
    pitot_str *labels;
    uint64_t *words;
    uint8_t *kinds;
    int64_t *starts;
    pitot_native *natives;
};

static bool make_columns(struct columns *columns, const struct pt_family *family, size_t count,
    struct pt_pool *pool, pitot_error *err)
{
    size_t wide = pt_column_width(&family->desc);
    bool has_starts = pt_type_accumulates(family->desc.type);
    bool has_natives = family->desc.native.on && family->desc.type == PITOT_HISTOGRAM;

    *columns = (struct columns){
        .labels = pt_pool_alloc(pool, count * sizeof(pitot_str), err),
        .words = pt_pool_alloc(pool, count * wide * sizeof(uint64_t), err),
        .kinds = pt_pool_alloc(pool, count, err),
        .starts = has_starts ? pt_pool_alloc(pool, count * sizeof(int64_t), err) : NULL,
        .natives = has_natives ? pt_pool_alloc(pool, count * sizeof(pitot_native), err) : NULL,
    };
    return columns->labels && columns->words && columns->kinds &&
           (columns->starts || !has_starts) && (columns->natives || !has_natives);
}

/* Exemplars first, then what they are examples of. */
static bool copy_series(struct pt_part *part, struct pt_family *family,
    const struct selection *from, struct columns *columns, struct pt_exemplar_list *exemplars,
    pitot_error *err)
{
    size_t wide = pt_column_width(&family->desc);
    struct pt_sketch sketch = {0};
    bool good = true;

    for (size_t i = 0; good && i < from->count; i++) {
        struct pt_series *series = from->series[i];
        uint64_t *words = columns->words + i * wide;

        columns->labels[i] = (pitot_str){series->labels, series->labels_size};
        pt_exemplar_list_read(exemplars, series, err);
        if (family->desc.native.on) {
            columns->kinds[i] = PT_U64;
            good = read_native(
                part, series, &sketch, words, columns->natives ? columns->natives + i : NULL, err);
        } else {
            columns->kinds[i] = (uint8_t)pt_column_series(series, words);
        }
        pt_exemplar_list_match(exemplars, words);
        if (columns->starts) {
            columns->starts[i] = pt_batch_start(series);
            if (!family->desc.native.on)
                pt_series_promote_if_hot(series);
        }
    }
    pt_sketch_free(&sketch);
    return good;
}

/* Series one by one: whatever they are, wherever they lie. */
static bool copy_selection(
    struct pt_part *part, struct pt_family *family, const struct selection *from, pitot_error *err)
{
    struct pt_family_values values = describe(&family->desc);
    struct columns columns;

    if (from->count == 0)
        return true;
    if (family->desc.type == PITOT_STATESET)
        return copy_stateset(part, family, from, err);
    if (!make_columns(&columns, family, from->count, &part->pool, err))
        return false;
    struct pt_exemplar_list exemplars =
        pt_exemplar_list_start(family, from->count, &part->pool, err);
    bool good = copy_series(part, family, from, &columns, &exemplars, err);
    values.series_count = from->count;
    values.labels = columns.labels;
    values.words = columns.words;
    values.kinds = columns.kinds;
    values.starts = columns.starts;
    values.natives = columns.natives;
    good &= pt_exemplar_list_finish(&exemplars, &values, err);
    struct pt_family_values *out = good ? pt_part_family(part, err) : NULL;
    if (out)
        *out = values;
    return out != NULL;
}

/* What is copied of a batch that may be emptied keeps its texts. */
static bool pin(struct pt_part *part, struct pt_batch *batch, pitot_error *err)
{
    return !batch->can_empty || pt_part_hold(part, pt_column_pin(batch, err), err);
}

/* Under the family's lock. */
static bool copy_small(struct pt_part *part, struct pt_family *family, pitot_error *err)
{
    const struct selection all = {family->order.series, family->order.count};
    bool good = true;

    pt_order_sort(&family->order);
    for (struct pt_batch *batch = family->batches; good && batch; batch = batch->next)
        good = batch->live == 0 || pin(part, batch, err);
    return good && copy_selection(part, family, &all, err);
}

_Static_assert(PT_BATCH_SLACK >= PT_TEXT_SLACK, "encoders read so far behind a text");

/* All series of a batch, without a look at them. */
static bool show_batch(struct pt_part *part, struct pt_family *family, struct pt_batch *batch,
    uint64_t *scratch, pitot_error *err)
{
    struct pt_column *column = pt_part_hold(part, pt_column_take(family, batch, scratch, err), err);
    struct pt_family_values *out = column ? pt_part_family(part, err) : NULL;

    if (!out)
        return false;
    *out = describe(&family->desc);
    out->series_count = column->count;
    out->text = batch->text;
    out->ends = batch->ends;
    out->gap = (uint32_t)(family->desc.label_count * sizeof(uint16_t));
    out->words = column->words;
    out->kinds = column->kinds;
    out->starts = pt_type_accumulates(family->desc.type) ? column->starts : NULL;
    out->version = column->version;
    return true;
}

static bool copy_batch(
    struct pt_part *part, struct pt_family *family, struct pt_batch *batch, pitot_error *err)
{
    struct pt_series *live[PT_BATCH_MAX];
    struct selection some = {live, 0};

    for (size_t i = 0; i < batch->made; i++)
        if (!pt_series_is_removed(&batch->series[i]))
            live[some.count++] = &batch->series[i];
    return pin(part, batch, err) && copy_selection(part, family, &some, err);
}

/* Whether a column can show all that there is to its series. */
static bool is_plain(const struct pt_family *family)
{
    return !family->desc.native.on && !family->desc.exemplars &&
           family->desc.type != PITOT_STATESET;
}

/* Batch after batch, and between two of them the lock is free for who makes or removes series. No
 * batch goes meanwhile, because `reading` says so. Series that are made meanwhile may be on
 * the page. */
static bool copy_large(struct pt_part *part, struct pt_family *family, pitot_error *err)
{
    size_t words = PT_BATCH_MAX * (pt_column_width(&family->desc) + 1);
    uint64_t *scratch = pt_alloc(words * sizeof(*scratch), err);
    bool good = scratch != NULL;

    family->readers++;
    for (struct pt_batch *batch = family->batches; good && batch; batch = batch->next) {
        if (batch->live == batch->made && is_plain(family))
            good = batch->made == 0 || show_batch(part, family, batch, scratch, err);
        else
            good = batch->live == 0 || copy_batch(part, family, batch, err);
        pt_family_unlock(family);
        pt_family_lock(family);
    }
    family->readers--;
    pt_free(scratch);
    return good;
}

/* Under the family's lock. A family without series is left out of the page. */
static bool copy_family(struct pt_part *part, struct pt_family *family, pitot_error *err)
{
    pt_family_settle(family);
    if (family->count == 0)
        return true;
    bool good =
        family->order.given_up ? copy_large(part, family, err) : copy_small(part, family, err);
    atomic_fetch_add_explicit(&family->interval, 1, memory_order_relaxed);
    return good;
}

/* No lock is held while the host's function runs. */
static bool copy_function(struct pt_part *part, struct pt_family *family, pitot_error *err)
{
    struct pt_family_values values = describe(&family->desc);
    double value;

    if (!pt_function_read(family, &value))
        return true;
    bool good = family->desc.type != PITOT_COUNTER || (value >= 0 && value < INFINITY);
    if (!good) {
        pt_registry_drop(
            family->reg, value < 0 && value > -INFINITY ? PT_DROP_NEGATIVE : PT_DROP_NOT_FINITE);
        return true;
    }
    pitot_str *labels = pt_pool_alloc(&part->pool, sizeof(*labels), err);
    uint64_t *word = pt_pool_alloc(&part->pool, sizeof(*word), err);
    uint8_t *kind = pt_pool_alloc(&part->pool, 1, err);
    int64_t *start = pt_pool_alloc(&part->pool, sizeof(*start), err);
    struct pt_family_values *out =
        labels && word && kind && start ? pt_part_family(part, err) : NULL;
    if (!out)
        return false;
    *start = pt_batch_start(pt_family_single(family));
    *labels = family->desc.const_labels;
    *word = pt_bits_of(value);
    *kind = PT_DOUBLE;
    values.series_count = 1;
    values.labels = labels;
    values.words = word;
    values.kinds = kind;
    values.starts = pt_type_accumulates(family->desc.type) ? start : NULL;
    *out = values;
    return true;
}

static struct pt_part *registry_part(pitot_registry *reg, pitot_error *err)
{
    pitot_error failure = {0};
    size_t count;
    struct pt_family **families = pt_registry_families(reg, &count, &failure);
    struct pt_part *part = failure.code ? NULL : pt_part_new(&failure);

    for (size_t i = 0; part && !failure.code && i < count; i++) {
        struct pt_family *family = families[i];

        if (family->read) {
            copy_function(part, family, &failure);
            continue;
        }
        pt_family_lock(family);
        copy_family(part, family, &failure);
        pt_family_unlock(family);
    }
    pt_free(families);
    if (!failure.code)
        return part;
    pt_part_unref(part);
    pt_fail(err, failure.code, "snapshot: %s", failure.message);
    return NULL;
}

/* True when no family of the part writes a name that the registry or an earlier part has. */
static bool names_are_free(
    pitot_registry *reg, const struct pt_names *taken, const struct pt_part *part)
{
    bool are_free = true;

    pt_lock_take(&reg->lock);
    for (size_t i = 0; are_free && i < part->count; i++) {
        const struct pt_family_values *family = &part->families[i];

        are_free = !pt_names_owner(&reg->names, family->type, family->name, NULL) &&
                   !pt_names_owner(taken, family->type, family->name, NULL);
    }
    pt_lock_give(&reg->lock);
    return are_free;
}

/* Adds the collectors' parts, each only if its names are still free on this page. */
static bool add_collected(
    pitot_snapshot *snap, pitot_registry *reg, struct pt_collection *collection, pitot_error *err)
{
    struct pt_names taken = {0};
    const struct pt_part *own = snap->parts[0];
    bool good = true;

    /* Not only reg->names: a metric may have been unregistered since its values were copied. */
    for (size_t i = 0; good && collection->count && i < own->count; i++)
        good = pt_names_take(&taken, own->families[i].type, own->families[i].name, own, err);
    for (size_t i = 0; good && i < collection->count; i++) {
        struct pt_collected *item = &collection->items[i];
        struct pt_part *part = item->part;

        if (!part)
            continue;
        if (!names_are_free(reg, &taken, part)) {
            pt_round_refuse(reg, item);
            continue;
        }
        for (size_t j = 0; good && j < part->count; j++)
            good = pt_names_take(&taken, part->families[j].type, part->families[j].name, part, err);
        good = good && pt_snapshot_add(snap, part, err);
    }
    pt_names_free(&taken);
    return good;
}

/* Adds a part that was made for this snapshot alone. */
static bool add_own(pitot_snapshot *snap, struct pt_part *part, pitot_error *err)
{
    bool added = part && pt_snapshot_add(snap, part, err);

    pt_part_unref(part);
    return added;
}

static bool fill(
    pitot_snapshot *snap, pitot_registry *reg, struct pt_collection *collection, pitot_error *err)
{
    size_t series = 0;
    struct pt_part *own = registry_part(reg, err);

    for (size_t i = 0; own && i < own->count; i++)
        series += own->families[i].series_count;
    return add_own(snap, own, err) && add_collected(snap, reg, collection, err) &&
           add_own(snap, pt_self_part(reg, series, collection, err), err) &&
           pt_snapshot_seal(snap, err);
}

pitot_snapshot *pitot_snapshot_take(pitot_registry *reg, pitot_error *err)
{
    return pitot_snapshot_take_with(reg, NULL, err);
}

pitot_snapshot *pitot_snapshot_take_with(
    pitot_registry *reg, const pitot_snapshot_opts *opts, pitot_error *err)
{
    uint32_t timeout_ms = opts && opts->collect_timeout_ms ? opts->collect_timeout_ms : 10000;
    struct pt_collection collection;

    if (!reg || (opts && !pt_reserved_are_zero(opts->reserved_, 7, "snapshot", err)))
        return NULL;
    pitot_snapshot *snap = pt_lock_may(&reg->lock, err) ? pt_snapshot_new(err) : NULL;
    if (!snap)
        return NULL;
    pt_registry_ref(reg);
    snap->reg = reg;
    pt_cell_add(&reg->snapshots_taken, 1);
    pt_rows_refill(&reg->rows); /* here system calls are fine; in a recording they are not */
    bool filled =
        pt_round_run(reg, timeout_ms, &collection, err) && fill(snap, reg, &collection, err);
    pt_collection_free(reg, &collection);
    if (filled)
        return snap;
    pitot_snapshot_free(snap);
    return NULL;
}
