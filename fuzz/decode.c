/* SPDX-License-Identifier: MIT */
/*
 * decode.c -- any bytes as a page of one format, FUZZ_FORMAT, chosen when this is compiled.
 *
 * Neither reader may crash or take more memory than it may. A lenient one always succeeds within
 * its memory. What a strict one takes can be written again in the same format, and then says the
 * same, but for what the writer says it left out.
 */
#include "fuzz/fuzz.h"
#include "tests/same.h"

#include <stdlib.h>

struct page {
    char *at;
    size_t size, room;
};

static bool keep(void *ctx, const char *bytes, size_t size)
{
    struct page *page = ctx;

    if (page->room - page->size < size) {
        page->room = (page->size + size) * 2;
        page->at = realloc(page->at, page->room);
        FUZZ_ASSERT(page->at != NULL);
    }
    memcpy(page->at + page->size, bytes, size);
    page->size += size;
    return true;
}

/* Differences of counts that are no integers do not add up to them again, to the last bit. */
static bool has_fractions(const pitot_snapshot *snap)
{
    pitot_family family;
    pitot_series series;

    for (size_t i = 0; pitot_snapshot_family(snap, i, &family); i++)
        for (size_t j = 0; pitot_snapshot_series(snap, i, j, &series); j++)
            if (series.is_double &&
                (family.type == PITOT_HISTOGRAM || family.type == PITOT_GAUGE_HISTOGRAM))
                return true;
    return false;
}

static volatile double seen; /* so that looking is not optimised away */

static void look_at_all(const pitot_snapshot *snap)
{
    pitot_family family;
    pitot_series series;

    for (size_t i = 0; pitot_snapshot_family(snap, i, &family); i++)
        for (size_t j = 0; pitot_snapshot_series(snap, i, j, &series); j++) {
            pitot_str name, value;

            for (size_t at = 0; pitot_labels_next(series.labels, &at, &name, &value);)
                seen = (double)(name.size + value.size);
            for (size_t k = 0; k < series.bound_count; k++)
                seen = series.bounds[k] + series.numbers[k].f64;
        }
}

static void write_and_read(const pitot_snapshot *snap)
{
    size_t dropped = 0;
    pitot_encode_opts opts = {
        .escaping = PITOT_ESCAPING_NONE, .created = true, .dropped = &dropped};
    struct page page = {0};
    pitot_error err = {0};
    char why[300];

    FUZZ_ASSERT(pitot_encode_with(snap, FUZZ_FORMAT, &opts, keep, &page, &err));
    if (dropped == 0 && !has_fractions(snap)) {
        pitot_snapshot *again =
            pitot_decode(FUZZ_FORMAT, page.at ? page.at : "", page.size, NULL, &err);

        FUZZ_EXPECT(again != NULL, err.message);
        FUZZ_EXPECT(snapshots_same(snap, again, 0, why, sizeof(why)), why);
        pitot_snapshot_free(again);
    }
    free(page.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    for (int lenient = 0; lenient < 2; lenient++) {
        pitot_error err = {0};
        pitot_snapshot *snap = pitot_decode(
            FUZZ_FORMAT, (const char *)bytes, size, &(pitot_decode_opts){.lenient = lenient}, &err);

        FUZZ_EXPECT(snap || !lenient || err.code == PITOT_ELIMIT, err.message);
        FUZZ_ASSERT(snap || err.message[0]);
        if (snap && !lenient)
            write_and_read(snap);
        if (snap)
            look_at_all(snap);
        pitot_snapshot_free(snap);
    }
    return 0;
}
