/* SPDX-License-Identifier: MIT */
/*
 * web_yaml.c -- a web configuration file, as text with places, by libyaml's events.
 *
 * The schema has three levels, and each event is compared with what may stand there. So what nests
 * deeper, refers to something else (anchors and aliases, of which bombs are made) or has a type of
 * its own is refused where it begins. No value is ever in a message: it may be a password that
 * should have been a hash.
 */
#include "transport/web_yaml.h"

#include "base/alloc.h"
#include "base/error.h"

#ifndef PITOT_HAS_YAML

bool pt_web_yaml_read(
    struct pt_web_config *config, const char *bytes, size_t size, pitot_error *err)
{
    (void)bytes;
    (void)size;
    return pt_fail(err, PITOT_ENOTFOUND,
        "web_config_file \"%s\": this libpitot-http was built without libyaml; build it with, or "
        "use the struct pitot_web_config",
        config->path);
}

#else

#include <string.h>
#include <yaml.h>

struct reader {
    yaml_parser_t parser;
    yaml_event_t event; /* the current one */
    struct pt_web_config *config;
    const char *bytes;
    size_t size;
    pitot_error *err;
};

static struct pt_web_place place_of(yaml_mark_t mark)
{
    return (struct pt_web_place){(unsigned)mark.line + 1, (unsigned)mark.column + 1};
}

static struct pt_web_place here(const struct reader *reader)
{
    return place_of(reader->event.start_mark);
}

/* Of a byte; libyaml has no mark for what it could not decode. */
static struct pt_web_place place_at(const struct reader *reader, size_t offset)
{
    struct pt_web_place place = {1, 1};

    for (size_t i = 0; i < offset && i < reader->size; i++) {
        unsigned char c = (unsigned char)reader->bytes[i];

        if (c == '\n')
            place = (struct pt_web_place){place.line + 1, 1};
        else if ((c & 0xc0) != 0x80)
            place.column++;
    }
    return place;
}

static bool fail_by_parser(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    const char *problem = parser->problem ? parser->problem : "this is no YAML";

    if (parser->error == YAML_MEMORY_ERROR)
        return pt_fail(
            reader->err, PITOT_ENOMEM, "out of memory reading \"%s\"", reader->config->path);
    if (parser->error == YAML_READER_ERROR)
        return pt_web_fail(reader->config, place_at(reader, parser->problem_offset), reader->err,
            "%s; the file must be YAML in UTF-8", problem);
    return pt_web_fail(reader->config, place_of(parser->problem_mark), reader->err,
        "%s%s%s; the file must be YAML", parser->context ? parser->context : "",
        parser->context ? ", " : "", problem);
}

static bool refuse_extras(struct reader *reader)
{
    const yaml_event_t *event = &reader->event;
    const yaml_char_t *anchor = NULL, *tag = NULL;

    switch (event->type) {
    case YAML_ALIAS_EVENT:
        return pt_web_fail(reader->config, here(reader), reader->err,
            "an alias (*); write out what it stands for");
    case YAML_SCALAR_EVENT:
        anchor = event->data.scalar.anchor;
        tag = event->data.scalar.tag;
        break;
    case YAML_SEQUENCE_START_EVENT:
        anchor = event->data.sequence_start.anchor;
        tag = event->data.sequence_start.tag;
        break;
    case YAML_MAPPING_START_EVENT:
        anchor = event->data.mapping_start.anchor;
        tag = event->data.mapping_start.tag;
        break;
    default:
        break;
    }
    if (anchor)
        return pt_web_fail(
            reader->config, here(reader), reader->err, "an anchor (&); leave it out");
    if (tag)
        return pt_web_fail(reader->config, here(reader), reader->err, "a tag (!); leave it out");
    return true;
}

static bool next(struct reader *reader)
{
    yaml_event_delete(&reader->event);
    memset(&reader->event, 0, sizeof(reader->event));
    if (!yaml_parser_parse(&reader->parser, &reader->event))
        return fail_by_parser(reader);
    return refuse_extras(reader);
}

static const char *text_of(const struct reader *reader)
{
    return (const char *)reader->event.data.scalar.value;
}

/* What YAML calls null: a key that has nothing behind it counts as not set. */
static bool is_null(const struct reader *reader)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};

    if (reader->event.type != YAML_SCALAR_EVENT ||
        reader->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return false;
    for (size_t i = 0; i < sizeof(nulls) / sizeof(nulls[0]); i++)
        if (strcmp(text_of(reader), nulls[i]) == 0)
            return true;
    return false;
}

static const char *kind_of(const struct reader *reader)
{
    switch (reader->event.type) {
    case YAML_SEQUENCE_START_EVENT:
        return "a list";
    case YAML_MAPPING_START_EVENT:
        return "a mapping";
    default:
        return "a value";
    }
}

static bool expect_text(struct reader *reader, const char *of)
{
    if (reader->event.type != YAML_SCALAR_EVENT)
        return pt_web_fail(reader->config, here(reader), reader->err,
            "%s is %s; write a single value", of, kind_of(reader));
    if (strlen(text_of(reader)) != reader->event.data.scalar.length)
        return pt_web_fail(
            reader->config, here(reader), reader->err, "%s has a NUL in it; leave it out", of);
    return true;
}

/* A key, for a message. What is no word, or has digits, could be a secret that is badly indented.
 */
static const char *shown(const char *key)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_-";
    size_t size = strlen(key);

    return size > 0 && size <= 40 && strspn(key, plain) == size ? key : "(not shown)";
}

static bool set_value(struct reader *reader, struct pt_web_value *value)
{
    value->place = here(reader);
    value->quoted = reader->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    value->text = pt_strdup(text_of(reader), reader->err);
    return value->text != NULL;
}

static bool read_value(struct reader *reader, enum pt_web_key key)
{
    struct pt_web_value *value = &reader->config->values[key];

    value->place = here(reader);
    if (!next(reader))
        return false;
    if (is_null(reader))
        return true;
    return expect_text(reader, pt_web_key_name(key)) && set_value(reader, value);
}

static bool read_list(struct reader *reader, enum pt_web_list list)
{
    if (is_null(reader))
        return true;
    if (reader->event.type != YAML_SEQUENCE_START_EVENT)
        return pt_web_fail(reader->config, here(reader), reader->err,
            "%s is %s; write a list, as in [a, b]", pt_web_list_name(list), kind_of(reader));
    for (;;) {
        if (!next(reader))
            return false;
        if (reader->event.type == YAML_SEQUENCE_END_EVENT)
            return true;
        if (!expect_text(reader, pt_web_list_name(list)))
            return false;
        struct pt_web_place place = here(reader);
        struct pt_web_item *item =
            pt_web_config_add(reader->config, list, NULL, text_of(reader), reader->err);
        if (!item)
            return false;
        item->value.place = place;
    }
}

static bool refuse_second(struct reader *reader, const char *name, struct pt_web_place first)
{
    return pt_web_fail(reader->config, here(reader), reader->err,
        "%s is here a second time, after line %u; keep one of them", shown(name), first.line);
}

static bool read_pair(struct reader *reader, unsigned list)
{
    const struct pt_web_items *items = &reader->config->lists[list];
    struct pt_web_place place = here(reader);

    for (size_t i = 0; i < items->count; i++)
        if (strcmp(items->at[i].name.text, text_of(reader)) == 0)
            return refuse_second(reader, text_of(reader), items->at[i].name.place);
    struct pt_web_item *item =
        pt_web_config_add(reader->config, list, text_of(reader), NULL, reader->err);
    if (!item)
        return false;
    item->name.place = place;
    return next(reader) && expect_text(reader, pt_web_list_name(list)) &&
           set_value(reader, &item->value);
}

/* A mapping, or nothing; `read_entry` has the key as the current event. */
static bool read_mapping(struct reader *reader, const char *of,
    bool (*read_entry)(struct reader *, unsigned), unsigned which)
{
    if (is_null(reader))
        return true;
    if (reader->event.type != YAML_MAPPING_START_EVENT)
        return pt_web_fail(reader->config, here(reader), reader->err,
            "%s is %s; write a mapping, as in {key: value}", of, kind_of(reader));
    for (;;) {
        if (!next(reader))
            return false;
        if (reader->event.type == YAML_MAPPING_END_EVENT)
            return true;
        if (!expect_text(reader, "a key") || !read_entry(reader, which))
            return false;
    }
}

static bool read_pairs(struct reader *reader, enum pt_web_list list)
{
    return read_mapping(reader, pt_web_list_name(list), read_pair, list);
}

static bool read_row(struct reader *reader, const struct pt_web_row *row)
{
    if (row->list < 0) {
        const struct pt_web_value *value = &reader->config->values[row->key];

        if (value->place.line)
            return refuse_second(reader, row->name, value->place);
        return read_value(reader, (enum pt_web_key)row->key);
    }

    enum pt_web_list list = (enum pt_web_list)row->list;
    struct pt_web_items *items = &reader->config->lists[list];
    if (items->place.line)
        return refuse_second(reader, row->name, items->place);
    items->place = here(reader);
    if (!next(reader))
        return false;
    return list == PT_WEB_HEADERS ? read_pairs(reader, list) : read_list(reader, list);
}

static bool read_key(struct reader *reader, unsigned section)
{
    const struct pt_web_row *row = pt_web_find_row(section, text_of(reader));

    if (row)
        return read_row(reader, row);
    return pt_web_fail(reader->config, here(reader), reader->err,
        "unknown key %s in %s; docs/web-config.md has all keys", shown(text_of(reader)),
        pt_web_section_name(section));
}

static bool read_section(struct reader *reader, unsigned unused)
{
    struct pt_web_place *places = reader->config->sections;
    int section = pt_web_find_section(text_of(reader));

    (void)unused;
    if (section < 0)
        return pt_web_fail(reader->config, here(reader), reader->err,
            "unknown section %s; there are tls_server_config, http_server_config, "
            "basic_auth_users and rate_limit",
            shown(text_of(reader)));
    if (places[section].line)
        return refuse_second(reader, text_of(reader), places[section]);
    places[section] = here(reader);
    if (!next(reader))
        return false;
    if (section == PT_WEB_AUTH) {
        reader->config->lists[PT_WEB_USERS].place = places[section];
        return read_pairs(reader, PT_WEB_USERS);
    }
    return read_mapping(
        reader, pt_web_section_name((enum pt_web_section)section), read_key, (unsigned)section);
}

static bool read_stream(struct reader *reader)
{
    if (!next(reader) || !next(reader))
        return false;
    if (reader->event.type == YAML_STREAM_END_EVENT)
        return true;
    if (!next(reader) || !read_mapping(reader, "the file", read_section, 0) || !next(reader) ||
        !next(reader))
        return false;
    if (reader->event.type != YAML_STREAM_END_EVENT)
        return pt_web_fail(reader->config, here(reader), reader->err,
            "a second document (---) begins; the file is to have one");
    return true;
}

bool pt_web_yaml_read(
    struct pt_web_config *config, const char *bytes, size_t size, pitot_error *err)
{
    struct reader reader = {.config = config, .bytes = bytes, .size = size, .err = err};

    if (!yaml_parser_initialize(&reader.parser))
        return pt_fail(err, PITOT_ENOMEM, "out of memory reading \"%s\"", config->path);
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, (const unsigned char *)bytes, size);
    bool ok = read_stream(&reader);
    yaml_event_delete(&reader.event);
    yaml_parser_delete(&reader.parser);
    return ok;
}

#endif
