/* SPDX-License-Identifier: MIT */
/*
 * convert.c -- reads a page from standard input in one format and writes it in another one, through
 * public headers only: e2e-convert json protobuf [lenient]. Says on standard error what it refuses.
 */
#include <pitot/export.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int format_of(const char *word)
{
    static const char *const words[] = {"text", "openmetrics", "protobuf", "json", "text1",
        "openmetrics0", "openmetrics2"}; /* in the order of pitot_format */

    for (int i = 0; i < PITOT_FORMAT_COUNT; i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    fprintf(stderr, "no format is called %s\n", word);
    exit(2);
}

static bool write_out(void *ctx, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, ctx) == size;
}

static void say(void *ctx, const pitot_problem *problem)
{
    (void)ctx;
    fprintf(stderr, "%zu:%zu: %s\n", problem->line, problem->column, problem->text);
}

int main(int argc, char **argv)
{
    pitot_decode_opts opts = {.lenient = argc > 3, .problem = say};
    pitot_encode_opts encode = {.escaping = PITOT_ESCAPING_NONE};
    pitot_error err = {0};
    size_t size = 0, room = 1 << 20;
    char *page = malloc(room);

    if (argc < 3 || !page)
        return 2;
    for (size_t got; (got = fread(page + size, 1, room - size, stdin)) > 0;) {
        size += got;
        if (size == room)
            page = realloc(page, room *= 2);
        if (!page)
            return 2;
    }
    pitot_snapshot *snap = pitot_decode((pitot_format)format_of(argv[1]), page, size, &opts, &err);
    free(page);
    bool done = snap && pitot_encode_with(snap, (pitot_format)format_of(argv[2]), &encode,
                            write_out, stdout, &err);
    pitot_snapshot_free(snap);
    if (!done)
        fprintf(stderr, "%s\n", err.message);
    return done ? 0 : 1;
}
