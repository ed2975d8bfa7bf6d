/* SPDX-License-Identifier: MIT */
/*
 * error.c -- the only writer of a pitot_error.
 *
 * An error is sticky: the first failure of a block of set-up is the one worth reading, because the
 * later ones follow from it. Any thread may use its own error; two must not share one.
 */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static size_t write_message(pitot_error *err, const char *format, va_list args)
{
    int size = vsnprintf(err->message, sizeof(err->message), format, args);

    if (size < 0) {
        err->message[0] = '\0';
        return 0;
    }
    for (char *at = err->message; *at; at++) /* one line, whatever was quoted in it */
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            *at = '?';
    if ((size_t)size < sizeof(err->message))
        return (size_t)size;
    memcpy(err->message + sizeof(err->message) - 4, "...", 4);
    return sizeof(err->message) - 1;
}

bool pt_fail(pitot_error *err, pitot_code code, const char *format, ...)
{
    va_list args;

    if (!err || err->code != PITOT_OK)
        return false;
    va_start(args, format);
    write_message(err, format, args);
    va_end(args);
    err->code = code;
    return false;
}

bool pt_fail_errno(pitot_error *err, int error_number, const char *format, ...)
{
    va_list args;
    char reason[96];

    if (!err || err->code != PITOT_OK)
        return false;
    va_start(args, format);
    size_t size = write_message(err, format, args);
    va_end(args);
    const char *text = strerror_r(error_number, reason, sizeof(reason));
    snprintf(err->message + size, sizeof(err->message) - size, ": %s", text);
    err->code = PITOT_ESYSTEM;
    return false;
}
