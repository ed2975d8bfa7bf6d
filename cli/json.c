/* SPDX-License-Identifier: MIT */
/*
 * json.c -- JSON, written as it comes.
 *
 * The caller opens and closes; this file knows commas and escapes. The program never calls
 * setlocale(), so printf's numbers are those of JSON.
 */
#include "json.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* The bytes of the UTF-8 character at `at`, or 0 when there is none. */
static size_t character_size(const unsigned char *at, size_t left)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = at[0] < 0x80 ? 1 : at[0] < 0xc2 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;

    if (size < 2)
        return size;
    if (at[0] > 0xf4 || size > left)
        return 0;
    unsigned point = at[0] & (0xffu >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        point = point << 6 | (at[i] & 0x3fu);
    }
    bool good = point >= least[size] && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
    return good ? size : 0;
}

static void write_string(FILE *out, const char *text, size_t size)
{
    fputc('"', out);
    for (size_t i = 0; i < size;) {
        const unsigned char *at = (const unsigned char *)text + i;
        size_t taken = character_size(at, size - i);

        if (taken == 0)
            fputs("\\ufffd", out);
        else if (*at == '"' || *at == '\\')
            fprintf(out, "\\%c", *at);
        else if (*at == '\n')
            fputs("\\n", out);
        else if (*at < 0x20 || *at == 0x7f)
            fprintf(out, "\\u%04x", *at);
        else
            fwrite(at, 1, taken, out);
        i += taken ? taken : 1;
    }
    fputc('"', out);
}

static void begin(struct json *json, const char *key)
{
    if (json->follows)
        fputc(',', json->out);
    if (key) {
        write_string(json->out, key, strlen(key));
        fputc(':', json->out);
    }
    json->follows = true;
}

void json_open(struct json *json, const char *key, char bracket)
{
    begin(json, key);
    fputc(bracket, json->out);
    json->follows = false;
}

void json_close(struct json *json, char bracket)
{
    fputc(bracket, json->out);
    json->follows = true;
}

void json_text(struct json *json, const char *key, const char *text, size_t size)
{
    begin(json, key);
    write_string(json->out, text, size);
}

void json_string(struct json *json, const char *key, const char *text)
{
    begin(json, key);
    if (text)
        write_string(json->out, text, strlen(text));
    else
        fputs("null", json->out);
}

void json_count(struct json *json, const char *key, uint64_t count)
{
    begin(json, key);
    fprintf(json->out, "%" PRIu64, count);
}

void json_number(struct json *json, const char *key, double number)
{
    begin(json, key);
    if (isfinite(number))
        fprintf(json->out, "%.9g", number);
    else
        fputs("null", json->out);
}

void json_flag(struct json *json, const char *key, bool flag)
{
    begin(json, key);
    fputs(flag ? "true" : "false", json->out);
}

void json_end(struct json *json)
{
    fputc('\n', json->out);
    json->follows = false;
}
