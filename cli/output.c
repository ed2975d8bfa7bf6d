/* SPDX-License-Identifier: MIT */
/*
 * output.c -- a snapshot, printed in a format.
 */
#include "output.h"

#include "input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct stream {
    size_t size;
    int failed; /* errno */
};

static bool take(void *ctx, const char *bytes, size_t size)
{
    struct stream *stream = ctx;

    errno = 0;
    if (fwrite(bytes, 1, size, stdout) != size) {
        stream->failed = errno ? errno : EIO;
        return false;
    }
    stream->size += size;
    return true;
}

bool output_print(const pitot_snapshot *snap, pitot_format format, pitot_encode_opts opts,
    struct output *output, pitot_error *err)
{
    struct stream stream = {0};

    *output = (struct output){.losses = losses_of(snap, format, &opts)};
    opts.dropped = &output->dropped;
    pitot_error encoding = {0};
    bool good = pitot_encode_with(snap, format, &opts, take, &stream, &encoding);
    output->size = stream.size;
    if (good || stream.failed == EPIPE)
        return true;
    return input_fail(err, "%s", stream.failed ? strerror(stream.failed) : encoding.message);
}
