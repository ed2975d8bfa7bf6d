/* SPDX-License-Identifier: MIT */
/*
 * heads.c -- what a page of the text family has said of its families so far: type, help, unit.
 *
 * A table of hashes has the names of all families. With OpenMetrics it also has the names that
 * their samples have, because no two families may have one in common.
 */
#include "format/heads.h"

#include "base/alloc.h"
#include "format/openmetrics.h"

struct pt_name_slot {
    uint64_t hash;
    uint32_t head; /* counted from 1; 0: free */
    uint32_t suffix;
};

static const char *const suffixes[] = {
    "", "_total", "_created", "_count", "_sum", "_bucket", "_gcount", "_gsum", "_info"};
enum { NONE, TOTAL, CREATED, COUNT, SUM, BUCKET, GCOUNT, GSUM, INFO };

struct pt_heads pt_heads_new(
    struct pt_scan *scan, struct pt_gather *gather, enum pt_dialect dialect)
{
    return (struct pt_heads){
        .scan = scan, .gather = gather, .dialect = dialect, .scratch = pt_buf_new(SIZE_MAX / 4)};
}

void pt_heads_free(struct pt_heads *heads)
{
    pt_free(heads->heads);
    pt_free(heads->slots);
    pt_buf_free(&heads->scratch);
}

/* ---- The table of names ---- */

static bool is_name_of(
    const struct pt_heads *heads, const struct pt_name_slot *slot, pitot_str text)
{
    pitot_str name = heads->heads[slot->head - 1].name;
    const char *suffix = suffixes[slot->suffix];

    return text.size == name.size + strlen(suffix) && memcmp(text.at, name.at, name.size) == 0 &&
           memcmp(text.at + name.size, suffix, strlen(suffix)) == 0;
}

/* The family of this name, or (`any`) one that has a sample of it; 0 when there is none. */
static uint32_t find(const struct pt_heads *heads, pitot_str text, bool any, uint32_t but)
{
    struct pt_hash_key key = heads->scan->key;
    uint64_t hash = pt_hash_one(key, text.at, text.size);
    size_t mask = heads->slot_room - 1;

    if (!heads->slot_room)
        return 0;
    for (size_t at = (size_t)hash & mask; heads->slots[at].head; at = (at + 1) & mask) {
        const struct pt_name_slot *slot = &heads->slots[at];

        if (slot->hash == hash && (any || slot->suffix == NONE) && slot->head != but &&
            is_name_of(heads, slot, text))
            return slot->head;
    }
    return 0;
}

static bool grow(struct pt_heads *heads)
{
    size_t room = heads->slot_room ? heads->slot_room * 2 : 256;
    struct pt_name_slot *slots = pt_alloc_zero(room * sizeof(*slots), NULL);

    if (!slots) {
        return pt_scan_fail(heads->scan);
    }
    for (size_t i = 0; i < heads->slot_room; i++) {
        size_t at = (size_t)heads->slots[i].hash & (room - 1);

        if (!heads->slots[i].head)
            continue;
        while (slots[at].head)
            at = (at + 1) & (room - 1);
        slots[at] = heads->slots[i];
    }
    pt_free(heads->slots);
    heads->slots = slots;
    heads->slot_room = room;
    return true;
}

/* A name with a suffix, in the scratch. */
static pitot_str joined(struct pt_heads *heads, pitot_str name, unsigned suffix)
{
    if (suffix == NONE)
        return name;
    heads->scratch.size = 0;
    pt_buf_add_str(&heads->scratch, name);
    pt_buf_add_text(&heads->scratch, suffixes[suffix]);
    if (heads->scratch.failed) {
        pt_scan_fail(heads->scan);
        return name;
    }
    return (pitot_str){heads->scratch.at, heads->scratch.size};
}

static void insert(struct pt_heads *heads, uint32_t head, unsigned suffix)
{
    struct pt_hash_key key = heads->scan->key;
    pitot_str text = joined(heads, heads->heads[head - 1].name, suffix);
    uint64_t hash = pt_hash_one(key, text.at, text.size);

    if (heads->slot_count * 2 >= heads->slot_room && !grow(heads))
        return;
    size_t at = (size_t)hash & (heads->slot_room - 1);
    while (heads->slots[at].head)
        at = (at + 1) & (heads->slot_room - 1);
    heads->slots[at] = (struct pt_name_slot){hash, head, suffix};
    heads->slot_count++;
}

/* ---- Names that clash ---- */

/* The suffixes of a family's samples; those that only a strict reader cares about are last. */
static const uint8_t *suffixes_of(pitot_type type)
{
    static const uint8_t counter[] = {TOTAL, CREATED, NONE}, info[] = {INFO, NONE}, none[] = {NONE},
                         summary[] = {COUNT, SUM, CREATED, NONE},
                         histogram[] = {COUNT, SUM, BUCKET, CREATED, NONE},
                         gauge_histogram[] = {GCOUNT, GSUM, BUCKET, NONE};

    switch (type) {
    case PITOT_COUNTER:
        return counter;
    case PITOT_INFO:
        return info;
    case PITOT_SUMMARY:
        return summary;
    case PITOT_HISTOGRAM:
        return histogram;
    case PITOT_GAUGE_HISTOGRAM:
        return gauge_histogram;
    default:
        return none;
    }
}

/* Enters the names of a family's samples. A lenient reader only minds two families that would have
 * one name in the snapshot. */
static void enter_samples(struct pt_heads *heads, uint32_t number)
{
    bool lenient = heads->scan->page->lenient;
    struct pt_head *head = &heads->heads[number - 1];

    if (heads->dialect != PT_DIALECT_OPENMETRICS)
        return;
    const uint8_t *suffix = suffixes_of(head->type);
    uint32_t other = find(heads, head->name, true, number);
    for (; !other && *suffix; suffix++)
        if (!lenient || *suffix == TOTAL || *suffix == INFO) {
            other = find(heads, joined(heads, head->name, *suffix), true, number);
            insert(heads, number, *suffix);
        }
    if (!other)
        return;
    pitot_str name = heads->heads[other - 1].name;
    head->clashes = true;
    pt_scan_problem_at(heads->scan, head->line, 1,
        "the samples of '%.*s' have a name in common with those of '%.*s': rename one",
        PT_SHOWN(head->name), PT_SHOWN(name));
}

/* ---- Families ---- */

struct pt_head *pt_heads_find(const struct pt_heads *heads, pitot_str name)
{
    uint32_t number = find(heads, name, false, 0);

    return number ? &heads->heads[number - 1] : NULL;
}

struct pt_head *pt_heads_turn_to(struct pt_heads *heads, pitot_str name, const char *at)
{
    struct pt_head *open = pt_heads_open(heads);

    if (open && pt_str_equal(open->name, name))
        return open;
    if (heads->gather)
        pt_gather_close(heads->gather);
    heads->begun = false;
    heads->open = find(heads, name, false, 0);
    if (heads->open) {
        if (!heads->scan->page->lenient)
            pt_scan_problem(heads->scan, at,
                "'%.*s' goes on here, but other lines are in between: put all of it together",
                PT_SHOWN(name));
        return pt_heads_open(heads);
    }
    if (heads->count == UINT32_MAX - 1 ||
        !pt_grow(&heads->heads, heads->count, &heads->room, sizeof(*heads->heads), NULL)) {
        pt_scan_fail(heads->scan);
        return NULL;
    }
    heads->heads[heads->count++] =
        (struct pt_head){.type = PITOT_UNKNOWN, .name = name, .line = heads->scan->line};
    heads->open = heads->count;
    insert(heads, (uint32_t)heads->open, NONE);
    return pt_heads_open(heads);
}

bool pt_heads_is_total(const struct pt_heads *heads, const struct pt_head *head)
{
    return heads->dialect == PT_DIALECT_OPENMETRICS && heads->scan->page->lenient &&
           head->type == PITOT_COUNTER && head->name.size > 6 &&
           memcmp(head->name.at + head->name.size - 6, "_total", 6) == 0;
}

/* The name that the family has in the snapshot. */
static pitot_str canonical(struct pt_heads *heads, const struct pt_head *head)
{
    unsigned suffix = head->type == PITOT_COUNTER ? TOTAL : head->type == PITOT_INFO ? INFO : NONE;

    if (heads->dialect != PT_DIALECT_OPENMETRICS || suffix == NONE ||
        pt_heads_is_total(heads, head))
        return head->name;
    pitot_str name = joined(heads, head->name, suffix);
    return pt_builder_text(heads->scan->builder, name.at, name.size);
}

static void tell_builder(struct pt_heads *heads, const struct pt_head *head)
{
    pitot_str name = canonical(heads, head);

    if (name.at)
        pt_builder_family(heads->scan->builder, head->type, name, head->help, head->unit);
    else
        pt_scan_fail(heads->scan);
}

bool pt_heads_begin(struct pt_heads *heads)
{
    struct pt_head *head = pt_heads_open(heads);

    if (heads->begun)
        return !head->clashes;
    if (!head->has_samples)
        enter_samples(heads, (uint32_t)heads->open);
    head->has_samples = heads->begun = true;
    if (head->clashes)
        return false;
    tell_builder(heads, head);
    if (heads->gather)
        pt_gather_open(heads->gather, head->type, head->name);
    return !heads->scan->stopped;
}

void pt_heads_finish(struct pt_heads *heads)
{
    if (heads->gather)
        pt_gather_close(heads->gather);
    for (size_t i = 0; i < heads->count && !heads->scan->stopped; i++) {
        struct pt_head *head = &heads->heads[i];

        bool described = head->has_type || head->help.at || head->unit.at;

        if (head->has_samples || !described)
            continue;
        enter_samples(heads, (uint32_t)i + 1);
        if (!head->clashes)
            tell_builder(heads, head);
    }
}

/* ---- Metadata ---- */

static const struct {
    const char *word;
    pitot_type type;
    bool text, openmetrics;
} types[] = {
    {"counter", PITOT_COUNTER, true, true},
    {"gauge", PITOT_GAUGE, true, true},
    {"histogram", PITOT_HISTOGRAM, true, true},
    {"summary", PITOT_SUMMARY, true, true},
    {"untyped", PITOT_UNKNOWN, true, false},
    {"unknown", PITOT_UNKNOWN, false, true},
    {"info", PITOT_INFO, false, true},
    {"stateset", PITOT_STATESET, false, true},
    {"gaugehistogram", PITOT_GAUGE_HISTOGRAM, false, true},
};

static bool word_is(pitot_str word, const char *text)
{
    return word.size == strlen(text) && memcmp(word.at, text, word.size) == 0;
}

static bool ends_in(pitot_str name, pitot_str unit)
{
    return name.size > unit.size && name.at[name.size - unit.size - 1] == '_' &&
           memcmp(name.at + name.size - unit.size, unit.at, unit.size) == 0;
}

static bool set_type(struct pt_heads *heads, struct pt_head *head)
{
    bool text = heads->dialect == PT_DIALECT_TEXT;
    struct pt_scan *scan = heads->scan;
    pitot_str word = pt_scan_word(scan);

    if (head->has_type && !scan->page->lenient)
        return pt_scan_problem(
            scan, scan->start, "TYPE of '%.*s' stands twice: leave one out", PT_SHOWN(head->name));
    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
        if (word_is(word, types[i].word) && (text ? types[i].text : types[i].openmetrics)) {
            head->type = types[i].type;
            head->has_type = true;
            if (!scan->page->lenient && head->unit.size &&
                (head->type == PITOT_INFO || head->type == PITOT_STATESET))
                return pt_scan_problem(scan, word.at, "%s has no unit: remove UNIT", types[i].word);
            if (!scan->page->lenient && head->type == PITOT_INFO &&
                heads->dialect == PT_DIALECT_OPENMETRICS_2 &&
                !ends_in(head->name, (pitot_str){"info", 4}))
                return pt_scan_problem(scan, word.at, "the name of an info ends in _info");
            return pt_scan_line_end(scan);
        }
    return pt_scan_problem(scan, word.at, "'%.*s' is no type: %s are", PT_SHOWN(word),
        text ? "counter, gauge, histogram, summary and untyped"
             : "counter, gauge, histogram, gaugehistogram, summary, info, stateset and unknown");
}

static bool set_unit(struct pt_heads *heads, struct pt_head *head)
{
    struct pt_scan *scan = heads->scan;
    pitot_str unit = pt_scan_word(scan);

    if (head->unit.at && !scan->page->lenient)
        return pt_scan_problem(
            scan, scan->start, "UNIT of '%.*s' stands twice: leave one out", PT_SHOWN(head->name));
    if (!scan->page->lenient && unit.size) {
        if (head->type == PITOT_INFO || head->type == PITOT_STATESET)
            return pt_scan_problem(
                scan, unit.at, "info and stateset have no unit: remove this line");
        if (!pt_openmetrics_is_unit(unit))
            return pt_scan_problem(scan, unit.at,
                "'%.*s' is no unit, which is of letters, digits, '_' and ':'", PT_SHOWN(unit));
        if (heads->dialect == PT_DIALECT_OPENMETRICS && !ends_in(head->name, unit))
            return pt_scan_problem(scan, unit.at, "the name '%.*s' should end in its unit, '_%.*s'",
                PT_SHOWN(head->name), PT_SHOWN(unit));
    }
    head->unit = unit;
    return pt_scan_line_end(scan);
}

static bool set_help(struct pt_heads *heads, struct pt_head *head)
{
    struct pt_scan *scan = heads->scan;

    if (head->help.at && !scan->page->lenient)
        return pt_scan_problem(
            scan, scan->start, "HELP of '%.*s' stands twice: leave one out", PT_SHOWN(head->name));
    return pt_scan_help(scan, heads->dialect != PT_DIALECT_TEXT, &head->help);
}

void pt_heads_metadata(struct pt_heads *heads, pitot_str keyword)
{
    struct pt_scan *scan = heads->scan;
    const char *at = scan->at;
    bool help = word_is(keyword, "HELP"), unit = word_is(keyword, "UNIT");
    pitot_str name;

    if (!pt_scan_name(scan, true, &name))
        return;
    if (scan->at == scan->end && help && !scan->exact) {
        /* nothing said is as good as an empty text */
    } else if (help && (*scan->at == ' ' || (*scan->at == '\t' && !scan->exact))) {
        scan->at++; /* one: further ones are of the text */
    } else if (unit && *scan->at == ' ' && scan->at + 1 == scan->end) {
        scan->at++; /* an empty unit */
    } else if (!pt_scan_separator(scan, help ? "the text" : unit ? "the unit" : "the type")) {
        return;
    }
    struct pt_head *head = pt_heads_turn_to(heads, name, at);
    if (!head)
        return;
    if (head->has_samples) { /* a lenient reader leaves it as it was described before */
        if (!scan->page->lenient)
            pt_scan_problem(scan, scan->start,
                "this line on '%.*s' comes after its first sample: put it before", PT_SHOWN(name));
        return;
    }
    if (help)
        set_help(heads, head);
    else if (unit)
        set_unit(heads, head);
    else
        set_type(heads, head);
}
