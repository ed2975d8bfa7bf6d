/* SPDX-License-Identifier: MIT */
/*
 * page.h -- a strict reader of pages: it takes what the two formats' grammars promise and nothing
 * else, so that a page it accepts is one that every scraper accepts.
 */
#ifndef PITOT_TESTS_API_PAGE_H
#define PITOT_TESTS_API_PAGE_H

#include "test.h"

#define PAGE_LABELS_MAX 66
#define PAGE_NAME_MAX 300

struct page_label {
    char name[PAGE_NAME_MAX];
    char *value; /* unescaped; valid during the call only */
    size_t value_size;
};

struct page_sample {
    char name[PAGE_NAME_MAX];
    struct page_label labels[PAGE_LABELS_MAX];
    size_t label_count;
    const char *number; /* ends at the newline */
    double value;
};

typedef void page_sample_fn(void *ctx, const struct page_sample *sample);

/* Bytes of the well-formed character at `at`, by decoding it; 0 when it is none. */
static inline size_t page_character(const char *text)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *at = (const unsigned char *)text;
    size_t size = at[0] < 0x80       ? 1
                  : at[0] >> 5 == 6  ? 2
                  : at[0] >> 4 == 14 ? 3
                  : at[0] >> 3 == 30 ? 4
                                     : 0;
    uint32_t point = size == 1 ? at[0] : at[0] & (0xffu >> (size + 1));

    for (size_t i = 1; i < size; i++) {
        if (at[i] >> 6 != 2)
            return 0;
        point = point << 6 | (at[i] & 0x3f);
    }
    if (size > 1 &&
        (point < least[size] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)))
        return 0;
    return size;
}

static inline bool page_is_utf8(const char *text, size_t size)
{
    for (const char *at = text; at < text + size;) {
        size_t character = page_character(at);

        if (!character || *at == '\0' || character > (size_t)(text + size - at))
            return false;
        at += character;
    }
    return true;
}

/* Reads a name to `out`; returns what follows it, or NULL. */
static inline const char *page_name(const char *at, bool colon, char *out)
{
    size_t size = 0;

    for (;; size++) {
        char c = at[size];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';

        if (!letter && !(colon && c == ':') && !(size > 0 && c >= '0' && c <= '9'))
            break;
        if (size + 1 == PAGE_NAME_MAX)
            return NULL;
        out[size] = c;
    }
    out[size] = '\0';
    return size ? at + size : NULL;
}

/* Reads `name="value"` with the three escapes there are; returns what follows it, or NULL. */
static inline const char *page_label(const char *at, struct page_label *label)
{
    at = page_name(at, false, label->name);
    if (!at || at[0] != '=' || at[1] != '"')
        return NULL;
    label->value = malloc(strcspn(at, "\n") + 1);
    char *to = label->value;
    for (at += 2; *at != '"'; at++) {
        if (*at == '\n' || *at == '\0')
            return NULL;
        if (*at == '\\') {
            at++;
            if (*at != '\\' && *at != '"' && *at != 'n')
                return NULL;
            *to++ = *at == 'n' ? '\n' : *at;
        } else {
            *to++ = *at;
        }
    }
    *to = '\0';
    label->value_size = (size_t)(to - label->value);
    return at + 1;
}

/* Reads a number as Go spells it; returns the end of it, or NULL. */
static inline const char *page_number(const char *at, double *value)
{
    static const char *const words[] = {"NaN\n", "+Inf\n", "-Inf\n"};
    char *end;

    for (size_t i = 0; i < COUNT(words); i++) {
        if (strncmp(at, words[i], strlen(words[i])) == 0) {
            *value = strtod(at, &end);
            return end;
        }
    }
    /* By hand: strtod() would read what the locale says. */
    const char *to = at + (*at == '-'), *from = to;
    to += strspn(to, "0123456789");
    if (to == from)
        return NULL;
    if (*to == '.') {
        from = ++to;
        to += strspn(to, "0123456789");
        if (to == from)
            return NULL;
    }
    if (*to == 'e' && (to[1] == '+' || to[1] == '-')) {
        from = to += 2;
        to += strspn(to, "0123456789");
        if (to < from + 2)
            return NULL;
    }
    *value = strtod(at, &end);
    return to;
}

/* Reads one sample line; returns its end, at the newline, or NULL. */
static inline const char *page_sample(const char *at, struct page_sample *sample)
{
    at = page_name(at, true, sample->name);
    if (at && *at == '{') {
        do {
            if (sample->label_count == PAGE_LABELS_MAX)
                return NULL;
            struct page_label *label = &sample->labels[sample->label_count++];
            label->value = NULL;
            at = page_label(at + 1, label);
        } while (at && *at == ',');
        if (!at || *at++ != '}')
            return NULL;
    }
    if (!at || *at++ != ' ')
        return NULL;
    sample->number = at;
    return page_number(at, &sample->value);
}

struct page_family {
    char name[PAGE_NAME_MAX], type[20];
    size_t samples;
    const char *last; /* the last sample, to find two with the same labels */
};

/* What may follow a family's name in its samples. */
static inline bool page_belongs(
    const struct page_family *family, const char *name, pitot_format format)
{
    static const struct {
        const char *type, *suffix;
    } suffixes[] = {
        {"counter", "_total"},
        {"gauge", ""},
        {"unknown", ""},
        {"info", "_info"},
        {"stateset", ""},
        {"untyped", ""},
        {"histogram", "_bucket"},
        {"histogram", "_sum"},
        {"histogram", "_count"},
        {"summary", ""},
        {"summary", "_sum"},
        {"summary", "_count"},
    };
    size_t size = strlen(family->name);

    if (strncmp(name, family->name, size) != 0)
        return false;
    if (format == PITOT_FORMAT_TEXT && strcmp(family->type, "counter") == 0)
        return name[size] == '\0';
    for (size_t i = 0; i < COUNT(suffixes); i++)
        if (strcmp(family->type, suffixes[i].type) == 0 &&
            strcmp(name + size, suffixes[i].suffix) == 0)
            return true;
    return false;
}

/* Reads the two or three lines of metadata that open a family; returns what follows, or NULL. */
static inline const char *page_metadata(
    const char *at, pitot_format format, struct page_family *family)
{
    static const char *const orders[][3] = {{"HELP ", "TYPE "}, {"TYPE ", "UNIT ", "HELP "}};
    char name[PAGE_NAME_MAX];

    *family = (struct page_family){0};
    for (size_t i = 0; i < 3 && orders[format][i]; i++) {
        const char *word = orders[format][i];

        if (strncmp(at, "# ", 2) != 0 || strncmp(at + 2, word, 5) != 0) {
            if (word[0] == 'U')
                continue;
            return NULL;
        }
        at = page_name(at + 7, true, name);
        if (!at || *at++ != ' ' || (family->name[0] && strcmp(family->name, name) != 0))
            return NULL;
        snprintf(family->name, sizeof(family->name), "%s", name);
        size_t size = strcspn(at, "\n");
        if (word[0] == 'T')
            snprintf(family->type, sizeof(family->type), "%.*s", (int)size, at);
        at += size + 1;
    }
    return at;
}

/* The place of the first thing that is wrong; NULL when the page is right. `each` may be NULL. */
static inline const char *page_problem(
    const char *page, pitot_format format, page_sample_fn *each, void *ctx)
{
    struct page_family family = {0};
    static __thread struct page_sample sample;
    const char *at = page;

    if (!page_is_utf8(page, strlen(page)))
        return page;
    while (*at && strcmp(at, "# EOF\n") != 0) {
        const char *line = at;

        if (*at == '#') {
            char before[PAGE_NAME_MAX];

            snprintf(before, sizeof(before), "%s", family.name);
            at = page_metadata(at, format, &family);
            if (!at || (!*at && format == PITOT_FORMAT_OPENMETRICS) || *at == '#' ||
                (before[0] && strcmp(before, family.name) >= 0 && format == PITOT_FORMAT_TEXT))
                return line;
            continue;
        }
        sample.label_count = 0;
        at = page_sample(at, &sample);
        if (at && format == PITOT_FORMAT_OPENMETRICS && strncmp(at, " # {", 4) == 0)
            at += strcspn(at, "\n"); /* its exemplar */
        bool good = at && *at == '\n' && page_belongs(&family, sample.name, format);
        size_t head = good ? (size_t)(sample.number - line) : 0;
        good = good && !(family.last && strncmp(family.last, line, head) == 0);
        if (good && each)
            each(ctx, &sample);
        for (size_t i = 0; i < sample.label_count; i++)
            free(sample.labels[i].value);
        if (!good)
            return line;
        family.last = line;
        at++;
    }
    return (*at != '\0') == (format == PITOT_FORMAT_OPENMETRICS) ? NULL : at;
}

static inline void assert_page(const char *page, pitot_format format)
{
    const char *problem = page_problem(page, format, NULL, NULL);

    if (problem)
        fail_msg("no valid page from here on: %.300s", problem);
}

#endif
