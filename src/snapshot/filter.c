/* SPDX-License-Identifier: MIT */
/*
 * filter.c -- a part of a snapshot.
 *
 * A family that stays whole is the very same one; of one that does not, the series that stay are
 * gathered. Either way the new snapshot has a reference to every part of the old one, and to the
 * registry that its text belongs to.
 *
 * Wanted labels are written as they would stand in a block, once, so that looking at a series
 * unescapes nothing. One thread.
 */
#include "base/alloc.h"
#include "base/error.h"
#include "instrument/desc.h"
#include "instrument/registry.h"
#include "snapshot/block.h"
#include "snapshot/select.h"

/* Values of one label, one after the other; they are `last` of it when another label follows. */
struct wanted {
    pitot_str name, value; /* escaped */
    bool last;
};

struct filter {
    const char *const *names; /* NULL: all */
    struct wanted *wanted;
    size_t wanted_count;
    struct pt_pool *pool; /* the new part's */
    pitot_error *err;
};

static size_t count_labels(const pitot_label *labels)
{
    size_t count = 0;

    while (labels && labels[count].name)
        count++;
    return count;
}

static bool write_wanted(struct filter *filter, struct wanted *to, const pitot_label *label)
{
    struct pt_buf block = pt_buf_new(SIZE_MAX);
    size_t at = 0;

    pt_block_add(&block, (pitot_str){label->name, strlen(label->name)},
        (pitot_str){label->value, strlen(label->value)});
    if (block.failed)
        pt_fail(filter->err, PITOT_ENOMEM, "filter: out of memory");
    pitot_str copy = {NULL, 0};
    if (!block.failed)
        copy = pt_pool_copy(filter->pool, block.at, block.size, filter->err);
    pt_buf_free(&block);
    return copy.at && pitot_labels_next(copy, &at, &to->name, &to->value);
}

/* Values of the same label side by side. */
static bool read_labels(struct filter *filter, const pitot_label *labels)
{
    size_t count = count_labels(labels);
    bool *taken = pt_pool_alloc_zero(filter->pool, count + 1, filter->err);

    filter->wanted =
        pt_pool_alloc_zero(filter->pool, (count + 1) * sizeof(*filter->wanted), filter->err);
    if (!taken || !filter->wanted)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!labels[i].value)
            return pt_fail(filter->err, PITOT_EINVAL,
                "filter: label \"%s\" has no value; \"\" means those without it", labels[i].name);
        for (size_t j = i; !taken[i] && j < count; j++) {
            if (taken[j] || strcmp(labels[i].name, labels[j].name) != 0)
                continue;
            taken[j] = j > i;
            if (!write_wanted(filter, &filter->wanted[filter->wanted_count++], &labels[j]))
                return false;
        }
        if (!taken[i])
            filter->wanted[filter->wanted_count - 1].last = true;
    }
    return true;
}

static bool ends_with(pitot_str text, const char *end)
{
    size_t size = strlen(end);

    return text.size > size && memcmp(text.at + text.size - size, end, size) == 0;
}

/* What OpenMetrics calls the family; else the same. */
static pitot_str short_name(const struct pt_family_values *family)
{
    pitot_str name = family->name;

    if (family->type == PITOT_COUNTER && ends_with(name, "_total"))
        name.size -= strlen("_total");
    else if (family->type == PITOT_INFO && ends_with(name, "_info"))
        name.size -= strlen("_info");
    return name;
}

static bool wants_family(const struct filter *filter, const struct pt_family_values *family)
{
    pitot_str brief = short_name(family);

    for (const char *const *name = filter->names; name && *name; name++) {
        pitot_str wanted = {*name, strlen(*name)};

        if (pt_str_equal(wanted, family->name) || pt_str_equal(wanted, brief))
            return true;
    }
    return !filter->names || !filter->names[0];
}

static bool wants_series(const struct filter *filter, pitot_str block)
{
    for (size_t i = 0; i < filter->wanted_count; i++) {
        pitot_str value = pt_block_value(block, filter->wanted[i].name);

        while (!filter->wanted[i].last && !pt_str_equal(filter->wanted[i].value, value))
            i++;
        if (!pt_str_equal(filter->wanted[i].value, value))
            return false;
        while (!filter->wanted[i].last)
            i++;
    }
    return true;
}

/* The family as it is, a new one with some of its series, or NULL with `*good` for none of them. */
static const struct pt_family_values *part_of(
    const struct filter *filter, const struct pt_family_values *family, bool *good)
{
    size_t count = 0;
    bool *kept = NULL;
    struct pt_family_values *some = NULL;

    if (!wants_family(filter, family))
        return NULL;
    if (filter->wanted_count == 0)
        return family;
    kept = pt_alloc(family->series_count + 1, filter->err);
    for (size_t i = 0; kept && i < family->series_count; i++) {
        kept[i] = wants_series(filter, pt_labels_of(family, i));
        count += kept[i];
    }
    *good = kept != NULL;
    if (count > 0 && count < family->series_count) {
        some = pt_pool_alloc(filter->pool, sizeof(*some), filter->err);
        if (some)
            *some = *family;
        *good = some && pt_select(some, kept, filter->pool, filter->err);
    }
    pt_free(kept);
    return count > 0 && count == family->series_count ? family : some;
}

static bool fill(pitot_snapshot *out, const pitot_snapshot *snap, const struct filter *filter)
{
    bool good = true;

    for (size_t i = 0; good && i < snap->part_count; i++)
        good = pt_snapshot_add(out, snap->parts[i], filter->err);
    if (good)
        out->families = pt_alloc((snap->family_count + 1) * sizeof(*out->families), filter->err);
    good = good && out->families;
    for (size_t i = 0; good && i < snap->family_count; i++) {
        const struct pt_family_values *family = part_of(filter, snap->families[i], &good);

        if (good && family)
            out->families[out->family_count++] = family;
    }
    return good && pt_snapshot_index(out, filter->err);
}

pitot_snapshot *pitot_snapshot_filter(
    const pitot_snapshot *snap, const pitot_filter *what, pitot_error *err)
{
    static const pitot_filter everything;

    if (!what)
        what = &everything;
    if (!snap || !pt_reserved_are_zero(what->reserved_, 6, "filter", err))
        return NULL;
    struct pt_part *part = pt_part_new(err);
    pitot_snapshot *out = part ? pt_snapshot_new(err) : NULL;
    if (out) {
        struct filter filter = {.names = what->names, .pool = &part->pool, .err = err};

        out->reg = snap->reg;
        if (out->reg)
            pt_registry_ref(out->reg);
        if (!pt_snapshot_add(out, part, err) || !read_labels(&filter, what->labels) ||
            !fill(out, snap, &filter)) {
            pitot_snapshot_free(out);
            out = NULL;
        }
    }
    pt_part_unref(part);
    return out;
}
