/* SPDX-License-Identifier: MIT */
/*
 * build.c -- a snapshot from what a reader finds on a page, family by family.
 *
 * The open family grows in columns on the heap, one set of columns per run of series with the same
 * bounds; closing it moves them into the part's pool. A table of hashes finds label sets that stand
 * twice; it is of the open family only, and made anew when a family goes on later.
 */
#include "snapshot/build.h"

#include "base/alloc.h"
#include "base/error.h"
#include "snapshot/block.h"

#define COLUMNS_SEARCHED 8
#define COLUMNS_LEAST 600 /* bytes that columns begin with, about */

/* The columns of the series that share their bounds. Those after `kinds` are rare, so each is NULL
 * until a series needs it, and then says of those before that they have no such thing. */
struct columns {
    size_t bound_count;
    double *bounds;
    size_t count, room;
    pitot_str *labels;
    uint64_t *words;
    uint8_t *kinds;
    int64_t *starts, *times;
    uint32_t *ends;
    pitot_native *natives;
    pitot_exemplar *exemplars;
    size_t exemplar_count, exemplar_room;
};

struct seen {
    uint64_t hash;
    uint32_t columns, series; /* series is counted from 1; 0: free */
};

struct pt_builder {
    struct pt_part *part;
    size_t memory_max, heap; /* heap: bytes of the columns of the open family, about */
    pitot_error err;
    bool open;
    struct pt_family_values head;
    struct columns *columns;
    size_t columns_count, columns_room, last;
    struct seen *seen; /* open addressing; a power of two */
    size_t seen_count, seen_room;
    struct pt_hash_key key;
};

struct pt_builder *pt_builder_new(size_t memory_max, pitot_error *err)
{
    struct pt_builder *builder = pt_alloc_zero(sizeof(*builder), err);

    if (!builder)
        return NULL;
    builder->part = pt_part_new(err);
    if (!builder->part) {
        pt_free(builder);
        return NULL;
    }
    builder->memory_max = memory_max;
    builder->key = pt_hash_key_random();
    return builder;
}

static bool within_memory(struct pt_builder *builder)
{
    size_t used = builder->part->pool.bytes + builder->heap;

    return used <= builder->memory_max ||
           pt_fail(&builder->err, PITOT_ELIMIT, "the page needs more than %zu bytes of memory",
               builder->memory_max);
}

char *pt_builder_room(struct pt_builder *builder, size_t size, size_t more)
{
    if (builder->err.code || size > builder->memory_max) {
        pt_fail(&builder->err, PITOT_ELIMIT, "the page needs more than %zu bytes of memory",
            builder->memory_max);
        return NULL;
    }
    char *room = pt_pool_text(&builder->part->pool, size + more, &builder->err);
    return room && within_memory(builder) ? room : NULL;
}

pitot_str pt_builder_text(struct pt_builder *builder, const char *bytes, size_t size)
{
    char *text = pt_builder_room(builder, size, 1);

    if (!text)
        return (pitot_str){NULL, 0};
    if (size)
        memcpy(text, bytes, size);
    text[size] = '\0';
    return (pitot_str){text, size};
}

/* ---- The table of label sets ---- */

static pitot_str labels_of(const struct pt_builder *builder, const struct seen *seen)
{
    return builder->columns[seen->columns].labels[seen->series - 1];
}

static bool grow_seen(struct pt_builder *builder)
{
    size_t room = builder->seen_room ? builder->seen_room * 2 : 64;
    struct seen *seen = pt_alloc_zero(room * sizeof(*seen), &builder->err);

    if (!seen)
        return false;
    for (size_t i = 0; i < builder->seen_room; i++) {
        size_t at = (size_t)builder->seen[i].hash;

        if (!builder->seen[i].series)
            continue;
        for (at &= room - 1; seen[at].series; at = (at + 1) & (room - 1))
            continue;
        seen[at] = builder->seen[i];
    }
    pt_free(builder->seen);
    builder->heap += (room - builder->seen_room) * sizeof(*seen);
    builder->seen = seen;
    builder->seen_room = room;
    return true;
}

/* The place of this label set: taken (`series` != 0) or free. NULL when memory ran out. */
static struct seen *place_of(struct pt_builder *builder, pitot_str labels)
{
    uint64_t hash = pt_block_hash_quotes(labels, builder->key, &builder->head.quoted);

    if (builder->seen_count * 2 >= builder->seen_room && !grow_seen(builder))
        return NULL;
    for (size_t at = (size_t)hash & (builder->seen_room - 1);;
         at = (at + 1) & (builder->seen_room - 1)) {
        struct seen *place = &builder->seen[at];

        if (!place->series)
            place->hash = hash;
        else if (place->hash != hash || !pt_block_equal(labels_of(builder, place), labels))
            continue;
        return place;
    }
}

/* ---- Columns ---- */

static bool fits(const struct columns *columns, const pitot_series *series)
{
    return columns->bound_count == series->bound_count &&
           (series->bound_count == 0 ||
               memcmp(columns->bounds, series->bounds, series->bound_count * sizeof(double)) == 0);
}

static struct columns *columns_for(struct pt_builder *builder, const pitot_series *series)
{
    size_t size = series->bound_count * sizeof(double);

    struct columns *last = builder->columns_count ? &builder->columns[builder->last] : NULL;

    if (last && fits(last, series)) /* nearly always */
        return last;
    /* No further back than this, or a page whose series all differ would take forever. */
    size_t oldest =
        builder->columns_count > COLUMNS_SEARCHED ? builder->columns_count - COLUMNS_SEARCHED : 0;
    for (size_t i = builder->columns_count; i-- > oldest;)
        if (fits(&builder->columns[i], series)) {
            builder->last = i;
            return &builder->columns[i];
        }
    if (!pt_grow(&builder->columns, builder->columns_count, &builder->columns_room,
            sizeof(*builder->columns), &builder->err))
        return NULL;
    struct columns *columns = &builder->columns[builder->columns_count];
    *columns = (struct columns){.bound_count = series->bound_count};
    columns->bounds = pt_pool_alloc(&builder->part->pool, size, &builder->err);
    if (!columns->bounds)
        return NULL;
    if (size)
        memcpy(columns->bounds, series->bounds, size);
    builder->last = builder->columns_count++;
    builder->heap += sizeof(*columns) + COLUMNS_LEAST;
    return columns;
}

/* Gives a column its place for `room` series. */
static bool resize(struct pt_builder *builder, void *column_ref, size_t room, size_t size)
{
    void *column;

    memcpy(&column, column_ref, sizeof(column));
    if (room > SIZE_MAX / 2 / size)
        return pt_fail(&builder->err, PITOT_ENOMEM, "out of memory: %zu series", room);
    column = pt_realloc(column, room * size, &builder->err);
    if (column)
        memcpy(column_ref, &column, sizeof(column));
    return column != NULL;
}

#define RESIZE(column, items)                                                                      \
    resize(builder, &columns->column, room, (items) * sizeof(*columns->column))

static bool make_room(struct pt_builder *builder, struct columns *columns, size_t wide)
{
    size_t room = columns->room ? columns->room * 2 : 8;

    if (columns->count < columns->room)
        return true;
    if (!RESIZE(labels, 1) || !RESIZE(words, wide) || !RESIZE(kinds, 1) ||
        (columns->starts && !RESIZE(starts, 1)) || (columns->times && !RESIZE(times, 1)) ||
        (columns->ends && !RESIZE(ends, 1)) || (columns->natives && !RESIZE(natives, 1)))
        return false;
    columns->room = room;
    return true;
}

static const void *copy(struct pt_builder *builder, const void *items, size_t size)
{
    void *copied = size ? pt_pool_alloc(&builder->part->pool, size, &builder->err) : NULL;

    if (copied)
        memcpy(copied, items, size);
    return copied;
}

static void copy_native(struct pt_builder *builder, pitot_native *to, const pitot_native *from)
{
    *to = *from;
    to->positive_spans =
        copy(builder, from->positive_spans, from->positive_span_count * sizeof(pitot_span));
    to->negative_spans =
        copy(builder, from->negative_spans, from->negative_span_count * sizeof(pitot_span));
    to->positive = copy(builder, from->positive, from->positive_count * sizeof(pitot_number));
    to->negative = copy(builder, from->negative, from->negative_count * sizeof(pitot_number));
}

/* A column of times; it begins with the first series that has one. */
static bool add_time(
    struct pt_builder *builder, const struct columns *columns, int64_t **column, int64_t time)
{
    if (!*column && time == PITOT_TIME_NONE)
        return true;
    if (!*column) {
        if (!resize(builder, column, columns->room, sizeof(**column)))
            return false;
        for (size_t i = 0; i < columns->count; i++)
            (*column)[i] = PITOT_TIME_NONE;
    }
    (*column)[columns->count] = time;
    builder->heap += sizeof(time);
    return true;
}

static bool add_native(
    struct pt_builder *builder, struct columns *columns, const pitot_native *native)
{
    size_t room = columns->room;

    if (!columns->natives && !native)
        return true;
    if (!columns->natives) {
        if (!RESIZE(natives, 1))
            return false;
        for (size_t i = 0; i < columns->count; i++)
            columns->natives[i] = (pitot_native){.schema = PITOT_SCHEMA_NONE};
        builder->heap += columns->count * sizeof(*native);
    }
    columns->natives[columns->count] = (pitot_native){.schema = PITOT_SCHEMA_NONE};
    if (native)
        copy_native(builder, &columns->natives[columns->count], native);
    builder->heap += sizeof(*native);
    return true;
}

static bool add_exemplars(
    struct pt_builder *builder, struct columns *columns, const pitot_series *series)
{
    size_t room = columns->room;

    if (!columns->ends && series->exemplar_count == 0)
        return true;
    if (!columns->ends) {
        if (!RESIZE(ends, 1))
            return false;
        memset(columns->ends, 0, columns->count * sizeof(*columns->ends));
    }
    for (size_t i = 0; i < series->exemplar_count; i++) {
        if (columns->exemplar_count == UINT32_MAX ||
            !pt_grow(&columns->exemplars, columns->exemplar_count, &columns->exemplar_room,
                sizeof(pitot_exemplar), &builder->err))
            return false;
        columns->exemplars[columns->exemplar_count++] = series->exemplars[i];
        builder->heap += sizeof(pitot_exemplar);
    }
    columns->ends[columns->count] = (uint32_t)columns->exemplar_count;
    return true;
}

/* True when `series` is a later point of the series that was added last. */
static bool is_later_point(
    const struct pt_builder *builder, const struct seen *before, const pitot_series *series)
{
    const struct columns *columns = &builder->columns[before->columns];

    return before->columns == builder->last && before->series == columns->count && columns->times &&
           columns->times[before->series - 1] != PITOT_TIME_NONE &&
           series->time > columns->times[before->series - 1];
}

static enum pt_added append(
    struct pt_builder *builder, struct columns *columns, const pitot_series *series)
{
    size_t wide = pt_words_per_series(builder->head.type, series->bound_count), n = columns->count;

    if (n >= UINT32_MAX - 1 || !make_room(builder, columns, wide) ||
        !add_time(builder, columns, &columns->starts, series->start) ||
        !add_time(builder, columns, &columns->times, series->time) ||
        !add_exemplars(builder, columns, series) || !add_native(builder, columns, series->native))
        return PT_ADDED_FAILED;
    columns->labels[n] = series->labels;
    memcpy(columns->words + n * wide, series->numbers, wide * sizeof(uint64_t));
    columns->kinds[n] = series->is_double ? PT_DOUBLE : PT_U64;
    columns->count++;
    builder->heap += sizeof(pitot_str) + 1 + wide * sizeof(uint64_t);
    return !builder->err.code && within_memory(builder) ? PT_ADDED : PT_ADDED_FAILED;
}

enum pt_added pt_builder_series(struct pt_builder *builder, const pitot_series *series)
{
    if (builder->err.code || !builder->open)
        return PT_ADDED_FAILED;
    struct seen *place = place_of(builder, series->labels);
    if (!place)
        return PT_ADDED_FAILED;
    if (place->series && !is_later_point(builder, place, series))
        return PT_ADDED_BEFORE;
    struct columns *columns = columns_for(builder, series);
    enum pt_added added = columns ? append(builder, columns, series) : PT_ADDED_FAILED;
    if (added == PT_ADDED) {
        builder->seen_count += !place->series;
        place->columns = (uint32_t)builder->last;
        place->series = (uint32_t)columns->count;
    }
    return added;
}

/* ---- Families ---- */

static void free_columns(struct columns *columns)
{
    pt_free(columns->labels);
    pt_free(columns->words);
    pt_free(columns->kinds);
    pt_free(columns->starts);
    pt_free(columns->times);
    pt_free(columns->ends);
    pt_free(columns->natives);
    pt_free(columns->exemplars);
}

static void move_columns(struct pt_builder *builder, const struct columns *columns)
{
    size_t n = columns->count, wide = pt_words_per_series(builder->head.type, columns->bound_count);
    struct pt_family_values *family = pt_part_family(builder->part, &builder->err);

    if (!family)
        return;
    *family = builder->head;
    family->bound_count = columns->bound_count;
    family->bounds = columns->bounds;
    family->series_count = n;
    family->words_per_series = wide;
    family->labels = copy(builder, columns->labels, n * sizeof(pitot_str));
    family->words = copy(builder, columns->words, n * wide * sizeof(uint64_t));
    family->kinds = copy(builder, columns->kinds, n);
    if (columns->starts)
        family->starts = copy(builder, columns->starts, n * sizeof(int64_t));
    if (columns->times)
        family->times = copy(builder, columns->times, n * sizeof(int64_t));
    if (columns->natives)
        family->natives = copy(builder, columns->natives, n * sizeof(pitot_native));
    if (columns->exemplar_count) {
        family->exemplar_ends = copy(builder, columns->ends, n * sizeof(uint32_t));
        family->exemplars =
            copy(builder, columns->exemplars, columns->exemplar_count * sizeof(pitot_exemplar));
    }
    within_memory(builder);
}

/* Empties the table; one large family must not cost all that come after it. */
static void forget_seen(struct pt_builder *builder)
{
    if (builder->seen_count * 8 >= builder->seen_room && builder->seen) {
        memset(builder->seen, 0, builder->seen_room * sizeof(*builder->seen));
        return;
    }
    pt_free(builder->seen);
    builder->seen = NULL;
    builder->seen_room = 0;
}

static void close_family(struct pt_builder *builder)
{
    if (builder->open && builder->columns_count == 0 && !builder->err.code) {
        struct columns none = {0};

        move_columns(builder, &none); /* a family of which the page tells but has no series */
    }
    for (size_t i = 0; i < builder->columns_count; i++) {
        if (!builder->err.code)
            move_columns(builder, &builder->columns[i]);
        free_columns(&builder->columns[i]);
    }
    forget_seen(builder);
    builder->columns_count = builder->last = 0;
    builder->seen_count = 0;
    builder->heap = builder->seen_room * sizeof(*builder->seen);
    builder->open = false;
}

void pt_builder_family(
    struct pt_builder *builder, pitot_type type, pitot_str name, pitot_str help, pitot_str unit)
{
    close_family(builder);
    builder->head = (struct pt_family_values){.type = type,
        .name = name,
        .help = help,
        .unit = unit,
        .quoted = !pt_block_name_is_legacy(name, true)};
    builder->open = true;
}

void pt_builder_fail(struct pt_builder *builder)
{
    pt_fail(&builder->err, PITOT_ENOMEM, "out of memory");
}

void pt_builder_free(struct pt_builder *builder)
{
    if (!builder)
        return;
    builder->open = false;
    builder->err.code = PITOT_EINVAL; /* nothing is moved any more */
    close_family(builder);
    pt_free(builder->columns);
    pt_free(builder->seen);
    pt_part_unref(builder->part);
    pt_free(builder);
}

pitot_snapshot *pt_builder_finish(struct pt_builder *builder, pitot_error *err)
{
    close_family(builder);
    pitot_snapshot *snap = builder->err.code ? NULL : pt_snapshot_new(&builder->err);
    bool good = snap && pt_snapshot_add(snap, builder->part, &builder->err) &&
                pt_snapshot_seal(snap, &builder->err);
    if (!good) {
        pt_fail(err, builder->err.code, "%s", builder->err.message);
        pitot_snapshot_free(snap);
        snap = NULL;
    }
    pt_builder_free(builder);
    return snap;
}
