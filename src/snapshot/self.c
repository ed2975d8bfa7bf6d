/* SPDX-License-Identifier: MIT */
/*
 * self.c -- what a registry says about itself.
 *
 * Its names are taken at the registry's birth (registry.c), so nothing can clash with them. It
 * fills a sink like any collector does, but runs last, when the others have reported.
 */
#include "snapshot/self.h"

#include "base/error.h"
#include "snapshot/sink.h"

static void emit_series(struct pitot_sink *sink, uint64_t series)
{
    pitot_sink_family(sink, PITOT_GAUGE,
        &(pitot_desc){.name = PT_SELF_SERIES, .help = "Series in this registry."});
    pitot_sink_value_u64(sink, series, NULL, 0);
}

static void emit_memory(struct pitot_sink *sink, uint64_t bytes)
{
    pitot_sink_family(sink, PITOT_GAUGE,
        &(pitot_desc){
            .name = PT_SELF_MEMORY,
            .help = "Memory of the series, with their texts and numbers.",
            .unit = "bytes",
        });
    pitot_sink_value_u64(sink, bytes, NULL, 0);
}

static void emit_counter(
    struct pitot_sink *sink, int64_t started, const char *name, const char *help, uint64_t value)
{
    pitot_sink_family(sink, PITOT_COUNTER, &(pitot_desc){.name = name, .help = help});
    pitot_sink_started(sink, started);
    pitot_sink_value_u64(sink, value, NULL, 0);
}

static void emit_dropped(struct pitot_sink *sink, int64_t started, const struct pt_drops *drops)
{
    pitot_sink_family(sink, PITOT_COUNTER,
        &(pitot_desc){
            .name = PT_SELF_DROPPED,
            .help = "Updates and label sets that were refused, by reason.",
            .labels = PITOT_LABELS("reason"),
        });
    pitot_sink_started(sink, started);
    for (int i = 0; i < PT_DROP_COUNT; i++)
        pitot_sink_value_u64(sink, pt_cell_read(&drops->by_reason[i]),
            (const char *const[]){pt_drop_text((enum pt_drop)i)}, 1);
}

static void emit_collectors(struct pitot_sink *sink, const struct pt_collection *collection)
{
    if (collection->count == 0)
        return;
    pitot_sink_family(sink, PITOT_COUNTER,
        &(pitot_desc){
            .name = PT_SELF_FAILURES,
            .help =
                "Runs of a collector whose families were left out, because it failed or emitted "
                "something invalid.",
            .labels = PITOT_LABELS("collector"),
        });
    for (size_t i = 0; i < collection->count; i++)
        pitot_sink_value_u64(sink, collection->items[i].failures,
            (const char *const[]){collection->items[i].name.at}, 1);
    pitot_sink_family(sink, PITOT_COUNTER,
        &(pitot_desc){
            .name = PT_SELF_TIMEOUTS,
            .help = "Snapshots without a collector's families, because it was not done in time.",
            .labels = PITOT_LABELS("collector"),
        });
    for (size_t i = 0; i < collection->count; i++)
        pitot_sink_value_u64(sink, collection->items[i].timeouts,
            (const char *const[]){collection->items[i].name.at}, 1);
    pitot_sink_family(sink, PITOT_GAUGE,
        &(pitot_desc){
            .name = PT_SELF_DURATION,
            .help = "How long the last run of a collector took.",
            .unit = "seconds",
            .labels = PITOT_LABELS("collector"),
        });
    for (size_t i = 0; i < collection->count; i++)
        if (collection->items[i].seconds >= 0)
            pitot_sink_value(sink, collection->items[i].seconds,
                (const char *const[]){collection->items[i].name.at}, 1);
}

struct pt_part *pt_self_part(
    pitot_registry *reg, size_t series, const struct pt_collection *collection, pitot_error *err)
{
    struct pitot_sink sink;
    struct pt_part *part = NULL;

    if (pt_sink_start(&sink, &reg->drops, UINT32_MAX)) {
        emit_series(&sink, series);
        emit_counter(&sink, reg->started, PT_SELF_SNAPSHOTS,
            "Snapshots taken of this registry, this one included.",
            pt_cell_read(&reg->snapshots_taken));
        emit_counter(&sink, reg->started, PT_SELF_UTF8,
            "Label values that were not UTF-8, or had a NUL, and were repaired.",
            pt_cell_read(&reg->drops.invalid_utf8));
        emit_memory(&sink, atomic_load_explicit(&reg->memory, memory_order_relaxed));
        emit_counter(&sink, reg->started, PT_SELF_EXPIRED,
            "Children that were removed because nothing had been recorded on them for long.",
            pt_cell_read(&reg->expired));
        emit_dropped(&sink, reg->started, &reg->drops);
        emit_collectors(&sink, collection);
        part = pt_sink_finish(&sink);
    }
    if (!part)
        pt_fail(err, sink.err.code, "%s", sink.err.message);
    return part;
}
