/* SPDX-License-Identifier: MIT */
/*
 * stateset.c -- which of a few states something is in.
 *
 * All states of a series are bits of one word, so a change from one state to another is one store:
 * no snapshot sees both or none. Any thread, any signal handler.
 */
#include "instrument/stateset.h"

#include "instrument/family.h"

#include <string.h>

pitot_stateset *pitot_stateset_new(pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_stateset *)pt_family_single(
        pt_registry_family(reg, PITOT_STATESET, false, desc, NULL, NULL, err));
}

pitot_stateset_vec *pitot_stateset_vec_new(
    pitot_registry *reg, pitot_error *err, const pitot_desc *desc)
{
    return (pitot_stateset_vec *)pt_registry_family(
        reg, PITOT_STATESET, true, desc, NULL, NULL, err);
}

/* The bit of a state; 0 when there is no such state. */
static uint64_t bit_of(const struct pt_desc *desc, const char *state)
{
    for (size_t i = 0; state && i < desc->state_count; i++)
        if (strcmp(desc->states[i].at, state) == 0)
            return (uint64_t)1 << i;
    return 0;
}

/* The bit to change and the word it is in; 0 when it has to be left alone. */
static uint64_t find(pitot_stateset *s, const char *state, pt_cell **word)
{
    const struct pt_series *series = (const struct pt_series *)s;

    if (!s)
        return 0;
    uint64_t bit = bit_of(&pt_series_family(series)->desc, state);
    if (!bit)
        pt_registry_drop(pt_series_family(series)->reg, PT_DROP_STATE);
    *word = (pt_cell *)pt_series_rows(series); /* NULL when the series has been removed */
    return *word ? bit : 0;
}

/* Relaxed, here and below: the word is all that there is to see. */
void pitot_stateset_set(pitot_stateset *s, const char *state, bool on)
{
    pt_cell *word;
    uint64_t bit = find(s, state, &word);

    if (bit && on)
        atomic_fetch_or_explicit(word, bit, memory_order_relaxed);
    else if (bit)
        atomic_fetch_and_explicit(word, ~bit, memory_order_relaxed);
}

void pitot_stateset_enum(pitot_stateset *s, const char *state)
{
    pt_cell *word;
    uint64_t bit = find(s, state, &word);

    if (bit)
        atomic_store_explicit(word, bit, memory_order_relaxed);
}

bool pitot_stateset_is(const pitot_stateset *s, const char *state)
{
    const struct pt_series *series = (const struct pt_series *)s;
    const pt_cell *word = s ? (const pt_cell *)pt_series_rows(series) : NULL;

    return word && (pt_cell_read(word) & bit_of(&pt_series_family(series)->desc, state));
}

static size_t block_size(const struct pt_desc *desc, size_t state, size_t before)
{
    return before + (before ? 1 : 0) + desc->state_labels[state].size;
}

size_t pt_stateset_text_size(const struct pt_desc *desc, pitot_str block)
{
    size_t size = 0;

    for (size_t i = 0; i < desc->state_count; i++)
        size += block_size(desc, i, block.size);
    return size;
}

void pt_stateset_write_text(const struct pt_desc *desc, pitot_str block, char *to)
{
    for (size_t i = 0; i < desc->state_count; i++) {
        pitot_str label = desc->state_labels[desc->state_order[i]];

        if (block.size) {
            memcpy(to, block.at, block.size);
            to += block.size;
            *to++ = ',';
        }
        memcpy(to, label.at, label.size);
        to += label.size;
    }
}

void pt_stateset_read(const struct pt_series *series, pitot_str *labels, uint64_t *words)
{
    const struct pt_desc *desc = &pt_series_family(series)->desc;
    const char *text = series->labels + series->labels_size;
    uint64_t states = pt_cell_read((const pt_cell *)series->cold);

    for (size_t i = 0; i < desc->state_count; i++) {
        size_t state = desc->state_order[i];
        size_t size = block_size(desc, state, series->labels_size);

        labels[i] = (pitot_str){text, size};
        words[i] = states >> state & 1;
        text += size;
    }
}
