/* SPDX-License-Identifier: MIT */
/*
 * reply.c -- a response handed to libmicrohttpd.
 *
 * On the server's thread, but for the release of a body, which any thread may do.
 */
#include "transport/reply.h"

#include "base/alloc.h"

/* What is asked for at a time where there are no chunks, for HTTP/1.0. */
#define BLOCK_SIZE 65536

static enum MHD_Result queue(
    struct MHD_Connection *mhd, const pitot_http_response *head, struct MHD_Response *response)
{
    bool ok = response != NULL;

    for (size_t i = 0; ok && i < head->header_count; i++)
        ok = MHD_add_response_header(response, head->headers[i].name, head->headers[i].value) ==
             MHD_YES;
    if (ok)
        ok = MHD_queue_response(mhd, (unsigned)head->status, response) == MHD_YES;
    if (response)
        MHD_destroy_response(response);
    return ok ? MHD_YES : MHD_NO;
}

enum MHD_Result pt_reply_whole(struct MHD_Connection *mhd, const pitot_http_response *response)
{
    struct MHD_Response *whole = MHD_create_response_from_buffer_with_free_callback_cls(
        response->body_size, (void *)(uintptr_t)response->body, pt_free, response->owned_);

    if (!whole)
        pt_free(response->owned_);
    return queue(mhd, response, whole);
}

enum MHD_Result pt_reply_stream(struct MHD_Connection *mhd, const pitot_http_response *head,
    MHD_ContentReaderCallback read, void *read_ctx)
{
    return queue(mhd, head,
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_SIZE, read, read_ctx, NULL));
}

static ssize_t read_nothing(void *ctx, uint64_t at, char *bytes, size_t room)
{
    (void)ctx;
    (void)at;
    (void)bytes;
    (void)room;
    return MHD_CONTENT_READER_END_OF_STREAM;
}

/* libmicrohttpd 0.9.75 sends the last chunk behind the head of a chunked response to a HEAD, where
 * the next response belongs. So there are no chunks here. */
enum MHD_Result pt_reply_head(struct MHD_Connection *mhd, const pitot_http_response *head)
{
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, read_nothing, NULL, NULL);

    if (response)
        MHD_set_response_options(response, MHD_RF_HTTP_VERSION_1_0_ONLY, MHD_RO_END);
    return queue(mhd, head, response);
}
