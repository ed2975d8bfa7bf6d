/* SPDX-License-Identifier: MIT */
/*
 * json.h -- JSON, written as it comes.
 *
 * `key` is NULL inside an array. What is no UTF-8 becomes U+FFFD, a number that JSON does not have
 * becomes null. Nothing is kept, so a report may have any length.
 */
#ifndef CLI_JSON_H
#define CLI_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *out;
    bool follows; /* a comma is due before the next thing */
};

void json_open(struct json *json, const char *key, char bracket); /* '{' or '[' */
void json_close(struct json *json, char bracket);                 /* '}' or ']' */
void json_text(struct json *json, const char *key, const char *text, size_t size);
void json_string(struct json *json, const char *key, const char *text); /* NULL becomes null */
void json_count(struct json *json, const char *key, uint64_t count);
void json_number(struct json *json, const char *key, double number);
void json_flag(struct json *json, const char *key, bool flag);
void json_end(struct json *json); /* a new line after the outermost thing */

#endif
