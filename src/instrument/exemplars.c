/* SPDX-License-Identifier: MIT */
/*
 * exemplars.c -- one observation that stands for many: its labels, its value and when it was.
 *
 * Labels become the escaped block of an exposition at once, on the stack, because a slot is small
 * and a scrape then only copies. Everything that records is bounded by the size of a slot: no lock,
 * no allocation, no system call, no wait.
 */
#include "instrument/exemplars.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "instrument/family.h"

#include <string.h>

void pt_exemplars_plan(struct pt_family *family)
{
    const struct pt_desc *desc = &family->desc;
    bool only_native = desc->native.on && desc->bound_count == 0;

    family->exemplar_buckets = only_native ? 0 : (uint32_t)desc->bound_count + 1; /* a counter: 1 */
    family->exemplar_natives = desc->native.on ? PT_EXEMPLARS_NATIVE : 0;
}

size_t pt_exemplars_slots(const struct pt_family *family)
{
    return family->exemplar_buckets + family->exemplar_natives;
}

size_t pt_exemplars_words(const struct pt_family *family)
{
    return pt_exemplars_slots(family) * PT_SLOT_WORDS;
}

static struct pt_slot *slots_of(const struct pt_series *series)
{
    return (struct pt_slot *)(void *)(series->cold + pt_series_family(series)->word_count);
}

/* ---- Labels to a block ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* Names of the legacy set that mean nothing else; bounded by the size of a slot. */
static bool is_name(const char *name)
{
    size_t size = 0;

    if (!is_letter(name[0]) || (name[0] == '_' && name[1] == '_'))
        return false;
    for (; is_letter(name[size]) || (name[size] >= '0' && name[size] <= '9'); size++)
        if (size == PITOT_EXEMPLAR_BYTES)
            return false;
    return name[size] == '\0' && strcmp(name, "le") != 0 && strcmp(name, "quantile") != 0;
}

/* A block in the making. Characters are counted before they are escaped. */
struct block {
    struct pt_record *record;
    size_t characters;
    bool good;
};

static void add_bytes(struct block *block, const char *bytes, size_t size)
{
    struct pt_record *record = block->record;

    block->good = block->good && size <= sizeof(record->text) - record->size;
    if (!block->good)
        return;
    memcpy(record->text + record->size, bytes, size);
    record->size += size;
}

/* How many bytes from `at` on are ASCII that needs no escaping and controls nothing. */
static size_t plain_run(const char *at)
{
    size_t size = 0;

    while ((unsigned char)at[size] - 0x20u < 0x60 && at[size] != '\\' && at[size] != '"' &&
           size <= PITOT_EXEMPLAR_CHARACTERS)
        size++;
    return size;
}

/* One character that is not plain; returns its bytes. */
static size_t add_character(struct block *block, const char *at)
{
    size_t size = pt_utf8_char(at, 4, NULL); /* it looks no further than a NUL */

    if (*at == '\n')
        add_bytes(block, "\\n", 2);
    else if (*at == '"' || *at == '\\')
        add_bytes(block, (const char[]){'\\', *at}, 2);
    else
        add_bytes(block, at, size);
    block->good = block->good && size > 0;
    return size;
}

static void add_text(struct block *block, const char *text)
{
    while (*text && block->good) {
        size_t run = plain_run(text);

        add_bytes(block, text, run);
        block->characters += run ? run : 1;
        text += run ? run : add_character(block, text);
        block->good = block->good && block->characters <= PITOT_EXEMPLAR_CHARACTERS;
    }
}

static bool is_first_of_its_name(const pitot_label *labels, size_t i)
{
    for (size_t j = 0; j < i; j++)
        if (strcmp(labels[j].name, labels[i].name) == 0)
            return false;
    return true;
}

/* False when the labels break a rule; then the record is spoilt. */
static bool write_block(struct pt_record *record, const pitot_label *labels)
{
    struct block block = {record, 0, true};

    for (size_t i = 0; block.good && labels[i].name; i++) {
        if (!labels[i].value || !is_name(labels[i].name) || !is_first_of_its_name(labels, i))
            return false;
        if (i > 0)
            add_bytes(&block, ",", 1);
        add_text(&block, labels[i].name);
        add_bytes(&block, "=\"", 2);
        add_text(&block, labels[i].value);
        add_bytes(&block, "\"", 1);
    }
    return block.good;
}

/* ---- Which slot ---- */

/* Doubles sort like these, and within a sign they are a logarithmic scale, near enough. */
static uint64_t position(double value)
{
    uint64_t bits = pt_bits_of(value);

    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static uint64_t distance(double a, double b)
{
    uint64_t x = position(a), y = position(b);

    return x < y ? y - x : x - y;
}

/* Of the two that lie closest, the new value counted, the older: the new one is never that. */
static size_t closest(const struct pt_slot_head *heads, double value)
{
    uint64_t nearest = UINT64_MAX;
    size_t found = 0;

    for (size_t i = 0; i < PT_EXEMPLARS_NATIVE; i++) {
        if (distance(heads[i].value, value) < nearest) {
            nearest = distance(heads[i].value, value);
            found = i;
        }
        for (size_t j = 0; j < i; j++) {
            if (distance(heads[i].value, heads[j].value) >= nearest)
                continue;
            nearest = distance(heads[i].value, heads[j].value);
            found = heads[i].time < heads[j].time ? i : j;
        }
    }
    return found;
}

void pt_exemplars_spread(struct pt_slot *slots, const struct pt_record *record)
{
    struct pt_slot_head heads[PT_EXEMPLARS_NATIVE];
    size_t chosen = 0;

    /* What others write meanwhile makes the choice a little worse, not wrong: a slot that has
     * changed since it was looked at is left to them. */
    for (size_t i = 0; i < PT_EXEMPLARS_NATIVE; i++) {
        heads[i] = pt_slot_look(&slots[i]);
        if (!heads[i].filled) {
            pt_slot_write(&slots[i], heads[i].turn, record);
            return;
        }
        if (heads[i].time < heads[chosen].time)
            chosen = i;
    }
    if (record->time - heads[chosen].time < PT_EXEMPLARS_TTL_NS)
        chosen = closest(heads, record->value);
    pt_slot_write(&slots[chosen], heads[chosen].turn, record);
}

void pt_exemplars_observe(
    struct pt_series *series, double value, uint32_t bucket, const pitot_label *labels)
{
    struct pt_family *family = pt_series_family(series);
    struct pt_record record;

    record.value = value;
    record.size = 0;
    if (!labels || !pt_exemplars_slots(family) || pt_series_flags(series) & PT_SERIES_REMOVED)
        return;
    if (!write_block(&record, labels)) {
        pt_registry_drop(family->reg, PT_DROP_EXEMPLAR);
        return;
    }
    record.time = pt_clock_unix_ns_coarse();
    struct pt_slot *slots = slots_of(series);
    if (bucket < family->exemplar_buckets)
        pt_slot_write(&slots[bucket], pt_slot_look(&slots[bucket]).turn, &record);
    if (family->exemplar_natives)
        pt_exemplars_spread(slots + family->exemplar_buckets, &record);
}

/* ---- Not while recording ---- */

bool pt_exemplars_read(
    const struct pt_series *series, size_t i, struct pt_record *record, uint32_t *bucket)
{
    *bucket = i < pt_series_family(series)->exemplar_buckets ? (uint32_t)i : PITOT_EXEMPLAR_NATIVE;
    return pt_slot_read(&slots_of(series)[i], record);
}

void pt_exemplars_clear(struct pt_series *series)
{
    for (size_t i = 0; i < pt_exemplars_slots(pt_series_family(series)); i++)
        pt_slot_clear(&slots_of(series)[i]);
}
