/* SPDX-License-Identifier: MIT */
/*
 * procfile.c -- small text files of the kernel, read without the heap and without a locale.
 *
 * A file is opened, read through one buffer on the stack, and closed: no descriptor outlives the
 * call, so a host that closes all of them takes none from us. No state; any thread.
 */
#include "collect/procfile.h"

#include "base/sys.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

static int open_file(const char *path)
{
    int fd;

    do
        fd = pt_sys_open(path, O_RDONLY | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    return fd;
}

static ssize_t read_some(int fd, char *out, size_t size)
{
    ssize_t got;

    do
        got = pt_sys_read(fd, out, size);
    while (got < 0 && errno == EINTR);
    return got;
}

const char *pt_procfile_number(const char *at, const char *end, uint64_t *number)
{
    const char *start = at;
    uint64_t n = 0;

    for (; at < end && *at >= '0' && *at <= '9'; at++) {
        unsigned digit = (unsigned)(*at - '0');

        if (__builtin_mul_overflow(n, 10u, &n) || __builtin_add_overflow(n, digit, &n))
            return NULL;
    }
    if (at == start)
        return NULL;
    *number = n;
    return at;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* True when `word` stands at `at` and ends there. */
static bool starts_with_word(const char *at, const char *end, const char *word)
{
    size_t size = strlen(word);

    return (size_t)(end - at) >= size && memcmp(at, word, size) == 0 &&
           (at + size == end || is_blank(at[size]));
}

static void match_line(const char *at, const char *end, struct pt_procline *line)
{
    if (line->found || line->unlimited || !starts_with_word(at, end, line->key))
        return;
    at += strlen(line->key);
    while (at < end && is_blank(*at))
        at++;
    line->unlimited = starts_with_word(at, end, "unlimited");
    uint64_t number;
    const char *after = pt_procfile_number(at, end, &number);
    if (after && (after == end || is_blank(*after))) {
        line->number = number;
        line->found = true;
    }
}

/* Matches the lines that have ended and moves the rest to the front. Returns the rest's size, which
 * leaves room for more. `skipping` says that the buffer starts within a line that is too long. */
static size_t take_lines(
    char *text, size_t size, bool *skipping, struct pt_procline *lines, size_t count)
{
    const char *at = text, *end = text + size, *stop;

    for (; (stop = memchr(at, '\n', (size_t)(end - at))) != NULL; at = stop + 1) {
        for (size_t i = 0; i < count && !*skipping; i++)
            match_line(at, stop, &lines[i]);
        *skipping = false;
    }
    size_t rest = (size_t)(end - at);
    if (rest == PT_PROCFILE_MAX) {
        *skipping = true;
        return 0;
    }
    memmove(text, at, rest);
    return rest;
}

bool pt_procfile_lines(const char *path, struct pt_procline *lines, size_t count)
{
    char text[PT_PROCFILE_MAX];
    size_t size = 0;
    bool skipping = false;
    ssize_t got;
    int fd = open_file(path);

    if (fd < 0)
        return false;
    while ((got = read_some(fd, text + size, sizeof(text) - size)) > 0)
        size = take_lines(text, size + (size_t)got, &skipping, lines, count);
    pt_sys_close(fd);
    return got == 0;
}

size_t pt_procfile_read(const char *path, char out[PT_PROCFILE_MAX])
{
    size_t size = 0;
    ssize_t got;
    int fd = open_file(path);

    if (fd < 0)
        return 0;
    while ((got = read_some(fd, out + size, PT_PROCFILE_MAX - size)) > 0)
        size += (size_t)got;
    pt_sys_close(fd);
    return got == 0 && size < PT_PROCFILE_MAX ? size : 0;
}
