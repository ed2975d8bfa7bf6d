/* SPDX-License-Identifier: MIT */
/*
 * plain.c -- text of strangers, for a terminal.
 *
 * Whatever quotes a page in a message goes through here. Beside the ASCII controls there are those
 * of Latin-1, which are U+0080 to U+009F in UTF-8: some terminals obey them too.
 */
#include "plain.h"

#include <string.h>

static size_t control_size(const unsigned char *at, size_t left)
{
    if (at[0] < 0x20 || at[0] == 0x7f)
        return 1;
    return left > 1 && at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0 ? 2 : 0;
}

void plain_write(FILE *out, const char *text, size_t size)
{
    const unsigned char *at = (const unsigned char *)text;

    while (size > 0) {
        size_t plain = 0, control = 0;
        while (plain < size && !(control = control_size(at + plain, size - plain)))
            plain++;
        fwrite(at, 1, plain, out);
        for (size_t i = 0; i < control; i++)
            fprintf(out, "\\x%02x", at[plain + i]);
        at += plain + control;
        size -= plain + control;
    }
}

void plain_string(FILE *out, const char *text)
{
    plain_write(out, text, strlen(text));
}
