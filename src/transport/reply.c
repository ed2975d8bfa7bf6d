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

static bool add_headers(
    struct MHD_Response *response, const struct pt_web *web, const pitot_http_response *head)
{
    const struct pt_web_items *configured = &web->config.lists[PT_WEB_HEADERS];
    bool ok = true;

    for (size_t i = 0; ok && i < head->header_count; i++) {
        const pitot_http_header *header = &head->headers[i];

        ok = pt_web_header(web, header->name) ||
             MHD_add_response_header(response, header->name, header->value) == MHD_YES;
    }
    for (size_t i = 0; ok && i < configured->count; i++)
        ok = MHD_add_response_header(
                 response, configured->at[i].name.text, configured->at[i].value.text) == MHD_YES;
    return ok;
}

static enum MHD_Result queue(const struct pt_web *web, struct MHD_Connection *mhd,
    const pitot_http_response *head, struct MHD_Response *response)
{
    bool ok = response && add_headers(response, web, head);

    if (ok)
        ok = MHD_queue_response(mhd, (unsigned)head->status, response) == MHD_YES;
    if (response)
        MHD_destroy_response(response);
    return ok ? MHD_YES : MHD_NO;
}

enum MHD_Result pt_reply_whole(
    const struct pt_web *web, struct MHD_Connection *mhd, const pitot_http_response *response)
{
    struct MHD_Response *whole = MHD_create_response_from_buffer_with_free_callback_cls(
        response->body_size, (void *)(uintptr_t)response->body, pt_free, response->owned_);

    if (!whole)
        pt_free(response->owned_);
    return queue(web, mhd, response, whole);
}

enum MHD_Result pt_reply_stream(const struct pt_web *web, struct MHD_Connection *mhd,
    const pitot_http_response *head, MHD_ContentReaderCallback read, void *read_ctx)
{
    return queue(web, mhd, head,
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
enum MHD_Result pt_reply_head(
    const struct pt_web *web, struct MHD_Connection *mhd, const pitot_http_response *head)
{
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1, read_nothing, NULL, NULL);

    if (response)
        MHD_set_response_options(response, MHD_RF_HTTP_VERSION_1_0_ONLY, MHD_RO_END);
    return queue(web, mhd, head, response);
}
