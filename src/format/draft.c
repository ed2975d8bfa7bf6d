/* SPDX-License-Identifier: MIT */
/* draft.c -- what a reader gathers of a series before it can go to the builder. One thread. */
#include "format/draft.h"

#include "base/alloc.h"
#include "snapshot/block.h"

#define PAIRS_MAX 16 /* labels that are compared each with each */

void pt_draft_fail(struct pt_draft *draft)
{
    draft->failed = true;
    pt_builder_fail(draft->builder);
}

bool pt_draft_grow(
    struct pt_draft *draft, void *items_ref, size_t count, size_t *room, size_t item_size)
{
    if (!draft->failed && pt_grow(items_ref, count, room, item_size, NULL))
        return true;
    pt_draft_fail(draft);
    return false;
}

pitot_str pt_draft_keep(struct pt_draft *draft, pitot_str text)
{
    pitot_str kept = pt_builder_text(draft->builder, text.size ? text.at : "", text.size);

    draft->failed |= !kept.at; /* the builder knows why */
    return kept;
}

void pt_draft_begin_labels(struct pt_draft *draft)
{
    draft->label_names.count = 0;
    draft->labels.size = 0;
    pt_nameset_forget(&draft->label_set);
}

void pt_draft_begin_series(struct pt_draft *draft)
{
    draft->numbers.count = draft->bounds.count = 0;
    draft->exemplars.count = draft->native_exemplars.count = 0;
    for (int i = 0; i < 2; i++)
        draft->sides[i].spans.count = draft->sides[i].counts.count = 0;
}

static bool has_label(const struct pt_draft *draft, const char *at, size_t size)
{
    for (size_t i = 0; i < draft->label_names.count; i++)
        if (pt_str_equal(draft->label_names.items[i], (pitot_str){at, size}))
            return true;
    return false;
}

/* Whether the label was there before; it is now, unless memory ran out. */
static bool is_twice(struct pt_draft *draft, pitot_str name)
{
    size_t count = draft->label_names.count;
    enum pt_nameset_added added = PT_NAMESET_NEW;

    if (count < PAIRS_MAX)
        return has_label(draft, name.at, name.size);
    for (size_t i = count == PAIRS_MAX ? 0 : count; i < count && added != PT_NAMESET_FAILED; i++)
        added = pt_nameset_add(&draft->label_set, draft->label_names.items[i]);
    if (added != PT_NAMESET_FAILED)
        added = pt_nameset_add(&draft->label_set, name);
    if (added == PT_NAMESET_FAILED)
        pt_draft_fail(draft);
    return added == PT_NAMESET_OLD;
}

const char *pt_draft_label(struct pt_draft *draft, pitot_str name, pitot_str value)
{
    if (name.size == 0)
        return "a label has no name";
    if (is_twice(draft, name))
        return "this label is there twice";
    if (PT_DRAFT_ADD(draft, draft->label_names, name))
        pt_block_add(&draft->labels, name, value);
    return NULL;
}

const char *pt_draft_reserved(const struct pt_draft *draft, pitot_type type)
{
    if (has_label(draft, "__name__", 8))
        return "the label \"__name__\" is another word for the family's name";
    if (pt_type_is_bucketed(type) && has_label(draft, "le", 2))
        return "the label \"le\" is kept for the buckets of a histogram";
    if (type == PITOT_SUMMARY && has_label(draft, "quantile", 8))
        return "the label \"quantile\" is kept for the quantiles of a summary";
    return NULL;
}

pitot_str pt_draft_labels(struct pt_draft *draft)
{
    if (draft->labels.failed)
        pt_draft_fail(draft);
    return pt_draft_keep(draft, (pitot_str){draft->labels.at, draft->labels.size});
}

void pt_draft_series(const struct pt_draft *draft, pitot_series *series)
{
    series->numbers = draft->numbers.items;
    series->bounds = draft->bounds.items;
    series->bound_count = draft->bounds.count;
    series->exemplars = draft->exemplars.items;
    series->exemplar_count = draft->exemplars.count;
}

void pt_draft_free(struct pt_draft *draft)
{
    pt_nameset_free(&draft->families);
    pt_nameset_free(&draft->label_set);
    pt_buf_free(&draft->labels);
    pt_free(draft->label_names.items);
    pt_free(draft->numbers.items);
    pt_free(draft->bounds.items);
    pt_free(draft->exemplars.items);
    pt_free(draft->native_exemplars.items);
    for (int i = 0; i < 2; i++) {
        pt_free(draft->sides[i].spans.items);
        pt_free(draft->sides[i].counts.items);
    }
}
