/* SPDX-License-Identifier: MIT */
/*
 * desc.c -- what a metric is, checked and copied.
 *
 * Every rule of the Prometheus data model and of OpenMetrics about names, labels, help, units and
 * bounds is here, each with a message that names the metric, the value and the fix. Pure functions
 * of their arguments and the pool.
 */
#include "instrument/desc.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/escape.h"
#include "base/number.h"
#include "base/utf8.h"
#include "instrument/labels.h"
#include "instrument/native_desc.h"

#include <math.h>
#include <string.h>

const char *pt_type_text(pitot_type type)
{
    static const char *const texts[] = {"unknown", "counter", "gauge", "histogram", "summary",
        "info", "stateset", "gaugehistogram"};

    return (unsigned)type < sizeof(texts) / sizeof(texts[0]) ? texts[type] : "invalid";
}

/* A name is any UTF-8; `what` is "metric" or "label". */
static bool check_name(const char *what, const char *name, pitot_error *err)
{
    size_t size = name ? strnlen(name, PT_NAME_MAX + 1) : 0;

    if (size == 0)
        return pt_fail(err, PITOT_EINVAL, "a %s has no name; give it one", what);
    if (size > PT_NAME_MAX)
        return pt_fail(err, PITOT_EINVAL, "%s \"%.40s...\": its name is longer than %d bytes", what,
            name, PT_NAME_MAX);
    size_t bad = pt_utf8_error(name, size);
    return bad == size ||
           pt_fail(err, PITOT_EINVAL, "%s \"%s\": 0x%02x at %zu of its name is not UTF-8", what,
               name, (unsigned char)name[bad], bad);
}

static bool check_text(
    const struct pt_desc *desc, const char *what, const char *text, pitot_error *err)
{
    size_t size = strlen(text);
    size_t bad = pt_utf8_error(text, size);

    if (bad == size)
        return true;
    return pt_fail(err, PITOT_EINVAL, "metric \"%s\": 0x%02x at %zu of its %s is not UTF-8",
        desc->name.at, (unsigned char)text[bad], bad, what);
}

static bool ends_in(pitot_str name, const char *suffix)
{
    size_t size = strlen(suffix);

    return name.size > size && memcmp(name.at + name.size - size, suffix, size) == 0;
}

static bool ends_in_unit(pitot_str name, const char *unit, bool counter)
{
    if (counter && ends_in(name, "_total"))
        name.size -= strlen("_total");
    if (!ends_in(name, unit))
        return false;
    name.size -= strlen(unit);
    return ends_in(name, "_");
}

static bool check_unit(const struct pt_desc *desc, const char *unit, pitot_error *err)
{
    if (unit[0] == '\0')
        return true;
    if (!pt_escape_is_legacy((pitot_str){unit, strlen(unit)}, true))
        return pt_fail(err, PITOT_EINVAL,
            "metric \"%s\": .unit \"%s\" is more than letters, digits and '_', or starts with a "
            "digit",
            desc->name.at, unit);
    if (desc->type == PITOT_INFO || desc->type == PITOT_STATESET)
        return pt_fail(err, PITOT_EINVAL, "metric \"%s\": %s metrics have no unit; leave .unit out",
            desc->name.at, pt_type_text(desc->type));
    return ends_in_unit(desc->name, unit, desc->type == PITOT_COUNTER) ||
           pt_fail(err, PITOT_EINVAL,
               "metric \"%s\": its name must end in \"_%s\"%s, as .unit is \"%s\"", desc->name.at,
               unit, desc->type == PITOT_COUNTER ? " or \"_UNIT_total\"" : "", unit);
}

static bool copy_texts(
    struct pt_desc *desc, struct pt_pool *pool, const pitot_desc *from, pitot_error *err)
{
    const char *unit = from->unit ? from->unit : "";

    if (!check_name("metric", from->name, err))
        return false;
    desc->name = pt_pool_copy(pool, from->name, strlen(from->name), err);
    if (!desc->name.at)
        return false;
    if (!from->help || !from->help[0])
        return pt_fail(err, PITOT_EINVAL,
            "metric \"%s\": it has no help; say in one sentence what it counts", from->name);
    if (!check_text(desc, "help", from->help, err))
        return false;
    if (desc->type == PITOT_INFO && !ends_in(desc->name, "_info"))
        return pt_fail(err, PITOT_EINVAL,
            "metric \"%s\": the name of an info must end in \"_info\", with more before it",
            from->name);
    if (!check_unit(desc, unit, err))
        return false;
    desc->help = pt_pool_copy(pool, from->help, strlen(from->help), err);
    desc->unit = pt_pool_copy(pool, unit, strlen(unit), err);
    return desc->help.at && desc->unit.at;
}

static bool check_label_name(const struct pt_desc *desc, const char *name, pitot_error *err)
{
    bool bucketed = desc->type == PITOT_HISTOGRAM || desc->type == PITOT_GAUGE_HISTOGRAM;

    if (!check_name("label", name, err))
        return false;
    if (name[0] == '_' && name[1] == '_')
        return pt_fail(err, PITOT_EINVAL,
            "metric \"%s\": label \"%s\": a leading \"__\" is reserved for Prometheus itself",
            desc->name.at, name);
    if (bucketed && strcmp(name, "le") == 0)
        return pt_fail(err, PITOT_EINVAL,
            "metric \"%s\": label \"le\": reserved for the buckets of histograms", desc->name.at);
    if (desc->type == PITOT_SUMMARY && strcmp(name, "quantile") == 0)
        return pt_fail(err, PITOT_EINVAL,
            "metric \"%s\": label \"quantile\": reserved for summaries", desc->name.at);
    if (desc->type == PITOT_STATESET && strcmp(name, desc->name.at) == 0)
        return pt_fail(err, PITOT_EINVAL,
            "metric \"%s\": label \"%s\": a stateset keeps its state there", desc->name.at, name);
    return true;
}

static bool fail_duplicate(const struct pt_desc *desc, const char *name, pitot_error *err)
{
    return pt_fail(err, PITOT_EINVAL, "metric \"%s\": label \"%s\" stands in it twice; drop one",
        desc->name.at, name);
}

static bool copy_const_labels(
    struct pt_desc *desc, struct pt_pool *pool, const pitot_label *labels, pitot_error *err)
{
    pitot_str names[PITOT_LABELS_MAX], values[PITOT_LABELS_MAX];
    size_t count = 0;

    for (; labels && labels[count].name; count++) {
        const pitot_label *label = &labels[count];

        if (count == PITOT_LABELS_MAX)
            return pt_fail(err, PITOT_ELIMIT, "metric \"%s\": more than %d const labels",
                desc->name.at, PITOT_LABELS_MAX);
        if (!check_label_name(desc, label->name, err))
            return false;
        if (!label->value)
            return pt_fail(err, PITOT_EINVAL, "metric \"%s\": const label \"%s\" has no value",
                desc->name.at, label->name);
        for (size_t i = 0; i < count; i++)
            if (strcmp(labels[i].name, label->name) == 0)
                return fail_duplicate(desc, label->name, err);
        names[count] = (pitot_str){label->name, strlen(label->name)};
        values[count] = (pitot_str){label->value, strlen(label->value)};
        if (!pt_utf8_valid(values[count].at, values[count].size))
            return pt_fail(err, PITOT_EINVAL,
                "metric \"%s\": the value of const label \"%s\" is not UTF-8", desc->name.at,
                label->name);
    }
    return pt_labels_block(&desc->const_labels, pool, names, values, count, err);
}

/* `,name="`, without the comma where nothing stands before it. */
static bool copy_prefix(
    struct pt_desc *desc, size_t i, struct pt_pool *pool, bool first, pitot_error *err)
{
    struct pt_buf text = pt_buf_new(SIZE_MAX);

    if (!first)
        pt_buf_add_char(&text, ',');
    pt_labels_write_name(&text, desc->label_names[i]);
    pt_buf_add(&text, "=\"", 2);
    if (text.failed) {
        pt_buf_free(&text);
        return pt_fail(err, PITOT_ENOMEM, "out of memory for labels");
    }
    desc->label_prefixes[i] = pt_pool_copy(pool, text.at, text.size, err);
    pt_buf_free(&text);
    return desc->label_prefixes[i].at != NULL;
}

/* The scheme that makes both names the same one; NONE when there is none. */
static pitot_escaping colliding(pitot_str a, pitot_str b)
{
    char as[PT_ESCAPE_ROOM(PT_NAME_MAX)], bs[PT_ESCAPE_ROOM(PT_NAME_MAX)];

    for (int scheme = PITOT_ESCAPING_UNDERSCORES; scheme <= PITOT_ESCAPING_VALUES; scheme++) {
        size_t size = pt_escape_name(as, a, (pitot_escaping)scheme, false);

        if (pt_escape_name(bs, b, (pitot_escaping)scheme, false) == size &&
            memcmp(as, bs, size) == 0)
            return (pitot_escaping)scheme;
    }
    return PITOT_ESCAPING_NONE;
}

/* Readers that know legacy names only get escaped ones: no two labels of a series may become one,
 * or the name of the metric, which a Prometheus keeps in a label as well. */
static bool check_escaped(struct pt_desc *desc, const pitot_desc *from, pitot_error *err)
{
    static const char *const schemes[] = {"underscores", "dots", "values"};
    pitot_str names[PITOT_LABELS_MAX + 2] = {{"__name__", 8}};
    size_t count = 1;

    for (const pitot_label *l = from->const_labels; l && l->name; l++)
        names[count++] = (pitot_str){l->name, strlen(l->name)};
    for (size_t i = 0; i < desc->label_count; i++)
        names[count++] = desc->label_names[i];
    if (desc->type == PITOT_STATESET)
        names[count++] = desc->name;
    desc->quoted = !pt_escape_is_legacy(desc->name, true);
    for (size_t i = 1; i < count; i++) {
        if (pt_escape_is_legacy(names[i], false))
            continue;
        desc->quoted = true;
        for (size_t j = 0; j < count; j++) {
            pitot_escaping scheme = i == j ? PITOT_ESCAPING_NONE : colliding(names[i], names[j]);

            if (scheme != PITOT_ESCAPING_NONE)
                return pt_fail(err, PITOT_EINVAL,
                    "metric \"%s\": labels \"%s\" and \"%s\" are one after escaping (%s); rename "
                    "one",
                    desc->name.at, names[i].at, names[j].at, schemes[scheme]);
        }
    }
    return true;
}

static bool copy_labels(
    struct pt_desc *desc, struct pt_pool *pool, const pitot_desc *from, pitot_error *err)
{
    const char *const *names = from->labels;
    size_t count = 0, const_count = 0;

    while (names && names[count] && count <= PITOT_LABELS_MAX)
        count++;
    if (count > PITOT_LABELS_MAX)
        return pt_fail(err, PITOT_ELIMIT, "metric \"%s\": more than %d labels", desc->name.at,
            PITOT_LABELS_MAX);
    if (desc->is_vec && count == 0)
        return pt_fail(err, PITOT_EINVAL,
            "metric \"%s\": a vec needs .labels, as PITOT_LABELS(\"method\")", desc->name.at);
    if (!desc->is_vec && count > 0)
        return pt_fail(err, PITOT_EINVAL,
            "metric \"%s\": .labels is for a vec; use the _vec_new call", desc->name.at);
    if (!copy_const_labels(desc, pool, from->const_labels, err))
        return false;
    for (const pitot_label *l = from->const_labels; l && l->name; l++)
        const_count++;
    if (count + const_count > PITOT_LABELS_MAX)
        return pt_fail(err, PITOT_ELIMIT, "metric \"%s\": more than %d labels", desc->name.at,
            PITOT_LABELS_MAX);
    if (count == 0)
        return true;
    desc->label_count = count;
    desc->label_names = pt_pool_alloc(pool, count * sizeof(pitot_str), err);
    desc->label_prefixes = pt_pool_alloc(pool, count * sizeof(pitot_str), err);
    if (!desc->label_names || !desc->label_prefixes)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!check_label_name(desc, names[i], err))
            return false;
        for (size_t j = 0; j < i; j++)
            if (strcmp(names[i], names[j]) == 0)
                return fail_duplicate(desc, names[i], err);
        for (const pitot_label *l = from->const_labels; l && l->name; l++)
            if (strcmp(names[i], l->name) == 0)
                return fail_duplicate(desc, names[i], err);
        desc->label_names[i] = pt_pool_copy(pool, names[i], strlen(names[i]), err);
        if (!desc->label_names[i].at ||
            !copy_prefix(desc, i, pool, i == 0 && desc->const_labels.size == 0, err))
            return false;
    }
    return true;
}

/* The states in the order of their labels, which is that of their series on the page. */
static void order_states(struct pt_desc *desc)
{
    for (size_t i = 0; i < desc->state_count; i++) {
        size_t at = i;

        for (; at > 0; at--) {
            const pitot_str *before = &desc->state_labels[desc->state_order[at - 1]];

            if (strcmp(before->at, desc->state_labels[i].at) < 0)
                break;
            desc->state_order[at] = desc->state_order[at - 1];
        }
        desc->state_order[at] = (uint8_t)i;
    }
}

static bool check_state(
    const struct pt_desc *desc, const char *const *states, size_t i, pitot_error *err)
{
    size_t size = strlen(states[i]);

    if (size == 0)
        return pt_fail(err, PITOT_EINVAL, "metric \"%s\": state %zu has no name", desc->name.at, i);
    if (size > PITOT_LABEL_VALUE_MAX)
        return pt_fail(err, PITOT_EINVAL, "metric \"%s\": state %zu is longer than %d bytes",
            desc->name.at, i, PITOT_LABEL_VALUE_MAX);
    if (!pt_utf8_valid(states[i], size))
        return pt_fail(
            err, PITOT_EINVAL, "metric \"%s\": state %zu is not UTF-8", desc->name.at, i);
    for (size_t j = 0; j < i; j++)
        if (strcmp(states[i], states[j]) == 0)
            return pt_fail(err, PITOT_EINVAL, "metric \"%s\": state \"%s\" stands in it twice",
                desc->name.at, states[i]);
    return true;
}

static bool copy_states(
    struct pt_desc *desc, struct pt_pool *pool, const char *const *states, pitot_error *err)
{
    size_t count = 0;

    if (desc->type != PITOT_STATESET)
        return !states ||
               pt_fail(err, PITOT_EINVAL, "metric \"%s\": .states is for statesets, not a %s",
                   desc->name.at, pt_type_text(desc->type));
    for (; states && states[count]; count++) {
        if (count == PITOT_STATES_MAX)
            return pt_fail(err, PITOT_ELIMIT, "metric \"%s\": more than %d states", desc->name.at,
                PITOT_STATES_MAX);
        if (!check_state(desc, states, count, err))
            return false;
    }
    if (count == 0)
        return pt_fail(err, PITOT_EINVAL,
            "metric \"%s\": a stateset needs .states, as PITOT_LABELS(\"starting\", \"up\")",
            desc->name.at);
    desc->state_count = count;
    desc->states = pt_pool_alloc(pool, count * sizeof(pitot_str), err);
    desc->state_labels = pt_pool_alloc(pool, count * sizeof(pitot_str), err);
    desc->state_order = pt_pool_alloc(pool, count, err);
    if (!desc->states || !desc->state_labels || !desc->state_order)
        return false;
    for (size_t i = 0; i < count; i++) {
        desc->states[i] = pt_pool_copy(pool, states[i], strlen(states[i]), err);
        if (!desc->states[i].at ||
            !pt_labels_block(&desc->state_labels[i], pool, &desc->name, &desc->states[i], 1, err))
            return false;
    }
    order_states(desc);
    return true;
}

static const double bounds_default[] = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, INFINITY};

static bool check_quantile(const struct pt_desc *desc, double q, pitot_error *err)
{
    char text[PT_NUMBER_MAX];

    return (q >= 0 && q <= 1) ||
           pt_fail(err, PITOT_EINVAL, "metric \"%s\": quantile %.*s is not in 0 to 1",
               desc->name.at, (int)pt_number_double(text, q), text);
}

/* The bounds of a histogram, or the quantiles of a summary: increasing, ended by +Inf. */
static bool copy_bounds(
    struct pt_desc *desc, struct pt_pool *pool, const pitot_desc *from, pitot_error *err)
{
    static const double none[] = {INFINITY};
    bool quantiles = desc->type == PITOT_SUMMARY;
    bool bucketed =
        desc->type == PITOT_HISTOGRAM || desc->type == PITOT_GAUGE_HISTOGRAM || quantiles;
    const double *bounds = from->bounds;
    size_t count = 0;

    if (!bucketed && bounds)
        return pt_fail(err, PITOT_EINVAL, "metric \"%s\": .bounds is for histograms, not a %s",
            desc->name.at, pt_type_text(desc->type));
    if (!bucketed)
        return true;
    if (!bounds)
        bounds = quantiles || from->native_factor != 0 ? none : bounds_default;
    for (; bounds[count] != INFINITY; count++) {
        char now[PT_NUMBER_MAX], before[PT_NUMBER_MAX];

        if (count == PITOT_BOUNDS_MAX)
            return pt_fail(err, PITOT_ELIMIT,
                "metric \"%s\": more than %d bounds; does the list end in +Inf?", desc->name.at,
                PITOT_BOUNDS_MAX);
        if (isnan(bounds[count]))
            return pt_fail(
                err, PITOT_EINVAL, "metric \"%s\": bound %zu is NaN", desc->name.at, count);
        if (isinf(bounds[count]))
            return pt_fail(err, PITOT_EINVAL, "metric \"%s\": bound %zu is -Inf; start higher",
                desc->name.at, count);
        if (quantiles && !check_quantile(desc, bounds[count], err))
            return false;
        if (count > 0 && bounds[count] <= bounds[count - 1])
            return pt_fail(err, PITOT_EINVAL,
                "metric \"%s\": bound %zu (%.*s) is not above the one before it (%.*s)",
                desc->name.at, count, (int)pt_number_double(now, bounds[count]), now,
                (int)pt_number_double(before, bounds[count - 1]), before);
    }
    desc->bound_count = count;
    desc->bounds = pt_pool_alloc(pool, (count + 1) * sizeof(double), err);
    if (!desc->bounds)
        return false;
    memcpy(desc->bounds, bounds, (count + 1) * sizeof(double));
    for (size_t i = 0; i < count; i++)
        desc->bounds[i] += 0.0; /* -0 is 0: `le="-0"` would be another bucket to Prometheus */
    return true;
}

static bool check_exemplars(const struct pt_desc *desc, pitot_error *err)
{
    if (!desc->exemplars || desc->type == PITOT_COUNTER || desc->type == PITOT_HISTOGRAM)
        return true;
    return pt_fail(err, PITOT_EINVAL,
        "metric \"%s\": .exemplars is for counters and histograms, not a %s", desc->name.at,
        pt_type_text(desc->type));
}

static bool check_idle(const struct pt_desc *desc, pitot_error *err)
{
    if (desc->idle_s == 0 || (desc->is_vec && desc->type != PITOT_INFO))
        return true;
    return pt_fail(err, PITOT_EINVAL,
        "metric \"%s\": .idle_s is for children that are recorded on, not for %s", desc->name.at,
        desc->is_vec ? "infos" : "a metric without labels");
}

bool pt_reserved_are_zero(
    const uintptr_t *reserved, size_t count, const char *what, pitot_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (reserved[i])
            return pt_fail(
                err, PITOT_EINVAL, "a %s has something in .reserved_; start it from zero", what);
    return true;
}

bool pt_desc_copy(struct pt_desc *desc, struct pt_pool *pool, pitot_type type, bool is_vec,
    const pitot_desc *from, pitot_error *err)
{
    *desc = (struct pt_desc){.type = type, .is_vec = is_vec};
    if (!from)
        return pt_fail(err, PITOT_EINVAL, "a %s has no description", pt_type_text(type));
    if (!pt_reserved_are_zero(from->reserved_, sizeof(from->reserved_) / sizeof(from->reserved_[0]),
            "description", err))
        return false;
    desc->series_max = from->series_max ? from->series_max : PITOT_SERIES_MAX_DEFAULT;
    desc->exemplars = from->exemplars;
    desc->idle_s = from->idle_s;
    return copy_texts(desc, pool, from, err) && check_exemplars(desc, err) &&
           check_idle(desc, err) && copy_labels(desc, pool, from, err) &&
           check_escaped(desc, from, err) && copy_bounds(desc, pool, from, err) &&
           copy_states(desc, pool, from->states, err) && pt_native_desc_copy(desc, from, err);
}

static bool fail_differs(
    const struct pt_desc *have, const char *field, const char *a, const char *b, pitot_error *err)
{
    return pt_fail(err, PITOT_EEXIST, "metric \"%s\" exists with %s \"%s\", not \"%s\"",
        have->name.at, field, a, b);
}

/* `method, status` into `out`, for a message. */
static const char *show_list(const pitot_str *names, size_t count, char *out, size_t size)
{
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        pitot_str name = names[i];

        if (used + name.size + 3 > size)
            break;
        if (i > 0) {
            memcpy(out + used, ", ", 2);
            used += 2;
        }
        memcpy(out + used, name.at, name.size);
        used += name.size;
    }
    out[used] = '\0';
    return out;
}

static bool same_list(const struct pt_desc *have, const char *field, const pitot_str *names,
    size_t count, const pitot_str *others, size_t other_count, pitot_error *err)
{
    char a[96], b[96];
    bool same = count == other_count;

    for (size_t i = 0; same && i < count; i++)
        same = pt_str_equal(names[i], others[i]);
    return same || fail_differs(have, field, show_list(names, count, a, sizeof(a)),
                       show_list(others, other_count, b, sizeof(b)), err);
}

bool pt_desc_same(const struct pt_desc *have, const struct pt_desc *want, pitot_error *err)
{
    if (have->type != want->type)
        return fail_differs(have, "type", pt_type_text(have->type), pt_type_text(want->type), err);
    if (!pt_str_equal(have->help, want->help))
        return fail_differs(have, "help", have->help.at, want->help.at, err);
    if (!pt_str_equal(have->unit, want->unit))
        return fail_differs(have, "unit", have->unit.at, want->unit.at, err);
    if (!pt_str_equal(have->const_labels, want->const_labels))
        return fail_differs(
            have, "const labels", have->const_labels.at, want->const_labels.at, err);
    if (!same_list(have, "labels", have->label_names, have->label_count, want->label_names,
            want->label_count, err) ||
        !same_list(
            have, "states", have->states, have->state_count, want->states, want->state_count, err))
        return false;
    if (have->bound_count != want->bound_count)
        return pt_fail(err, PITOT_EEXIST, "metric \"%s\" exists with %zu bounds, not %zu",
            have->name.at, have->bound_count, want->bound_count);
    for (size_t i = 0; i < have->bound_count; i++) {
        char a[PT_NUMBER_MAX], b[PT_NUMBER_MAX];

        if (have->bounds[i] != want->bounds[i])
            return pt_fail(err, PITOT_EEXIST,
                "metric \"%s\" exists with bound %zu being %.*s, not %.*s", have->name.at, i,
                (int)pt_number_double(a, have->bounds[i]), a,
                (int)pt_number_double(b, want->bounds[i]), b);
    }
    if (have->series_max != want->series_max)
        return pt_fail(err, PITOT_EEXIST, "metric \"%s\" exists with series_max %u, not %u",
            have->name.at, have->series_max, want->series_max);
    if (have->idle_s != want->idle_s)
        return pt_fail(err, PITOT_EEXIST, "metric \"%s\" exists with idle_s %u, not %u",
            have->name.at, have->idle_s, want->idle_s);
    if (have->exemplars != want->exemplars)
        return pt_fail(err, PITOT_EEXIST, "metric \"%s\" exists %s exemplars, not %s",
            have->name.at, have->exemplars ? "with" : "without",
            want->exemplars ? "with" : "without");
    return pt_native_desc_same(have, want, err);
}
